"""The wordbook with its sounds: how each word may be sung, what it rhymes with, how it feels.

In: a wordbook and the pronouncing dictionary. Out: arrays over the words, so that a question about
fifteen thousand words ("which fit three syllables from here and rhyme with night?") is one line.

Only words with a single number of syllables are used: a writer may choose, and so nobody can count
otherwise than it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.lyricist.corpus import function_words, unsung_words
from models.lyricist.pronounce import Pronouncer, Reading
from models.lyricist.rhyme import perfect, rhyme_key, slant, slant_key
from models.lyricist.valence import lexicon as ratings
from models.lyricist.wordbook import LEAST, Wordbook

Words = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Value = TypeVar("Value")
HERE = Path(__file__).parent

#: Uses in the books from which on a word may end a line: rarer ones are there for the rhyme.
COMMON = 12
#: Function words a line may well end on; the others leave it hanging.
_ENDS = frozenset(
    ["you", "me", "him", "her", "it", "us", "them", "mine", "yours", "ours", "away", "again",
     "now", "then", "here", "there", "more", "all", "so", "too", "below", "above", "before", "be",
     "behind", "do", "done", "alone", "near", "around", "within", "out", "on", "along", "down"]
)  # fmt: skip


@dataclass(frozen=True)
class Lexicon:
    """Arrays over words: counts of syllables, stress patterns, families of rhyme, ratings.

    `pattern[w]` indexes `patterns`, tuples of ARPAbet stresses (1 main, 2 second, 0 none).
    `family` and `cousins` number the perfect and the slant rhyme classes.
    """

    words: tuple[str, ...]
    readings: tuple[Reading, ...]
    uses: npt.NDArray[np.int32]
    syllables: npt.NDArray[np.int8]
    pattern: npt.NDArray[np.int16]
    patterns: tuple[tuple[int, ...], ...]
    stem: Words
    family: Words
    cousins: Words
    function: Mask
    may_end: Mask
    coarse: Mask
    rating: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32]

    @cached_property
    def index(self) -> dict[str, int]:
        """Lower-case word -> its number."""
        return {word.lower(): number for number, word in enumerate(self.words)}

    @cached_property
    def family_size(self) -> Words:
        """For each word, how many words that may end a line are in its rhyme family."""
        sizes = np.bincount(self.family[self.may_end], minlength=int(self.family.max()) + 1)
        return np.asarray(sizes[self.family])

    def rhyming(self, reading: Reading, near: bool = False) -> Mask:
        """Which words rhyme with a reading: perfectly, or in the slant class too if `near`."""
        key = slant_key(reading) if near else rhyme_key(reading)
        codes = self._cousin_codes if near else self._family_codes
        found = np.zeros(len(self.words), bool)
        if key not in codes:
            return found
        numbers = self.cousins if near else self.family
        judge = slant if near else perfect
        for number in np.flatnonzero(numbers == codes[key]):
            found[number] = judge(reading, self.readings[number])
        return found

    @cached_property
    def _family_codes(self) -> dict[str, int]:
        return {rhyme_key(r): int(f) for r, f in zip(self.readings, self.family, strict=True)}

    @cached_property
    def _cousin_codes(self) -> dict[str, int]:
        return {slant_key(r): int(f) for r, f in zip(self.readings, self.cousins, strict=True)}


def build(book: Wordbook, pronouncer: Pronouncer) -> Lexicon:
    """The lexicon of a wordbook: words the dictionary counts in one way."""
    kept, readings = [], []
    for number, word in enumerate(book.words):
        if word.lower() in unsung_words():
            continue
        plain = [r for r in pronouncer.readings(word.lower()) if not r.elided]
        if plain and len({len(r.stresses) for r in pronouncer.readings(word.lower())}) == 1:
            kept.append(number)
            readings.append(plain[0])
    words = tuple(book.words[number] for number in kept)
    lower = [word.lower() for word in words]
    coarse = frozenset((HERE / "coarse_words.txt").read_text().split())
    function = np.array([word in function_words() for word in lower])
    pattern, patterns = _numbered([r.stresses for r in readings])
    family, _ = _numbered([rhyme_key(r) for r in readings])
    cousins, _ = _numbered([slant_key(r) for r in readings])
    return Lexicon(
        words=words,
        readings=tuple(readings),
        uses=book.counts[kept],
        syllables=np.array([len(r.stresses) for r in readings], np.int8),
        pattern=pattern.astype(np.int16),
        patterns=tuple(patterns),
        stem=_numbered([_stem(word) for word in lower])[0],
        family=family,
        cousins=cousins,
        function=function,
        may_end=np.array(
            [
                word in _ENDS or not (f or "'" in word)
                for word, f in zip(lower, function, strict=True)
            ]
        ),
        coarse=np.array([word in coarse for word in lower]),
        rating=np.array([ratings().get(word, 0.0) for word in lower], np.float32),
        vectors=book.vectors[kept],
    )


def _may_end(words: Sequence[str], function: Mask, uses: npt.NDArray[np.int32]) -> Mask:
    """Words of meaning that everybody knows, and the small words a line may stop on."""
    common = (uses >= COMMON) | (uses < LEAST)  # rare in the books yet here: a word of today
    plain = np.array(["'" not in word for word in words])
    return np.array([word in _ENDS for word in words]) | (common & plain & ~function)


def _stem(word: str) -> str:
    """What "sea", "seas" and "sea's" share: enough to see that a word comes again."""
    word = word.split("'")[0]
    for ending in ("ings", "ing", "ers", "est", "er", "ed", "es", "ly", "s", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _numbered(values: Sequence[Value]) -> tuple[Words, list[Value]]:
    numbers: dict[Value, int] = {}
    codes = np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
    return codes, list(numbers)
