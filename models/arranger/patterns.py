"""The rhythm patterns of `patterns.toml` and `beats.toml`, cut to the meter of a piece.

In: a pattern name, a meter, a density (0..1). Out: rows of one character per sixteenth note for
the asked bar. Nothing here knows pitches; `comp`, `bassline` and `drums` give them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.score import Meter

#: Length of one character, in beats.
STEP = 0.25


@dataclass(frozen=True, slots=True)
class Hit:
    """One character of a row that is not a rest or a hold: where, for how long, and what."""

    onset: float
    duration: float
    what: str


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    folder = Path(__file__).parent
    found: dict[str, Any] = {}
    for name in ("patterns.toml", "beats.toml"):
        found |= tomllib.loads((folder / name).read_text(encoding="utf-8"))
    return found


def names(kind: str) -> tuple[str, ...]:
    """Pattern names of a kind: "comp", "bassline" or "beat"; internal ones left out."""
    return tuple(n for n in _tables()[kind] if not n.startswith("_"))


def option(kind: str, name: str, key: str, default: Any = None) -> Any:
    """A setting of a pattern, such as `short`, `power`, `fill` or `lift`."""
    return _tables()[kind][name].get(key, default)


def drum_keys() -> Mapping[str, int]:
    """Drum name -> General MIDI percussion key."""
    keys: dict[str, int] = _tables()["drums"]
    return keys


def fill_rows(family: str, size: str) -> dict[str, str]:
    """Rows of a fill: `size` is "small", "big" or "compound"."""
    rows: dict[str, str] = _tables()["fill"][family][size]
    return rows


def steps_of(meter: Meter) -> int:
    """Sixteenth notes in a bar."""
    return round(meter.bar_beats / STEP)


def _rows(kind: str, name: str, meter: Meter) -> Any:
    """What the tables say for a meter: its own rows, else those of the meter it is cut from."""
    entry = _tables()[kind][name]
    base = str(meter) if str(meter) in entry else "6/8" if meter.is_compound else "4/4"
    found = entry.get(base, entry.get("4/4"))
    if isinstance(found, str):
        return _rows(kind, found.removeprefix("@"), meter)
    return found


def _slice(row: str, bar: int, steps: int) -> str:
    """The part of a row that falls into a bar; rows repeat for ever."""
    start = (bar * steps) % len(row)
    return (row * (steps // len(row) + 2))[start : start + steps]


def line(kind: str, name: str, meter: Meter, bar: int, density: float) -> str:
    """The row of a comp or bassline pattern for a bar of its section (0-based)."""
    levels: list[str] = _rows(kind, name, meter)
    level = min(len(levels) - 1, int(density * len(levels)))
    return _slice(levels[level], bar, steps_of(meter))


def kit_rows(name: str, meter: Meter, bar: int) -> dict[str, str]:
    """Drum name -> row of a beat for a bar of its section (0-based)."""
    rows: dict[str, str] = _rows("beat", name, meter)
    steps = steps_of(meter)
    return {drum: _slice(row, bar, steps) for drum, row in rows.items()}


def hits(row: str) -> list[Hit]:
    """The hits of a row; "-" prolongs the hit before it. Onsets and durations in beats."""
    found: list[Hit] = []
    for i, what in enumerate(row):
        if what in ".-":
            continue
        length = 1
        while i + length < len(row) and row[i + length] == "-":
            length += 1
        found.append(Hit(i * STEP, length * STEP, what))
    return found
