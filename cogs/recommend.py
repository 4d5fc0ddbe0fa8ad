"""`/recommend` and `/rate`: suggestions with a reason each, and what people think of pieces.

In: what is asked for, and stars. Out: answers by `bot.recommend_desk` and `bot.rate_desk`; presses
are handled as `bot.recommend_actions` says.
"""

from __future__ import annotations

import discord
from discord import app_commands

from bot import rate_desk, recommend_desk, rework_desk
from bot.client import Segno
from bot.recommend_actions import recommend_actions
from bot.recommend_ui import Asked
from bot.taste.values import Mode
from bot.ui import Interaction
from cogs.pointing import ANYWHERE, EVERYWHERE, Choices, Offering, named

Person = discord.User
MODE_CHOICES: dict[Mode, str] = {
    "least_misery": "nobody should mind it",
    "average": "the most joy in all",
}
_MORE = "Another person"


class Recommend(Offering):
    """Suggestions, and ratings of what was made."""

    group = app_commands.Group(
        name="recommend",
        description="Suggestions for you, each with its reason",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot)
        bot.actions |= recommend_actions(bot)

    @group.command(name=named("recommend tracks"), description="Tracks you may like")
    async def tracks(self, interaction: Interaction) -> None:
        """Five tracks."""
        await recommend_desk.recommend(self.bot, interaction, Asked("track"))

    @group.command(name=named("recommend artists"), description="Artists you may like")
    async def artists(self, interaction: Interaction) -> None:
        """Five artists."""
        await recommend_desk.recommend(self.bot, interaction, Asked("artist"))

    @group.command(name=named("recommend pieces"), description="Pieces made here that you may like")
    async def pieces(self, interaction: Interaction) -> None:
        """Five pieces."""
        await recommend_desk.recommend(self.bot, interaction, Asked("piece"))

    @group.command(
        name=named("recommend styles"), description="Styles to compose in, with one press"
    )
    async def styles(self, interaction: Interaction) -> None:
        """Five styles."""
        await recommend_desk.recommend(self.bot, interaction, Asked("style"))

    @group.command(name=named("recommend moods"), description="Moods to compose in")
    async def moods(self, interaction: Interaction) -> None:
        """Five moods."""
        await recommend_desk.recommend(self.bot, interaction, Asked("mood"))

    @group.command(name=named("recommend instruments"), description="Instruments to compose for")
    async def instruments(self, interaction: Interaction) -> None:
        """Five instruments."""
        await recommend_desk.recommend(self.bot, interaction, Asked("instrument"))

    @group.command(
        name=named("recommend progressions"), description="Chord progressions to compose over"
    )
    async def progressions(self, interaction: Interaction) -> None:
        """Five progressions."""
        await recommend_desk.recommend(self.bot, interaction, Asked("progression"))

    @group.command(name=named("recommend loops"), description="Beats to compose with")
    async def loops(self, interaction: Interaction) -> None:
        """Five loops."""
        await recommend_desk.recommend(self.bot, interaction, Asked("loop"))

    @group.command(
        name=named("recommend for-us"), description="For several people of this server at once"
    )
    @app_commands.describe(
        member1="Somebody it should suit; nobody: those who agreed and were here lately",
        mode="How several tastes become one",
        member2=_MORE,
        **{f"member{n}": _MORE for n in range(3, 6)},
    )
    @app_commands.choices(
        mode=[app_commands.Choice(name=name, value=m) for m, name in MODE_CHOICES.items()]
    )
    async def for_us(
        self,
        interaction: Interaction,
        member1: Person | None = None,
        member2: Person | None = None,
        member3: Person | None = None,
        member4: Person | None = None,
        member5: Person | None = None,
        mode: Mode = "least_misery",
    ) -> None:
        """Something for all, for everybody to see."""
        given = (member1, member2, member3, member4, member5)
        members = [member for member in given if member is not None]
        await recommend_desk.for_us(self.bot, interaction, members, mode)

    @app_commands.command(description="Say how much you like a piece")
    @app_commands.describe(
        piece="Which piece",
        stars="1 (not at all) to 5 (very much)",
        comment="Why, in your own words; I keep what it says of the piece, not the words",
        keep_text="Keep the words of your comment too",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def rate(
        self,
        interaction: Interaction,
        piece: str,
        stars: app_commands.Range[int, 1, 5],
        comment: app_commands.Range[str, 1, 1000] | None = None,
        keep_text: bool = False,
    ) -> None:
        """Store stars, and what a comment says."""
        await rate_desk.rate(self.bot, interaction, piece, stars, comment, keep_text)

    @rate.autocomplete("piece")
    async def _pieces(self, interaction: Interaction, typed: str) -> Choices:
        offers = await rework_desk.pieces_of(self.bot, interaction, typed)
        return [app_commands.Choice(name=name, value=id) for name, id in offers]


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Recommend(bot))
