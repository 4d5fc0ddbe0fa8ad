"""`/rework`, the menu under a result, and “Work on this music” on any message.

In: music that exists (a piece or a file) and what to do with it. Out: a stored job;
nothing here composes. Which music a menu means stands in its `custom_id`.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands

from bot import rework_ask, rework_desk, suggest
from bot.client import Segno
from bot.domain import Use
from bot.ui import Interaction
from cogs.pointing import Choices, Pointing
from models import vocabulary

Slider = app_commands.Range[int, 0, 100]
WHAT_CHOICES: dict[Use, str] = {
    "continue": "continue it",
    "vary": "vary it",
    "infill": "rewrite some bars",
    "harmonise": "new chords under its melody",
    "remelodise": "new melody over its chords",
    "restyle": "another style, mood or sliders",
    "blend": "blend it with another",
    "manner": "in the manner of another",
}
FAR_CHOICES = {"near": "close to it", "far": "far from it"}


class Rework(Pointing):
    """Working on music that exists."""

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot, "Work on this music")
        bot.actions |= {"rework": self.chosen, "other": self.other_chosen}

    @app_commands.command(description="Continue, vary, rewrite or restyle a piece or your own file")
    @app_commands.describe(
        what="What to do with the music",
        file="A MIDI or MusicXML file to work on",
        piece="A piece to work on; neither file nor piece: your latest",
        bars="Which bars to rewrite (5-8), or how many to continue by (8)",
        distance="How far variations go",
        style="Style, such as waltz or lo-fi",
        mood="Mood, such as wistful",
        other="The other piece, for a blend or a manner",
        other_file="The other piece as a file",
        share="How much of the other piece, in percent",
        intensity="How busy the rhythm is, 0 to 100",
        polyphony="How full the playing is, 0 to 100",
        register="How high it lies, 0 to 100",
        motion="How far the melody moves, 0 to 100",
        seed="The same seed and request give the same piece",
    )
    @app_commands.choices(
        what=[app_commands.Choice(name=name, value=use) for use, name in WHAT_CHOICES.items()],
        distance=[app_commands.Choice(name=name, value=d) for d, name in FAR_CHOICES.items()],
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def rework(
        self,
        interaction: Interaction,
        what: Use,
        file: discord.Attachment | None = None,
        piece: str | None = None,
        bars: str | None = None,
        distance: str | None = None,
        style: str | None = None,
        mood: str | None = None,
        other: str | None = None,
        other_file: discord.Attachment | None = None,
        share: Slider | None = None,
        intensity: Slider | None = None,
        polyphony: Slider | None = None,
        register: Slider | None = None,
        motion: Slider | None = None,
        seed: int | None = None,
    ) -> None:
        """Read the options, take the files in, and queue the work."""
        wish, count = rework_ask.wish(
            what, bars=bars, distance=distance, style=style, mood=mood,
            share=None if share is None else share / 100, intensity=intensity,
            polyphony=polyphony, register=register, motion=motion,
        )  # fmt: skip
        music = (file, piece), (other_file, other)
        await rework_desk.work(self.bot, interaction, wish, count, *music, seed)

    @rework.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().styles, typed)

    @rework.autocomplete("mood")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().moods, typed)

    @rework.autocomplete("piece")
    @rework.autocomplete("other")
    async def _pieces(self, interaction: Interaction, typed: str) -> Choices:
        offers = await rework_desk.pieces_of(self.bot, interaction, typed)
        return [app_commands.Choice(name=name, value=id) for name, id in offers]

    async def point_at(self, interaction: Interaction, message: discord.Message) -> None:
        """Show what can be done with the music a message carries."""
        await rework_desk.point_at(self.bot, interaction, message)

    async def chosen(self, interaction: Interaction, key: str, values: Sequence[str]) -> None:
        """Do what was chosen from a menu."""
        await rework_desk.choose(self.bot, interaction, key, values[0])

    async def other_chosen(self, interaction: Interaction, key: str, values: Sequence[str]) -> None:
        """Go on with the other piece chosen."""
        await rework_desk.with_other(self.bot, interaction, key, values[0])


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Rework(bot))
