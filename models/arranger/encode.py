"""A band as steps: what each slot does on each sixteenth, with pitches relative to the chord.

In: a `Band`. Out: `Steps`: drums as levels of twelve classes, each pitched slot as one word per
step (rest, hold, or a shape struck) and the octave of its lowest tone. A shape is a set of tones
seen from the chord's root: notes/composition.md section 0.2 measured 5.86 against 6.68 nats a note
for pitches written that way. `Shapes` is the codebook, learned from the training bands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.arranger.band import SLOTS, Band, Rows, rows
from models.arranger.kit import CLASSES, NAMES, VELOCITIES, class_of, level_of

REST, HOLD, STRUCK = 0, 1, 2
#: Slots with pitches, and those of one voice (low or high) among them.
PITCHED = SLOTS[1:]
SINGLE = ("bass", "counter")
#: Octaves of a lowest tone: MIDI pitch // 12, from C-1; 0 is also "none".
OCTAVES = 9
NO_QUALITY = 10
#: A shape spans at most two octaves and has at most this many tones.
_SPAN, _TONES = 24, 6

Shape = tuple[int, ...]  # lowest tone above the root's pitch class, then intervals above it
Ints = NDArray[np.int16]


@dataclass(frozen=True)
class Shapes:
    """The codebook; the first twelve are the single tones 0..11 above the root."""

    rows: tuple[Shape, ...]

    @cached_property
    def index(self) -> dict[Shape, int]:
        """Shape -> its number."""
        return {shape: i for i, shape in enumerate(self.rows)}

    @cached_property
    def tones(self) -> tuple[frozenset[int], ...]:
        """The pitch classes of each shape, above the root."""
        return tuple(frozenset((s[0] + i) % 12 for i in (0, *s[1:])) for s in self.rows)

    @classmethod
    def learn(cls, seen: Iterable[Shape], most: int) -> Shapes:
        """The commonest shapes, the single tones first.

        `seen` are shapes with repetition; the codebook has `most` rows at most.
        """
        counts = Counter(s for s in seen if len(s) > 1)
        common = sorted(counts, key=lambda s: (-counts[s], s))[: most - 12]
        return cls((*((i,) for i in range(12)), *common))

    def nearest(self, shape: Shape) -> int:
        """The number of a shape; of an unknown one with inner tones left out until it is known."""
        while shape not in self.index:
            if len(shape) == 2:
                return shape[0]
            # The outer tones are heard most: the inner ones go first, from the bottom.
            shape = (shape[0], *shape[2:]) if len(shape) > 2 else shape[:1]
        return self.index[shape]

    def pitches(self, number: int, root: int, octave: int) -> tuple[int, ...]:
        """MIDI pitches of a shape over a root pitch class, its lowest tone in an octave."""
        low, *above = self.rows[number]
        lowest = 12 * octave + (root + low) % 12
        return (lowest, *(lowest + i for i in above))


def shape_of(pitches: Sequence[int], root: int) -> Shape:
    """The shape of sounding pitches over a root pitch class."""
    ordered = sorted(set(pitches))
    lowest = ordered[0]
    above = [p - lowest for p in ordered[1:] if p - lowest <= _SPAN]
    while len(above) >= _TONES:
        above.pop(len(above) // 2)
    return ((lowest - root) % 12, *above)


@dataclass(frozen=True, eq=False)
class Steps:
    """What a band plays, step by step; T steps in all.

    `drums` (T, 12) levels 0..3; `words` (T, 5) over `PITCHED`: REST, HOLD or STRUCK + shape;
    `octaves` (T, 5) of the lowest tone where a shape is struck, else 0.
    """

    drums: Ints
    words: Ints
    octaves: Ints

    def __len__(self) -> int:
        return len(self.drums)


@dataclass(frozen=True, eq=False)
class Harmony:
    """The chord at each step: `roots`, `qualities` (`NO_QUALITY` where none), `basses` (T,)."""

    roots: Ints
    qualities: Ints
    basses: Ints


def harmony_of(chords: Rows, steps: int) -> Harmony:
    """Chord rows (onset, root pc, quality class, bass pc) laid over `steps` steps."""
    roots, basses = np.zeros(steps, np.int16), np.zeros(steps, np.int16)
    qualities = np.full(steps, NO_QUALITY, np.int16)
    for i, (onset, root, quality, bass) in enumerate(chords):
        end = chords[i + 1][0] if i + 1 < len(chords) else steps
        start = 0 if i == 0 else onset
        roots[start:end], qualities[start:end], basses[start:end] = root, quality, bass
    return Harmony(roots, qualities, basses)


def struck_shapes(band: Band) -> Iterable[Shape]:
    """The shapes that a band's chordal slots strike, for `Shapes.learn`."""
    roots = harmony_of(band.chords, band.bars * band.bar_steps).roots
    for slot in PITCHED:
        if slot not in SINGLE:
            for onset, pitches, _ in _blocks(band.part(slot), len(roots)):
                yield shape_of(pitches, int(roots[onset]))


