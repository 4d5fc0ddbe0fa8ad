"""What tunes usually do: which scale steps follow each other, and where in the bar notes begin.

In: `habits.npz`, counted by `learn.py` on the training split of the composer's lead sheets. Out:
log probabilities. They tell apart a note that was sung badly from one that was meant, a key from
its relatives, and a meter from another: what is heard alone leaves all three open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.composer.sheets import METERS
from models.transcriber.pitch import Floats

PATH = Path(__file__).with_name("habits.npz")
#: Intervals that are told apart, in semitones each way; larger ones count as this.
WIDEST = 12
#: Longest distance between onsets that is told apart, in 16ths.
LONGEST = 32


@dataclass(frozen=True)
class Habits:
    """Log probabilities; modes are 0 major, 1 minor, pitch classes are above the tonic.

    `moves` (2, 12, 25): an interval after a pitch class. `firsts` (2, 12): pitch class of the first
    note. `key_weights` (2, 157) weigh `key.evidence`. By meter m: `steps[m]` (6, bar, LONGEST):
    distance in 16ths to the next onset, after a class of distances (`step_class`), from a place in
    the bar; `degrees[m]` (2, bar, 12): how much likelier a pitch class is at a place than anywhere;
    `starts[m]`, `ends[m]` (bar,): places of the first and the last note; `meters[m]`: the meter.
    """

    moves: Floats
    firsts: Floats
    key_weights: Floats
    steps: dict[str, Floats]
    degrees: dict[str, Floats]
    starts: dict[str, Floats]
    ends: dict[str, Floats]
    meters: dict[str, float]


@cache
def load(path: Path = PATH) -> Habits:
    """The shipped habits."""
    with np.load(path, allow_pickle=False) as raw:
        return from_counts({name: np.asarray(raw[name], np.float64) for name in raw.files})


def from_counts(counts: dict[str, Floats]) -> Habits:
    """Smoothed log probabilities of what `learn.count` counted."""
    by_size = counts["moves"].sum(axis=(0, 1)) + 1.0
    leads = _arrivals(counts["sounding"]) * (by_size / by_size.sum())  # (2, 12, 25)
    leads = leads / leads.sum(axis=-1, keepdims=True)
    return Habits(
        moves=_log(counts["moves"] + 30 * leads),
        firsts=_log(counts["firsts"] + 1),
        key_weights=counts["key_weights"],
        steps={m: _steps(counts[f"steps {m}"]) for m in METERS},
        degrees={m: _degrees(counts[f"degrees {m}"]) for m in METERS},
        starts={m: _log(counts[f"starts {m}"] + 0.5) for m in METERS},
        ends={m: _log(counts[f"ends {m}"] + 0.5) for m in METERS},
        meters=_meters(counts),
    )


def _meters(counts: dict[str, Floats]) -> dict[str, float]:
    """Square roots of the shares: what lies in our books is not what people hum."""
    share = {m: float(np.sqrt(counts[f"starts {m}"].sum() + 1)) for m in METERS}
    return {m: float(np.log(s / sum(share.values()))) for m, s in share.items()}


def _arrivals(sounding: Floats) -> Floats:
    """How common the pitch class is to which an interval leads from each, (2, 12, 25)."""
    share = sounding / sounding.sum(axis=1, keepdims=True)
    to = (np.arange(12)[:, None] + np.arange(-WIDEST, WIDEST + 1)[None]) % 12
    return np.asarray(share[:, to])


def step_class(distance: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """0 where nothing came before, then a 16th, an 8th, a dotted 8th, a quarter, longer."""
    return np.asarray(np.where(np.asarray(distance) < 1, 0, np.minimum(distance, 5)))


def _steps(counts: Floats) -> Floats:
    """Distances by class and place, backed off to the place, to places of its weight, to all."""
    places = np.arange(counts.shape[1])
    weight = np.array([next(k for k in (4, 2, 1) if p % k == 0) for p in places])
    pooled = counts.sum(axis=0)
    overall = pooled.sum(axis=0) + 0.5
    overall = overall / overall.sum()
    alike = np.stack([pooled[weight == weight[p]].sum(axis=0) for p in places])
    alike = (alike + 10 * overall) / (alike.sum(axis=1, keepdims=True) + 10)
    here = (pooled + 10 * alike) / (pooled.sum(axis=1, keepdims=True) + 10)
    classes = np.concatenate([pooled[None], counts[1:]])
    return _log(classes + 10 * here)


def _degrees(counts: Floats) -> Floats:
    overall = counts.sum(axis=1, keepdims=True) + 1.0
    overall = overall / overall.sum(axis=-1, keepdims=True)
    return np.asarray(_log(counts + 50 * overall) - np.log(overall))


def _log(counts: Floats) -> Floats:
    return np.asarray(np.log(counts / counts.sum(axis=-1, keepdims=True)))
