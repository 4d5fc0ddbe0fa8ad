"""What people did with items: likes, ratings, uses; and all that a person's taste is known by.

In: one deed at a time. Out: rows named as the models name them ("kind:key"). Each needs the consent
of its source; without it nothing is stored. What somebody says last about an item counts: a like
takes back "not this", and the other way round.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from storage import consent, removal
from storage.db import write
from storage.listens import by_day

#: Deeds that happen again and again; all others are stored once and replaced.
REPEATED = ("replay", "skip", "used")
_TAKES_BACK = {"like": ("dislike", "never"), "dislike": ("like",), "never": ("like",)}
_LONGEST_COMMENT = 1000
_REPLACE = (
    " ON CONFLICT (user_id, guild_id, item_id, type, source)"
    " WHERE type NOT IN ('replay', 'skip', 'used')"
    " DO UPDATE SET value = excluded.value, created = excluded.created"
)


class Signal(NamedTuple):
    """What somebody did with an item "kind:key"; `ts` is UTC epoch seconds, a listen's its day's.

    `type` is one of `models.recommender.values.EventType`, and `value` as that says.
    """

    item: str
    type: str
    value: float
    ts: float


def record(
    db: Database,
    user_id: int,
    guild_id: int | None,
    item_id: int,
    type: str,
    value: float,
    source: str,
    now: float,
) -> bool:
    """Store a deed done in a server (None or 0: in direct messages); False without consent.

    `source` is one of `consent.SOURCES` (not "together"). False as well when the item is gone.
    """
    with write(db):
        scope = consent.scope(db, user_id, source, guild_id)
        if scope is None:
            return False
        for opposite in _TAKES_BACK.get(type, ()):
            _delete(db, user_id, guild_id, item_id, opposite)
        again = "" if type in REPEATED else _REPLACE
        cursor = db.conn.execute(
            "INSERT INTO deeds (user_id, guild_id, item_id, type, value, source, created)"  # noqa: S608
            f" SELECT ?, ?, id, ?, ?, ?, ? FROM items WHERE id = ?{again}",
            [user_id, scope, type, float(value), source, now, item_id],
        )
        return bool(cursor.rowcount == 1)


def take_back(db: Database, user_id: int, guild_id: int | None, item_id: int, type: str) -> bool:
    """Delete a deed as seen in a server; False when there was none."""
    with write(db):
        gone = _delete(db, user_id, guild_id, item_id, type)
        # Lists that still show it must go on answering; its name goes with the last of them.
        if gone and removal.sweep(db, removal.unshown(db, {item_id})):
            removal.mark_stale(db)
        return gone > 0


def clear(db: Database, user_id: int, guild_id: int | None, type: str) -> int:
    """Delete all deeds of a type as seen in a server, such as what somebody once declared."""
    with write(db):
        cursor = db.conn.execute(
            "DELETE FROM deeds WHERE user_id = ? AND guild_id IN (0, ?) AND type = ?",
            [user_id, guild_id or 0, type],
        )
        return int(cursor.rowcount)


def of(db: Database, user_id: int, guild_id: int | None) -> list[Signal]:
    """Return everything a person's taste is known by in a server, in no order.

    Listens of one item in one month (UTC) are one signal, at their mean time: a history of ten
    years is read in every list's first second, and taste fades over months.
    """
    mine = [user_id, guild_id or 0]
    where = "user_id = ?1 AND guild_id IN (0, ?2)"
    listened = db.conn.execute(
        "SELECT i.kind || ':' || i.key, 'listen', d.plays, d.ts FROM ("  # noqa: S608
        "SELECT item_id, sum(plays) AS plays, sum(plays * day) / sum(plays) * 86400.0 AS ts"
        f" FROM ({by_day(where)}) GROUP BY item_id, strftime('%Y-%m', day * 86400, 'unixepoch')"
        ") AS d JOIN items AS i ON i.id = d.item_id",
        mine,
    )
    done = db.conn.execute(
        "SELECT i.kind || ':' || i.key, d.type, d.value, d.created"
        " FROM deeds AS d JOIN items AS i ON i.id = d.item_id"
        " WHERE d.user_id = ?1 AND d.guild_id IN (0, ?2)",
        mine,
    )
    return [Signal(*row) for rows in (listened, done) for row in rows]


def stamp(db: Database, user_id: int) -> tuple[float, ...]:
    """Return something that is equal only while a person's rows are; cheaper than `of`."""
    row = db.conn.execute(
        "SELECT * FROM (SELECT count(*), total(plays), max(day) FROM listens WHERE user_id = ?1),"
        " (SELECT count(*), total(started) FROM presence WHERE user_id = ?1),"
        " (SELECT count(*), max(id), total(created), total(value) FROM deeds WHERE user_id = ?1),"
        " (SELECT count(*), total(weight) FROM item_tags WHERE user_id = ?1)",
        [user_id],
    ).fetchone()
    return tuple(float(value or 0) for value in row)


def recent(db: Database, user_id: int, guild_id: int | None, limit: int = 20) -> list[Signal]:
    """Return what a person did last as seen in a server, newest first, without listens."""
    rows = db.conn.execute(
        "SELECT i.kind || ':' || i.key, d.type, d.value, d.created"
        " FROM deeds AS d JOIN items AS i ON i.id = d.item_id"
        " WHERE d.user_id = ? AND d.guild_id IN (0, ?) ORDER BY d.created DESC, d.id DESC LIMIT ?",
        [user_id, guild_id or 0, limit],
    )
    return [Signal(*row) for row in rows]


def blocked(db: Database, user_id: int) -> set[str]:
    """Return the items ("kind:key") a person never wants again, wherever they said so."""
    rows = db.conn.execute(
        "SELECT i.kind || ':' || i.key FROM deeds AS d JOIN items AS i ON i.id = d.item_id"
        " WHERE d.user_id = ? AND d.type = 'never'",
        [user_id],
    )
    return {row[0] for row in rows}


def keep_comment(
    db: Database, user_id: int, guild_id: int | None, item_id: int, text: str, now: float
) -> bool:
    """Keep a comment's text: only where its writer asked for that. False without consent."""
    with write(db):
        scope = consent.scope(db, user_id, "reactions", guild_id)
        if scope is None:
            return False
        cursor = db.conn.execute(
            "INSERT INTO comments (user_id, guild_id, item_id, text, created)"
            " SELECT ?, ?, id, ?, ? FROM items WHERE id = ?"
            " ON CONFLICT DO UPDATE SET text = excluded.text, created = excluded.created",
            [user_id, scope, text[:_LONGEST_COMMENT], now, item_id],
        )
        return bool(cursor.rowcount == 1)


def comment(db: Database, user_id: int, guild_id: int | None, item_id: int) -> str | None:
    """Return the text somebody kept about an item, or None."""
    row = db.conn.execute(
        "SELECT text FROM comments WHERE user_id = ? AND guild_id IN (0, ?) AND item_id = ?"
        " ORDER BY created DESC",
        [user_id, guild_id or 0, item_id],
    ).fetchone()
    return None if row is None else str(row[0])


def _delete(db: Database, user_id: int, guild_id: int | None, item_id: int, type: str) -> int:
    cursor = db.conn.execute(
        "DELETE FROM deeds WHERE user_id = ? AND guild_id IN (0, ?) AND item_id = ? AND type = ?",
        [user_id, guild_id or 0, item_id, type],
    )
    return int(cursor.rowcount)
