"""Small servers: friends who happen to share a place, with little data of their own.

In: a `Study`. Out: Recall@20 of their held-out artists by size of server, for a model of the
server's own rows and everybody's tags, for a model of strangers that they are folded into, and for
both. Servers are walks along Last.fm friendships, which a bot never sees: they only choose who sits
together. The strangers are the other half of the people.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.composer.evaluation.study import Figure
from models.recommender.evaluation import rivals
from models.recommender.evaluation.lastfm import Listeners, Split
from models.recommender.evaluation.measures import Scorer, evaluate
from models.recommender.evaluation.study import Recommender, Study, each

#: People of a server -> how many servers are looked at.
SIZES = {5: 30, 20: 12, 100: 5}
TARGET = ">= 0.254"
Ints = NDArray[np.int64]


def servers(study: Study) -> list[Figure]:
    """Rows by size; only the first has a target."""
    found: dict[tuple[int, str], list[float]] = {}
    for seed in study.seeds:
        split = study.warm(seed)
        rng = np.random.default_rng(seed)
        here = np.zeros(split.train.shape[0], dtype=bool)
        here[rng.permutation(len(here))[: len(here) // 2]] = True
        others = csr_matrix(split.train[~here])
        strangers = study.fit(others, split.tags, split.tag_names)
        for size, number in SIZES.items():
            for people in walks(study.listeners, here, size, 3 if study.quick else number, rng):
                for name, recall in _recalls(study, split, people, strangers, others).items():
                    found.setdefault((size, name), []).append(recall)
        study.say(f"servers {seed}")
    return [figure for size in SIZES for figure in _figures(size, found)]


def walks(
    listeners: Listeners, among: NDArray[np.bool_], size: int, count: int, rng: np.random.Generator
) -> list[Ints]:
    """So many groups of `size` people, each met by walking from friend to friend."""
    friends: dict[int, list[int]] = {}
    for one, other in listeners.friends[among[listeners.friends].all(axis=1)]:
        friends.setdefault(int(one), []).append(int(other))
    starts = sorted(friends)
    found: list[Ints] = []
    for _ in range(50 * count):  # some people's whole circle is smaller than a server
        if len(found) == count:
            break
        group = _walk(friends, int(rng.choice(starts)), size, rng)
        if len(group) == size:
            found.append(np.array(sorted(group)))
    return found


def _walk(
    friends: dict[int, list[int]], start: int, size: int, rng: np.random.Generator
) -> set[int]:
    group, at = {start}, start
    for _ in range(50 * size):
        if len(group) == size:
            break
        at = int(rng.choice(friends[at]))
        group.add(at)
    return group


def _recalls(
    study: Study, split: Split, people: Ints, strangers: Recommender, others: csr_matrix
) -> dict[str, float]:
    rows, test = csr_matrix(split.train[people]), csr_matrix(split.test[people])
    alone = study.fit(rows, split.tags, split.tag_names)
    both = study.fit(others, split.tags, split.tag_names, server=rows)
    scorers: dict[str, Scorer] = {
        "own data and tags": lambda known: each(alone, known),
        "strangers' model": lambda known: each(strangers, known),
        "both": lambda known: each(both, known),
        "popularity there": rivals.popularity(rows),
        "ALS there": rivals.library_defaults(rows),
    }
    return {name: evaluate(scorer, rows, test).recall for name, scorer in scorers.items()}


def _figures(size: int, found: dict[tuple[int, str], list[float]]) -> Sequence[Figure]:
    means = {name: float(np.mean(found[at, name])) for at, name in found if at == size}
    count = len(found[size, "both"])
    beside = (
        f"popularity there {means['popularity there']:.3f}, ALS there {means['ALS there']:.3f}; "
        f"{count} servers"
    )
    return [
        Figure(f"{size} people, own data and tags", means["own data and tags"], "",
               TARGET if size == min(SIZES) else "", beside),
        Figure(f"{size} people, strangers' model", means["strangers' model"]),
        Figure(f"{size} people, both", means["both"]),
    ]  # fmt: skip
