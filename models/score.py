"""The score: what every maker reads and writes, in beats and bars, never in seconds.

One beat is one quarter note in every meter (as in MIDI and in music21's quarter lengths), so a bar
of 6/8 has 3 beats. Times lie on a grid of `TICKS_PER_BEAT`, so that writing and reading back is
exact. All values are frozen; makers return new scores.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from models.theory import Chord, Key

#: Resolution of the grid, in ticks per quarter note; 480 holds 64ths and triplets exactly.
TICKS_PER_BEAT = 480

Role = Literal["melody", "counter", "chords", "pad", "bass", "drums", "other"]
ROLES: tuple[Role, ...] = ("melody", "counter", "chords", "pad", "bass", "drums", "other")


def on_grid(beats: float) -> float:
    """The nearest time, in beats, that the grid holds exactly."""
    return round(beats * TICKS_PER_BEAT) / TICKS_PER_BEAT


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A sounding note: onset and duration in beats, pitch as MIDI note, velocity 1..127."""

    onset: float
    pitch: int
    duration: float
    velocity: int = 80

    @property
    def end(self) -> float:
        """Where the note stops, in beats."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature; `bar_beats` is the length of a bar in quarter notes."""

    numerator: int = 4
    denominator: int = 4

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Read "3/4" or "6/8".

        Raises
        ------
        ValueError
            When the text is not two numbers with a slash.
        """
        numerator, denominator = text.split("/")
        return cls(int(numerator), int(denominator))

    @property
    def bar_beats(self) -> float:
        """Quarter notes in a bar: 4.0 for 4/4, 3.0 for 3/4 and 6/8, 2.0 for 2/4."""
        return self.numerator * 4 / self.denominator

    @property
    def is_compound(self) -> bool:
        """Whether the felt beat is a dotted note (6/8, 9/8, 12/8)."""
        return self.denominator == 8 and self.numerator % 3 == 0

    @property
    def pulse(self) -> float:
        """Length of the felt beat in quarter notes: 1.5 in compound meters, else 4/denominator."""
        return 1.5 if self.is_compound else 4 / self.denominator

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class PlacedChord:
    """A chord symbol with its onset and duration in beats."""

    onset: float
    duration: float
    chord: Chord


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form. Sections that share a `label` return with the same music.

    `name` is what people call it (intro, verse, pre-chorus, chorus, bridge, theme, solo, outro).
    """

    name: str
    label: str
    start_bar: int
    bars: int


@dataclass(frozen=True, slots=True)
class Track:
    """One instrument's notes, sorted by onset and pitch; `program` is General MIDI 0..127.

    For drums `program` is the General MIDI kit (0 standard, 25 TR-808, 32 jazz, ...).
    """

    name: str
    role: Role
    program: int
    notes: tuple[Note, ...] = ()
    is_drum: bool = False


@dataclass(frozen=True, slots=True)
class Tempo:
    """From `onset` (beats) on, `bpm` quarter notes per minute."""

    onset: float
    bpm: float


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece: `bars` bars of `meter` in `key`, with tracks, chord symbols and sections."""

    title: str
    key: Key
    meter: Meter
    tempos: tuple[Tempo, ...]
    bars: int
    tracks: tuple[Track, ...] = ()
    chords: tuple[PlacedChord, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def bpm(self) -> float:
        """Quarter notes per minute at the start."""
        return self.tempos[0].bpm

    @property
    def beats(self) -> float:
        """Length in beats."""
        return self.bars * self.meter.bar_beats

    @property
    def seconds(self) -> float:
        """Length in seconds, last bar line included."""
        return self.seconds_at(self.beats)

    def seconds_at(self, beat: float) -> float:
        """When a place in the score is reached, in seconds from its start."""
        elapsed = 0.0
        for tempo, following in zip(self.tempos, (*self.tempos[1:], None), strict=True):
            until = beat if following is None else min(beat, following.onset)
            elapsed += max(0.0, until - tempo.onset) * 60 / tempo.bpm
        return elapsed

    def chord_at(self, beat: float) -> Chord | None:
        """The chord that sounds at a place, or None before the first and after the last."""
        for placed in self.chords:
            if placed.onset <= beat < placed.onset + placed.duration:
                return placed.chord
        return None

    def track(self, role: Role) -> Track | None:
        """The first track with a role, or None."""
        return next((t for t in self.tracks if t.role == role), None)

    def with_tracks(self, tracks: Iterable[Track]) -> Score:
        """The same piece with other tracks."""
        return replace(self, tracks=tuple(tracks))


def sorted_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes on the grid in the order a `Track` keeps them, without empty and inverted ones."""
    snapped = (Note(on_grid(n.onset), n.pitch, on_grid(n.duration), n.velocity) for n in notes)
    return tuple(sorted(n for n in snapped if n.duration > 0))


def without_overlaps(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Sorted notes in which no pitch sounds twice at once: one key can be pressed only once.

    MIDI and a single staff cannot tell two sounding notes of one pitch apart, so the earlier note
    is cut where the later begins; of two that begin together the longer stays, with the louder
    velocity.
    """
    kept: dict[int, list[Note]] = {}
    for note in sorted_notes(notes):
        line = kept.setdefault(note.pitch, [])
        if line and line[-1].onset == note.onset:
            loudest = max(line[-1].velocity, note.velocity)
            line[-1] = replace(note, velocity=loudest)  # sorted: the later one is the longer
            continue
        if line and line[-1].end > note.onset:
            line[-1] = replace(line[-1], duration=on_grid(note.onset - line[-1].onset))
        line.append(note)
    return tuple(sorted(n for line in kept.values() for n in line))
