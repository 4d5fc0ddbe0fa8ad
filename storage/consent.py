"""Who agreed to what: consent by source and scope, and each person's settings for it.

In: a person's choices. Out: the scope a row may be stored under, or None; withdrawing deletes what
the source stored there. Every function of storage that keeps something about a person's taste asks
`scope` itself, in the same transaction, so that no caller can forget to.

Scope 0 is everywhere (the cross-server model, and direct messages); any other number is that
server only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from sqlite_utils import Database

from storage.db import write
from storage.removal import Removed, settle

Source = Literal["listening", "presence", "reactions", "pieces", "together"]
#: What can be agreed to. "listening": imports and what is added by hand. "presence": what Discord
#: shows as playing. "reactions": likes, ratings, comments, declared styles, and which lists one was
#: shown. "pieces": what one makes here, plays again and uses. "together": being counted with and
#: compared to others of a server; granted for that server.
SOURCES: tuple[Source, ...] = get_args(Source)
#: Paused by `/listening pause`.
_LISTENING = ("listening", "presence")
EVERYWHERE = 0


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement; `since` is UTC epoch seconds."""

    source: str
    guild_id: int
    since: float


@dataclass(frozen=True, slots=True)
class TasteSettings:
    """`paused`: nothing is stored; `listening_paused`: nothing of what one listens to.

    `digest` asks for the weekly letter, last sent at `digest_sent`; without `keep_comments` a
    comment's text is not kept.
    """

    user_id: int
    paused: bool = False
    listening_paused: bool = False
    digest: bool = False
    digest_sent: float | None = None
    keep_comments: bool = False


def scope(db: Database, user_id: int, source: str, guild_id: int | None) -> int | None:
    """Return the scope to store under: 0 if agreed everywhere, else this server, else None.

    None as well while the person has paused. `guild_id` None or 0 is a direct message.
    """
    row = db.conn.execute(
        "SELECT min(guild_id) FROM consents WHERE user_id = ?1 AND source = ?2"
        " AND guild_id IN (0, ?3) AND NOT EXISTS (SELECT 1 FROM taste_settings"
        "  WHERE user_id = ?1 AND (paused OR listening_paused AND ?4))",
        [user_id, source, guild_id or EVERYWHERE, source in _LISTENING],
    ).fetchone()
    return None if row[0] is None else int(row[0])


def grant(
    db: Database, user_id: int, sources: Iterable[str], guild_id: int | None, now: float
) -> None:
    """Agree to sources in a scope; agreeing twice keeps the first date.

    Raises
    ------
    sqlite3.IntegrityError
        When one is not in `SOURCES`.
    """
    with write(db):
        for source in sources:
            db.conn.execute(
                "INSERT INTO consents (user_id, source, guild_id, since) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [user_id, source, guild_id or EVERYWHERE, now],
            )


def withdraw(db: Database, user_id: int, sources: Iterable[str], guild_id: int | None) -> Removed:
    """End agreements in one scope and delete what these sources stored there.

    The caller deletes the files in `.models` and has the models fitted again if `.refit`.
    """
    rows: dict[str, int] = {}
    touched: set[int] = set()
    shown: set[int] = set()
    with write(db):
        for source in sources:
            mine = [user_id, guild_id or EVERYWHERE, source]
            db.conn.execute(
                "DELETE FROM consents WHERE user_id = ? AND guild_id = ? AND source = ?", mine
            )
            for table, which in _STORED.get(source, {}).items():
                about = f"FROM {table} WHERE user_id = ?1 AND guild_id = ?2 AND {which}"
                wanted = mine if "?3" in which else mine[:2]
                found = db.conn.execute(f"SELECT DISTINCT item_id {about}", wanted)
                (shown if table == "impressions" else touched).update(row[0] for row in found)
                gone = db.conn.execute(f"DELETE {about}", wanted).rowcount
                rows[table] = rows.get(table, 0) + gone
        return settle(db, rows, touched, shown)


