"""The pitch of one voice: how high, how sure and how loud, a hundred times a second.

In: mono sound. Out: a `PitchTrack`. Source: P. Boersma, "Accurate short-term analysis of the
fundamental frequency and the harmonics-to-noise ratio of a sampled sound", *IFA Proceedings* 17,
1993: the autocorrelation of a windowed frame divided by that of the window, its best peaks as
candidates, and the cheapest path through them. `python -m bot bench hum` has pYIN and WORLD's dio
beside it: neither found as many frames of the validation voices, so neither is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Sample rate that the tracker, and all of the transcriber, works at.
RATE = 22_050
#: Samples and seconds from frame to frame.
HOP = 220
FRAME = HOP / RATE
_FLOOR, _CEILING = 65.0, 2800.0  # Hz: a low male hum to a high whistle
_PERIODS = 3.0  # of the lowest pitch in a window
_CANDIDATES = 8
_FINER = 2  # lags to a sample
_BLOCK = 512  # frames at a time: 60 s at once would take a gigabyte


@dataclass(frozen=True)
class Costs:
    """Boersma's parameters; `voicing` is the strength that a pitch must have to be believed."""

    voicing: float = 0.5
    silence: float = 0.02
    octave: float = 0.05
    jump: float = 0.35
    onset: float = 0.14


@dataclass(frozen=True)
class PitchTrack:
    """T frames, `FRAME` seconds apart, the first at 0.

    `pitch` (T,) is a MIDI pitch with fractions, NaN where there is none; `strength` (T,) its
    periodicity, 0..1; `loud` (T,) is in dB under the loudest frame.
    """

    pitch: Floats
    strength: Floats
    loud: Floats

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Where there is a pitch, (T,)."""
        return ~np.isnan(self.pitch)

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.pitch) * FRAME


def track(sound: NDArray[np.floating], costs: Costs | None = None) -> PitchTrack:
    """Follow the pitch of mono sound at `RATE`."""
    costs = costs or Costs()
    x = np.asarray(sound, np.float64)
    lags, scores, level = _candidates(x, costs)
    path = _best_path(lags, scores, level, costs)
    found = path < _CANDIDATES
    rows = np.arange(len(path))
    column = np.minimum(path, _CANDIDATES - 1)
    hertz = RATE / lags[rows, column]
    pitch = np.where(found, 69 + 12 * np.log2(hertz / 440), np.nan)
    strength = np.where(found, np.clip(scores[rows, column], 0, 1), 0.0)
    return PitchTrack(pitch, strength, loudness(x, len(path)))


def loudness(x: Floats, frames: int) -> Floats:
    """Level of 20 ms around each frame in dB under the loudest, not lower than -80, (T,)."""
    half = int(0.010 * RATE)
    power = np.concatenate([[0.0], np.cumsum(np.pad(x, half) ** 2)])
    starts = np.minimum(np.arange(frames) * HOP, len(power) - 2 * half - 1)
    level = 10 * np.log10((power[starts + 2 * half] - power[starts]) / (2 * half) + 1e-12)
    return np.asarray(np.maximum(level - level.max(), -80.0))


def _candidates(x: Floats, costs: Costs) -> tuple[Floats, Floats, Floats]:
    """Lags in samples (T, C), their scores (T, C; -9 where there is none), peak levels (T,)."""
    size = int(_PERIODS / _FLOOR * RATE)
    fft = 1 << int(np.ceil(np.log2(1.5 * size)))
    window = np.hanning(size)
    longest = int(RATE / _FLOOR) + 2
    own = np.fft.irfft(np.abs(np.fft.rfft(window, fft)) ** 2, _FINER * fft)[: _FINER * longest]
    padded = np.pad(x, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][: len(x) // HOP + 1]
    parts = [
        _peaks(frames[at : at + _BLOCK], window, own / own[0], fft, longest, costs)
        for at in range(0, len(frames), _BLOCK)
    ]
    lags, scores, level = (np.concatenate(column) for column in zip(*parts, strict=True))
    return lags, scores, level / (np.abs(x).max() + 1e-12)


def _peaks(
    frames: Floats, window: Floats, own: Floats, fft: int, longest: int, costs: Costs
) -> tuple[Floats, Floats, Floats]:
    centred = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred * window, fft)) ** 2
    # Twice as many lags as samples: the period of a whistle is a dozen samples and a bit.
    r = np.fft.irfft(spectrum, _FINER * fft)[:, : _FINER * longest]
    r = r / (r[:, :1] + 1e-12) / own
    left, mid, right = r[:, :-2], r[:, 1:-1], r[:, 2:]
    peak = (mid > left) & (mid >= right) & (mid > 0.3)
    peak[:, : int(_FINER * RATE / _CEILING) - 1] = False
    bend = left - 2 * mid + right
    offset = np.where(peak, 0.5 * (left - right) / np.where(peak, bend, 1.0), 0.0)
    height = mid - 0.25 * (left - right) * offset
    lag: Floats = (np.arange(1, _FINER * longest - 1) + offset) / _FINER
    # Higher pitches are preferred a little: every multiple of a period is a period too.
    score = np.minimum(height, 2 - height) - costs.octave * np.log2(_FLOOR * lag / RATE)
    scores: Floats = np.where(peak, score, -9.0)
    order: NDArray[np.int64] = np.argpartition(-scores, _CANDIDATES, axis=1)
    best = order[:, :_CANDIDATES]
    return (
        np.take_along_axis(lag, best, 1),
        np.take_along_axis(scores, best, 1),
        np.abs(centred).max(axis=1),
    )


def _best_path(lags: Floats, scores: Floats, level: Floats, costs: Costs) -> NDArray[np.int64]:
    """The cheapest choice at each frame, (T,): a candidate's column, or C for no pitch."""
    frames, count = scores.shape
    quiet = np.maximum(0, 2 - level * (1 + costs.voicing) / costs.silence)
    local = np.column_stack([scores, costs.voicing + quiet])
    octaves = np.log2(np.maximum(lags, 1.0))
    total = local[0]
    back = np.zeros((frames, count + 1), np.int64)
    step = np.full((count + 1, count + 1), costs.onset)
    step[count, count] = 0.0
    for t in range(1, frames):
        step[:count, :count] = costs.jump * np.abs(octaves[t - 1][:, None] - octaves[t][None])
        reached = total[:, None] - step
        back[t] = reached.argmax(axis=0)
        total = reached.max(axis=0) + local[t]
    path = np.zeros(frames, np.int64)
    path[-1] = int(total.argmax())
    for t in range(frames - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
