"""Voices of one family keep their order: crossing, spacing and leaps, found and mended.

In: the lines of an ensemble's family from the highest seat to the lowest, one note at a time each.
Out: faults, or lines in which nobody crosses a neighbour, choir voices stay within their spacing
and nobody leaps too far. Rules after Piston, *Harmony* (5th ed. 1987), ch. 2, and Adler, *The
Study of Orchestration* (4th ed. 2016), ch. 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from models.score import Note

_EPSILON = 1e-6
_BREATH = 1.0  # beats of rest after which a leap is none
Fault = tuple[int, float, str, str]  # line, beat, rule, what


@dataclass(frozen=True, slots=True)
class Line:
    """A seat's notes and range; a `fixed` one is never changed, others give way to it."""

    notes: tuple[Note, ...]
    low: int
    high: int
    fixed: bool = False
    melody: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Most semitones between neighbours above the lowest line, and of a leap; 0 for no limit."""

    spacing: int = 0
    leap: int = 0

    def apart(self, upper: int, lower: int, lowest: int) -> int:
        """Most semitones from line `upper` down to `lower` of lines 0..`lowest`; 0: any."""
        return self.spacing if lower == upper + 1 and lower < lowest else 0


def faults(lines: Sequence[Line], order: Order) -> Iterator[Fault]:
    """What is wrong between the lines, where it begins."""
    lowest = len(lines) - 1
    for beat, fresh, sounding in _events([line.notes for line in lines]):
        for i, j in combinations(sorted(sounding), 2):
            if not {i, j} & fresh:
                continue
            gap = sounding[i].pitch - sounding[j].pitch
            most = order.apart(i, j, lowest)
            if gap < 0:
                yield j, beat, "crossing", f"{sounding[j].pitch} above {sounding[i].pitch}"
            elif most and gap > most:
                yield j, beat, "spacing", f"{gap} semitones below the next voice"
    for i, line in enumerate(lines):
        if order.leap and not line.melody:
            for a, b in pairwise(line.notes):
                if b.onset - a.end < _BREATH and abs(b.pitch - a.pitch) > order.leap:
                    yield i, b.onset, "leap", f"{abs(b.pitch - a.pitch)} semitones"


def _events(
    lines: Sequence[Sequence[Note]],
) -> Iterator[tuple[float, set[int], dict[int, Note]]]:
    """(beat, lines that begin a note there, line -> its sounding note), in order."""
    starts = sorted((n.onset, i, k) for i, notes in enumerate(lines) for k, n in enumerate(notes))
    sounding: dict[int, Note] = {}
    at = 0
    while at < len(starts):
        beat, fresh = starts[at][0], set()
        sounding = {i: n for i, n in sounding.items() if n.end > beat + _EPSILON}
        while at < len(starts) and starts[at][0] <= beat + _EPSILON:
            _, i, k = starts[at]
            sounding[i] = lines[i][k]
            fresh.add(i)
            at += 1
        yield beat, fresh, sounding


def mend(
    lines: Sequence[Line], order: Order, tones: Callable[[float], Sequence[int]]
) -> list[tuple[Note, ...]]:
    """The lines in order: octave shifts first, then another tone of the chord, else a rest.

    `tones` gives the pitch classes of the chord at a beat. Only fixed lines can still be at odds
    with each other.
    """
    return _Mender(lines, order, tones).run()


class _Mender:
    def __init__(
        self, lines: Sequence[Line], order: Order, tones: Callable[[float], Sequence[int]]
    ) -> None:
        self.lines, self.order, self.tones = lines, order, tones
        self.done: list[list[Note]] = [[] for _ in lines]
        self.sounding: dict[int, Note] = {}

    def run(self) -> list[tuple[Note, ...]]:
        starts = sorted((n.onset, i, n) for i, line in enumerate(self.lines) for n in line.notes)
        at = 0
        while at < len(starts):
            beat = starts[at][0]
            fresh: list[tuple[int, Note]] = []
            while at < len(starts) and starts[at][0] <= beat + _EPSILON:
                fresh.append(starts[at][1:])
                at += 1
            self._step(beat, fresh)
        return [tuple(notes) for notes in self.done]

    def _step(self, beat: float, fresh: Sequence[tuple[int, Note]]) -> None:
        self.sounding = {
            i: n
            for i, n in self.sounding.items()
            if n.end > beat + _EPSILON and all(i != j for j, _ in fresh)
        }
        for i, note in fresh:
            if self.lines[i].fixed:
                self._place(i, note)
                for j in [j for j in self.sounding if j != i]:
                    if not self.lines[j].fixed and not self._agree(i, j):
                        self._cut(j, beat)
        for i, note in fresh:
            if not self.lines[i].fixed:
                pitch = self._pitch(i, note)
                if pitch is not None:
                    self._place(i, note if pitch == note.pitch else replace(note, pitch=pitch))

    def _place(self, i: int, note: Note) -> None:
        self.done[i].append(note)
        self.sounding[i] = note

    def _cut(self, i: int, beat: float) -> None:
        """A held note ends where it would be in the way; one that has just begun goes."""
        note = self.sounding.pop(i)
        if beat - note.onset > _EPSILON:
            self.done[i][-1] = replace(note, duration=beat - note.onset)
        else:
            self.done[i].pop()

    def _agree(self, i: int, j: int) -> bool:
        upper, lower = min(i, j), max(i, j)
        gap = self.sounding[upper].pitch - self.sounding[lower].pitch
        most = self.order.apart(upper, lower, len(self.lines) - 1)
        return gap >= 0 and (not most or gap <= most)

    def _pitch(self, i: int, note: Note) -> int | None:
        """The nearest way to keep a note: itself, an octave away, another chord tone, or None."""
        low, high = self._room(i, note)
        inside = [p for k in (0, 12, -12, 24, -24) if low <= (p := note.pitch + k) <= high]
        if inside:
            return inside[0]
        pcs = {pc % 12 for pc in self.tones(note.onset)}
        others = [p for p in range(low, high + 1) if p % 12 in pcs]
        return min(others, key=lambda p: (abs(p - note.pitch), p), default=None)

    def _room(self, i: int, note: Note) -> tuple[int, int]:
        line, lowest = self.lines[i], len(self.lines) - 1
        low, high = line.low, line.high
        for j, other in self.sounding.items():
            most = self.order.apart(min(i, j), max(i, j), lowest)
            if j < i:
                high = min(high, other.pitch)
                low = max(low, other.pitch - most) if most else low
            else:
                low = max(low, other.pitch)
                high = min(high, other.pitch + most) if most else high
        if self.order.leap and not line.melody and self.done[i]:
            last = self.done[i][-1]
            if note.onset - last.end < _BREATH:
                low = max(low, last.pitch - self.order.leap)
                high = min(high, last.pitch + self.order.leap)
        return low, high


def parallels(lines: Sequence[Sequence[Note]]) -> int:
    """Consecutive perfect fifths, octaves and unisons between two lines that both move.

    Both must begin a note at both places; the same chord struck again counts for none.
    """
    found = 0
    before: dict[int, Note] = {}
    for _, fresh, sounding in _events(lines):
        for i, j in combinations(sorted(sounding), 2):
            if {i, j} <= fresh and i in before and j in before:
                a, b = before[i].pitch - before[j].pitch, sounding[i].pitch - sounding[j].pitch
                moved = (sounding[i].pitch - before[i].pitch) * (
                    sounding[j].pitch - before[j].pitch
                )
                found += a % 12 == b % 12 and a % 12 in (0, 7) and moved > 0
        before = {**before, **{i: sounding[i] for i in fresh}}
    return found
