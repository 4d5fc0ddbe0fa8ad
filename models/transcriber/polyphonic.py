"""Several notes at once: Spotify's basic-pitch network over onnxruntime, without its code.

In: mono sound at 22.05 kHz. Out: notes in seconds. The weights come with the `basic-pitch` wheel
(Apache-2.0, installed without its dependencies) and are found without importing it. Source: R.
Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription and
multipitch estimation", ICASSP 2022; windows and note creation follow basic-pitch 0.4.0's
`inference.py` and `note_creation.py`. Added: what sounds like a partial of a stronger note that
began with it is dropped, since plucked strings otherwise come back with ghosts an octave up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import argrelmax

from models.errors import Refusal
from models.transcriber.pitch import RATE, Floats
from models.transcriber.segment import SungNote

_SHA256 = "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"
_HOP = 256
_WINDOW = 2 * RATE - _HOP  # samples
_OVERLAP = 30  # frames of 172 in a window
_LOWEST = 21  # MIDI pitch of the first of 88 columns
_PARTIALS = (12, 19, 24, 28, 31, 36)  # semitones above a fundamental


@dataclass(frozen=True)
class Thresholds:
    """basic-pitch's own defaults; `short` and `gap` are frames.

    `ghost` is how loud a note must be beside the one whose partial it could be, where at most
    `together` seconds lie between their onsets.
    """

    onset: float = 0.5
    frame: float = 0.3
    short: int = 11
    gap: int = 11
    ghost: float = 0.8
    together: float = 0.06


def available() -> bool:
    """Whether the weights and onnxruntime are installed."""
    return _weights() is not None and find_spec("onnxruntime") is not None


def transcribe(
    sound: Floats, thresholds: Thresholds | None = None, *, prune: bool = True
) -> tuple[SungNote, ...]:
    """All notes of a recording, by onset.

    Raises
    ------
    Refusal
        When the weights are not installed, or are not those of the release.
    """
    limits = thresholds or Thresholds()
    frames, onsets = activations(sound)
    found = _created(frames, onsets, limits)
    return without_ghosts(found, limits) if prune else tuple(found)


def activations(sound: Floats) -> tuple[Floats, Floats]:
    """How strongly each of 88 pitches sounds, and begins, at each frame: two (T, 88)."""
    session = _session()
    step = _WINDOW - _OVERLAP * _HOP
    padded = np.concatenate([np.zeros(_OVERLAP * _HOP // 2), sound, np.zeros(_WINDOW)])
    starts = range(0, len(sound) + _OVERLAP * _HOP // 2, step)
    half = _OVERLAP // 2
    parts: list[tuple[Floats, Floats]] = []
    names = ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"]
    for at in starts:
        window = padded[at : at + _WINDOW].astype(np.float32)[None, :, None]
        notes, begins = session.run(names, {"serving_default_input_2:0": window})
        parts.append((notes[0, half:-half], begins[0, half:-half]))
    size = int(len(sound) * (RATE // _HOP) / RATE)
    return (np.concatenate([p[0] for p in parts])[:size].astype(float),
            np.concatenate([p[1] for p in parts])[:size].astype(float))  # fmt: skip


def without_ghosts(notes: Sequence[SungNote], limits: Thresholds) -> tuple[SungNote, ...]:
    """Notes that are no partial of a stronger one which began with them; `loud` is 0..1 here."""
    kept = []
    for note in notes:
        below = (
            other
            for other in notes
            if round(note.pitch - other.pitch) in _PARTIALS
            and abs(other.onset - note.onset) <= limits.together
            and note.loud < limits.ghost * other.loud
        )
        if next(below, None) is None:
            kept.append(note)
    return tuple(kept)


def _weights() -> Path | None:
    """The network inside the installed package, which is not imported: it would want TensorFlow."""
    spec = find_spec("basic_pitch")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "saved_models" / "icassp_2022" / "nmp.onnx"
    return path if path.is_file() else None


@cache
def _session() -> Any:
    path = _weights()
    if path is None or find_spec("onnxruntime") is None:
        raise Refusal(
            "Recordings with several notes at once need basic-pitch; the owner of this bot can "
            "install it with “pip install --no-deps basic-pitch==0.4.0”. A single line works."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise Refusal(
            "The installed basic-pitch is not release 0.4.0; install it again with “pip install "
            "--no-deps basic-pitch==0.4.0”."
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _seconds(frame: int) -> float:
    """When a frame is: each window of two seconds holds a little less than its 172 frames."""
    per_window = 2 * (RATE // _HOP)
    lost = _HOP / RATE * (per_window - _WINDOW / _HOP) + 0.0018
    return frame * _HOP / RATE - lost * (frame // per_window)


def _created(frames: Floats, onsets: Floats, limits: Thresholds) -> list[SungNote]:
    """Notes from their onsets backwards in time, then from what still sounds (Melodia's trick)."""
    begins = _with_swells(onsets, frames)
    rows, columns = argrelmax(begins, axis=0)
    strong = begins[rows, columns] >= limits.onset
    left = frames.copy()
    found: list[tuple[int, int, int]] = []
    order = np.argsort(-rows[strong], kind="stable")
    for start, column in zip(rows[strong][order], columns[strong][order], strict=True):
        end = _until(left[:, column], int(start) + 1, 1, limits)
        if end - start > limits.short:
            _silence(left, int(start), end, int(column))
            found.append((int(start), end, int(column)))
    while left.size and left.max() > limits.frame:
        middle, column = (int(v) for v in np.unravel_index(int(left.argmax()), left.shape))
        end = _until(left[:, column], middle + 1, 1, limits)
        start = _until(left[:, column], middle - 1, -1, limits) + 1
        _silence(left, start, max(end, middle + 1), column)
        if end - start > limits.short:
            found.append((start, end, column))
    found.sort()
    return [
        SungNote(_seconds(a), _seconds(b), float(c + _LOWEST), float(frames[a:b, c].mean()))
        for a, b, c in found
    ]


def _with_swells(onsets: Floats, frames: Floats) -> Floats:
    """Onsets, or where the sound of a pitch rises at least as clearly."""
    if len(frames) < 3:
        return onsets
    rise = np.zeros_like(frames)
    rise[2:] = np.maximum(0, np.minimum(frames[2:] - frames[1:-1], frames[2:] - frames[:-2]))
    return np.asarray(np.maximum(onsets, rise * (onsets.max() / max(float(rise.max()), 1e-9))))


def _until(line: Floats, at: int, step: int, limits: Thresholds) -> int:
    """Where a pitch stops sounding for longer than a gap, going forwards or backwards."""
    quiet, last = 0, at - step
    while 0 <= at < len(line) and quiet < limits.gap:
        if line[at] < limits.frame:
            quiet += 1
        else:
            quiet, last = 0, at
        at += step
    return last + 1 if step > 0 else last - 1


def _silence(left: Floats, start: int, end: int, column: int) -> None:
    left[max(0, start) : end, max(0, column - 1) : column + 2] = 0
