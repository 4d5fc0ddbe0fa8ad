"""Pronunciations of words no dictionary lists, estimated from how English is spelled.

In: a lower-case spelling. Out: phones with stresses, the likeliest first. A joint n-gram over
pairs of letters and phones (Bisani & Ney, Speech Communication 2008) with interpolated Kneser-Ney
smoothing, searched with a beam; `g2p_learn` made its counts from CMUdict. A word has exactly one
main stress, so only such readings are given when there are any.
"""

from __future__ import annotations

import heapq
import io
import lzma
import math
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import numpy as np

from models.lyricist.align import DATA
from models.lyricist.elide import Phones, is_vowel

BEAM = 12
#: Units in a run, and bits each takes in the integer that stands for the run.
ORDER = 6
BITS = 10
#: What Kneser-Ney smoothing takes off every count.
DISCOUNT = 0.7


def pack(units: Sequence[int]) -> int:
    """A run of units as one integer, the last unit in the lowest bits."""
    packed = 0
    for unit in units:
        packed = packed << BITS | unit
    return packed


class Speller:
    """The counts, unpacked once; `load_speller()` gives the process's only one."""

    def __init__(self) -> None:
        file = io.BytesIO(lzma.decompress((DATA / "graphones.npz.xz").read_bytes()))
        arrays = np.load(file)
        names = str(arrays["units"]).split(" ")
        self.phones: list[Phones] = []
        #: Units that spell some letters: "sh" -> their numbers.
        self.spelling: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            letters, _, phones = name.partition(":")
            self.phones.append(tuple(phone for phone in phones.split("+") if phone))
            if name not in "<>":
                self.spelling[letters].append(number)
        self.start, self.end = names.index("<"), names.index(">")
        #: By length of run: its count; by length of context: the sum of the counts that follow
        #: it, and how many different units do.
        self._count: list[dict[int, int]] = []
        self._after: list[dict[int, tuple[int, int]]] = []
        for length in range(1, ORDER + 1):
            runs, counts = np.cumsum(arrays[f"runs{length}"]), arrays[f"counts{length}"]
            self._count.append(dict(zip(runs.tolist(), counts.tolist(), strict=True)))
            contexts, first, followers = np.unique(
                runs >> BITS, return_index=True, return_counts=True
            )
            sums = zip(np.add.reduceat(counts, first).tolist(), followers.tolist(), strict=True)
            self._after.append(dict(zip(contexts.tolist(), sums, strict=True)))

    def probability(self, context: Sequence[int], unit: int) -> float:
        """P(unit | context), interpolated over ever shorter contexts."""
        value, known = 1.0 / len(self.phones), 0
        for length in range(min(len(context), ORDER - 1) + 1):
            if length:
                known |= context[-length] << BITS * (length - 1)
            sums = self._after[length].get(known)
            if sums is None:
                break
            count = self._count[length].get(known << BITS | unit, 0)
            value = (max(count - DISCOUNT, 0.0) + DISCOUNT * sums[1] * value) / sums[0]
        return value

    def guess(self, word: str, most: int = 3) -> tuple[Phones, ...]:
        """Up to `most` readings of a spelling of letters a-z, the likeliest first.

        Each has a vowel; () when the model spells no such letters at all.
        """
        beams: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in range(len(word) + 1)]
        beams[0] = [(0.0, (self.start,))]
        for at in range(len(word)):
            for score, run in heapq.nlargest(BEAM, beams[at]):
                for size in (1, 2):
                    for unit in self.spelling.get(word[at : at + size], ()):
                        if at + size <= len(word):
                            chance = self.probability(run, unit)
                            beams[at + size].append((score + math.log(chance), (*run, unit)))
        ended = [
            (score + math.log(self.probability(run, self.end)), run)
            for score, run in heapq.nlargest(BEAM, beams[-1])
        ]
        total: dict[Phones, float] = defaultdict(float)
        for score, run in ended:
            total[tuple(phone for unit in run for phone in self.phones[unit])] += math.exp(score)
        ranked = sorted(total, key=lambda phones: -total[phones])
        if not any(is_vowel(phone) for phones in ranked for phone in phones):
            return ((*ranked[0][:1], "AH1", *ranked[0][1:]),)  # "shh" is sung on something
        stressed = [phones for phones in ranked if _main_stresses(phones) == 1]
        return tuple((stressed or ranked)[:most])


def _main_stresses(phones: Phones) -> int:
    return sum(phone.endswith("1") for phone in phones)


@cache
def load_speller() -> Speller:
    """The process's speller, unpacked at the first unlisted word."""
    return Speller()
