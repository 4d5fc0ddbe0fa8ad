"""`/style`: a style learned from one's own pieces, chosen, shared and forgotten.

In: files and names. Out: a stored job that learns, or an answer only the asker sees; what is
learned and how is `bot.styles`'s business, in a worker.
"""

from __future__ import annotations

from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot import style_desk
from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction
from bot.wardrobe import NONE
from cogs.pointing import ANYWHERE, EVERYWHERE, named

Choices = list[app_commands.Choice[str]]
File = discord.Attachment
_MORE = "Another file"


class Style(commands.Cog):
    """Styles of one's own."""

    style = app_commands.Group(
        name="style",
        description="Teach me your style, and compose in it",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.actions |= {"unlearn": partial(style_desk.forgotten, bot)}

    @style.command(name=named("style learn"), description="Learn a style from your own pieces")
    @app_commands.describe(
        name="What to call the style; one you have gets the files added, up to 20",
        file1="A MIDI or MusicXML file of yours, or your own words as .txt",
        file2=_MORE,
        **{f"file{n}": _MORE for n in range(3, 11)},
    )
    async def learn(
        self,
        interaction: Interaction,
        name: str,
        file1: File,
        file2: File | None = None,
        file3: File | None = None,
        file4: File | None = None,
        file5: File | None = None,
        file6: File | None = None,
        file7: File | None = None,
        file8: File | None = None,
        file9: File | None = None,
        file10: File | None = None,
    ) -> None:
        """Take the files in and queue the learning."""
        given = (file1, file2, file3, file4, file5, file6, file7, file8, file9, file10)
        sent = [file for file in given if file is not None]
        await style_desk.learn(self.bot, interaction, name, sent)

    @style.command(name=named("style list"), description="Your styles, and those shared here")
    async def list_(self, interaction: Interaction) -> None:
        """Show them to the asker."""
        await style_desk.listed(self.bot, interaction)

    @style.command(
        name=named("style use"), description="Compose in a style from now on, or in none"
    )
    @app_commands.describe(name="The style, or none")
    async def use(self, interaction: Interaction, name: str) -> None:
        """Choose it."""
        await style_desk.use(self.bot, interaction, name)

    @style.command(
        name=named("style share"), description="Let this server use a style, or end that"
    )
    @app_commands.describe(name="Which of your styles")
    async def share(self, interaction: Interaction, name: str) -> None:
        """Share it, or take it back."""
        await style_desk.share(self.bot, interaction, name)

    @style.command(name=named("style forget"), description="Delete a style of yours")
    @app_commands.describe(name="Which of your styles")
    async def forget(self, interaction: Interaction, name: str) -> None:
        """Ask once more."""
        await style_desk.ask_to_forget(self.bot, interaction, name)

    @learn.autocomplete("name")
    @share.autocomplete("name")
    @forget.autocomplete("name")
    async def _own(self, interaction: Interaction, typed: str) -> Choices:
        found = await style_desk.offers(self.bot, interaction, typed, own=True)
        return [app_commands.Choice(name=label, value=value) for label, value in found]

    @use.autocomplete("name")
    async def _usable(self, interaction: Interaction, typed: str) -> Choices:
        found = await style_desk.offers(self.bot, interaction, typed)
        locale = await self.bot.language(interaction)
        none = (translate("no learned style", locale), NONE[0])
        offered = [*found[:24], none]
        return [app_commands.Choice(name=label, value=value) for label, value in offered]


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Style(bot))
