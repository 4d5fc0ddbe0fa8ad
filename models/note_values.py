"""How a length is written: note values, tied at the places where a reader counts.

In: a start and a length in ticks inside a bar. Out: lengths that each have a note value. A value
may hide a metrical place one level stronger than its own ends (the quarter of eighth-quarter-eighth
hides a beat), never two (nothing hides the middle of a 4/4 bar but what begins and ends on beats);
rests hide none. Elaine Gould, *Behind Bars* (Faber, 2011), pp. 166-173.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.score import TICKS_PER_BEAT, Meter

TYPES = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th")
_LONGEST = 8 * TICKS_PER_BEAT


def _values() -> dict[int, tuple[str, int, bool]]:
    """Ticks -> (type, dots, in a triplet) of every note value the grid holds."""
    found: dict[int, tuple[str, int, bool]] = {}
    for step, name in enumerate(TYPES):
        plain = _LONGEST >> step
        found[plain] = (name, 0, False)
        if plain % 2 == 0:
            found.setdefault(plain * 3 // 2, (name, 1, False))
        if plain * 2 % 3 == 0 and plain <= 2 * TICKS_PER_BEAT:
            found.setdefault(plain * 2 // 3, (name, 0, True))
    return found


VALUES = _values()
PLAIN = sorted((t for t, (_, dots, triplet) in VALUES.items() if not dots and not triplet))
_TRIPLETS = sorted(t for t, (_, _, triplet) in VALUES.items() if triplet)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a bar is counted, in ticks: `levels` are (distance, level) from the bar down.

    `beat` is the felt beat and `group` what eighths are beamed over.
    """

    bar: int
    beat: int
    group: int
    levels: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, meter: Meter) -> Pulse:
        """The count of a meter: halves of 4/4 and 12/8 bars, beats, and their divisions."""
        bar, beat = round(meter.bar_beats * TICKS_PER_BEAT), round(meter.pulse * TICKS_PER_BEAT)
        halved = bar % (2 * beat) == 0 and bar // beat >= 4
        levels = [(bar, 0)] + ([(bar // 2, 1)] if halved else [])
        level = 1 + halved
        levels.append((beat, level))
        # A division of a dotted beat is two levels down: no note crosses the beat off it.
        step, level = (beat // 3, level + 2) if meter.is_compound else (beat // 2, level + 1)
        for down in range(3):
            levels.append((step >> down, level + down))
        quarters = (meter.numerator, meter.denominator) in ((4, 4), (2, 4))
        return cls(bar, beat, 2 * beat if quarters else beat, tuple(levels))

    def level(self, at: int) -> int:
        """How strong a place is: 0 the bar line, 1 its middle or the beats, and so on."""
        return next((level for step, level in self.levels if at % step == 0), 9)

    def inside(self, start: int, end: int) -> tuple[int, int, int]:
        """(level, first place, number of places) of the strongest level between two ticks."""
        for step, level in self.levels:
            first = start - start % step + step
            if first < end:
                return level, first, (end - 1 - first) // step + 1
        return 99, end, 0


def split(start: int, ticks: int, pulse: Pulse, rest: bool = False) -> list[int]:
    """The lengths that write `ticks` from `start` on, all in one bar; most have a value."""
    level, place, count = pulse.inside(start, start + ticks)
    begins, ends = pulse.level(start), pulse.level(start + ticks)
    if ticks in VALUES:
        loose = 9 in (begins, ends)  # triplets and finer: only beats matter
        if loose and start // pulse.beat == (start + ticks - 1) // pulse.beat:
            return [ticks]
        hidden = max(begins, ends) - level
        if hidden <= (0 if rest else 1) and not (count > 1 and begins > level):
            return [ticks]
        if ticks == pulse.bar:
            return [ticks]
    if count and (start // pulse.beat != (start + ticks - 1) // pulse.beat or _dividable(start)):
        before = place - start
        return split(start, before, pulse, rest) + split(place, ticks - before, pulse, rest)
    return _sum_of(ticks, PLAIN) or _sum_of(ticks, _TRIPLETS + PLAIN) or [ticks]


def _dividable(start: int) -> bool:
    return start % (TICKS_PER_BEAT // 8) == 0


def _sum_of(ticks: int, values: Sequence[int]) -> list[int]:
    """The fewest-first greedy sum of values that makes `ticks`, or [] when there is none."""
    found = []
    for value in sorted(values, reverse=True):
        if value <= ticks:
            found.append(value)
            ticks -= value
    return found if ticks == 0 else []
