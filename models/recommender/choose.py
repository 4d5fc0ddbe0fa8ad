"""From scores to a short list: not five of the same, and one from further away.

In: scores and vectors of candidates. Out: picks in order, each with the probability that it got its
place. Variety is maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998); the last place of
a list is a wildcard drawn from ranks 6 to 65, the one exploration our simulation could afford.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommender.blend import zscore

#: Ranks (from 0) that a wildcard is drawn from, after what is on the list.
WILD_FROM, WILD_TO = 5, 65
#: Candidates that variety is looked for among, best first.
_POOL = 100


@dataclass(frozen=True, slots=True)
class Pick:
    """One chosen candidate; `propensity` 1 for what the scores decide alone."""

    index: int
    wildcard: bool
    propensity: float


def choose(
    scores: NDArray[np.floating],
    vectors: NDArray[np.floating],
    allowed: NDArray[np.bool_],
    count: int,
    rng: np.random.Generator,
    *,
    mmr: float = 0.3,
    wildcard: bool = True,
) -> list[Pick]:
    """Pick at most `count` of the allowed candidates.

    Parameters
    ----------
    scores : (N,) array
        The higher the better.
    vectors : (N, d) array
        What likeness is measured on (cosine).
    allowed : (N,) bool array
        Which candidates may be picked.
    count : int
        Places of the list.
    rng : numpy Generator
        Draws the wildcard.
    mmr : float
        0: by score alone; towards 1 the more unlike the better.
    wildcard : bool
        Whether the last place of a full list is one.
    """
    ranked = _ranked(np.asarray(scores, np.float64), np.flatnonzero(allowed), max(_POOL, count + 1))
    wild = wildcard and count >= 2 and len(ranked) > count
    places = min(count, len(ranked)) - wild
    best = _varied(np.asarray(scores, np.float64), vectors, ranked[:_POOL], places, mmr)
    picks = [Pick(int(at), False, 1.0) for at in best]
    if wild:
        rest = [at for at in ranked[:WILD_TO] if at not in best]
        far = [at for at in ranked[WILD_FROM:WILD_TO] if at not in best] or rest
        picks.append(Pick(int(rng.choice(far)), True, 1.0 / len(far)))
    return picks


def _ranked(scores: NDArray[np.float64], able: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The best `most` of `able`, best first, the earlier of equals first; not all are sorted."""
    if len(able) > most:
        least = np.partition(scores[able], -most)[-most]
        able = able[scores[able] >= least]
    return able[np.argsort(-scores[able], kind="stable")][:most]


def _varied(
    scores: NDArray[np.float64],
    vectors: NDArray[np.floating],
    pool: NDArray[np.int64],
    count: int,
    mmr: float,
) -> list[int]:
    if mmr <= 0 or len(pool) <= 1:
        return [int(at) for at in pool[:count]]
    worth = zscore(scores[pool])
    rows = np.asarray(vectors[pool], np.float64)
    sizes = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.where(sizes > 0, sizes, 1.0)
    likeness = np.full(len(pool), -1.0)
    taken: list[int] = []
    free = np.ones(len(pool), bool)
    for _ in range(min(count, len(pool))):
        value = worth if not taken else (1 - mmr) * worth - mmr * likeness
        at = int(np.argmax(np.where(free, value, -np.inf)))
        taken.append(at)
        free[at] = False
        likeness = np.maximum(likeness, rows @ rows[at])
    return [int(pool[at]) for at in taken]
