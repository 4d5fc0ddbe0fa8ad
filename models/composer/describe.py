"""What a bar is like: attributes measured on music, and a lead sheet as training arrays.

In: events by bar, or a `LeadSheet`. Out: `Wishes` that describe what is there (the same value says
what a bar that is to be written should be like), and `Encoded` arrays. Also the two ways in which a
training sheet is read more than once: in another bar length, and over plain triads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from models.composer import structure
from models.composer.encode import (
    FIRST_ONSET,
    OPEN,
    Encoded,
    Event,
    Line,
    Wishes,
    bar_events,
    closes,
    events_of,
    place_inputs,
)
from models.composer.features import Floats, profile
from models.composer.sheets import LeadSheet
from models.theory import QUALITY_CLASSES

_TRIADS = {"dom7": "maj", "maj7": "maj", "min7": "min", "hdim7": "dim", "dim7": "dim"}


def density_class(onsets: int, beats: float) -> int:
    """0 (silent) to 7 (more than 3.25 notes a beat)."""
    return int(np.searchsorted([0.01, 0.51, 1.01, 1.51, 2.01, 2.51, 3.26], onsets / beats))


def register_class(pitches: Sequence[int]) -> int:
    """0..6 by the mean pitch, four semitones each from 54 up; open without notes."""
    if not pitches:
        return OPEN["register"]
    return min(max(int((np.mean(pitches) - 54) // 4), 0), 6)


def motion_class(moves: Sequence[int]) -> int:
    """0 (repeated notes) to 4 (leaps) by the mean size of moves in semitones; 5 without moves."""
    if not len(moves):
        return OPEN["motion"]
    return int(np.searchsorted([0.99, 1.99, 2.99, 4.49], np.mean(np.abs(moves)), side="right"))


def contour_class(pitches: Sequence[int]) -> int:
    """0 level, 1 rising, 2 falling, 3 arch, 4 valley; open with fewer than two notes."""
    if len(pitches) < 2:
        return OPEN["contour"]
    first, last = pitches[0], pitches[-1]
    above, below = max(pitches) - max(first, last), min(first, last) - min(pitches)
    if max(above, below) >= 2 and max(above, below) >= abs(last - first):
        return 3 if above >= below else 4
    return 0 if abs(last - first) < 2 else 1 if last > first else 2


def metrical_weight(position: int, bar: int) -> int:
    """How strong a place in the bar is: 4 the bar line, 0 an off sixteenth."""
    if position == 0:
        return 4
    if (bar, position) in ((12, 6), (16, 8)):
        return 3
    return 2 if position % 4 == 0 else 1 if position % 2 == 0 else 0


def syncopation_class(events: Sequence[Event], bar: int) -> int:
    """0 none, 1 some, 2 more than a third of the notes are held over a stronger place."""
    onsets = [e for e in events if e.kind == FIRST_ONSET]
    if not onsets:
        return OPEN["syncopation"]
    crossing = 0
    for event in onsets:
        start = event.step % bar
        own = metrical_weight(start, bar)
        held = range(start + 1, start + event.duration)
        crossing += any(metrical_weight(p, bar) > own for p in held)
    return 0 if not crossing else 1 if crossing * 3 <= len(onsets) else 2


def describe(bars: Sequence[Sequence[Event]], bar: int) -> Wishes:
    """Bar attributes measured on music."""
    out = Wishes.open(len(bars))
    kinds, sources = structure.echoes(bars, bar)
    out.echo[:], out.source[:] = kinds, sources
    starts = [*structure.sections(bars, bar).starts, len(bars)]
    last: int | None = None
    for start, end in pairwise(starts):
        for b in range(start, end):
            pitches = [e.pitch for e in bars[b] if e.kind == FIRST_ONSET]
            line = pitches if last is None else [last, *pitches]
            out.attributes[b] = (
                min(b - start, 16),
                min(end - b, 8),
                density_class(len(pitches), bar / 4),
                register_class(pitches),
                motion_class(np.diff(line).tolist() if pitches else []),
                syncopation_class(bars[b], bar),
                contour_class(pitches),
                closes(bars[b], bar),
            )
            last = pitches[-1] if pitches else last
    return out


def encode(sheet: LeadSheet) -> Encoded:
    """A sheet as arrays, with its measured bar attributes."""
    bar, events = sheet.bar_steps, events_of(sheet)
    wishes = describe(bar_events(events, bar, sheet.bars), bar)
    place = place_inputs(sheet.meter, sheet.minor, sheet.style, sheet.chords, wishes)
    line = Line(place, bar, wishes.source)
    inputs, tokens = [], []
    for event in events:
        inputs.append(line.inputs())
        tokens.append(line.token(line.push(event.kind, event.pitch, event.duration)))
    return Encoded(
        np.array(inputs, np.int64),
        np.array(tokens, np.int64),
        np.array([e.duration - 1 for e in events], np.int64),
        np.array([e.step // bar for e in events], np.int64),
        np.array([wishes.source[e.step // bar] for e in events], np.int64),
    )


def sheet_profile(sheet: LeadSheet, first: int = 0, last: int | None = None) -> Floats:
    """The 60 melody features of some bars of a sheet."""
    bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
    return profile(bars[first:last], sheet.bar_steps, sheet.minor)


def rebarred(sheet: LeadSheet) -> LeadSheet | None:
    """The same music in half or twice the bar: 4/4 as 2/4 and 2/4 as 4/4; else None."""
    other = {"4/4": "2/4", "2/4": "4/4"}.get(sheet.meter)
    if other is None:
        return None
    bars = sheet.bars * 2 if other == "2/4" else -(-sheet.bars // 2)
    return replace(sheet, meter=other, bars=bars)


def plainer(sheet: LeadSheet) -> LeadSheet | None:
    """The same melody over triads: sevenths are taken off; None when there are none."""
    index = {QUALITY_CLASSES.index(a): QUALITY_CLASSES.index(b) for a, b in _TRIADS.items()}
    chords = tuple((step, root, index.get(kind, kind)) for step, root, kind in sheet.chords)
    return replace(sheet, chords=chords) if chords != sheet.chords else None
