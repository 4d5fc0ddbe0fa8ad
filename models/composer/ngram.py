"""The baseline a network must beat: 5-grams with Witten-Bell back-off over the same events.

In: encoded pieces. Out: nats of tokens and durations, and melodies drawn from the counts. Pitch is
key-relative (what an n-gram is good at); the next duration also sees the place in the bar. Witten
and Bell, *The zero-frequency problem*, 1991.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from models.composer.encode import (
    FIRST_ONSET,
    HOLD,
    MAX_DURATION,
    PITCH_HIGH,
    PITCH_LOW,
    REST,
    Event,
    events_of,
)
from models.composer.sheets import BAR_STEPS, LeadSheet

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

    def probabilities(self, context: Sequence[object]) -> npt.NDArray[np.float64]:
        """`probability` of all symbols at once, (size,)."""
        values = np.full(self.size, 1 / self.size)
        for start in range(len(context), -1, -1):
            table = self.tables.get(tuple(context[start:]))
            if table:
                values *= len(table)
                values[list(table)] += list(table.values())
                values /= sum(table.values()) + len(table)
        return values


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

    def sample(self, meter: str, bars: int, rng: np.random.Generator) -> list[Event]:
        """A melody drawn from the counts: events that tile `bars` bars, tonic at C.

        Only what cannot be written is forbidden: a duration over the bar line, and a held note
        anywhere but at the start of a bar that a note leads into.
        """
        events: list[Event] = []
        history: list[tuple[int, int]] = []
        bar, step, pitch = BAR_STEPS[meter], 0, 60
        while step < bars * bar:
            before, place = self._recent(history), step % bar
            chances = self.symbols.probabilities((*before, place))
            if place or not events or events[-1].kind == REST:
                chances[HOLD] = 0
            symbol = int(rng.choice(len(chances), p=chances / chances.sum()))
            chances = self.durations.probabilities(_within(before, symbol, meter, place))
            room = min(MAX_DURATION, bar - place)
            length = 1 + int(rng.choice(room, p=chances[:room] / chances[:room].sum()))
            pitch = symbol - FIRST_ONSET + PITCH_LOW if symbol >= FIRST_ONSET else pitch
            events.append(Event(step, min(symbol, FIRST_ONSET), pitch, length))
            history.append((symbol, length))
            step += length
        return events

    def _recent(self, history: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
        return history[-(self.order - 1) :]

    def _steps(self, sheet: LeadSheet) -> Iterator[tuple[Context, int, Context, int]]:
        history: list[tuple[int, int]] = []
        for event in events_of(sheet):
            recent = self._recent(history)
            place = event.step % sheet.bar_steps
            symbol = _symbol(event)
            # The place in the bar stands nearest: it is known and says most about what follows.
            within = _within(recent, symbol, sheet.meter, place)
            yield (*recent, place), symbol, within, event.duration - 1
            history.append((symbol, event.duration))


def _within(recent: Sequence[tuple[int, int]], symbol: int, meter: str, place: int) -> Context:
    """What a duration depends on."""
    return (*(d for _, d in recent), min(symbol, FIRST_ONSET), (meter, place))


def _symbol(event: Event) -> int:
    if event.kind < FIRST_ONSET:
        return event.kind
    return FIRST_ONSET + min(max(event.pitch, PITCH_LOW), PITCH_HIGH) - PITCH_LOW
