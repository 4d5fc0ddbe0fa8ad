"""A band on a sixteenth grid: what every corpus is brought to before the arranger sees it.

In: notes by slot, chords, melody and form in steps. Out: a frozen `Band` and shards of them on
disk (`save`, `load`), so that a corpus is parsed or rendered once. Pitches are as they sound;
the encoder makes them relative to the chord.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.composer.sheets import BAR_STEPS
from models.score import Role

#: What the arranger writes, in the order in which it decides within a step. `chords2` is a second
#: chordal part: another player's, or the left hand of a piano.
SLOTS = ("drums", "bass", "chords", "chords2", "pad", "counter")
#: The role that a slot's track has in a `models.score.Score`.
ROLE_OF: dict[str, Role] = {
    "drums": "drums",
    "bass": "bass",
    "chords": "chords",
    "chords2": "chords",
    "pad": "pad",
    "counter": "counter",
}
#: Where the playing comes from; all but "mma" are people's.
SOURCES = ("mma", "game", "pop909", "groove", "jjswing")
#: What a section can be called; anything else is "verse".
SECTIONS = ("intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "outro")

Rows = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Band:
    """A stretch of music for a band, whole bars of one meter, starting on a bar line.

    `tune` names what it was made from (its split is the tune's). `style` is a vocabulary id or ""
    when only the family is known; `family` a vocabulary family or "" when nothing is known.
    `swing` is where the off-eighth fell in its beat (0.5 straight) before it was moved to the grid.
    `melody` rows are (onset, duration, pitch), `chords` rows (onset, root pc, quality class, bass
    pc) each until the next, `sections` rows (first bar, bars, index into `SECTIONS`), `notes` rows
    (slot, onset, duration, pitch, velocity): steps, MIDI pitches, int16, sorted. No rows at all
    for what is not known.
    """

    id: str
    tune: str
    source: str
    split: str
    style: str
    family: str
    meter: str
    tonic: int
    minor: bool
    bpm: float
    swing: float
    bars: int
    melody: Rows  # (M, 3)
    chords: Rows  # (C, 4)
    sections: Rows  # (S, 3)
    notes: Rows  # (N, 5)

    @property
    def bar_steps(self) -> int:
        """Steps in a bar."""
        return BAR_STEPS[self.meter]

    def slots(self) -> tuple[str, ...]:
        """The slots that play."""
        return tuple(SLOTS[i] for i in sorted({int(s) for s in self.notes[:, 0]}))

    def part(self, slot: str) -> Rows:
        """The notes of a slot: rows (onset, duration, pitch, velocity)."""
        return self.notes[self.notes[:, 0] == SLOTS.index(slot), 1:]


_ARRAYS = {"melody": 3, "chords": 4, "sections": 3, "notes": 5}


def rows(values: Sequence[Sequence[int]], width: int) -> Rows:
    """Sorted int16 rows, (0, width) for none."""
    return np.array(sorted(map(tuple, values)), np.int16).reshape(-1, width)


def save(bands: Sequence[Band], path: Path) -> None:
    """Write bands to one compressed .npz shard (no pickles)."""
    facts = [
        {k: v for k, v in vars(band).items() if k not in _ARRAYS}
        | {name: len(getattr(band, name)) for name in _ARRAYS}
        for band in bands
    ]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(b, name) for b in bands] or [rows((), width)])
        for name, width in _ARRAYS.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, facts=np.array(json.dumps(facts)), **arrays)
    part.replace(path)


def load(path: Path) -> list[Band]:
    """Read a shard that `save` wrote."""
    with np.load(path, allow_pickle=False) as shard:
        facts = json.loads(str(shard["facts"]))
        arrays = {name: shard[name] for name in _ARRAYS}
    found, at = [], dict.fromkeys(_ARRAYS, 0)
    for fact in facts:
        for name in _ARRAYS:
            start = at[name]
            at[name] = start + fact[name]
            fact[name] = arrays[name][start : at[name]]
        found.append(Band(**fact))
    return found


def without(band: Band, slots: Sequence[str]) -> Band:
    """The band without some of its slots."""
    gone = [SLOTS.index(slot) for slot in slots]
    return replace(band, notes=band.notes[~np.isin(band.notes[:, 0], gone)])
