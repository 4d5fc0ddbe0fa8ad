"""How a stanza is written down for the language model, in learning and in writing.

    theme: snow, night | mood: sad | rhyme: ABAB | meter: 8 6 8 6
    8 night> The moon looks in upon the night
    ...

A line tells its syllables and its last word before its words: the rhyme is decided first and the
line is written towards it, left to right (the idea of J. Guo and others, arXiv 2405.05176, who
put the rhyme word in front of the line). A plain page is the lines alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from models.lyricist.corpus import Stanza

#: Starts and ends a page in SmolLM2's vocabulary.
BOUNDARY = "<|endoftext|>"


@dataclass(frozen=True)
class Page:
    """The text of one stanza: `header` is given (no loss), `body` is to be written."""

    header: str
    body: str


def header(themes: Sequence[str], mood: str | None, scheme: str, syllables: Sequence[int]) -> str:
    """The first line of a page; what is not asked is left out."""
    parts = []
    if themes:
        parts.append("theme: " + ", ".join(themes))
    if mood is not None:
        parts.append(f"mood: {mood}")
    parts.append(f"rhyme: {scheme}")
    parts.append("meter: " + " ".join(str(count) for count in syllables))
    return " | ".join(parts) + "\n"


def line_plan(syllables: int, end_word: str) -> str:
    """What stands before a line: its syllables and its last word."""
    return f"{syllables} {end_word}>"


def plain_page(stanza: Stanza) -> Page:
    """The lines alone."""
    return Page(header="", body="\n".join(stanza.lines) + "\n")


def planned_page(stanza: Stanza, themes: int = 2, mood: bool = True) -> Page:
    """The stanza with its first `themes` themes, its mood if wanted, and a plan for each line."""
    lines = (
        f"{line_plan(count, end)} {line}\n"
        for count, end, line in zip(stanza.syllables, stanza.end_words, stanza.lines, strict=True)
    )
    top = header(
        stanza.themes[:themes], stanza.mood if mood else None, stanza.scheme, stanza.syllables
    )
    return Page(header=top, body="".join(lines))


def varied_page(stanza: Stanza, rng: random.Random, plain_share: float) -> Page:
    """A page for learning: sometimes plain, else with 0 to 3 of its themes in any order."""
    if rng.random() < plain_share:
        return plain_page(stanza)
    count = rng.choices((0, 1, 2, 3), (1, 3, 3, 3))[0]
    chosen = rng.sample(stanza.themes[:5], min(count, len(stanza.themes)))
    shuffled = Stanza(**{**stanza.__dict__, "themes": tuple(chosen)})
    return planned_page(shuffled, themes=count, mood=rng.random() < 0.85)
