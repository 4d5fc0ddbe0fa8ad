"""`/privacy`: what is stored about a person, a copy of it, and its removal.

In: the person's own ask. Out: an answer only they see; forgetting asks once more, then removes
every row and every file (Discord Developer Terms 5b).
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import intake, shelf, wardrobe
from bot.client import Segno
from bot.delivery import Delivery
from bot.i18n import translate
from bot.jobs.deliver import TokenExpired, Undeliverable
from bot.jobs.housekeeping import KEEP_DAYS
from bot.ui import Interaction, button, view
from models.errors import Refusal
from storage import deliveries, privacy
from storage.jobs import CANCELLED, Job

log = logging.getLogger(__name__)

SHOW = """**What is stored, on the machine of this bot's owner and nowhere else:**
your requests and where they were asked ({jobs}), your pieces and their files ({pieces}), your \
reactions to pieces ({ratings}), your settings ({preferences}), music files you sent me \
({uploads}, each deleted a day after its last use), the styles I learned for you ({styles}) with \
the melodies and chords they came from.
Your words make your music and nothing else: no model is trained on them, nobody is sent them. \
A style is learned only from files you give to `/style learn`, for you; others use it only where \
you share it.
`/privacy export` gives you a copy, `/privacy forget` deletes all of it at once; backups follow \
within {days} days."""


class Privacy(commands.Cog):
    """A person's say over their data."""

    privacy = app_commands.Group(
        name="privacy",
        description="What is stored about you",
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.actions |= {"forget": self.forgotten}

    @privacy.command(description="What is stored about you, and why")
    async def show(self, interaction: Interaction) -> None:
        """Count the rows and say what they are for."""
        rows = await self._rows(interaction.user.id)
        locale = await self.bot.language(interaction)
        counts = {k: len(v) for k, v in rows.items() if isinstance(v, list)}
        text = translate(SHOW, locale, **counts, days=KEEP_DAYS)
        await interaction.response.send_message(text, ephemeral=True)

    @privacy.command(description="A copy of everything stored about you")
    async def export(self, interaction: Interaction) -> None:
        """Send the rows as one JSON file."""
        shelf.require_attachments(interaction)
        rows = await self._rows(interaction.user.id)
        copy = json.dumps(rows, ensure_ascii=False, indent=1).encode()
        if len(copy) > interaction.filesize_limit:
            raise Refusal(
                "Your copy is larger than Discord takes here. Please ask the owner of this bot "
                "for it."
            )
        file = discord.File(io.BytesIO(copy), filename="segno-export.json")
        await interaction.response.send_message(file=file, ephemeral=True)

    async def _rows(self, user_id: int) -> dict[str, Any]:
        rows = await self.bot.db.run(privacy.export, user_id)
        uploads = await asyncio.to_thread(intake.kept, self.bot.settings.data_dir, user_id)
        files = await asyncio.to_thread(wardrobe.kept, self.bot.settings.data_dir, user_id)
        return rows | {"uploads": uploads, "style_files": files}

    @privacy.command(description="Delete everything stored about you")
    async def forget(self, interaction: Interaction) -> None:
        """Ask once more."""
        locale = await self.bot.language(interaction)
        sure = button(
            translate("Delete everything", locale), "forget", interaction.user.id,
            style=discord.ButtonStyle.danger,
        )  # fmt: skip
        text = translate(
            "This deletes your requests, pieces, styles, files, reactions and settings. "
            "It cannot be undone.",
            locale,
        )
        await interaction.response.send_message(text, view=view(sure), ephemeral=True)

    async def forgotten(self, interaction: Interaction, user_id: str, _: Sequence[str]) -> None:
        """Delete the rows and the files; the person's own press only."""
        if int(user_id) != interaction.user.id:
            raise Refusal("Only you can have your data deleted: use /privacy forget yourself.")
        locale = await self.bot.language(interaction)
        owed = await self.bot.db.run(deliveries.unanswered, interaction.user.id, self.bot.now())
        gone = await self.bot.db.run(privacy.forget, interaction.user.id)
        await shelf.remove(self.bot, gone.folders)
        files = 0
        for remove in (intake.forget, wardrobe.forget):
            files += await asyncio.to_thread(
                remove, self.bot.settings.data_dir, interaction.user.id
            )
        text = translate("Done: {count} entries and their files are deleted.", locale,
                         count=sum(gone.rows.values()) + files)  # fmt: skip
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
