"""The recommender as the bot serves it, over plain matrices.

In: plays and tags of a data set. Out: a `Recommender` whose scores come from the bot's own code:
confidences, factors, fold-in, blend by evidence. Only storage and names are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from bot.taste import person, scoring
from bot.taste.library import Model
from bot.taste.person import Person
from bot.taste.scoring import Field
from models.recommender import als, confidence
from models.recommender.values import Item


class Served:
    """One scope's model, perhaps a server's beside it, and the artists as candidates."""

    def __init__(self, main: Model, server: Model | None, counts: csr_matrix) -> None:
        self.main, self._counts = main, counts
        self.field: Field = scoring.open_field("artist", main, server)

    def scores(self, net: csr_matrix, words: Sequence[int] = ()) -> NDArray[np.floating]:
        """(N,); see `models.recommender.evaluation.study.Recommender`."""
        return scoring.score_open(self.person(net, words), self.field).total

    @property
    def vectors(self) -> NDArray[np.floating]:
        """The factors."""
        return self.field.vectors

    def person(self, net: csr_matrix, words: Sequence[int] = ()) -> Person:
        """Somebody as the bot would see them."""
        nets = {
            self.main.factors.items[at]: float(n)
            for at, n in zip(net.indices, net.data, strict=True)
        }
        named = {f"style:{word}": self._word(word) for word in words}
        nets |= dict.fromkeys(named, person.DECLARED)
        items = {key: self._item(key) for key in person.strongest(nets) if key not in named} | named
        return Person(0, nets, items, person.tags_of(nets, items), tuple(named))

    def _word(self, column: int) -> Item:
        tag = self.main.factors.tags[column]
        return Item("style", str(column), tag, tags={tag: 1.0})

    def _item(self, key: str) -> Item:
        row = self._counts[self.main.index[key]]
        tags = {self._names[c]: float(n) for c, n in zip(row.indices, row.data, strict=True)}
        return Item("artist", key.partition(":")[2], key, tags=tags)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.main.factors.tags


def fit(
    plays: csr_matrix, tags: csr_matrix, names: Sequence[str], server: csr_matrix | None = None
) -> Served:
    """Fit as the bot does; see `models.recommender.evaluation.study.Fit`."""
    main = model(plays, tags, names)
    return Served(main, None if server is None else model(server, tags, names), tags)


def model(plays: csr_matrix, tags: csr_matrix, names: Sequence[str]) -> Model:
    """One scope's factors over artists that are numbered."""
    items = tuple(f"artist:{at}" for at in range(plays.shape[1]))
    index = {key: at for at, key in enumerate(items)}
    settings = als.settings_for(plays.shape[0], len(names))
    rows = [
        confidence.row(
            {items[at]: float(n) for at, n in zip(row.indices, row.data, strict=True)},
            index,
            settings,
        )
        for row in plays
    ]
    weights = als.tfidf(tags)
    factors = als.fit(vstack(rows, format="csr"), weights, items, tuple(names), settings)
    none = np.zeros((0, 0), np.float32)
    return Model(1, factors, weights, (), none, np.zeros(0, np.float32), plays.shape[0])
