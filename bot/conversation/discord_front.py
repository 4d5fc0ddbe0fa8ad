"""Pages as Discord messages: one message a turn, edited in place, its pieces attached at the end.

In: pages from the engine. Out: the id of the turn's message. A new message answers the one that
asked, under a nonce, so that a repeated sending shows once; what is longer than a message goes on
in further ones. Buttons carry the turn's number (`segno:stop:7`, `segno:option:7.1`) and live on
through a restart.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import discord
from discord.http import MultipartParameters, Route, handle_message_parameters

from bot import shelf, ui
from bot.client import Segno
from bot.conversation.split import split
from bot.conversation.telling import sentence
from bot.conversation.values import Page, Place
from bot.delivery import voice_message
from bot.i18n import translate
from bot.lyrics_ui import page_of
from bot.recommend_desk import kept_view
from bot.ui import takes_view
from models.errors import Refusal
from storage import pieces

log = logging.getLogger(__name__)

_TOO_LARGE = 413


class DiscordFront:
    """Implements `bot.conversation.values.Front` over a Discord client."""

    def __init__(self, client: Segno) -> None:
        self.client = client

    async def show(self, place: Place, page: Page) -> int | None:
        """Create or edit the turn's message; what does not fit follows it."""
        locale = place.asker.locale
        text, embeds, view, clips, kinds = await self._drawn(page, locale)
        first, *rest = split(text)
        limit = self._limit(place)
        try:
            body = await _body(first, embeds, view, clips, kinds, limit, locale, page, place)
            message_id = await self._send(place, body)
        except discord.HTTPException as error:
            if error.status != _TOO_LARGE:
                raise
            body = await _body(first, embeds, view, clips, kinds, limit // 2, locale, page, place)
            message_id = await self._send(place, body)
        if page.state == "done":
            await self._more(place, page, rest, clips)
            if len(clips) == 1:
                await self.client.db.run(pieces.set_message, clips[0]["piece_id"], message_id)
        return message_id

    async def _drawn(
        self, page: Page, locale: str
    ) -> tuple[
        str, list[discord.Embed], discord.ui.View | None, list[dict[str, Any]], tuple[str, ...]
    ]:
        """Text, embeds, buttons, pieces and kinds of their files."""
        text, show = page.text, page.show
        if page.state == "working":
            stop = ui.button(translate("Cancel", locale), "stop", page.turn_id, emoji="✖️")
            return text, [], ui.view(stop), [], ()
        if page.state == "asking":
            buttons = [
                ui.button(sentence(label, locale), "option", f"{page.turn_id}.{n}")
                for n, label in enumerate(show.options)
            ]
            return text, [], ui.view(*buttons), [], ()
        if show.listing:
            view = await kept_view(self.client, show.listing, locale)
            return text, [], view, [], ()
        try:
            clips = [shelf.clip_of(self.client.pieces / piece_id) for piece_id in show.pieces]
        except Refusal as refusal:
            return f"{text}\n{translate(refusal.template, locale)}".strip(), [], None, [], ()
        if len(clips) > 1:
            return text, [], takes_view(show.pieces, locale), clips, ("mp3",)
        if not clips:
            return text or "…", [], None, [], ()
        if show.kinds:
            return text, [], None, clips, show.kinds
        card = await asyncio.to_thread(page_of, clips[0], {}, locale, undo=True)
        told, embeds = card.said([])
        return f"{text}\n{told}".strip(), embeds, card.view, clips, card.kinds

    def _limit(self, place: Place) -> int:
        guild = self.client.get_guild(place.asker.guild_id or 0)
        return guild.filesize_limit if guild is not None else shelf.DEFAULT_LIMIT

    async def _send(self, place: Place, body: MultipartParameters) -> int:
        """Edit the turn's message, or send it where there is none any more."""
        channel_id = place.asker.channel_id
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
        if place.reply_id is not None:
            route = Route(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel_id,
                message_id=place.reply_id,
            )
        return await self._request(route, body)

    async def _request(self, route: Route, body: MultipartParameters) -> int:
        with body:
            if body.files:
                sent = await self.client.http.request(route, files=body.files, form=body.multipart)
            else:
                sent = await self.client.http.request(route, json=body.payload)
        return int(sent["id"])

    async def _more(
        self, place: Place, page: Page, rest: list[str], clips: list[dict[str, Any]]
    ) -> None:
        """The rest of a long text, and the voice message of someone who wants them."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=place.asker.channel_id)
        for number, text in enumerate(rest, 2):
            body = handle_message_parameters(
                content=text, nonce=f"turn-{page.turn_id}-{number}",
                allowed_mentions=discord.AllowedMentions.none(),
            )  # fmt: skip
            await self._request(route, body)
        if len(clips) == 1 and "voice" in clips[0]["files"]:
            try:
                await self._request(route, voice_message(clips[0], f"turn-{page.turn_id}-v"))
            except (OSError, discord.HTTPException) as error:
                log.info("no voice message for turn %d: %s", page.turn_id, error)


async def _body(
    text: str,
    embeds: list[discord.Embed],
    view: discord.ui.View | None,
    clips: list[dict[str, Any]],
    kinds: tuple[str, ...],
    limit: int,
    locale: str,
    page: Page,
    place: Place,
) -> MultipartParameters:
    """The request body; files are opened anew, so that every attempt sends them whole."""
    files, missing = await asyncio.to_thread(shelf.attach, clips, kinds, limit, locale)
    reference: Any = discord.utils.MISSING
    nonce: str | None = None
    if place.reply_id is None:
        nonce = f"turn-{page.turn_id}"
        if place.message_id is not None:
            reference = {"message_id": place.message_id, "fail_if_not_exists": False}
    return handle_message_parameters(
        content="\n".join([text, *missing])[:2000],
        embeds=embeds,
        attachments=files,
        view=view,
        nonce=nonce,
        message_reference=reference,
        allowed_mentions=discord.AllowedMentions.none(),
    )
