"""What models are fitted on, and which were fitted.

In: a scope. Out: everybody's rows in it as a stream, tags that are safe to learn from, and the
versions of fitted factors (whose files lie elsewhere). A server's model learns from what was stored
for that server, and from the cross-server rows of people who agreed to something there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from storage.db import write
from storage.items import ENOUGH_TAGGERS
from storage.listens import by_day

KEPT = 3


@dataclass(frozen=True, slots=True)
class Model:
    """One fitted model; `signals` is what `signals` said then.

    `stale`: rows it was fitted on are deleted since, so it is due to be fitted again.
    """

    version: int
    guild_id: int
    path: str
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    signals: int
    stale: bool
    created: float


def _where(guild_id: int) -> str:
    """Rows a scope's model learns from, as a condition with ?1 as the scope."""
    if guild_id == 0:
        return "guild_id = ?1"
    return (
        "guild_id IN (0, ?1) AND (guild_id = ?1"
        " OR user_id IN (SELECT user_id FROM consents WHERE guild_id = ?1))"
    )


def signals(db: Database, guild_id: int) -> int:
    """Count the rows that a scope's model would learn from."""
    counted = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE {_where(guild_id)})"  # noqa: S608
        for table in ("listens", "presence", "deeds")
    )
    return int(db.conn.execute(f"SELECT {counted}", [guild_id]).fetchone()[0])


def scopes(db: Database) -> list[int]:
    """Return the scopes that have rows to learn from, everywhere first."""
    every = " UNION ".join(
        f"SELECT guild_id FROM {table}"  # noqa: S608
        for table in ("listens", "presence", "deeds")
    )
    return sorted(row[0] for row in db.conn.execute(every))


def training_rows(db: Database, guild_id: int) -> Iterator[tuple[int, str, str, str, float, float]]:
    """Stream (user_id, kind, key, type, value, ts) of a scope, listens first, in no order."""
    where = _where(guild_id)
    yield from db.conn.execute(
        "SELECT d.user_id, i.kind, i.key, 'listen', d.plays, d.day * 86400.0"  # noqa: S608
        f" FROM ({by_day(where)}) AS d JOIN items AS i ON i.id = d.item_id",
        [guild_id],
    )
    yield from db.conn.execute(
        "SELECT d.user_id, i.kind, i.key, d.type, d.value, d.created"  # noqa: S608
        f" FROM (SELECT * FROM deeds WHERE {where}) AS d JOIN items AS i ON i.id = d.item_id",
        [guild_id],
    )


def tag_rows(db: Database, guild_id: int) -> Iterator[tuple[str, str, str, float]]:
    """Stream (kind, key, tag, weight) of a scope: ours, or of at least three distinct people.

    A weight is ours where there is one, else the sum of people's.
    """
    yield from db.conn.execute(
        "SELECT i.kind, i.key, t.tag, coalesce(max(CASE WHEN t.user_id = 0 THEN t.weight END),"
        " sum(t.weight)) FROM item_tags AS t JOIN items AS i ON i.id = t.item_id"
        " WHERE t.guild_id IN (0, ?) GROUP BY t.item_id, t.tag"
        " HAVING min(t.user_id) = 0 OR count(DISTINCT t.user_id) >= ?",
        [guild_id, ENOUGH_TAGGERS],
    )


def erased(db: Database) -> int:
    """Return a number that changes when rows are deleted that models were fitted on."""
    return int(db.conn.execute("SELECT erased FROM forgotten").fetchone()[0])


def add(
    db: Database,
    guild_id: int,
    path: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, Any],
    signals: int,
    now: float,
    since: int | None = None,
) -> int | None:
    """Store a fitted model and return its version.

    None when rows were deleted after `since` (what `erased` said before the rows were read): it
    may know of what is gone, so its file must go, too.
    """
    with write(db):
        if since is not None and since != erased(db):
            return None
        cursor = db.conn.execute(
            "INSERT INTO taste_models (guild_id, path, params, metrics, signals, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [guild_id, path, json.dumps(dict(params)), json.dumps(dict(metrics)), signals, now],
        )
        return int(cursor.lastrowid or 0)


def latest(db: Database, guild_id: int) -> Model | None:
    """Return a scope's newest model, or None."""
    found = _select(db, "guild_id = ? ORDER BY version DESC LIMIT 1", guild_id)
    return found[0] if found else None


def all_(db: Database) -> list[Model]:
    """Return every stored model."""
    return _select(db, "1 ORDER BY version")


def prune(db: Database, guild_id: int, keep: int = KEPT) -> list[str]:
    """Delete the rows of all but a scope's newest models; returns the paths of their files."""
    with write(db):
        old = _select(db, "guild_id = ? ORDER BY version DESC", guild_id)[keep:]
        for model in old:
            db.conn.execute("DELETE FROM taste_models WHERE version = ?", [model.version])
    return [model.path for model in old]


def drop(db: Database, guild_id: int | None = None) -> list[str]:
    """Delete the rows of a scope's models, or of all; returns the paths of their files."""
    with write(db):
        where = "1" if guild_id is None else "guild_id = ?"
        values = [] if guild_id is None else [guild_id]
        old = _select(db, where, *values)
        db.conn.execute(f"DELETE FROM taste_models WHERE {where}", values)  # noqa: S608
    return [model.path for model in old]


def _select(db: Database, where: str, *values: object) -> list[Model]:
    sql = "SELECT version, guild_id, path, params, metrics, signals, stale, created"
    rows = db.conn.execute(f"{sql} FROM taste_models WHERE {where}", list(values))
    return [
        Model(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]), row[5], bool(row[6]),
              row[7])
        for row in rows
    ]  # fmt: skip
