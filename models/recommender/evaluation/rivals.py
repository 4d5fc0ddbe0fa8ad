"""What the recommender is measured against.

In: plays (U, N) and tag counts (N, T). Out: scorers. Popularity is the control; the others are the
classical models that published comparisons find hard to beat (M. Ferrari Dacrema et al., RecSys
2019): item neighbours (M. Deshpande & G. Karypis, TOIS 2004), EASE (H. Steck, WWW 2019), implicit
ALS as its library sets it up, and likeness of tags.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.recommender import ease
from models.recommender.als import tfidf
from models.recommender.evaluation.measures import Scorer

#: Neighbours of an item that count; EASE's ridge, and the people an item needs to be in it.
_NEIGHBOURS, _RIDGE, _PEOPLE = 1000, 100.0, 2


def confidences(plays: csr_matrix, alpha: float = 1.0) -> csr_matrix:
    """Entry by entry, alpha (1 + log1p(plays) / the person's mean of it) / 2."""
    grown = csr_matrix(plays, dtype=np.float32, copy=True)
    grown.data = np.log1p(grown.data)
    counts = np.diff(grown.indptr)
    sums = np.asarray(grown.sum(axis=1)).ravel()
    means = np.divide(sums, counts, out=np.ones_like(sums), where=counts > 0)
    grown.data = alpha * (0.5 + 0.5 * grown.data / np.repeat(means, counts))
    return grown


def popularity(plays: csr_matrix) -> Scorer:
    """The same for everybody."""
    known = np.asarray((plays > 0).sum(axis=0), np.float32).ravel()
    return lambda rows: np.broadcast_to(known, (rows.shape[0], len(known)))


def item_neighbours(plays: csr_matrix) -> Scorer:
    """Cosine of confidences, each item's nearest."""
    from implicit.nearest_neighbours import CosineRecommender

    model = CosineRecommender(K=_NEIGHBOURS, num_threads=1)
    with warnings.catch_warnings():  # the library turns its own argument into another format
        warnings.simplefilter("ignore")
        model.fit(confidences(plays), show_progress=False)
    likeness = csr_matrix(model.similarity)
    return lambda rows: np.asarray((confidences(rows) @ likeness).todense())


def shallow(plays: csr_matrix, ridge: float = _RIDGE, people: int = _PEOPLE) -> Scorer:
    """EASE over the items that enough people have."""
    kept = np.flatnonzero(np.asarray((plays > 0).sum(axis=0)).ravel() >= people)
    with threadpool_limits(1, "blas"):
        weights = ease.fit_ease(
            confidences(plays)[:, kept], csr_matrix((0, len(kept)), dtype=np.float32), 0.0, ridge
        )

    def scores(rows: csr_matrix) -> NDArray[np.float32]:
        found = np.full(rows.shape, -np.inf, np.float32)
        found[:, kept] = confidences(rows)[:, kept] @ weights
        return found

    return scores


def library_defaults(plays: csr_matrix, seed: int = 0) -> Scorer:
    """Implicit ALS on plain counts with every setting left alone."""
    with threadpool_limits(1, "blas"):
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(num_threads=1, random_state=seed)
        model.fit(plays, show_progress=False)

    def scores(rows: csr_matrix) -> NDArray[np.float32]:
        with threadpool_limits(1, "blas"):
            people = model.recalculate_user(np.arange(rows.shape[0]), rows)
        return np.asarray(people @ model.item_factors.T, np.float32)

    return scores


def content(tags: csr_matrix) -> Scorer:
    """Likeness of tags to what one has."""
    known = tfidf(tags)
    return lambda rows: np.asarray(((confidences(rows) @ known) @ known.T).todense())
