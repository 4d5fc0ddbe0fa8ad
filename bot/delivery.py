"""Results to people: the message that showed progress becomes the answer.

In: jobs and their results from the runner. Out: one edited message per job. While the interaction
token lives (15 minutes) the edit goes through it and needs no channel permission; after that the
same message is edited as the bot, and where that is impossible one new message is sent under the
job's nonce, which Discord accepts once. What fits nowhere stays in /library.

Discord has no public client call for voice messages (discord.py issue 10165), and an edit of
`@original` must survive a restart, so both are made as plain requests with discord.py's own
builder and rate limiter.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord.http import MultipartParameters, Route, handle_message_parameters

from bot import shelf, style_words, wording
from bot.client import Segno
from bot.conversation import beside
from bot.conversation.placing import turn_of
from bot.domain import Progress
from bot.files import kinds_of
from bot.i18n import translate
from bot.jobs.deliver import TokenExpired, Undeliverable
from bot.lyrics_ui import misfits, page_of
from bot.taste import importing
from bot.ui import heard_view, progress_view, takes_view
from storage.deliveries import nonce
from storage.jobs import Job

log = logging.getLogger(__name__)

_UNAUTHORIZED, _FORBIDDEN, _TOO_LARGE = 401, 403, 413
_VOICE_FLAG = 1 << 13
#: Kinds whose answers only the asker sees.
_PRIVATE = ("listening",)
NO_FILES = (
    "Your piece is ready, but I may not attach files in this channel. Bring it to a direct message "
    "or another channel with /piece show {id}."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message to be: `clips` and `kinds` name its files, `limit` is bytes for each of them.

    `text` takes lines about files that are missing; it may give embeds beside the text.
    """

    text: Callable[[list[str]], str | tuple[str, list[discord.Embed]]]
    view: discord.ui.View | None = None
    clips: tuple[Mapping[str, Any], ...] = ()
    kinds: tuple[str, ...] = ()
    limit: int = shelf.DEFAULT_LIMIT

    async def parameters(self, locale: str, name: str | None = None) -> MultipartParameters:
        """The request body; files are opened anew, so that every attempt sends them whole."""
        files, missing = await asyncio.to_thread(
            shelf.attach, self.clips, self.kinds, self.limit, locale
        )
        said = self.text(missing)
        text, embeds = (said, []) if isinstance(said, str) else said
        return handle_message_parameters(
            content=text[: wording.MESSAGE + 100],
            embeds=embeds,
            attachments=files,
            view=self.view,
            nonce=name,
            allowed_mentions=discord.AllowedMentions.none(),
        )


