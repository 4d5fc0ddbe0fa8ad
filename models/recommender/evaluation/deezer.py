"""A closed vocabulary: which genres go with those somebody likes.

In: liked genres of Deezer's people in Hungary (B. Rozemberczki et al., GEMSEC, ASONAM 2019).
Out: what was found among the first five, of what could have been there, with 30 % of each person's
genres held out. Measured with what serves styles, moods and instruments (`ease`), without a prior.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.composer.evaluation.study import Figure
from models.recommender import ease
from models.recommender.blend import blend
from models.recommender.evaluation import rivals
from models.recommender.evaluation.lastfm import hold_out
from models.recommender.evaluation.measures import Quality, Scorer, evaluate
from models.recommender.evaluation.study import Study

TARGET = ">= 0.79"
_HELD, _LEAST, _RIDGE, _PLACES = 0.3, 4, 300.0, 5


def deezer(study: Study) -> list[Figure]:
    """Ours beside popularity."""
    likes = load(study.data / "deezer_genres" / "HU_genres.json")
    found: dict[str, list[Quality]] = {"ours": [], "EASE alone": [], "popularity": []}
    for seed in study.seeds:
        train, test = hold_out(likes, _HELD, seed, _LEAST)
        if study.split == "validation":
            train, test = hold_out(train, _HELD, seed, _LEAST)
        with threadpool_limits(1, "blas"):
            none = csr_matrix((0, likes.shape[1]), dtype=np.float32)
            weights = ease.fit_ease(train, none, 0.0, _RIDGE)
        rows, held = (train[:5000], test[:5000]) if study.quick else (train, test)
        found["ours"].append(evaluate(_served(weights, train), rows, held, _PLACES))
        found["EASE alone"].append(evaluate(_alone(weights), rows, held, _PLACES))
        found["popularity"].append(evaluate(rivals.popularity(train), rows, held, _PLACES))
        study.say(f"deezer {seed}")
    mean = {name: float(np.mean([q.found for q in rows])) for name, rows in found.items()}
    beside = (
        f"popularity {mean['popularity']:.3f}, EASE alone {mean['EASE alone']:.3f}; "
        f"{found['ours'][0].people} people"
    )
    return [Figure("nR@5", mean["ours"], "", TARGET, beside)]


def _alone(weights: NDArray[np.float32]) -> Scorer:
    return lambda rows: np.asarray(rows @ weights)


def _served(weights: NDArray[np.float32], train: csr_matrix) -> Scorer:
    """Item to item and popularity, blended by evidence as the bot does."""
    share = np.asarray((train > 0).mean(axis=0)).ravel()

    def scores(rows: csr_matrix) -> NDArray[np.float64]:
        return np.stack(
            [
                blend({"cf": ease.scores(weights, row), "popularity": share}, int((row > 0).sum()))
                for row in rows.toarray()
            ]
        )

    return scores


def load(path: Path) -> csr_matrix:
    """Likes (U, 84)."""
    people = json.loads(path.read_text(encoding="utf-8"))
    genres = sorted({genre for likes in people.values() for genre in likes})
    place = {genre: at for at, genre in enumerate(genres)}
    rows = [row for row, likes in enumerate(people.values()) for _ in likes]
    columns = [place[genre] for likes in people.values() for genre in likes]
    shape = (len(people), len(genres))
    found = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    found.data[:] = 1.0
    return found
