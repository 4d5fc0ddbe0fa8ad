"""The hall in which an ensemble plays: sections with their levels, the melody, the band's material.

In: a plan whose parts are an ensemble's seats, its melody, and a band's arrangement of it. Out:
`Passage`s (a section and how loud it is among the others), and the band's chords, bass, pad and
counter-line as sources of rhythm and texture for the writers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from models.arranger.stage import Bar, Stage
from models.planner.form import FRAMES
from models.planner.plan import Part, Plan, PlanSection
from models.score import Note, Role, Score
from models.vocabulary import Ensemble, Seat, load

Strike = tuple[float, float]  # onset and duration in beats
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Passage:
    """A section from `start` to `end` (beats); `level` 0..1 says how much of a tutti it is.

    `round` counts how often the section's music has come before; `peak` marks the loudest passage.
    """

    planned: PlanSection
    start: float
    end: float
    level: float
    round: int
    peak: bool

    @property
    def contrasts(self) -> bool:
        """Whether it is there to be different."""
        return self.planned.section.name in ("contrast", "bridge", "break", "development")

    def holds(self, onset: float) -> bool:
        """Whether a place lies in the passage."""
        return self.start - _EPSILON <= onset < self.end - _EPSILON


@dataclass(frozen=True)
class Hall:
    """What all writers share."""

    stage: Stage
    ensemble: Ensemble
    band: Score

    @classmethod
    def of(cls, plan: Plan, melody: tuple[Note, ...], band: Score) -> Hall:
        """The hall of a plan.

        Raises
        ------
        ValueError
            When the plan names no ensemble.
        """
        if plan.ensemble is None:
            raise ValueError("the plan names no ensemble")
        words = load()
        stage = Stage(plan, words.styles[plan.style], melody)
        return cls(stage, words.ensembles[plan.ensemble], band)

    @property
    def plan(self) -> Plan:
        """The plan that is played."""
        return self.stage.plan

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """Seat name -> part, for the seats that are taken."""
        return {p.name: p for p in self.plan.parts}

    @cached_property
    def seats(self) -> Mapping[str, Seat]:
        """Seat name -> seat, for the seats that are taken."""
        return {s.name: s for s in self.ensemble.seats if s.name in self.parts}

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The sections in order."""
        found = []
        levels, seen = _levels(self.plan.sections), Counter[str]()
        for i, planned in enumerate(self.plan.sections):
            start = planned.section.start_bar * self.stage.bar_beats
            end = start + planned.section.bars * self.stage.bar_beats
            label, peak = planned.section.label, i == levels.index(max(levels))
            found.append(Passage(planned, start, end, levels[i], seen[label], peak))
            seen[label] += 1
        return tuple(found)

    def present(self, name: str, passage: Passage) -> bool:
        """Whether a seat that is taken plays in a passage; in the loudest one everybody does."""
        seat = self.seats.get(name)
        return seat is not None and (passage.level >= seat.at or passage.peak)

    def bar(self, onset: float) -> Bar:
        """The bar of a place."""
        bars = self.stage.bars
        return bars[max(0, min(len(bars) - 1, int((onset + _EPSILON) // self.stage.bar_beats)))]

    def sound(self, role: Role, onset: float, pitch: int, duration: float, accent: int = 0) -> Note:
        """A note as loud as its role is there."""
        velocity = self.stage.velocity(role, self.bar(onset), onset, accent)
        return Note(onset, pitch, duration, velocity)

    def played(self, role: Role) -> tuple[Note, ...]:
        """What the band's first track of a role plays."""
        return next((t.notes for t in self.band.tracks if t.role == role and t.notes), ())

    def strikes(self, role: Role, passage: Passage) -> list[Strike]:
        """The rhythm of a band part in a passage: onsets, each with its longest duration."""
        found: dict[float, float] = {}
        for n in self.played(role):
            if passage.holds(n.onset):
                found[n.onset] = max(
                    found.get(n.onset, 0.0), min(n.duration, passage.end - n.onset)
                )
        rows = sorted(found.items())
        if len(rows) > 2 * (passage.end - passage.start):  # an arpeggio: its eighths carry it
            rows = [(on, max(length, 0.5)) for on, length in rows if on % 0.5 < _EPSILON]
        return rows

    def tune(self, name: str, room: int = 0) -> tuple[Note, ...]:
        """The whole melody as a seat plays it, moved by octaves into the seat's register.

        `room` is how many semitones above the seat's lowest note it should stay where it can.
        """
        part = self.parts[name]
        flat = len({n.velocity for n in self.stage.melody}) <= 1
        notes = within(self.stage.melody, part.low, part.high, room)
        return tuple(
            self.sound("melody", n.onset, n.pitch, n.duration) if flat else n for n in notes
        )

    def joined(self, notes: Sequence[Note], bars: int) -> list[Note]:
        """A line whose repeated, touching notes are one, up to some bars; the last bar speaks."""
        last = self.stage.beats - self.stage.bar_beats
        found: list[Note] = list(notes[:1])
        for note in notes[1:]:
            held = found[-1]
            together = abs(held.end - note.onset) < _EPSILON and held.pitch == note.pitch
            length = held.duration + note.duration
            ends = abs(note.onset - last) < _EPSILON and not self.plan.loop
            if together and not ends and length <= bars * self.stage.bar_beats + _EPSILON:
                found[-1] = replace(held, duration=length)
            else:
                found.append(note)
        return found

    def gaps(self, passage: Passage, least: float) -> list[tuple[float, float]]:
        """Where in a passage the melody rests for at least some beats."""
        sung = [n for n in self.stage.melody if n.end > passage.start and n.onset < passage.end]
        ends, reach = [passage.start], passage.start
        for n in sung:
            reach = max(reach, n.end)
            ends.append(reach)
        starts = [*(n.onset for n in sung), passage.end]
        pairs = zip(ends, starts, strict=True)
        return [(a, b) for a, b in pairs if b - a >= least - _EPSILON]


def _levels(sections: Sequence[PlanSection]) -> list[float]:
    """How much of a tutti each section is: its dynamics, and its place in the whole.

    What returns returns fuller, and the last section that is no ending is the fullest of its kind,
    so that also a piece of even dynamics grows.
    """
    total = Counter(s.section.label for s in sections)
    seen: Counter[str] = Counter()
    raw = []
    last = max((i for i, s in enumerate(sections) if s.section.name not in FRAMES), default=0)
    for i, s in enumerate(sections):
        label = s.section.label
        seen[label] += 1
        first = seen[label] == 1 and total[label] > 1
        final = seen[label] == total[label] and total[label] > 1
        framing = s.section.name in FRAMES
        raw.append(s.dynamics - 0.15 * first + 0.12 * final + 0.1 * (i == last) - 0.1 * framing)
    low, high = min(raw), max(raw)
    if high - low < _EPSILON:
        return [min(1.0, max(0.0, r)) for r in raw]
    return [
        min(1.0, max(0.0, 0.4 * r + 0.6 * (0.15 + 0.8 * (r - low) / (high - low)))) for r in raw
    ]


def within(notes: Iterable[Note], low: int, high: int, room: int = 0) -> tuple[Note, ...]:
    """A line moved by octaves as one to where most of it lies in `low..high`, then note by note.

    What lies less than `room` above `low` counts as half outside.
    """
    line = tuple(notes)

    def outside(shift: int) -> float:
        pitches = [n.pitch + shift for n in line]
        return sum(1.0 if not low <= p <= high else 0.5 if p < low + room else 0 for p in pitches)

    best = min((12 * k for k in range(-5, 6)), key=lambda s: (outside(s), abs(s)))
    return tuple(replace(n, pitch=folded(n.pitch + best, low, high)) for n in line)


def folded(pitch: int, low: int, high: int) -> int:
    """The pitch of the same class nearest to `low..high`, inside it where there is one."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def cut(notes: Iterable[Note], start: float, end: float) -> list[Note]:
    """The notes that begin in `start..end`, none outlasting it."""
    return [
        replace(n, duration=min(n.duration, end - n.onset))
        for n in notes
        if start - _EPSILON <= n.onset < end - _EPSILON
    ]
