"""`/motif`: a hook in typed notes or as a file, and a piece in which it returns.

In: the hook and what the piece should be like. Out: a stored job.
"""

from __future__ import annotations

import discord
from discord import app_commands

from bot import rework_desk, suggest
from bot.client import Segno
from bot.ui import Interaction
from cogs.pointing import Choices, Offering
from models import vocabulary


class Motif(Offering):
    """Composing around a person's own hook."""

    @app_commands.command(description="Compose a piece in which your own hook returns")
    @app_commands.describe(
        notes="The hook: E4 G4 A4 G4 | E4 D4 C4, or scale steps 3 5 6 5, lengths as E4:1.5",
        file="The hook as a MIDI or MusicXML file; its opening is taken",
        text="What the piece should be like, in your own words",
        style="Style, such as waltz or lo-fi",
        mood="Mood, such as wistful; several for a curve",
        key="Key, such as D minor",
        length="Seconds (90), minutes (1:30) or bars (32 bars)",
        seed="The same seed and request give the same piece",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def motif(
        self,
        interaction: Interaction,
        notes: str | None = None,
        file: discord.Attachment | None = None,
        text: str | None = None,
        style: str | None = None,
        mood: str | None = None,
        key: str | None = None,
        length: str | None = None,
        seed: int | None = None,
    ) -> None:
        """Read the hook and what the piece should be like, and queue it."""
        options = {"style": style, "mood": mood, "key": key, "length": length, "seed": seed}
        await rework_desk.develop(self.bot, interaction, notes or "", file, text, options)

    @motif.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().styles, typed)

    @motif.autocomplete("mood")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().moods, typed)

    @motif.autocomplete("key")
    async def _keys(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.keys, typed)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Motif(bot))
