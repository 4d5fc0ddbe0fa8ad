"""The door to the job table: policy and enqueueing as one step.

In: what a cog knows about an ask. Out: the stored job, or the verdict that refused it. Counting and
storing happen in one transaction, so two commands sent at once cannot both take the last place.
What a server's managers allow counts here, for slash commands and for what is said alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from bot.policy import Limits, Verdict, decide
from storage import guild_settings, jobs
from storage.db import write


@dataclass(frozen=True, slots=True)
class Admission:
    """`job` when it was taken (`created` is False for a repeated interaction), else why not."""

    job: jobs.Job | None
    created: bool
    verdict: Verdict


def admit(
    db: Database, limits: Limits, *, seconds: float | None = None, now: float, **ask: Any
) -> Admission:
    """Store the ask if policy allows; `ask` holds the arguments of `storage.jobs.enqueue`.

    An interaction (or message) seen before is answered with its job, whatever the limits say.
    """
    with write(db):
        earlier = jobs.find(
            db,
            interaction_id=ask["interaction_id"],
            source_message_id=ask.get("source_message_id"),
        )
        if earlier is not None:
            return Admission(earlier, False, Verdict(True))
        usage = jobs.usage(db, ask["user_id"], ask["guild_id"], now)
        if ask["guild_id"] is not None:
            limits = limits.within(guild_settings.get(db, ask["guild_id"]).per_hour)
        verdict = decide(usage, limits, now=now, seconds=seconds)
        if not verdict.allowed:
            return Admission(None, False, verdict)
        job, created = jobs.enqueue(db, **ask, now=now)
        return Admission(job, created, verdict)
