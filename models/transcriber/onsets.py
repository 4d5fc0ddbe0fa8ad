"""Where notes really begin: earlier than a pitch tracker sees where an attack is slow.

In: notes as `segment` found them, and the sound. Out: the same notes, begun where the harmonics of
their pitch start to rise. A bowed or blown note grows under the release of the one before, which
is louder, so a tracker follows the old pitch for up to 80 ms on; but the new harmonics are
there already. Idea: note-wise energy envelopes in harmonic bands, as A. Klapuri, "Sound onset
detection by applying psychoacoustic knowledge", ICASSP 1999, in the bands of one known pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.transcriber.pitch import RATE, Floats
from models.transcriber.segment import SungNote

_HARMONICS = 8
_TOP = 4000.0  # Hz
_APART = 1.2  # main lobes between a harmonic and those of the note before
_SHORTEST = 0.06  # seconds from an onset to the next
_HOP = int(0.005 * RATE)


@dataclass(frozen=True)
class Attack:
    """How an attack is followed back; tuned on validation lines, and hums against it.

    An onset moves at most `back` seconds, down to `rise` dB under the loudest until `ahead` seconds
    after it, not over a valley of `ripple` dB; `window` is in seconds. What rises by less than
    `least` dB stays.
    """

    back: float = 0.14
    ahead: float = 0.08
    rise: float = 13.0
    ripple: float = 2.0
    least: float = 6.0
    window: float = 0.045


def with_early_onsets(
    notes: Sequence[SungNote], sound: Floats, tuning: float, attack: Attack | None = None
) -> tuple[SungNote, ...]:
    """The notes with their onsets followed back; `tuning` is the singer's, in semitones."""
    a = attack or Attack()
    out: list[SungNote] = []
    for note in notes:
        before = out[-1] if out else None
        moved = replace(note, onset=_onset(note, before, sound, tuning, a))
        if before is not None and before.offset > moved.onset:
            out[-1] = replace(before, offset=moved.onset)
        out.append(moved)
    return tuple(out)


def _onset(
    note: SungNote, before: SungNote | None, sound: Floats, tuning: float, a: Attack
) -> float:
    begin = max(0.0, note.onset - a.back)
    other = None
    if before is not None:
        begin = max(begin, before.onset + _SHORTEST)
        if note.onset - before.offset < a.back:
            other = _hertz(before.pitch + tuning)
    if begin >= note.onset:
        return note.onset
    end = min(note.onset + a.ahead, note.offset)
    times, level = _level(sound, _hertz(note.pitch + tuning), other, begin, end, a.window)
    start = min(int(np.searchsorted(times, note.onset)), len(level) - 1)
    loudest = float(level[start:].max())
    at = lowest = start
    while at > 0 and level[at] > loudest - a.rise:
        at -= 1
        if level[at] < level[lowest]:
            lowest = at
        elif level[at] > level[lowest] + a.ripple:
            break
    rises = level[lowest] <= loudest - a.least
    return min(note.onset, float(times[lowest])) if rises else note.onset


def _level(
    sound: Floats, hertz: float, other: float | None, begin: float, end: float, window: float
) -> tuple[Floats, Floats]:
    """Seconds, and dB of the harmonics of `hertz` that are none of `other`; all, if all are."""
    size = int(window * RATE)
    shape = np.hanning(size)
    first = round((begin - window / 2) * RATE)
    last = max(round((end + window / 2) * RATE), first + size)
    padded = np.pad(sound[max(0, first) : max(0, last)], (max(0, -first), 0))
    padded = np.pad(padded, (0, last - first - len(padded)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::_HOP]
    bands = hertz * np.arange(1, _HARMONICS + 1)
    bands = bands[(bands < _TOP) | (bands == hertz)]
    if other is not None:
        own = np.abs(bands - np.maximum(1, np.rint(bands / other)) * other) > _APART / window
        bands = bands[own] if own.any() else bands
    waves = np.exp(-2j * np.pi * np.outer(np.arange(size) / RATE, bands)) * shape[:, None]
    power = (np.abs(frames @ waves) ** 2).sum(axis=1)
    times = (first + size / 2 + np.arange(len(frames)) * _HOP) / RATE
    return times, 10 * np.log10(power + 1e-12)


def _hertz(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))
