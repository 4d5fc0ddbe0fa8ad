"""Item-to-item weights in closed form, for vocabularies of at most some thousand entries.

In: people (and pseudo-people of a prior) by items. Out: a matrix that scores items for a row.
H. Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019): ridge regression of each
item on the others. The prior's rows (families of the genre tree, authored kinships) count as so
many further people, which smooths it, and serves alone before anybody is there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix


def fit_ease(
    matrix: csr_matrix, prior: csr_matrix, strength: float, regularization: float
) -> NDArray[np.float32]:
    """Weights (n, n), zero on the diagonal, from people (U, n) and a prior (P, n).

    Each row of the prior counts as `strength` people. A negative entry says that somebody does not
    want an item.

    Raises
    ------
    ValueError
        When the two have different numbers of items.
    """
    if matrix.shape[1] != prior.shape[1]:
        raise ValueError(f"{matrix.shape[1]} items against {prior.shape[1]} in the prior")
    people, known = matrix.astype(np.float64), prior.astype(np.float64)
    gram = np.asarray((people.T @ people).todense())
    gram += strength * np.asarray((known.T @ known).todense())
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0.0)
    return weights.astype(np.float32)


def scores(weights: NDArray[np.float32], row: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well each item goes with a row (n,), (n,)."""
    return np.asarray(row, np.float32) @ weights
