"""`/song`: one sentence becomes a song: composed, with words, arranged and recorded.

In: words and options, for the music and for its words. Out: a stored job.
"""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot import lyrics_ask, lyrics_desk, suggest
from bot.client import Segno
from bot.ui import Interaction
from cogs.lyrics import LANGUAGES, schemes_like
from cogs.pointing import Choices, Offering
from models import vocabulary


class Song(Offering):
    """Music and words at once."""

    @app_commands.command(description="A whole song: melody, words, band and recording")
    @app_commands.describe(
        text="What the song should be like and about, in your own words",
        theme="What the words are about, and their mood: the sea, going home, hopeful",
        style="Style, such as waltz or lo-fi",
        mood="Mood, such as wistful",
        key="Key, such as D minor",
        tempo="Quarter notes per minute",
        meter="Beats in a bar",
        length="Seconds (90), minutes (1:30) or bars (32 bars)",
        instruments="Instruments, separated by commas",
        scheme="Rhyme scheme, such as ABAB; X rhymes with nothing",
        language="Language of the words",
        explicit="Allow coarse words",
        first_line="Your own first line",
        words="Words that must come, separated by commas",
        title="The song's title",
        seed="The same seed and request give the same piece",
    )
    @app_commands.choices(
        meter=[app_commands.Choice(name=m, value=m) for m in ("4/4", "3/4", "6/8", "2/4")],
        language=LANGUAGES,
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def song(
        self,
        interaction: Interaction,
        text: str | None = None,
        theme: app_commands.Range[str, 1, 200] | None = None,
        style: str | None = None,
        mood: str | None = None,
        key: str | None = None,
        tempo: int | None = None,
        meter: str | None = None,
        length: str | None = None,
        instruments: str | None = None,
        scheme: str | None = None,
        language: str | None = None,
        explicit: bool = False,
        first_line: str | None = None,
        words: str | None = None,
        title: str | None = None,
        seed: int | None = None,
    ) -> None:
        """Read the words, let the options override them, and queue the song."""
        asked = lyrics_ask.writing(
            theme, mood, scheme, language, explicit, first_line, words, title
        )
        options: dict[str, Any] = {
            "style": style, "mood": mood, "key": key, "tempo": tempo, "meter": meter,
            "length": length, "instruments": instruments, "seed": seed,
        }  # fmt: skip
        await lyrics_desk.song(self.bot, interaction, asked, text, options)

    @song.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().styles, typed)

    @song.autocomplete("mood")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().moods, typed)

    @song.autocomplete("instruments")
    async def _players(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().instruments, typed)

    @song.autocomplete("key")
    async def _keys(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.keys, typed)

    @song.autocomplete("scheme")
    async def _schemes(self, _: Interaction, typed: str) -> Choices:
        return schemes_like(typed)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Song(bot))
