"""Human drumming, hit by hit: what was struck, on which sixteenth, how far from it, how hard.

In: the data directory with Magenta's Groove MIDI data set (Gillick et al., *Learning to groove with
inverse sequence transformations*, ICML 2019; CC BY 4.0), played to a click on an electronic kit.
Out: a `Take` for each beat in 4/4 (fills have too little time in them to have a pulse of their
own). A take's constant distance from the click, and its swing, are taken off before its offsets
are read: what is left is how the hands move about the drummer's own grid. `tools/fit_playing.py`
measures these; `bot.bench.playing` plays them again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import symusic
from numpy.typing import NDArray

from models.arranger.kit import VELOCITIES, level_of
from models.performing.kit import class_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Hits farther than this from every place of the grid are flams and rolls, not timing. Beats.
_FAR = 0.11
_LEAST_HITS = 48
#: Steps in a beat: a swung take's middle triplet stands on the second sixteenth.
_STEPS = 4


@dataclass(frozen=True, eq=False)
class Take:
    """One recording. Arrays run over its hits in the order of the grid, (N,).

    `steps` count sixteenths from the first bar line, `kinds` index `kit.CLASSES`, `offsets` are
    milliseconds after the drummer's own grid, `velocities` 1..127, `pitches` General MIDI keys as
    in the file. `swung` says that beats were divided in three; `swing` is where the off-eighth
    fell in its beat (0.5 straight), `sixteenth` the same for an off-sixteenth in its half beat.
    """

    name: str
    style: str
    split: str
    bpm: float
    swung: bool
    swing: float
    sixteenth: float
    steps: Ints
    kinds: Ints
    offsets: Floats
    velocities: Ints
    pitches: Ints

    @property
    def places(self) -> Floats:
        """Where the strokes lie, in beats, on this take's own grid and off it."""
        places = anchors(self.swung, self.swing, self.sixteenth)[self.steps % _STEPS]
        return self.steps // _STEPS + places + self.offsets * self.bpm / 60_000

    @property
    def levels(self) -> Ints:
        """Each hit's level: 0 soft, 1 normal, 2 accent."""
        return np.array([level_of(int(v)) - 1 for v in self.velocities], np.int64)

    @property
    def level_velocities(self) -> Ints:
        """What is left of the dynamics on paper: the velocity that stands for each hit's level."""
        return np.array(VELOCITIES[1:], np.int64)[self.levels]


def takes(data: Path, split: str) -> list[Take]:
    """The beats of a split ("train", "validation", "test") of the part of the set that is there.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks the collection.
    """
    folder = data / "groove"
    with (folder / "info.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = []
    for row in rows:
        path = folder / row["midi_filename"]
        wanted = row["split"] == split and row["beat_type"] == "beat"
        if wanted and row["time_signature"] == "4-4" and path.is_file():
            take = _read(path, row["id"], row["style"], split, float(row["bpm"]))
            if take is not None:
                found.append(take)
    return found


def _read(path: Path, name: str, style: str, split: str, bpm: float) -> Take | None:
    """A file as a take; None when it has too few hits to say anything."""
    score = symusic.Score.from_midi(path.read_bytes())
    hits = [(n.time, n.pitch, n.velocity) for t in score.tracks for n in t.notes]
    kinds = [class_of(pitch) for _, pitch, _ in hits]
    if len(hits) < _LEAST_HITS:
        return None
    places = np.array([t for t, _, _ in hits]) / score.ticks_per_quarter
    places = places - _latency(places)
    swung, swing = _swing(places)
    steps, lines, sixteenth = _on_grid(places, swung, swing)
    beats = places - lines
    kept = np.abs(beats) < _FAR
    offsets = beats * 60_000 / bpm
    order = np.lexsort((places, steps))
    order = order[kept[order] & (steps[order] >= 0)]
    if len(order) < _LEAST_HITS:
        return None
    offsets = offsets - offsets[order].mean()
    pick = [np.array([h[i] for h in hits], np.int64)[order] for i in (1, 2)]
    return Take(
        name, style, split, bpm, swung, swing, sixteenth,
        steps[order], np.array(kinds, np.int64)[order], offsets[order], pick[1], pick[0],
    )  # fmt: skip


def _latency(places: Floats) -> float:
    """How far the whole take lies behind its click, in beats: read where hits are surest."""
    near = places - np.round(places)
    on = near[np.abs(near) < _FAR]
    return float(np.median(on)) if len(on) else 0.0


def _swing(places: Floats) -> tuple[bool, float]:
    """Whether a take divides its beats in three, and where its off-eighth falls."""
    within = places % 1.0
    straight = ((within > 0.44) & (within < 0.56)).sum()
    late = within[(within > 0.585) & (within < 0.715)]
    sixteenths = (((within > 0.2) & (within < 0.3)) | ((within > 0.72) & (within < 0.8))).sum()
    if len(late) > 1.5 * straight and len(late) > sixteenths:
        return True, float(np.median(late))
    return False, 0.5


def _on_grid(places: Floats, swung: bool, swing: float) -> tuple[Ints, Floats, float]:
    """Each hit's step, where that step lies in beats in this take, and its off-sixteenth."""
    whole, within = np.floor(places), places % 1.0
    sixteenth = 0.5 if swung else _sixteenth(within)
    places_of = np.append(anchors(swung, swing, sixteenth), 1.0)
    numbers = np.arange(_STEPS + 1)
    if swung:
        places_of, numbers = np.delete(places_of, 3), np.delete(numbers, 3)
    chosen = np.abs(within[:, None] - places_of[None, :]).argmin(axis=1)
    steps = (whole * _STEPS).astype(np.int64) + numbers[chosen]
    return steps, whole + places_of[chosen], sixteenth


def anchors(swung: bool, swing: float, sixteenth: float) -> Floats:
    """Where the four steps of a beat lie in it; a swung beat has no fourth."""
    if swung:
        return np.array([0.0, swing / 2, swing, 1.0])
    return np.array([0.0, sixteenth / 2, 0.5, 0.5 + sixteenth / 2])


def _sixteenth(within: Floats) -> float:
    """Where off-sixteenths fall in their half beat (0.5 straight, 0.67 a shuffle of sixteenths)."""
    halves = (within % 0.5) * 2
    off = halves[(halves > 0.3) & (halves < 0.75)]
    return float(np.median(off)) if len(off) >= 12 else 0.5


def group_of(take: Take) -> str:
    """The style group that a take is measured with, or "" for the few that stand alone.

    Anything in shuffled eighths outside jazz and the Caribbean is a shuffle, whatever its label.
    """
    first, _, rest = take.style.partition("/")
    if first in ("blues",) or (take.swung and first in ("rock", "funk", "pop")):
        return "shuffle"
    if rest.startswith("brazilian"):
        return "brazil"
    if first == "jazz" and rest in ("funk", "fusion", "linear"):
        return "funk"
    return {"highlife": "afrobeat", "gospel": "soul", "country": "", "middleeastern": ""}.get(
        first, first
    )
