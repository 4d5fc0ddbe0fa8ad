"""From scores to frames: where frames begin, what they ask, which words fill their slots.

In: a network and a batch. Out: frames as word numbers, with the chances that their confidence is
made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from models.listener.model import Inputs, Network, Outputs, Shape
from models.listener.words import runs


@dataclass(frozen=True)
class Decoded:
    """A frame of words `start..end`: slots as (first, after last, name), scores of its intents.

    `bounds` is the chance that it begins and ends where it does and nowhere inside.
    """

    start: int
    end: int
    intent: str
    slots: tuple[tuple[int, int, str], ...]
    scores: np.ndarray
    bounds: float


def decode(net: Network, inputs: Inputs, shape: Shape, several: bool) -> list[list[Decoded]]:
    """The frames of each message; one a message unless there may be `several`."""
    out: Outputs = net(inputs)
    sizes = inputs.words.sum(1).tolist()
    starts = torch.sigmoid(out.starts.float()).numpy()
    begun = [_starts(row[:size], several) for row, size in zip(starts, sizes, strict=True)]
    most = max(map(len, begun))
    frames = torch.zeros(len(sizes), most, inputs.words.shape[1], dtype=torch.bool)
    for row, places in enumerate(begun):
        for k, (start, end) in enumerate(zip(places, (*places[1:], sizes[row]), strict=True)):
            frames[row, k, start:end] = True
    scores = net.frame_intents(out, frames).float().numpy()
    tags = out.tags.float().numpy()
    heard = []
    for row, places in enumerate(begun):
        path = net.crf.best(tags[row, : sizes[row]])
        slots = runs([shape.tags[tag] for tag in path])
        heard.append(_frames(places, sizes[row], slots, scores[row], starts[row], shape))
    return heard


def _starts(chances: np.ndarray, several: bool) -> list[int]:
    """Words at which frames begin: the first, and every one likelier than not."""
    if not several:
        return [0]
    return [0, *(at for at in range(1, len(chances)) if chances[at] > 0.5)]


def _frames(
    places: list[int],
    size: int,
    slots: list[tuple[int, int, str]],
    scores: np.ndarray,
    starts: np.ndarray,
    shape: Shape,
) -> list[Decoded]:
    frames = []
    for k, (start, end) in enumerate(zip(places, (*places[1:], size), strict=True)):
        own = tuple(slot for slot in slots if start <= slot[0] < end)
        edges = [starts[at] for at in (start, end) if 0 < at < size]
        inside = [1 - starts[at] for at in range(start + 1, end)]
        intent = shape.intents[int(scores[k].argmax())]
        bounds = float(np.prod(edges) * np.prod(inside))
        frames.append(Decoded(start, end, intent, own, scores[k], bounds))
    return frames
