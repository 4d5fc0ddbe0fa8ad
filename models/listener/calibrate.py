"""The end of the listener's training: its confidence is fitted and stored with the weight.

In: a weight and the validation messages. Out: the same file with a `Calibration` among its facts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file

from models import hub
from models.listener.calibration import Calibration, fit
from models.listener.data import Example
from models.listener.decoding import Decoded
from models.listener.predict import Listener, listener_of


def calibrate(path: Path, held: Sequence[Example]) -> Calibration:
    """Fit on `held` and write the numbers into the weight's file."""
    tensors, facts = hub.read(path)
    heard = decoded(listener_of(tensors, facts), held)
    right = [
        right_frames(example.intents, [frame.intent for frame in frames])
        for example, frames in zip(held, heard, strict=True)
    ]
    fitted = fit(heard, right)
    facts["calibration"] = fitted.as_json()
    save_file(tensors, path, metadata={"segno": json.dumps(facts, ensure_ascii=False)})
    return fitted


def decoded(listener: Listener, examples: Sequence[Example]) -> list[list[Decoded]]:
    """The frames heard in each message."""
    frames: list[list[Decoded]] = []
    for at in range(0, len(examples), 32):
        some = [(e.text, list(listener.reader.fitting(e.words))) for e in examples[at : at + 32]]
        frames += listener.decode(some)
    return frames


def right_frames(gold: Sequence[str], heard: Sequence[str]) -> list[bool]:
    """For each heard frame whether its intent is right; none is in a message cut up wrongly."""
    if len(gold) != len(heard):
        return [False] * len(heard)
    return [a == b for a, b in zip(gold, heard, strict=True)]
