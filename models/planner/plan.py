"""What will be written: every decision that must hold exactly, made before a note is composed.

In: a `Brief` through `make_plan`. Out: a frozen `Plan` that the composer and the arranger obey and
that `models.verify` checks against the finished files.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.score import Meter, PlacedChord, Role, Section, Tempo
from models.theory import Key


@dataclass(frozen=True, slots=True)
class PlanSection:
    """One section of the form with what it should feel like.

    `density` (0..1, notes per bar of the melody and the accompaniment), `dynamics` (0..1, pp..ff),
    `valence` and `arousal` (-1..1) hold for the whole section; `roles` are the parts that play.
    """

    section: Section
    density: float
    dynamics: float
    valence: float
    arousal: float
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An instrument of the vocabulary (or a drum kit) in a role; `low..high` in MIDI notes."""

    role: Role
    instrument: str
    name: str
    program: int
    low: int
    high: int
    is_drum: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece decided but not yet written.

    `bpm` is quarter notes per minute; `seconds` is the exact length asked for, or None when the
    length was given in bars or left open; `loop` says that the last bar leads into the first.
    `swing` is where the off-eighth falls in its beat (0.5 straight, 0.67 triplet). `grade` bounds
    a lesson (1..5), else None. `last_bpm` is the tempo of the last bar when that bar is held to
    make an exact length at a tempo that was asked for, else None. `ensemble` is the vocabulary id
    of the ensemble whose seats the parts are, None for a band.
    """

    title: str
    style: str
    purpose: str
    key: Key
    meter: Meter
    bpm: float
    bars: int
    seconds: float | None
    sections: tuple[PlanSection, ...]
    chords: tuple[PlacedChord, ...]
    parts: tuple[Part, ...]
    swing: float
    loop: bool
    grade: int | None
    seed: int
    last_bpm: float | None = None
    ensemble: str | None = None

    def part(self, role: Role) -> Part | None:
        """The first part with a role, or None."""
        return next((p for p in self.parts if p.role == role), None)

    @property
    def tempos(self) -> tuple[Tempo, ...]:
        """The tempo at the start and, where it differs, of the last bar."""
        start = Tempo(0.0, self.bpm)
        if self.last_bpm is None:
            return (start,)
        return start, Tempo((self.bars - 1) * self.meter.bar_beats, self.last_bpm)

    @property
    def length(self) -> float:
        """How long the written piece lasts, in seconds, a held last bar included."""
        bar = self.meter.bar_beats * 60
        return (self.bars - 1) * bar / self.bpm + bar / (self.last_bpm or self.bpm)

    def section_at(self, bar: int) -> PlanSection:
        """The section that holds a bar (0-based)."""
        return next(
            s
            for s in self.sections
            if s.section.start_bar <= bar < s.section.start_bar + s.section.bars
        )
