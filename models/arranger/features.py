"""Sixty numbers that say what an arrangement is like: the axes of a distance and of a classifier.

In: a `Band`. Out: (60,) float32, each about 0 to 1. Kinds of features are those of jSymbolic
(McKay, Cumming and Fujinaga, 2018: texture, rhythm, pitch by voice) and, for drums, those that
drummers name a groove by (Gouyon and Dixon, *A review of automatic rhythm description systems*,
2005: where kick, backbeat and timekeeper strike). Tempo, swing, key and the melody are left out:
a plan states them, so they would say nothing about who arranged.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.arranger.band import SLOTS, Band, Rows
from models.arranger.evaluation.measures import patterns
from models.arranger.evaluation.view import pitched, tones
from models.arranger.kit import NAMES as KIT
from models.arranger.kit import class_of

Floats = npt.NDArray[np.float32]
_Bools = npt.NDArray[np.bool_]

_STRUCK = ("kick", "snare", "rim", "hat", "open", "ride", "crash", "tom", "shaker", "wood", "hand")
_KEEPERS = ("hat", "open", "ride", "shaker", "wood")
#: The numbers of each part, in their order.
GROUPS: dict[str, tuple[str, ...]] = {
    "drums": (
        "plays", *(f"{name} a beat" for name in _STRUCK),
        "kick on the first beat", "kick on beats", "kick off beats", "kick between eighths",
        "backbeat", "snare off beats", "keeper on beats", "keeper on eighths",
        "keeper between eighths", "soft hits", "accents", "repeats",
    ),
    "bass": (
        "plays", "onsets a beat", "on beats", "on eighths", "length", "register", "roots",
        "fifths", "other chord tones", "steps", "stays", "octaves", "downbeats", "repeats",
    ),
    "chords": (
        "plays", "onsets a beat", "on beats", "on eighths", "length", "downbeats", "voices",
        "single notes", "register", "span", "outside the chord", "sounding", "repeats",
    ),
    "pad": ("plays", "length", "sounding"),
    "counter": ("plays", "onsets a beat", "register"),
    "band": ("parts", "voices sounding", "syncopation"),
}  # fmt: skip
NAMES: tuple[str, ...] = tuple(f"{part}: {n}" for part, names in GROUPS.items() for n in names)
#: Those that a plan states by naming the players.
CAST: tuple[int, ...] = tuple(
    i for i, name in enumerate(NAMES) if name.endswith(": plays") or name == "band: parts"
)


def group(part: str) -> slice:
    """Where the numbers of a part stand in a profile."""
    start = 0
    for name, names in GROUPS.items():
        if name == part:
            return slice(start, start + len(names))
        start += len(names)
    raise KeyError(part)


def profile(band: Band) -> Floats:
    """The features `NAMES` of a band, (60,) within 0..1; zeros for parts that do not play."""
    grids = patterns(band)
    values = [
        *_drums(band, grids),
        *_bass(band, grids),
        *_chords(band, grids),
        *_pad(band),
        *_counter(band),
        *_whole(band),
    ]
    return np.clip(np.array(values, np.float64), 0, 1).astype(np.float32)


def _pulse(band: Band) -> int:
    """Sixteenths in a felt beat."""
    return 6 if band.meter == "6/8" else 4


def _places(band: Band, onsets: npt.NDArray[np.integer]) -> tuple[float, float]:
    """Shares of onsets on felt beats, and on eighths between them."""
    if not len(onsets):
        return 0.0, 0.0
    pulse = _pulse(band)
    on = onsets % pulse == 0
    eighth = ~on & (onsets % 2 == 0)
    return float(on.mean()), float(eighth.mean())


def _beats(band: Band) -> float:
    return band.bars * band.bar_steps / 4


def _repeats(grid: _Bools) -> float:
    """How alike each bar's onsets are to the bar before (Dice), over bars with any."""
    one, other = grid[:-1], grid[1:]
    either = one.sum(axis=1) + other.sum(axis=1)
    both = (one & other).sum(axis=1)
    heard = either > 0
    return float((2 * both[heard] / either[heard]).mean()) if heard.any() else 0.0


