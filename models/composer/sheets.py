"""Lead sheets on a sixteenth grid: what every corpus is brought to before a model sees it.

In: notes and chords in quarter notes, with a key and a meter. Out: a frozen `LeadSheet` with the
tonic moved to C (so no transposition is ever learned) and a fixed split by piece. The opening of a
tune, not its file name, decides the split: two files of one tune never lie on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from models.theory import QUALITY_CLASSES

STEPS_PER_BEAT = 4
#: Meters the composer knows, with their steps to a bar.
BAR_STEPS: dict[str, int] = {"4/4": 16, "3/4": 12, "6/8": 12, "2/4": 8}
METERS = tuple(BAR_STEPS)
#: What a model is told about where a tune comes from; the last is "not told".
STYLES = (
    "pop", "song", "jig", "reel", "hornpipe", "waltz", "morris", "playford", "carol", "folk",
    "lied", "game", "chorale", "unknown",
)  # fmt: skip
#: Manners of song and of free writing; the others are dances and hymns.
SUNG = ("pop", "song", "lied", "game")
SPLITS = ("train", "validation", "test")

#: Quality class -> semitones above the root; a "sus" is also (0, 2, 7).
TEMPLATES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus": (0, 5, 7),
    "dom7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
}


@dataclass(frozen=True)
class LeadSheet:
    """A melody over chords, tonic at C.

    `notes` are (onset, duration, pitch): steps from the start, MIDI pitch after moving the tonic to
    C and the median into 60..71. `chords` are (onset, root, quality): step, pitch class above the
    tonic, index into `QUALITY_CLASSES`; each lasts until the next; () when no harmony is known.
    `bars` counts whole bars. `author` is the composer or the artist, "" when not told.
    """

    id: str
    source: str
    style: str
    meter: str
    minor: bool
    bars: int
    notes: tuple[tuple[int, int, int], ...]
    chords: tuple[tuple[int, int, int], ...]
    author: str = ""

    @property
    def bar_steps(self) -> int:
        """Steps in a bar."""
        return BAR_STEPS[self.meter]

    @property
    def split(self) -> str:
        """One of `SPLITS`: 90, 5 and 5 percent by a hash of the first sixteen notes."""
        opening = [(b[0] - a[0], b[2] - a[2]) for a, b in pairwise(self.notes[:17])]
        digest = hashlib.sha256(repr(opening).encode()).digest()
        share = int.from_bytes(digest[:4], "big") % 100
        return "train" if share < 90 else "validation" if share < 95 else "test"

    def to_json(self) -> dict[str, Any]:
        """Plain values for the cache."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> LeadSheet:
        """The inverse of `to_json` after a trip through JSON."""
        raw = dict(raw)
        for name in ("notes", "chords"):
            raw[name] = tuple(tuple(int(v) for v in row) for row in raw[name])
        return cls(**raw)


def name_chord(pitches: Iterable[int]) -> tuple[int, int] | None:
    """Root pitch class and quality index of sounding pitches; None for fewer than two classes.

    Best overlap with a template wins; the lowest note is preferred as the root.
    """
    ordered = sorted(pitches)
    sounding = {p % 12 for p in ordered}
    if len(sounding) < 2:
        return None
    best: tuple[float, int, int] | None = None
    for index, name in enumerate(QUALITY_CLASSES):
        shapes = [TEMPLATES[name]] + ([(0, 2, 7)] if name == "sus" else [])
        for shape in shapes:
            for root in range(12):
                tones = {(root + i) % 12 for i in shape}
                score = len(tones & sounding) - 0.7 * len(sounding - tones)
                score -= 0.6 * len(tones - sounding) - 0.3 * (ordered[0] % 12 == root)
                if best is None or score > best[0]:
                    best = (score, root, index)
    return None if best is None else (best[1], best[2])


def build(
    *,
    piece: str,
    source: str,
    style: str,
    meter: str,
    tonic: int,
    minor: bool,
    notes: Sequence[tuple[float, float, int]],
    chords: Sequence[tuple[float, int, int]],
    author: str = "",
) -> LeadSheet | None:
    """Quantise a melody and its chords; None when fewer than 4 bars or 12 notes remain.

    `tonic` is a pitch class. `notes` are (onset, duration, pitch) in quarter notes from a bar line;
    overlaps are cut to one voice, the highest note wins. `chords` are (onset, root pitch class,
    quality index) in quarter notes, roots as they sound (not yet relative to the tonic).
    """
    steps = monophonic(notes)
    if len(steps) < 12:
        return None
    bar = BAR_STEPS[meter]
    median = sorted(p for _, _, p in steps)[len(steps) // 2] - tonic
    shift = -tonic - 12 * ((median - 60) // 12)
    moved = [(on, length, pitch + shift) for on, length, pitch in steps]
    symbols: list[tuple[int, int, int]] = []
    for onset, root, quality in sorted(chords):
        entry = (round(onset * STEPS_PER_BEAT), (root - tonic) % 12, quality)
        if symbols and symbols[-1][0] == entry[0]:
            symbols.pop()
        if not symbols or symbols[-1][1:] != entry[1:]:
            symbols.append(entry)
    moved, symbols, bars = _without_long_silence(moved, symbols, bar)
    if bars < 4 or len(moved) < 12:
        return None
    return LeadSheet(piece, source, style, meter, minor, bars, tuple(moved), tuple(symbols), author)


def monophonic(notes: Sequence[tuple[float, float, int]]) -> list[tuple[int, int, int]]:
    """(onset, duration, pitch) in beats as one voice in steps: the highest note wins."""
    by_onset: dict[int, tuple[int, int]] = {}
    for onset, duration, pitch in notes:
        on = round(onset * STEPS_PER_BEAT)
        length = max(1, round((onset + duration) * STEPS_PER_BEAT) - on)
        if on not in by_onset or pitch > by_onset[on][1]:
            by_onset[on] = (length, pitch)
    ordered = sorted(by_onset.items())
    out: list[tuple[int, int, int]] = []
    for i, (on, (length, pitch)) in enumerate(ordered):
        if i + 1 < len(ordered):
            gap = ordered[i + 1][0] - on
            # Transcribed singing is detached everywhere: up to an eighth is articulation.
            length = gap if gap - length <= 2 else min(length, gap)
        out.append((on, length, pitch))
    return out


def _without_long_silence(
    notes: list[tuple[int, int, int]], chords: list[tuple[int, int, int]], bar: int
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]], int]:
    """Cut stretches of silent bars down to one, so that rests are learned as breaths."""
    last = max(on + length for on, length, _ in notes)
    count = -(-last // bar)
    busy = [False] * count
    for on, length, _ in notes:
        for b in range(on // bar, (on + length - 1) // bar + 1):
            busy[b] = True
    kept = [b for b in range(count) if busy[b] or (b > 0 and busy[b - 1])]
    place = {b: i for i, b in enumerate(kept)}

    def move(step: int) -> int:
        return place[step // bar] * bar + step % bar

    moved_notes = [(move(on), length, pitch) for on, length, pitch in notes]
    moved_chords: list[tuple[int, int, int]] = []
    for b in kept:  # restate the chord at each kept bar, then drop repeats
        for step in range(b * bar, (b + 1) * bar):
            active = [c for c in chords if c[0] == step]
            if not active and step == b * bar:
                active = [c for c in chords if c[0] <= step][-1:]
            for _, root, quality in active:
                if not moved_chords or moved_chords[-1][1:] != (root, quality):
                    moved_chords.append((move(step), root, quality))
    return moved_notes, moved_chords, len(kept)
