"""Voice leading for parts between a given top and a given bottom, solved over a whole passage.

In: slots (a chord, the melody above, the bass below) and the ranges of the inner voices. Out: a
pitch for each inner voice in each slot. Dynamic programming over all voicings of each chord: the
cost of a voicing is what textbooks ask of it, of a step the semitones moved, with parallels, leaps
and overlaps charged (Tymoczko, *A Geometry of Music*, 2011, ch. 2 and 8; Piston, *Harmony*, 5th ed.
1987, ch. 2: doubling, spacing, parallels; Huron, "Tone and Voice", Music Perception 19, 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.arranger.hands import tables
from models.theory import QUALITIES, Chord

Range = tuple[int, int]
_KEPT = 40  # voicings of a slot that the search follows
_PARALLEL, _OVERLAP, _CLASH, _UNISON, _WIDE = 24.0, 3.0, 12.0, 4.0, 6.0
_NO_THIRD, _NO_SEVENTH, _NO_ROOT, _NO_FIFTH, _TWO_THIRDS = 8.0, 5.0, 3.0, 0.5, 3.0
_MUDDY = 8.0
_OCTAVE = 12

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of one chord, `start` to `end` in beats.

    `top` sounds in the melody at its start (None: a rest), `melody` anywhere in it, in order;
    `low` is the same of the bass, `bass` what sounds there at its start.
    """

    start: float
    end: float
    chord: Chord
    top: int | None = None
    melody: tuple[int, ...] = ()
    bass: int | None = None
    low: tuple[int, ...] = ()

    @property
    def ceiling(self) -> int:
        """The highest an inner voice may go."""
        return min(self.melody, default=127)

    @property
    def floor(self) -> int:
        """The lowest an inner voice may go."""
        return max(self.low, default=0)


def lead(slots: Sequence[Slot], ranges: Sequence[Range]) -> list[tuple[int, ...]]:
    """The cheapest way through all slots: pitches of the inner voices, the highest voice first."""
    if not slots or not ranges:
        return [() for _ in slots]
    options = [_options(slot, ranges) for slot in slots]
    total = options[0][1]
    back: list[_Ints] = []
    for i in range(1, len(slots)):
        steps = total[:, None] + _motion(slots[i - 1], slots[i], options[i - 1][0], options[i][0])
        best = steps.argmin(axis=0)
        back.append(best)
        total = steps[best, np.arange(steps.shape[1])] + options[i][1]
    at = int(total.argmin())
    path = [at]
    for best in reversed(back):
        at = int(best[at])
        path.append(at)
    rows = zip(options, reversed(path), strict=True)
    return [tuple(int(p) for p in found[at]) for (found, _), at in rows]


def _options(slot: Slot, ranges: Sequence[Range]) -> tuple[_Ints, _Floats]:
    """The best voicings of a slot, (K, voices), and their costs, (K,)."""
    pcs = set(slot.chord.pcs)
    choices = []
    for low, high in ranges:
        tones = [p for p in range(low, high + 1) if p % 12 in pcs]
        free = [p for p in tones if slot.floor <= p <= slot.ceiling]
        # With no room under the melody the voice goes as low as it can; the post-pass rests it.
        choices.append(free or tones[:1])
    found = np.stack(np.meshgrid(*choices, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    falling = (found[:, :-1] >= found[:, 1:]).all(axis=1)
    found = found[falling] if falling.any() else found
    cost = _static(slot, found, ranges)
    best = np.argsort(cost, kind="stable")[:_KEPT]
    return found[best], cost[best]


def _static(slot: Slot, found: _Ints, ranges: Sequence[Range]) -> _Floats:
    """What is wrong with each voicing by itself."""
    cost = np.zeros(len(found))
    middle = np.array([(low + high) / 2 for low, high in ranges])
    cost += 0.06 * np.abs(found - middle).sum(axis=1)
    for pitch in set(slot.melody):
        cost += _CLASH * (np.abs(found - pitch) % 12 == 1).sum(axis=1)
    upper = found if slot.top is None else np.column_stack([np.full(len(found), slot.top), found])
    gaps = upper[:, :-1] - upper[:, 1:]
    cost += _WIDE * (gaps > _OCTAVE).sum(axis=1) + 0.5 * np.maximum(gaps - _OCTAVE, 0).sum(axis=1)
    cost += _UNISON * (gaps == 0).sum(axis=1)
    cost += _CLASH / 2 * (gaps == 1).sum(axis=1)
    if slot.bass is not None:
        above = found[:, -1] - slot.bass
        cost += _UNISON * (above == 0) + 0.3 * np.maximum(above - 16, 0)
        for interval, limit in tables()["low_intervals"].items():
            cost += _MUDDY * (above == int(interval)) * (slot.bass < limit)
    return cost + _tones(slot, found)


def _tones(slot: Slot, found: _Ints) -> _Floats:
    """What is missing from a voicing, and what is in it twice."""
    given = [p % 12 for p in (slot.top, slot.bass) if p is not None]
    sounding = np.column_stack([found % 12, np.tile(given, (len(found), 1)).astype(np.int64)])
    root, tones = slot.chord.root_pc, QUALITIES[slot.chord.quality]
    third = next((t for t in (4, 3, 5, 2) if t in tones), None)
    seventh = next((t for t in (10, 11, 9) if t in tones), None)
    fifth = next((t for t in (7, 6, 8) if t in tones), None)
    cost = np.zeros(len(found))
    for tone, price in (
        (third, _NO_THIRD),
        (seventh, _NO_SEVENTH),
        (0, _NO_ROOT),
        (fifth, _NO_FIFTH),
    ):
        if tone is not None:
            cost += price * ~(sounding == (root + tone) % 12).any(axis=1)
    for tone in (third, seventh):
        if tone is not None:
            times = (sounding == (root + tone) % 12).sum(axis=1)
            cost += _TWO_THIRDS * np.maximum(times - 1, 0)
    return cost


def _motion(a: Slot, b: Slot, before: _Ints, after: _Ints) -> _Floats:
    """What each step from a voicing of `a` to one of `b` costs: (K before, K after)."""
    old, new = before[:, None, :], after[None, :, :]
    moved = np.abs(new - old)
    cost: _Floats = moved.sum(axis=2) + 2.0 * np.maximum(moved - 5, 0).sum(axis=2)
    cost += 20.0 * (moved > _OCTAVE).sum(axis=2)
    cost += _OVERLAP * (new[:, :, 1:] > old[:, :, :-1]).sum(axis=2)
    cost += _OVERLAP * (new[:, :, :-1] < old[:, :, 1:]).sum(axis=2)
    voices = [(old[:, :, i], new[:, :, i]) for i in range(before.shape[1])]
    for line, y in ((a.melody, b.top), (a.low, b.bass)):
        if line and y is not None:  # the last notes of the outer voices lead on, not the first
            voices.append((np.full((1, 1), line[-1]), np.full((1, 1), y)))
    for (p, q), (r, s) in combinations(voices, 2):
        first, second = np.abs(p - r) % 12, np.abs(q - s) % 12
        together = (q - p) * (s - r) > 0
        cost += _PARALLEL * ((first == second) & ((first == 0) | (first == 7)) & together)
    return cost
