"""`/help`: how to talk to me and what my commands are, by example, in the person's language.

In: the person's ask. Out: two messages that only they see, as Discord ends one at 2,000 characters.
"""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction

TALK = """**Just talk to me.** In a direct message say what you want; in a server mention me, or \
answer one of my messages. Discord shows me nothing else of what people write.

> a wistful waltz in D minor, one minute, then words about winter
> slower, and without drums
> make it a bossa nova for string quartet (with a MIDI file or a hum of yours, too)
> four versions … the second one … like before but sadder
> why does it sound sad? … the sheet music, please … what we made on Tuesday

I keep one piece on the table: “it” means that one. I say what I plan, do it step by step in one \
message, and tell what I measured. Where I am not sure I ask, and remember your answer. \
**Cancel** or “stop” ends it at once, **undo** and **redo** walk through the versions. `/session \
show` tells where we are, `/session clear` forgets it. When a talk in a channel gets long I offer \
a **thread**: everybody in it shares one table.

**React to my messages:** ⭐ saves a piece, 👍 ❤️ 🔥 👎 rate it, ✉️ sends you the files by direct \
message, 1️⃣ to 9️⃣ pick a take or an answer, ❌ stops what you asked for, or deletes your own.

Whoever manages a server decides with `/server` where I answer, in which language, how much an \
hour, and whether with voice messages and threads. `/settings` is yours: language and voice \
messages. Nothing about your taste is kept unless you agree; `/privacy` shows, exports or forgets \
what is stored about you."""

HELP = """**Or use commands:** I compose music and answer with audio you can play at once.

`/compose lo-fi for studying, no drums, 90 seconds`
`/compose` with style **bossa nova**, key **F major**, instruments **flute, nylon guitar**

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

`/recommend` suggests styles, tracks, artists, loops, pieces and more, each with its reason, and \
composes like it with a press; `/recommend for-us` suits several people. `/rate` a piece; \
`/compose something I would like` asks your taste, `/taste` draws it.

`/library` finds your pieces, `/piece show` brings one back.
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
        await interaction.response.send_message(translate(TALK, locale), ephemeral=True)
        await interaction.followup.send(translate(HELP, locale), ephemeral=True)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Help(bot))
