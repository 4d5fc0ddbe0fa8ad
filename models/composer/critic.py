"""Choosing among candidates by something that is not the model's own likelihood.

In: a candidate's events by bar and the rules it was written under. Out: named marks in 0..1 and
their weighted sum. The marks follow the textbook: chord tones on strong beats, a contour with one
high point, leaps answered by a step back (Fux; Huron, *Sweet Anticipation*, 2006), motifs that
return, the asked density, and bars that the training data does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from models.composer.encode import FIRST_ONSET, Event, density_class
from models.composer.novelty import Keys, copied
from models.composer.rules import Rules

WEIGHTS = {
    "chord": 3.0,
    "range": 1.0,
    "peak": 0.5,
    "steps": 1.0,
    "leaps": 1.0,
    "repeats": 1.0,
    "motif": 1.5,
    "density": 1.5,
    "variety": 1.0,
    "novelty": 1.5,
}


def marks(
    bars: Sequence[Sequence[Event]], first: int, rules: Rules, density: Sequence[int], index: Keys
) -> dict[str, float]:
    """Marks of the bars from `first` on; `density` holds the asked class of each of them."""
    written = bars[first:]
    onsets = [e for events in written for e in events if e.kind == FIRST_ONSET]
    if len(onsets) < 2:
        return dict.fromkeys(WEIGHTS, 0.0)
    pitches = [e.pitch for e in onsets]
    moves = np.diff(pitches)
    span = max(pitches) - min(pitches)
    strong = [e for e in onsets if e.step % rules.bar in (0, rules.bar // 2)] or onsets
    hits = [rules.is_chord_tone(e.step, e.pitch) for e in strong]
    small = float(np.mean((np.abs(moves) <= 4) & (moves != 0)))
    found, looked = copied(written, rules.bar, index)
    return {
        "chord": min(1.0, sum(hits) / len(hits) / 0.9),  # people reach 0.8: nine in ten is enough
        "range": 1 - min(1.0, max(0, 7 - span, span - 17) / 7),
        "peak": 1.0 if pitches.count(max(pitches)) <= max(1, len(written) // 4) else 0.5,
        "steps": min(1.0, small / 0.6),
        "leaps": _answered(moves),
        "repeats": 1 - min(1.0, max(0.0, _longest_run(pitches) - 3) / 5),
        "motif": _motifs(written, rules.bar),
        "density": _density(written, density, rules.bar),
        "variety": min(1.0, len({p % 12 for p in pitches}) / 5),
        "novelty": 1 - found / looked if looked else 1.0,
    }


def score(values: dict[str, float]) -> float:
    """Weighted sum of marks."""
    return sum(WEIGHTS[name] * value for name, value in values.items())


def _answered(moves: np.ndarray) -> float:
    """Share of leaps (a fifth or more) followed by a smaller move the other way."""
    leaps = [(a, b) for a, b in pairwise(moves) if abs(a) >= 7]
    if not leaps:
        return 1.0
    return sum(a * b < 0 and abs(b) < abs(a) for a, b in leaps) / len(leaps)


def _longest_run(pitches: Sequence[int]) -> int:
    longest = run = 1
    for a, b in pairwise(pitches):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    return longest


def _motifs(bars: Sequence[Sequence[Event]], bar: int) -> float:
    """How near the share of bars whose rhythm returns comes to one in two."""
    rhythms = [tuple((e.step % bar, e.kind, e.duration) for e in events) for events in bars]
    if len(rhythms) < 3:
        return 1.0
    counts = Counter(rhythms)
    share = sum(n for n in counts.values() if n > 1) / len(rhythms)
    return 1 - 2 * abs(share - 0.5)


def _density(bars: Sequence[Sequence[Event]], asked: Sequence[int], bar: int) -> float:
    gaps = [
        abs(density_class(sum(e.kind == FIRST_ONSET for e in events), bar / 4) - wanted)
        for events, wanted in zip(bars, asked, strict=True)
    ]
    return 1 - min(1.0, float(np.mean(gaps)) / 2)
