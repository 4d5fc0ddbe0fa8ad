"""What a person can ask of us: a copy of everything stored about them, and its removal.

In: a user id. Out: `export` gives plain JSON values; `forget` deletes the rows and says which
files the caller must remove. Both read `OWNED`, and a test scans every table of the database for
the id, so that a new table cannot be overlooked. A forgotten person stays forgotten when an older
copy of the database is restored (`storage.tombstones`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from storage import guild_settings, removal, sessions, tombstones
from storage.db import write
from storage.jobs import lane_of
from storage.removal import Removed

#: Every table that holds rows of somebody's own, and the column that says whose.
OWNED = {
    "jobs": "user_id",
    "pieces": "owner_id",
    "preferences": "user_id",
    "active_styles": "user_id",
    "styles": "owner_id",
    "consents": "user_id",
    "taste_settings": "user_id",
    "item_tags": "user_id",
    "listens": "user_id",
    "presence": "user_id",
    "deeds": "user_id",
    "comments": "user_id",
    "impressions": "user_id",
    "impression_people": "user_id",
    "conversation_turns": "user_id",
    "sessions": "owner_id",
    "readings": "user_id",
}
#: Tables whose rows were stored for one server, if not for everywhere.
_SCOPED = ("consents", "item_tags", "listens", "presence", "deeds", "comments", "impressions")
# Not the person's own words or deeds but our bookkeeping; a live token is also a secret.
_INTERNAL = frozenset({"token", "words", "number", "lease_until", "worker", "deliver_after"})
_TIMES = ("created", "finished", "deleted", "since", "started", "digest_sent", "used")
# Below this an id is no snowflake but a test's or the terminal's, and may be part of any number.
_SNOWFLAKE = 1 << 32


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Rows deleted per table, and what the caller must do: see `bot.upkeep.clear`.

    `folders` (of pieces), the uploads and styles of `people`, and the files `models` must go;
    `refit` says that factors were fitted on what is gone. `items` ("kind:key") went because nobody
    else listens to them. `people` are the forgotten: more than one only after a restore.
    """

    rows: dict[str, int]
    folders: tuple[str, ...]
    people: tuple[int, ...] = ()
    items: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    refit: bool = False


def forget(db: Database, user_id: int, folder: Path | None = None) -> Forgotten:
    """Delete every row about a person, with what others said of their pieces.

    First a tombstone is written to `folder` (where the database lies, if not given) and has reached
    the disk: from then on the person is forgotten whatever happens. A job that runs at this moment
    loses its owner, so its result is thrown away.
    """
    with write(db):
        folder = folder or tombstones.beside(db)
        owed: list[Forgotten] = []
        if folder is not None:
            sequence = tombstones.bury(folder, user_id, tombstones.applied(db))
            # Whoever another process buried without living to delete their rows.
            owed = [_erase(db, id) for id in _buried(db, folder) if id != user_id]
            tombstones.set_applied(db, sequence)
        gone = _erase(db, user_id)
    _fold_log(db)
    return _together([gone, *owed]) if owed else gone


def apply_tombstones(db: Database, folder: Path | None = None) -> Forgotten | None:
    """Delete again what a restored copy of the database brought back; None when there is nothing.

    Call it whenever a database is opened that may have been restored; it reads one small file.
    """
    folder = folder or tombstones.beside(db)
    if folder is None or tombstones.newer(folder, tombstones.applied(db))[0] == tombstones.applied(
        db
    ):
        return None
    with write(db):
        last, _ = tombstones.newer(folder, tombstones.applied(db))
        gone = [_erase(db, id) for id in _buried(db, folder)]
        tombstones.set_applied(db, last)
    _fold_log(db)
    return _together(gone) if gone else None


def leave_member(db: Database, user_id: int, guild_id: int) -> Removed:
    """Delete what was stored of one person for one server, which they left."""
    return _leave(db, guild_id, "user_id = ?2", [guild_id, user_id])


def leave_guild(db: Database, guild_id: int) -> Removed:
    """Delete everything that was stored for one server, which the bot left."""
    return _leave(db, guild_id, "1", [guild_id])


