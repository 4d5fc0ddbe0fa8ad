"""`/help`: what to type, by example, in the person's language."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction

HELP = """**I compose music and answer with audio you can play at once.**

`/compose a wistful waltz in D minor, one minute`
`/compose lo-fi for studying, no drums, 90 seconds`
`/compose` with style **bossa nova**, key **F major**, instruments **flute, nylon guitar**
`/compose boss fight music, game loop, 160 bpm`

`/rework` continues, varies, rewrites, blends or restyles a piece, or your own MIDI or MusicXML \
file; `/motif 3 5 6 5` composes around your hook. `/style learn` learns a style from your own \
files, `/style use` composes in it.
`/arrange` gives your tune, rhythm, file or hum a band or an ensemble, `/edit` changes one part, \
everywhere or in some bars.
`/lyrics` writes words for a piece or your tune (or words first, then a melody), `/song` makes a \
whole song; under words: **other words**, one **line again**, **edit** with every syllable counted.

Under each piece: **four variations** to pick from, **extend**, **again with changes**, \
**words**, **rework**, **players**, the MIDI and MusicXML files, WAV, stems and score. On any \
message that carries music: *Apps*, **Work on this music**, **Arrange this** or **Write words**.
React with 👍 ❤️ 🔥 ⭐ or 👎 to rate it, ✉️ to get the files by direct message, ❌ to delete your own.

`/recommend` suggests styles, tracks, artists, loops, pieces and more, each with its reason, and \
composes like it with a press; `/recommend for-us` suits several people. `/rate` a piece; \
`/compose something I would like` asks your taste, `/taste` draws it. Nothing is kept unless you \
agree.

`/library` finds your pieces, `/piece show` brings one back, `/settings` changes the language and \
voice messages, `/privacy` shows, exports or forgets what is stored about you.
The same request with the same seed gives the same piece."""


class Help(commands.Cog):
    """A short manual."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @app_commands.command(description="What I can do, by example")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: Interaction) -> None:
        """Answer to the asker only."""
        locale = await self.bot.language(interaction)
        await interaction.response.send_message(translate(HELP, locale), ephemeral=True)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Help(bot))
