"""How well a network tells given music: summed nats over windows, as training and tests count them.

In: a model and `Window`s. Out: nats of tokens and of durations. Needs nothing that only training
needs, so that a style can be learned where nothing else is trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.composer.batches import Batch, Window, collate
from models.composer.encode import Encoded
from models.composer.model import ComposerModel


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    return Batch(*(getattr(batch, f).to(device) for f in Batch.__dataclass_fields__))


def windows_of(pieces: list[Encoded], length: int) -> list[Encoded]:
    """Every piece cut into consecutive windows."""
    return [
        piece.rows(slice(at, min(at + length, len(piece.tokens))))
        for piece in pieces
        for at in range(0, len(piece.tokens), length)
    ]


@torch.no_grad()
def nats(
    model: ComposerModel, windows: Sequence[Window], batch: int = 16
) -> tuple[float, float, int]:
    """Summed nats of tokens and of durations, and the number of events, without sampling noise."""
    model.eval()
    device = next(model.parameters()).device
    token = duration = 0.0
    events = 0
    ordered = sorted(windows, key=lambda w: len(w.events.tokens))
    for at in range(0, len(ordered), batch):
        collated = to_device(collate(ordered[at : at + batch]), device)
        with torch.autocast(device.type, torch.bfloat16):
            losses = model(collated, sample=False)
        token += float(losses.tokens)
        duration += float(losses.durations)
        events += int(losses.events)
    return token, duration, events
