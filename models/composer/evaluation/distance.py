"""How far a set of melodies is from a set of human ones: a Frechet distance on the 60 features.

In: profiles, (N, 60). Out: distances with intervals. A set is described by a Gaussian and two
Gaussians are compared (Dowson and Landau, *The Frechet distance between multivariate normal
distributions*, 1982; for music: Kilgour et al., *Frechet Audio Distance*, 2019, and Retkowski et
al., *Frechet Music Distance*, 2025). Sets here are small, so covariances are shrunk (Ledoit and
Wolf, *A well-conditioned estimator for large-dimensional covariance matrices*, 2004) and every row
is measured at one size: such distances grow as sets shrink (Chong and Forsyth, *Effectively
unbiased FID*, 2020), and a row of 30 tunes against one of 60 would lose by that alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Profiles = npt.NDArray[np.floating]
#: Rows and row i of the human set that each was written for, or None when for none of them.
Rows = tuple[Profiles, Sequence[int] | None]
FLOOR = "human"


@dataclass(frozen=True)
class Scale:
    """Where features lie among human melodies, so that each counts alike: (60,) each."""

    mean: Profiles
    deviation: Profiles

    @classmethod
    def of(cls, profiles: Profiles) -> Scale:
        """From many human profiles.

        Features that hardly ever differ from zero are not blown up: a deviation is at least 0.02.
        """
        return cls(profiles.mean(axis=0), np.maximum(profiles.std(axis=0), 0.02))

    def apply(self, profiles: Profiles) -> Profiles:
        """Profiles in units of human deviations."""
        return np.asarray((profiles - self.mean) / self.deviation, np.float64)


@dataclass(frozen=True)
class Distance:
    """Mean over random halves, the 5th and 95th percentiles, and each half's own value."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]

    def closer_than(self, other: Distance) -> float:
        """Share of the halves in which this row is nearer to the humans than another row."""
        return float(np.mean(np.array(self.values) < np.array(other.values)))


def frechet(first: Profiles, second: Profiles) -> float:
    """Squared Frechet distance between the Gaussians of two sets, each (N, features).

    Raises
    ------
    ValueError
        When a set has fewer than two members.
    """
    from sklearn.covariance import ledoit_wolf

    if min(len(first), len(second)) < 2:
        raise ValueError("a Gaussian needs at least two melodies")
    one, two = ledoit_wolf(first)[0], ledoit_wolf(second)[0]
    shift = first.mean(axis=0) - second.mean(axis=0)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    # The trace of sqrt(one @ two) through a symmetric matrix of the same eigenvalues.
    common = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two @ root), 0)).sum()
    return float(shift @ shift + np.trace(one) + np.trace(two) - 2 * common)


def against(
    humans: Profiles, rows: Mapping[str, Rows], scale: Scale, rounds: int = 100, seed: int = 0
) -> dict[str, Distance]:
    """Distance of each row to held-out human melodies, and of those to each other (`FLOOR`).

    In each round the humans are split: one half is the reference, and every row stands for the
    other half with the melodies written for it, all at the same number of melodies. Nothing is
    drawn twice, as drawing twice would narrow a covariance (Politis and Romano, *Large sample
    confidence regions based on subsamples*, 1994); what varies between rounds is which tunes.

    Raises
    ------
    ValueError
        With fewer than eight human melodies, or a row that has next to none for some half.
    """
    if len(humans) < 8:
        raise ValueError("needs at least eight human melodies to compare with")
    rng = np.random.default_rng(seed)
    placed = {FLOOR: (scale.apply(humans), range(len(humans)))} | {
        name: (scale.apply(profiles), for_whom) for name, (profiles, for_whom) in rows.items()
    }
    values: dict[str, list[float]] = {name: [] for name in placed}
    for _ in range(rounds):
        order = rng.permutation(len(humans))
        reference, other = order[: len(order) // 2], set(order[len(order) // 2 :].tolist())
        chosen = {
            name: np.arange(len(profiles))
            if for_whom is None
            else np.array([i for i, tune in enumerate(for_whom) if tune in other], np.int64)
            for name, (profiles, for_whom) in placed.items()
        }
        size = min(len(reference), *map(len, chosen.values()))
        if size < 2:
            raise ValueError("too few melodies to compare: one row has none for some half")
        goal = placed[FLOOR][0][reference]
        for name, members in chosen.items():
            drawn = rng.permutation(members)[:size]
            values[name].append(frechet(goal, placed[name][0][drawn]))
    return {name: _distance(found) for name, found in values.items()}


def _distance(values: Sequence[float]) -> Distance:
    low, high = np.percentile(values, (5, 95))
    return Distance(float(np.mean(values)), float(low), float(high), tuple(values))
