"""Onsets of a melody on a grid that can be written down.

In: one voice in beats, notated or played. Out: the same voice on thirty-seconds and triplets where
the file was exact, else, beat by beat, on sixteenths or on triplet eighths, whichever is nearer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from models.score import Note, on_grid

_EXACT = 0.012  # beats: files of 96 ticks a beat round a triplet this far
_NOTATED = 0.9  # share of exact onsets from which a file was written, not played
_FINE, _STRAIGHT, _TRIPLET = (8, 6), (4,), (3,)
_BIAS = 0.6  # triplets must be this much nearer: played sixteenths often lean


def snap(melody: Sequence[Note]) -> tuple[Note, ...]:
    """The voice on its grid, still one voice; notes that fall together leave the longer one."""
    exact = sum(abs(n.onset - _nearest(n.onset, _FINE)) <= _EXACT for n in melody)
    notated = exact >= _NOTATED * len(melody)
    grids = {} if notated else _grids(melody)
    placed: dict[float, Note] = {}
    for note in melody:
        grid = _FINE if notated else grids[int(note.onset + 0.1)]
        onset = on_grid(_nearest(note.onset, grid))
        end = on_grid(_nearest(note.end, _FINE if notated else grid))
        moved = replace(note, onset=onset, duration=max(end - onset, 1 / max(grid)))
        if onset not in placed or placed[onset].duration < moved.duration:
            placed[onset] = moved
    rows = [placed[onset] for onset in sorted(placed)]
    stops = [n.onset for n in rows[1:]] + [float("inf")]
    return tuple(
        replace(n, duration=on_grid(min(n.duration, stop - n.onset)))
        for n, stop in zip(rows, stops, strict=True)
    )


def _nearest(beat: float, grid: Sequence[int]) -> float:
    return min((round(beat * g) / g for g in grid), key=lambda place: abs(place - beat))


def _grids(melody: Sequence[Note]) -> dict[int, tuple[int, ...]]:
    """For each beat the grid that its onsets lie nearer to."""
    beats: dict[int, list[float]] = defaultdict(list)
    for note in melody:
        beats[int(note.onset + 0.1)].append(note.onset)
    chosen: dict[int, tuple[int, ...]] = {}
    for beat, onsets in beats.items():
        straight = sum(abs(o - _nearest(o, _STRAIGHT)) for o in onsets)
        triplet = sum(abs(o - _nearest(o, _TRIPLET)) for o in onsets)
        chosen[beat] = _TRIPLET if triplet < _BIAS * straight else _STRAIGHT
    return chosen
