"""Answers on their way to people: which ended jobs still owe one, and who is bringing it.

In: ended jobs. Out: each answered once. An answer is taken (`begin_delivery`, which also counts the
try), sent, then marked; a crash between the last two repeats the sending, which is harmless because
both ways of sending are repeatable: an edit of the same message, or a new message under the nonce
`nonce(job)`, which Discord accepts once.
"""

from __future__ import annotations

import math
from dataclasses import replace

from sqlite_utils import Database

from storage.db import write
from storage.jobs import Job, get, select_jobs

TOKEN_SECONDS = 15 * 60.0  # how long Discord accepts an interaction's token


def nonce(job: Job) -> str:
    """Name the answer as Discord sees it: equal for every repetition, at most 25 characters."""
    return f"segno-{job.id}"


def with_live_token(db: Database, id: int, now: float) -> Job | None:
    """Return the job as it is now, without its token when that is too old to be used."""
    job = get(db, id)
    if job is not None and job.created + TOKEN_SECONDS <= now:
        return replace(job, token=None)
    return job


def pending_delivery(db: Database, now: float = math.inf) -> list[Job]:
    """Return ended jobs that owe an answer due at `now` (default: all), oldest first."""
    return select_jobs(db, "delivery = 'pending' AND deliver_after <= ? ORDER BY id", now)


def unanswered(db: Database, user_id: int, now: float) -> list[Job]:
    """Return a person's jobs that still owe an answer, without tokens too old to be used."""
    owed = "user_id = ? AND (state IN ('queued', 'running') OR delivery = 'pending')"
    found = [with_live_token(db, job.id, now) for job in select_jobs(db, owed, user_id)]
    return [job for job in found if job is not None]


def at_work(db: Database, message_id: int) -> Job | None:
    """Return the job whose progress a message shows, as long as it is queued or running."""
    found = select_jobs(db, "reply_id = ? AND state IN ('queued', 'running')", message_id)
    return found[0] if found else None


def begin_delivery(db: Database, id: int, worker: str, lease: float, now: float) -> Job | None:
    """Take the answer for `lease` seconds; None when it is delivered or in other hands.

    A token older than its 15 minutes is dropped here, so whoever delivers sees `job.token` only
    while it works.
    """
    with write(db):
        cursor = db.conn.execute(
            "UPDATE jobs SET worker = ?, deliver_after = ?, delivery_tries = delivery_tries + 1,"
            " token = CASE WHEN created + ? > ? THEN token END"
            " WHERE id = ? AND delivery = 'pending' AND deliver_after <= ?",
            [worker, now + lease, TOKEN_SECONDS, now, id, now],
        )
        if cursor.rowcount != 1:
            return None
        return select_jobs(db, "id = ?", id)[0]


def mark_delivered(db: Database, id: int, message_id: int | None) -> bool:
    """Record that the answer arrived in `message_id`, forget the token, link pieces to the message.

    False when it was already recorded.
    """
    with write(db):
        cursor = db.conn.execute(
            "UPDATE jobs SET delivery = 'delivered', reply_id = coalesce(?, reply_id),"
            " token = NULL, worker = NULL WHERE id = ? AND delivery = 'pending'",
            [message_id, id],
        )
        if cursor.rowcount == 1 and message_id is not None:
            db.conn.execute("UPDATE pieces SET message_id = ? WHERE job_id = ?", [message_id, id])
    return bool(cursor.rowcount == 1)


def postpone_delivery(db: Database, id: int, until: float, *, drop_token: bool = False) -> None:
    """Try again at `until`; `drop_token` when Discord no longer takes it."""
    with write(db):
        db.conn.execute(
            "UPDATE jobs SET deliver_after = ?, token = CASE WHEN ? THEN NULL ELSE token END"
            " WHERE id = ? AND delivery = 'pending'",
            [until, drop_token, id],
        )


def abandon_delivery(db: Database, id: int) -> None:
    """Stop trying: the place is gone, or we may not write there."""
    with write(db):
        db.conn.execute(
            "UPDATE jobs SET delivery = 'abandoned', token = NULL, worker = NULL"
            " WHERE id = ? AND delivery = 'pending'",
            [id],
        )


def drop_stale_tokens(db: Database, now: float) -> int:
    """Forget every token that Discord no longer accepts; returns how many."""
    with write(db):
        cursor = db.conn.execute(
            "UPDATE jobs SET token = NULL WHERE token IS NOT NULL AND created + ? <= ?",
            [TOKEN_SECONDS, now],
        )
    return int(cursor.rowcount)
