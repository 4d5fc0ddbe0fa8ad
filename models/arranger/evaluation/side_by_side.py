"""Harmony, clashes, groove and silence of every maker beside people's, on the same tunes.

In: a `Study`. Out: `Figure`s, one for each measure and maker: on the grid of twelve families, and
on the tunes of human bands with the parts that the people played. Human columns are of those bands;
as their written basses were read off what they play, their bass is asked for the root itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.arranger.band import Band
from models.arranger.evaluation.measures import NAN, means, measure
from models.arranger.evaluation.study import Study, bar_labels
from models.arranger.evaluation.tunes import Case
from models.composer.evaluation.study import Figure

_SHARE = ("chord tones on strong beats", "bass on the root at changes")
_CLASH = "melody time in a semitone clash"
_GROOVE = ("groove within a section", "groove across sections")
_CHORDAL = tuple(f"chordal {name}" for name in _GROOVE)
_CHANGE = "chordal change across sections"


def side_by_side(study: Study) -> list[Figure]:
    """Figures "measure, maker" with the human mean as reference."""
    humans = [_rooted(band) for band in study.humans]
    theirs = _table(humans, study.alike)
    solo = [i for i, band in enumerate(study.humans) if band.source == "pop909"]
    rest = [i for i in range(len(study.humans)) if i not in solo]
    out = []
    for what, which in (("", "grid"), ("same parts: ", "alike")):
        cases = study.grid if which == "grid" else study.alike
        for maker, takes in study.present(which).items():
            found = _table([take.band for take in takes], cases)
            out += [
                Figure(
                    f"{what}{name}, {maker}",
                    value,
                    "",
                    _target(name, theirs, which) if maker == "ours" else "",
                    f"human {theirs[name]:.3f}",
                )
                for name, value in found.items()
            ]
    for name, members in (("pop909 pianists", solo), ("game bands", rest)):
        table = _table([humans[i] for i in members], [study.alike[i] for i in members])
        out += [
            Figure(f"human: {n}, {name}", v, "", "", f"{len(members)}") for n, v in table.items()
        ]
    return out


def _table(bands: Sequence[Band], cases: Sequence[Case]) -> dict[str, float]:
    rows = [measure(band, bar_labels(case)) for band, case in zip(bands, cases, strict=True)]
    if not rows:
        return {}
    found = means(rows)
    found[_CHANGE] = _change(rows)
    return found


def _rooted(band: Band) -> Band:
    """A band whose chords stand on their roots."""
    chords = band.chords.copy()
    chords[:, 3] = chords[:, 1]
    return replace(band, chords=chords)


def _change(rows: Sequence[dict[str, float]]) -> float:
    """How much less alike chordal bars are across sections than inside one."""
    pairs = np.array([[row[name] for name in _CHORDAL] for row in rows])
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    return float((pairs[:, 0] - pairs[:, 1]).mean()) if len(pairs) else NAN


def _target(name: str, theirs: dict[str, float], which: str) -> str:
    """What is asked of ours; groove is compared with people on the parts that people play."""
    if name in _SHARE:
        return ">= 0.90"
    if name == _CLASH:
        return f"<= {theirs[name]:.3f}"
    if which == "alike" and name in (*_CHORDAL, *_GROOVE):
        return f"{0.9 * theirs[name]:.3f} .. {1.1 * theirs[name]:.3f}"
    return ""
