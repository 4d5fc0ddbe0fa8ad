"""What cogs share: where commands stand, offers while a person types, a command on messages.

In: what to offer; the name of a command that stands under *Apps* on any message. Out: choices in
the person's language; a cog that has the command while it is loaded, for servers and persons alike.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Segno
from bot.ui import Interaction

Choices = list[app_commands.Choice[str]]
#: Every command: for servers and persons alike, in servers and in direct messages.
EVERYWHERE = app_commands.AppInstallationType(guild=True, user=True)
ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)


def named(path: str) -> app_commands.locale_str:
    """The name of a subcommand, "GROUP NAME"; its Chinese one is looked up under both words."""
    return app_commands.locale_str(path.rpartition(" ")[2], named=path)


class Offering(commands.Cog):
    """A cog whose commands offer names while a person types."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    async def offer(self, interaction: Interaction, find: Any, *what: Any) -> Choices:
        """What `find` (`bot.suggest`) offers in the person's language, as choices."""
        locale = await self.bot.language(interaction)
        return [app_commands.Choice(name=name, value=key) for name, key in find(*what, locale)]


class Pointing(Offering):
    """A cog that can be pointed at a message."""

    def __init__(self, bot: Segno, name: str) -> None:
        super().__init__(bot)
        self.pointing = app_commands.ContextMenu(
            name=name,
            callback=self.point_at,
            allowed_installs=EVERYWHERE,
            allowed_contexts=ANYWHERE,
        )
        bot.tree.add_command(self.pointing)

    async def cog_unload(self) -> None:
        """Take the message command away with the cog."""
        self.bot.tree.remove_command(self.pointing.name, type=self.pointing.type)

    async def point_at(self, interaction: Interaction, message: discord.Message) -> None:
        """Do what the command is for with a message."""
        raise NotImplementedError
