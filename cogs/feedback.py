"""Reactions on a message of ours: a rating, or a command.

In: raw reaction events, which also come for messages from before a restart. Out: a deed (👍 ❤️ 🔥
a like, ⭐ a save, 👎 a dislike) of a person who agreed to that; or what `bot.reaction_desk` does:
files by direct message (✉️), a take or an answer picked (1️⃣ to 9️⃣), work stopped or a piece deleted
(❌ by the asker).
"""

from __future__ import annotations

import logging

import discord
from discord.ext import commands

from bot import piece_deeds, reaction_desk
from bot.client import Segno
from bot.reaction_desk import plain
from models.recommender.values import EventType
from storage import pieces
from storage.pieces import Piece

log = logging.getLogger(__name__)

DEEDS: dict[str, EventType] = {
    "👍": "like", "❤": "like", "🔥": "like", "⭐": "save", "👎": "dislike",
}  # fmt: skip


class Feedback(commands.Cog):
    """What people think of pieces."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Store what it says of the piece, or do what the emoji asks for."""
        if self.bot.user is None or event.user_id == self.bot.user.id:
            return
        emoji = plain(event.emoji)
        command = reaction_desk.command_of(emoji)
        if command is not None:
            await command(self.bot, event)
        elif emoji in DEEDS and (piece := await self._piece(event)) is not None:
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


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Feedback(bot))
