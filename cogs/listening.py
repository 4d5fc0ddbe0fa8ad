"""`/listening`: what one listens to - sent in, named by hand, looked at, paused, forgotten.

In: an export or names, and where they may count. Out: answers only the asker sees, by
`bot.listening_desk`.
"""

from __future__ import annotations

from functools import partial

import discord
from discord import app_commands

from bot import listening_desk
from bot.client import Segno
from bot.listening_desk import FROM_CHOICES, Scope
from bot.ui import Interaction
from cogs.pointing import ANYWHERE, EVERYWHERE, Choices, Offering, named

SCOPE_CHOICES: dict[Scope, str] = {
    "server": "this server only",
    "everywhere": "everywhere, and in the model that learns from all who agreed",
}
_EVERYTHING = "all"


class Listening(Offering):
    """What people listen to, with their consent."""

    group = app_commands.Group(
        name="listening",
        description="What you listen to: send it, look at it, take it back",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot)
        bot.actions |= {
            "hears": partial(listening_desk.switched, bot),
            "hearsoff": partial(listening_desk.switched_off, bot),
            "unhear": partial(listening_desk.forgotten, bot),
        }

    @group.command(
        name=named("listening status"), description="What I keep of your listening, and may keep"
    )
    async def status(self, interaction: Interaction) -> None:
        """Show it, with its switches."""
        await listening_desk.status(self.bot, interaction)

    @group.command(name=named("listening import"), description="Count your own listening history")
    @app_commands.describe(
        file="Your export from Spotify, ListenBrainz, Last.fm or Apple Music (.zip, .csv, .json)",
        scope="Where it may count: by choosing you agree that I keep it by track and day",
    )
    @app_commands.choices(
        scope=[app_commands.Choice(name=name, value=value) for value, name in SCOPE_CHOICES.items()]
    )
    async def import_(
        self, interaction: Interaction, file: discord.Attachment, scope: Scope
    ) -> None:
        """Take the file in and queue its counting."""
        await listening_desk.take_in(self.bot, interaction, file, scope)

    @group.command(
        name=named("listening add"), description="Name an artist or a track you listen to"
    )
    @app_commands.describe(
        artist="Whose music",
        title="Which track; leave it out for the artist",
        genre="What kind of music it is",
    )
    async def add(
        self,
        interaction: Interaction,
        artist: app_commands.Range[str, 1, 200],
        title: app_commands.Range[str, 1, 200] | None = None,
        genre: app_commands.Range[str, 1, 60] | None = None,
    ) -> None:
        """Keep it, with consent."""
        await listening_desk.add(self.bot, interaction, artist, title, genre)

    @group.command(
        name=named("listening pause"), description="Keep nothing more of what I listen to"
    )
    async def pause(self, interaction: Interaction) -> None:
        """Pause."""
        await listening_desk.pause(self.bot, interaction, paused=True)

    @group.command(name=named("listening resume"), description="Keep again what I agreed to")
    async def resume(self, interaction: Interaction) -> None:
        """End the pause."""
        await listening_desk.pause(self.bot, interaction, paused=False)

    @group.command(
        name=named("listening forget"), description="Delete what you keep of my listening"
    )
    @app_commands.describe(source="Only what came from there")
    @app_commands.choices(
        source=[
            app_commands.Choice(name="all of it", value=_EVERYTHING),
            *(app_commands.Choice(name=name, value=s) for s, name in FROM_CHOICES.items()),
        ]
    )
    async def forget(self, interaction: Interaction, source: str = _EVERYTHING) -> None:
        """Ask once more."""
        service = "" if source == _EVERYTHING else source
        await listening_desk.ask_to_forget(self.bot, interaction, service)

    @add.autocomplete("artist")
    async def _artists(self, interaction: Interaction, typed: str) -> Choices:
        return _choices(await listening_desk.offers(self.bot, interaction, "artist", typed))

    @add.autocomplete("title")
    async def _titles(self, interaction: Interaction, typed: str) -> Choices:
        return _choices(await listening_desk.offers(self.bot, interaction, "track", typed))

    @add.autocomplete("genre")
    async def _genres(self, interaction: Interaction, typed: str) -> Choices:
        return _choices(listening_desk.genres(typed))


def _choices(names: list[str]) -> Choices:
    return [app_commands.Choice(name=name, value=name) for name in names]


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Listening(bot))
