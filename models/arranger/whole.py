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
    if plan.ensemble is not None:
        band = generate.arrange(band_plan(plan), melody, arranger, seed, texture=texture)
        return generate.joined(arrange_ensemble(plan, melody, band), kept, base, redo)
    score = generate.arrange(
        plan, melody, arranger, seed, kept=kept, base=base, redo=redo, texture=texture
    )
    stays = {t.name for t in kept}
    if base is not None:  # what nobody asked to change does not change
        again = redo.parts if redo else ()
        stays |= {t.name for t in base.tracks if t.name not in again}
    return mend(score, plan, keep=frozenset(stays))
