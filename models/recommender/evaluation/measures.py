"""How well a ranking finds what was held out.

In: scores of all items for some people, what they had and what was held out. Out: recall, NDCG
(binary gains; K. Jarvelin & J. Kekalainen, TOIS 2002) and how much of the catalogue is shown. All
items are ranked: samples of negatives order models wrongly (W. Krichene & S. Rendle, KDD 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

#: Net plays of some people (B, N) -> scores (B, N).
Scorer = Callable[[csr_matrix], NDArray[np.floating]]
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over people, 0..1; `coverage` is the share of items on anybody's first ten places.

    `recall` divides by what was held out, `found` by what could have been on the list.
    """

    recall: float
    found: float
    ndcg: float
    coverage: float
    people: int


def evaluate(scorer: Scorer, rows: csr_matrix, test: csr_matrix, places: int = 20) -> Quality:
    """Recall at `places` and NDCG at half of them, of those with something held out.

    `rows` (U, N) is what is known of each, left out of the ranking; `test` (U, N) what is held out.
    """
    able = np.flatnonzero(np.diff(test.indptr))
    lists = []
    for start in range(0, len(able), _BATCH):
        some = able[start : start + _BATCH]
        known = csr_matrix(rows[some])
        lists.extend(top(scorer(known), known, places))
    held = [test.indices[test.indptr[u] : test.indptr[u + 1]] for u in able]
    return quality(lists, held, rows.shape[1])


def top(scores: NDArray[np.floating], known: csr_matrix, places: int) -> list[NDArray[np.int64]]:
    """The best items of each row, best first, without what is known; ties by position."""
    found = []
    for row, own in zip(scores, _rows(known), strict=True):
        left = np.array(row, np.float64)
        left[own] = -np.inf
        best = np.argpartition(-left, min(places, len(left) - 1))[:places]
        ordered = best[np.lexsort((best, -left[best]))]
        found.append(ordered[np.isfinite(left[ordered])])
    return found


def quality(
    lists: Sequence[NDArray[np.int64]], held: Sequence[NDArray[np.integer]], items: int
) -> Quality:
    """The measures of ranked lists of 2 m places (NDCG and coverage look at the first m)."""
    places = max((len(each) for each in lists), default=0)
    half = max(1, places // 2)
    recall, found, gains = [], [], []
    for ranked, wanted in zip(lists, held, strict=True):
        hits = np.isin(ranked, wanted)
        recall.append(hits.sum() / len(wanted))
        found.append(hits.sum() / min(places, len(wanted)))
        gains.append(ndcg(hits[:half], len(wanted), half))
    shown = np.unique(np.concatenate([each[:half] for each in lists])) if lists else ()
    mean = [float(np.mean(each)) if each else 0.0 for each in (recall, found, gains)]
    coverage = len(shown) / items if items else 0.0
    return Quality(mean[0], mean[1], mean[2], coverage, len(lists))


def ndcg(hits: NDArray[np.bool_], wanted: int, places: int) -> float:
    """Discounted gain of `hits` in order, against the best that `wanted` items allow."""
    discounts = 1.0 / np.log2(np.arange(2, places + 2))
    ideal = discounts[: min(wanted, places)].sum()
    return float((discounts[: len(hits)] * hits).sum() / ideal)


def _rows(matrix: csr_matrix) -> list[NDArray[np.integer]]:
    return np.split(matrix.indices, matrix.indptr[1:-1])
