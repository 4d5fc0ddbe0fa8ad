"""Which letters of a word spell which of its phones.

In: a spelling and phones without digits. Out: pairs (letters, phones), one letter at a time, two
letters to one sound ("sh", "ee"), one letter to two sounds ("x"), or a silent letter. The best
path under the counts of `lexicon_data/letters.txt`, which `g2p_learn` finds by Viterbi training
on CMUdict (the joint-sequence model of Bisani & Ney, Speech Communication 2008).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

Pair = tuple[str, tuple[str, ...]]
VOWELS = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
)
DATA = Path(__file__).parent / "lexicon_data"
#: Letters and phones a pair may have.
SHAPES = ((1, 1), (2, 1), (1, 0), (1, 2))


class Costs:
    """The cost in nats of spelling some phones with some letters."""

    def __init__(self, counts: Mapping[Pair, float]) -> None:
        total = sum(counts.values())
        self._cost = {pair: -math.log(count / total) for pair, count in counts.items()}

    def of(self, letters: str, phones: tuple[str, ...]) -> float:
        """The cost of a pair; of one never seen, one by which a path is only forced."""
        found = self._cost.get((letters, phones))
        return 25.0 + 5.0 * len(letters) if found is None else found


@cache
def load_costs() -> Costs:
    """The costs learned from CMUdict, of pairs a reader would accept.

    Where "be" spells B or "ig" spells AY one letter is silent, and belongs to the sound on its
    other side or to none: such pairs, which only make paths shorter, are left out.
    """
    counts: Counter[Pair] = Counter()
    for line in (DATA / "letters.txt").read_text().splitlines():
        letters, count, *phones = line.split()
        if len(letters) == 1 or _natural(letters, phones[0]):
            counts[letters, tuple(phones)] += int(count)
    return Costs(counts)


def _natural(letters: str, phone: str) -> bool:
    if phone in VOWELS:
        return letters[0] in "aeiouy" and letters[1] in "aeiouywrh"
    return not set(letters) & set("aeiouy") and letters != "ht"


def align(letters: str, phones: Sequence[str], costs: Costs | None = None) -> tuple[Pair, ...]:
    """The cheapest pairs that spell `phones` with `letters` in order.

    Raises
    ------
    ValueError
        When there are more than twice as many phones as letters.
    """
    costs = costs or load_costs()
    wide = len(phones) + 1
    best = [math.inf] * ((len(letters) + 1) * wide)
    came: list[tuple[int, int]] = [(0, 0)] * len(best)
    best[0] = 0.0
    for i in range(len(letters)):
        for j in range(wide):
            here = best[i * wide + j]
            if here == math.inf:
                continue
            for more, sounds in SHAPES:
                if i + more > len(letters) or j + sounds >= wide:
                    continue
                cost = here + costs.of(letters[i : i + more], tuple(phones[j : j + sounds]))
                to = (i + more) * wide + j + sounds
                if cost < best[to]:
                    best[to], came[to] = cost, (more, sounds)
    if best[-1] == math.inf:
        raise ValueError(f"{letters!r} has too few letters for {len(phones)} phones")
    i, j, pairs = len(letters), len(phones), []
    while i:
        more, sounds = came[i * wide + j]
        pairs.append((letters[i - more : i], tuple(phones[j - sounds : j])))
        i, j = i - more, j - sounds
    return tuple(reversed(pairs))
