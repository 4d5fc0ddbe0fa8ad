"""The baselines a network must beat: single characters, and a trigram with Kneser-Ney smoothing.

In: poems. Out: nats of other poems' characters. Clause and line ends stand in the contexts, since
the network is told them too; they are given, so they cost nothing. Interpolated Kneser-Ney with
one discount an order (Chen and Goodman, "An empirical study of smoothing techniques", 1999).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from models.lyricist.chinese.corpus import Poem

CLAUSE, LINE = "，", "。"
_UNKNOWN = "?"


class Trigram:
    """Counts of three, two and one characters, the lower ones of kinds of contexts."""

    def __init__(self, poems: Iterable[Poem], known: Iterable[str]) -> None:
        self.known = frozenset(known)
        three: Counter[tuple[str, ...]] = Counter()
        self.single: Counter[str] = Counter()
        for poem in poems:
            for a, b, c in self._steps(poem):
                three[a, b, c] += 1
                self.single[c] += 1
        two: Counter[tuple[str, ...]] = Counter(row[1:] for row in three)
        one: Counter[tuple[str, ...]] = Counter(row[1:] for row in two)
        self.levels = [_Level(three, 2), _Level(two, 1), _Level(one, 0)]

    def _steps(self, poem: Poem) -> Iterator[tuple[str, str, str]]:
        """Each known character with the two before it."""
        a, b = LINE, LINE
        for line in poem.lines:
            for number, clause in enumerate(line):
                for c in clause:
                    c = c if c in self.known else _UNKNOWN
                    if c != _UNKNOWN:
                        yield a, b, c
                    a, b = b, c
                a, b = b, CLAUSE if number + 1 < len(line) else LINE

    def probability(self, a: str, b: str, c: str) -> float:
        """Of c after a and b."""
        value = 1 / len(self.known)
        for level, context in zip(reversed(self.levels), ((), (b,), (a, b)), strict=True):
            value = level.probability(context, c, value)
        return value

    def nats(self, poems: Iterable[Poem]) -> tuple[float, float, int]:
        """Summed nats by the trigram and by single characters (add one half), and how many."""
        by_three, by_one, count = 0.0, 0.0, 0
        total = sum(self.single.values()) + len(self.known) / 2
        for poem in poems:
            for a, b, c in self._steps(poem):
                by_three -= math.log(self.probability(a, b, c))
                by_one -= math.log((self.single[c] + 0.5) / total)
                count += 1
        return by_three, by_one, count


class _Level:
    """One order: what follows a context, less a discount that the shorter context receives."""

    def __init__(self, counts: Counter[tuple[str, ...]], size: int) -> None:
        self.counts = counts
        values = Counter(counts.values())
        self.discount = values[1] / max(1, values[1] + 2 * values[2])
        self.total: Counter[tuple[str, ...]] = Counter()
        self.kinds: Counter[tuple[str, ...]] = Counter()
        for row, count in counts.items():
            self.total[row[:size]] += count
            self.kinds[row[:size]] += 1

    def probability(self, context: tuple[str, ...], symbol: str, shorter: float) -> float:
        """Of a symbol after a context, told its probability after a shorter one."""
        total = self.total[context]
        if not total:
            return shorter
        seen = max(self.counts[*context, symbol] - self.discount, 0.0)
        return (seen + self.discount * self.kinds[context] * shorter) / total
