"""How much of a tune was heard: note F1 as the MIREX singing transcription task counts it.

In: meant and heard notes. Out: F1 by mir_eval's rule: an onset within a window and a pitch within
50 cents, each note used once; ends do not count. A singer may be more than half a semitone off as
a whole, so every system is given the best of -1, 0 and +1 semitone over the whole recording.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Timed = tuple[float, float, float]  # onset and offset in seconds, MIDI pitch


def note_f1(meant: Sequence[Timed], heard: Sequence[Timed], window: float) -> tuple[float, int]:
    """F1 (0..1) with onsets within `window` seconds, and the semitones `heard` was moved by."""
    from mir_eval.transcription import precision_recall_f1_overlap

    if not heard:
        return 0.0, 0
    best = (-1.0, 0)
    for shift in (0, -1, 1):
        _, _, f1, _ = precision_recall_f1_overlap(
            *_arrays(meant, 0), *_arrays(heard, shift), onset_tolerance=window, offset_ratio=None
        )
        best = max(best, (float(f1), shift), key=lambda b: b[0])
    return best


def _arrays(notes: Sequence[Timed], shift: int) -> tuple[np.ndarray, np.ndarray]:
    times = np.array([(on, max(off, on + 0.01)) for on, off, _ in notes], float)
    pitches = np.array([p + shift for _, _, p in notes], float)
    return times.reshape(-1, 2), 440 * 2 ** ((pitches - 69) / 12)
