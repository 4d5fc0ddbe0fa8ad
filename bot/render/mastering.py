"""The last step on the sound: loudness for the ear, true peak for the converter.

In: float32 (samples, 2). Out: the same music at -14 LUFS integrated (ITU-R BS.1770-4, measured by
pyloudnorm) with its true peak under -1 dBTP (4x oversampled, BS.1770-4 annex 2).

The limiter looks ahead 5 ms. Peaks are found once, on a 1 ms control rate; because true peaks
scale with gain, every trial gain after that costs milliseconds. The gain curve is kept, so that
stems can be taken through the very same curve and still sum to the mix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyloudnorm
from scipy.ndimage import minimum_filter1d
from scipy.signal import resample_poly

from bot.render.fluidsynth import SAMPLE_RATE, Audio

Blocks = npt.NDArray[np.float64]  # (blocks,) one value per millisecond
Curve = npt.NDArray[np.float64]  # (blocks + 1,) linear gain at the block edges

TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
#: Room for what measuring misses between 4x samples and for the lossy encoder's overshoot.
MARGIN_DB = 0.3
#: How near the target we go before we stop; the promise is 0.5.
TOLERANCE_LU = 0.1

_BLOCKS_PER_SECOND = 1000
_OVERSAMPLING = 4
_LOOK_AHEAD = 5  # blocks
_RELEASE = 120  # blocks; shorter ones distort the bass
_ROUNDS = 5
_MAX_PUSH_DB = 12.0  # beyond the plain gain: past this a signal is a spike, not music
_CHUNK = 1 << 18  # samples worked on at once: bounds memory for long pieces
_CONTEXT = 32  # samples around a chunk, longer than the resampler's half filter (10)


@dataclass(frozen=True, slots=True)
class Mastered:
    """Finished sound, its measures, and the gain it went through.

    `curve` is linear gain per block edge; `lufs` is -inf for silence.
    """

    audio: Audio
    lufs: float
    true_peak_db: float
    curve: Curve


def loudness(audio: Audio, sample_rate: int = SAMPLE_RATE) -> float:
    """Integrated loudness in LUFS; clips under the meter's 0.4 s are measured repeated."""
    shortest = round(0.4 * sample_rate) + 1
    if len(audio) < shortest:
        if len(audio) == 0:
            return float("-inf")
        audio = np.tile(audio, (-(-shortest // len(audio)), 1))
    return float(pyloudnorm.Meter(sample_rate).integrated_loudness(audio))


def true_peaks(audio: Audio, sample_rate: int = SAMPLE_RATE, *, loop: bool = False) -> Blocks:
    """Largest |4x oversampled sample| of each millisecond, over both channels."""
    size = sample_rate // _BLOCKS_PER_SECOND
    count = -(-len(audio) // size)
    padded = np.pad(audio, ((_CONTEXT, _CONTEXT + count * size - len(audio)), (0, 0)), "constant")
    if loop and len(audio) >= _CONTEXT:
        padded[:_CONTEXT] = audio[-_CONTEXT:]
        padded[_CONTEXT + len(audio) : 2 * _CONTEXT + len(audio)] = audio[:_CONTEXT]
    peaks = np.empty(count)
    step = _CHUNK // size
    for first in range(0, count, step):
        blocks = min(step, count - first)
        piece = padded[first * size : (first + blocks) * size + 2 * _CONTEXT]
        left, right = np.abs(resample_poly(piece, _OVERSAMPLING, 1, axis=0)).T
        fine = np.maximum(left, right)  # five times faster than a max over an axis of two
        inner = fine[_CONTEXT * _OVERSAMPLING : -_CONTEXT * _OVERSAMPLING]
        peaks[first : first + blocks] = inner.reshape(blocks, -1).max(axis=1)
    return peaks


def true_peak_db(audio: Audio, sample_rate: int = SAMPLE_RATE, *, loop: bool = False) -> float:
    """True peak of the whole, in dBTP; -inf for silence."""
    if len(audio) == 0:
        return float("-inf")
    return _decibels(float(true_peaks(audio, sample_rate, loop=loop).max()))


def master(
    audio: Audio,
    sample_rate: int = SAMPLE_RATE,
    target_lufs: float = TARGET_LUFS,
    ceiling_dbtp: float = CEILING_DBTP,
    *,
    loop: bool = False,
) -> Mastered:
    """Bring a piece to its loudness under a true-peak ceiling.

    With `loop` the limiter looks from the end into the beginning, so that the seam stays smooth.
    Silence comes back unchanged. A signal too spiky for both promises keeps the ceiling and gives
    up loudness.
    """
    size = sample_rate // _BLOCKS_PER_SECOND
    before = loudness(audio, sample_rate)
    if not np.isfinite(before):
        count = -(-len(audio) // size)
        return Mastered(audio, before, true_peak_db(audio, sample_rate), np.ones(count + 1))
    peaks = true_peaks(audio, sample_rate, loop=loop)
    energy = _block_energy(audio, size, len(peaks))
    ceiling = ceiling_dbtp - MARGIN_DB
    plain = target_lufs - before
    gain, aim = plain, 0.0
    for _ in range(_ROUNDS):
        gain = _solve_gain(peaks, energy, plain + aim, plain + _MAX_PUSH_DB, ceiling, loop)
        curve = _gain_curve(peaks, gain, ceiling, loop)
        out = apply_curve(audio, curve, sample_rate)
        lufs = loudness(out, sample_rate)
        peak = true_peak_db(out, sample_rate, loop=loop)
        over = peak - (ceiling_dbtp - MARGIN_DB / 2)
        ceiling -= max(0.0, over)
        if over <= 0 and (abs(lufs - target_lufs) <= TOLERANCE_LU or gain >= plain + _MAX_PUSH_DB):
            break
        aim += target_lufs - lufs
    excess = peak - (ceiling_dbtp - MARGIN_DB / 2)
    if excess > 0:  # never met in tests; the ceiling is the promise that must not break
        return _turned_down(Mastered(out, lufs, peak, curve), excess)
    return Mastered(out, lufs, peak, curve)


def limit(audio: Audio, ceiling_dbtp: float) -> Audio:
    """Lower only what passes a true-peak ceiling; the rest keeps its level."""
    return apply_curve(audio, _gain_curve(true_peaks(audio), 0.0, ceiling_dbtp, loop=False))


def apply_curve(audio: Audio, curve: Curve, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Multiply by a gain curve, straight lines between block edges. (samples, 2) float32."""
    if len(curve) and np.ptp(curve) == 0:
        return (audio * np.float32(curve[0])).astype(np.float32)
    size = sample_rate // _BLOCKS_PER_SECOND
    edges = np.minimum(np.arange(len(curve)) * size, len(audio))
    out = np.empty_like(audio)
    for start in range(0, len(audio), _CHUNK):
        places = np.arange(start, min(start + _CHUNK, len(audio)))
        gains = np.interp(places, edges, curve).astype(np.float32)
        out[start : start + _CHUNK] = audio[start : start + _CHUNK] * gains[:, None]
    return out


def _turned_down(mastered: Mastered, by_db: float) -> Mastered:
    factor = np.float32(10 ** (-by_db / 20))
    return Mastered(
        mastered.audio * factor,
        mastered.lufs - by_db,
        mastered.true_peak_db - by_db,
        mastered.curve * float(factor),
    )


def _decibels(value: float) -> float:
    return float(20 * np.log10(value)) if value > 0 else float("-inf")


def _block_energy(audio: Audio, size: int, count: int) -> Blocks:
    squares = np.einsum("ij,ij->i", audio, audio)  # (samples,)
    padded = np.pad(squares, (0, count * size - len(squares)))
    energy: Blocks = padded.reshape(count, size).sum(axis=1).astype(np.float64)
    return energy


def _solve_gain(
    peaks: Blocks, energy: Blocks, wanted: float, most: float, ceiling: float, loop: bool
) -> float:
    """The gain (dB) whose limited result is about `wanted` dB louder in energy than the input."""
    gain = wanted
    for _ in range(4):
        curve = _gain_curve(peaks, gain, ceiling, loop)
        middle = (curve[1:] + curve[:-1]) / 2
        reached = 10 * np.log10(float((energy * middle**2).sum() / energy.sum()))
        if abs(wanted - reached) < TOLERANCE_LU / 4:
            break
        gain = min(gain + wanted - reached, most)
    return gain


def _gain_curve(peaks: Blocks, gain_db: float, ceiling_db: float, loop: bool) -> Curve:
    """Linear gain at the block edges: `gain_db`, lowered where a peak would pass the ceiling.

    Look-ahead minimum, exponential release, then a moving average as long as the look-ahead: the
    average over blocks that have all already seen the peak cannot lie above what the peak needs.
    """
    gain = 10 ** (gain_db / 20)
    limit = 10 ** (ceiling_db / 20)
    need = np.minimum(1.0, limit / np.maximum(peaks * gain, 1e-9))
    if need.min() >= 1.0:
        return np.full(len(peaks) + 1, gain)
    mode = "wrap" if loop else "nearest"
    # The window of scipy is centred; the shift makes it cover this block and the ones to come.
    ahead = minimum_filter1d(need, _LOOK_AHEAD + 1, mode=mode, origin=-((_LOOK_AHEAD + 1) // 2))
    held = _release(ahead, loop)
    before = held[-_LOOK_AHEAD:] if loop else np.full(_LOOK_AHEAD, held[0])
    kernel = np.full(_LOOK_AHEAD + 1, 1 / (_LOOK_AHEAD + 1))
    smooth = np.convolve(np.concatenate([before, held]), kernel, mode="valid")
    first, last = (smooth[-1], smooth[0]) if loop else (1.0, 1.0)
    # A line between two edges stays under the higher one: take the lower of the two neighbours.
    edges = np.minimum(np.concatenate([[first], smooth]), np.concatenate([smooth, [last]]))
    curve: Curve = edges * gain
    return curve


def _release(need: Blocks, loop: bool) -> Blocks:
    """Let the gain come back exponentially after each reduction; twice round for a loop."""
    keep = float(np.exp(-1 / _RELEASE))
    reduction = 0.0
    values = (1.0 - need).tolist()
    held: list[float] = values
    for _ in range(2 if loop else 1):
        held = []
        for value in values:
            reduction = max(value, reduction * keep)
            held.append(reduction)
    return 1.0 - np.asarray(held)
