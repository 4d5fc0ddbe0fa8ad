"""Bar lines for a score that has one meter, from a file whose meter changes.

In: the time signatures of a file in beats. Out: the meter that rules longest and where every place
of the file goes so that each stretch begins on a bar line. A first stretch shorter than a bar is a
pickup and ends on one; a shorter or longer bar inside is filled up with silence, never cut. Or a
refusal (`require_one`), where another meter holds too much of the music for that to be true to it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.errors import Refusal
from models.score import Meter

_EPSILON = 1e-4
#: Share of a piece that may be in other meters: an odd bar or two, not a part.
_ODD = 0.1


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
    stretches = _stretches(signs)
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


def _stretches(signs: Sequence[tuple[float, Meter]]) -> list[tuple[float, Meter]]:
    """Where each meter begins, from the start of the file on."""
    by_start = {max(0.0, at): meter for at, meter in sorted(signs, key=lambda s: s[0])}
    stretches = sorted(by_start.items()) or [(0.0, Meter())]
    if stretches[0][0] > 0:
        stretches.insert(0, (0.0, Meter()))  # the MIDI default
    return stretches


def require_one(
    signs: Sequence[tuple[float, Meter]], end: float, ruling: Meter, *, whole: bool = False
) -> None:
    """Refuse music of which more than a tenth, up to `end` (beats), is not in the meter `ruling`.

    A pickup and what it leaves of the last bar are in no other meter, nor are bars that hold one
    or more bars of `ruling` (4/4 over 2/4); with `whole` they must be just as long.

    Raises
    ------
    Refusal
        With the bar of the first change, counted from 1 after a pickup, and the two meters.
    """
    stretches = _stretches(signs)
    ends = [at for at, _ in stretches[1:]] + [end]
    rows = [
        (min(stop, end) - start, meter)
        for (start, meter), stop in zip(stretches, ends, strict=True)
        if min(stop, end) - start > _EPSILON
    ]
    short = ruling.bar_beats - _EPSILON
    if len(rows) > 1 and rows[-1][0] < short:
        rows.pop()
    if len(rows) > 1 and rows[0][0] < short:
        rows.pop(0)
    other = sum(length for length, meter in rows if not _fits(meter, ruling, whole))
    if other <= _ODD * sum(length for length, _ in rows):
        return
    bar = 1
    for (length, meter), (_, following) in pairwise(rows):
        bar += math.ceil(length / meter.bar_beats - _EPSILON)
        if following != meter:
            raise Refusal(
                "This file changes its meter at bar {bar} ({first} to {second}); send me one part "
                "at a time.",
                bar=bar,
                first=str(meter),
                second=str(following),
            )


def _fits(meter: Meter, ruling: Meter, whole: bool) -> bool:
    """Whether bars of one meter can be read on the bar lines of the other."""
    bars = meter.bar_beats / ruling.bar_beats
    at_most = 1 if whole else bars
    return meter.is_compound == ruling.is_compound and bars == round(bars) <= at_most
