"""From what people did to how sure we are that they like it.

In: deeds with their times. Out: a net worth per item in plays, decayed, and the row of confidences
that ALS folds in. The form of the confidence, relative to the person's own mean, and the weights
are from the feedback table of our notes; weights and half-life are in `confidence.toml`.
Negative entries are preference 0 with a confidence (implicit, issue 385), capped near the positive
weights, since heavy ones cost accuracy (implicit, issue 114).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from models.recommender import names
from models.recommender.als import Settings
from models.recommender.values import Deed

DAY = 86400.0
#: The largest confidence against an item, in units of `Settings.alpha`.
MOST_AGAINST = 3.0
#: Less than this has faded to nothing (in plays).
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Weights:
    """The table of `confidence.toml`."""

    plays: Mapping[str, float]
    stars: Mapping[int, float]
    against: Mapping[str, float]
    half_life_days: float


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Read the table once."""
    path = Path(__file__).with_name("confidence.toml")
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    stars = {int(star): worth for star, worth in raw["stars"].items()}
    return Weights(raw["plays"], stars, raw["against"], raw["half_life_days"])


def worth(deed: Deed) -> float:
    """What a deed is worth in plays before it fades; negative against the item."""
    table = weights()
    if deed.type == "rated":
        return table.stars[min(5, max(1, round(deed.value)))]
    if deed.type in table.against:
        return table.against[deed.type]
    times = deed.value if deed.type in ("listen", "comment") else 1.0
    return table.plays[deed.type] * times


def net(deeds: Iterable[Deed], now: float, half_life_days: float | None = None) -> dict[str, float]:
    """Item id -> net worth in plays at `now` (UTC epoch seconds), halved every half-life.

    What speaks for a track speaks for its artist too. Dislikes do not fade; skips only count where
    nothing speaks for the item.
    """
    half_life = (half_life_days or weights().half_life_days) * DAY
    likes: dict[str, float] = {}
    skips: dict[str, float] = {}
    against: dict[str, float] = {}
    for deed in deeds:
        value = worth(deed)
        if value < 0 and deed.type in ("dislike", "never", "rated"):
            against[deed.item] = min(against.get(deed.item, 0.0), value)
            continue
        value *= 0.5 ** (max(0.0, now - deed.ts) / half_life)
        side = skips if deed.type == "skip" else likes
        side[deed.item] = side.get(deed.item, 0.0) + value
        if value > 0 and (artist := artist_of(deed.item)):
            likes[artist] = likes.get(artist, 0.0) + value
    found = {item: n for item, n in likes.items() if n}
    for item, n in skips.items():
        if found.get(item, 0.0) + n < 0:
            found[item] = found.get(item, 0.0) + n
    return found | against


def artist_of(item: str) -> str | None:
    """The artist's id of a track's."""
    kind, _, key = item.partition(":")
    artist, between, _ = key.partition(names.BETWEEN)
    return f"artist:{artist}" if kind == "track" and between else None


def row(net: Mapping[str, float], index: Mapping[str, int], settings: Settings) -> csr_matrix:
    """A person's confidences over the items of `index`, csr (1, N) float32.

    For: alpha (1 + log1p(n) / mean) / 2, the mean over the person's own items. Against: -1 minus
    alpha times |n| / 10, capped at `MOST_AGAINST` alpha; what is missing has 1 already, and a skip
    must say more than that.
    """
    alpha = settings.alpha
    known = [(index[k], n) for k, n in net.items() if k in index and abs(n) >= LEAST]
    columns = np.array([at for at, _ in known], np.int32)
    worths = np.array([n for _, n in known], np.float64)
    values = np.zeros(len(known), np.float64)
    likes = worths > 0
    if likes.any():
        grown = np.log1p(worths[likes])
        values[likes] = alpha * (0.5 + 0.5 * grown / grown.mean())
    values[~likes] = -1.0 - alpha * np.minimum(-worths[~likes] / 10.0, MOST_AGAINST)
    found = csr_matrix(
        (values.astype(np.float32), (np.zeros(len(known), np.int32), columns)),
        shape=(1, len(index)),
    )
    found.sort_indices()
    return found
