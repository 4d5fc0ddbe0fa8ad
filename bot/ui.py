"""Buttons and menus that outlive a restart: what they mean is written in their `custom_id`.

In: a piece, job or page id and a language. Out: discord.py views made of dynamic items whose
`custom_id` is `segno:ACTION:KEY` (at most 100 characters); a press is handed to the handler that a
cog registered for ACTION in `client.actions`. No state is kept in the process.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, cast

import discord

from bot.i18n import translate
from models import vocabulary

Interaction = discord.Interaction[Any]
#: What a cog registers: (interaction, key, chosen values); values are empty for a button.
Handler = Callable[[Interaction, str, Sequence[str]], Awaitable[None]]

#: Discord's cap on the options of a menu.
MOST_OPTIONS = 25
#: What can be done with music that exists: choice -> English label (`bot.rework_ask`).
REWORKS = {
    "continue": "Continue by 8 bars",
    "near": "Vary, close to it",
    "far": "Vary, far from it",
    "melody": "New melody over these chords",
    "chords": "New chords under this melody",
    "bars": "Rewrite some bars …",
    "busier": "Busier",
    "calmer": "Calmer",
    "happier": "Happier",
    "sadder": "Sadder",
    "higher": "Higher",
    "lower": "Lower",
    "fuller": "Fuller",
    "style": "In another style or mood …",
    "blend": "Blend with another piece …",
    "manner": "In the manner of another piece …",
}

#: What can be done with the players of a piece: choice -> English label (`bot.arrange_desk`).
PLAYERS = {
    "drums": "New drums",
    "bass": "New bass",
    "chords": "New accompaniment",
    "part": "Write one part again …",
    "add": "Add an instrument …",
    "replace": "Give a part to another instrument …",
    "mute": "Take a part out …",
    "nodrums": "Without drums",
    "style": "The same tune in another style …",
}
#: What can be kept of a file that is arranged, beside its tune.
BANDS = {
    "tune": "With a band that suits it",
    "drums": "Keep its drums too",
    "rhythm": "Keep its drums and bass too",
    "everything": "Keep all of it, add what is missing",
    "style": "In another style …",
}
#: Styles that the menu of a file offers by name, one for each family.
STYLES = ("pop", "rock", "funk", "lofi", "house", "swing", "blues_shuffle", "bossa_nova", "folk",
          "waltz", "cinematic", "reggae")  # fmt: skip

_KEY = r"(?P<action>[a-z]+):(?P<key>.{0,80})"


class ActsOnItems(Protocol):
    """What the client of an item offers: handlers by action, and one way to report an error."""

    actions: Mapping[str, Handler]

    async def explain(self, interaction: Interaction, error: Exception) -> None:
        """Tell the person what went wrong."""


class ActionButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"segno:" + _KEY
):
    """A button whose press runs the handler registered for its action."""

    def __init__(self, action: str, key: str, button: discord.ui.Button[discord.ui.View]) -> None:
        self.action, self.key = action, key
        button.custom_id = f"segno:{action}:{key}"
        super().__init__(button)

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> ActionButton:
        """Bring back a button that was sent before this process began."""
        button = cast("discord.ui.Button[discord.ui.View]", item)
        return cls(match["action"], match["key"], button)

    async def callback(self, interaction: Interaction) -> None:
        """Run the handler; errors are explained to the person who pressed."""
        await _run(interaction, self.action, self.key, ())


class ActionMenu(
    discord.ui.DynamicItem[discord.ui.Select[discord.ui.View]], template=r"segno-menu:" + _KEY
):
    """A menu whose choice runs the handler registered for its action."""

    def __init__(self, action: str, key: str, menu: discord.ui.Select[discord.ui.View]) -> None:
        self.action, self.key = action, key
        menu.custom_id = f"segno-menu:{action}:{key}"
        super().__init__(menu)

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> ActionMenu:
        """Bring back a menu that was sent before this process began."""
        menu = cast("discord.ui.Select[discord.ui.View]", item)
        return cls(match["action"], match["key"], menu)

    async def callback(self, interaction: Interaction) -> None:
        """Run the handler with what was chosen."""
        data = cast("dict[str, Any]", interaction.data or {})
        await _run(interaction, self.action, self.key, data.get("values", ()))


async def _run(interaction: Interaction, action: str, key: str, values: Sequence[str]) -> None:
    client = cast(ActsOnItems, interaction.client)
    try:
        await client.actions[action](interaction, key, values)
    except Exception as error:
        await client.explain(interaction, error)


def button(
    label: str,
    action: str,
    key: object,
    *,
    emoji: str | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
    row: int | None = None,
) -> ActionButton:
    """A button; Discord shows 80 characters of a label."""
    plain: discord.ui.Button[discord.ui.View] = discord.ui.Button(
        label=label[:80], emoji=emoji, style=style, disabled=disabled, row=row
    )
    return ActionButton(action, str(key), plain)


def menu(
    placeholder: str,
    action: str,
    key: object,
    options: Sequence[tuple[str, str, str]],
    *,
    most: int = 1,
    chosen: Collection[str] = (),
) -> ActionMenu:
    """A menu of (label, value, description), `MOST_OPTIONS` at most.

    Up to `most` may be chosen at once; the values in `chosen` are shown as chosen already.
    """
    plain: discord.ui.Select[discord.ui.View] = discord.ui.Select(
        placeholder=placeholder[:150],
        max_values=most,
        options=[
            discord.SelectOption(
                label=label[:100],
                value=value[:100],
                description=note[:100] or None,
                default=value in chosen,
            )
            for label, value, note in options[:MOST_OPTIONS]
        ],
    )
    return ActionMenu(action, str(key), plain)


def view(*items: discord.ui.Item[Any]) -> discord.ui.View:
    """A view that never times out."""
    made = discord.ui.View(timeout=None)
    for item in items:
        made.add_item(item)
    return made


def progress_view(job_id: int, locale: str) -> discord.ui.View:
    """What stands under a job that waits or runs."""
    return view(button(translate("Cancel", locale), "cancel", job_id, emoji="✖️"))


def result_view(piece_id: str, locale: str, *, undo: bool = False) -> discord.ui.View:
    """What can be done with a finished piece; `undo` where it was made from another."""
    primary = discord.ButtonStyle.primary
    back = [button(translate("Undo", locale), "undo", piece_id, emoji="↩️", row=1)] if undo else []
    return view(
        button(translate("Four variations", locale), "vary", piece_id, emoji="🎲", style=primary),
        button(translate("Extend", locale), "extend", piece_id, emoji="➕"),
        button(translate("Again with changes", locale), "again", piece_id, emoji="✏️"),
        button(translate("Write words …", locale), "words", piece_id, emoji="📝"),
        button("MIDI", "midi", piece_id, emoji="🎹", row=1),
        button("MusicXML", "musicxml", piece_id, emoji="🎼", row=1),
        button(
            translate("Delete", locale), "delete", piece_id, emoji="🗑️",
            style=discord.ButtonStyle.danger, row=1,
        ),
        *back,
        more_menu(piece_id, locale),
        rework_menu(piece_id, locale),
        players_menu(piece_id, locale),
    )  # fmt: skip


def more_menu(piece_id: str, locale: str, *, words: bool = False) -> ActionMenu:
    """Further files of a piece, with or without words."""
    more = [
        (translate("WAV audio", locale), "wav", translate("studio quality, large", locale)),
        (translate("Stems", locale), "stems", translate("one audio file per instrument", locale)),
        (
            translate("Score", locale),
            "score",
            translate("all instruments, as PDF", locale),
        ),
        (translate("Parts", locale), "parts", translate("one PDF per instrument", locale)),
        (translate("Lead sheet", locale), "lead", translate("the tune and its chords", locale)),
        (translate("Voice message", locale), "voice", translate("plays on every phone", locale)),
    ]
    if words:
        more.append((translate("Karaoke", locale), "kar", translate("for karaoke players", locale)))
    return menu(translate("More files …", locale), "more", piece_id, more)


def players_menu(piece_id: str, locale: str) -> ActionMenu:
    """What can be done with the players of a piece, and who else could play it."""
    options = [(translate(PLAYERS[choice], locale), choice, "") for choice in PLAYERS]
    named = translate("Players …", locale)
    return menu(named, "players", piece_id, [*options, *_ensembles(locale)])


def band_menu(key: str, locale: str) -> ActionMenu:
    """How a file or a recording can be arranged; `key` names it (see `bot.arrange_desk`)."""
    words = vocabulary.load()
    options = [(translate(BANDS[choice], locale), choice, "") for choice in BANDS]
    options += [
        (translate("As {style}", locale, style=words.styles[id].name(locale)), f"as:{id}", "")
        for id in STYLES
    ]
    return menu(translate("Arrange …", locale), "band", key, [*options, *_ensembles(locale)])


def _ensembles(locale: str) -> list[tuple[str, str, str]]:
    return [
        (translate("For {ensemble}", locale, ensemble=e.name(locale)), f"for:{e.id}", "")
        for e in vocabulary.load().ensembles
    ]


def heard_view(job_id: int, locale: str) -> discord.ui.View:
    """What can be done with what was heard in a recording."""
    primary = discord.ButtonStyle.primary
    return view(
        button(translate("Arrange it", locale), "heard", job_id, emoji="🎼", style=primary),
        button(translate("Correct …", locale), "correct", job_id, emoji="✏️"),
        band_menu(f"heard:{job_id}", locale),
    )


def rework_menu(key: str, locale: str) -> ActionMenu:
    """What can be done with music; `key` names it (see `bot.rework_desk`)."""
    options = [(translate(REWORKS[choice], locale), choice, "") for choice in REWORKS]
    return menu(translate("Rework …", locale), "rework", key, options)


def takes_view(piece_ids: Sequence[str], locale: str) -> discord.ui.View:
    """One button for each variation."""
    primary = discord.ButtonStyle.primary
    return view(*(
        button(translate("Take {number}", locale, number=n), "pick", piece, style=primary)
        for n, piece in enumerate(piece_ids, 1)
    ))  # fmt: skip
