"""Magenta's Groove MIDI data set as one-voice accent lines: what a drummer plays on the grid.

In: the data directory (Gillick et al., *Learning to groove with inverse sequence transformations*,
2019; CC BY 4.0). Out: `LeadSheet`s without chords, kick, snare and cymbals standing as three
pitches of which the most accented one sounds at a time. The composer is not trained on these: they
let its adaptation be tried on musicians whom it has never heard. Simultaneous strokes, dynamics and
timing inside a sixteenth are lost, so this says nothing of drum performances as such.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import symusic

from models.composer.sheets import STEPS_PER_BEAT, LeadSheet

_KICK, _SNARE = (35, 36), (37, 38, 39, 40)
#: Pitches that stand for cymbals and toms, kick and snare: of strokes at once the highest sounds.
_LOW, _MIDDLE, _HIGH = 60, 64, 67
_LEAST_BARS, _MOST_BARS = 8, 48


@dataclass(frozen=True)
class Groove:
    """A recorded beat: its drummer and file."""

    drummer: str
    path: Path
    piece: str


def grooves(data: Path) -> list[Groove]:
    """All beats (no fills) in 4/4 whose files are there: the data folder holds a part of the set.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks the collection.
    """
    folder = data / "groove"
    with (folder / "info.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [
        Groove(row["drummer"], folder / row["midi_filename"], row["id"])
        for row in rows
        if row["beat_type"] == "beat" and row["time_signature"] == "4-4"
    ]
    return [groove for groove in found if groove.path.is_file()]


def drum_sheets(data: Path, most: int) -> Iterator[LeadSheet]:
    """Up to `most` accent lines of every drummer, spread over their recordings."""
    by_drummer: dict[str, list[Groove]] = {}
    for groove in sorted(grooves(data), key=lambda g: g.piece):
        by_drummer.setdefault(groove.drummer, []).append(groove)
    for members in by_drummer.values():
        sheets = [s for s in map(accents, members) if s is not None]
        count = min(most, len(sheets))
        yield from (sheets[i * len(sheets) // count] for i in range(count))


def accents(groove: Groove) -> LeadSheet | None:
    """A beat as a lead sheet; None when it has fewer than eight bars."""
    score = symusic.Score.from_midi(groove.path.read_bytes())
    ticks = score.ticks_per_quarter
    strokes: dict[int, int] = {}
    for note in (n for track in score.tracks for n in track.notes):
        step = round(note.time * STEPS_PER_BEAT / ticks)
        pitch = _MIDDLE if note.pitch in _KICK else _HIGH if note.pitch in _SNARE else _LOW
        strokes[step] = max(pitch, strokes.get(step, 0))
    bars = min(max(strokes, default=0) // 16 + 1, _MOST_BARS)
    inside = [(step, pitch) for step, pitch in sorted(strokes.items()) if step < 16 * bars]
    if bars < _LEAST_BARS:
        return None
    ends = [step for step, _ in inside[1:]] + [16 * bars]
    notes = tuple(
        (step, min(end - step, 16), pitch) for (step, pitch), end in zip(inside, ends, strict=True)
    )
    return LeadSheet(
        groove.piece, "groove", "unknown", "4/4", False, bars, notes, (), groove.drummer
    )
