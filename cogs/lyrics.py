"""`/lyrics`, the buttons under words, and “Write words” on any message.

In: music (a file of notes, a piece, or none: words first) and what words shall be about. Out: a
stored job; nothing here writes. What a button means stands in its `custom_id`.
"""

from __future__ import annotations

from functools import partial

import discord
from discord import app_commands

from bot import lyrics_ask, lyrics_board, rework_desk, suggest
from bot.client import Segno
from bot.ui import Interaction
from cogs.pointing import Choices, Pointing
from models import vocabulary

LANGUAGES = [
    app_commands.Choice(name=name, value=key) for key, name in lyrics_ask.LANGUAGE_CHOICES.items()
]
#: Rhyme schemes offered while typing; any other may be typed.
SCHEMES = ("ABCB", "ABAB", "AABB", "AABA", "ABBA", "AAAA", "ABABCC")


class Lyrics(Pointing):
    """Words for music, and music for words."""

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot, "Write words")
        presses = {
            "words": lyrics_board.ask, "anew": lyrics_board.anew, "line": lyrics_board.line,
            "pen": lyrics_board.edit, "redo": lyrics_board.redo, "keep": lyrics_board.keep,
            "sing": lyrics_board.sing, "music": lyrics_board.music,
        }  # fmt: skip
        bot.actions |= {action: partial(press, bot) for action, press in presses.items()}

    @app_commands.command(description="Words for a piece, your tune, or words first and then music")
    @app_commands.describe(
        theme="What the words are about, and their mood: the sea, going home, hopeful",
        mood="Mood, such as wistful",
        scheme="Rhyme scheme, such as ABAB; X rhymes with nothing",
        language="Language of the words",
        explicit="Allow coarse words",
        first_line="Your own first line",
        words="Words that must come, separated by commas",
        piece="A piece to write for; neither file nor piece: your latest",
        file="MIDI, MusicXML or ABC with the tune to write for",
        words_first="Write the words first, then a melody to them",
        seed="The same seed and request give the same piece",
    )
    @app_commands.choices(language=LANGUAGES)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def lyrics(
        self,
        interaction: Interaction,
        theme: app_commands.Range[str, 1, 200] | None = None,
        mood: str | None = None,
        scheme: str | None = None,
        language: str | None = None,
        explicit: bool = False,
        first_line: str | None = None,
        words: str | None = None,
        piece: str | None = None,
        file: discord.Attachment | None = None,
        words_first: bool = False,
        seed: int | None = None,
    ) -> None:
        """Read the options, take the file in, and queue the work."""
        asked = lyrics_ask.writing(theme, mood, scheme, language, explicit, first_line, words)
        await lyrics_board.write(self.bot, interaction, asked, (file, piece), words_first, seed)

    @lyrics.autocomplete("mood")
    async def _moods(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().moods, typed)

    @lyrics.autocomplete("scheme")
    async def _schemes(self, _: Interaction, typed: str) -> Choices:
        return schemes_like(typed)

    @lyrics.autocomplete("piece")
    async def _pieces(self, interaction: Interaction, typed: str) -> Choices:
        offers = await rework_desk.pieces_of(self.bot, interaction, typed)
        return [app_commands.Choice(name=name, value=id) for name, id in offers]

    async def point_at(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask what words for the music of a message shall be about."""
        await lyrics_board.point_at(self.bot, interaction, message)


def schemes_like(typed: str) -> Choices:
    """Rhyme schemes that begin with what is typed."""
    wanted = typed.strip().upper()
    return [app_commands.Choice(name=s, value=s) for s in SCHEMES if s.startswith(wanted)]


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Lyrics(bot))
