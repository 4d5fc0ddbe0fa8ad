"""How heavy a place in the bar is: the weights that words are laid on.

In: places in beats and a meter. Out: 4 on a bar's first beat, 3 on its middle, 2 on other beats, 1
on the halves of a beat, 0 between those. The levels are those of Lerdahl and Jackendoff, *A
Generative Theory of Tonal Music* (1983), ch. 4; that a syllable sung just ahead of a beat and held
over it is heard as the beat's own is David Temperley's finding ("Syncopation in Rock", Popular
Music 18, 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from models.score import Meter

#: Beats: a played onset this near to a place counts as there.
NEAR = 0.09
#: A syllable is long, and a level heavier, from this many times the melody's median on.
_LONG = 2.0
#: Where a bar that is neither two nor three equal parts divides, in its own unit.
_DIVIDED = {5: (3,), 7: (2, 4), 8: (3, 6), 10: (4, 7), 11: (3, 6, 9)}


def strength(beat: float, meter: Meter) -> int:
    """The level of a place: 4, 3, 2, 1 or 0."""
    place = beat % _bar(meter)
    if _at(place, 0.0) or _at(place, _bar(meter)):
        return 4
    if any(_at(place, middle) for middle in _middles(meter)):
        return 3
    if meter.denominator == 8 and not meter.is_compound:
        return 1 if _on(place, 0.5) else 0
    if _on(place, meter.pulse if meter.is_compound else max(1.0, meter.pulse)):
        return 2
    return 1 if _on(place, 0.5) else 0


def weights(spans: Sequence[tuple[float, float]], meter: Meter) -> list[float]:
    """The weight of each syllable, as in `asks.LineAsk`, from its onset and end in beats."""
    if not spans:
        return []
    long = _LONG * median(end - onset for onset, end in spans)
    following = [*(onset for onset, _ in spans[1:]), None]
    return [
        float(level(onset, end, after, meter) + (end - onset >= long - 1e-6))
        for (onset, end), after in zip(spans, following, strict=True)
    ]


def level(onset: float, end: float, following: float | None, meter: Meter) -> int:
    """The level of a note, 1 to 4: that of its place, or of the beat that it runs ahead of.

    `following` is the onset of the next note, None after the last. A note off the beat that begins
    at most half a beat ahead of one, and sounds on past it with nothing else beginning there, has
    the weight of that beat.
    """
    own = strength(onset, meter)
    if own >= 2:
        return own
    half = meter.pulse / 2 + NEAR if not meter.is_compound else 0.5 + NEAR
    steps = (onset + step / 4 for step in range(1, int(half * 4) + 1))
    heard = end if following is None else min(end, following)
    ahead = [strength(round(step * 4) / 4, meter) for step in steps if step < heard - NEAR]
    return max([1, own, *(level for level in ahead if level >= 2)])


def _bar(meter: Meter) -> float:
    """Beats in the bar that is felt: 8/4 is two of 4/4, 6/4 two of 3/4."""
    if meter.denominator == 4 and meter.numerator in (6, 8, 12):
        return meter.bar_beats / 2
    return meter.bar_beats


def _middles(meter: Meter) -> tuple[float, ...]:
    """Places of the second level: the middle of an even bar, the seams of an odd one."""
    unit = 4 / meter.denominator
    if meter.is_compound:
        groups = meter.numerator // 3
        return (meter.bar_beats / 2,) if groups in (2, 4) else ()
    if meter.denominator == 8 and meter.numerator in _DIVIDED:
        return tuple(unit * at for at in _DIVIDED[meter.numerator])
    if meter.numerator in (5, 7, 10, 11):
        return tuple(unit * at for at in _DIVIDED[meter.numerator])
    bar = _bar(meter)
    return (bar / 2,) if bar % 4 == 0 else ()


def _at(place: float, target: float) -> bool:
    return abs(place - target) <= NEAR


def _on(place: float, unit: float) -> bool:
    return _at(place, round(place / unit) * unit)
