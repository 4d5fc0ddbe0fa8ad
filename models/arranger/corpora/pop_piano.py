"""POP909 as bands: a professional's piano under a melody, with chords corrected by people.

In: the folder `pop909` of the data directory (POP909, ISMIR 2020, with POP909-CL's corrected grid,
keys and chords; both MIT). Out: `Band`s of at most 32 bars, one meter and key each. MELODY is the
melody, BRIDGE the counter-line; the PIANO is split at a point that follows the hands: what lies
above is "chords", below "chords2" (the left hand, of which a bass may be made). The corrected files
hold all three in one track: `midi_sets.corrected_part` finds the first two again, the rest is the
piano. Splits are those of the composer's lead sheets, song by song.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import symusic

from models.arranger.band import SLOTS, Band, Rows, rows
from models.arranger.corpora import grid
from models.arranger.corpora.forms import section_rows
from models.composer.corpora.midi_sets import corrected_part, pop909
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, name_chord
from models.score import Note

_BALLAD = 90.0  # bpm up to which a song counts as a ballad
_MIDDLE, _REACH = 58, 7  # where hands part by habit, and how far the split point may wander
_ABOUT = 2.0  # beats before and after a note that show where the hands are
_LEAST = 8  # piano notes of a stretch


def pop_piano(data: Path) -> Iterator[Band]:
    """Every usable stretch of every song, in windows."""
    splits: dict[str, str] = {}
    for sheet in pop909(data):
        splits.setdefault(sheet.id.partition("#")[0], sheet.split)
    for folder in sorted((data / "pop909").iterdir()):
        raw = folder / f"{folder.name}.mid"
        clean = folder / f"{folder.name}.chords_cleaned.mid"
        song = f"pop909/{folder.name}"
        if song in splits and raw.exists() and clean.exists():
            original, corrected = symusic.Score(str(raw)), symusic.Score(str(clean))
            for band in _bands(song, splits[song], original, corrected):
                yield from (w for w in grid.cut(band) if len(w.slots()) >= 2)


def _bands(song: str, split: str, original: Any, corrected: Any) -> Iterator[Band]:
    """One band for each stretch of constant key and meter."""
    unit = corrected.ticks_per_quarter
    merged = corrected.tracks[0]
    melody = corrected_part(original, merged, unit)
    bridge = corrected_part(original, merged, unit, "BRIDGE")
    parts = _parts(merged, unit, melody, bridge)
    bpm = _bpm(original, corrected)
    meters = {s.time / unit: f"{s.numerator}/{s.denominator}" for s in corrected.time_signatures}
    keys = {k.time / unit: (k.key, bool(k.tonality)) for k in corrected.key_signatures}
    if not meters or not keys:
        return
    chords = _chords(corrected.tracks[1], unit)
    borders = sorted({0.0, *meters, *keys})
    meter, key = meters[min(meters)], keys[min(keys)]
    last = max(n.end for n in merged.notes) / unit
    for number, (start, end) in enumerate(pairwise([*borders, last])):
        meter, key = meters.get(start, meter), keys.get(start, key)
        name = {"2/2": "4/4"}.get(meter, meter)
        if name not in BAR_STEPS:
            continue
        inside = {k: _between(v, start, end) for k, v in parts.items()}
        if len(inside["chords"]) + len(inside["chords2"]) < _LEAST:
            continue
        yield _band(
            f"{song}#{number}", song, split, name, key, bpm, end - start, inside,
            [(on - start, *rest) for on, *rest in chords if start <= on < end],
        )  # fmt: skip


def _band(
    identifier: str,
    song: str,
    split: str,
    meter: str,
    key: tuple[int, bool],
    bpm: float,
    beats: float,
    parts: dict[str, list[Note]],
    chords: list[tuple[float, int, int, int]],
) -> Band:
    """A stretch whose parts and chords are counted from its start."""
    fifths, minor = key
    tonic = (7 * fifths + (9 if minor else 0)) % 12
    size = BAR_STEPS[meter]
    bars = max(1, -(-round((beats - 0.3) * STEPS_PER_BEAT) // size))
    swing = grid.swing_of(n.onset for part in parts.values() for n in part)
    notes = [
        row
        for slot in SLOTS
        for row in grid.slot_rows(slot, parts.get(slot, ()), swing, bars * size)
    ]
    return Band(
        id=identifier,
        tune=song,
        source="pop909",
        split=split,
        style="ballad" if bpm <= _BALLAD else "mandopop",
        family="pop",
        meter=meter,
        tonic=tonic,
        minor=minor,
        bpm=bpm,
        swing=swing,
        bars=bars,
        melody=grid.melody_rows(parts["melody"], swing, bars * size),
        chords=_distinct([(grid.step(on, swing), *rest) for on, *rest in chords]),
        sections=section_rows(parts["melody"], tonic, minor, meter, bars),
        notes=rows(notes, 5),
    )


def _parts(
    merged: Any,
    unit: int,
    melody: Sequence[tuple[float, float, int]],
    bridge: Sequence[tuple[float, float, int]],
) -> dict[str, list[Note]]:
    """Notes of the melody and of the slots, in beats from the start of the song."""
    sung = Counter((round(on * unit), pitch) for on, _, pitch in melody)
    counter = Counter((round(on * unit), pitch) for on, _, pitch in bridge)
    parts: dict[str, list[Note]] = {"melody": [], "counter": [], "piano": []}
    for n in sorted(merged.notes, key=lambda n: (n.time, n.pitch)):
        place = (n.time, n.pitch)
        name = "melody" if sung[place] else "counter" if counter[place] else "piano"
        owner = {"melody": sung, "counter": counter}.get(name)
        if owner is not None:
            owner[place] -= 1
        parts[name].append(Note(n.time / unit, n.pitch, n.duration / unit, max(1, n.velocity)))
    left, right = hands(parts.pop("piano"))
    return {**parts, "chords": right, "chords2": left}


def hands(piano: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """Left and right hand of piano notes sorted by onset.

    Beat by beat the split point lies in the widest gap between the pitches struck within two
    beats, near middle C rather than far and near the last point rather than elsewhere.
    """
    if not piano:
        return [], []
    onsets = np.array([n.onset for n in piano])
    pitches = np.array([n.pitch for n in piano])
    first, last = int(onsets[0]), int(onsets[-1])
    points, point = {}, float(_MIDDLE)
    for beat in range(first, last + 1):
        low, high = np.searchsorted(onsets, (beat - _ABOUT, beat + 1 + _ABOUT))
        point = _parting(np.unique(pitches[low:high]), point)
        points[beat] = point
    left = [n for n in piano if n.pitch < points[int(n.onset)]]
    return left, [n for n in piano if n.pitch >= points[int(n.onset)]]


def _parting(pitches: Any, point: float) -> float:
    """The best split point for some distinct pitches in ascending order."""
    low, high = _MIDDLE - _REACH, _MIDDLE + _REACH
    edges = [low - 1, *(int(p) for p in pitches if low <= p <= high), high + 1]
    return max(
        ((a + b) / 2 + 0.1 for a, b in pairwise(edges)),
        key=lambda mid: _room(edges, mid) - 0.2 * abs(mid - _MIDDLE) - 0.3 * abs(mid - point),
    )


def _room(edges: Sequence[int], middle: float) -> int:
    return next(b - a for a, b in pairwise(edges) if a < middle <= b + 0.1)


def _between(notes: Sequence[Note], start: float, end: float) -> list[Note]:
    return [
        Note(n.onset - start, n.pitch, n.duration, n.velocity)
        for n in notes
        if start <= n.onset < end
    ]


def _bpm(original: Any, corrected: Any) -> float:
    """Beats of the corrected grid a minute of the recording (the corrected tempi are dummies)."""
    seconds = original.to("second").end()
    return round(60 * corrected.end() / corrected.ticks_per_quarter / max(1.0, seconds), 2)


def _chords(track: Any, unit: int) -> list[tuple[float, int, int, int]]:
    """(onset in beats, root, quality, bass) of block chords; the bass is their lowest note."""
    struck: dict[int, list[int]] = {}
    for note in track.notes:
        struck.setdefault(note.time, []).append(note.pitch)
    named = [(at / unit, name_chord(p), min(p) % 12) for at, p in sorted(struck.items())]
    return [(at, chord[0], chord[1], bass) for at, chord, bass in named if chord]


def _distinct(chords: Sequence[tuple[int, ...]]) -> Rows:
    """One chord a step, each different from the one before."""
    by_step = {chord[0]: chord for chord in chords}
    found: list[tuple[int, ...]] = []
    for chord in by_step.values():
        if not found or found[-1][1:] != chord[1:]:
            found.append(chord)
    return rows(found, 4)
