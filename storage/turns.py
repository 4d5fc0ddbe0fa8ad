"""What was said to us and how far the answer is: one row per message, a turn of its session.

In: messages, and what the engine (`bot.conversation`) wants kept. Out: frozen `Turn` rows. A turn
is all that is needed to go on after a restart. (The table is `conversation_turns`; `turns` are
those of the lanes that wait for workers, see `storage.jobs`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sqlite_utils import Database

from storage.db import write

TurnState = Literal["asking", "running", "done", "failed", "cancelled"]
#: Newest turns of a session that stay as long as it does: it holds what was said in them, so that
#: their rows tell whose words these are.
KEPT = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """One message to us and what came of it.

    It is "running" from the start; as long as `plan` is "" it waits for an earlier turn to end.
    `plan`, `made` and `lines` are JSON of whoever runs it, `at` is the number of the step it is at,
    `job_id` the job that this step waits for, `reply_id` the message that shows it.
    """

    id: int
    session_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    locale: str
    message_id: int | None
    text: str = field(repr=False)  # a person's own words stay out of the logs
    plan: str = field(repr=False)
    at: int
    made: str
    lines: str = field(repr=False)
    state: TurnState
    job_id: int | None
    reply_id: int | None
    created: float


_COLUMNS = ", ".join(field.name for field in fields(Turn))
_CHANGEABLE = frozenset({"plan", "at", "made", "lines", "state", "job_id", "reply_id", "locale"})


def add(
    db: Database,
    *,
    session_id: int,
    user_id: int,
    guild_id: int | None,
    channel_id: int,
    locale: str,
    message_id: int | None,
    text: str,
    now: float,
) -> tuple[Turn, bool]:
    """Store a message as a turn; (turn, whether it is new): the same message is the same turn."""
    with write(db):
        if message_id is not None:
            known = _select(db, "message_id = ?", message_id)
            if known:
                return known[0], False
        cursor = db.conn.execute(
            "INSERT INTO conversation_turns (session_id, user_id, guild_id, channel_id, locale,"
            " message_id, text, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [session_id, user_id, guild_id, channel_id, locale, message_id, text, now],
        )
        return _select(db, "id = ?", cursor.lastrowid)[0], True


def get(db: Database, id: int) -> Turn | None:
    """Return a turn by its number."""
    return _first(db, "id = ?", id)


def by_job(db: Database, job_id: int) -> Turn | None:
    """Return the turn that waits for a job."""
    return _first(db, "job_id = ?", job_id)


def by_reply(db: Database, reply_id: int) -> Turn | None:
    """Return the turn that a message of ours shows."""
    return _first(db, "reply_id = ? ORDER BY id DESC LIMIT 1", reply_id)


def running(db: Database, session_id: int, before: int | None = None) -> list[Turn]:
    """Return a session's turns at work or waiting for it, oldest first; those before a turn."""
    where = "session_id = ? AND state = 'running' AND id < coalesce(?, id + 1) ORDER BY id"
    return _select(db, where, session_id, before)


def waiting(db: Database, session_id: int) -> Turn | None:
    """Return the oldest turn of a session that has not begun: it waits for an earlier one."""
    return _first(
        db, "session_id = ? AND state = 'running' AND plan = '' ORDER BY id LIMIT 1", session_id
    )


def asking(db: Database, session_id: int) -> Turn | None:
    """Return the newest turn of a session whose question waits for an answer."""
    where = "session_id = ? AND state = 'asking' ORDER BY id DESC LIMIT 1"
    return _first(db, where, session_id)


def unfinished(db: Database, session_id: int | None = None) -> list[Turn]:
    """Return turns that are asking or running, oldest first: a session's, or all."""
    where = "state IN ('asking', 'running') AND session_id = coalesce(?, session_id) ORDER BY id"
    return _select(db, where, session_id)


def job_of(db: Database, session_id: int) -> int | None:
    """Return the job that a session's turn waits for, if any."""
    where = "session_id = ? AND state = 'running' AND job_id IS NOT NULL ORDER BY id LIMIT 1"
    found = _first(db, where, session_id)
    return found.job_id if found else None


def update(db: Database, id: int, **columns: Any) -> bool:
    """Change columns of a turn; False when it is gone.

    Raises
    ------
    ValueError
        When a column is none that changes.
    """
    if not columns or not columns.keys() <= _CHANGEABLE:
        raise ValueError(f"a turn's {sorted(columns.keys() - _CHANGEABLE)} cannot change")
    with write(db):
        return _update(db, id, columns)


def _update(db: Database, id: int, columns: Mapping[str, Any]) -> bool:
    named = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE conversation_turns SET {named} WHERE id = ?"  # noqa: S608
    return bool(db.conn.execute(sql, [*columns.values(), id]).rowcount)


def purge(db: Database, before: float) -> int:
    """Delete turns from before a time that are over, but a session's newest; returns how many."""
    with write(db):
        return int(
            db.conn.execute(
                "DELETE FROM conversation_turns WHERE created < ? AND state != 'running'"
                " AND id <= (SELECT t.id FROM conversation_turns AS t WHERE"
                "  t.session_id = conversation_turns.session_id ORDER BY t.id DESC LIMIT 1"
                "  OFFSET ?)",
                [before, KEPT],
            ).rowcount
        )


def _first(db: Database, where: str, *values: object) -> Turn | None:
    return next(iter(_select(db, where, *values)), None)


def _select(db: Database, where: str, *values: object) -> list[Turn]:
    sql = f"SELECT {_COLUMNS} FROM conversation_turns WHERE {where}"  # noqa: S608
    return [Turn(*row) for row in db.conn.execute(sql, list(values))]
