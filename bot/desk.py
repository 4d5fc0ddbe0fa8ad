"""The front desk: an ask becomes a stored job, and the person hears where it stands in line.

In: a Discord interaction with words and options. Out: a row in the job table, stored before the
interaction is acknowledged, so that no accepted request can be lost; the acknowledgement is the
message that later shows progress and the result. What the options said, and what was not
understood, travels with the request under "desk" and is shown back with the result.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import discord
from pydantic import TypeAdapter

from bot import lyrics_ask, wording
from bot.agent.understand import read
from bot.client import Segno
from bot.domain import Request
from bot.jobs.admission import admit
from bot.policy import Limits
from bot.shelf import require_attachments
from bot.taste_desk import Whose, filled
from bot.ui import Interaction, progress_view
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.quantities import find_bars
from models.score import Meter
from storage import jobs, preferences, styles
from storage.pieces import Piece

log = logging.getLogger(__name__)

_REQUEST = TypeAdapter(Request)
#: What is rendered anew, also for a voice message.
_RECORDED = ("compose", "extend", "rework", "arrange", "song")
#: What a learned style is heard in.
_COMPOSED = ("compose", "takes", "extend", "rework")
#: What the reader says of words that ask for taste (`Reading.wants`).
TASTES: Mapping[str, Whose] = {"taste": "mine", "taste-us": "ours"}
NOT_HERE = "The style “{name}” is shared in another server only, so this is made without it."


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, what should be remembered about how it was asked, and how much music it means.

    `seconds` is None where that is left to us. `taste` says whose tastes fill what is left open.
    """

    request: Request
    desk: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    taste: Whose | None = None


def understand(text: str | None, options: Mapping[str, Any], locale: str) -> Ask:
    """Read words and options into one request; an option overrides what the words said.

    It is a song where the words ask for words, else a piece. "taste" among the options, or words
    such as "something I would like", ask for a taste to fill what is left open.

    Raises
    ------
    Refusal
        When there is nothing to go by, or something asked for cannot be.
    """
    words = (text or "").strip()
    given = {name: value for name, value in options.items() if value not in (None, "")}
    if not words and not given:
        raise Refusal(
            "Tell me what to compose: a few words such as “a wistful waltz in D minor, one "
            "minute”, or pick a style."
        )
    taste = given.pop("taste") if given.get("taste") in TASTES.values() else None
    reading = read(words, locale) if words else None
    if reading and taste is None:
        taste = next((TASTES[want] for want in reading.wants if want in TASTES), None)
    fields = reading.brief.to_json() if reading else {}
    exact = _exact(given)
    if {"bars", "seconds"} & exact.keys():
        fields = {k: v for k, v in fields.items() if k not in ("bars", "seconds")}
    for one, other in (("instruments", "ensemble"), ("ensemble", "instruments")):
        if one in exact:
            fields.pop(other, None)
    brief = brief_from_json({**fields, **exact})
    request = Request("compose", brief=brief, text=words, locale=locale)
    if reading and "lyrics" in reading.wants:
        request = replace(request, kind="song", writing=lyrics_ask.writing(reading.about))
    desk: dict[str, Any] = {"options": exact}
    if reading:
        desk["unknown"] = reading.leftover
        desk["notes"] = [{"template": t, "values": values} for t, values in reading.notes]
    return Ask(request, desk, taste=taste)


