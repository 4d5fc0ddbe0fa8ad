"""Reactions on a result: a rating, a wish to have the files, or a wish to have it gone.

In: raw reaction events, which also come for messages from before a restart. Out: a deed (👍 ❤️ 🔥
a like, ⭐ a save, 👎 a dislike) of a person who agreed to that, a direct message with the files
(✉️), or a deletion (❌ by the asker).
"""

from __future__ import annotations

import asyncio
import logging

import discord
from discord.ext import commands

from bot import i18n, piece_deeds, shelf
from bot.client import Segno
from bot.lyrics_ui import page_of
from models.errors import Refusal
from models.recommender.values import EventType
from storage import pieces, preferences
from storage.pieces import Piece

log = logging.getLogger(__name__)

DEEDS: dict[str, EventType] = {
    "👍": "like", "❤": "like", "🔥": "like", "⭐": "save", "👎": "dislike",
}  # fmt: skip
ENVELOPES = frozenset({"✉", "📩", "📨", "💌"})
CROSSES = frozenset({"❌", "✖", "❎"})


def plain(emoji: discord.PartialEmoji | discord.Emoji | str) -> str:
    """The emoji without the selector that only asks for a coloured picture."""
    return str(emoji).replace("\ufe0f", "")


class Feedback(commands.Cog):
    """What people think of pieces."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Store what it says of the piece, or do what the emoji asks for."""
        piece = await self._piece(event)
        if piece is None:
            return
        emoji = plain(event.emoji)
        if emoji in ENVELOPES:
            await self._mail(event.user_id, piece)
        elif emoji in CROSSES:
            await self._discard(event, piece)
        elif emoji in DEEDS:
            await piece_deeds.record(self.bot, event.user_id, event.guild_id, piece, DEEDS[emoji])

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Take back what it said, unless another of the person's reactions still says so."""
        deed = DEEDS.get(plain(event.emoji))
        piece = None if deed is None else await self._piece(event)
        if deed is None or piece is None or await self._still(event, deed):
            return
        await self.bot.taste.undo(event.user_id, event.guild_id or 0, "piece", piece.id, deed)

    async def _still(self, event: discord.RawReactionActionEvent, deed: EventType) -> bool:
        """Whether the person's other reactions to the message mean the same."""
        if list(DEEDS.values()).count(deed) < 2:
            return False
        place = self.bot.get_partial_messageable(event.channel_id, guild_id=event.guild_id)
        before = discord.Object(event.user_id - 1)
        try:
            message = await place.fetch_message(event.message_id)
            for reaction in message.reactions:
                if DEEDS.get(plain(reaction.emoji)) == deed:
                    # One at most: whoever comes right after the id before theirs.
                    async for user in reaction.users(limit=1, after=before):
                        if user.id == event.user_id:
                            return True
        except discord.HTTPException as error:
            log.info("could not look at the other reactions: %s", error)
        return False

    async def _piece(self, event: discord.RawReactionActionEvent) -> Piece | None:
        """The one piece a message carries; a reaction to several says nothing about any."""
        if self.bot.user is None or event.user_id == self.bot.user.id:
            return None
        found = await self.bot.db.run(pieces.by_message, event.message_id)
        return found[0] if len(found) == 1 else None

    async def _mail(self, user_id: int, piece: Piece) -> None:
        chosen = await self.bot.db.run(preferences.get, user_id)
        locale = i18n.language("", chosen.locale or "auto")
        try:
            clip = shelf.clip_of(shelf.folder(self.bot, piece))
            page = await asyncio.to_thread(page_of, clip, {}, locale)
            files, missing = await asyncio.to_thread(
                shelf.attach, [clip], (*page.kinds, "musicxml"), shelf.DEFAULT_LIMIT, locale
            )
            text, embeds = page.said(missing)
            user = await self.bot.fetch_user(user_id)
            await user.send(text, embeds=embeds, files=files)
        except (Refusal, discord.HTTPException) as error:
            # Files gone, or the person takes no direct messages: there is nowhere to say so.
            log.info("could not mail a piece: %s", error)

    async def _discard(self, event: discord.RawReactionActionEvent, piece: Piece) -> None:
        gone = await self.bot.db.run(pieces.delete, piece.id, event.user_id, self.bot.now())
        if gone is None:
            return
        await shelf.remove(self.bot, [gone.folder])
        place = self.bot.get_partial_messageable(event.channel_id, guild_id=event.guild_id)
        try:
            await place.get_partial_message(event.message_id).delete()
        except discord.HTTPException as error:
            log.info("could not delete a message: %s", error)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Feedback(bot))
