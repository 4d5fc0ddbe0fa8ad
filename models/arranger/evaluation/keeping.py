"""Whether a person's own tracks are kept note for note, and what was written can be played.

In: a `Study`. Out: `Figure`s: the share of kept drum and bass tracks that come back exactly, over
people's drums and bass and MMA's; and how many rules of range, hands and voices each maker's
arrangements break, as written and after `playable.mend`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.arranger.band import Band, Rows
from models.arranger.evaluation.measures import returned
from models.arranger.evaluation.study import Study
from models.arranger.evaluation.tunes import Case
from models.arranger.playable import mend, violations
from models.composer.evaluation.study import Figure
from models.composer.sheets import STEPS_PER_BEAT
from models.errors import Refusal
from models.score import Note, Track, without_overlaps

_CASES = 48
_LOOKED = 120  # pieces of a maker that is not ours
_KEPT = ("drums", "bass")


def playability(study: Study) -> list[Figure]:
    """Broken rules per hundred bars of each maker, before and after mending.

    Every piece of ours is looked at, and some of the others', which are mended here.
    """
    out = []
    for maker, takes in study.present().items():
        some = takes if maker == "ours" else takes[:: max(1, len(takes) // _LOOKED)]
        bars = sum(t.final.bars for t in some)
        written = [len(violations(t.raw, t.case.plan)) for t in some]
        mended = [t.final if maker == "ours" else mend(t.raw, t.case.plan) for t in some]
        left = [len(violations(s, t.case.plan)) for s, t in zip(mended, some, strict=True)]
        for when, counts in (("as written", written), ("after mending", left)):
            target = "0" if maker == "ours" and counts is left else ""
            words = (
                f"{sum(counts)} in {bars} bars, {np.mean(np.equal(counts, 0)):.0%} of pieces clean"
            )
            name = f"broken rules per 100 bars, {maker}, {when}"
            out.append(Figure(name, 100 * sum(counts) / bars, "", target, words))
    return out


def keeping(study: Study) -> list[Figure]:
    """The share of the notes of kept tracks that ours returns exactly."""
    from models.arranger import generate

    try:
        arranger = generate.load_arranger()
    except Refusal as error:
        study.missing["ours"] = str(error)
        return []
    mma = [t.band for t in study.takes("mma") or ()]
    step = max(1, len(study.grid) // _CASES)
    pairs = [
        *zip(study.alike, study.humans, strict=True),
        *zip(study.grid[::step], mma[::step], strict=False),
    ]
    shares: dict[str, list[float]] = {name: [] for name in _KEPT}
    for case, band in pairs:
        for role, track in _tracks(case, band):
            score = generate.arrange(
                case.plan, case.melody, arranger, case.plan.seed, kept=(track,)
            )
            score = mend(score, case.plan, keep=frozenset({track.name}))
            shares[role].append(returned(track, score))
    return [
        Figure(f"{role} returned", 100 * float(np.mean(found)), "%", "100", f"{len(found)} tracks")
        for role, found in shares.items()
        if found
    ]


def _tracks(case: Case, band: Band) -> Iterator[tuple[str, Track]]:
    """A band's drums and bass as a person's tracks, for the parts of a case that play them."""
    for part in case.plan.parts:
        rows = band.part(part.role) if part.role in _KEPT else None
        if rows is not None and len(rows):
            yield part.role, Track(part.name, part.role, part.program, _notes(rows), part.is_drum)


def _notes(rows: Rows) -> tuple[Note, ...]:
    found = [
        Note(on / STEPS_PER_BEAT, pitch, length / STEPS_PER_BEAT, velocity)
        for on, length, pitch, velocity in rows.tolist()
    ]
    return without_overlaps(found)
