"""The longest run of words that stands in other texts too.

In: stanzas to index, by every run of six words; a text. Out: words in its longest run that is
indexed, over its line ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.lyricist.corpus import Stanza, words_of

#: Words of a run that is a copy, and from which on two stanzas are one poem in two books.
LEAST, SAME = 6, 12


def index_of(stanzas: Iterable[Stanza]) -> set[int]:
    """The 64-bit hash of every run of six words; two runs share one by chance in 10^13."""
    return {key for stanza in stanzas for key in _keys(_plain(" ".join(stanza.lines)))}


def longest(text: str, index: set[int]) -> int:
    """Words in the longest run whose every six words are indexed; 0 when none are."""
    run = best = 0
    for key in _keys(_plain(text)):
        run = run + 1 if key in index else 0
        best = max(best, run + LEAST - 1 if run else 0)
    return best


def _plain(text: str) -> list[str]:
    return [word.lower() for word in words_of(text)]


def _keys(words: Sequence[str]) -> list[int]:
    return [hash(tuple(words[i : i + LEAST])) for i in range(len(words) - LEAST + 1)]
