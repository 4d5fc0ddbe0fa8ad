"""What else writes down a hum: pitch trackers with plain segmentation, and basic-pitch as it is.

In: mono sound at `pitch.RATE`. Out: (onset, offset, MIDI pitch) in seconds. Needs the bench's own
packages (`librosa`, `pyworld-prebuilt`); one that is not installed is left out of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from models.transcriber import polyphonic
from models.transcriber.evaluation.scores import Timed
from models.transcriber.pitch import RATE, Floats

_SHORTEST = 0.08  # seconds


def rivals() -> dict[str, Callable[[Floats], list[Timed]]]:
    """Each by name, as far as installed."""
    found: dict[str, Callable[[Floats], list[Timed]]] = {}
    if polyphonic.available():
        found["basic-pitch"] = basic_pitch
    if find_spec("librosa") is not None:
        found["pyin"] = pyin
    if find_spec("pyworld") is not None:
        found["WORLD dio"] = dio
    return found


def basic_pitch(sound: Floats) -> list[Timed]:
    """basic-pitch with its own thresholds, nothing added or pruned."""
    notes = polyphonic.transcribe(sound, prune=False)
    return [(n.onset, n.offset, n.pitch) for n in notes]


def pyin(sound: Floats) -> list[Timed]:
    """Librosa's pYIN and `plain_notes`."""
    import librosa

    hertz, _, _ = librosa.pyin(sound, fmin=65, fmax=2000, sr=RATE, hop_length=256)
    return plain_notes(np.nan_to_num(hertz), 256 / RATE, sound)


def dio(sound: Floats) -> list[Timed]:
    """WORLD's dio with stonemask, and `plain_notes`."""
    import pyworld

    hertz, at = pyworld.dio(sound, RATE, f0_floor=65, f0_ceil=2000, frame_period=10)
    return plain_notes(pyworld.stonemask(sound, hertz, at, RATE), 0.010, sound)


def plain_notes(hertz: Floats, hop: float, sound: Floats) -> list[Timed]:
    """Runs of frames near one semitone, of the singer's mean tuning; new notes at clear dips.

    A run ends where the pitch is 0.7 semitones off its mean, or the level falls 8 dB under that of
    60 ms before; `hertz` is 0 without voice. Notes are 80 ms long at least.
    """
    voiced = hertz > 0
    pitch = 69 + 12 * np.log2(np.where(voiced, hertz, 440.0) / 440)
    angle = np.angle(np.exp(2j * np.pi * pitch[voiced]).sum()) if voiced.any() else 0.0
    pitch = pitch - angle / (2 * np.pi)
    size = int(hop * RATE)
    level = np.array([np.sqrt(np.mean(sound[int(i * hop * RATE) :][:size] ** 2) + 1e-12)
                      for i in range(len(hertz))])  # fmt: skip
    dip = 20 * np.log10(level / np.roll(level, max(1, round(0.06 / hop)))) < -8
    notes: list[Timed] = []
    run: list[int] = []
    for i in range(len(hertz) + 1):
        going = i < len(hertz) and bool(voiced[i]) and not dip[i]
        if run and (not going or abs(pitch[i] - np.median(pitch[run])) > 0.7):
            if len(run) * hop >= _SHORTEST:
                notes.append((run[0] * hop, i * hop, float(np.rint(np.median(pitch[run])))))
            run = []
        if going:
            run.append(i)
    return notes
