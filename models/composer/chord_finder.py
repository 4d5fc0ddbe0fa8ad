"""Chords from sounding notes: the harmony of a file that states none.

In: the notes of an accompaniment in beats. Out: one (onset, root, quality) where the chord changes.
Between the places where a meter lets a chord change (its beats; in a bar of 3 beats the half bar
too, for 6/8) the duration of every pitch class is matched with the shapes of `sheets.TEMPLATES`;
dynamic programming then chooses the path with the best match, where a change costs, least on the
bar line. Idea: Pardo & Birmingham, "Algorithms for Chordal Analysis", *Computer Music Journal*
26(2), 2002 (template scores and a best path over segments).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.composer.sheets import TEMPLATES
from models.theory import QUALITY_CLASSES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """What a match is made of; the defaults were tuned on POP909-CL (songs outside the test).

    All are in units of a beat filled by one chord tone. `third`, `fifth`, `seventh` are what such
    tones earn beside the root's 1; `outside` is charged for sounding time that is no chord tone and
    `missing` for each chord tone that does not sound; `bass` is earned when the lowest note is the
    root, `inversion` of it when it is the third or fifth. `rare` is charged for every quality but
    major and minor. A change costs `bar`, `half` or `beat` by the place where it falls.
    """

    third: float = 0.8
    fifth: float = 1.1
    seventh: float = 0.75
    outside: float = 0.8
    missing: float = 0.15
    bass: float = 0.55
    inversion: float = 0.3
    rare: float = 0.2
    bar: float = 0.35
    half: float = 0.6
    beat: float = 0.7


_WEIGHTS = Weights()


def find_chords(
    notes: Sequence[tuple[float, float, int]],
    bar_beats: float,
    bars: int,
    weights: Weights = _WEIGHTS,
) -> list[tuple[float, int, int]]:
    """(onset in beats, root pitch class, index into `QUALITY_CLASSES`) at every change of chord.

    `notes` are (onset, duration, MIDI pitch) in beats from the first bar line. Silence before the
    first sound has no chord, later silence keeps the last one; no notes give no chords.
    """
    edges, costs = _places(bar_beats, bars, weights)
    sound, low = _sounding(notes, edges)
    heard = sound.sum(axis=1) > 0
    if not heard.any():
        return []
    first = int(np.argmax(heard))
    states, match = _match(sound, low, np.diff(edges), weights)
    path = _best_path(match[first:], costs[first:])
    out: list[tuple[float, int, int]] = []
    for place, state in zip(edges[first:-1], path, strict=True):
        root, quality, _ = states[state]
        if not out or out[-1][1:] != (root, quality):
            out.append((float(place), root, quality))
    return out


def _places(bar_beats: float, bars: int, weights: Weights) -> tuple[Floats, Floats]:
    """Edges of the segments in beats (n + 1,) and what a change at each costs (n,)."""
    inner = set(np.arange(0, bar_beats, 1.0).tolist())
    half = bar_beats / 2
    inner.add(half)
    starts, costs = [], []
    for bar in range(bars):
        for place in sorted(inner):
            starts.append(bar * bar_beats + place)
            costs.append(
                weights.bar if place == 0 else weights.half if place == half else weights.beat
            )
    return np.array([*starts, bars * bar_beats]), np.array(costs)


def _sounding(notes: Sequence[tuple[float, float, int]], edges: Floats) -> tuple[Floats, Floats]:
    """Share of each segment's sound by pitch class, and of its bass: two arrays (n, 12).

    Rows sum to 1, or to 0 in silence.
    """
    count = len(edges) - 1
    sound, low = np.zeros((count, 12)), np.zeros((count, 12))
    floor: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for onset, duration, pitch in notes:
        begin = max(0, int(np.searchsorted(edges, onset + 1e-6, side="right")) - 1)
        for i in range(begin, count):
            overlap = min(onset + duration, edges[i + 1]) - max(onset, edges[i])
            if edges[i] >= onset + duration - 1e-6:
                break
            if overlap > 1e-6:
                sound[i, pitch % 12] += overlap
                floor[i].append((pitch, overlap))
    for i, heard in enumerate(floor):
        if heard:
            bottom = min(pitch for pitch, _ in heard)
            for pitch, overlap in heard:
                if pitch <= bottom + 7 and pitch < 60:
                    low[i, pitch % 12] += overlap * (1 if pitch == bottom else 0.3)
            if not low[i].any():
                low[i, bottom % 12] = 1
    return _shares(sound), _shares(low)


def _shares(rows: Floats) -> Floats:
    total = rows.sum(axis=1, keepdims=True)
    return np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)


def _match(
    sound: Floats, low: Floats, lengths: Floats, weights: Weights
) -> tuple[list[tuple[int, int, int]], Floats]:
    """The states (root, quality index, shape number) and their scores (segments, states)."""
    states: list[tuple[int, int, int]] = []
    columns: list[Floats] = []
    heard = sound.sum(axis=1)  # (n,) 1 or 0
    for quality, name in enumerate(QUALITY_CLASSES):
        shapes = (TEMPLATES[name], (0, 2, 7)) if name == "sus" else (TEMPLATES[name],)
        for number, shape in enumerate(shapes):
            worth = (1.0, weights.third, weights.fifth, weights.seventh)
            prior = weights.rare * (name not in ("maj", "min"))
            for root in range(12):
                tones = [(root + i) % 12 for i in shape]
                inside = sound[:, tones]  # (n, tones)
                score = inside @ np.array(worth[: len(shape)])
                score -= weights.outside * (heard - inside.sum(axis=1))
                score -= weights.missing * ((inside < 0.03).sum(axis=1) * heard)
                bass = low[:, root] + weights.inversion * low[:, tones[1:3]].sum(axis=1)
                columns.append((score + weights.bass * bass - prior * heard) * lengths)
                states.append((root, quality, number))
    return states, np.stack(columns, axis=1)


def _best_path(match: Floats, costs: Floats) -> list[int]:
    """Viterbi: the states with the greatest sum of matches less the costs of changing."""
    total = match[0].copy()
    back = np.zeros(match.shape, dtype=np.int64)
    for i in range(1, len(match)):
        best = int(np.argmax(total))
        stay = total >= total[best] - costs[i]
        back[i] = np.where(stay, np.arange(len(total)), best)
        total = np.where(stay, total, total[best] - costs[i]) + match[i]
    path = [int(np.argmax(total))]
    for i in range(len(match) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return path[::-1]
