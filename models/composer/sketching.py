"""Pages over a piece that is there, as all uses start from them.

In: a `Reading`. Out: a `Page` told its style; its latents moved by noise; its wishes loosened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from models.composer.encode import BAR_FIELDS, ECHO_OPEN, OPEN, Wishes
from models.composer.page import Composer, Page, Told, latents_of
from models.composer.reading import Reading


def page_of(reading: Reading, composer: Composer, wishes: Wishes, **more: Any) -> Page:
    """A page over a whole piece, told its style; `more` are other fields of the page."""
    plan = reading.source.plan
    page = Page(
        composer,
        str(plan.meter),
        plan.key.is_minor,
        reading.sheet.style,
        reading.grounds,
        wishes,
        reading.limits,
        reading.ends,
        told=Told(style=reading.style),
    )
    return replace(page, **more)


def seed_of(seed: int, use: str, number: int = 0) -> tuple[int, ...]:
    """The seed of a use's random numbers."""
    return (seed & 0xFFFFFFFF, *use.encode(), number)


def near_latents(
    reading: Reading, composer: Composer, distance: float, rng: np.random.Generator
) -> Told:
    """The latents of a piece, moved by noise; none from far away."""
    if distance >= 0.75:
        return Told(style=reading.style)
    latents, known = latents_of(composer, reading.encoded, reading.sheet.bars)
    noise = torch.from_numpy(rng.standard_normal(latents.shape)).float()
    return Told(latents + 1.2 * distance * noise, known, reading.style)


def loosened(wishes: Wishes, distance: float, rng: np.random.Generator) -> Wishes:
    """Wishes of which a share, growing with the distance, is left open."""
    out = wishes.copy()
    for name in BAR_FIELDS:
        if name in ("index", "left", "close"):
            continue
        weight = 0.3 if name in ("density", "register") else 1.0
        loose = rng.random(len(out.echo)) < weight * distance
        out.column(name)[loose] = OPEN[name]
    loose = rng.random(len(out.echo)) < 0.5 * distance
    out.echo[loose], out.source[loose] = ECHO_OPEN, -1
    return out
