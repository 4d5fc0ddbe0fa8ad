"""What the arranger is told at each step: place, harmony, melody, form, style and who plays.

In: a `Situation` (what is fixed before anything is arranged), from a training `Band` or from a
`Plan`. Out: one row of ids per step, a column for each of `FIELDS`. The network sees them as a
many-hot vector, so that a field that is not known is simply its id 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arranger.band import SECTIONS, SLOTS, SOURCES, Band, Rows
from models.arranger.encode import NO_QUALITY, Steps, harmony_of
from models.composer.sheets import BAR_STEPS, METERS

ABSENT, WRITE, GIVEN = 0, 1, 2
#: Levels of density: 0 not told, then fifths of what a style's sections have.
DENSITIES = 6
_TEMPI = (70, 90, 110, 130, 155, 185)
FAMILIES = (
    "pop", "rock", "electronic", "hiphop", "rnb", "jazz", "blues", "latin", "folk", "classical",
    "cinematic", "world",
)  # fmt: skip

Ids = NDArray[np.int16]
Ints2 = NDArray[np.int64]


def fields(styles: int) -> dict[str, int]:
    """Column -> how many ids it has, for a number of known styles."""
    sizes = {
        "position": 16, "meter": len(METERS), "quality": NO_QUALITY + 1, "degree": 12,
        "minor": 2, "bass": 12, "next": 13, "until": 7, "sung": 3, "tone": 13, "octave": 6,
        "section": len(SECTIONS) + 1, "phrase": 8, "left": 5, "final": 2, "density": DENSITIES,
        "tempo": len(_TEMPI) + 2, "style": styles + 1, "family": len(FAMILIES) + 1,
        "source": len(SOURCES) + 1, "swing": 4,
    }  # fmt: skip
    return sizes | {f"plays {slot}": 3 for slot in SLOTS}


@dataclass(frozen=True, eq=False)
class Situation:
    """All that is fixed before a note is arranged; rows as in `Band`.

    `density` holds a level 0..5 per section, `states` a row of ABSENT, WRITE or GIVEN over `SLOTS`
    per section; `ends` says that the last bar ends a piece.
    """

    meter: str
    tonic: int
    minor: bool
    bpm: float
    swing: float
    bars: int
    style: str
    family: str
    source: str
    melody: Rows
    chords: Rows
    sections: Rows
    density: Sequence[int]
    states: Sequence[Sequence[int]]
    ends: bool


def situation_of(band: Band, density: Sequence[int], states: Sequence[Sequence[int]]) -> Situation:
    """The situation in which a band plays."""
    sections = form_of(band)
    return Situation(
        band.meter, band.tonic, band.minor, band.bpm, band.swing, band.bars, band.style,
        band.family, band.source, band.melody, band.chords, sections, density, states,
        ends=SECTIONS[sections[-1][2]] == "outro",
    )  # fmt: skip


def form_of(band: Band) -> Rows:
    """A band's sections, the whole of it as one verse where it has none."""
    whole = np.array([[0, band.bars, SECTIONS.index("verse")]], np.int16)
    return band.sections if len(band.sections) else whole


def bounds(section: Sequence[int], bar_steps: int) -> tuple[int, int]:
    """First step of a section row and the step after its last."""
    return int(section[0]) * bar_steps, int(section[0] + section[1]) * bar_steps


def section_onsets(steps: Steps, sections: Rows, bar_steps: int) -> Ints2:
    """Onsets of each slot (columns) in each section (rows)."""
    struck = np.concatenate([(steps.drums > 0).sum(1, keepdims=True), steps.words > 1], 1)
    edges = [bounds(s, bar_steps) for s in sections]
    return np.array([struck[a:b].sum(0) for a, b in edges])


def busyness(onsets: Ints2, sections: Rows) -> NDArray[np.float64]:
    """Onsets per bar and playing slot, of each section."""
    playing = np.maximum(1, (onsets > 0).sum(1))
    found: NDArray[np.float64] = onsets.sum(1) / playing / np.maximum(1, sections[:, 1])
    return found


def encode_context(s: Situation, styles: Mapping[str, int]) -> Ids:
    """Rows of ids, (T, number of fields); `styles` maps a style id to 0.. in the order learned."""
    bar = BAR_STEPS[s.meter]
    total = s.bars * bar
    sizes = fields(len(styles))
    column = {name: i for i, name in enumerate(sizes)}
    ids = np.zeros((total, len(sizes)), np.int16)

    def put(name: str, value: NDArray[np.integer] | int) -> None:
        ids[:, column[name]] = value

    put("position", np.arange(total) % bar)
    put("meter", METERS.index(s.meter))
    put("minor", int(s.minor))
    put("tempo", 1 + sum(s.bpm >= edge for edge in _TEMPI))
    put("style", styles.get(s.style, -1) + 1)
    put("family", FAMILIES.index(s.family) + 1 if s.family in FAMILIES else 0)
    put("source", SOURCES.index(s.source) + 1 if s.source in SOURCES else 0)
    put("swing", 1 + sum(s.swing >= edge for edge in (0.54, 0.62)))
    for name, values in (_harmony(s, total) | _melody(s, total)).items():
        put(name, values)
    for number, row in enumerate(s.sections):
        start, end = bounds(row, bar)
        bars = np.arange(end - start) // bar
        here = slice(start, end)
        ids[here, column["section"]] = row[2] + 1
        ids[here, column["phrase"]] = bars % 8
        ids[here, column["left"]] = np.minimum(4, row[1] - 1 - bars)
        ids[here, column["density"]] = s.density[number]
        for slot, state in zip(SLOTS, s.states[number], strict=True):
            ids[here, column[f"plays {slot}"]] = state
    if s.ends:
        ids[-bar:, column["final"]] = 1
    return ids


def _harmony(s: Situation, total: int) -> dict[str, NDArray[np.integer]]:
    chords = harmony_of(s.chords, total)
    coming, until = np.zeros(total, np.int16), np.full(total, 6, np.int16)
    for here, following in zip(s.chords, s.chords[1:], strict=False):
        start, end = max(0, int(here[0])), min(total, int(following[0]))
        left = end - np.arange(start, end)
        coming[start:end] = 1 + (following[1] - here[1]) % 12
        until[start:end] = np.searchsorted((1, 2, 4, 8, 16), left, side="left")
    return {
        "quality": chords.qualities,
        "degree": (chords.roots - s.tonic) % 12,
        "bass": (chords.basses - chords.roots) % 12,
        "next": coming,
        "until": until,
    }


def _melody(s: Situation, total: int) -> dict[str, NDArray[np.integer]]:
    roots = harmony_of(s.chords, total).roots
    sung, tone, octave = (np.zeros(total, np.int16) for _ in range(3))
    for onset, length, pitch in s.melody:
        here = slice(max(0, int(onset)), max(0, int(onset + length)))
        sung[here] = 1
        tone[here] = 1 + (pitch - roots[here]) % 12
        octave[here] = np.clip(pitch // 12 - 2, 1, 5)
        if 0 <= onset < total:
            sung[onset] = 2
    return {"sung": sung, "tone": tone, "octave": octave}
