"""`/taste`: pictures of what one likes, of two people, of a server; and saying it oneself.

In: a subcommand. Out: answers by `bot.portrait_desk` and `bot.declare_desk`.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import discord
from discord import app_commands

from bot import declare_desk, portrait_desk, suggest
from bot.client import Segno
from bot.ui import Interaction
from cogs.pointing import ANYWHERE, EVERYWHERE, Choices, Offering, named
from models import vocabulary

SWITCH_CHOICES = {"on": "on", "off": "off"}


class Taste(Offering):
    """What people like."""

    taste = app_commands.Group(
        name="taste",
        description="What you like, as a picture and in your own words",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot)
        bot.actions |= {
            "portrait": partial(portrait_desk.after_form, bot),
            "share": partial(portrait_desk.shared, bot),
            "declared": partial(declare_desk.declared, bot),
        }

    @taste.command(
        name=named("taste me"), description="A picture of your taste, to share if you like"
    )
    async def me(self, interaction: Interaction) -> None:
        """Show it to the asker."""
        await portrait_desk.me(self.bot, interaction)

    @taste.command(name=named("taste compare"), description="Your taste beside somebody else's")
    @app_commands.describe(user="Who; both of you must have agreed to it")
    async def compare(self, interaction: Interaction, user: discord.User) -> None:
        """Show both to the asker."""
        await portrait_desk.compare(self.bot, interaction, user)

    @taste.command(
        name=named("taste server"), description="What people of this server like together"
    )
    async def server(self, interaction: Interaction) -> None:
        """Show it to the asker."""
        await portrait_desk.server(self.bot, interaction)

    @taste.command(name=named("taste declare"), description="Say what you like")
    @app_commands.describe(
        styles="Styles, with commas between them; none takes them back",
        moods="Moods, with commas between them; none takes them back",
        instruments="Instruments, with commas between them; none takes them back",
    )
    async def declare(
        self,
        interaction: Interaction,
        styles: str | None = None,
        moods: str | None = None,
        instruments: str | None = None,
    ) -> None:
        """Keep it, with consent."""
        await declare_desk.declare(self.bot, interaction, (styles, moods, instruments))

    @taste.command(
        name=named("taste digest"), description="Five suggestions a week by direct message"
    )
    @app_commands.describe(weekly="Whether you want them")
    @app_commands.choices(
        weekly=[app_commands.Choice(name=name, value=key) for key, name in SWITCH_CHOICES.items()]
    )
    async def digest(self, interaction: Interaction, weekly: Literal["on", "off"]) -> None:
        """Switch them on or off."""
        await declare_desk.digest(self.bot, interaction, weekly == "on")

    @declare.autocomplete("styles")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().styles, typed)

    @declare.autocomplete("moods")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().moods, typed)

    @declare.autocomplete("instruments")
    async def _instruments(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().instruments, typed)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Taste(bot))
