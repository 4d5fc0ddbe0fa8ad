"""The baseline a network must beat: 5-grams with Witten-Bell back-off over the same events.

In: encoded pieces. Out: nats of tokens and durations. Pitch is key-relative (what an n-gram is good
at); the next duration also sees the place in the bar. Witten and Bell, *The zero-frequency
problem*, 1991.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from models.composer.encode import MAX_DURATION, PITCH_HIGH, PITCH_LOW, Event, events_of
from models.composer.sheets import LeadSheet

_SYMBOLS = PITCH_HIGH - PITCH_LOW + 3
Context = tuple[object, ...]


class BackOff:
    """Counts of a symbol after contexts of falling length; probabilities by interpolation."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tables: dict[Context, Counter[int]] = defaultdict(Counter)

    def add(self, context: Sequence[object], symbol: int) -> None:
        """Count a symbol after every suffix of its context, nearest element last."""
        for start in range(len(context) + 1):
            self.tables[tuple(context[start:])][symbol] += 1

    def probability(self, context: Sequence[object], symbol: int) -> float:
        """Witten-Bell: each order gives as much to the shorter one as it has seen kinds."""
        value = 1 / self.size
        for start in range(len(context), -1, -1):
            table = self.tables.get(tuple(context[start:]))
            if table:
                total, kinds = sum(table.values()), len(table)
                value = (table[symbol] + kinds * value) / (total + kinds)
        return value


class Ngram:
    """Two back-off models: what comes next, then how long it lasts."""

    def __init__(self, order: int = 5) -> None:
        self.order = order
        self.symbols, self.durations = BackOff(_SYMBOLS), BackOff(MAX_DURATION)

    def fit(self, sheets: Iterable[LeadSheet]) -> Ngram:
        """Count the training sheets."""
        for sheet in sheets:
            for before, symbol, within, length in self._steps(sheet):
                self.symbols.add(before, symbol)
                self.durations.add(within, length)
        return self

    def nats(self, sheet: LeadSheet) -> float:
        """Summed nats of a sheet's events."""
        total = 0.0
        for before, symbol, within, length in self._steps(sheet):
            total -= math.log(self.symbols.probability(before, symbol))
            total -= math.log(self.durations.probability(within, length))
        return total

    def _steps(self, sheet: LeadSheet) -> Iterator[tuple[Context, int, Context, int]]:
        history: list[tuple[int, int]] = []
        for event in events_of(sheet):
            recent = history[-(self.order - 1) :]
            place = event.step % sheet.bar_steps
            symbol = _symbol(event)
            # The place in the bar stands nearest: it is known and says most about what follows.
            yield (
                (*recent, place),
                symbol,
                (*(d for _, d in recent), min(symbol, 2), (sheet.meter, place)),
                event.duration - 1,
            )
            history.append((symbol, event.duration))


def _symbol(event: Event) -> int:
    if event.kind < 2:
        return event.kind
    return 2 + min(max(event.pitch, PITCH_LOW), PITCH_HIGH) - PITCH_LOW
