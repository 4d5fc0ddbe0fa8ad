"""Several opinions on the same candidates become one, weighted by how much is known of the person.

In: scores by part and the number of signals they rest on. Out: one score per candidate. The weights
were chosen on a validation split of Last.fm-2k (`docs/lab.md`): whoever told little is helped by
what many like and by what they declared, both of which fade as they tell more; likeness of tags
helps all; and what everybody knows is held down for those whose own taste is known (`EVENNESS`).

Parts are scaled by their best candidates, not by their spread: the best of 17,000 artists stand 14
deviations above the mean, those of 80 styles 3, and a weight has to mean the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weight:
    """`first` with no signal, going evenly to `last` at `until` signals."""

    first: float
    last: float
    until: int = 1

    def at(self, evidence: int) -> float:
        """The weight with so many signals."""
        return self.last + (self.first - self.last) * max(0.0, 1.0 - evidence / self.until)


WEIGHTS: Mapping[str, Weight] = {
    "cf": Weight(1.0, 1.0),
    "declared": Weight(1.0, 0.1, 14),
    "content": Weight(0.2, 0.2),
    "popularity": Weight(0.5, 0.0, 15),
}
_OTHERS = Weight(1.0, 1.0)
#: See `als.Serving.scores`.
EVENNESS = Weight(0.0, 0.2, 10)
#: How many of the best candidates have 1 on average: at most, and one of so many.
_BEST, _ONE_OF = 20, 20


def zscore(raw: NDArray[np.floating]) -> Scores:
    """Mean 0 and spread 1; all zero where nothing tells the candidates apart."""
    values = np.asarray(raw, np.float64)
    spread = values.std() if values.size else 0.0
    if not spread > 1e-12:
        return np.zeros(values.shape)
    return (values - values.mean()) / spread


def unit(raw: NDArray[np.floating]) -> Scores:
    """Mean 0, and 1 on average for the best; all zero where nothing tells the candidates apart."""
    values = np.asarray(raw, np.float64)
    if not values.size:
        return values
    best = min(_BEST, -(-values.size // _ONE_OF))
    middle = values.mean()
    height = np.partition(values, values.size - best)[-best:].mean() - middle
    if not height > 1e-12:
        return np.zeros(values.shape)
    return (values - middle) / height


def blend(parts: Mapping[str, NDArray[np.floating]], evidence: int) -> Scores:
    """The weighted sum of parts, each as `unit` makes it, (N,); `evidence` counts signals.

    Raises
    ------
    ValueError
        Without any part.
    """
    if not parts:
        raise ValueError("nothing to blend")
    total = np.zeros(len(next(iter(parts.values()))))
    for name, raw in parts.items():
        total += WEIGHTS.get(name, _OTHERS).at(evidence) * unit(raw)
    return total