def _drums(band: Band, grids: dict[str, _Bools]) -> list[float]:
    notes = band.part("drums")
    kinds = {name: grids.get(f"drums {i}") for i, name in enumerate(KIT)}
    if not len(notes):
        return [0.0] * len(GROUPS["drums"])
    empty = np.zeros((band.bars, band.bar_steps), bool)

    def grid(*names: str) -> _Bools:
        found = empty.copy()
        for name in names:
            here = kinds[name]
            if here is not None:
                found |= here
        return found

    struck = [grid("tom_low", "tom_high") if name == "tom" else grid(name) for name in _STRUCK]
    pulse = _pulse(band)
    step = np.arange(band.bar_steps)
    on, weak = step % pulse == 0, (step // pulse) % 2 == 1
    eighth, between = ~on & (step % 2 == 0), step % 2 == 1
    kick, snare, keeper = grid("kick"), grid("snare", "rim"), grid(*_KEEPERS)
    back = on & weak if band.meter != "3/4" else on & (step > 0)
    known = np.array([class_of(int(p)) is not None for p in notes[:, 2]])
    velocity = notes[known, 3] if known.any() else notes[:, 3]
    flat = np.concatenate([g for g in struck], axis=1)
    return [
        1.0,
        *(float(g.sum()) / _beats(band) / 2 for g in struck),
        float(kick[:, 0].mean()),
        float(kick[:, on].mean()),
        float(kick[:, eighth].mean()),
        float(kick[:, between].mean()),
        float(snare[:, back].mean()),
        float(snare[:, ~on].mean()),
        float(keeper[:, on].mean()),
        float(keeper[:, eighth].mean()),
        float(keeper[:, between].mean()),
        float((velocity < 50).mean()),
        float((velocity >= 95).mean()),
        _repeats(flat),
    ]


def _first(band: Band, notes: Rows) -> float:
    """Share of bars in which notes are struck on the bar line."""
    bars = notes[notes[:, 0] % band.bar_steps == 0, 0] // band.bar_steps
    return len(set(bars.tolist())) / band.bars


def _sounding(band: Band, notes: Rows) -> float:
    time = np.zeros(band.bars * band.bar_steps, bool)
    for onset, length in notes[:, :2].tolist():
        time[onset : onset + length] = True
    return float(time.mean())


def _bass(band: Band, grids: dict[str, _Bools]) -> list[float]:
    notes = band.part("bass")
    if not len(notes):
        return [0.0] * len(GROUPS["bass"])
    pitch = notes[:, 2].astype(int)
    roots = np.zeros(band.bars * band.bar_steps, np.int64)
    for onset, root, _, bass in band.chords.tolist():
        roots[onset:] = bass if bass >= 0 else root
    above = (pitch - roots[notes[:, 0]]) % 12
    inside = tones(band)[notes[:, 0], pitch % 12]
    moves = np.abs(np.diff(pitch)) if len(pitch) > 1 else np.array([0])
    return [
        1.0,
        len(set(notes[:, 0].tolist())) / _beats(band) / 4,
        *_places(band, notes[:, 0]),
        float(notes[:, 1].mean()) / 16,
        (float(pitch.mean()) - 24) / 36,
        float((above == 0).mean()),
        float((above == 7).mean()),
        float((inside & (above != 0) & (above != 7)).mean()),
        float(((moves > 0) & (moves <= 2)).mean()),
        float((moves == 0).mean()),
        float((moves == 12).mean()),
        _first(band, notes),
        _repeats(grids["bass"]),
    ]


def _chords(band: Band, grids: dict[str, _Bools]) -> list[float]:
    notes = np.concatenate([band.part("chords"), band.part("chords2")])
    if not len(notes):
        return [0.0] * len(GROUPS["chords"])
    onsets, first, counts = np.unique(notes[:, 0], return_inverse=True, return_counts=True)
    low = np.full(len(onsets), 127)
    high = np.zeros(len(onsets), np.int64)
    np.minimum.at(low, first, notes[:, 2])
    np.maximum.at(high, first, notes[:, 2])
    known = tones(band)
    stated = known[notes[:, 0]].any(axis=1)
    outside = ~known[notes[:, 0], notes[:, 2] % 12] & stated
    return [
        1.0,
        len(onsets) / _beats(band) / 4,
        *_places(band, onsets),
        float(notes[:, 1].mean()) / 16,
        _first(band, notes),
        float(counts.mean()) / 6,
        float((counts == 1).mean()),
        (float(notes[:, 2].mean()) - 36) / 48,
        float((high - low).mean()) / 36,
        float(outside.mean()),
        _sounding(band, notes),
        _repeats(grids["chords"]),
    ]


def _pad(band: Band) -> list[float]:
    notes = band.part("pad")
    if not len(notes):
        return [0.0] * len(GROUPS["pad"])
    return [1.0, float(notes[:, 1].mean()) / 32, _sounding(band, notes)]


def _counter(band: Band) -> list[float]:
    notes = band.part("counter")
    if not len(notes):
        return [0.0] * len(GROUPS["counter"])
    return [1.0, len(notes) / _beats(band) / 4, (float(notes[:, 2].mean()) - 36) / 48]


def _whole(band: Band) -> list[float]:
    """Parts that play, voices that sound at once, and onsets off the beat that lead into rests.

    Syncopated is an onset off the felt beat with none on the next beat in the same part.
    """
    notes = pitched(band)
    time = band.bars * band.bar_steps
    voices = float(notes[:, 1].sum()) / time / 12
    pulse = _pulse(band)
    off = missed = 0
    for slot in SLOTS:
        struck = np.zeros(time + pulse, bool)
        struck[band.part(slot)[:, 0]] = True
        at = np.flatnonzero(struck)
        weak = at[at % pulse != 0]
        off += int(at.size)
        missed += int((~struck[(weak // pulse + 1) * pulse]).sum())
    return [len(band.slots()) / 6, voices, missed / off if off else 0.0]
