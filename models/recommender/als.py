"""Implicit-feedback matrix factorisation with tags as further users.

In: confidences of people over items and the items' tags. Out: item and tag factors; a person's
vector is folded in from their row whenever it is needed and never kept. Hu, Koren & Volinsky,
"Collaborative filtering for implicit feedback datasets" (ICDM 2008), as in the library implicit,
which is wrapped thinly here: each of its traps in our notes is guarded. Tag rows (one pseudo-user
for each tag, holding its items) make it a hybrid: on Last.fm-2k the best single model tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

Array = NDArray[np.float32]

#: From so many people on the large settings are the better ones.
MANY = 300
#: From so many tags on they can carry the factors of few people.
DESCRIBED = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit: sizes, ridge, and the confidence of one average play (`alpha`) and of a tag."""

    factors: int = 128
    regularization: float = 50.0
    alpha: float = 10.0
    iterations: int = 8
    tag_weight: float = 10.0


def settings_for(users: int, tags: int = 0) -> Settings:
    """The settings measured best for so many people and so many tags.

    With few people and many tags it is the tags that are factorised, which bear more of a ridge.
    """
    if users >= MANY:
        return Settings()
    if tags >= DESCRIBED:
        return Settings(regularization=30.0, tag_weight=15.0)
    return Settings(factors=64, regularization=10.0)


@dataclass(frozen=True)
class Factors:
    """What a fit leaves: no person's vector.

    `items` are ids and `item_factors` (N, f) their vectors; `tags` and `tag_factors` (T, f)
    likewise; `popularity` (N,) is the share of people with something for the item, 0..1.
    """

    items: tuple[str, ...]
    item_factors: Array
    tags: tuple[str, ...]
    tag_factors: Array
    popularity: Array
    settings: Settings


def fit(
    matrix: csr_matrix,
    tags: csr_matrix,
    items: Sequence[str],
    tag_names: Sequence[str],
    settings: Settings,
    seed: int = 0,
) -> Factors:
    """Factorise `matrix` (U, N) of confidences stacked on the tags' rows.

    `tags` (N, T) holds unit rows of weighted tags (see `tfidf`). The same arguments give the same
    factors.

    Raises
    ------
    ValueError
        When the shapes do not match.
    """
    people, count = matrix.shape
    if tags.shape != (count, len(tag_names)) or count != len(items):
        raise ValueError(f"{matrix.shape} people by items, {tags.shape} items by tags")
    size = settings.factors
    popularity = np.zeros(count, np.float32)
    if people and count:
        popularity = np.asarray((matrix > 0).sum(axis=0), np.float32).ravel() / people
    stacked = vstack([matrix, settings.tag_weight * tags.T], format="csr").astype(np.float32)
    stacked.eliminate_zeros()
    if not stacked.nnz:
        empty = np.zeros((count, size), np.float32)
        none = np.zeros((len(tag_names), size), np.float32)
        return Factors(tuple(items), empty, tuple(tag_names), none, popularity, settings)
    model = _model(settings, seed)
    with _one_thread():
        model.fit(stacked, show_progress=False)
    users, found = np.asarray(model.user_factors), np.asarray(model.item_factors)
    return Factors(tuple(items), found, tuple(tag_names), users[people:], popularity, settings)


def tfidf(tags: csr_matrix) -> csr_matrix:
    """Unit rows of log1p(weight) times idf; (N, T) -> (N, T)."""
    weighted = csr_matrix(tags, dtype=np.float64)
    weighted.data = np.log1p(weighted.data)
    tagged = np.asarray((tags > 0).sum(axis=0)).ravel()
    rarity = np.log(max(tags.shape[0], 1) / np.maximum(tagged, 1))
    weighted = weighted.multiply(rarity[None, :]).tocsr()
    sizes = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    sizes[sizes == 0] = 1.0
    return csr_matrix(weighted.multiply(1 / sizes[:, None]), dtype=np.float32)


