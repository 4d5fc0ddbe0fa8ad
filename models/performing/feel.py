"""What a band has in common: its swing, its sixteenths, and the pulse that all its players follow.

In: a plan, its length, a seed. Out: a `Feel` that says where a place on the grid is in time. Swing
falls with the tempo as measured, and its short note is never shorter than about 100 ms (Friberg &
Sundstroem, "Swing Ratios and Ensemble Timing in Jazz Performance", Music Perception 19, 2002). The
pulse wanders as a circle of coloured noise, so that the end of a loop meets its start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from models.performing import noise
from models.performing.tables import Group, group_of, humanity, tables
from models.planner.plan import Plan
from models.score import Note, Score
from models.vocabulary import load

#: From this swing on a style is in swung eighths; below it a hint of swing is left as it is.
_SWUNG = 0.57
_SHORT_NOTE = 0.1  # seconds
_STEPS = 4  # of the pulse in a beat
#: Of the distance to the same pitch's next note: two may not change places. Beats per beat.
ROOM = 0.35
_FARTHEST = 0.035  # seconds that the pulse may wander: two and a half standard deviations


class Feel:
    """The time that a band shares; `human` is 0 for machines, 1 for people."""

    def __init__(self, score: Score, plan: Plan, seed: int) -> None:
        style = load().styles[plan.style]
        self.human = humanity(style)
        self.group: Group = group_of(style)
        self.beats_per_second = plan.bpm / 60
        self.compound = score.meter.is_compound
        self.swung = plan.swing >= _SWUNG and not self.compound
        self.swing = self._swing(plan)
        self.sixteenth = 0.5
        if not self.swung and not self.compound:
            self.sixteenth += self.human * (self.group.sixteenth - 0.5)
        measured = tables()
        steps = round(score.beats * _STEPS)
        circle = noise.coloured(Random(f"{seed}/pulse"), steps, measured.colour, measured.knee)
        size = self.human * measured.pulse / 1000
        self._pulse = [max(-_FARTHEST, min(_FARTHEST, float(v) * size)) for v in circle]

    def _swing(self, plan: Plan) -> float:
        """Where the off-eighth falls in its beat at the plan's tempo."""
        if not self.swung:
            return plan.swing
        at_140, slope = tables().swing
        change = (at_140 - 0.5 + slope * (plan.bpm - 140) / 100) / (at_140 - 0.5)
        people = 0.5 + (plan.swing - 0.5) * change
        people = min(people, max(0.5, 1 - _SHORT_NOTE * self.beats_per_second))
        return plan.swing + self.human * (people - plan.swing)

    def place(self, beat: float) -> float:
        """A place of the grid as this band divides its beats; triplets stay as they are."""
        if self.compound:
            return beat
        whole, within = divmod(beat, 1.0)
        if abs(within * 4 - round(within * 4)) > 1e-6:
            return beat
        half, rest = divmod(within * 2, 1.0)
        if rest:
            rest = self.sixteenth
        middle = self.swing
        return whole + (middle * rest if half == 0 else middle + (1 - middle) * rest)

    def pulse(self, beat: float) -> float:
        """Seconds by which the whole band is late at a place of the grid."""
        return self._pulse[round(beat * _STEPS) % len(self._pulse)]


def rooms(notes: Sequence[Note]) -> list[float]:
    """Beats between each note of a track and the nearest other one of its pitch, at most 1."""
    by_pitch: defaultdict[int, list[int]] = defaultdict(list)
    for i in sorted(range(len(notes)), key=lambda i: notes[i].onset):
        by_pitch[notes[i].pitch].append(i)
    found = [1.0] * len(notes)
    for members in by_pitch.values():
        for a, b in pairwise(members):
            gap = notes[b].onset - notes[a].onset
            found[a], found[b] = min(found[a], gap), min(found[b], gap)
    return found
