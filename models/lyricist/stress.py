"""How well words sit on the beat: what the decoder obeys and the bench counts.

In: the words of a line, the stresses of each, the weight of each syllable's note. Out: a
`StressCount`. Two things are counted, as text-setting is described by J. Halle and F. Lerdahl ("A
Generative Textsetting Model", Current Musicology 55, 1993): whether a word's main stress lies on a
heavier note than the unstressed syllables beside it, and whether one-syllable words of meaning and
of grammar lie where the bar leans. A bar leans on a syllable (`is_strong`) that is on its first
beat, its middle or a long beat (weight 3 and more) and not lighter than the next one; so defined,
people's hymns put 80 % of their words of meaning there and 29 % of those of grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from models.lyricist.corpus import function_words, words_of
from models.lyricist.hymnal import Hymn
from models.lyricist.metre import weights
from models.lyricist.pronounce import Pronouncer
from models.lyrics import Sung

STRONG = 3.0


@dataclass(frozen=True)
class StressCount:
    """What was counted; add two with `+`. Shares are 0..1, 1.0 of nothing."""

    heavier: int = 0
    equal: int = 0
    violated: int = 0
    content: int = 0
    content_strong: int = 0
    function: int = 0
    function_strong: int = 0

    def __add__(self, other: StressCount) -> StressCount:
        names = (f.name for f in fields(self))
        return StressCount(**{n: getattr(self, n) + getattr(other, n) for n in names})

    @property
    def pairs(self) -> int:
        """Neighbours inside a word of which one has the main stress and the other none."""
        return self.heavier + self.equal + self.violated

    @property
    def kept(self) -> float:
        """Share of pairs whose stressed syllable is not the lighter one."""
        return 1 - self.violated / self.pairs if self.pairs else 1.0

    @property
    def heavier_share(self) -> float:
        """Share of pairs whose stressed syllable is the heavier one."""
        return self.heavier / self.pairs if self.pairs else 1.0

    @property
    def content_share(self) -> float:
        """Share of one-syllable words of meaning on strong places."""
        return self.content_strong / self.content if self.content else 1.0

    @property
    def function_share(self) -> float:
        """Share of one-syllable words of grammar on strong places; 0.0 of nothing."""
        return self.function_strong / self.function if self.function else 0.0


def is_strong(weights: Sequence[float], at: int) -> bool:
    """Whether the bar leans on a syllable; see the module."""
    following = weights[at + 1] if at + 1 < len(weights) else 0.0
    return weights[at] >= max(STRONG, following)


def rises(stresses: Sequence[int], weights: Sequence[float]) -> Iterator[float]:
    """For each pair inside a word how much heavier its stressed syllable is (below 0: violated).

    A pair is two neighbours of which one has the main stress (1) and the other none (0).
    """
    for (one, other), (here, there) in zip(pairwise(stresses), pairwise(weights), strict=False):
        if {one, other} == {0, 1}:
            yield (here - there) * (1 if one == 1 else -1)


def count_line(words: Iterable[tuple[str, Sequence[int]]], weights: Sequence[float]) -> StressCount:
    """A line's count, from each word and its syllables' stresses (0, 1, 2); "" says nothing."""
    total, at = StressCount(), 0
    for word, stresses in words:
        if word and len(stresses) == 1:
            strong = is_strong(weights, at)
            if word.lower() in function_words():
                total += StressCount(function=1, function_strong=int(strong))
            else:
                total += StressCount(content=1, content_strong=int(strong))
        for rise in rises(stresses, weights[at : at + len(stresses)]):
            total += StressCount(
                heavier=int(rise > 0), equal=int(rise == 0), violated=int(rise < 0)
            )
        at += len(stresses)
    return total


def stresses_of(word: str, syllables: int, pronouncer: Pronouncer) -> tuple[int, ...]:
    """The stresses of a word sung on so many syllables: its first listed reading that has them.

    A word that has none, or is not in the dictionary, has no stress that could be misplaced: its
    syllables are given the second stress (2).
    """
    if pronouncer.known(word):
        for reading in pronouncer.readings(word):
            if reading.syllables == syllables:
                return reading.stresses
    return (2,) * syllables


def count_sung(sung: Sequence[Sung], heavy: Sequence[float], pronouncer: Pronouncer) -> StressCount:
    """The count of syllables on notes, with the weight of each."""
    words: list[tuple[str, Sequence[int]]] = []
    begun: list[str] = []
    for syllable in sung:
        begun.append(syllable.text)
        if syllable.joined:
            continue
        found = words_of("".join(begun))
        # Two words on one note, or none: nothing to say of them.
        stresses = (2,) * len(begun)
        if len(found) == 1:
            stresses = stresses_of(found[0], len(begun), pronouncer)
        words.append((found[0] if len(found) == 1 else "", stresses))
        begun = []
    return count_line(words, heavy)


def count_hymns(hymns: Iterable[Hymn], pronouncer: Pronouncer) -> StressCount:
    """What people do: the count over every verse of hymns."""
    total = StressCount()
    for hymn in hymns:
        for verse in hymn.verses:
            spans = [(s.onset, s.end) for s in verse]
            total += count_sung(verse, weights(spans, hymn.melody.meter), pronouncer)
    return total
