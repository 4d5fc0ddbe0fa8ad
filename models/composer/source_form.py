"""Sections of a melody that states none: what returns shares a label, long silences stand apart.

In: a melody in beats with its meter and key. Out: `Section`s that tile the bars. Themes and their
labels come from `structure`; bars without the melody (an opening, an ending, four or more inside)
become sections of their own, which somebody else plays.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from models.composer import encode, structure
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, LeadSheet
from models.score import Meter, Note, Section
from models.theory import Key

_EDGE, _INSIDE = 2, 4  # silent bars from which they are a section


def sections_of(melody: Sequence[Note], key: Key, meter: Meter, bars: int) -> tuple[Section, ...]:
    """Themes, and what lies before, between and after them where the melody is silent."""
    found = structure.sections(_events(melody, key, meter, bars), BAR_STEPS[str(meter)])
    stops = [*found.starts[1:], bars]
    names: list[tuple[str, str, int]] = [("theme", "", 0)] * bars
    for number, (label, start, stop) in enumerate(
        zip(found.labels, found.starts, stops, strict=True)
    ):
        names[start:stop] = [("theme", label, number)] * (stop - start)
    breaks = 0
    for start, stop in _silences(melody, meter, bars):
        row = ("intro", "I") if start == 0 else ("outro", "O")
        if start > 0 and stop < bars:
            breaks += 1
            row = ("break", f"X{breaks}" if breaks > 1 else "X")
        # One bar left over before a silence is the end of the theme before, not a theme.
        if start > 1 and names[start - 2] != names[start - 1]:
            names[start - 1] = names[start - 2]
        names[start:stop] = [(*row, -1 - start)] * (stop - start)
    out: list[Section] = []
    at = 0
    for (name, label, _), run in groupby(names):
        size = len(list(run))
        out.append(Section(name, label, at, size))
        at += size
    return tuple(out)


def played_bars(melody: Sequence[Note], meter: Meter) -> set[int]:
    """Bars in which the melody begins a note."""
    return {int((n.onset + 1e-3) // meter.bar_beats) for n in melody}


def _silences(melody: Sequence[Note], meter: Meter, bars: int) -> list[tuple[int, int]]:
    """(first bar, bar after) of every silence that is long enough to be a section."""
    bar = meter.bar_beats
    busy = [False] * bars
    for n in melody:
        for b in range(int(n.onset // bar), min(bars, int((n.end - 1e-3) // bar) + 1)):
            busy[b] = True
    out, at = [], 0
    for silent, run in groupby(busy, key=lambda heard: not heard):
        size = len(list(run))
        edge = at == 0 or at + size == bars
        if silent and size >= (_EDGE if edge else _INSIDE):
            out.append((at, at + size))
        at += size
    return out


def _events(melody: Sequence[Note], key: Key, meter: Meter, bars: int) -> list[list[encode.Event]]:
    """The melody on the composer's grid, by bar."""
    end = bars * BAR_STEPS[str(meter)]
    steps: dict[int, tuple[int, int, int]] = {}
    for n in melody:
        on = min(round(n.onset * STEPS_PER_BEAT), end - 1)
        steps[on] = (on, max(1, round(n.end * STEPS_PER_BEAT) - on), n.pitch - key.tonic_pc)
    rows = sorted(steps.values())
    stops = [*(on for on, _, _ in rows[1:]), end]
    notes = tuple((on, min(d, stop - on), p) for (on, d, p), stop in zip(rows, stops, strict=True))
    sheet = LeadSheet("", "", "unknown", str(meter), key.is_minor, bars, notes, ())
    return encode.bar_events(encode.events_of(sheet), sheet.bar_steps, bars)