def encode(band: Band, shapes: Shapes) -> Steps:
    """The steps of a band."""
    total = band.bars * band.bar_steps
    roots = harmony_of(band.chords, total).roots
    drums = np.zeros((total, len(NAMES)), np.int16)
    for onset, _, key, velocity in band.part("drums"):
        found = class_of(int(key))
        if found is not None and 0 <= onset < total:
            drums[onset, found] = max(drums[onset, found], level_of(int(velocity)))
    words = np.zeros((total, len(PITCHED)), np.int16)
    octaves = np.zeros((total, len(PITCHED)), np.int16)
    for column, slot in enumerate(PITCHED):
        for onset, pitches, length in _blocks(band.part(slot), total):
            heard = pitches if slot not in SINGLE else _one(pitches, slot)
            number = shapes.nearest(shape_of(heard, int(roots[onset])))
            words[onset, column] = STRUCK + number
            words[onset + 1 : onset + length, column] = HOLD
            octaves[onset, column] = min(OCTAVES - 1, max(1, min(heard) // 12))
    return Steps(drums, words, octaves)


def played_rows(steps: Steps, shapes: Shapes, roots: Ints) -> Rows:
    """What steps play as a band's `notes`: (slot, onset, duration, pitch, velocity)."""
    found: list[tuple[int, int, int, int, int]] = []
    for step, lane in zip(*np.nonzero(steps.drums), strict=True):
        key = CLASSES[NAMES[lane]][0]
        found.append((0, int(step), 1, key, VELOCITIES[steps.drums[step, lane]]))
    for column in range(len(PITCHED)):
        words = steps.words[:, column]
        stops = np.nonzero(words != HOLD)[0]
        for step in np.nonzero(words >= STRUCK)[0]:
            after = stops[np.searchsorted(stops, step, side="right") :]
            end = int(after[0]) if len(after) else len(words)
            number, octave = int(words[step]) - STRUCK, int(steps.octaves[step, column])
            for pitch in shapes.pitches(number, int(roots[step]), octave):
                found.append((column + 1, int(step), end - int(step), pitch, VELOCITIES[2]))
    return rows(found, 5)


def _one(pitches: Sequence[int], slot: str) -> tuple[int]:
    return (min(pitches) if slot == "bass" else max(pitches),)


def _blocks(part: Rows, total: int) -> Iterable[tuple[int, list[int], int]]:
    """(onset, pitches, length) of what is struck together, each cut where the next is struck."""
    onsets: dict[int, list[tuple[int, int]]] = {}
    for onset, length, pitch, _ in part:
        if 0 <= onset < total:
            onsets.setdefault(int(onset), []).append((int(pitch), int(length)))
    starts = sorted(onsets)
    for i, onset in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else total
        longest = max(length for _, length in onsets[onset])
        yield onset, [p for p, _ in onsets[onset]], max(1, min(longest, end - onset))
