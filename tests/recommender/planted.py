"""Made-up listeners in groups: what a recommender must find, with the answers known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

GROUPS, PEOPLE, ITEMS = 4, 120, 160


@dataclass(frozen=True)
class Planted:
    """`train` (U, N) confidences, `test` held-out items by person, `tags` (N, T) unit rows.

    Three items in four carry their group's tag; every group has a few items that all know.
    """

    train: csr_matrix
    test: tuple[frozenset[int], ...]
    tags: csr_matrix
    items: tuple[str, ...]
    tag_names: tuple[str, ...]
    group_of: tuple[int, ...]


def plant(seed: int = 5) -> Planted:
    """Each person likes much of one group, a little of the others, and what everybody knows."""
    rng = np.random.default_rng(seed)
    group_of = np.arange(ITEMS) % GROUPS
    famous = rng.random(ITEMS) < 0.05
    likes = np.where(group_of[None, :] == (np.arange(PEOPLE) % GROUPS)[:, None], 0.35, 0.02)
    likes = np.maximum(likes, 0.5 * famous[None, :])
    has = rng.random((PEOPLE, ITEMS)) < likes
    held = has & (rng.random((PEOPLE, ITEMS)) < 0.25)
    train = np.where(has & ~held, 10.0, 0.0).astype(np.float32)
    tags = np.eye(GROUPS, dtype=np.float32)[group_of] * (rng.random(ITEMS) < 0.75)[:, None]
    return Planted(
        csr_matrix(train),
        tuple(frozenset(np.flatnonzero(row).tolist()) for row in held),
        csr_matrix(tags),
        tuple(f"artist:{n}" for n in range(ITEMS)),
        tuple(f"tag{n}" for n in range(GROUPS)),
        tuple(group_of.tolist()),
    )


def recall(planted: Planted, scores, at: int = 20) -> float:
    """Mean share of held-out items among the best `at` that a person does not have yet."""
    found = []
    for person, held in enumerate(planted.test):
        if held:
            own = np.array(scores(person), np.float64)
            own[planted.train[person].indices] = -np.inf
            found.append(len(held & set(np.argsort(-own)[:at].tolist())) / len(held))
    return float(np.mean(found))
