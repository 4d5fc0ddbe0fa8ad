"""Played and written music on a grid of sixteenths, shared by every corpus of bands.

In: onsets and notes in beats. Out: rows of steps for a `Band`, and windows of whole bars. Swung
eighths are first moved straight, beat by beat: what lies before the off-eighth is stretched to half
a beat, what follows it is pressed into the other half; the place of the off-eighth is remembered
as the band's `swing`. Ratios that players use lie between 0.57 and 0.72 of a beat (Friberg &
Sundstrom, "Swing Ratios and Ensemble Timing in Jazz Performance", *Music Perception* 19(3), 2002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from models.arranger.band import SLOTS, Band, Rows, rows
from models.composer.sheets import STEPS_PER_BEAT
from models.score import Note

#: Bars in a window at most, and the least before a new section may begin another.
LONGEST, SHORTEST = 32, 16
_STRAIGHT, _SWUNG, _LATE = (0.42, 0.57), (0.57, 0.72), (0.72, 0.88)
_MOST = 2.0  # swung off-eighths must outnumber straight ones so many times
_LEAST = 0.06  # share of all onsets that must be swung off-eighths
_NEAR = 0.06  # beats from a sixteenth within which an onset is on the grid
_RING = 4  # steps that a note must still ring for to be struck again in a new window

#: Keys of Roland's and Yamaha's kits that General MIDI has no sound for, or another one.
_KITS = {
    "roland": {22: 42, 26: 46, 52: 57, 55: 49, 58: 43},
    "yamaha": {25: 38, 26: 38, 27: 38, 28: 38, 29: 38, 31: 38, 33: 36, 34: 37},
}


def swing_of(onsets: Iterable[float], few: int = 12) -> float:
    """Where the off-eighth falls in its beat: 0.57 to 0.72, or 0.5 for straight music.

    Swung means that twice as many onsets lie there as about the middle of the beat, and more than
    about the last sixteenth. Less than `few` of them are a figure, not a feel.
    """
    places = [onset % 1.0 for onset in onsets]

    def within(span: tuple[float, float]) -> list[float]:
        return [p for p in places if span[0] <= p < span[1]]

    swung, late = within(_SWUNG), within(_LATE)
    enough = len(swung) >= max(few, _LEAST * len(places), _MOST * len(within(_STRAIGHT)))
    return round(median(swung), 3) if enough and len(swung) > len(late) else 0.5


def unswing(beat: float, swing: float) -> float:
    """A place in beats moved so that an off-eighth at `swing` lands on the half beat."""
    whole = float(np.floor(beat))
    part = beat - whole
    if part < swing:
        return whole + 0.5 * part / swing
    return whole + 0.5 + 0.5 * (part - swing) / (1 - swing)


def step(beat: float, swing: float = 0.5) -> int:
    """The nearest sixteenth of a place in beats, un-swung."""
    return int(np.floor(unswing(beat, swing) * STEPS_PER_BEAT + 0.5))


def near(onsets: Sequence[float], swing: float) -> float:
    """Share (0..1) of onsets that lie within 0.06 beats of a sixteenth once un-swung."""
    places = np.array([unswing(o, swing) for o in onsets]) * STEPS_PER_BEAT
    return float((np.abs(places - np.round(places)) <= _NEAR * STEPS_PER_BEAT).mean())


def slot_rows(slot: str, notes: Iterable[Note], swing: float, end: int) -> list[tuple[int, ...]]:
    """Rows (slot, onset, duration, pitch, velocity) of notes that begin before step `end`.

    No pitch sounds twice at once: of two strokes in one step the louder velocity and the longer
    note stay, and a note ends where its pitch is struck again. Drum strokes last one step.
    """
    number = SLOTS.index(slot)
    struck: dict[tuple[int, int], tuple[int, int]] = {}
    for note in notes:
        on = step(note.onset, swing)
        if not 0 <= on < end:
            continue
        length = 1 if slot == "drums" else max(1, min(step(note.end, swing), end) - on)
        old = struck.get((note.pitch, on), (0, 0))
        struck[note.pitch, on] = (max(old[0], length), max(old[1], note.velocity))
    out: list[tuple[int, ...]] = []
    ordered = sorted(struck.items())
    for i, ((pitch, on), (length, velocity)) in enumerate(ordered):
        if i + 1 < len(ordered) and ordered[i + 1][0][0] == pitch:
            length = min(length, ordered[i + 1][0][1] - on)
        out.append((number, on, length, pitch, min(127, max(1, velocity))))
    return out


def gm_drums(notes: Iterable[Note], kit: str) -> list[Note]:
    """Strokes on a "roland" or "yamaha" kit with General MIDI's keys."""
    keys = _KITS[kit]
    return [replace(n, pitch=keys.get(n.pitch, n.pitch)) for n in notes]


