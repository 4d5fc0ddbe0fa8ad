"""Pages as Discord messages: one message a turn, edited in place, its pieces attached at the end.

In: pages from the engine. Out: the id of the turn's message. A new message answers the one that
asked, under a nonce, so that a repeated sending shows once; what is longer than a message goes on
in further ones. Where the message was deleted a new one is sent, where no files are taken it says
how to get them, and where nothing may be written any more the asker hears it in person: whatever
happens, the piece is in their library.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import discord
from discord.http import MultipartParameters, Route, handle_message_parameters

from bot import shelf
from bot.agent.values import Asker
from bot.client import Segno
from bot.conversation.discord_page import Drawn, draw
from bot.conversation.split import split
from bot.conversation.values import Page, Place
from bot.delivery import NO_FILES, voice_message
from bot.i18n import translate
from models.errors import Refusal
from storage import pieces, preferences

log = logging.getLogger(__name__)

_FORBIDDEN, _NOT_FOUND, _TOO_LARGE = 403, 404, 413
_ARCHIVED = 50083  # a message in an archived thread cannot be edited; a new one wakes the thread
NO_PLACE = "I may not write in <#{channel}> any more, so I tell you here:"


class DiscordFront:
    """Implements `bot.conversation.values.Front` over a Discord client."""

    def __init__(self, client: Segno) -> None:
        self.client = client

    def room(self, asker: Asker) -> int:
        """Bytes of the largest file that the asker's channel takes.

        Raises
        ------
        Refusal
            When we may not attach files there.
        """
        guild = self.client.get_guild(asker.guild_id or 0)
        if guild is None:
            return shelf.DEFAULT_LIMIT
        channel = guild.get_channel_or_thread(asker.channel_id)
        if channel is not None and not channel.permissions_for(guild.me).attach_files:
            raise Refusal(shelf.NO_ROOM)
        return guild.filesize_limit

    async def show(self, place: Place, page: Page) -> int | None:
        """Create or edit the turn's message; what does not fit follows it."""
        drawn = await draw(self.client, place, page)
        try:
            return await self._put(place, page, drawn)
        except discord.HTTPException as error:
            log.info("turn %d has no place to be shown: %s", page.turn_id, error)
        if page.state == "done":
            await self._mail(place, drawn.text)
        return None

    async def _put(self, place: Place, page: Page, drawn: Drawn) -> int | None:
        if "voice" in drawn.kinds and await self._voice(place, page, drawn):
            others = tuple(kind for kind in drawn.kinds if kind != "voice")
            drawn = replace(drawn, kinds=others)  # it plays there: once is enough
        try:
            limit = self.room(place.asker)
        except Refusal:
            drawn, limit = _without_files(drawn, place), 0
        try:
            sent = await self._send(place, page, drawn, limit)
        except discord.HTTPException as error:
            if error.status == _TOO_LARGE:
                # The limit was lower than Discord said: what is left of the files under half of it.
                limit //= 2
            elif error.status == _FORBIDDEN and drawn.clips:
                drawn = _without_files(drawn, place)
            else:
                raise
            sent = await self._send(place, page, drawn, limit)
        if sent is not None and page.state == "done":
            for clip in drawn.clips:
                await self.client.db.run(pieces.set_message, clip["piece_id"], sent)
            wanted = (await self.client.db.run(preferences.get, place.asker.user_id)).voice_message
            if wanted and not page.show.kinds:
                await self._voice(place, page, drawn)
            await self._numbers(place, sent, len(drawn.clips))
        return sent

    async def _send(self, place: Place, page: Page, drawn: Drawn, limit: int) -> int | None:
        """Edit the turn's message, or send it where there is none any more; then the rest of it."""
        files, missing = await asyncio.to_thread(
            shelf.attach, drawn.clips, drawn.kinds, limit, place.asker.locale
        )
        first, *rest = split("\n".join([drawn.text, *missing]))
        options: dict[str, Any] = {
            "content": first, "embeds": list(drawn.embeds), "view": drawn.view,
            "attachments": files, "allowed_mentions": discord.AllowedMentions.none(),
        }  # fmt: skip
        sent = await self._edit(place, page, options)
        if sent is None:
            if place.reply_id is not None and page.state == "working":
                return None  # it was deleted: nobody wants to watch
            for file in files:
                file.reset()
            sent = await self._new(place, page, options)
        for number, text in enumerate(rest, 2):
            more = handle_message_parameters(
                content=text, nonce=f"turn-{page.turn_id}-{number}",
                allowed_mentions=discord.AllowedMentions.none(),
            )  # fmt: skip
            await self._request(_posting(place), more)
        return sent

    async def _edit(self, place: Place, page: Page, options: dict[str, Any]) -> int | None:
        """The id of the message, edited; None where there is none to edit."""
        if place.reply_id is None:
            return None
        route = Route(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=place.asker.channel_id,
            message_id=place.reply_id,
        )
        try:
            return await self._request(route, handle_message_parameters(**options))
        except discord.HTTPException as error:
            if error.status == _NOT_FOUND or error.code == _ARCHIVED:
                log.info("the message of turn %d cannot be edited: %s", page.turn_id, error)
                return None
            raise

    async def _new(self, place: Place, page: Page, options: dict[str, Any]) -> int:
        # A message in place of a deleted one must not be taken for that one.
        again = "" if place.reply_id is None else f"-{place.reply_id % 10**8}"
        reference: Any = discord.utils.MISSING
        if place.message_id is not None and place.asker.guild_id is not None:
            reference = {"message_id": place.message_id, "fail_if_not_exists": False}
        body = handle_message_parameters(
            **options, nonce=f"turn-{page.turn_id}{again}"[:25], message_reference=reference
        )
        return await self._request(_posting(place), body)

    async def _request(self, route: Route, body: MultipartParameters) -> int:
        with body:
            if body.files:
                sent = await self.client.http.request(route, files=body.files, form=body.multipart)
            else:
                sent = await self.client.http.request(route, json=body.payload)
        return int(sent["id"])

    async def _voice(self, place: Place, page: Page, drawn: Drawn) -> bool:
        """Send a piece as a voice message; False where there is none or the server minds."""
        if len(drawn.clips) != 1 or "voice" not in drawn.clips[0]["files"]:
            return False
        if not (await self.client.here(place.asker.guild_id)).voice:
            return False
        try:
            body = voice_message(drawn.clips[0], f"turn-{page.turn_id}-v")
            await self._request(_posting(place), body)
        except (OSError, discord.HTTPException) as error:
            log.info("no voice message for turn %d: %s", page.turn_id, error)
            return False
        return True

    async def _numbers(self, place: Place, message_id: int, count: int) -> None:
        """Put 1️⃣ to 9️⃣ under several takes, to be pressed, where we may."""
        if count < 2:
            return
        guild = self.client.get_guild(place.asker.guild_id or 0)
        if guild is not None:
            channel = guild.get_channel_or_thread(place.asker.channel_id)
            may = channel.permissions_for(guild.me) if channel else discord.Permissions.none()
            if not (may.add_reactions and may.read_message_history):
                return
        try:
            for number in range(1, min(count, 9) + 1):
                keycap = f"{number}\ufe0f\u20e3"
                await self.client.http.add_reaction(place.asker.channel_id, message_id, keycap)
        except discord.HTTPException as error:
            log.info("no numbers under a message: %s", error)

    async def _mail(self, place: Place, text: str) -> None:
        """Tell the asker what came of it where their channel is shut to us."""
        if place.asker.guild_id is None:
            return
        above = translate(NO_PLACE, place.asker.locale, channel=place.asker.channel_id)
        try:
            user = await self.client.fetch_user(place.asker.user_id)
            for part in split(f"{above}\n{text}"):
                await user.send(part)
        except discord.HTTPException as error:
            log.info("could not tell an asker in person: %s", error)


def _posting(place: Place) -> Route:
    return Route("POST", "/channels/{channel_id}/messages", channel_id=place.asker.channel_id)


def _without_files(drawn: Drawn, place: Place) -> Drawn:
    """The page where no files are taken: it says how to get them elsewhere."""
    if not drawn.clips:
        return drawn
    sorry = translate(NO_FILES, place.asker.locale, id=drawn.clips[0]["piece_id"])
    return Drawn(f"{drawn.text}\n{sorry}", drawn.view, drawn.embeds)