# What each source stores, by table: a condition over its rows, ?3 is the source.
_BY_SOURCE = {"deeds": "source = ?3", "item_tags": "source = ?3"}
_STORED: dict[str, dict[str, str]] = {
    "listening": {"listens": "source != 'presence'", **_BY_SOURCE},
    "presence": {"listens": "source = 'presence'", "presence": "1", **_BY_SOURCE},
    "reactions": {"comments": "1", "impressions": "1", **_BY_SOURCE},
    "pieces": _BY_SOURCE,
}


def of(db: Database, user_id: int) -> tuple[Consent, ...]:
    """Return everything a person agreed to, by scope and source."""
    rows = db.conn.execute(
        "SELECT source, guild_id, since FROM consents WHERE user_id = ? ORDER BY guild_id, source",
        [user_id],
    )
    return tuple(Consent(*row) for row in rows)


def together(db: Database, guild_id: int) -> tuple[int, ...]:
    """Return who may be counted with and compared to others in this server."""
    rows = db.conn.execute(
        "SELECT user_id FROM consents WHERE guild_id = ? AND source = 'together' ORDER BY user_id",
        [guild_id],
    )
    return tuple(row[0] for row in rows)


def scopes(db: Database, source: str) -> dict[int, set[int]]:
    """Return person -> the scopes in which they agreed to a source, without those who paused."""
    rows = db.conn.execute(
        "SELECT user_id, guild_id FROM consents AS c WHERE source = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM taste_settings WHERE user_id = c.user_id"
        "  AND (paused OR listening_paused AND ?2))",
        [source, source in _LISTENING],
    )
    found: dict[int, set[int]] = {}
    for user_id, guild_id in rows:
        found.setdefault(user_id, set()).add(guild_id)
    return found


def members(db: Database) -> list[tuple[int, int]]:
    """Return (person, server) of everybody who may have rows scoped to a server."""
    rows = db.conn.execute(
        "SELECT DISTINCT user_id, guild_id FROM consents WHERE guild_id != 0 ORDER BY 1, 2"
    )
    return [(row[0], row[1]) for row in rows]


_COLUMNS = "user_id, paused, listening_paused, digest, digest_sent, keep_comments"


def settings(db: Database, user_id: int) -> TasteSettings:
    """Return a person's settings, or the defaults."""
    sql = f"SELECT {_COLUMNS} FROM taste_settings WHERE user_id = ?"  # noqa: S608
    row = db.conn.execute(sql, [user_id]).fetchone()
    if row is None:
        return TasteSettings(user_id)
    return TasteSettings(row[0], bool(row[1]), bool(row[2]), bool(row[3]), row[4], bool(row[5]))


def save_settings(db: Database, chosen: TasteSettings) -> None:
    """Store a person's settings whole; texts of comments go when they are no longer to be kept."""
    with write(db):
        kept_before = settings(db, chosen.user_id).keep_comments
        db.conn.execute(
            f"INSERT OR REPLACE INTO taste_settings ({_COLUMNS})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                chosen.user_id,
                int(chosen.paused),
                int(chosen.listening_paused),
                int(chosen.digest),
                chosen.digest_sent,
                int(chosen.keep_comments),
            ],
        )
        if kept_before and not chosen.keep_comments:
            db.conn.execute("DELETE FROM comments WHERE user_id = ?", [chosen.user_id])


def digests_due(db: Database, before: float) -> list[int]:
    """Return who asked for the weekly letter and got none since `before` (UTC epoch seconds)."""
    rows = db.conn.execute(
        "SELECT user_id FROM taste_settings WHERE digest AND NOT paused"
        " AND coalesce(digest_sent, 0) <= ? ORDER BY digest_sent, user_id",
        [before],
    )
    return [row[0] for row in rows]


def digest_sent(db: Database, user_id: int, now: float) -> None:
    """Remember that a letter went out."""
    with write(db):
        db.conn.execute(
            "UPDATE taste_settings SET digest_sent = ? WHERE user_id = ?", [now, user_id]
        )


def digest_off(db: Database, user_id: int) -> None:
    """Send no more letters."""
    with write(db):
        db.conn.execute("UPDATE taste_settings SET digest = 0 WHERE user_id = ?", [user_id])
