"""How far to trust the listener: scores to chances that mean what they say, and when to ask.

In: frames as decoded. Out: calibrated chances. Temperature scaling (Guo and others, ICML 2017)
first; then, since a frame is also wrong where it begins or ends in the wrong place, Platt's
logistic (1999) over the intent's chance and that of its bounds. Both are fitted on the validation
messages. When to ask is not fitted: a wrong act costs three questions (it must be noticed, undone
and said again), so one asks where it is likelier than one in three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.listener.decoding import Decoded

#: The confidence from which one acts without asking.
SURE = 2 / 3


@dataclass(frozen=True)
class Calibration:
    """The fitted numbers."""

    temperature: float = 1.0
    of_intent: float = 1.0
    of_bounds: float = 1.0
    offset: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """A JSON object; `Calibration(**...)` reads it."""
        return asdict(self)


def softmax(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Chances of scores, (I,)."""
    raised = np.exp((scores - scores.max()) / temperature)
    share: np.ndarray = raised / raised.sum()
    return share


def chances(frame: Decoded, calibration: Calibration) -> np.ndarray:
    """(I,) the chance of each intent; the likeliest one's is that the frame is right."""
    likely = softmax(frame.scores, calibration.temperature)
    best = int(likely.argmax())
    intent, bounds = signals(frame, calibration.temperature)
    right = calibration.of_intent * intent + calibration.of_bounds * bounds + calibration.offset
    confidence = 1 / (1 + math.exp(-right))
    shared = likely * (1 - confidence) / max(1e-9, 1 - float(likely[best]))
    shared[best] = confidence
    # What is left is the others', but none of them can be likelier than the best.
    return np.minimum(shared, confidence)


def signals(frame: Decoded, temperature: float) -> tuple[float, float]:
    """What the logistic reads: log odds of the intent, log chance of the bounds."""
    best = float(np.clip(softmax(frame.scores, temperature).max(), 1e-6, 1 - 1e-6))
    return math.log(best / (1 - best)), math.log(max(frame.bounds, 1e-4))


def fit(frames: Sequence[Sequence[Decoded]], right: Sequence[Sequence[bool]]) -> Calibration:
    """Numbers under which `frames` are right as often as stated."""
    from sklearn.linear_model import LogisticRegression

    flat = [(frame, ok) for row, oks in zip(frames, right, strict=True)
            for frame, ok in zip(row, oks, strict=True)]  # fmt: skip
    temperature = _temperature(flat)
    rows = np.array([signals(frame, temperature) for frame, _ in flat])
    truth = np.array([ok for _, ok in flat])
    if truth.all() or not truth.any():
        return Calibration(temperature)
    model = LogisticRegression(C=1.0).fit(rows, truth)
    of_intent, of_bounds = (float(max(0.0, weight)) for weight in model.coef_[0])
    return Calibration(temperature, of_intent, of_bounds, float(model.intercept_[0]))


def _temperature(flat: Sequence[tuple[Decoded, bool]]) -> float:
    """The temperature under which being right is likeliest, among some."""

    def cost(temperature: float) -> float:
        total = 0.0
        for frame, ok in flat:
            best = float(np.clip(softmax(frame.scores, temperature).max(), 1e-6, 1 - 1e-6))
            total -= math.log(best if ok else 1 - best)
        return total

    return min((float(t) for t in np.arange(0.3, 3.01, 0.05)), key=cost)


def expected_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: mean distance of confidence from truth over equal-width bins."""
    sure, truth = np.array(confidence), np.array(right, dtype=float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - truth[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
