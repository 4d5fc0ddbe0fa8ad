"""The fitted factors of each scope, in memory.

In: rows of `taste_models`, newest first, and the files they name. Out: a `Model` that lists are
made with, or None. A file that is missing or damaged is said once in the log; the version before
it serves until the next fit.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.recommender import artifact
from models.recommender.als import Factors, Serving
from models.recommender.values import Kind
from storage.taste_models import Model as Row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """One scope's factors.

    `tags` is csr (N, T), rows of unit length; `closed` is (n, n) over `closed_ids` with the share
    of people by item in `closed_popularity` (n,); `people` have trained it.
    """

    version: int
    factors: Factors
    tags: csr_matrix
    closed_ids: tuple[str, ...]
    closed: NDArray[np.float32]
    closed_popularity: NDArray[np.float32]
    people: int
    #: Candidates of each kind as `scoring.open_field` puts them together; they go with the model.
    fields: dict[tuple[str, int], Any] = field(default_factory=dict, compare=False)

    @cached_property
    def serving(self) -> Serving:
        """Fold-in and scores."""
        return Serving(self.factors)

    @cached_property
    def index(self) -> dict[str, int]:
        """Item id -> row."""
        return {key: i for i, key in enumerate(self.factors.items)}

    @cached_property
    def tag_index(self) -> dict[str, int]:
        """Tag -> column."""
        return {tag: i for i, tag in enumerate(self.factors.tags)}

    @cached_property
    def of_kind(self) -> dict[str, NDArray[np.int64]]:
        """Kind -> the rows of its items."""
        kinds = np.array([key.partition(":")[0] for key in self.factors.items])
        return {str(kind): np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}

    def rows_of(self, kind: Kind) -> NDArray[np.int64]:
        """The rows of the items of a kind."""
        return self.of_kind.get(kind, np.empty(0, dtype=np.int64))


class Library:
    """Loads each scope's newest readable model, and keeps it until there is a newer one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, Model] = {}
        self._bad: set[int] = set()

    def get(self, guild_id: int, rows: Sequence[Row]) -> Model | None:
        """The model of a scope; `rows` are its versions, newest first. Blocks while it reads."""
        for row in rows:
            held = self._held.get(guild_id)
            if held is not None and held.version == row.version:
                return held
            if row.version in self._bad:
                continue
            try:
                self._held[guild_id] = _read(self._folder / row.path, row.version)
            except Exception as error:  # whatever a damaged file makes of numpy and zipfile
                self._bad.add(row.version)
                log.warning("the factors in %s cannot be read (%s)", row.path, error)
                continue
            return self._held[guild_id]
        self._held.pop(guild_id, None)
        return None

    def broken(self, rows: Sequence[Row]) -> bool:
        """Whether the newest version could not be read: then a fit is due."""
        return bool(rows) and rows[0].version in self._bad

    def drop(self) -> None:
        """Forget all that is in memory."""
        self._held.clear()


def extras_of(
    tags: csr_matrix,
    closed_ids: Sequence[str],
    closed: NDArray[np.float32],
    closed_popularity: NDArray[np.float32],
    people: int,
) -> dict[str, NDArray[np.generic]]:
    """What is kept beside the factors, as arrays."""
    tags = csr_matrix(tags, dtype=np.float32)
    return {
        "tag_weights": tags.data,
        "tag_columns": tags.indices.astype(np.int32),
        "tag_starts": tags.indptr.astype(np.int64),
        "closed_ids": np.array(closed_ids, dtype=np.str_),
        "closed": closed.astype(np.float32),
        "closed_popularity": closed_popularity.astype(np.float32),
        "people": np.array(people),
    }


def _read(path: Path, version: int) -> Model:
    factors, extra = artifact.load_with_extra(path)
    shape = (len(factors.items), len(factors.tags))
    parts = (extra["tag_weights"], extra["tag_columns"], extra["tag_starts"])
    return Model(
        version,
        factors,
        csr_matrix(parts, shape=shape),
        tuple(str(key) for key in extra["closed_ids"]),
        extra["closed"],
        extra["closed_popularity"],
        int(extra["people"]),
    )
