"""`/session`: where the talk of this place stands, and starting it afresh.

In: the person's own ask. Out: an answer only they see (`bot.session_desk`).
"""

from __future__ import annotations

from collections.abc import Sequence

from discord import app_commands
from discord.ext import commands

from bot import session_desk
from bot.client import Segno
from bot.ui import Interaction
from cogs.pointing import ANYWHERE, EVERYWHERE


class Session(commands.Cog):
    """The table of a conversation, seen and cleared."""

    session = app_commands.Group(
        name="session",
        description="What I remember of our talk here",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.actions |= {"tableclear": self.cleared}

    @session.command(description="What is on the table, its versions, and what I asked")
    async def show(self, interaction: Interaction) -> None:
        """Tell where the talk stands."""
        await session_desk.show(self.bot, interaction)

    @session.command(description="Clear the table and forget what was said here")
    async def clear(self, interaction: Interaction) -> None:
        """Start afresh."""
        await session_desk.clear(self.bot, interaction)

    async def cleared(self, interaction: Interaction, session_id: str, _: Sequence[str]) -> None:
        """Start afresh, by the button under `/session show`."""
        await session_desk.cleared(self.bot, interaction, session_id)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Session(bot))
