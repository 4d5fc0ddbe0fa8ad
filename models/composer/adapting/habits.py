"""How a musician writes, as far as a plan can ask for it: the habits behind a learned style.

In: lead sheets. Out: `Habits`, the part of a style that shapes what each bar is wished to be like
(how many notes, how high, how it moves), beside the style vector that the network is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.composer.describe import describe
from models.composer.encode import COLUMN, OPEN, bar_events, events_of
from models.composer.features import Floats
from models.composer.phrases import Manner
from models.composer.sheets import LeadSheet

_USUAL_REGISTER = 2  # the class that `places.register_of` starts from


@dataclass(frozen=True)
class Habits:
    """Means over a musician's bars that hold notes.

    `notes` a beat, over bars that do not close; `register`, `motion` and `syncopation` are classes
    as in `describe`; `manner` is the nearest of `sheets.STYLES`.
    """

    notes: float
    register: int
    motion: int
    syncopation: int
    manner: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def applied(self, manner: Manner, usual: float, beats: float) -> Manner:
        """A section's manner as this musician would have it.

        `usual` is the mean number of notes a bar that the plan asks for: what a section has more or
        less than that, and where it lies higher, stays.
        """
        low, high = manner.within
        register = manner.register + self.register - _USUAL_REGISTER
        return replace(
            manner,
            notes=self.notes * beats * manner.notes / usual,
            register=min(max(register, low), high),
            motion=self.motion,
            syncopation=self.syncopation,
        )


def habits_of(sheets: Sequence[LeadSheet], manner: str) -> Habits:
    """Measured on some sheets, at least one of them with notes."""
    rows: list[np.ndarray] = []
    notes = beats = 0.0
    for sheet in sheets:
        bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
        rows.append(describe(bars, sheet.bar_steps).attributes)
        counts = np.bincount([on // sheet.bar_steps for on, _, _ in sheet.notes], None, sheet.bars)
        running = (counts > 0) & (rows[-1][:, COLUMN["close"]] == 0)
        running = running if running.any() else counts > 0
        notes += float(counts[running].sum())
        beats += float(running.sum()) * sheet.bar_steps / 4
    table = np.concatenate(rows)

    def usual(name: str, most: int) -> int:
        known = table[:, COLUMN[name]]
        return round(min(float(np.mean(known[known != OPEN[name]])), most))

    return Habits(
        notes / beats, usual("register", 6), usual("motion", 4), usual("syncopation", 2), manner
    )


@dataclass(frozen=True)
class Manners:
    """Where the corpora lie among the 60 features: `means` by manner, and their `spread` (60,)."""

    means: Mapping[str, Floats]
    spread: Floats

    @classmethod
    def of(cls, profiles: Floats, names: Sequence[str]) -> Manners:
        """From profiles (P, 60) of sheets whose manners are `names`; "unknown" is left out."""
        labels = np.array(names)
        known = sorted(set(names) - {"unknown"})
        means = {name: profiles[labels == name].mean(0) for name in known}
        inside = np.concatenate([profiles[labels == name] - means[name] for name in known])
        return cls(means, np.maximum(inside.std(0), 0.02).astype(np.float32))

    def nearest(self, vector: Floats) -> str:
        """The manner whose mean is nearest, in deviations within manners."""
        distances = {
            name: float(np.square((vector - mean) / self.spread).sum())
            for name, mean in self.means.items()
        }
        return min(distances, key=lambda name: distances[name])
