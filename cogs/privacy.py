"""`/privacy`: what is stored about a person, a copy of it, and its removal.

In: the person's own ask. Out: an answer only they see (`bot.privacy_desk`); forgetting asks once
more, then removes every row, every file and what models knew (Discord Developer Terms 5b).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot import privacy_desk, shelf, upkeep
from bot.client import Segno
from bot.delivery import Delivery
from bot.i18n import translate
from bot.jobs.deliver import TokenExpired, Undeliverable
from bot.ui import Interaction, button, view
from cogs.pointing import ANYWHERE, EVERYWHERE
from models.errors import Refusal
from storage import deliveries, privacy
from storage.jobs import CANCELLED, Job

log = logging.getLogger(__name__)


class Privacy(commands.Cog):
    """A person's say over their data."""

    privacy = app_commands.Group(
        name="privacy",
        description="What is stored about you",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.actions |= {
            "forget": self.forgotten,
            "takeback": partial(privacy_desk.taken_back, bot),
        }

    @privacy.command(description="What is stored about you, and why")
    async def show(self, interaction: Interaction) -> None:
        """Count the rows and say what they are for."""
        await privacy_desk.show(self.bot, interaction)

    @privacy.command(description="A copy of everything stored about you")
    async def export(self, interaction: Interaction) -> None:
        """Send the rows and the files as a zip."""
        shelf.require_attachments(interaction)
        await privacy_desk.export(self.bot, interaction)

    @privacy.command(description="Keep nothing more of your taste, or go on")
    async def pause(self, interaction: Interaction) -> None:
        """Pause, or end the pause."""
        await privacy_desk.pause(self.bot, interaction)

    @privacy.command(description="Delete everything stored about you")
    async def forget(self, interaction: Interaction) -> None:
        """Ask once more."""
        locale = await self.bot.language(interaction)
        sure = button(
            translate("Delete everything", locale), "forget", interaction.user.id,
            style=discord.ButtonStyle.danger,
        )  # fmt: skip
        text = translate(
            "This deletes your requests, pieces, styles, files, settings, and all I know of your "
            "taste. It cannot be undone.",
            locale,
        )
        await interaction.response.send_message(text, view=view(sure), ephemeral=True)

    async def forgotten(self, interaction: Interaction, user_id: str, _: Sequence[str]) -> None:
        """Delete the rows and the files; the person's own press only."""
        if int(user_id) != interaction.user.id:
            raise Refusal("Only you can have your data deleted: use /privacy forget yourself.")
        locale = await self.bot.language(interaction)
        owed = await self.bot.db.run(deliveries.unanswered, interaction.user.id, self.bot.now())
        settings = self.bot.settings
        gone = await self.bot.db.run(privacy.forget, interaction.user.id, settings.data_dir)
        files = await asyncio.to_thread(upkeep.clear, settings, gone)
        await self.bot.taste.forget(interaction.user.id)
        text = translate(
            "Done: {count} entries and their files are deleted. A backup from before, should it "
            "ever be restored, forgets you again by itself.",
            locale,
            count=sum(gone.rows.values()) + sum(files.values()),
        )
        await interaction.response.edit_message(content=text, view=None)
        for job in owed:
            await self._end(job)

    async def _end(self, job: Job) -> None:
        """Say in a forgotten job's message, which nobody else will edit again, that it is over."""
        if job.token is None and job.reply_id is None:
            return  # there is no message to edit
        try:
            await Delivery(self.bot).failure(job, CANCELLED, {})
        except (TokenExpired, Undeliverable, discord.HTTPException) as error:
            log.info("the message of forgotten job %d stays as it is: %s", job.id, error)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Privacy(bot))
