"""What lies on the table of each conversation: one row per direct message, thread, or person.

In: where somebody speaks, and the state as JSON (made by `bot.agent.memory`). Out: rows. In a
thread (`shared`) everybody has the same session, elsewhere each person has their own.

A session that is emptied gets a new number (`renew`): whoever still holds the old one in memory
saves it to nowhere, so nothing that was deleted comes back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from sqlite_utils import Database

from storage.db import write


@dataclass(frozen=True, slots=True)
class Row:
    """A stored session. `owner_id` opened it, `state` is JSON; times are UTC epoch seconds."""

    id: int
    owner_id: int
    guild_id: int | None
    channel_id: int
    shared: bool
    state: str = field(repr=False)  # people's words stay out of the logs
    created: float
    used: float


_COLUMNS = ", ".join(field.name for field in fields(Row))


def find(db: Database, owner_id: int, channel_id: int, shared: bool) -> Row | None:
    """Return the session of a thread (`shared`), or of one person in a channel."""
    if shared:
        found = _select(db, "shared AND channel_id = ?", channel_id)
    else:
        found = _select(db, "NOT shared AND channel_id = ? AND owner_id = ?", channel_id, owner_id)
    return found[0] if found else None


def open_(
    db: Database, owner_id: int, guild_id: int | None, channel_id: int, shared: bool, now: float
) -> Row:
    """Return the session of this place, begun if there is none; it counts as used now."""
    with write(db):
        row = find(db, owner_id, channel_id, shared)
        if row is None:
            db.conn.execute(
                "INSERT INTO sessions (owner_id, guild_id, channel_id, shared, created, used)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [owner_id, guild_id, channel_id, int(shared), now, now],
            )
        else:
            db.conn.execute("UPDATE sessions SET used = max(used, ?) WHERE id = ?", [now, row.id])
        row = find(db, owner_id, channel_id, shared)
        assert row is not None  # noqa: S101 - it was written in this transaction
        return row


def get(db: Database, id: int) -> Row | None:
    """Return a session by its number."""
    return next(iter(_select(db, "id = ?", id)), None)


def save(db: Database, id: int, state: str, now: float) -> bool:
    """Store a session's state; False when there is no such session any more."""
    with write(db):
        cursor = db.conn.execute(
            "UPDATE sessions SET state = ?, used = max(used, ?) WHERE id = ?", [state, now, id]
        )
    return bool(cursor.rowcount)


def delete(db: Database, id: int) -> bool:
    """Delete what a session holds and its turns; what is being made goes on in an empty one.

    False when there is no such session.
    """
    with write(db):
        if get(db, id) is None:
            return False
        mine = "FROM conversation_turns WHERE session_id = ?"
        db.conn.execute(f"DELETE {mine} AND state != 'running'", [id])
        if db.conn.execute(f"SELECT 1 {mine}", [id]).fetchone():
            renew(db, id, "{}")
        else:
            db.conn.execute("DELETE FROM sessions WHERE id = ?", [id])
    return True


def renew(db: Database, id: int, state: str) -> None:
    """Replace a session's state for good and give it a new number; call it inside `write`."""
    # As an insert would count: a number must never come again.
    db.conn.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'sessions'")
    db.conn.execute(
        "UPDATE sessions SET state = ?, id = (SELECT seq FROM sqlite_sequence"
        " WHERE name = 'sessions') WHERE id = ?",
        [state, id],
    )


def of_user(db: Database, user_id: int) -> list[Row]:
    """Return the sessions a person opened or spoke in, last used first."""
    return _select(
        db,
        "owner_id = ?1 OR id IN (SELECT session_id FROM conversation_turns WHERE user_id = ?1)"
        " ORDER BY used DESC, id DESC",
        user_id,
    )


def purge(db: Database, before: float) -> int:
    """Delete sessions not used since `before` (UTC epoch seconds); returns how many.

    One with a turn at work that began later stays until the work is done.
    """
    with write(db):
        return int(
            db.conn.execute(
                "DELETE FROM sessions WHERE used < ?1 AND NOT EXISTS (SELECT 1 FROM"
                " conversation_turns WHERE session_id = sessions.id AND state = 'running'"
                " AND created >= ?1)",
                [before],
            ).rowcount
        )


def drop_pieces(db: Database, ids: Collection[str]) -> None:
    """Take deleted pieces out of every session; call it inside `write`.

    Numbers of choices stay what they were, and what was made from a piece hangs on its parent.
    """
    for id, state in _holding(db, ids).items():
        db.conn.execute("UPDATE sessions SET state = ? WHERE id = ?", [_without(state, ids), id])


def drop_person(
    db: Database, user_id: int, pieces: Collection[str], guild_id: int | None = None
) -> None:
    """Take a person's words and pieces out of sessions that others opened; inside `write`.

    Of one server's sessions, or of all. Their turns must still be there: they say in which sessions
    the person spoke. What was said there goes whole, as it does not tell who said it.
    """
    spoke = {
        row.id: row.state
        for row in _select(
            db,
            "owner_id != ?1 AND guild_id IS coalesce(?2, guild_id) AND id IN"
            " (SELECT session_id FROM conversation_turns WHERE user_id = ?1)",
            user_id,
            guild_id,
        )
    }
    sent = f"{user_id}/"  # a file on a table is "OWNER/FILE:title"
    named = {} if guild_id is not None else _holding(db, {*pieces, f'"{sent}'})
    for number, state in {**named, **spoke}.items():
        kept = json.loads(_without(state, pieces))
        if number in spoke:
            kept = {name: kept[name] for name in kept if name not in ("said", "question")}
        if str(kept.get("file") or "").startswith(sent):
            del kept["file"]
        renew(db, number, json.dumps(kept, ensure_ascii=False))


def _holding(db: Database, needles: Iterable[str]) -> dict[int, str]:
    """Sessions whose state has one of these strings in it: number -> state."""
    found: dict[int, str] = {}
    for needle in needles:
        rows = db.conn.execute("SELECT id, state FROM sessions WHERE instr(state, ?)", [needle])
        found.update(rows.fetchall())
    return found


def _without(state: str, gone: Collection[str]) -> str:
    """The state without these pieces."""
    kept: dict[str, Any] = json.loads(state)
    versions = kept.get("versions") or []
    parents = {version["piece_id"]: version["parent"] for version in versions}

    def parent(id: str | None) -> str | None:
        above = dict(parents)
        while id is not None and id in gone:
            id = above.pop(id, None)  # each once: no circle holds us
        return id

    kept["versions"] = [
        {**version, "parent": parent(version["parent"])}
        for version in versions
        if version["piece_id"] not in gone
    ]
    for name in ("past", "future"):
        kept[name] = [id for id in kept.get(name) or [] if id not in gone]
    kept["choices"] = ["" if id in gone else id for id in kept.get("choices") or []]
    if kept.get("table") in gone:
        kept["table"] = None
    return json.dumps(kept, ensure_ascii=False)


def _select(db: Database, where: str, *values: object) -> list[Row]:
    sql = f"SELECT {_COLUMNS} FROM sessions WHERE {where}"  # noqa: S608
    return [
        Row(row[0], row[1], row[2], row[3], bool(row[4]), *row[5:])
        for row in db.conn.execute(sql, list(values))
    ]
