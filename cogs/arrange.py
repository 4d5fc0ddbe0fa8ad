"""`/arrange`, `/edit`, the menus of players, and “Arrange this” on any message.

In: music (a file of notes, a recording, a piece) and who shall play it how. Out: a stored job;
nothing here composes or listens. What a button means stands in its `custom_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import discord
from discord import app_commands

from bot import arrange_ask, arrange_desk, rework_desk, shelf, suggest
from bot.arrange_ask import KEEP_CHOICES, WHAT_CHOICES
from bot.client import Segno
from bot.domain import Act
from bot.ui import Interaction
from cogs.library import Library
from cogs.pointing import Choices, Pointing
from models import vocabulary
from models.errors import Refusal
from models.planner.plan import Plan


class Arrange(Pointing):
    """Bands for what exists, and changes to who plays what."""

    def __init__(self, bot: Segno) -> None:
        super().__init__(bot, "Arrange this")
        bot.actions |= {
            "players": self.chosen,
            "band": self.chosen,
            "heard": self.arrange_heard,
            "correct": self.correct,
            "undo": self.undo,
        }

    @app_commands.command(description="A band for your tune, rhythm, file or hum, or for a piece")
    @app_commands.describe(
        file="MIDI, MusicXML, ABC, or a recording: hummed, whistled or played",
        piece="A piece to arrange; neither file nor piece: your latest",
        style="Style, such as bossa nova or lo-fi",
        ensemble="Who plays, such as string quartet or big band",
        instruments="Instruments, such as flute, cello",
        keep="What of the file stays note for note",
        like="A piece whose accompaniment is the model",
        like_file="A file whose accompaniment is the model",
        as_heard="Arrange a recording at once, without showing what was heard",
        seed="The same seed and request give the same piece",
    )
    @app_commands.choices(
        keep=[app_commands.Choice(name=name, value=key) for key, name in KEEP_CHOICES.items()]
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def arrange(
        self,
        interaction: Interaction,
        file: discord.Attachment | None = None,
        piece: str | None = None,
        style: str | None = None,
        ensemble: str | None = None,
        instruments: str | None = None,
        keep: str | None = None,
        like: str | None = None,
        like_file: discord.Attachment | None = None,
        as_heard: bool = False,
        seed: int | None = None,
    ) -> None:
        """Read the options, take the files in, and queue the work."""
        asked = arrange_ask.arrangement(style, ensemble, instruments, keep)
        await arrange_desk.arrange(
            self.bot, interaction, asked, (file, piece), (like_file, like),
            as_heard=as_heard, seed=seed,
        )  # fmt: skip

    @app_commands.command(
        description="Change who plays in a piece: one part, everywhere or in some bars"
    )
    @app_commands.describe(
        what="What to do with the players",
        part="Which part",
        instrument="Which instrument",
        where="Where: bars (5-8) or a section (second chorus)",
        piece="A piece to change; without it, your latest",
        seed="The same seed and request give the same piece",
    )
    @app_commands.choices(
        what=[app_commands.Choice(name=name, value=act) for act, name in WHAT_CHOICES.items()]
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def edit(
        self,
        interaction: Interaction,
        what: str,
        part: str | None = None,
        instrument: str | None = None,
        where: str | None = None,
        piece: str | None = None,
        seed: int | None = None,
    ) -> None:
        """Read the options and queue the change."""
        told = {"part": part, "instrument": instrument, "where": where}
        act = cast("Act", what)
        await arrange_desk.edit(self.bot, interaction, act, piece, told, seed)

    @arrange.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().styles, typed)

    @arrange.autocomplete("ensemble")
    async def _ensembles(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.entries, vocabulary.load().ensembles, typed)

    @arrange.autocomplete("instruments")
    async def _players(self, interaction: Interaction, typed: str) -> Choices:
        return await self.offer(interaction, suggest.several, vocabulary.load().instruments, typed)

    @edit.autocomplete("instrument")
    async def _player(self, interaction: Interaction, typed: str) -> Choices:
        words = vocabulary.load()
        found = await self.offer(interaction, suggest.entries, words.instruments, typed)
        kits = await self.offer(interaction, suggest.entries, words.kits, typed)
        return [*found[: suggest.LIMIT - len(kits)], *kits] if typed else found

    @arrange.autocomplete("piece")
    @arrange.autocomplete("like")
    @edit.autocomplete("piece")
    async def _pieces(self, interaction: Interaction, typed: str) -> Choices:
        offers = await rework_desk.pieces_of(self.bot, interaction, typed)
        return [app_commands.Choice(name=name, value=id) for name, id in offers]

    @edit.autocomplete("part")
    async def _parts(self, interaction: Interaction, typed: str) -> Choices:
        plan, locale = await self._meant(interaction), await self.bot.language(interaction)
        names = [(arrange_ask.part_name(p, locale), p.name) for p in plan.parts] if plan else []
        return _matching(names, typed)

    @edit.autocomplete("where")
    async def _places(self, interaction: Interaction, typed: str) -> Choices:
        plan, locale = await self._meant(interaction), await self.bot.language(interaction)
        return _matching(arrange_ask.section_names(plan, locale) if plan else [], typed)

    async def _meant(self, interaction: Interaction) -> Plan | None:
        """The plan of the piece that the options mean so far."""
        try:
            named = getattr(interaction.namespace, "piece", None)
            key = await rework_desk.key_of(self.bot, interaction, (None, named))
            return arrange_desk.plan_of(await shelf.visible(self.bot, interaction, key))
        except Refusal:
            return None

    async def point_at(self, interaction: Interaction, message: discord.Message) -> None:
        """Show who could play the music a message carries."""
        await arrange_desk.point_at(self.bot, interaction, message)

    async def chosen(self, interaction: Interaction, key: str, values: Sequence[str]) -> None:
        """Do what was chosen from a menu."""
        await arrange_desk.choose(self.bot, interaction, key, values[0])

    async def arrange_heard(self, interaction: Interaction, key: str, _: Sequence[str]) -> None:
        """Arrange a recording as it was heard."""
        await arrange_desk.arrange_heard(self.bot, interaction, key)

    async def correct(self, interaction: Interaction, key: str, _: Sequence[str]) -> None:
        """Show what was heard as a form."""
        await arrange_desk.ask_to_correct(self.bot, interaction, key)

    async def undo(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Bring back the piece that this one was made from."""
        parent = await arrange_desk.undo(self.bot, interaction, piece_id)
        library = cast("Library", self.bot.get_cog("Library"))
        await library.pick(interaction, parent, ())


def _matching(offers: Sequence[tuple[str, str]], typed: str) -> Choices:
    """Those that contain what is typed, as choices."""
    wanted = typed.strip().casefold()
    found = [(n, v) for n, v in offers if wanted in n.casefold() or wanted in v.casefold()]
    return [app_commands.Choice(name=n[:100], value=v[:100]) for n, v in found[: suggest.LIMIT]]


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Arrange(bot))
