"""A tool's request becomes a job that belongs to a turn.

In: what a tool returned. Out: a row in the job table, admitted by policy in the same transaction
that the turn remembers it in, so that a crash leaves neither without the other.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from bot.agent.values import Make
from bot.domain import Request
from bot.jobs.admission import admit
from bot.policy import Limits
from models.errors import Refusal
from storage import preferences, turns
from storage.db import write
from storage.jobs import Job
from storage.turns import Turn

_REQUEST = TypeAdapter(Request)
#: The name under which a job's desk remembers its turn.
TURN = "turn"


def place(
    db: Database, turn: Turn, number: int, make: Make, limits: Limits, now: float, limit: int
) -> Job:
    """Store the job of a turn's step `number`; `limit` is the largest file (bytes) for its place.

    Raises
    ------
    Refusal
        When policy says not now.
    """
    with write(db):
        chosen = preferences.get(db, turn.user_id)
        request = replace(make.request, nonce=f"turn-{turn.id}-{number}")
        if chosen.voice_message and request.kind != "export":
            request = replace(request, formats=(*request.formats, "voice"))
        notes = [{"template": template, "values": dict(v)} for template, v in make.notes]
        desk = {"options": dict(make.options), "notes": notes, "limit": limit, TURN: turn.id}
        stored = {**_REQUEST.dump_python(request, mode="json"), "desk": desk}
        seed = request.brief.seed
        admission = admit(
            db,
            limits,
            seconds=make.seconds,
            now=now,
            request=json.dumps(stored, ensure_ascii=False),
            user_id=turn.user_id,
            guild_id=turn.guild_id,
            channel_id=turn.channel_id,
            interaction_id=None,
            token=None,
            application_id=0,
            locale=turn.locale,
            kind=request.kind,
            seed=secrets.randbelow(2**31) if seed is None else seed,
        )
        if admission.job is None:
            raise Refusal(admission.verdict.template, **admission.verdict.values)
        turns.update(db, turn.id, job_id=admission.job.id)
    return admission.job


def turn_of(request: str) -> int | None:
    """The turn that a job's stored request belongs to, if any."""
    desk: dict[str, Any] = json.loads(request).get("desk", {})
    return desk.get(TURN)
