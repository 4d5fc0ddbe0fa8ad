"""How well the network expects what people play.

In: a loaded arranger and bands. Out: nats per drum hit, over all steps in which drums were to be
written (a silent step that was expected costs little, but it costs).
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arranger.band import Band
from models.arranger.batches import Library
from models.arranger.generate import Arranger
from models.arranger.train import measure

_ALL = 1_000  # bars: bands are read whole


def drum_nats(arranger: Arranger, bands: Sequence[Band]) -> float:
    """Nats per hit of the drums in bands; told style and tempo, not how busy the drummer is."""
    library = Library(bands, arranger.codes)
    batches = library.fixed(4, _ALL, seed=0)
    column = library.columns["density"]
    for batch in batches:
        batch.ids[..., column] = 0
    return measure(arranger.player.net, batches)["hit"]
