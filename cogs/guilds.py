"""Servers that the bot leaves, and people who leave a server: what was stored for it goes.

In: Discord's word that it is over, or its answer when asked. Out: rows of that scope deleted, and
the models that were fitted on them. An outage is none of that (discord.py tells it apart: a guild
becomes unavailable). Leaving while the bot was off is noticed at the next start.
"""

from __future__ import annotations

import asyncio
import logging

import discord
from discord.ext import commands

from bot import upkeep
from bot.client import Segno
from storage import consent, privacy
from storage.removal import Removed

log = logging.getLogger(__name__)


class Guilds(commands.Cog):
    """Forgets what belonged to a server."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out of a server, or the server is gone."""
        await self._left(guild.id)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, event: discord.RawMemberRemoveEvent) -> None:
        """Somebody left; Discord tells only bots with the members intent (`bot.taste.keeper`)."""
        gone = await self.bot.db.run(privacy.leave_member, event.user.id, event.guild_id)
        if gone.rows or gone.models:
            await self._drop(gone)
            await self.bot.taste.forget(event.user.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look for servers left while the bot was off: Discord is asked about each."""
        scopes = {guild_id for _, guild_id in await self.bot.db.run(consent.members)}
        for guild_id in sorted(scopes - {guild.id for guild in self.bot.guilds}):
            try:
                await self.bot.fetch_guild(guild_id, with_counts=False)
            except (discord.NotFound, discord.Forbidden):
                await self._left(guild_id)
            except discord.HTTPException as error:
                log.info("could not ask about a server: %s", error)

    async def _left(self, guild_id: int) -> None:
        gone = await self.bot.db.run(privacy.leave_guild, guild_id)
        await self._drop(gone)
        await self.bot.taste.fitting.forget()
        log.info("left a server: %d entries deleted", sum(gone.rows.values()))

    async def _drop(self, gone: Removed) -> None:
        await asyncio.to_thread(upkeep.drop_models, self.bot.settings, gone.models)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Guilds(bot))
