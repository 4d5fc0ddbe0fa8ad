"""Several opinions on the same candidates become one, weighted by how much is known of the person.

In: scores by part and the number of signals they rest on. Out: one score per candidate. Parts are
standardised first. With few signals what is popular and what it sounds like help, and what was
declared counts most; with many, the factors are best alone (measured on Last.fm-2k: our notes,
section 5).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

#: Part -> weight with few signals (up to `FEW`) and with many (from `MANY` on).
WEIGHTS: Mapping[str, tuple[float, float]] = {
    "cf": (1.0, 1.0),
    "declared": (1.0, 0.1),
    "content": (0.5, 0.1),
    "popularity": (0.2, 0.0),
}
FEW, MANY = 10, 30


def zscore(raw: NDArray[np.floating]) -> Scores:
    """Mean 0 and spread 1; all zero where nothing tells the candidates apart."""
    values = np.asarray(raw, np.float64)
    spread = values.std() if values.size else 0.0
    if not spread > 1e-12:
        return np.zeros(values.shape)
    return (values - values.mean()) / spread


def blend(parts: Mapping[str, NDArray[np.floating]], evidence: int) -> Scores:
    """The weighted sum of standardised parts, (N,); `evidence` counts signals.

    Raises
    ------
    ValueError
        Without any part.
    """
    if not parts:
        raise ValueError("nothing to blend")
    late = min(1.0, max(0.0, (evidence - FEW) / (MANY - FEW)))
    total = np.zeros(len(next(iter(parts.values()))))
    for name, raw in parts.items():
        early_weight, late_weight = WEIGHTS.get(name, (1.0, 1.0))
        total += (early_weight + late * (late_weight - early_weight)) * zscore(raw)
    return total