def _leave(db: Database, guild_id: int, whose: str, values: list[int]) -> Removed:
    rows: dict[str, int] = {}
    with write(db):
        where = f"guild_id = ?1 AND {whose}"
        touched = removal.items_of(db, where, values)
        shown = removal.items_of(db, where, values, ["impressions"])
        for table in _SCOPED:
            sql = f"DELETE FROM {table} WHERE {where}"  # noqa: S608
            rows[table] = db.conn.execute(sql, values).rowcount
        owner = whose.replace("user_id", "owner_id")
        db.conn.execute(
            "DELETE FROM active_styles WHERE style_id IN"  # noqa: S608
            f" (SELECT id FROM styles WHERE shared_guild = ?1 AND {owner}"
            "   AND owner_id != active_styles.user_id)",
            values,
        )
        db.conn.execute(
            f"UPDATE styles SET shared_guild = NULL WHERE shared_guild = ?1 AND {owner}",  # noqa: S608
            values,
        )
        if whose != "1":
            sessions.drop_person(db, values[1], (), guild_id)
        turned = db.conn.execute(f"DELETE FROM conversation_turns WHERE {where}", values)  # noqa: S608
        rows["conversation_turns"] = turned.rowcount
        opened = db.conn.execute(
            f"DELETE FROM sessions WHERE guild_id = ?1 AND {owner}",  # noqa: S608
            values,
        )
        rows["sessions"] = opened.rowcount
        left = removal.settle(db, rows, touched, shown)
        if whose != "1":
            return left
        db.conn.execute("DELETE FROM turns WHERE lane = ?", [lane_of(0, guild_id)])
        guild_settings.delete(db, guild_id)
        own = db.conn.execute(
            "DELETE FROM taste_models WHERE guild_id = ? RETURNING path", [guild_id]
        ).fetchall()
        paths = (*left.models, *(row[0] for row in own))
        return Removed(left.rows, left.items, paths, left.refit)


def _erase(db: Database, user_id: int) -> Forgotten:
    """Delete every row about a person; call it inside `write`."""
    rows: dict[str, int] = {}
    pieces = db.conn.execute(
        "SELECT id, folder FROM pieces WHERE owner_id = ?", [user_id]
    ).fetchall()
    touched = removal.items_of(db, "user_id = ?1", [user_id])
    shown = removal.items_of(db, "user_id = ?1", [user_id], ["impressions"])
    db.conn.execute(
        "DELETE FROM items WHERE kind = 'piece' AND key IN (SELECT value FROM json_each(?))",
        [json.dumps([id for id, _ in pieces])],
    )
    # Lists for several people say what these like: a list made from this person's taste goes too.
    db.conn.execute(
        "DELETE FROM impressions WHERE list_id IN"
        " (SELECT list_id FROM impression_people WHERE user_id = ?)",
        [user_id],
    )
    sessions.drop_person(db, user_id, [id for id, _ in pieces])
    for table, column in OWNED.items():
        ours = " AND user_id != 0" if table == "item_tags" else ""  # the terminal is person 0 too
        sql = f"DELETE FROM {table} WHERE {column} = ?{ours}"  # noqa: S608
        rows[table] = db.conn.execute(sql, [user_id]).rowcount
    _erase_mentions(db, user_id)
    db.conn.execute("DELETE FROM turns WHERE lane = ?", [lane_of(user_id, None)])
    # Deleted words stay readable in the index's old segments until they are merged.
    db.conn.execute("INSERT INTO pieces_fts (pieces_fts) VALUES ('optimize')")
    settled = removal.settle(db, rows, touched, shown)
    folders = tuple(folder for _, folder in pieces if folder)
    return Forgotten(
        dict(settled.rows), folders, (user_id,), settled.items, settled.models, settled.refit
    )