class Serving:
    """Factors ready to answer.

    Folds in by itself instead of through implicit: its guards against BLAS threads take longer than
    the sum, it takes rows of any width, and the bot need not load it (see the tests: the same
    vectors to 1e-4).
    """

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        self._columns = len(factors.items)

    def inverse(self, row: csr_matrix) -> NDArray[np.float64]:
        """(Y'CY + reg)^-1 (f, f) of a row: what a fold-in and all its explanations share.

        Raises
        ------
        ValueError
            When the row does not have one column per item.
        """
        self._check(row)
        held = row.data != 0  # a stored zero is no entry
        known = self.factors.item_factors[row.indices[held]]
        # What is not in the row has confidence 1, an entry its size.
        return np.linalg.inv(self._gram + (known.T * (np.abs(row.data[held]) - 1.0)) @ known)

    def fold_in(self, row: csr_matrix, inverse: NDArray[np.float64] | None = None) -> Array:
        """The vector (f,) of somebody with these confidences (1, N); zeros where none is positive.

        `inverse` is the row's, if it is at hand.

        Raises
        ------
        ValueError
            When the row does not have one column per item.
        """
        self._check(row)
        liked = row.data > 0
        if not liked.any():
            return np.zeros(self.factors.settings.factors, np.float32)
        wanted = row.data[liked] @ self.factors.item_factors[row.indices[liked]]
        solved = self.inverse(row) if inverse is None else inverse
        return np.asarray(solved @ wanted, np.float32)

    def scores(self, vector: Array, evenness: float = 0.0) -> Array:
        """How well each item suits a vector, (N,).

        Items that many have are longer than others and so come first; `evenness` divides by this
        power of an item's length (0: not at all, 1: direction alone counts).
        """
        found = self.factors.item_factors @ np.asarray(vector, np.float32)
        return found * self._lengths**-evenness if evenness else found

    def declared(self, weights: Mapping[str, float]) -> Array | None:
        """The vector of somebody who only named tags: their mean; None where none is known."""
        place = {tag: at for at, tag in enumerate(self.factors.tags)}
        known = [(place[tag], weight) for tag, weight in weights.items() if tag in place]
        total = sum(abs(weight) for _, weight in known)
        if not total:
            return None
        rows = self.factors.tag_factors[[at for at, _ in known]]
        shares = np.array([weight / total for _, weight in known], np.float32)
        return np.asarray(shares @ rows, np.float32)

    def explain(
        self,
        row: csr_matrix,
        item: int,
        count: int = 3,
        inverse: NDArray[np.float64] | None = None,
    ) -> list[tuple[str, float]]:
        """What in a row speaks most for an item: (item id, contribution), strongest first.

        The score is a sum over the row's positive entries (Hu et al., section 5): entry u adds
        c_u * y_item' (Y'CY + reg)^-1 y_u. Entries against an item have preference 0, so they add
        nothing of their own; they change what the others add. Only what speaks for it is told.
        `inverse` is the row's, if it is at hand.
        """
        self._check(row)
        liked = row.indices[row.data > 0]
        if not len(liked):
            return []
        factors = self.factors.item_factors
        solved = (self.inverse(row) if inverse is None else inverse) @ factors[item]
        parts = row.data[row.data > 0] * (factors[liked] @ solved)
        best = [at for at in np.argsort(-parts) if liked[at] != item and parts[at] > 0][:count]
        return [(self.factors.items[liked[at]], float(parts[at])) for at in best]

    @cached_property
    def _lengths(self) -> Array:
        lengths = np.linalg.norm(self.factors.item_factors, axis=1)
        # Nobody has and nothing describes an item of no length: its score stays 0.
        return np.asarray(np.maximum(lengths, 1e-3), np.float32)

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        factors = self.factors.item_factors.astype(np.float64)
        ridge = self.factors.settings.regularization * np.eye(factors.shape[1])
        return np.asarray(factors.T @ factors + ridge)

    def _check(self, row: csr_matrix) -> None:
        if row.shape != (1, self._columns):
            raise ValueError(f"a row of shape {row.shape} for {self._columns} items")


def _model(settings: Settings, seed: int) -> Any:
    # Imported at first use: the bot starts without it.
    from implicit.cpu.als import AlternatingLeastSquares

    with _one_thread():
        return AlternatingLeastSquares(
            factors=settings.factors,
            regularization=settings.regularization,
            alpha=1.0,  # confidences come weighted
            iterations=settings.iterations,
            num_threads=1,  # a fit shares its machine with the bot
            random_state=seed,
        )


def _one_thread() -> Any:
    """BLAS on one thread: implicit warns otherwise, and its own threads do the work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")
