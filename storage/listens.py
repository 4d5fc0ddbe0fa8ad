"""What people listened to: plays per track and day, and what Discord showed them playing.

In: days of an export, tracks added by hand, or single plays seen in somebody's presence. Out: rows,
and the number of plays a day that `BY_DAY` reads: the most that any one source says, so that two
exports of one history do not count twice. A day is the number of days since 1970-01-01 (UTC).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from storage import consent
from storage.db import write
from storage.removal import Removed, settle

DAY = 86400
#: The source of what is added by hand, and of what Discord shows.
HAND, PRESENCE = "hand", "presence"
SOURCES = ("spotify", "listenbrainz", "lastfm", "apple", HAND, PRESENCE)

# Every row of somebody's listening, raw presence counted by day.
_ALL = (
    "SELECT user_id, guild_id, item_id, day, plays FROM listens WHERE {where} UNION ALL"
    " SELECT user_id, guild_id, item_id, CAST(started / 86400 AS INTEGER), count(*)"
    " FROM presence WHERE {where} GROUP BY 1, 2, 3, 4"
)


def by_day(where: str) -> str:
    """SQL for (user_id, item_id, day, plays) of all rows that `where` allows.

    `where` may use user_id, guild_id and item_id; it stands in the statement twice.
    """
    every = _ALL.format(where=where)
    return (
        "SELECT user_id, item_id, day, max(plays) AS plays"  # noqa: S608
        f" FROM ({every}) GROUP BY user_id, item_id, day"
    )


def add(
    db: Database,
    user_id: int,
    guild_id: int | None,
    source: str,
    rows: Iterable[tuple[int, int, float]],
    now: float,
) -> int:
    """Store (item_id, day, plays) and return how many are new; 0 without consent.

    The same item, day and source again keeps the larger number of plays. Days in the future are
    left out; `now` is UTC epoch seconds.

    Raises
    ------
    ValueError
        When `source` is not in `SOURCES`.
    """
    if source not in SOURCES:
        raise ValueError(f"no such source of listens: {source}")
    agreed = "presence" if source == PRESENCE else "listening"
    with write(db):
        scope = consent.scope(db, user_id, agreed, guild_id)
        if scope is None:
            return 0
        before = _count(db, user_id)
        db.conn.executemany(
            "INSERT INTO listens (user_id, guild_id, item_id, day, source, plays)"
            " SELECT ?, ?, id, ?, ?, ? FROM items WHERE id = ?"
            " ON CONFLICT DO UPDATE SET plays = max(plays, excluded.plays)",
            (
                [user_id, scope, day, source, float(plays), item_id]
                for item_id, day, plays in rows
                if day * DAY <= now and plays > 0
            ),
        )
        return _count(db, user_id) - before


def heard(
    db: Database,
    user_id: int,
    guild_id: int | None,
    item_id: int,
    started: float,
    seconds: float,
) -> bool:
    """Store one play that Discord showed; False without consent or when it is stored already.

    Servers that a person shares with the bot each tell of it: the same start counts once.
    """
    with write(db):
        scope = consent.scope(db, user_id, "presence", guild_id)
        if scope is None:
            return False
        cursor = db.conn.execute(
            "INSERT INTO presence (user_id, guild_id, item_id, started, seconds)"
            " SELECT ?, ?, id, ?, ? FROM items WHERE id = ? ON CONFLICT DO NOTHING",
            [user_id, scope, started, seconds, item_id],
        )
        return bool(cursor.rowcount == 1)


def fold(db: Database, before: float) -> int:
    """Turn single plays from before a time into plays per day; returns how many there were.

    Only whole days are folded, so a day is never counted from both tables.
    """
    day = int(before // DAY)
    with write(db):
        db.conn.execute(
            "INSERT INTO listens (user_id, guild_id, item_id, day, source, plays)"
            " SELECT user_id, guild_id, item_id, CAST(started / 86400 AS INTEGER), ?, count(*)"
            " FROM presence WHERE started < ? GROUP BY 1, 2, 3, 4"
            " ON CONFLICT DO UPDATE SET plays = plays + excluded.plays",
            [PRESENCE, day * DAY],
        )
        gone = db.conn.execute("DELETE FROM presence WHERE started < ?", [day * DAY])
        return int(gone.rowcount)


def forget(db: Database, user_id: int, source: str | None = None) -> Removed:
    """Delete a person's listening of one source, or all of it, in every scope; consent stays.

    Ratings go with ListenBrainz' (no other export has any), genres with the last source that a
    track was heard in. The caller deletes the files in `.models`, see `consent.withdraw`.
    """
    which = {
        "listens": ":source IS NULL OR source = :source",
        "presence": ":source IS NULL OR :source = 'presence'",
        "deeds": "source = 'listening' AND (:source IS NULL OR :source = 'listenbrainz')"
        " OR source = 'presence' AND (:source IS NULL OR :source = 'presence')",
        "item_tags": "source IN ('listening', 'presence') AND NOT EXISTS (SELECT 1 FROM listens"
        " AS l WHERE l.user_id = :user AND l.item_id = item_tags.item_id)",
    }
    mine = {"user": user_id, "source": source}
    rows: dict[str, int] = {}
    touched: set[int] = set()
    with write(db):
        for table, these in which.items():
            about = f"FROM {table} WHERE user_id = :user AND ({these})"
            found = db.conn.execute(f"SELECT DISTINCT item_id {about}", mine)
            touched |= {row[0] for row in found}
            rows[table] = db.conn.execute(f"DELETE {about}", mine).rowcount
        return settle(db, rows, touched)


def counts(db: Database, user_id: int) -> dict[tuple[int, str], tuple[int, float]]:
    """Return (days of tracks, plays) by (scope, source), for a look at what is stored."""
    rows = db.conn.execute(
        "SELECT guild_id, source, count(*), sum(plays) FROM listens WHERE user_id = ?1"
        " GROUP BY guild_id, source UNION ALL SELECT guild_id, 'now playing', count(*), count(*)"
        " FROM presence WHERE user_id = ?1 GROUP BY guild_id",
        [user_id],
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _count(db: Database, user_id: int) -> int:
    row = db.conn.execute("SELECT count(*) FROM listens WHERE user_id = ?", [user_id]).fetchone()
    return int(row[0])