def _erase_mentions(db: Database, user_id: int) -> None:
    """Take a person's id out of what others asked for and got."""
    # Others' jobs that were asked in a style of theirs name its folder, which names its owner.
    db.conn.execute(
        "UPDATE jobs SET request = json_set(request, '$.style', 'gone')"
        " WHERE instr(request, ?) AND json_extract(request, '$.style') LIKE ?",
        [f'"{user_id}/', f"{user_id}/%"],
    )
    if user_id < _SNOWFLAKE:
        return
    # Pieces made for several people may name them, as a number or as a mention.
    for table, column in (
        ("jobs", "request"), ("jobs", "result"), ("jobs", "error_values"), ("pieces", "brief"),
        ("pieces", "plan"), ("sessions", "state"), ("conversation_turns", "text"),
        ("conversation_turns", "plan"), ("conversation_turns", "made"),
        ("conversation_turns", "lines"), ("readings", "words"),
    ):  # fmt: skip
        db.conn.execute(
            f"UPDATE {table} SET {column} = replace({column}, ?1, '0')"  # noqa: S608
            f" WHERE instr({column}, ?1)",
            [str(user_id)],
        )


def _buried(db: Database, folder: Path) -> list[int]:
    """People with rows here who were forgotten after the last line that was applied."""
    _, hashes = tombstones.newer(folder, tombstones.applied(db))
    return tombstones.among(folder, hashes, _people(db)) if hashes else []


def _people(db: Database) -> list[int]:
    """Everybody with a row of their own, or with a turn."""
    owners = " UNION ".join(f"SELECT {column} FROM {table}" for table, column in OWNED.items())  # noqa: S608
    lanes = " UNION SELECT CAST(substr(lane, 6) AS INTEGER) FROM turns WHERE lane LIKE 'user:%'"
    return [row[0] for row in db.conn.execute(owners + lanes)]


def _together(gone: Iterable[Forgotten]) -> Forgotten:
    rows: dict[str, int] = {}
    found = list(gone)
    for each in found:
        for table, count in each.rows.items():
            rows[table] = rows.get(table, 0) + count
    return Forgotten(
        rows,
        tuple(folder for each in found for folder in each.folders),
        tuple(id for each in found for id in each.people),
        tuple(item for each in found for item in each.items),
        tuple(dict.fromkeys(path for each in found for path in each.models)),
        any(each.refit for each in found),
    )


def _fold_log(db: Database) -> None:
    """Have nothing of what was deleted left in the write-ahead log."""
    if not db.conn.in_transaction:
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def counts(db: Database, user_id: int) -> dict[str, int]:
    """How many rows a person has in each table of `OWNED`."""
    found = {}
    for table, column in OWNED.items():
        sql = f"SELECT count(*) FROM {table} WHERE {column} = ?"  # noqa: S608
        found[table] = int(db.conn.execute(sql, [user_id]).fetchone()[0])
    return found


def export(db: Database, user_id: int) -> dict[str, Any]:
    """Everything stored about a person, by table, as JSON values.

    Rows about an item name it; times (UTC epoch seconds) and days come with a date one can read.
    `folders` are those of the person's pieces and styles, for the caller to add their files.
    """
    copy: dict[str, Any] = {
        "user_id": user_id,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for table, column in OWNED.items():
        copy[table] = _rows(db, table, f"{column} = ?", user_id)
    copy["turns"] = _rows(db, "turns", "lane = ?", lane_of(user_id, None))
    copy["folders"] = [row["folder"] for row in copy["pieces"] if row["folder"]]
    copy["style_folders"] = [row["folder"] for row in copy["styles"]]
    return copy


def _rows(db: Database, table: str, where: str, value: object) -> list[dict[str, Any]]:
    if table in (*removal.ABOUT, "impressions"):
        sql = (
            f"SELECT items.kind, items.key, items.title, items.artist, t.* FROM {table} AS t"  # noqa: S608
            f" JOIN items ON items.id = t.item_id WHERE t.{where}"
        )
    else:
        sql = f"SELECT * FROM {table} WHERE {where}"  # noqa: S608
    return [_readable(row) for row in db.query(sql, [value])]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in row.items() if name not in _INTERNAL | {"item_id"}}
    for name in _TIMES:
        if row.get(name) is not None:
            row[f"{name}_utc"] = _date(row[name])
    if "day" in row:
        row["date"] = _date(row["day"] * 86400)[:10]
    return row


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
