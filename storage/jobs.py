"""The job table: the only truth about what was asked, who works on it and how it ended.

In: a Database and plain values; times are UTC epoch seconds, passed in as `now`. Out: frozen `Job`
rows. A job is claimed under a lease that its worker renews, so the death of any process gives the
work back. Lanes (a server, or a person in direct messages) take turns: the lane that waited longest
goes first. Idea: lease, time to live and per-user limits as in AI-Horde (Haidra-Org), at its core
one `UPDATE` guarded by owner and state. What happens after the end is in storage.deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlite_utils import Database

from storage.db import write

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
DeliveryState = Literal["waiting", "pending", "delivered", "abandoned"]
CancelOutcome = Literal["cancelled", "stopping", "finished", "not_yours", "unknown"]

MAX_ATTEMPTS = 3
MAX_REVIVALS = 10  # a job that takes the whole bot down with it must end too
HOUR = 3600.0
GAVE_UP = (
    "I tried this {attempts} times and the work broke off each time, so I stopped. "
    "Please ask again with a shorter or simpler request."
)
CANCELLED = "Stopped, as you asked. Nothing was kept."


@dataclass(frozen=True, slots=True)
class Job:
    """One stored request and everything that has happened to it.

    `request` is the asker's request as JSON, `result` the worker's JSON once `state` is "done";
    `error` and `error_values` are a message template and its values once it is "failed" or
    "cancelled". `token` is the interaction token (15 minutes of life, dropped when the answer is
    delivered); `reply_id` is the message that shows progress and receives the answer. `delivery`
    says whether the answer has reached the person.
    """

    id: int
    request: str = field(repr=False)  # a person's own words stay out of the logs, as does the token
    kind: str
    seed: int
    locale: str
    user_id: int
    guild_id: int | None
    channel_id: int
    lane: str
    interaction_id: int | None
    application_id: int
    token: str | None = field(repr=False)
    source_message_id: int | None
    reply_id: int | None
    state: JobState
    attempts: int
    worker: str | None
    lease_until: float
    cancel_requested: bool
    step: int
    of: int
    label: str
    result: str | None = field(repr=False)
    error: str | None
    error_values: Mapping[str, Any]
    delivery: DeliveryState
    delivery_tries: int
    deliver_after: float
    created: float
    finished: float | None
    revivals: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person and their lane use; `hour_frees_at`: when the lane's oldest job ages out."""

    running: int
    queued: int
    lane_last_hour: int
    hour_frees_at: float


def lane_of(user_id: int, guild_id: int | None) -> str:
    """Name the lane that takes turns: the server, or the person where there is none."""
    return f"user:{user_id}" if guild_id is None else f"guild:{guild_id}"


def enqueue(
    db: Database,
    *,
    request: str,
    user_id: int,
    guild_id: int | None,
    channel_id: int,
    interaction_id: int | None,
    token: str | None,
    application_id: int,
    locale: str,
    kind: str,
    seed: int,
    source_message_id: int | None = None,
    now: float,
) -> tuple[Job, bool]:
    """Store a request; the same interaction (or asking message) again gives the job and False."""
    row = {
        "request": request, "user_id": user_id, "guild_id": guild_id, "channel_id": channel_id,
        "interaction_id": interaction_id, "token": token, "application_id": application_id,
        "locale": locale, "kind": kind, "seed": seed, "source_message_id": source_message_id,
        "lane": lane_of(user_id, guild_id), "created": now,
    }  # fmt: skip
    columns = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    with write(db):
        cursor = db.conn.execute(
            f"INSERT INTO jobs ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608
            row,
        )
        if cursor.rowcount == 1:
            return select_jobs(db, "id = ?", cursor.lastrowid)[0], True
        earlier = find(db, interaction_id=interaction_id, source_message_id=source_message_id)
    if earlier is None:  # only the two unique indexes can conflict
        raise RuntimeError("a job conflicted with none")
    return earlier, False


def get(db: Database, id: int) -> Job | None:
    """Return the job, or None."""
    return _first(db, "id = ?", id)


def find(
    db: Database, *, interaction_id: int | None = None, source_message_id: int | None = None
) -> Job | None:
    """Return the job that this interaction (or, without one, this message) made, or None."""
    if interaction_id is not None:
        return _first(db, "interaction_id = ?", interaction_id)
    return _first(db, "interaction_id IS NULL AND source_message_id = ?", source_message_id)


