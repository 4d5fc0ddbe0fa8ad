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
from dataclasses import replace
from functools import partial

import discord
from pydantic import TypeAdapter

from bot import wording
from bot.asking import Ask, about, dressed, seconds_of, understand
from bot.client import Segno
from bot.domain import Request
from bot.jobs.admission import admit
from bot.policy import Limits
from bot.shelf import require_attachments
from bot.taste_desk import Whose, filled
from bot.ui import Interaction, progress_view
from models.errors import Refusal
from storage import jobs, preferences

__all__ = ["Ask", "about", "place", "understand"]

log = logging.getLogger(__name__)

_REQUEST = TypeAdapter(Request)
#: What is rendered anew, also for a voice message.
_RECORDED = ("compose", "extend", "rework", "arrange", "song", "edit")


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
    request, note = await dressed(client.db, interaction.user.id, interaction.guild_id, request)
    if note is not None:
        told = {"template": note[0], "values": note[1]}
        desk = {**desk, "notes": [told, *desk.get("notes", ())]}
    stored = {**_REQUEST.dump_python(request, mode="json"), "desk": desk}
    admission = await client.db.run(
        partial(
            admit,
            limits=Limits.of(client.settings),
            seconds=ask.seconds or seconds_of(request.brief),
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
