"""What every part of the recommender's evaluation is given, made once and when first asked for.

In: the folder of data sets, a split, and the recommender to measure: `Fit` turns plays and tags
into something that scores, so that the benchmark hands in what the bot really serves with.
`validation` splits what seed 42 trains on once more and is for tuning; the table is of `test`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.recommender.evaluation import lastfm
from models.recommender.evaluation.lastfm import ColdSplit, Listeners, Split

#: Random states of the splits; settings may be chosen by nothing outside the first one's train.
SEEDS = (42, 43, 44)


class Recommender(Protocol):
    """A fitted recommender. Items and tags are columns of what it was fitted to."""

    def scores(self, net: csr_matrix, words: Sequence[int] = ()) -> NDArray[np.floating]:
        """(N,) for one person's net plays (1, N), negative against, and the tags they declared."""
        ...

    @property
    def vectors(self) -> NDArray[np.floating]:
        """(N, d): what likeness of two items is measured on."""
        ...


class Fit(Protocol):
    """How to fit."""

    def __call__(
        self,
        plays: csr_matrix,
        tags: csr_matrix,
        names: Sequence[str],
        server: csr_matrix | None = None,
    ) -> Recommender:
        """Fit to `plays` (U, N) and `tags` (N, T), counts of what `names` says.

        `server` (V, N) are a place's own people, whose taste counts beside everybody's.
        """
        ...


@dataclass
class Study:
    """Where the data sets are, what is measured, and how much of it.

    `say` takes one line of progress at a time.
    """

    data: Path
    fit: Fit
    split: Literal["validation", "test"] = "test"
    quick: bool = False
    say: Callable[[str], None] = lambda _: None

    @cached_property
    def listeners(self) -> Listeners:
        """Last.fm-2k."""
        return lastfm.load(self.data / "lastfm2k")

    @property
    def seeds(self) -> tuple[int, ...]:
        """One split when the study is quick or tunes."""
        return SEEDS[:1] if self.quick or self.split == "validation" else SEEDS

    def warm(self, seed: int) -> Split:
        """Held-out artists of everybody."""
        if seed not in self._warm:
            outer = lastfm.warm(self.listeners, seed)
            tuning = self.split == "validation"
            self._warm[seed] = lastfm.inner(self.listeners, outer) if tuning else outer
        return self._warm[seed]

    def fitted(self, seed: int) -> Recommender:
        """The recommender fitted to `warm(seed)`."""
        if seed not in self._fitted:
            split = self.warm(seed)
            self._fitted[seed] = self.fit(split.train, split.tags, split.tag_names)
        return self._fitted[seed]

    def cold(self, seed: int) -> ColdSplit:
        """Newcomers and the others."""
        if self.split == "validation":
            return lastfm.cold(self.listeners, seed, lastfm.warm(self.listeners, SEEDS[0]).train)
        return lastfm.cold(self.listeners, seed)

    @cached_property
    def _warm(self) -> dict[int, Split]:
        return {}

    @cached_property
    def _fitted(self) -> dict[int, Recommender]:
        return {}


def each(recommender: Recommender, rows: csr_matrix) -> NDArray[np.floating]:
    """Scores (B, N) of people one after another, as the bot serves them."""
    return np.stack([recommender.scores(csr_matrix(rows[at])) for at in range(rows.shape[0])])
