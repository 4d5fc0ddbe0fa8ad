"""People's artists and tags on Last.fm, and what of them is held out.

In: HetRec 2011 Last.fm-2k as it is distributed (I. Cantador, P. Brusilovsky, T. Kuflik, HetRec at
RecSys 2011; non-commercial use, so it is only measured with). Out: matrices and splits. What is
held out leaves no trace in what is trained on: a person's tagging of an artist goes with the
artist, and a tag needs ten people, since a tag of one's own names its owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]

#: People with so many artists have some held out, of which share; the same within train to tune on.
LEAST, HELD, INNER = 5, 0.2, 0.125
#: The seed of the inner split.
INNER_SEED = 43
#: Distinct people a tag needs.
TAGGERS = 10
#: People with so many artists may stand for newcomers, and this share of them does.
COLD_LEAST, COLD_SHARE = 20, 0.2


@dataclass(frozen=True)
class Listeners:
    """`plays` (U, N); `taggings` rows of (person, artist, tag); `friends` rows of two people."""

    plays: csr_matrix
    artists: tuple[str, ...]
    taggings: Ints
    tags: tuple[str, ...]
    friends: Ints


@dataclass(frozen=True)
class Split:
    """`train` and `test` (U, N) share no entry; `tags` (N, T) counts the people who said it."""

    train: csr_matrix
    test: csr_matrix
    tags: csr_matrix
    tag_names: tuple[str, ...]


@dataclass(frozen=True)
class Newcomer:
    """Somebody the model never saw: their artists in the order they are told, with plays.

    `words` are the three tags they used most (columns of the split's tags), () with fewer.
    """

    artists: Ints
    plays: NDArray[np.float32]
    words: tuple[int, ...]


@dataclass(frozen=True)
class ColdSplit:
    """`train` (U, N) without the newcomers, `tags` without what they said."""

    train: csr_matrix
    tags: csr_matrix
    tag_names: tuple[str, ...]
    newcomers: tuple[Newcomer, ...]


def load(folder: Path) -> Listeners:
    """Read the data set's folder (`user_artists.dat` and the others).

    Raises
    ------
    OSError, ValueError
        When a file is missing or not as distributed.
    """
    plays = _table(folder / "user_artists.dat", 3)
    taggings = _table(folder / "user_taggedartists.dat", 3)
    names = dict(_named(folder / "artists.dat", "utf-8"))
    words = dict(_named(folder / "tags.dat", "latin-1"))
    people, artists, tags = np.unique(plays[:, 0]), np.unique(plays[:, 1]), np.array(sorted(words))
    shape = (len(people), len(artists))
    at = (np.searchsorted(people, plays[:, 0]), np.searchsorted(artists, plays[:, 1]))
    known = np.isin(taggings[:, 0], people) & np.isin(taggings[:, 1], artists)
    known &= np.isin(taggings[:, 2], tags)
    columns = zip(taggings[known].T, (people, artists, tags), strict=True)
    triples = [np.searchsorted(every, column) for column, every in columns]
    friends = _table(folder / "user_friends.dat", 2)
    friends = friends[np.isin(friends, people).all(axis=1)]
    return Listeners(
        csr_matrix((plays[:, 2].astype(np.float32), at), shape=shape),
        tuple(names.get(int(a), str(a)) for a in artists),
        np.unique(np.stack(triples, axis=1), axis=0),
        tuple(words[int(t)] for t in tags),
        np.searchsorted(people, friends),
    )


def warm(listeners: Listeners, seed: int) -> Split:
    """Hold out a fifth of everybody's artists."""
    train, test = hold_out(listeners.plays, HELD, seed)
    return _split(listeners, train, test, listeners.taggings)


def inner(listeners: Listeners, outer: Split) -> Split:
    """Hold out an eighth of what a split trains on: what settings are chosen by."""
    train, test = hold_out(outer.train, INNER, INNER_SEED)
    kept = listeners.taggings[~_among(listeners.taggings, outer.test)]
    return _split(listeners, train, test, kept)


def hold_out(
    plays: csr_matrix, share: float, seed: int, least: int = LEAST
) -> tuple[csr_matrix, csr_matrix]:
    """(kept, held out), each (U, N): that share of each row of at least `least` entries."""
    rng = np.random.default_rng(seed)
    held = np.zeros(plays.nnz, dtype=bool)
    for start, end in zip(plays.indptr[:-1], plays.indptr[1:], strict=True):
        count = int(end - start)
        if count >= least:
            some = max(1, round(share * count))
            held[start + rng.permutation(count)[:some]] = True
    return _only(plays, ~held), _only(plays, held)


def cold(listeners: Listeners, seed: int, plays: csr_matrix | None = None) -> ColdSplit:
    """Take a fifth of the people who listen much out, with all that they said.

    `plays` (default: all) is what may be looked at: a split's train, when settings are chosen.
    """
    plays = listeners.plays if plays is None else plays
    rng = np.random.default_rng(seed)
    many = np.flatnonzero(np.diff(plays.indptr) >= COLD_LEAST)
    chosen = np.sort(rng.permutation(many)[: round(COLD_SHARE * len(many))])
    out = np.zeros(plays.shape[0], dtype=bool)
    out[chosen] = True
    theirs = out[listeners.taggings[:, 0]]
    tags, names, columns = tag_counts(listeners, listeners.taggings[~theirs])
    newcomers = []
    for person in chosen:
        row = plays[int(person)]
        order = rng.permutation(row.nnz)
        words = _favourites(listeners.taggings[listeners.taggings[:, 0] == person], columns)
        newcomers.append(Newcomer(row.indices[order].astype(np.int64), row.data[order], words))
    return ColdSplit(csr_matrix(plays[~out]), tags, names, tuple(newcomers))


def tag_counts(
    listeners: Listeners, taggings: Ints
) -> tuple[csr_matrix, tuple[str, ...], dict[int, int]]:
    """(people who said it (N, T), names, tag -> column), of tags that `TAGGERS` people use."""
    pairs = np.unique(taggings[:, [0, 2]], axis=0)
    users = np.bincount(pairs[:, 1], minlength=len(listeners.tags))
    kept = np.flatnonzero(users >= TAGGERS)
    columns = {int(tag): column for column, tag in enumerate(kept)}
    rows = taggings[np.isin(taggings[:, 2], kept)]
    at = (rows[:, 1], np.searchsorted(kept, rows[:, 2]))
    shape = (listeners.plays.shape[1], len(kept))
    counts = csr_matrix((np.ones(len(rows), np.float32), at), shape=shape)
    return counts, tuple(listeners.tags[tag] for tag in kept), columns


def _split(listeners: Listeners, train: csr_matrix, test: csr_matrix, taggings: Ints) -> Split:
    tags, names, _ = tag_counts(listeners, taggings[~_among(taggings, test)])
    return Split(train, test, tags, names)


def _among(taggings: Ints, pairs: csr_matrix) -> NDArray[np.bool_]:
    """Which taggings are of a (person, artist) in `pairs`."""
    held = pairs.tocoo()
    width = pairs.shape[1]
    keys = held.row.astype(np.int64) * width + held.col
    return np.isin(taggings[:, 0] * width + taggings[:, 1], keys)


def _favourites(taggings: Ints, columns: dict[int, int], count: int = 3) -> tuple[int, ...]:
    used = Counter(columns[int(tag)] for tag in taggings[:, 2] if int(tag) in columns)
    best = sorted(used, key=lambda column: (-used[column], column))[:count]
    return tuple(best) if len(best) == count else ()


def _only(plays: csr_matrix, kept: NDArray[np.bool_]) -> csr_matrix:
    rows = np.repeat(np.arange(plays.shape[0]), np.diff(plays.indptr))[kept]
    return csr_matrix((plays.data[kept], (rows, plays.indices[kept])), shape=plays.shape)


def _table(path: Path, columns: int) -> Ints:
    """Whole numbers under one line of names."""
    found = np.loadtxt(path, dtype=np.int64, skiprows=1, usecols=range(columns), ndmin=2)
    return np.asarray(found, np.int64)


def _named(path: Path, encoding: str) -> Sequence[tuple[int, str]]:
    """(id, name) of a table that may or may not begin with a line of names."""
    lines = path.read_text(encoding=encoding).splitlines()
    cells = [line.split("\t") for line in lines]
    return [(int(row[0]), row[1]) for row in cells if len(row) > 1 and row[0].isdigit()]
