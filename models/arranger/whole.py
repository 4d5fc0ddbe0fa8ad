"""A whole arrangement: the band, written out for the ensemble if one is asked for, made playable.

In: what `generate.arrange` takes. Out: a score that the planned players can play; tracks that are
kept, and the melody's line, are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arranger import generate
from models.arranger.ensembles import arrange_ensemble, band_plan
from models.arranger.generate import Arranger, Redo, Texture
from models.arranger.playable import mend
from models.planner.plan import Plan
from models.score import Note, Score, Track
from models.vocabulary import load


def arrange(
    plan: Plan,
    melody: tuple[Note, ...],
    arranger: Arranger,
    seed: int,
    *,
    kept: Sequence[Track] = (),
    base: Score | None = None,
    redo: Redo | None = None,
    texture: Texture | None = None,
) -> Score:
    """As `generate.arrange`, for bands and ensembles, after the post-pass."""
    again = redo.parts if base is not None and redo else ()
    seated = plan.ensemble is not None and not _guests(plan) & set(again)
    if seated:
        band = generate.arrange(band_plan(plan), melody, arranger, seed, texture=texture)
        score = generate.joined(arrange_ensemble(plan, melody, band), kept, base, redo)
    else:
        score = generate.arrange(
            plan, melody, arranger, seed, kept=kept, base=base, redo=redo, texture=texture
        )
    stays = {t.name for t in kept}
    if base is not None:  # what nobody asked to change does not change
        stays |= {t.name for t in base.tracks if t.name not in again}
    mended = mend(score, plan, keep=frozenset(stays))
    # Outside the bars that are written again a part is not made better either.
    return mended if base is None else generate.joined(mended, (), base, redo)


def _guests(plan: Plan) -> set[str]:
    """Parts that play with an ensemble without a seat in it."""
    seats = (
        set() if plan.ensemble is None else {s.name for s in load().ensembles[plan.ensemble].seats}
    )
    return {p.name for p in plan.parts} - seats
