"""Talking: direct messages, mentions, answers to our messages; and the buttons of a talk.

In: messages that are addressed to us. Discord sends their text without the message-content intent,
and sends nothing of what others say. Out: a turn of the conversation (`bot.conversation.engine`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord
from discord.ext import commands

from bot import talk_desk
from bot.client import Segno
from bot.conversation.discord_front import DiscordFront
from bot.ui import Interaction


class Chat(commands.Cog):
    """What people say to us."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.conversation.front = DiscordFront(bot)
        bot.actions |= {"stop": self.stop, "option": self.option}

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Take up what is addressed to us."""
        await talk_desk.hear(self.bot, message)

    async def stop(self, interaction: Interaction, turn_id: str, _: Sequence[str]) -> None:
        """Cancel a turn."""
        await interaction.response.defer()
        await self.bot.conversation.cancel(int(turn_id), interaction.user.id)

    async def option(self, interaction: Interaction, key: str, _: Sequence[str]) -> None:
        """Answer a question."""
        turn_id, number = re.split(r"\.", key)
        await interaction.response.defer()
        await self.bot.conversation.choose(int(turn_id), int(number), interaction.user.id)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Chat(bot))
