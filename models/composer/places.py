"""From a plan to the composer's grid: chords, scales, range and manner of each section.

In: a `Plan`. Out: `Ground` values, one a section: what lies under the melody at every step, with
the tonic moved to C as in training; and the way back to sounding pitch.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import vocabulary
from models.composer.encode import NO_ROOT
from models.composer.rules import Limits
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT
from models.planner.grades import limits as grade_limits
from models.planner.plan import Part, Plan, PlanSection
from models.theory import MODES, QUALITIES, QUALITY_CLASSES, Chord

_LOWEST, _HIGHEST = 52, 83  # model space: two octaves and a half around the median of all tunes
_MEDIAN = 65.5


@dataclass(frozen=True)
class Ground:
    """Under one section: `symbols` are (step, root, quality); masks are (steps, 12) booleans."""

    section: PlanSection
    bar: int
    symbols: tuple[tuple[int, int, int], ...]
    chord_tones: npt.NDArray[np.bool_]
    scale_tones: npt.NDArray[np.bool_]

    @property
    def bars(self) -> int:
        """How many bars the section has."""
        return self.section.section.bars

    def first(self, bars: int) -> Ground:
        """Its first bars (all of them, when there are no more)."""
        if bars >= self.bars:
            return self
        section = replace(self.section, section=replace(self.section.section, bars=bars))
        steps = bars * self.bar
        symbols = tuple(s for s in self.symbols if s[0] < steps)
        return Ground(
            section, self.bar, symbols, self.chord_tones[:steps], self.scale_tones[:steps]
        )

    def roots(self) -> npt.NDArray[np.int64]:
        """Chord root at each step."""
        out = np.full(self.bars * self.bar, NO_ROOT)
        for step, root, _ in self.symbols:
            out[step:] = root
        return out

    def same_bar(self, mine: int, other: Ground, theirs: int) -> bool:
        """Whether two bars stand on the same harmony."""
        if mine >= self.bars or theirs >= other.bars:
            return False
        a, b = (slice(n * self.bar, (n + 1) * self.bar) for n in (mine, theirs))
        return bool(
            (self.chord_tones[a] == other.chord_tones[b]).all()
            and (self.roots()[a] == other.roots()[b]).all()
        )


def ground(plan: Plan, section: PlanSection) -> Ground:
    """What lies under a section of the plan."""
    bar = BAR_STEPS[str(plan.meter)]
    tonic = plan.key.tonic_pc
    start = section.section.start_bar * plan.meter.bar_beats
    steps = section.section.bars * bar
    scale = np.zeros(12, bool)
    scale[list(MODES[plan.key.mode])] = True
    chord_tones = np.zeros((steps, 12), bool)
    scale_tones = np.tile(scale, (steps, 1))
    symbols: list[tuple[int, int, int]] = []
    for placed in plan.chords:
        first = max(0, round((placed.onset - start) * STEPS_PER_BEAT))
        last = min(steps, round((placed.onset + placed.duration - start) * STEPS_PER_BEAT))
        if first >= last:
            continue
        chord = placed.chord
        quality = QUALITY_CLASSES.index(chord.quality_class)
        symbols.append((first, (chord.root_pc - tonic) % 12, quality))
        chord_tones[first:last, [(pc - tonic) % 12 for pc in chord.pcs]] = True
        scale_tones[first:last] = _scale_over(chord, tonic, scale)
    return Ground(section, bar, _merged(symbols), chord_tones, scale_tones)


def _merged(symbols: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    out: list[tuple[int, int, int]] = []
    for symbol in symbols:
        if not out or out[-1][1:] != symbol[1:]:
            out.append(symbol)
    return tuple(out)


def _scale_over(chord: Chord, tonic: int, scale: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The key's scale bent to a chord: a chromatic chord tone replaces the degree it alters.

    Major thirds, fifths and major sevenths raise; roots, minor thirds and sevenths lower.
    """
    out = scale.copy()
    tones = {(pc - tonic) % 12 for pc in chord.pcs}
    for interval in QUALITIES[chord.quality]:
        pc = (chord.root_pc + interval - tonic) % 12
        if scale[pc]:
            continue
        out[pc] = True
        altered = (pc - 1 if interval in (4, 7, 8, 11, 18) else pc + 1) % 12
        if altered not in tones:
            out[altered] = False
    return out


def concatenated(grounds: Sequence[Ground]) -> tuple[tuple[int, int, int], ...]:
    """Chord symbols of sections laid end to end."""
    symbols: list[tuple[int, int, int]] = []
    offset = 0
    for part in grounds:
        symbols.extend((offset + step, root, quality) for step, root, quality in part.symbols)
        offset += part.bars * part.bar
    return _merged(symbols)


def shift_of(plan: Plan, part: Part) -> int:
    """What to add to a model-space pitch to sound in key and at a good height for the part."""
    low, high = _range(plan, part)
    centre = min(max(70.0, low + 8), low + 0.65 * (high - low))
    tonic = plan.key.tonic_pc
    return min(
        (tonic + 12 * k for k in range(-5, 6)),
        key=lambda s: (
            -min(high - s, _HIGHEST) + max(low - s, _LOWEST) > -12,  # at least an octave to sing in
            abs(_MEDIAN + s - centre),
        ),
    )


def _range(plan: Plan, part: Part) -> tuple[int, int]:
    low, high = part.low, part.high
    if plan.grade is not None:
        allowed = grade_limits(plan.grade)
        if max(low, allowed.low) + 7 <= min(high, allowed.high):
            low, high = max(low, allowed.low), min(high, allowed.high)
    return low, high


def limits_of(plan: Plan, part: Part, shift: int, strictness: float) -> Limits:
    """Range, leap and shortest note for a part, in model space."""
    low, high = (value - shift for value in _range(plan, part))
    if min(high, _HIGHEST) - max(low, _LOWEST) >= 12:
        low, high = max(low, _LOWEST), min(high, _HIGHEST)
    shortest, leap = 2 if plan.bpm > 150 else 1, 12
    if plan.grade is not None:
        grade = grade_limits(plan.grade)
        shortest = max(shortest, round(grade.shortest * STEPS_PER_BEAT))
        leap = min(leap, grade.leap)
    return Limits(low, high, leap, shortest, strictness)


def register_of(section: PlanSection, limits: Limits) -> int:
    """Register class of a section: higher when louder or brighter, as far as the part sings."""
    low, high = registers(limits)
    lift = (section.dynamics > 0.72) - (section.dynamics < 0.35)
    bright = (section.valence > 0.4) - (section.valence < -0.4)
    return min(max(2 + round(0.6 * (lift + bright)), low), high)


def registers(limits: Limits) -> tuple[int, int]:
    """Lowest and highest register class whose middle a part can play."""
    low, high = (limits.low + 2 - 54) // 4, (limits.high - 2 - 54) // 4
    low = min(max(low, 0), 6)
    return low, max(low, min(high, 6))


@lru_cache(maxsize=1)
def _manners() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(Path(__file__).with_name("styles.toml").read_text(encoding="utf-8"))


def manner(style: str, meter: str) -> str:
    """The corpus manner (an id of `sheets.STYLES`) for a style of the vocabulary in a meter."""
    styles = vocabulary.load().styles
    table = _manners()["styles"].get(style)
    if table is None and style in styles:
        table = _manners()["families"].get(styles[style].family)
    if table is None:
        return "unknown"
    return table.get(meter) or table["other"]
