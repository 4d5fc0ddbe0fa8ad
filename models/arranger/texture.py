"""How the band of another piece moves: "accompany it like in this file".

In: a score with its roles. Out: a `Texture`: one latent a bar, read by the network's own encoder
from everything that plays beside the melody, with the bars in which nobody plays left out.
"""

from __future__ import annotations

import numpy as np
import torch

from models import vocabulary
from models.arranger.band import ROLE_OF, SLOTS
from models.arranger.encode import STRUCK, encode
from models.arranger.generate import Arranger, Texture
from models.arranger.staging import band_of
from models.composer.sheets import BAR_STEPS
from models.errors import Refusal
from models.planner.plan import Plan
from models.score import Score, Track


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
    family = vocabulary.load().styles[plan.style].family
    steps = encode(band_of(plan, (), tracks, family), arranger.codes.shapes)
    net = arranger.player.net
    rows = [torch.from_numpy(x.astype(np.int64))[None] for x in vars(steps).values()]
    with torch.inference_mode():
        played = net.step(*rows)[0]  # (T, slots, d_step)
        silent = torch.tensor([slot not in tracks for slot in SLOTS])
        played = played.masked_fill(silent[None, :, None], 0).sum(1)
        mean, _ = net.textures(played[None], bar)
    struck = (steps.drums > 0).any(1) | (steps.words >= STRUCK).any(1)
    busy = struck.reshape(-1, bar).any(1)
    if not busy.any():
        raise Refusal("Nobody accompanies in that file; send one in which a band or a piano plays.")
    return Texture(mean[0].numpy()[busy])
