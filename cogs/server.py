"""`/server`: how Segno behaves in a server, for those who manage it."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import server_desk
from bot.client import Segno
from bot.server_desk import LANGUAGES, Channel
from bot.ui import Interaction
from cogs.pointing import named

_HERE = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
_SERVERS = app_commands.AppInstallationType(guild=True, user=False)


class Server(commands.Cog):
    """What managers decide."""

    server = app_commands.Group(
        name="server",
        description="How I behave in this server",
        allowed_installs=_SERVERS,
        allowed_contexts=_HERE,
        default_permissions=discord.Permissions(manage_guild=True),
    )
    channels = app_commands.Group(
        name=named("server channels"), description="Where I answer", parent=server
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @server.command(name=named("server show"), description="How I behave in this server")
    async def show(self, interaction: Interaction) -> None:
        """Tell how things are."""
        await server_desk.show(self.bot, interaction)

    @server.command(
        name=named("server set"), description="Language, requests an hour, voice messages, threads"
    )
    @app_commands.describe(
        language="Language of my replies to people who chose none",
        per_hour="Requests an hour from this server; 0 for as many as the bot's owner allows",
        voice="May I send voice messages?",
        threads="May I offer a thread when a talk gets long?",
    )
    @app_commands.choices(
        language=[app_commands.Choice(name=name, value=key) for key, name in LANGUAGES.items()]
    )
    async def set_(
        self,
        interaction: Interaction,
        language: str | None = None,
        per_hour: app_commands.Range[int, 0, 100_000] | None = None,
        voice: bool | None = None,
        threads: bool | None = None,
    ) -> None:
        """Change what is given."""
        await server_desk.change(self.bot, interaction, language, per_hour, voice, threads)

    @channels.command(
        name=named("server channels allow"),
        description="Answer in this channel; the first one shuts all others",
    )
    @app_commands.describe(channel="Where I shall answer")
    async def allow(self, interaction: Interaction, channel: Channel) -> None:
        """Add one."""
        await server_desk.allow(self.bot, interaction, channel.id)

    @channels.command(
        name=named("server channels remove"), description="Stop answering in a channel"
    )
    @app_commands.describe(channel="Where I shall not answer any more")
    async def remove(self, interaction: Interaction, channel: Channel) -> None:
        """Take one away."""
        await server_desk.disallow(self.bot, interaction, channel.id)

    @channels.command(name=named("server channels all"), description="Answer in every channel")
    async def all_(self, interaction: Interaction) -> None:
        """Allow all."""
        await server_desk.anywhere(self.bot, interaction)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Server(bot))
