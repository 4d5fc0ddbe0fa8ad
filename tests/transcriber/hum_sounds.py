"""Tunes and sounds for the transcriber's tests."""

from __future__ import annotations

import numpy as np

from models.transcriber.evaluation.cases import Case, Tune, load_tunes
from models.transcriber.evaluation.voice import Singer, Sung, jittered
from models.transcriber.pitch import RATE


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """A tone with six partials."""
    t = np.arange(int(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 7) if hertz * k < RATE / 2)


def hummed(name: str, bpm: float, singer: Singer, seed: int = 1, up: int = 0) -> Case:
    """A tune of `tunes.toml`, evenly timed but for the singer's jitter."""
    sheet = next(s for s in load_tunes() if s.id == name)
    step = 15 / bpm
    first = sheet.notes[0][0]
    moved = tuple((on, size, pitch + up) for on, size, pitch in sheet.notes)
    sung = [
        Sung(0.4 + (on - first) * step, 0.4 + (on + size - first) * step, pitch,
             on % sheet.bar_steps == 0)
        for on, size, pitch in moved
    ]  # fmt: skip
    rng = np.random.default_rng(seed)
    tune = Tune(name, sheet.meter, up % 12, sheet.minor, moved, bpm)
    return Case(tune, singer, tuple(jittered(sung, singer, rng)), seed)
