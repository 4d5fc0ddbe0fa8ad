"""Noise as people make it: correlated over time, closed to a circle so that loops have no seam.

In: a seed, a length, a spectrum. Out: values of standard deviation 1. Timing errors of people who
keep a beat are correlated over minutes, 1/f-like (Hennig et al., PLoS ONE 6, 2011, e26457); those
who hear a click give way to it, so below a knee the spectrum flattens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Steps over which `autocovariance` is measured: 32 bars, as long as people's takes.
_SPAN = 512


def coloured(rng: Random, length: int, colour: float, knee: float) -> Floats:
    """A circle of `length` values; above the `knee` (cycles a step) power falls as f ** -`colour`.

    Its mean is 0 and its expected variance 1; it begins where it is nearest to 0, so that a piece
    starts in time.
    """
    half = length // 2
    if half < 1:
        return np.zeros(max(length, 1))
    power = _spectrum(length, colour, knee)
    waves = np.array([complex(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(half)])
    found = np.fft.irfft(np.concatenate([[0], waves * np.sqrt(power / 4)]), length) * length
    start = int(np.abs(found).argmin())
    return np.roll(found, -start)


def autocovariance(colour: float, knee: float, lags: Sequence[int]) -> Floats:
    """What `coloured` has at each lag in steps, for a variance of 1."""
    power = _spectrum(_SPAN, colour, knee)
    frequencies = np.arange(1, _SPAN // 2 + 1) / _SPAN
    return np.array([float(power @ np.cos(2 * math.pi * frequencies * lag)) for lag in lags])


def _spectrum(length: int, colour: float, knee: float) -> Floats:
    """Power of each frequency from one turn a circle up, summing to 1."""
    frequencies = np.arange(1, length // 2 + 1) / length
    power: Floats = (frequencies**2 + knee**2) ** (-colour / 2)
    return power / power.sum()


class Hold:
    """One limb's error: first-order autoregressive from hit to hit, standard deviation 1."""

    def __init__(self, rng: Random, hold: float) -> None:
        self._rng, self._hold = rng, hold
        self._last = rng.gauss(0, 1)

    def next(self) -> float:
        """The error of the next hit."""
        fresh = self._rng.gauss(0, math.sqrt(1 - self._hold**2))
        self._last = self._hold * self._last + fresh
        return self._last
