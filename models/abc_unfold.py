"""The bars of an ABC voice in the order in which they are played.

In: written bars with their repeat signs and numbered endings. Out: notes and chord symbols in
beats from the start, ties joined. `|: ... :|` is played twice, or as often as its endings are
numbered; a repeat without a beginning goes back to the end of the last, or to the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models import file_limits
from models.score import Meter, Note
from models.theory import Chord

_EPSILON = 1e-6


class Sounding(NamedTuple):
    """A written note, in beats from its bar; `place` is its white key, `shift` what moves it."""

    onset: float
    duration: float
    place: int
    shift: int
    tied: bool


@dataclass
class Bar:
    """What stands between two bar lines, and the repeat signs on them."""

    notes: list[Sounding] = field(default_factory=list)
    symbols: list[tuple[float, Chord]] = field(default_factory=list)
    length: float = 0.0
    opens: bool = False
    closes: bool = False
    ends: bool = False  # an ending that it is in
    ending: frozenset[int] = frozenset()
    meter: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A voice as it is played, in beats; `meters` tells the pickup from the rest as well."""

    notes: list[Note]
    chords: list[tuple[float, Chord]]
    meters: list[tuple[float, Meter]]
    end: float


def unfolded(bars: Sequence[Bar]) -> Part:
    """A voice with its repeats played.

    Raises
    ------
    Refusal
        When it gets longer than Segno takes.
    """
    notes: list[Note] = []
    chords: list[tuple[float, Chord]] = []
    meters: list[tuple[float, Meter]] = []
    tied: dict[int, int] = {}  # index of the note that a tie holds, by pitch
    at, count = 0.0, 0
    for bar in _played(bars):
        meter = Meter.parse(bar.meter) if bar.meter else None
        if meter and not (meters and meters[-1][1] == meter):  # not again at every repeat
            meters.append((at, meter))
            if not at and 0 < bar.length < meter.bar_beats - _EPSILON:
                meters.append((bar.length, meter))
        chords += [(at + onset, chord) for onset, chord in bar.symbols]
        for note in sorted(bar.notes):
            pitch, onset = note.place + note.shift, at + note.onset
            if not 0 <= pitch <= 127:
                continue
            held = tied.pop(pitch, None)
            if held is not None and abs(notes[held].end - onset) < _EPSILON:
                begun = notes[held]
                notes[held] = Note(begun.onset, pitch, onset + note.duration - begun.onset)
            else:
                held = len(notes)
                notes.append(Note(onset, pitch, note.duration))
            if note.tied:
                tied[pitch] = held
        at += bar.length
        count += 1
        file_limits.check_counts(notes=len(notes), beats=max(at, count / 8))
    return Part(notes, chords, meters, at)


def _played(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Written bars in the order of playing; each goes back a bounded number of times."""
    endings = _endings(bars)
    start, index, turn = 0, 0, 1
    while index < len(bars):
        bar = bars[index]
        left = turn > 1 and index > start and endings[index - 1] and not endings[index]
        if (bar.opens and index != start) or left:
            start, turn = index, 1
        if endings[index] and turn not in endings[index]:
            index += 1
            continue
        yield bar
        index += 1
        if bar.closes:
            most = max((max(e) for e in endings[start:index] if e), default=2)
            again = turn < max(2, most)
            turn, start, index = (turn + 1, start, start) if again else (1, index, index)


def _endings(bars: Sequence[Bar]) -> list[frozenset[int]]:
    """The ending that each bar is in: from its number to the next sign that closes it."""
    found: list[frozenset[int]] = []
    now: frozenset[int] = frozenset()
    for bar in bars:
        now = bar.ending or (frozenset() if bar.opens else now)
        found.append(now)
        if bar.ends:
            now = frozenset()
    return found
