"""The tool for words: written for a piece or a file, again, one line, one section, or words first.

In: which music and what the words are to be. Out: the request that `/lyrics` makes of the same. A
section alone is written again by holding all other lines as they are (`Writing.lines`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot import lyrics_ask
from bot.agent.at import At
from bot.agent.places import bars_of
from bot.agent.tools.music import folder_of, make, music_of, seconds_of, with_limit
from bot.agent.tools.types import Names, Text
from bot.agent.values import Make
from bot.asking import Ask
from bot.domain import Request, Writing
from bot.lyrics_text import Stanza, stanzas
from bot.piece import PieceFile
from bot.wording import quoted
from models.errors import Refusal
from models.lyrics import Lyrics
from models.planner.brief import Brief
from models.score import Section

NO_LINE = "“{title}” has {count} lines of words; say one of 1 to {count}."
WHOLE = "It had no words yet, so these are for all of it."
NOT_SUNG = "No words are sung in that section, so there are none to write again."


async def lyrics(
    at: At,
    which: Text = "it",
    theme: Text = "",
    mood: Text = "",
    scheme: Text = "",
    language: Text = "",
    first_line: Text = "",
    required: Names = (),
    line: int | None = None,
    again: bool = False,
    section: Text = "",
) -> Make:
    """Write words to sing for a piece, or other words for one that has some.

    which: the piece: it, the second one, an id; none for words first and then a melody
    theme: what the words are about
    mood: a mood, such as wistful
    scheme: rhyme scheme, such as ABAB
    language: en or zh
    first_line: the person's own first line
    required: words that must come
    line: the number of the one line to write again, -1 for the last
    again: other words than the piece has
    section: only the words of this section again, such as chorus
    """
    asked = lyrics_ask.writing(
        theme, mood or None, scheme, language, first_line=first_line, required=",".join(required)
    )
    if which.strip().lower() == "none":
        brief = Brief(moods=(asked.mood,) if asked.mood else ())
        request = Request("lyrics", brief, locale=at.asker.locale, writing=asked)
        return await make(at, Ask(with_limit(request, at)))
    notes: list[dict[str, Any]] = []
    music = await music_of(at, which)
    piece = music.piece
    if piece is None:
        asked = replace(asked, source=music.place, title=music.title)
    else:
        home = folder_of(at, piece)
        saved = await asyncio.to_thread(PieceFile.load, home)
        if line is not None or again or (section and saved.lyrics is not None):
            asked = _renewed(saved, asked, line, section)
        elif section:  # one section cannot be sung before there are words for any
            notes.append({"template": WHOLE, "values": {}})
        asked = replace(asked, source=piece.folder)
    request = Request(
        "lyrics", text=asked.about, locale=at.asker.locale, parent=piece.id if piece else None,
        writing=asked,
    )  # fmt: skip
    seconds = seconds_of(piece) if piece else None
    ask = Ask(with_limit(request, at), {"notes": notes}, seconds=seconds)
    return await make(at, ask, piece)


def _renewed(saved: PieceFile, asked: Writing, line: int | None, section: str) -> Writing:
    """What is asked about the words that a piece has: others, one line, or one section."""
    title = quoted(saved.plan.title, 60)
    if saved.lyrics is None:
        raise Refusal(lyrics_ask.NO_WORDS, title=title)
    names = [planned.section.name for planned in saved.plan.sections]
    every = stanzas(saved.lyrics, names)
    written = [stanza for stanza in every if not stanza.again]
    count = sum(len(stanza.lines) for stanza in written)
    if line is not None:
        line = count if line == -1 else line
        if not 1 <= line <= count:
            raise Refusal(NO_LINE, title=title, count=count)
        return Writing("reline", line=line)
    if not section:
        return replace(asked, act="rewrite")
    held = _held(saved, saved.lyrics, every, bars_of(saved.plan, section))
    if len(held) == count:
        raise Refusal(NOT_SUNG)
    return replace(asked, act="rewrite", lines=held)


def _held(
    saved: PieceFile, lyrics: Lyrics, every: Sequence[Stanza], bars: tuple[int, int]
) -> dict[int, str]:
    """The lines outside of some bars, by number; what returns in these bars counts as inside."""
    sections = [planned.section for planned in saved.plan.sections]

    def place(stanza: Stanza) -> Section:
        return sections[lyrics.lines[stanza.first].section]

    inside = {
        (place(stanza).name, stanza.lines)
        for stanza in every
        if bars[0] <= place(stanza).start_bar + 1 <= bars[1]
    }
    rows = [(stanza, text) for stanza in every if not stanza.again for text in stanza.lines]
    return {
        number: text
        for number, (stanza, text) in enumerate(rows, 1)
        if (place(stanza).name, stanza.lines) not in inside
    }
