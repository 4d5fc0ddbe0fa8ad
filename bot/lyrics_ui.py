"""What a message with words shows and offers, and the forms in which words are asked for or edited.

In: the folder of a piece with words, or words that do not fit. Out: texts, embeds, views and
modals; what their buttons mean stands in their `custom_id`, so they outlive a restart.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import discord

from bot import lyrics_ask, lyrics_text, shelf, ui, wording
from bot.client import Segno
from bot.domain import Writing
from bot.i18n import translate
from bot.lyrics_text import Stanza
from bot.ui import Interaction
from models.lyrics import Lyrics
from models.singing import espeak

#: What is done with what a form asked for.
Then = Callable[[Interaction, Writing], Awaitable[None]]
#: What a piece with words carries, in this order: of each pair the first that it has.
WITH_WORDS = (
    ("sung",), ("mp3",), ("loop",), ("lead_png", "png"), ("mid",), ("lyrics",), ("lrc",),
    ("lead",),
)  # fmt: skip
#: Lines that one menu offers; the last option then leads to the next ones.
_LINES = ui.MOST_OPTIONS - 1
#: Problems that are named at once, and characters that each may have.
_PROBLEMS, _PROBLEM = 15, 110


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a piece as people see them: stanzas, and its lines by their number."""

    lyrics: Lyrics
    stanzas: tuple[Stanza, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that count, in order; a person counts them from 1 (`Writing.line`)."""
        return tuple(line for s in self.stanzas if not s.again for line in s.lines)


def words_in(folder: Path, locale: str) -> Words | None:
    """The words of a finished piece, read from its folder; None where it has none."""
    saved = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
    if not saved.get("lyrics"):
        return None
    lyrics = Lyrics.from_json(saved["lyrics"])
    names = [planned["section"]["name"] for planned in saved["plan"]["sections"]]
    return Words(lyrics, lyrics_text.stanzas(lyrics, names, locale))


@dataclass(frozen=True, slots=True)
class Page:
    """A message that carries a finished piece: its view, and the files it shows by kind.

    `said` takes lines about files that are missing and gives text and embeds.
    """

    said: Callable[[Sequence[str]], tuple[str, list[discord.Embed]]]
    view: discord.ui.View
    kinds: tuple[str, ...]


def page_of(
    clip: Mapping[str, Any], desk: Mapping[str, Any], locale: str, *, undo: bool = False
) -> Page:
    """How a finished piece is shown, with its words where it has some. Reads `piece.json`."""
    piece_id, facts = clip["piece_id"], clip["facts"]
    words = words_in(Path(clip["folder"]), locale)

    def said(missing: Sequence[str]) -> tuple[str, list[discord.Embed]]:
        above = wording.result(piece_id, facts, desk, locale, missing)
        return (above, []) if words is None else shown(words, above, locale)

    if words is None:
        return Page(said, ui.result_view(piece_id, locale, undo=undo), shelf.SHOWN)
    english = words.lyrics.language == "en"  # the robot sings nothing else
    sings = english and espeak.available() and "sung" not in clip["files"]
    view = words_view(piece_id, words, locale, undo=undo, sings=sings)
    kinds = [next((k for k in one if k in clip["files"]), "") for one in WITH_WORDS]
    return Page(said, view, tuple(filter(None, kinds)))


def shown(words: Words, above: str, locale: str) -> tuple[str, list[discord.Embed]]:
    """A message of `above` and the words: as much in its text as fits, the rest in embeds."""
    rooms = (wording.MESSAGE - len(above) - 2, *lyrics_text.EMBEDS)
    text, *rest = lyrics_text.pages(words.stanzas, rooms, locale)
    return f"{above}\n\n{text}".rstrip(), [discord.Embed(description=t) for t in rest if t]


def words_view(
    piece_id: str, words: Words, locale: str, *, undo: bool = False, sings: bool = False
) -> discord.ui.View:
    """What can be done with words and their piece; `undo` where it was made from another."""
    primary, danger = discord.ButtonStyle.primary, discord.ButtonStyle.danger
    sing = translate("Sing it (robot demo)", locale)
    return ui.view(
        ui.button(translate("Other words", locale), "anew", piece_id, emoji="🎲", style=primary),
        ui.button(translate("Edit words …", locale), "pen", piece_id, emoji="✏️"),
        ui.button(translate("Save", locale), "keep", piece_id, emoji="⭐"),
        *([ui.button(sing, "sing", piece_id, emoji="🤖")] if sings else []),
        ui.button("MIDI", "midi", piece_id, emoji="🎹", row=1),
        ui.button("MusicXML", "musicxml", piece_id, emoji="🎼", row=1),
        ui.button(translate("Music …", locale), "music", piece_id, emoji="🎛️", row=1),
        ui.button(translate("Delete", locale), "delete", piece_id, emoji="🗑️", style=danger, row=1),
        *(
            [ui.button(translate("Undo", locale), "undo", piece_id, emoji="↩️", row=1)]
            if undo
            else []
        ),
        lines_menu(piece_id, words, locale),
        ui.more_menu(piece_id, locale, words=True),
    )


def lines_menu(piece_id: str, words: Words, locale: str, start: int = 0) -> ui.ActionMenu:
    """The lines to have written again, from number `start` (from 0); more of them by a choice."""
    lines = words.lines[start:]
    page = lines if len(lines) <= ui.MOST_OPTIONS else lines[:_LINES]
    options = [(f"{n}. {line}", str(n), "") for n, line in enumerate(page, start + 1)]
    if len(page) < len(lines):
        onward = translate("More lines …", locale)
        options.append((onward, f"from:{start + len(page)}", ""))
    return ui.menu(translate("This line again …", locale), "line", piece_id, options)


def misfits(
    problems: Sequence[str], key: str, locale: str, refused: str = ""
) -> tuple[str, discord.ui.View]:
    """What does not fit in a person's words, and the way back to them.

    `problems` are sentences in the language; `key` is what `redo` makes of the button. `refused`
    says why words that fit are not taken now.
    """
    lost = translate("These words do not fit the melody yet. Nothing you typed is lost:", locale)
    lines = [
        refused or lost,
        *(f"- {wording.quoted(problem, _PROBLEM)}" for problem in problems[:_PROBLEMS]),
    ]
    if len(problems) > _PROBLEMS:
        lines.append(translate("… and {count} more.", locale, count=len(problems) - _PROBLEMS))
    again = ui.button(
        translate("Go on editing", locale), "redo", key, emoji="✏️",
        style=discord.ButtonStyle.primary,
    )  # fmt: skip
    return "\n".join(lines)[: wording.MESSAGE], ui.view(again)


class WordsModal(discord.ui.Modal):
    """What words are to be about, as `asked` has it so far; `then` takes what it becomes."""

    def __init__(self, bot: Segno, asked: Writing, locale: str, then: Then) -> None:
        super().__init__(title=translate("Write words", locale)[:45])
        self.bot, self.asked, self.then = bot, asked, then
        example = translate("going home, hopeful", locale)
        self.fields = {
            "about": _field("about", 200, asked.about, example),
            "first_line": _field("first_line", lyrics_ask.LONGEST_LINE, asked.first_line),
            "required": _field("required", 200, ", ".join(asked.required)),
            "scheme": _field("scheme", 24, asked.scheme or "", "ABAB"),
        }
        self.language: discord.ui.Select[Any] = discord.ui.Select(
            options=[
                discord.SelectOption(
                    label=translate(name, locale)[:100],
                    value=key,
                    default=key == (asked.language or locale),
                )
                for key, name in lyrics_ask.LANGUAGE_CHOICES.items()
            ],
            custom_id="language",
        )
        labels = {
            "about": translate("What they are about, and the mood", locale),
            "first_line": translate("The first line (empty: mine)", locale),
            "required": translate("Words that must come", locale),
            "scheme": translate("Rhyme scheme (empty: what suits it)", locale),
        }
        for name, item in self.fields.items():
            self.add_item(discord.ui.Label(text=labels[name][:45], component=item))
        chosen = translate("Language", locale)[:45]
        self.add_item(discord.ui.Label(text=chosen, component=self.language))

    async def on_submit(self, interaction: Interaction) -> None:
        """Hand on what is asked."""
        told: dict[str, Any] = {name: field.value for name, field in self.fields.items()}
        read = lyrics_ask.writing(**told, language=self.language.values[0])
        same = read.about == self.asked.about
        mood = read.mood or (self.asked.mood if same else None)
        asked = replace(read, mood=mood, clean=self.asked.clean, name=self.asked.name)
        await self.then(interaction, asked)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)


def _field(name: str, most: int, value: str, example: str = "") -> discord.ui.TextInput[Any]:
    return discord.ui.TextInput(
        default=value[:most] or None, placeholder=example or None, required=False,
        max_length=most, custom_id=name,
    )  # fmt: skip
