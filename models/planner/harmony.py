"""Chord progressions as a smoothed n-gram, drawn so that every cadence asked for holds exactly.

In: the counts that `learn` shipped (`harmony.json.gz`) and, for each chord to be chosen, a weight
for every token (0 forbids it). Out: token sequences drawn from the model *given* those weights, by
backward filtering and forward sampling (exact; Pachet, Roy & Barbieri, "Finite-length Markov
processes with constraints", IJCAI 2011), with absolute discounting (Ney, Essen & Kneser 1994).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.planner.tokens import DIM, DOM7, MAJ, MIN, SUS, TOKENS

Array = NDArray[np.float64]

#: Stands before the first chord.
START = TOKENS
#: Tokens kept for drawing; the rest (under 3 % of any table) only slow the sampler down.
KEPT = 44
#: Kept whatever the corpus, since cadences need them: tonics, V, and what leads home in the modes.
CADENTIAL: tuple[int, ...] = (
    *(MAJ, MIN, DIM, DOM7, 70 + MAJ, 70 + MIN, 70 + DOM7, 70 + SUS, 50 + MAJ, 50 + MIN),
    *(100 + MAJ, 100 + MIN, 10 + MAJ, 20 + MAJ),
)
DISCOUNT = 0.75
#: How sharply the place in the four-bar phrase bends the n-gram; 0 ignores it.
POSITION_POWER = 0.5
#: Drawing below 1 prefers the usual turns over the rare ones.
TEMPERATURE = 0.8

#: Which corpora make up each table. A table without data of its own leans on its neighbours.
MIX: dict[str, dict[str, float]] = {
    "pop": {"pop909": 1.0, "openewld": 0.1},
    "rock": {"pop909": 1.0, "nottingham": 0.3},
    "electronic": {"pop909": 1.0},
    "jazz": {"swing": 1.0, "latin": 0.2},
    "blues": {"blues": 1.0, "swing": 0.05},
    "latin": {"latin": 1.0, "swing": 0.2},
    "folk": {"nottingham": 1.0, "openewld": 0.05},
    "classical": {"chorales": 1.0, "nottingham": 0.1},
    "cinematic": {"pop909": 0.5, "chorales": 0.5},
    "modal": {"pop909": 0.5, "nottingham": 1.0},
}


@dataclass(frozen=True)
class Counts:
    """Weighted counts of one table and mode.

    `trigrams` (121, 121, 120) with START = 120 in the contexts; `songs` the same, each song
    counted once, since a song's own repeats say little about the next song; `position` (4, 120) by
    bar of the phrase; `cadences` (120, 120): the last two chords of sections; `rhythms`: pulses per
    bar -> {bit mask of chord onsets over four bars, first pulse lowest: count}.
    """

    trigrams: Array
    songs: Array
    position: Array
    cadences: Array
    rhythms: Mapping[int, Mapping[int, float]]

    @cached_property
    def unigrams(self) -> Array:
        """Token counts, (120,)."""
        return np.asarray(self.trigrams.sum((0, 1)))

    @cached_property
    def unigram(self) -> Array:
        """Smoothed P(c), (120,)."""
        return _discounted(self.unigrams, np.full(TOKENS, 1 / TOKENS))

    @cached_property
    def bigram(self) -> Array:
        """Smoothed P(c | b), (121, 120)."""
        return _discounted(self.trigrams.sum(0), self.unigram)

    @cached_property
    def trigram(self) -> Array:
        """Smoothed P(c | a, b), (121, 121, 120)."""
        return _discounted(self.songs, self.bigram)

    @cached_property
    def lift(self) -> Array:
        """How much more likely a token is in each bar of the phrase, (4, 120), near 1."""
        counts = self.position + 20 * self.unigram  # a prior, so that rare tokens stay near 1
        return np.asarray((counts / counts.sum(1, keepdims=True)) / self.unigram)


def _discounted(counts: Array, backoff: Array) -> Array:
    """Interpolated absolute discounting over the last axis."""
    total = counts.sum(-1, keepdims=True)
    # Mixed tables hold fractional counts: never take more than is there.
    taken = np.minimum(counts, DISCOUNT)
    kept = counts - taken
    freed = taken.sum(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        smoothed = (kept + freed * backoff) / total
    return np.where(total > 0, smoothed, backoff)


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Any]:
    """The counts that `learn` wrote."""
    path = Path(__file__).with_name("harmony.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))


def mixed(corpora: Mapping[str, Any], table: str, mode: str) -> Counts:
    """Counts of a table from the corpora it is mixed of (as `learn` writes them)."""
    trigrams = np.zeros((TOKENS + 1, TOKENS + 1, TOKENS))
    songs = np.zeros_like(trigrams)
    position, cadences = np.zeros((4, TOKENS)), np.zeros((TOKENS, TOKENS))
    rhythms: dict[int, dict[int, float]] = {2: {}, 3: {}, 4: {}}
    for corpus, weight in MIX[table].items():
        entry = corpora[corpus][mode]
        for a, b, c, n, own in _rows(entry["trigrams"], 5):
            trigrams[a, b, c] += weight * n
            songs[a, b, c] += weight * own
        for bar, token, n in _rows(entry["position"], 3):
            position[bar, token] += weight * n
        for a, b, n in _rows(entry["cadences"], 3):
            cadences[a, b] += weight * n
        for pulses, mask, n in _rows(entry["rhythms"], 3):
            rhythms[pulses][mask] = rhythms[pulses].get(mask, 0.0) + weight * n
    return Counts(trigrams, songs, position, cadences, rhythms)


def _rows(flat: Sequence[int], width: int) -> list[Sequence[int]]:
    return [flat[i : i + width] for i in range(0, len(flat), width)]


@dataclass(frozen=True)
class Sampler:
    """A table ready to draw from, small enough to keep.

    `tokens` (V,); `transition` (V+1, V+1, V): P(c | a, b) with START last in the contexts; `usual`
    (V,): P(c); `lift` (4, V): by bar of the phrase; `cadences` (V, V) and `rhythms` as in `Counts`.
    """

    tokens: tuple[int, ...]
    transition: Array
    usual: Array
    lift: Array
    cadences: Array
    rhythms: Mapping[int, Mapping[int, float]]

    def index(self, token: int) -> int:
        """Row of a token, START's when it is unknown."""
        return self.tokens.index(token) if token in self.tokens else len(self.tokens)


