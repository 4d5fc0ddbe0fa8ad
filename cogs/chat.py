"""Talking: direct messages, mentions, answers to our messages; and the buttons of a talk.

In: messages that are addressed to us. Discord sends their text without the message-content intent,
and sends nothing of what others say. Out: a turn of the conversation (`bot.conversation.engine`).
"""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord.ext import commands

from bot import talk_desk, thread_desk
from bot.agent.values import Step
from bot.client import Segno
from bot.conversation.discord_front import DiscordFront
from bot.ui import Interaction


class Chat(commands.Cog):
    """What people say to us."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        front = DiscordFront(bot)
        bot.conversation.front, bot.conversation.room = front, front.room
        bot.actions |= {
            "stop": self.stop,
            "option": self.option,
            "back": self.back,
            "forth": self.forth,
            "take": self.take,
            "thread": self.thread,
        }

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Take up what is addressed to us."""
        await talk_desk.hear(self.bot, message)

    async def stop(self, interaction: Interaction, turn_id: str, _: Sequence[str]) -> None:
        """Cancel a turn."""
        await interaction.response.defer()
        await self.bot.conversation.cancel(int(turn_id), interaction.user.id)

    async def option(self, interaction: Interaction, key: str, _: Sequence[str]) -> None:
        """Answer a question; the key is "turn.number"."""
        turn_id, _dot, number = key.partition(".")
        await interaction.response.defer()
        await self.bot.conversation.choose(int(turn_id), int(number), interaction.user.id)

    async def back(self, interaction: Interaction, turn_id: str, _: Sequence[str]) -> None:
        """Undo."""
        await talk_desk.press(self.bot, interaction, int(turn_id), Step("undo"), "undo")

    async def forth(self, interaction: Interaction, turn_id: str, _: Sequence[str]) -> None:
        """Redo."""
        await talk_desk.press(self.bot, interaction, int(turn_id), Step("redo"), "redo")

    async def take(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Pick a take, for the table of who presses."""
        await talk_desk.pressed_take(self.bot, interaction, piece_id)

    async def thread(self, interaction: Interaction, turn_id: str, _: Sequence[str]) -> None:
        """Go on in a thread."""
        await thread_desk.go_on(self.bot, interaction, int(turn_id))


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Chat(bot))
