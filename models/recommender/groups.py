"""One score for several people.

In: each person's scores of the same candidates. Out: one row. J. Masthoff,
"Group modeling: selecting a sequence of television items to suit a group of viewers" (2004): least
misery (nobody suffers) and average.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.recommender.blend import zscore


def together(
    scores: NDArray[np.floating], mode: Literal["least_misery", "average"]
) -> NDArray[np.float64]:
    """(M, N) scores of M people -> (N,); each person's are standardised first.

    Least misery takes the lowest; the average decides between equals.
    """
    rows = np.stack([zscore(row) for row in scores])
    mean = rows.mean(axis=0)
    if mode == "average":
        return mean
    return rows.min(axis=0) + 1e-3 * mean
