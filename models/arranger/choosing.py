"""Which of several takes is kept: a judge that is not the network.

In: candidates as `Steps` for one situation. Out: the best: parts that should play do, sections are
as busy as asked, bars of a section belong together, little rubs against the melody, and it sounds
like its style to a judge that saw only what others play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arranger.band import Band
from models.arranger.batches import Codes
from models.arranger.context import WRITE, Situation, bounds, busyness, section_onsets
from models.arranger.decode import Floats
from models.arranger.encode import STRUCK, Steps, harmony_of, played_rows
from models.arranger.judge import Judge
from models.composer.sheets import BAR_STEPS

#: What a silent part in a section costs, a level of density away, a bar unlike its neighbours,
#: and each percent of strokes that rub against the melody.
_SILENT, _DENSITY, _LOOSE, _RUB = 3.0, 0.6, 0.5, 0.15
#: What a nat of doubt costs whether it sounds like its style.
_DOUBT = 2.0


@dataclass(frozen=True, eq=False)
class Jury:
    """What judges go by: the codes, each word's pitch classes, and the judge of style."""

    codes: Codes
    table: Floats
    judge: Judge


def best(takes: Sequence[Steps], s: Situation, jury: Jury) -> Steps:
    """The take that costs least."""

    def whole(take: Steps) -> float:
        doubt = jury.judge.doubt(_band(take, s, jury.codes), s.family)
        return cost(take, s, jury.codes, jury.table) + _DOUBT * doubt

    return min(takes, key=whole)


def _band(steps: Steps, s: Situation, codes: Codes) -> Band:
    """A take as a band, to be measured."""
    roots = harmony_of(s.chords, len(steps)).roots
    return Band(
        "", "", s.source, "", s.style, s.family, s.meter, s.tonic, s.minor, s.bpm, s.swing, s.bars,
        s.melody, s.chords, s.sections, played_rows(steps, codes.shapes, roots),
    )  # fmt: skip


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
