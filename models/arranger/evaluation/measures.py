"""What can be counted in an arrangement: harmony, clashes, groove, silence.

In: a `Band` (a maker's or a person's; see `view`) and its section labels. Out: shares within 0..1,
NaN where there is nothing to count. Sources: chord tones on strong beats are what harmony teaching
asks for and what Yeh et al. (*Automatic melody harmonization with triad chords*, 2021) call CTnCTR,
here on strong beats; the minor second and ninth are the roughest intervals there are (Hutchinson
and Knopoff, *The acoustic component of Western consonance*, 1978); groove likeness compares onset
patterns of bars (Wu and Yang, *The Jazz Transformer on the front line*, 2020; Dong et al., *MusPy*,
2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.arranger.band import SLOTS, Band, Rows
from models.arranger.evaluation.view import STRONG, pitched, tones
from models.arranger.kit import class_of
from models.score import Score, Track

NAN = float("nan")
#: Semitones between an accompaniment note and a melody note that grate.
_ROUGH = (1, 13)


def measure(band: Band, labels: Sequence[str]) -> dict[str, float]:
    """All measures of an arrangement by name; `labels` say which section each bar is in."""
    within, across = groove(band, labels)
    comped_within, comped_across = groove(band, labels, ("chords", "chords2"))
    return {
        "chord tones on strong beats": chord_tones(band),
        "bass on the root at changes": bass_on_root(band),
        "melody time in a semitone clash": clashes(band),
        "groove within a section": within,
        "groove across sections": across,
        "chordal groove within a section": comped_within,
        "chordal groove across sections": comped_across,
        "empty bars": empty_bars(band),
    }


def means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means by name over arrangements, leaving out what could not be counted."""
    found = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows if not np.isnan(row[name])]
        found[name] = float(np.mean(values)) if values else NAN
    return found


def chord_tones(band: Band) -> float:
    """Share of the pitched notes struck on strong beats that belong to the chord."""
    notes = pitched(band)
    strong = notes[np.isin(notes[:, 0] % band.bar_steps, STRONG[band.meter])]
    known = tones(band)
    strong = strong[known[strong[:, 0]].any(axis=1)] if len(strong) else strong
    return float(known[strong[:, 0], strong[:, 2] % 12].mean()) if len(strong) else NAN


def bass_on_root(band: Band) -> float:
    """Share of chords at whose change the lowest part has the root, or the written bass.

    Counted is the lowest note struck at the change, else one that is held into it (a pushed bass),
    else the first struck in the chord's first beat; a chord with none of them is not counted. Bands
    without a bass part are judged by their lowest note.
    """
    notes = band.part("bass")
    notes = notes if len(notes) else pitched(band)
    start, stop = notes[:, 0], notes[:, 0] + notes[:, 1]
    hits = []
    for onset, root, _, bass in band.chords.tolist():
        soon = notes[(start > onset) & (start < onset + 4)]
        for here in (
            notes[start == onset],
            notes[(start < onset) & (stop > onset + 1)],  # not what only rounding leaves ringing
            soon[soon[:, 0] == soon[:, 0].min()] if len(soon) else soon,
        ):
            if len(here):
                hits.append(int(here[:, 2].min()) % 12 in (root, bass))
                break
    return float(np.mean(hits)) if hits else NAN


def clashes(band: Band) -> float:
    """Share of the melody's sounding time in which a part is a minor second or ninth from it."""
    total = band.bars * band.bar_steps
    sounding = np.zeros((total, 128), bool)
    for onset, length, pitch, _ in pitched(band).tolist():
        sounding[onset : onset + length, pitch] = True
    time = rough = 0
    for onset, length, pitch in band.melody.tolist():
        near = [p for r in _ROUGH for p in (pitch - r, pitch + r) if 0 <= p < 128]
        heard = sounding[onset : onset + length][:, near]
        time += len(heard)
        rough += int(heard.any(axis=1).sum())
    return rough / time if time else NAN


def empty_bars(band: Band) -> float:
    """Share of the bars in which no part sounds."""
    busy = np.zeros(band.bars, bool)
    for onset, length in band.notes[:, 1:3].tolist():
        busy[onset // band.bar_steps : (onset + length - 1) // band.bar_steps + 1] = True
    return float(1 - busy.mean())


def patterns(band: Band, slots: Sequence[str] = SLOTS) -> dict[str, NDArray[np.bool_]]:
    """Where each part strikes in each bar, (bars, steps) each; every drum class is a part."""
    found: dict[str, NDArray[np.bool_]] = {}

    def mark(name: str, notes: Rows) -> None:
        grid = found.setdefault(name, np.zeros((band.bars, band.bar_steps), bool))
        grid[notes[:, 0] // band.bar_steps, notes[:, 0] % band.bar_steps] = True

    for slot in slots:
        notes = band.part(slot)
        if slot != "drums":
            if len(notes):
                mark("chords" if slot == "chords2" else slot, notes)
            continue
        kinds = np.array([-1 if (k := class_of(int(p))) is None else k for p in notes[:, 2]])
        for kind in sorted(set(kinds.tolist()) - {-1}):
            mark(f"drums {kind}", notes[kinds == kind])
    return found


def groove(band: Band, labels: Sequence[str], slots: Sequence[str] = SLOTS) -> tuple[float, float]:
    """How alike bars are in where their parts strike: inside a section, and across sections.

    Two bars of a part are as alike as 2 |both| / (|one| + |other|) (Dice, 1945): unlike the share
    of equal steps, it does not call nearly empty bars alike. A pair of bars is the mean over the
    parts that play in one of them. Sections that share a label return, so their bars are not
    compared with each other; NaN without a pair.
    """
    grids = list(patterns(band, slots).values())
    if not grids:
        return NAN, NAN
    stacked = np.stack(grids).astype(np.float64)  # (parts, bars, steps)
    both = np.einsum("pas,pbs->pab", stacked, stacked)
    struck = stacked.sum(axis=2)
    either = struck[:, :, None] + struck[:, None, :]
    plays = either > 0
    likeness = np.where(plays, 2 * both / np.maximum(either, 1), 0).sum(axis=0)
    counted = plays.sum(axis=0)
    within, across = [], []
    section = _numbers(labels)
    for one, other in combinations(range(min(band.bars, len(labels))), 2):
        if counted[one, other]:
            value = likeness[one, other] / counted[one, other]
            if section[one] == section[other]:
                within.append(value)
            elif labels[one] != labels[other]:
                across.append(value)
    return _mean(within), _mean(across)


def _numbers(labels: Sequence[str]) -> list[int]:
    """Which section, counted from the first, each bar is in."""
    out = [0] * len(labels)
    for i in range(1, len(labels)):
        out[i] = out[i - 1] + (labels[i] != labels[i - 1])
    return out


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else NAN


def returned(kept: Track, score: Score) -> float:
    """Share of a kept track's notes that come back in some track, exactly as they were."""
    best = max((len(set(kept.notes) & set(t.notes)) for t in score.tracks), default=0)
    return best / len(set(kept.notes)) if kept.notes else NAN
