"""What a list of suggestions carries: menus and buttons; what it says is `bot.recommend_words`.

In: the lines of a list. Out: views. Where the list was kept, buttons name it (`LIST.PLACE`); where
nothing may be kept, the chosen item itself stands in the button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import discord

from bot import consent_ui, ui
from bot.i18n import translate
from bot.recommend_words import (
    HEADINGS,
    KINDS,
    MARKS,
    MOST_MEMBERS,
    NOT_KEPT,
    Asked,
    Line,
    lines_of,
    said,
    told,
)
from bot.ui import button, menu
from models.recommender.values import Kind, Reason

__all__ = [
    "HEADINGS",
    "KINDS",
    "MARKS",
    "MOST_MEMBERS",
    "NOT_KEPT",
    "Asked",
    "Line",
    "lines_of",
    "said",
    "told",
]

#: What the last button does with what was chosen.
MAKE_CHOICES = {
    "track": "Compose like this",
    "artist": "Compose like this",
    "piece": "Compose like this",
    "style": "Compose in this style",
    "mood": "Compose in this mood",
    "instrument": "Compose for this instrument",
    "progression": "Compose over these chords",
    "loop": "Compose with this beat",
}


def view(
    asked: Asked, list_id: str, lines: Sequence[Line], chosen: Line, locale: str
) -> discord.ui.View:
    """A kept list for one person: the menu of places, and what can be done with the chosen one."""
    options = [(_label(line), str(line.place), "") for line in lines]
    placeholder = translate("Which one?", locale)
    return ui.view(
        menu(placeholder, "place", list_id, options, chosen=(str(chosen.place),)),
        *_verdicts(list_id, chosen, locale),
        _another(asked, locale),
    )


def _verdicts(list_id: str, line: Line, locale: str) -> list[ui.ActionButton]:
    key = f"{list_id}.{line.place}"
    return [
        button(translate("Like", locale), "like", key, emoji="👍", row=1),
        button(translate("Not this", locale), "dislike", key, emoji="👎", row=1),
        button(translate("Never again", locale), "never", key, emoji="🚫", row=1),
        button(translate("Why?", locale), "why", key, emoji="❔", row=1),
        _make(line, key, locale),
    ]


def _make(line: Line, key: str, locale: str) -> ui.ActionButton:
    label = translate(MAKE_CHOICES[line.kind], locale)
    primary = discord.ButtonStyle.primary
    return button(label, "likethis", key, emoji="🎼", style=primary, row=1)


def _another(asked: Asked, locale: str) -> ui.ActionButton:
    return button(translate("Another list", locale), "another", asked.key, emoji="🔁", row=2)


def unkept_view(asked: Asked, lines: Sequence[Line], chosen: str, locale: str) -> discord.ui.View:
    """A list of which nothing is kept: compose like it, another, or agree after all."""
    line = next((line for line in lines if line.value == chosen), lines[0])
    options = [(_label(each), each.value, "") for each in lines]
    agree = button(
        translate("Learn from me …", locale), "mayi", f"list.{asked.what}", emoji="💡", row=2
    )
    return ui.view(
        menu(translate("Which one?", locale), "choose", asked.key, options, chosen=(line.value,)),
        _make(line, line.value, locale),
        _another(asked, locale),
        agree,
    )


def menu_lines(asked: Asked, message: discord.Message) -> list[Line]:
    """The lines of a list that is not kept, as far as the menu in its message knows them."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    select = next(c for row in rows for c in row.children if isinstance(c, discord.SelectMenu))
    lines = []
    for place, option in enumerate(select.options):
        kind, _colon, key = option.value.partition(":")
        title = option.label.partition(". ")[2]
        none = Reason("popular", "")
        lines.append(Line(cast("Kind", kind), key, title, "", none, wildcard=False, place=place))
    return lines


def public_view(asked: Asked, list_id: str, lines: Sequence[Line], locale: str) -> discord.ui.View:
    """A list for several people: each who chooses a place gets a card of their own."""
    options = [(_label(line), str(line.place), "") for line in lines]
    placeholder = translate("Which one? Only you will see what I say.", locale)
    cards = [menu(placeholder, "card", list_id, options)] if list_id else []
    return ui.view(*cards, _another(asked, locale), consent_ui.count_me_in(locale))


def card_view(list_id: str, line: Line, locale: str) -> discord.ui.View:
    """What one person can do with one place of a public list."""
    return ui.view(*_verdicts(list_id, line, locale))


def _label(line: Line) -> str:
    artist = f" · {line.artist}" if line.artist else ""
    return f"{line.place + 1}. {' '.join((line.title + artist).split())}"[:100]
