"""A drummer: grid strokes at three levels become strokes of hands and feet.

In: a drum track on the grid, the plan, the band's `Feel`, a random generator. Out: the same strokes
with human timing and loudness, in the order they were in. Every stroke's place is the sum that
`tools/fit_playing.py` takes apart: the style's habit for limb and place, this piece's own, the
pulse, the limb's error. Loudness is drawn within the level that the arranger wrote, so that soft
stays softer than normal and normal than accented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from statistics import NormalDist, median

from models.arranger.kit import EDGES, VELOCITIES
from models.arranger.stage import VELOCITIES as RANGES
from models.performing.feel import ROOM, Feel, rooms
from models.performing.kit import class_of, place_of
from models.performing.noise import Hold
from models.performing.tables import tables
from models.planner.plan import Plan
from models.score import Meter, Note

_NORMAL = VELOCITIES[2]
#: Levels, as distances from the dynamics of the bar. The plain arranger's accents are smaller than
#: the learned one's, hence the upper edge halfway to its.
_SOFT_BELOW, _ACCENT_FROM = EDGES[0] - _NORMAL, 9
_REACH = VELOCITIES[3] - _NORMAL
_STEPS_OF_LOUDNESS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_LATEST = 0.045  # seconds: beyond two standard deviations it would be a wrong stroke
_CURVE = NormalDist()


class Drummer:
    """One drummer in one piece."""

    def __init__(self, plan: Plan, feel: Feel, rng: Random) -> None:
        self.plan, self.feel, self.rng = plan, feel, rng
        self._ways: dict[tuple[int, int], tuple[float, float]] = {}
        self._errors = [Hold(rng, hold) for hold in tables().hold]

    def play(self, track: Sequence[Note], meter: Meter) -> list[Note]:
        """The strokes of a track, at the places and loudnesses of people."""
        bases = [self._base(n.onset, meter) for n in track]
        levels = [
            0 if n.velocity < b + _SOFT_BELOW else 2 if n.velocity >= b + _ACCENT_FROM else 1
            for n, b in zip(track, bases, strict=True)
        ]
        accents = [
            n.velocity - b for n, b, level in zip(track, bases, levels, strict=True) if level == 2
        ]
        reach = min(1.0, median(accents) / _REACH) if accents else 1.0
        placed = [replace(n, onset=self.feel.place(n.onset)) for n in track]
        found = []
        for note, start, level, room in zip(track, placed, levels, rooms(placed), strict=True):
            slip, louder = self._stroke(note, level, meter)
            if (level == 1 and louder > 0) or (level == 2 and louder < 0):
                louder *= reach
            slip = max(-_LATEST, min(_LATEST, slip)) + self.feel.pulse(note.onset)
            moved = max(-room * ROOM, min(room * ROOM, slip * self.feel.beats_per_second))
            velocity = max(1, min(127, round(note.velocity + louder)))
            found.append(replace(start, onset=max(0.0, start.onset + moved), velocity=velocity))
        return found

    def _base(self, onset: float, meter: Meter) -> float:
        """The velocity of a normal stroke under the dynamics of a bar."""
        low, high = RANGES["drums"]
        bar = min(self.plan.bars - 1, int(onset / meter.bar_beats))
        return low + (high - low) * self.plan.section_at(bar).dynamics

    def _stroke(self, note: Note, level: int, meter: Meter) -> tuple[float, float]:
        """Seconds after the pulse, and velocity to add."""
        limb, place = class_of(note.pitch), place_of(note.onset, meter)
        spot = round(note.onset % meter.bar_beats * 4)
        measured, group, human = tables(), self.feel.group, self.feel.human
        if (limb, spot) not in self._ways:
            self._ways[limb, spot] = (
                self.rng.gauss(0, measured.take_timing[limb]),
                self.rng.gauss(0, measured.take_touch[limb]),
            )
        own_slip, own_touch = self._ways[limb, spot]
        error = self._errors[limb].next() * measured.limb_timing[limb][level]
        slip = (group.timing[limb][place] + own_slip + error) / 1000
        score = group.touch[limb][place] + own_touch
        score += self.rng.gauss(0, measured.limb_touch[limb][level])
        louder = _velocity(measured.loudness[limb][level], score) - VELOCITIES[1 + level]
        return human * slip, human * louder


def _velocity(steps: Sequence[float], score: float) -> float:
    """The velocity at a normal score of a distribution given by its quantiles."""
    share = _CURVE.cdf(score)
    for i, upper in enumerate(_STEPS_OF_LOUDNESS[1:]):
        if share <= upper:
            lower = _STEPS_OF_LOUDNESS[i]
            return steps[i] + (steps[i + 1] - steps[i]) * (share - lower) / (upper - lower)
    return steps[-1]
