"""`/compose`, and the buttons that make more music: parse, policy, enqueue, acknowledge.

In: words and options, or a press on a result. Out: a stored job; the runner and delivery do the
rest. Nothing here composes, and no answer waits for music.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discord import app_commands

from bot import desk, piece_deeds, rework_ask, rework_desk, suggest
from bot.client import Segno
from bot.form import AgainModal
from bot.shelf import asked_for, visible
from bot.taste_desk import Whose
from bot.ui import Interaction
from cogs.pointing import Choices, Offering
from models import vocabulary
from models.errors import Refusal
from storage import jobs

#: How many bars "Extend" adds: a section of the usual length.
MORE_BARS = 16
TASTE_CHOICES: dict[Whose, str] = {"mine": "my taste", "ours": "our taste, in this server"}


class Create(Offering):
    """Asking for music."""

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot)
        bot.actions |= {
            "vary": self.vary,
            "extend": self.extend,
            "again": self.again,
            "more": self.more,
            "cancel": self.cancel,
        }

    @app_commands.command(description="Compose a piece from words, options, or both")
    @app_commands.describe(
        text="What you would like to hear, in your own words",
        style="Style, such as waltz or lo-fi",
        mood="Mood, such as wistful; several for a curve",
        key="Key, such as D minor",
        tempo="Quarter notes per minute",
        meter="Beats in a bar",
        length="Seconds (90), minutes (1:30) or bars (32 bars)",
        purpose="What the piece is for",
        instruments="Instruments, separated by commas",
        seed="The same seed and request give the same piece",
        taste="Let your taste, or everybody's here, choose what you leave open",
    )
    @app_commands.choices(
        meter=[app_commands.Choice(name=m, value=m) for m in ("4/4", "3/4", "6/8", "2/4")],
        taste=[app_commands.Choice(name=name, value=w) for w, name in TASTE_CHOICES.items()],
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def compose(
        self,
        interaction: Interaction,
        text: str | None = None,
        style: str | None = None,
        mood: str | None = None,
        key: str | None = None,
        tempo: int | None = None,
        meter: str | None = None,
        length: str | None = None,
        purpose: str | None = None,
        instruments: str | None = None,
        seed: int | None = None,
        taste: Whose | None = None,
    ) -> None:
        """Read the words, let the options override them, and queue the piece."""
        locale = await self.bot.language(interaction)
        options: dict[str, Any] = {
            "style": style, "mood": mood, "key": key, "tempo": tempo, "meter": meter,
            "length": length, "purpose": purpose, "instruments": instruments, "seed": seed,
            "taste": taste,
        }  # fmt: skip
        await desk.place(interaction, desk.understand(text, options, locale), locale)

    @compose.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().styles, typed)

    @compose.autocomplete("mood")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().moods, typed)

    @compose.autocomplete("purpose")
    async def _purposes(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().purposes, typed)

    @compose.autocomplete("instruments")
    async def _players(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().instruments, typed)

    @compose.autocomplete("key")
    async def _keys(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.keys, typed)

    async def vary(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Four variations of a piece at once."""
        piece = await visible(self.bot, interaction, piece_id)
        four = rework_ask.PRESETS["vary"]
        await rework_desk.perform(self.bot, interaction, piece_id, four)
        await piece_deeds.used(self.bot, interaction, piece)

    async def extend(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Continue a piece: more of it before its ending."""
        await self._about(interaction, "extend", piece_id, bars=MORE_BARS)

    async def more(self, interaction: Interaction, piece_id: str, chosen: Sequence[str]) -> None:
        """Make further files of a piece: WAV, stems, a voice message, score, parts, lead sheet."""
        await self._about(interaction, "export", piece_id, formats=tuple(chosen))

    async def _about(self, interaction: Interaction, kind: str, piece_id: str, **more: Any) -> None:
        piece = await visible(self.bot, interaction, piece_id)
        locale = await self.bot.language(interaction)
        await desk.place(interaction, desk.about(kind, piece, locale, **more), locale)
        await piece_deeds.used(self.bot, interaction, piece)

    async def again(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Show the request of a piece in a form, to change and send again."""
        piece = await visible(self.bot, interaction, piece_id)
        text, options = await asked_for(self.bot, piece)
        locale = await self.bot.language(interaction)
        await interaction.response.send_modal(AgainModal(self.bot, text, options, locale))

    async def cancel(self, interaction: Interaction, job_id: str, _: Sequence[str]) -> None:
        """Stop a job on behalf of its asker; the runner then says so in its message."""
        outcome = await self.bot.db.run(jobs.request_cancel, int(job_id), interaction.user.id)
        if outcome == "not_yours":
            raise Refusal("Only the person who asked for this piece can cancel it.")
        if outcome in ("finished", "unknown"):
            raise Refusal("That request is already over.")
        await interaction.response.defer()
        self.bot.wake()


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Create(bot))