def melody_rows(notes: Iterable[Note], swing: float, end: int) -> Rows:
    """(onset, duration, pitch) of one voice: the highest note of a step, cut where the next is."""
    tops: dict[int, tuple[int, int]] = {}
    for note in notes:
        on = step(note.onset, swing)
        if 0 <= on < end:
            length = max(1, min(step(note.end, swing), end) - on)
            tops[on] = max(tops.get(on, (0, 0)), (note.pitch, length))
    starts = sorted(tops)
    stops = [*starts[1:], end]
    found = [
        (on, min(tops[on][1], stop - on), tops[on][0])
        for on, stop in zip(starts, stops, strict=True)
    ]
    return rows(found, 3)


def split_of(key: str) -> str:
    """One of `sheets.SPLITS`: 90, 5 and 5 percent by a hash, as `LeadSheet.split`."""
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 100
    return "train" if share < 90 else "validation" if share < 95 else "test"


def spans(bars: int, starts: Sequence[int]) -> list[tuple[int, int]]:
    """(first bar, bars) of windows of at most 32 bars: to a section's start if that is 16 on."""
    found, first = [], 0
    while first < bars:
        ends = [s for s in starts if first + SHORTEST <= s <= first + LONGEST]
        end = bars if bars - first <= LONGEST else max(ends, default=first + LONGEST)
        found.append((first, end - first))
        first = end
    return found


def cut(band: Band) -> list[Band]:
    """The band in windows, see `spans`."""
    if band.bars <= LONGEST:
        return [band]
    starts = [int(s) for s in band.sections[:, 0]]
    return [window(band, first, bars) for first, bars in spans(band.bars, starts)]


def window(band: Band, first: int, bars: int) -> Band:
    """Some bars of a band, named after their first bar; a long note that rings in is struck."""
    begin, end = first * band.bar_steps, (first + bars) * band.bar_steps
    chords = _since(band.chords, begin, end)
    return replace(
        band,
        id=f"{band.id}@{first}",
        bars=bars,
        melody=_inside(band.melody, 0, begin, end),
        chords=chords,
        sections=_sections(band.sections, first, bars),
        notes=_inside(band.notes, 1, begin, end),
    )


def _inside(table: Rows, column: int, begin: int, end: int) -> Rows:
    """Notes of [begin, end) counted from `begin`; columns `column` and the next are times."""
    found = []
    for row in table.tolist():
        on, stop = row[column], min(row[column] + row[column + 1], end)
        if on >= end or stop - max(on, begin) < (1 if on >= begin else _RING):
            continue
        row[column], row[column + 1] = max(on, begin) - begin, stop - max(on, begin)
        found.append(row)
    return rows(found, table.shape[1])


def _since(chords: Rows, begin: int, end: int) -> Rows:
    """Chords of [begin, end), the one in force restated at the start."""
    found: dict[int, list[int]] = {}
    for row in chords.tolist():
        if row[0] < end:
            found[max(0, row[0] - begin)] = row[1:]
    return rows([[on, *rest] for on, rest in found.items()], 4)


def _sections(sections: Rows, first: int, bars: int) -> Rows:
    found = []
    for start, size, name in sections.tolist():
        low, high = max(start, first), min(start + size, first + bars)
        if high > low:
            found.append((low - first, high - low, name))
    return rows(found, 3)
