"""What a person can ask of us: a copy of everything stored about them, and its removal.

In: a user id. Out: `export` gives plain JSON values; `forget` deletes the rows and returns the
folders whose files the caller must remove. Both read `_OWNED`, and a test scans every table of the
database for the id, so that a new table cannot be overlooked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from storage.db import write
from storage.jobs import lane_of

_OWNED = {
    "jobs": "user_id",
    "pieces": "owner_id",
    "ratings": "user_id",
    "preferences": "user_id",
    "active_styles": "user_id",
    "styles": "owner_id",
}
# Not the person's own words or deeds but our bookkeeping; a live token is also a secret.
_INTERNAL = frozenset({"token", "words", "number", "lease_until", "worker", "deliver_after"})


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Rows deleted per table, and the folders (of pieces) whose files must go too."""

    rows: dict[str, int]
    folders: tuple[str, ...]


def forget(db: Database, user_id: int) -> Forgotten:
    """Delete every row about a person, with what others said of their pieces.

    A job that runs at this moment loses its owner, so its result is thrown away.
    """
    rows: dict[str, int] = {}
    with write(db):
        found = db.conn.execute(
            "SELECT folder FROM pieces WHERE owner_id = ? AND folder != ''", [user_id]
        ).fetchall()
        for table, column in _OWNED.items():
            sql = f"DELETE FROM {table} WHERE {column} = ?"  # noqa: S608
            rows[table] = db.conn.execute(sql, [user_id]).rowcount
        # Others' jobs that were asked in a style of theirs name its folder, which names its owner.
        db.conn.execute(
            "UPDATE jobs SET request = json_set(request, '$.style', 'gone')"
            " WHERE instr(request, ?) AND json_extract(request, '$.style') LIKE ?",
            [f'"{user_id}/', f"{user_id}/%"],
        )
        db.conn.execute("DELETE FROM turns WHERE lane = ?", [lane_of(user_id, None)])
        # Deleted words stay readable in the index's old segments until they are merged.
        db.conn.execute("INSERT INTO pieces_fts (pieces_fts) VALUES ('optimize')")
    if not db.conn.in_transaction:
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Forgotten(rows, tuple(row[0] for row in found))


def export(db: Database, user_id: int) -> dict[str, Any]:
    """Everything stored about a person, by table, as JSON values."""
    copy: dict[str, Any] = {"user_id": user_id}
    for table, column in _OWNED.items():
        rows = db.query(f"SELECT * FROM {table} WHERE {column} = ?", [user_id])  # noqa: S608
        copy[table] = [
            {name: value for name, value in row.items() if name not in _INTERNAL} for row in rows
        ]
    return copy
