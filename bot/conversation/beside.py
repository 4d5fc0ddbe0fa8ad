"""What commands and buttons make lies on the table too, where its asker talks with us.

In: a finished job that no turn asked for. Out: the session of its place with the piece on the
table, or with several to choose from, so that "slower" after /compose means that piece. Nothing is
begun for people who never talked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from bot.agent import memory
from bot.agent.values import Step
from bot.conversation import outcome
from storage import sessions
from storage.db import write
from storage.jobs import Job

_KINDS = frozenset({"compose", "song", "extend", "rework", "arrange", "edit", "lyrics"})


def lay(db: Database, job: Job, result: Mapping[str, Any], now: float) -> None:
    """Lay what a job made on the table of its asker; doing it twice is doing it once."""
    if job.kind not in _KINDS or not result.get("clips"):
        return
    with write(db):
        found = sessions.find(db, job.user_id, job.channel_id, shared=True) or sessions.find(
            db, job.user_id, job.channel_id, shared=False
        )
        if found is None:
            return
        session = memory.from_row(found)
        made = outcome.of_job(job, result, session, Step(job.kind), now)
        if made.session is not None:
            memory.store(db, made.session, now)
