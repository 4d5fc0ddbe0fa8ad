"""Bar lines for a score that has one meter, from a file whose meter changes.

In: the time signatures of a file in beats. Out: the meter that rules longest and where every place
of the file goes so that each stretch begins on a bar line. A first stretch shorter than a bar is a
pickup and ends on one; a shorter or longer bar inside is filled up with silence, never cut.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from models.score import Meter

_EPSILON = 1e-4


@dataclass(frozen=True)
class BarLines:
    """One meter, and for every stretch of the file where it begins and how far it moves (beats).

    `share` (0..1) is how much of the file the meter rules.
    """

    meter: Meter
    share: float
    starts: tuple[float, ...] = (0.0,)
    shifts: tuple[float, ...] = (0.0,)

    def place(self, beat: float) -> float:
        """Where a place of the file stands in the score."""
        return beat + self.shifts[max(0, bisect_right(self.starts, beat + _EPSILON) - 1)]


def lay(signs: Sequence[tuple[float, Meter]], end: float) -> BarLines:
    """Bar lines from (beat, meter) pairs up to the end of the file; no pairs mean 4/4."""
    by_start = {max(0.0, at): meter for at, meter in sorted(signs, key=lambda s: s[0])}
    stretches = sorted(by_start.items()) or [(0.0, Meter())]
    if stretches[0][0] > 0:
        stretches.insert(0, (0.0, Meter()))  # the MIDI default
    ends = [at for at, _ in stretches[1:]] + [max(end, stretches[-1][0])]
    ruled: dict[Meter, float] = defaultdict(float)
    for (at, meter), stop in zip(stretches, ends, strict=True):
        ruled[meter] += max(0.0, min(stop, end) - at)
    meter = max(ruled, key=lambda m: ruled[m])
    total = sum(ruled.values())
    bar = meter.bar_beats
    starts, shifts, at = [], [], 0.0
    for number, ((start, _), stop) in enumerate(zip(stretches, ends, strict=True)):
        at = math.ceil(at / bar - _EPSILON) * bar
        if number == 0 and stop - start < bar - _EPSILON and len(stretches) > 1:
            at = bar - (stop - start)
        starts.append(start)
        shifts.append(at - start)
        at += stop - start
    share = ruled[meter] / total if total else 1.0
    return BarLines(meter, share, tuple(starts), tuple(shifts))