def claim(
    db: Database,
    worker: str,
    lease: float,
    now: float,
    *,
    per_user: int = 1,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job | None:
    """Take the next job for `worker` until `now + lease`, or None when nothing may run.

    Lanes take turns, jobs inside a lane are first come first served, nobody has more than
    `per_user` running. A job whose lease ran out is free again; one that broke off `max_attempts`
    times (or was there at `MAX_REVIVALS` deaths of the bot) fails with a sentence instead.
    """
    with write(db):
        while True:
            row = db.conn.execute(_NEXT, {"now": now, "per_user": per_user}).fetchone()
            if row is None:
                return None
            job_id, lane, attempts, revivals, cancel_requested = row
            if cancel_requested:
                _end(db, job_id, "cancelled", now, error=CANCELLED)
            elif attempts >= max_attempts or revivals >= MAX_REVIVALS:
                broke_off = {"attempts": attempts + revivals}
                _end(db, job_id, "failed", now, error=GAVE_UP, values=broke_off)
            else:
                break
        db.conn.execute(_TAKE, {"id": job_id, "worker": worker, "until": now + lease})
        db.conn.execute(_SERVED, {"lane": lane})
        return select_jobs(db, "id = ?", job_id)[0]


_NEXT = """
    SELECT job.id, job.lane, job.attempts, job.revivals, job.cancel_requested
    FROM jobs AS job LEFT JOIN turns USING (lane)
    WHERE (job.state = 'queued' OR (job.state = 'running' AND job.lease_until < :now))
      AND (SELECT count(*) FROM jobs AS other
           WHERE other.user_id = job.user_id AND other.state = 'running'
             AND other.lease_until >= :now) < :per_user
    ORDER BY coalesce(turns.turn, 0), job.id
    LIMIT 1"""
_TAKE = """
    UPDATE jobs SET state = 'running', worker = :worker, lease_until = :until,
        attempts = attempts + 1, step = 0, of = 0, label = ''
    WHERE id = :id"""
# The turn is a counter, not a tally: a server that joins late must not be owed its whole past.
_SERVED = """
    INSERT INTO turns (lane, turn) SELECT :lane, 1 + coalesce(max(turn), 0) FROM turns WHERE true
    ON CONFLICT (lane) DO UPDATE SET turn = excluded.turn"""


def heartbeat(db: Database, id: int, worker: str, lease: float, now: float) -> bool:
    """Renew the lease; False when the job is no longer this worker's and its work is void."""
    return _mine(db, id, worker, "lease_until = ?", now + lease)


def set_progress(db: Database, id: int, worker: str, step: int, of: int, label: str) -> bool:
    """Record step `step` of `of`; False when the job is no longer this worker's."""
    return _mine(db, id, worker, "step = ?, of = ?, label = ?", step, of, label)


def finish(db: Database, id: int, worker: str, result: str, now: float) -> bool:
    """Store the result (JSON) and owe the answer; False when the job is no longer this worker's."""
    return _mine(
        db, id, worker,
        "state = 'done', result = ?, finished = ?, lease_until = 0, delivery = 'pending'",
        result, now,
    )  # fmt: skip


def fail(
    db: Database,
    id: int,
    worker: str,
    template: str,
    values: Mapping[str, Any],
    now: float,
    *,
    state: Literal["failed", "cancelled"] = "failed",
) -> bool:
    """End the job with a sentence for the person; False when it is no longer this worker's."""
    with write(db):
        owned = _mine(db, id, worker, "lease_until = 0")
        if owned:
            _end(db, id, state, now, error=template, values=values)
    return owned


def release(db: Database, id: int, worker: str, *, refund: bool = True) -> bool:
    """Give a running job back to the queue; `refund` when the attempt was not the job's fault."""
    back = "state = 'queued', worker = NULL, lease_until = 0, attempts = attempts - ?"
    return _mine(db, id, worker, back, int(refund))


def owners(db: Database) -> list[str]:
    """Name the workers that hold a running job or an answer on its way."""
    rows = db.conn.execute(
        "SELECT DISTINCT worker FROM jobs WHERE worker IS NOT NULL"
        " AND (state = 'running' OR delivery = 'pending') ORDER BY worker"
    )
    return [row[0] for row in rows]


def recover(db: Database, dead: Iterable[str]) -> int:
    """Free at once what workers known to be dead still hold; returns how many rows were freed.

    The attempt is refunded and counted as a revival: a death of the whole process is seldom the
    fault of the job that ran.
    """
    freed = 0
    with write(db):
        for worker in dead:
            for change in (
                "state = 'queued', lease_until = 0, worker = NULL, attempts = attempts - 1,"
                " revivals = revivals + 1 WHERE state = 'running'",
                "deliver_after = 0, worker = NULL WHERE delivery = 'pending'",
            ):
                freed += db.conn.execute(
                    f"UPDATE jobs SET {change} AND worker = ?",  # noqa: S608
                    [worker],
                ).rowcount
    return freed


def request_cancel(db: Database, id: int, user_id: int) -> CancelOutcome:
    """Stop a job on behalf of its asker; "stopping" means a worker must still let go of it."""
    with write(db):
        job = get(db, id)
        if job is None:
            return "unknown"
        if job.user_id != user_id:
            return "not_yours"
        if job.state == "queued":
            _end(db, id, "cancelled", None, error=CANCELLED)
            return "cancelled"
        if job.state == "running":
            db.conn.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", [id])
            return "stopping"
        return "finished"


def to_cancel(db: Database, worker: str) -> list[int]:
    """List the running jobs of this worker whose asker wants them stopped."""
    rows = db.conn.execute(
        "SELECT id FROM jobs WHERE worker = ? AND state = 'running' AND cancel_requested = 1",
        [worker],
    )
    return [row[0] for row in rows]


def position(db: Database, id: int) -> int:
    """How many jobs go before this one (0: it is next, running or over).

    Counted by simulating the turns, so it is what will happen if nobody else asks.
    """
    waiting = db.conn.execute(
        "SELECT job.id, job.lane, coalesce(turns.turn, 0) FROM jobs AS job"
        " LEFT JOIN turns USING (lane) WHERE job.state = 'queued' ORDER BY job.id"
    ).fetchall()
    lanes: dict[str, list[int]] = {}
    turn: dict[str, tuple[int, int]] = {}
    for job_id, lane, last in waiting:
        lanes.setdefault(lane, []).append(job_id)
        turn.setdefault(lane, (last, job_id))
    clock = max((last for last, _ in turn.values()), default=0)
    for ahead in range(len(waiting)):
        lane = min(lanes, key=lambda name: turn[name])
        job_id = lanes[lane].pop(0)
        if job_id == id:
            return ahead
        clock += 1
        if lanes[lane]:
            turn[lane] = (clock, lanes[lane][0])
        else:
            del lanes[lane]
    return 0


def usage(db: Database, user_id: int, guild_id: int | None, now: float) -> Usage:
    """Count what policy weighs: the person's active jobs and their lane's last hour."""
    states = dict(
        db.conn.execute(
            "SELECT state, count(*) FROM jobs WHERE user_id = ?"
            " AND state IN ('queued', 'running') GROUP BY state",
            [user_id],
        ).fetchall()
    )
    count, oldest = db.conn.execute(
        "SELECT count(*), min(created) FROM jobs"
        " WHERE lane = ? AND created > ? AND state != 'cancelled'",
        [lane_of(user_id, guild_id), now - HOUR],
    ).fetchone()
    frees = now if oldest is None else oldest + HOUR
    return Usage(states.get("running", 0), states.get("queued", 0), count, frees)


def set_reply(db: Database, id: int, message_id: int) -> None:
    """Remember the message that shows progress: it can be edited after the token expires."""
    with write(db):
        db.conn.execute("UPDATE jobs SET reply_id = ? WHERE id = ?", [message_id, id])


def purge(db: Database, before: float) -> int:
    """Delete answered jobs created before `before`; returns how many."""
    with write(db):
        cursor = db.conn.execute(
            "DELETE FROM jobs WHERE created < ? AND delivery IN ('delivered', 'abandoned')",
            [before],
        )
    return int(cursor.rowcount)


def _end(
    db: Database,
    id: int,
    state: JobState,
    now: float | None,
    *,
    error: str,
    values: Mapping[str, Any] | None = None,
) -> None:
    db.conn.execute(
        "UPDATE jobs SET state = ?, error = ?, error_values = ?, finished = ?, lease_until = 0,"
        " delivery = 'pending' WHERE id = ?",
        [state, error, json.dumps(values or {}, ensure_ascii=False, default=str), now, id],
    )


def _mine(db: Database, id: int, worker: str, change: str, *values: object) -> bool:
    """Apply `change` if the job is running and this worker's: the guard behind every promise."""
    with write(db):
        cursor = db.conn.execute(
            f"UPDATE jobs SET {change} WHERE id = ? AND worker = ? AND state = 'running'",  # noqa: S608
            [*values, id, worker],
        )
    return bool(cursor.rowcount == 1)


_COLUMNS = tuple(Job.__dataclass_fields__)


def _job(row: tuple[Any, ...]) -> Job:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["cancel_requested"] = bool(values["cancel_requested"])
    values["error_values"] = json.loads(values["error_values"] or "{}")
    return Job(**values)


def select_jobs(db: Database, where: str, *values: object) -> list[Job]:
    """Return the jobs that an SQL condition of this package selects."""
    sql = f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE {where}"  # noqa: S608
    return [_job(row) for row in db.conn.execute(sql, values)]


def _first(db: Database, where: str, *values: object) -> Job | None:
    jobs = select_jobs(db, where + " LIMIT 1", *values)
    return jobs[0] if jobs else None
