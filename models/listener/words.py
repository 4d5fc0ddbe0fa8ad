"""A message as words with their places: what the listener puts its labels on.

In: any text. Out: `Word`s: Latin words with their apostrophes, Chinese characters one by one (so
that no word segmentation is needed), every sign alone. Case is a feature of its own, since the
encoder reads everything small.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.vocabulary import normalise

#: Chinese characters, the rare blocks in use included.
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
    r"(?:['’][^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)*"
    r"|[^\w\s]|_"
)
#: Of a word: small, with a capital, in capitals, mixed or no letters, Chinese.
SHAPES = 5


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands there and its half-open characters of the text."""

    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """Small letters, simplified characters; never empty."""
        return normalise(self.text) or self.text


def split(text: str) -> list[Word]:
    """The words of a text, in order; none where it is empty or blank."""
    return [Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


def shape(word: str) -> int:
    """Which of `SHAPES` a word has: 0 none of the others, 1 small, 2 Title, 3 CAPITALS, 4 Han."""
    if HAN.match(word):
        return 4
    if not word[:1].isalpha():
        return 0
    return 1 if word.islower() else 2 if word.istitle() else 3 if word.isupper() else 0


def language(text: str) -> str:
    """Chinese ("zh") where at least one Chinese character stands, else "en"."""
    return "zh" if HAN.search(text) else "en"


def runs(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """(first, after last, name) of the runs that BIO tags mark; a stray I- begins a run."""
    found: list[tuple[int, int, str]] = []
    start, name = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        goes_on = tag.startswith("I-") and tag[2:] == name
        if name and not goes_on:
            found.append((start, at, name))
            name = ""
        if not goes_on and tag != "O":
            start, name = at, tag[2:]
    return found
