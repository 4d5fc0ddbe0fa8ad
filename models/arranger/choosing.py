"""Which of several takes is kept: a judge that is not the network.

In: candidates as `Steps` for one situation. Out: the best: parts that should play do, sections are
as busy as asked, bars of a section belong together, and little rubs against the melody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arranger.batches import Codes
from models.arranger.context import WRITE, Situation, bounds, busyness, section_onsets
from models.arranger.decode import Floats, Take
from models.arranger.encode import STRUCK, Steps, harmony_of
from models.composer.sheets import BAR_STEPS

#: What a silent part in a section costs, a level of density away, a bar unlike its neighbours,
#: and each percent of strokes that rub against the melody.
_SILENT, _DENSITY, _LOOSE, _RUB = 3.0, 0.6, 2.0, 0.15
#: What a nat a step is worth by which its style makes a take likelier.
_TOLD = 2.0


def best(takes: Sequence[Take], s: Situation, codes: Codes, table: Floats) -> Steps:
    """The take that costs least; one that could be of any style costs more."""
    return min(takes, key=lambda t: cost(t.steps, s, codes, table) - _TOLD * t.told).steps


def cost(take: Steps, s: Situation, codes: Codes, table: Floats) -> float:
    """How far a take is from what was asked; 0 is perfect."""
    bar = BAR_STEPS[s.meter]
    onsets = section_onsets(take, s.sections, bar)
    busy = busyness(onsets, s.sections)
    asked = np.array(s.states) == WRITE
    silent = float((asked & (onsets == 0)).sum())
    levels = [codes.density(s.source, s.family, b) for b in busy]
    far = float(np.mean([abs(a - b) for a, b in zip(levels, s.density, strict=True)]))
    return (
        _SILENT * silent
        + _DENSITY * far
        + _LOOSE * (1 - _likeness(take, s, bar))
        + _RUB * 100 * _rubs(take, s, table)
    )


def _likeness(take: Steps, s: Situation, bar: int) -> float:
    """How much the rhythm of neighbouring bars of a section agrees: mean cosine, 0..1."""
    struck = np.concatenate([take.drums > 0, take.words >= STRUCK], 1).astype(np.float32)
    found = []
    for row in s.sections:
        start, end = bounds(row, bar)
        bars = struck[start:end].reshape(-1, bar * struck.shape[1])
        norms = np.linalg.norm(bars, axis=1)
        both = norms[1:] * norms[:-1]
        alike = (bars[1:] * bars[:-1]).sum(1)
        found.extend((alike[both > 0] / both[both > 0]).tolist())
    return float(np.mean(found)) if found else 1.0


def _rubs(take: Steps, s: Situation, table: Floats) -> float:
    """Share of the strokes over a melody note that hold a tone a semitone beside it."""
    roots = harmony_of(s.chords, len(take)).roots
    sung = np.full(len(take), -1)
    for onset, length, pitch in s.melody:
        sung[max(0, onset) : onset + length] = pitch % 12
    steps, slots = np.nonzero((take.words >= STRUCK) & (sung >= 0)[:, None])
    if not len(steps):
        return 0.0
    tones = table[take.words[steps, slots]]
    beside = (sung[steps] - roots[steps]) % 12
    each = np.arange(len(steps))
    return float(np.mean((tones[each, (beside + 1) % 12] + tones[each, (beside - 1) % 12]) > 0))
