"""How the band of another piece moves: "accompany it like in this file".

In: a score with its roles. Out: a `Texture`: its busiest bars, as the network reads them. Ours
begins where they end: what was played a bar ago explains most of what a band plays next. (The
network's bar latents were meant for this and carry next to nothing: docs/lab.md.)
"""

from __future__ import annotations

import numpy as np

from models import vocabulary
from models.arranger.band import ROLE_OF, SLOTS
from models.arranger.context import GIVEN, encode_context
from models.arranger.encode import STRUCK, Steps, encode, harmony_of
from models.arranger.generate import Arranger, Texture
from models.arranger.staging import band_of, situation
from models.composer.sheets import BAR_STEPS
from models.errors import Refusal
from models.planner.plan import Plan
from models.score import Score, Track

#: Bars of the model that are heard before ours begin.
BARS = 4


def texture_of(score: Score, plan: Plan, arranger: Arranger) -> Texture:
    """The texture of a score whose tracks have roles; `plan` gives its chords and meter.

    Raises
    ------
    Refusal
        When nobody accompanies in it.
    """
    bar = BAR_STEPS[str(plan.meter)]
    tracks: dict[str, Track] = {}
    for slot in SLOTS:
        of_role = [t for t in score.tracks if t.role == ROLE_OF[slot] and t.notes]
        free = [t for t in of_role if t not in tracks.values()]
        if free:
            tracks[slot] = max(free, key=lambda t: len(t.notes))
    melody = next((t.notes for t in score.tracks if t.role == "melody"), ())
    here = situation(plan, melody, "mma", dict.fromkeys(tracks, GIVEN))
    family = vocabulary.load().styles[plan.style].family
    steps = encode(band_of(plan, (), tracks, family), arranger.codes.shapes)
    struck = (steps.drums > 0).sum(1) + (steps.words >= STRUCK).sum(1)
    bars = struck.reshape(-1, bar).sum(1)
    if not bars.any():
        raise Refusal("Nobody accompanies in that file; send one in which a band or a piano plays.")
    size = min(BARS, len(bars))
    first = int(np.argmax(np.convolve(bars, np.ones(size), "valid")))
    cut = slice(first * bar, (first + size) * bar)
    return Texture(
        encode_context(here, arranger.codes.style_index)[cut],
        Steps(steps.drums[cut], steps.words[cut], steps.octaves[cut]),
        harmony_of(here.chords, len(struck)).roots[cut],
        bar,
    )
