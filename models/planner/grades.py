"""What each lesson grade allows: the table `grades.toml` as values.

In: a grade 1..5. Out: its limits, for the planner (keys, chords, tempo) and the composer (range,
rhythm, leaps).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Grade:
    """Limits of a lesson.

    `accidentals`: most sharps or flats of the signature; `tempo`: (slowest, fastest) in quarter
    notes per minute; `low..high`: the melody's MIDI notes; `shortest`: shortest note in beats;
    `leap`: widest melodic interval in semitones; `chords`: chord qualities of
    `theory.QUALITIES`; `density`: ceiling, 0..1; `bars`: the most a lesson has unless asked.
    """

    accidentals: int
    modes: tuple[str, ...]
    meters: tuple[str, ...]
    tempo: tuple[float, float]
    low: int
    high: int
    shortest: float
    leap: int
    chords: tuple[str, ...]
    chords_per_bar: int
    density: float
    bars: int


@lru_cache(maxsize=1)
def _table() -> dict[int, Grade]:
    raw = tomllib.loads(Path(__file__).with_name("grades.toml").read_text(encoding="utf-8"))
    rows: dict[str, dict[str, Any]] = {
        number: {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        for number, row in raw.items()
    }
    return {int(number): Grade(**row) for number, row in rows.items()}


def limits(grade: int) -> Grade:
    """The limits of a grade; numbers outside 1..5 take the nearest."""
    return _table()[min(5, max(1, grade))]