def _exact(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as fields of the public brief file: "length" is bars or seconds."""
    exact = dict(given)
    if (length := exact.pop("length", None)) is not None:
        bars = find_bars(str(length).lower())
        exact |= {"bars": int(bars.value)} if bars else {"seconds": str(length)}
    return exact


async def place(interaction: Interaction, ask: Ask, locale: str) -> None:
    """Store the request, then say where it stands; asking twice with one interaction is one job.

    Raises
    ------
    Refusal
        When the answer could not be posted here, or policy says not now.
    """
    client: Segno = interaction.client
    if ask.request.kind not in ("learn", "listening"):  # what is learned is said in words
        require_attachments(interaction)
    if ask.taste is not None:
        ask = await _flavoured(client, interaction, ask, ask.taste)
    chosen = await client.db.run(preferences.get, interaction.user.id)
    request = replace(ask.request, nonce=str(interaction.id))
    if chosen.voice_message and request.kind in _RECORDED:
        request = replace(request, formats=("voice",))
    seed = request.brief.seed
    desk = {**ask.desk, "limit": interaction.filesize_limit}
    if request.kind in _COMPOSED or (request.writing and not request.writing.source):
        request, desk = await _dressed(client, interaction, request, desk)
    stored = {**_REQUEST.dump_python(request, mode="json"), "desk": desk}
    admission = await client.db.run(
        partial(
            admit,
            limits=Limits.of(client.settings),
            seconds=ask.seconds or _seconds(request.brief),
            now=client.now(),
            request=json.dumps(stored, ensure_ascii=False),
            user_id=interaction.user.id,
            guild_id=interaction.guild_id,
            channel_id=interaction.channel_id,
            interaction_id=interaction.id,
            token=interaction.token,
            application_id=interaction.application_id,
            locale=locale,
            kind=request.kind,
            seed=secrets.randbelow(2**31) if seed is None else seed,
        )
    )
    if admission.job is None:
        raise Refusal(admission.verdict.template, **admission.verdict.values)
    job = admission.job
    ahead = await client.db.run(jobs.position, job.id)
    try:
        message_id = await _acknowledge(
            interaction, wording.queued(ahead, locale), progress_view(job.id, locale)
        )
    except discord.HTTPException as error:
        # Too late, or answered before (a replayed interaction): the job stands either way.
        log.info("job %d was not acknowledged: %s", job.id, error)
    else:
        if message_id is not None:
            await client.db.run(jobs.set_reply, job.id, message_id)
    client.wake()


async def _acknowledge(interaction: Interaction, text: str, shown: discord.ui.View) -> int | None:
    """Answer; an interaction that was put off while a large file arrived has its answer edited."""
    if interaction.response.is_done():
        return (await interaction.edit_original_response(content=text, view=shown)).id
    return (await interaction.response.send_message(text, view=shown)).message_id


async def _flavoured(client: Segno, interaction: Interaction, ask: Ask, whose: Whose) -> Ask:
    """The request with what it leaves open taken from taste; the notes say so first."""
    brief, notes = await filled(client, interaction, ask.request.brief, whose)
    told = [{"template": template, "values": dict(values)} for template, values in notes]
    desk = {**ask.desk, "notes": [*told, *ask.desk.get("notes", ())]}
    return replace(ask, request=replace(ask.request, brief=brief), desk=desk)


async def _dressed(
    client: Segno, interaction: Interaction, request: Request, desk: dict[str, Any]
) -> tuple[Request, dict[str, Any]]:
    """The request in the style its asker chose; a note where that style is not theirs to use."""
    style = await client.db.run(styles.active, interaction.user.id)
    if style is None:
        return request, desk
    if style.usable(interaction.user.id, interaction.guild_id):
        return replace(request, style=style.folder), desk
    note = {"template": NOT_HERE, "values": {"name": style.name}}
    return request, {**desk, "notes": [note, *desk.get("notes", ())]}


def _seconds(brief: Brief) -> float | None:
    """How long a piece is asked to be, as far as the asker said it; None leaves it to us."""
    if brief.bars is None or brief.tempo is None or brief.meter is None:
        return brief.seconds
    return brief.bars * Meter.parse(brief.meter).bar_beats * 60 / brief.tempo


def about(kind: Any, piece: Piece, locale: str, bars: int = 0, **more: Any) -> Ask:
    """A request about a piece that exists: takes, extend (by `bars`) or export."""
    seconds = piece.seconds * (1 + bars / json.loads(piece.plan)["bars"]) if bars else None
    request = Request(kind, locale=locale, parent=piece.id, bars=bars, **more)
    return Ask(request, seconds=seconds and round(seconds))