class Delivery:
    """Implements the runner's `Deliver` over a Discord client."""

    def __init__(self, client: Segno) -> None:
        self.client = client

    async def progress(self, job: Job, progress: Progress) -> None:
        """Show where the job is, by editing its message; see `Deliver.progress`."""
        if (turn := turn_of(job.request)) is not None:
            await self.client.conversation.progress(job, turn, progress)
            return
        text = wording.working(progress, job.locale)
        await self._edit(job, Answer(lambda _: text, progress_view(job.id, job.locale)))

    async def result(self, job: Job, result: Mapping[str, Any]) -> int | None:
        """Answer with the finished pieces; the id of the message that carries them.

        Raises
        ------
        TokenExpired, Undeliverable
            See `Deliver`.
        """
        if (turn := turn_of(job.request)) is not None:
            return await self.client.conversation.finished(job, turn, result)
        if job.kind == "learn":
            desk = json.loads(job.request).get("desk", {})
            text = style_words.learned(result["learned"], desk, job.locale)
            return await self._send(job, Answer(lambda _: text))
        if job.kind == "listening":
            return await self._counted(job, result["listening"])
        if job.kind == "hear":
            return await self._send(job, _heard(job, result["heard"]))
        if "misfits" in result:
            text, shown = misfits(result["misfits"]["problems"], str(job.id), job.locale)
            return await self._send(job, Answer(lambda _: text, shown))
        answer = self._answer(job, result)
        if job.kind == "export":
            if await self._voice(job, result):
                answer = replace(answer, kinds=())  # it plays there: once is enough
            return await self._reply(job, result, answer)
        message_id = await self._reply(job, result, answer)
        await self.client.db.run(beside.lay, job, result, self.client.now())
        await self._voice(job, result)
        return message_id

    async def _reply(self, job: Job, result: Mapping[str, Any], answer: Answer) -> int:
        """Send the answer, or as much of it as this place takes."""
        try:
            return await self._send(job, answer)
        except discord.HTTPException as error:
            if error.status == _FORBIDDEN:
                sorry = translate(NO_FILES, job.locale, id=result["clips"][0]["piece_id"])
                return await self._send(job, Answer(lambda _: sorry))
            if error.status != _TOO_LARGE:
                raise
        # The limit was lower than Discord said: what is left of the files under half of it.
        return await self._send(job, replace(answer, limit=answer.limit // 2))

    async def failure(self, job: Job, template: str, values: Mapping[str, Any]) -> int | None:
        """Answer with the reason why there is no piece; see `result` for what it raises."""
        if (turn := turn_of(job.request)) is not None:
            return await self.client.conversation.failed(job, turn, template, values)
        if job.kind == "listening":
            source = json.loads(job.request)["listening"]["source"]
            await asyncio.to_thread(importing.discard, source, self.client.settings.data_dir)
        text = wording.refusal(template, values, job.locale)
        return await self._send(job, Answer(lambda _: text))

    async def _counted(self, job: Job, counted: Mapping[str, Any]) -> int:
        """Store what was counted of somebody's export, then tell them."""
        settings = self.client.settings
        kept = await importing.store(self.client.db, settings.data_dir, job, counted)
        everywhere = bool(json.loads(job.request)["listening"]["everywhere"])
        text = importing.told(counted, everywhere=everywhere, kept=kept, locale=job.locale)
        return await self._send(job, Answer(lambda _: text))

    def _answer(self, job: Job, result: Mapping[str, Any]) -> Answer:
        request = json.loads(job.request)
        desk = request.get("desk", {})
        clips = tuple(result["clips"])
        limit = int(desk.get("limit") or shelf.DEFAULT_LIMIT)
        first, locale = clips[0], job.locale
        if job.kind == "export":
            kinds = kinds_of(request["formats"])
            title = wording.quoted(str(first["facts"].get("title") or first["piece_id"]), 80)
            return Answer(lambda missing: "\n".join([f"**{title}**", *missing]), None,
                          clips, kinds, limit)  # fmt: skip
        if len(clips) > 1:
            return Answer(
                lambda missing: wording.takes(clips, locale, missing),
                takes_view([clip["piece_id"] for clip in clips], locale),
                clips, ("mp3",), limit,
            )  # fmt: skip
        page = page_of(first, desk, locale, undo=bool(request["parent"]))
        return Answer(page.said, page.view, clips, page.kinds, limit)

    async def _send(self, job: Job, answer: Answer) -> int:
        """Edit the job's message; without a token and a message to edit, send a new one."""
        private = job.kind in _PRIVATE  # only the token reaches a message that one person sees
        if job.token is not None or (job.reply_id is not None and not private):
            try:
                return await self._edit(job, answer)
            except discord.NotFound as error:
                if job.token is not None:
                    raise TokenExpired(str(error)) from error
            except discord.HTTPException as error:
                if job.token is not None and error.status == _UNAUTHORIZED:
                    raise TokenExpired(str(error)) from error
                if job.token is not None or error.status != _FORBIDDEN:
                    raise
        if private:
            raise Undeliverable("only its asker may see the answer, and the token is gone")
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=job.channel_id)
        try:
            return await self._request(route, await answer.parameters(job.locale, nonce(job)))
        except (discord.NotFound, discord.Forbidden) as error:
            raise Undeliverable(f"{error}; the pieces are in the asker's library") from error

    async def _edit(self, job: Job, answer: Answer) -> int:
        if job.token is not None:
            route = Route(
                "PATCH",
                "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
                webhook_id=job.application_id,
                webhook_token=job.token,
            )
        else:
            route = Route(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=job.channel_id,
                message_id=job.reply_id,
            )
        return await self._request(route, await answer.parameters(job.locale))

    async def _request(self, route: Route, body: MultipartParameters) -> int:
        with body:
            if body.files:
                sent = await self.client.http.request(route, files=body.files, form=body.multipart)
            else:
                sent = await self.client.http.request(route, json=body.payload)
        return int(sent["id"])

    async def _voice(self, job: Job, result: Mapping[str, Any]) -> bool:
        """Send a voice message where one was rendered; False where none is, or none is wanted."""
        clip = result["clips"][0]
        asked = "voice" in json.loads(job.request).get("formats", ())
        if not asked or "voice" not in clip["files"]:
            return False
        if not (await self.client.here(job.guild_id)).voice:
            return False
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=job.channel_id)
        try:
            await self._request(route, voice_message(clip, f"{nonce(job)}-v"))
        except (OSError, discord.HTTPException) as error:
            log.info("no voice message for job %d: %s", job.id, error)
            return False
        return True


def _heard(job: Job, heard: Mapping[str, Any]) -> Answer:
    """What was heard in a recording, with its picture and what can be done with it."""
    desk = json.loads(job.request).get("desk", {})
    picture = {"piece_id": "heard", "facts": heard, "files": {"png": heard["picture"]}}
    return Answer(
        lambda missing: "\n".join([wording.heard(heard, job.locale), *missing]),
        heard_view(job.id, job.locale), (picture,), ("png",),
        int(desk.get("limit") or shelf.DEFAULT_LIMIT),
    )  # fmt: skip


def voice_message(clip: Mapping[str, Any], name: str) -> MultipartParameters:
    """The body of a voice message: one audio file with its duration and waveform, no text."""
    file = _VoiceFile(clip["files"]["voice"], filename="voice-message.ogg")
    file.duration = float(clip["facts"]["seconds"])
    file.waveform = str(clip.get("waveform") or base64.b64encode(bytes(256)).decode())
    body = handle_message_parameters(
        file=file, flags=discord.MessageFlags._from_value(_VOICE_FLAG), nonce=name
    )
    assert body.multipart is not None  # noqa: S101 - a file always makes it multipart
    body.multipart[1]["content_type"] = "audio/ogg"  # Discord refuses the default
    return body


class _VoiceFile(discord.File):
    """A file that says how long it sounds and how it looks."""

    duration: float
    waveform: str

    def to_dict(self, index: int) -> dict[str, Any]:
        """The attachment's description with the two fields voice messages need."""
        return {
            **super().to_dict(index),
            "duration_secs": self.duration,
            "waveform": self.waveform,
        }
