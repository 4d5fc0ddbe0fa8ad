"""Tools that make new music: a piece, and a song with words.

In: a wish in words, details as typed, or both. Out: the request that `/compose` or `/song` makes of
the same, with tastes filled in and the learned style of the person worn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from bot import asking, lyrics_ask
from bot.agent import lexicon
from bot.agent.at import At
from bot.agent.meaning import spans
from bot.agent.tools.music import make, with_limit
from bot.agent.tools.types import Names, Text, Words
from bot.agent.values import Make
from bot.asking import Ask
from bot.domain import Request
from models import vocabulary
from models.vocabulary import normalise

OPEN = "You left everything to me, so style, key and all the rest are my choice."


async def compose(
    at: At,
    words: Words = "",
    style: Text = "",
    mood: Text = "",
    key: Text = "",
    tempo: Text = "",
    meter: Text = "",
    length: Text = "",
    purpose: Text = "",
    instruments: Names = (),
    without: Names = (),
    title: Text = "",
    taste: Literal["", "mine", "ours"] = "",
) -> Make:
    """Compose a new piece of music without words.

    words: the wish in the person's own words
    style: a style, such as waltz or lo-fi
    mood: a mood, or a curve such as calm -> tense
    key: such as D minor
    tempo: quarter notes per minute, or a word such as slow
    meter: such as 3/4
    length: such as 90 seconds or 16 bars
    purpose: what it is for, such as game or lullaby
    instruments: who plays; an ensemble such as string quartet
    without: who must not play
    title: the title
    taste: mine fills what is open from the person's taste, ours from everybody's here
    """
    ask = _ask(
        at, words, style=style, mood=mood, key=key, tempo=tempo, meter=meter, length=length,
        purpose=purpose, instruments=instruments, without=without, title=title, taste=taste,
    )  # fmt: skip
    return await make(at, replace(ask, request=with_limit(ask.request, at)))


async def song(
    at: At,
    words: Words = "",
    style: Text = "",
    mood: Text = "",
    key: Text = "",
    tempo: Text = "",
    meter: Text = "",
    length: Text = "",
    purpose: Text = "",
    instruments: Names = (),
    without: Names = (),
    title: Text = "",
    taste: Literal["", "mine", "ours"] = "",
    theme: Text = "",
    scheme: Text = "",
    language: Text = "",
    first_line: Text = "",
) -> Make:
    """Compose a new song: music with words to sing.

    words: the wish in the person's own words
    style: a style, such as country
    mood: a mood
    key: such as D minor
    tempo: quarter notes per minute, or a word such as slow
    meter: such as 3/4
    length: such as 90 seconds or 16 bars
    purpose: what it is for
    instruments: who plays
    without: who must not play
    title: the title
    taste: mine fills what is open from the person's taste, ours from everybody's here
    theme: what the words are about
    scheme: rhyme scheme, such as ABAB
    language: of the words, en or zh
    first_line: the person's own first line
    """
    ask = _ask(
        at, words, style=style, mood=mood, key=key, tempo=tempo, meter=meter, length=length,
        purpose=purpose, instruments=instruments, without=without, title=title, taste=taste,
    )  # fmt: skip
    asked = lyrics_ask.writing(
        theme, scheme=scheme, language=language, first_line=first_line, title=title
    )
    asked = lyrics_ask.joined(asked, ask.request.writing)
    if asked.mood is None and ask.request.brief.moods:  # what the music feels, the words say
        asked = replace(asked, mood=ask.request.brief.moods[0])
    request = replace(ask.request, kind="song", writing=asked)
    return await make(at, replace(ask, request=with_limit(request, at)))


def _ask(at: At, words: str, *, instruments: Sequence[str], length: str, **given: Any) -> Ask:
    """One reading of words and details; a detail overrides what the words say."""
    players, ensemble = split_ensemble(instruments)
    options = {
        **given, "length": told_length(length), "instruments": players, "ensemble": ensemble,
    }  # fmt: skip
    options = {name: value for name, value in options.items() if value}
    if not words and not options.keys() - {"taste"}:
        request = Request("compose", locale=at.asker.locale)
        notes = {"notes": [{"template": OPEN, "values": {}}]} if "taste" not in options else {}
        return Ask(request, notes, taste=options.get("taste"))
    return asking.understand(words, options, at.asker.locale)


def split_ensemble(names: Sequence[str]) -> tuple[list[str], str]:
    """Players, and the ensemble that was named in their place: it has its own players."""
    words = vocabulary.load()
    for name in names:
        if words.ensembles.find(name) and not words.instruments.find(name):
            return [], name
    return list(names), ""


def told_length(text: str) -> str:
    """A length as a brief takes it: "two minutes" -> "120 seconds", "short" -> "20 seconds"."""
    if (seconds := lexicon.SIZES.get(normalise(text))) is not None:
        return f"{seconds:g} seconds"
    found = spans.length(text) if text else None
    if found is None or found.times is not None:
        return text
    return f"{found.bars} bars" if found.bars else f"{found.seconds:g} seconds"
