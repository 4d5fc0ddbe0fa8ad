"""From scores to frames: where frames begin, what they ask, which words fill their slots.

In: a network and a batch. Out: frames as word numbers, with the chances that their confidence is
made of. A message is cut where the network sees a frame begin and where the parts are understood:
of all ways to cut it at likely places, that one is taken in which the least clear part has the
clearest intent. "Add a violin, take out the bass" is one edit or two; "love it, longer" is unclear
as one thing and clear as two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import torch

from models.listener.model import Inputs, Network, Outputs, Shape
from models.listener.words import runs

#: A stretch of words, start and end.
Span = tuple[int, int]
#: Places where a frame begins with less than this chance are not tried, nor more than so many.
_LEAST, _MOST_CUTS = 0.01, 4
#: What the clearest intent of the least clear part counts beside the chances of the cuts. Of 793
#: validation messages any value from 3 to 8 hears more right than 0, among one-action ones as well.
_CLEAR = 5.0


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
    spans = [_spans(row[:size], several) for row, size in zip(starts, sizes, strict=True)]
    frames = torch.zeros(len(sizes), max(map(len, spans)), inputs.words.shape[1], dtype=torch.bool)
    for row, some in enumerate(spans):
        for k, (start, end) in enumerate(some):
            frames[row, k, start:end] = True
    scores = net.frame_intents(out, frames).float().numpy()
    tags = out.tags.float().numpy()
    heard = []
    for row, size in enumerate(sizes):
        by_span = dict(zip(spans[row], scores[row], strict=False))
        path = net.crf.best(tags[row, :size])
        slots = runs([shape.tags[tag] for tag in path])
        cut = _cut(by_span, starts[row], size)
        heard.append([_frame(span, size, slots, by_span[span], starts[row], shape) for span in cut])
    return heard


def _spans(chances: np.ndarray, several: bool) -> list[Span]:
    """Every stretch between places where a frame may begin; `chances` has one for each word."""
    size = len(chances)
    if not several:
        return [(0, size)]
    likely = [at for at in range(1, size) if chances[at] > _LEAST]
    likely = sorted(sorted(likely, key=lambda at: -chances[at])[:_MOST_CUTS])
    return list(combinations([0, *likely, size], 2))


def _cut(scores: Mapping[Span, np.ndarray], chances: np.ndarray, size: int) -> list[Span]:
    """The best way to cut a message into spans that were scored."""
    likely = sorted({start for start, _ in scores} - {0})
    clear = {span: _clearness(some) for span, some in scores.items()}

    def worth(cuts: tuple[int, ...]) -> float:
        seen = sum(np.log(chances[at] if at in cuts else 1 - chances[at]) for at in likely)
        return float(seen + _CLEAR * min(clear[span] for span in pairwise((0, *cuts, size))))

    ways = [cuts for count in range(len(likely) + 1) for cuts in combinations(likely, count)]
    return list(pairwise((0, *max(ways, key=worth), size)))


def _clearness(scores: np.ndarray) -> float:
    """Log of the likeliest intent's chance."""
    return -float(np.log(np.exp(scores - scores.max()).sum()))


def _frame(
    span: Span,
    size: int,
    slots: list[tuple[int, int, str]],
    scores: np.ndarray,
    starts: np.ndarray,
    shape: Shape,
) -> Decoded:
    start, end = span
    own = tuple(slot for slot in slots if start <= slot[0] < end)
    edges = [starts[at] for at in (start, end) if 0 < at < size]
    inside = [1 - starts[at] for at in range(start + 1, end)]
    intent = shape.intents[int(scores.argmax())]
    bounds = float(np.prod(edges) * np.prod(inside))
    return Decoded(start, end, intent, own, scores, bounds)
