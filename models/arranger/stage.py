"""The stage on which every part plays: bars, chords and the melody, looked up by place.

In: a `Plan` and its melody. Out: `Bar`s in order, the chord at a beat and the one that comes, and
which melody notes sound on strong beats, so that the parts can keep out of their way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.planner.plan import Part, Plan, PlanSection
from models.score import Note, PlacedChord, Role
from models.vocabulary import Style

#: MIDI velocity of a role from the softest to the loudest section (notes/rendering.md section 10).
VELOCITIES: dict[Role, tuple[int, int]] = {
    "melody": (68, 122),
    "counter": (54, 106),
    "chords": (48, 102),
    "pad": (44, 86),
    "bass": (62, 114),
    "drums": (60, 100),  # what is soft, normal and accented stays so (`kit.EDGES`)
    "other": (46, 96),
}
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `number` in the piece, `of_section` its place in the section (both 0-based).

    `start` in beats; `following` is the section that comes after this bar's, the first one for a
    loop, None at the end of a piece; `is_final` marks the bar that ends a piece.
    """

    number: int
    of_section: int
    start: float
    planned: PlanSection
    following: PlanSection | None
    is_final: bool

    @property
    def is_first(self) -> bool:
        """Whether the section begins here."""
        return self.of_section == 0

    @property
    def is_last(self) -> bool:
        """Whether the section ends with this bar."""
        return self.of_section == self.planned.section.bars - 1

    @property
    def dynamics(self) -> float:
        """0..1; the last bar before a louder section leads up to it."""
        now = self.planned.dynamics
        if self.is_last and self.following and self.following.dynamics > now:
            return (now + self.following.dynamics) / 2
        return now


@dataclass(frozen=True)
class Stage:
    """What all parts of an arrangement share."""

    plan: Plan
    style: Style
    melody: tuple[Note, ...]

    @cached_property
    def bar_beats(self) -> float:
        """Length of a bar in beats."""
        return self.plan.meter.bar_beats

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """All bars in order."""
        found = []
        sections = self.plan.sections
        for i, planned in enumerate(sections):
            section = planned.section
            loops = self.plan.loop and i == len(sections) - 1
            following = sections[i + 1] if i + 1 < len(sections) else sections[0] if loops else None
            for k in range(section.bars):
                number = section.start_bar + k
                final = number == self.plan.bars - 1 and not self.plan.loop
                start = number * self.bar_beats
                found.append(Bar(number, k, start, planned, following, final))
        return tuple(found)

    @cached_property
    def _onsets(self) -> list[float]:
        return [c.onset for c in self.plan.chords]

    def place_of(self, beat: float) -> int:
        """Index of the chord that sounds at a beat; the first one before the first onset."""
        return max(0, bisect_right(self._onsets, beat + _EPSILON) - 1)

    def chord_at(self, beat: float) -> PlacedChord:
        """The chord that sounds at a beat."""
        return self.plan.chords[self.place_of(beat)]

    def next_chord(self, beat: float) -> PlacedChord | None:
        """The chord after the one at a beat; a loop goes on with its first chord."""
        place = self.place_of(beat) + 1
        if place < len(self.plan.chords):
            return self.plan.chords[place]
        return self.plan.chords[0] if self.plan.loop else None

    def changes(self, start: float, end: float) -> list[PlacedChord]:
        """Chords that sound within `start..end`, the one already sounding at `start` first."""
        first = self.place_of(start)
        last = bisect_right(self._onsets, end - _EPSILON)
        return list(self.plan.chords[first : max(last, first + 1)])

    def ends_at(self, beat: float) -> float:
        """Where the chord at a beat gives way, in beats."""
        place = self.place_of(beat) + 1
        return self._onsets[place] if place < len(self._onsets) else self.beats

    @cached_property
    def beats(self) -> float:
        """Length of the piece in beats."""
        return self.plan.bars * self.bar_beats

    def over(self, start: float, end: float) -> list[int]:
        """Melody pitches that sound anywhere in `start..end`."""
        return [n.pitch for n in self._between(start, end)]

    def strong(self, start: float, end: float) -> list[int]:
        """Melody pitches that sound on a felt beat in `start..end` or at `start` itself."""
        pulse = self.plan.meter.pulse
        found = []
        for n in self._between(start, end):
            low, high = max(start, n.onset), min(end, n.end)
            beat = -(-(low - _EPSILON) // pulse) * pulse  # the first felt beat from `low` on
            if n.onset <= start + _EPSILON or beat < high - _EPSILON:
                found.append(n.pitch)
        return found

    @cached_property
    def _melody_onsets(self) -> list[float]:
        return [n.onset for n in self.melody]

    @cached_property
    def _longest(self) -> float:
        return max((n.duration for n in self.melody), default=0.0)

    def _between(self, start: float, end: float) -> Iterable[Note]:
        first = bisect_right(self._melody_onsets, start - self._longest - _EPSILON)
        last = bisect_right(self._melody_onsets, end - _EPSILON)
        return (n for n in self.melody[first:last] if n.end > start + _EPSILON)

    def velocity(self, role: Role, bar: Bar, onset: float, accent: int = 0) -> int:
        """MIDI velocity by dynamics of the bar and weight of the place in it."""
        low, high = VELOCITIES[role]
        within = (onset - bar.start) % self.plan.meter.pulse
        weight = -4 if within > _EPSILON else 4 if abs(onset - bar.start) < _EPSILON else 0
        return max(1, min(127, round(low + (high - low) * bar.dynamics) + weight + accent))


def plays(bar: Bar, part: Part, everywhere: bool) -> bool:
    """Whether a part sounds in a bar; `everywhere` is for parts that no section would let in."""
    return everywhere or part.role in bar.planned.roles


def clashes(pitch: int, others: Iterable[int]) -> bool:
    """Whether a pitch is a minor second or ninth away from one of the others."""
    return any(abs(pitch - other) % 12 == 1 for other in others)


def nearest(pcs: Sequence[int], to: float, low: int, high: int) -> int | None:
    """The pitch of one of the classes within `low..high` that lies nearest, or None."""
    options = [p for p in range(low, high + 1) if p % 12 in {pc % 12 for pc in pcs}]
    return min(options, key=lambda p: (abs(p - to), p), default=None)
