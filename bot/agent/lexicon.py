"""Every spelling of the vocabulary as a table from words to what they mean.

In: the vocabulary. Out: tokens of a text with their places, and a longest-match look-up over token
runs (English words and single Chinese characters alike, so that 悲伤的钢琴曲 needs no word
segmentation). Words that carry no musical meaning are listed in `fillers.txt`, English words that
look like a misspelling of the vocabulary and are none in `ordinary.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from models import vocabulary
from models.planner import quantities
from models.vocabulary import normalise

# Meanings of a run of tokens by kind: "style", "mood", "instrument", "kit", "group", "ensemble",
# "purpose", "tempo" (a word of TEMPO_WORDS), "pace", "size", "filler".
Meanings = Mapping[str, str]
#: Words for a length without a number -> seconds.
SIZES: dict[str, float] = {
    "very short": 10, "tiny": 10, "short": 20, "brief": 20, "long": 120, "very long": 240,
    "很短": 10, "短": 20, "短小": 20, "简短": 20, "长": 120, "很长": 240,
}  # fmt: skip

_TOKEN = re.compile(r"[a-z0-9]+(?:[&'][a-z0-9]+)*|[^\s\-_]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A lower-case word, a Chinese character or a sign, and its half-open span in the text."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is Latin letters, and not a number or a sign."""
        return self.text[0].isascii() and self.text[0].isalpha()


@dataclass(frozen=True)
class Lexicon:
    """`table` maps runs of tokens to meanings; `longest` is the longest run, in tokens.

    `words` are the Latin words of five letters or more that spell the vocabulary, by first letter
    and length: what a misspelt word can be corrected to. `ordinary` words are never corrected.
    """

    table: Mapping[tuple[str, ...], Meanings]
    longest: int
    words: Mapping[tuple[str, int], frozenset[str]]
    ordinary: frozenset[str]

    def at(self, tokens: Sequence[str], place: int) -> tuple[int, Meanings] | None:
        """The longest run that starts at `place`: (number of tokens, meanings), or None."""
        for size in range(min(self.longest, len(tokens) - place), 0, -1):
            run = tuple(tokens[place : place + size])
            if meanings := self.table.get(run):
                return size, meanings
            for last in _stems(run[-1]):
                if meanings := self.table.get((*run[:-1], last)):
                    return size, meanings
        return None

    def knows(self, word: str) -> bool:
        """Whether a word occurs in any spelling, or is an ordinary word."""
        return word in self.ordinary or any(
            w in self.words.get((w[0], len(w)), ()) for w in (word, *_stems(word))
        )

    def like(self, word: str, edits: int) -> set[str]:
        """Words of the vocabulary with the same first letter whose length is within `edits`."""
        sizes = range(len(word) - edits, len(word) + edits + 1)
        return {w for size in sizes for w in self.words.get((word[0], size), ())}


def tokenise(text: str) -> list[Token]:
    """Tokens of a folded text; hyphens separate like spaces, other signs stand alone."""
    text = re.sub(r"(?<=[a-z])'n'(?=[a-z])", " n ", text)
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def is_han(text: str) -> bool:
    """Whether there is a Chinese character in a text."""
    return bool(_HAN.search(text))


_ENDINGS = (
    ("iest", "y"), ("ier", "y"), ("ies", "y"), ("es", ""), ("s", ""), ("ly", ""), ("est", ""),
    ("er", ""), ("er", "e"), ("ish", ""), ("esque", ""), ("y", ""),
)  # fmt: skip


def _stems(word: str) -> list[str]:
    """A word without its English ending (plural, adverb, comparative), in order of trust."""
    if len(word) < 5 or not word.isalpha():
        return []
    fits = [(e, put) for e, put in _ENDINGS if word.endswith(e) and len(word) > len(e) + 2]
    stems = [word[: -len(ending)] + put for ending, put in fits]
    return stems + [stem[:-1] for stem in stems if stem[-1] == stem[-2]]  # saddest, bigger


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """Build the table once from the vocabulary, the tempo words and the fillers."""
    words = vocabulary.load()
    table: dict[tuple[str, ...], dict[str, str]] = {}

    def add(kind: str, spelling: str, meaning: str) -> None:
        run = tuple(token.text for token in tokenise(normalise(spelling)))
        table.setdefault(run, {}).setdefault(kind, meaning)

    for catalogue in (
        words.styles,
        words.moods,
        words.instruments,
        words.groups,
        words.purposes,
        words.ensembles,
    ):
        for spelling, key in catalogue.spellings.items():
            add(catalogue.kind, spelling, key)
    for kit in words.kits:  # not their ids: "jazz" and "electronic" are styles to people
        for spelling in (*kit.names.values(), *kit.aliases):
            add("kit", spelling, kit.id)
    for word in quantities.TEMPO_WORDS:
        add("tempo", word, word)
    for word in quantities.PACE_WORDS:
        add("pace", word, word)
    for word in SIZES:
        add("size", word, word)
    spelled = {w for run in table for w in run if len(w) >= 5 and w.isascii() and w.isalpha()}
    fillers = _listed("fillers.txt")
    for word in fillers:
        add("filler", word, word)
    by_shape: dict[tuple[str, int], set[str]] = {}
    for word in spelled:
        by_shape.setdefault((word[0], len(word)), set()).add(word)
    return Lexicon(
        table=table,
        longest=max(map(len, table)),
        words={shape: frozenset(group) for shape, group in by_shape.items()},
        ordinary=frozenset(fillers + _listed("ordinary.txt")),
    )


def _listed(name: str) -> list[str]:
    """Words of a list beside this file: commas or lines between them, # for comments."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [word for line in lines for word in re.split(r",\s*", line) if word]