@lru_cache(maxsize=64)
def sampler(table: str, mode: str) -> Sampler:
    """The usual tokens of a table of `MIX` in "major" or "minor".

    Repeats of a chord are left out, since tokens are chord changes.
    """
    model = mixed(shipped(), table, mode)
    usual = set(np.argsort(-model.unigrams, kind="stable")[:KEPT].tolist())
    tokens = sorted(usual | set(CADENTIAL))
    rows = [*tokens, START]
    transition = model.trigram[np.ix_(rows, rows, tokens)] ** (1 / TEMPERATURE)
    for i in range(len(tokens)):
        transition[:, i, i] = 0.0
    transition /= transition.sum(-1, keepdims=True)
    return Sampler(
        tokens=tuple(tokens),
        transition=transition,
        usual=model.unigram[tokens],
        lift=model.lift[:, tokens] ** POSITION_POWER,
        cadences=model.cadences[np.ix_(tokens, tokens)],
        rhythms=model.rhythms,
    )


def draw(
    table: Sampler, weights: Sequence[Array], rng: Random, before: tuple[int, int] = (START, START)
) -> list[int]:
    """Tokens, one for each weight vector (over `table.tokens`), drawn from the model given them.

    Parameters
    ----------
    table : Sampler
        The n-gram over V tokens.
    weights : sequence of (V,) arrays
        Factor for each token at each place; 0 forbids it.
    rng : Random
        Draws once for each place.
    before : tuple of int
        The two tokens that sound before the first place.

    Raises
    ------
    ValueError
        When the weights leave no sequence at all.
    """
    size = len(table.tokens)
    ahead = np.ones((size + 1, size))  # weight of what follows, by (previous, current)
    steps: list[Array] = []
    for weight in reversed(weights):
        factor = weight[None, :] * ahead  # (V+1, V)
        step = table.transition * factor[None, :, :]  # (V+1, V+1, V): previous two, next
        steps.append(step)
        reach = step.sum(-1)  # (V+1, V+1): by the two tokens before this place
        top = reach.max()
        if top <= 0:
            raise ValueError("no chord sequence satisfies these constraints")
        ahead = reach[:, :size] / top
    a, b = (table.index(t) for t in before)
    if not steps[-1][a, b].any():  # what sounds before forbids every beginning: forget it
        a = b = table.index(START)
    out: list[int] = []
    for step in reversed(steps):
        row = step[a, b]
        c = rng.choices(range(size), row.tolist())[0]
        out.append(table.tokens[c])
        a, b = b, c
    return out
