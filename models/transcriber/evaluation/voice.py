"""A made-up singer: notes with times in, a recording of somebody humming them out.

In: the notes that are meant, in seconds, and a `Singer`. Out: mono sound. The source is a
Rosenberg glottal pulse (A. E. Rosenberg, JASA 49(2B), 1971) through formant resonators, or a sine
for a whistle. What makes real humming hard to write down is put in on purpose: scooped onsets,
glides, vibrato, notes out of tune, a singer out of tune as a whole and drifting, breath, syllables
that interrupt the sound ("da", "la") beside notes that run into each other, unsteady timing, room
and background noise.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Floats = NDArray[np.float64]

RATE = 44_100
#: Formant frequencies and bandwidths in Hz; "m" is a closed mouth.
_VOWELS: dict[str, tuple[tuple[float, float], ...]] = {
    "a": ((730, 80), (1090, 90), (2440, 120), (3400, 180)),
    "u": ((310, 60), (870, 80), (2250, 120), (3300, 180)),
    "o": ((520, 70), (880, 80), (2400, 120), (3300, 180)),
    "m": ((260, 60), (1000, 300), (2200, 300), (3000, 400)),
}


@dataclass(frozen=True)
class Singer:
    """How somebody hums. Cents, seconds, Hz and dB as named.

    `wrong` is the deviation of single notes, `detune` that of the whole, `drift` what is added to
    it by the end. `legato` is the share of new pitches sung without interruption; the others start
    with `syllable`, "d" (a stop), "l" (a dip), or "h" (a breath). `accent` is how much louder a
    downbeat is, `jitter` the deviation of onsets.
    """

    vowel: str = "a"
    syllable: str = "d"
    legato: float = 0.3
    wrong: float = 25.0
    detune: float = 0.0
    drift: float = 0.0
    vibrato_rate: float = 5.2
    vibrato_depth: float = 30.0
    vibrato_after: float = 0.3
    scoop: float = 120.0
    scoop_time: float = 0.06
    glide: float = 0.07
    breath: float = -32.0
    noise: float = -45.0
    accent: float = 2.0
    jitter: float = 0.022
    room: float = 0.0
    roughness: float = 0.004


@dataclass(frozen=True, slots=True)
class Sung:
    """A note as it is meant: seconds, MIDI pitch, and whether it falls on a downbeat."""

    onset: float
    offset: float
    pitch: int
    downbeat: bool = False


def jittered(notes: Sequence[Sung], singer: Singer, rng: np.random.Generator) -> list[Sung]:
    """The notes with unsteady onsets; each is at least 50 ms long, and the order is kept."""
    moved: list[Sung] = []
    shifts = rng.normal(0, singer.jitter, len(notes)).clip(-0.07, 0.07)
    earliest = 0.05
    for note, shift in zip(notes, shifts, strict=True):
        onset = max(earliest, note.onset + float(shift))
        if moved:
            last = moved[-1]
            joined = abs(last.offset - note.onset) < 1e-6
            end = onset if joined else min(last.offset, onset)
            moved[-1] = Sung(last.onset, max(end, last.onset + 0.05), last.pitch, last.downbeat)
        moved.append(Sung(onset, max(note.offset, onset + 0.06), note.pitch, note.downbeat))
        earliest = onset + 0.06
    return moved


def sing(notes: Sequence[Sung], singer: Singer, rng: np.random.Generator) -> Floats:
    """The recording, mono at `RATE`, peak 0.5; it ends half a second after the last note."""
    size = int((notes[-1].offset + 0.5) * RATE)
    tied = _tied(notes, singer, rng)
    cents = _pitch_curve(notes, tied, singer, rng, size)
    loud = _loudness(notes, tied, singer, rng, size)
    hertz = 440 * 2 ** ((cents - 6900) / 1200)
    phase = np.cumsum(hertz) / RATE + rng.random()
    air = rng.normal(0, 1, size)
    if singer.vowel == "whistle":
        band = sosfilt(butter(2, [900, 6000], "bandpass", fs=RATE, output="sos"), air)
        sound = np.sin(2 * np.pi * phase) + 10 ** (singer.breath / 20) * 3 * band
    else:
        source = _glottal(phase) + 10 ** (singer.breath / 20) * 3 * air
        sound = _mouth(source, singer.vowel)
    sound = sound / (np.abs(sound).max() + 1e-9) * loud
    sound += _consonants(notes, tied, singer, rng, size)
    sound = _in_room(sound, singer, rng)
    level = np.sqrt(np.mean(sound**2))
    hum = lfilter([1], [1, -0.97], rng.normal(0, 1, size))  # a room's noise is mostly low
    sound += hum / hum.std() * level * 10 ** (singer.noise / 20)
    return 0.5 * sound / np.abs(sound).max()


def _tied(notes: Sequence[Sung], singer: Singer, rng: np.random.Generator) -> list[bool]:
    """Which notes begin without interruption: never a repeated pitch, nobody could hear it."""
    tied = [False]
    for before, note in itertools.pairwise(notes):
        close = note.onset - before.offset < 0.02 and before.pitch != note.pitch
        tied.append(bool(close and rng.random() < singer.legato))
    return tied


def _pitch_curve(
    notes: Sequence[Sung],
    tied: Sequence[bool],
    singer: Singer,
    rng: np.random.Generator,
    size: int,
) -> Floats:
    """Cents above MIDI 0 at every sample."""
    time = np.arange(size) / RATE
    cents = np.full(size, 100.0 * notes[0].pitch)
    before = cents[0]
    for note, joined in zip(notes, tied, strict=True):
        target = 100 * note.pitch + rng.normal(0, singer.wrong)
        first = note.onset
        if joined:  # the meant onset is the middle of the glide, where people who annotate put it
            start, span = before, singer.glide * rng.uniform(0.7, 1.4)
            first -= span / 2
        else:
            start = target - abs(rng.normal(0, singer.scoop))
            span = singer.scoop_time * rng.uniform(0.6, 1.6)
        begin = int(first * RATE)
        at = time[begin:] - first
        curve = target + (start - target) * 0.5 * (1 + np.cos(np.pi * np.clip(at / span, 0, 1)))
        grown = np.clip((at - singer.vibrato_after) / 0.25, 0, 1)
        rate = singer.vibrato_rate * rng.uniform(0.93, 1.07)
        curve += grown * singer.vibrato_depth * np.sin(2 * np.pi * rate * at + rng.uniform(0, 6))
        cents[begin:] = curve
        before = target
    wander = lfilter([1], [1, -0.9995], rng.normal(0, 1, size))
    cents += 6 * wander / (wander.std() + 1e-9)
    cents += 1731 * singer.roughness * _held(rng.normal(0, 1, size // 200 + 1), size)
    return cents + singer.detune + singer.drift * time / time[-1]


def _held(values: Floats, size: int) -> Floats:
    return np.interp(np.arange(size), np.arange(len(values)) * 200, values)


def _loudness(
    notes: Sequence[Sung],
    tied: Sequence[bool],
    singer: Singer,
    rng: np.random.Generator,
    size: int,
) -> Floats:
    loud = np.zeros(size)
    for index, note in enumerate(notes):
        begin, end = int(note.onset * RATE), int(note.offset * RATE)
        level = 10 ** ((rng.normal(0, 1.5) + singer.accent * note.downbeat) / 20)
        attack = 0.012 if singer.syllable == "d" else 0.03
        envelope = np.minimum(1, (np.arange(end - begin) / RATE) / attack)
        if tied[index] or (singer.syllable == "l" and begin and loud[begin - 1] > 0.1):
            floor = 0.8 if tied[index] else 0.35
            envelope = np.maximum(envelope, floor)
        envelope *= np.exp(-np.arange(end - begin) / RATE * 0.25)
        follows = index + 1 < len(notes) and notes[index + 1].onset - note.offset < 0.02
        if follows and not tied[index + 1]:
            close = {"d": rng.uniform(0.03, 0.07), "l": 0.05, "h": rng.uniform(0.04, 0.09)}
            span = min(int(close[singer.syllable] * RATE), (end - begin) // 2)
            low = {"d": 0.02, "l": 0.35, "h": 0.06}[singer.syllable]
            fall = np.minimum(1, np.linspace(0, 3, span))
            envelope[len(envelope) - span :] *= 1 + (low - 1) * fall
        elif not follows:
            span = min(int(0.06 * RATE), (end - begin) // 2)
            envelope[len(envelope) - span :] *= np.linspace(1, 0, span)
        loud[begin:end] = level * envelope
    smooth = int(0.004 * RATE)
    return np.convolve(loud, np.ones(smooth) / smooth, mode="same")


def _glottal(phase: Floats) -> Floats:
    """The derivative of Rosenberg's pulse: opens for 40 % of a period, closes in 16 %."""
    x = phase % 1.0
    opening = np.pi / 0.8 * np.sin(np.pi * x / 0.4)
    closing = -np.pi / 0.32 * np.sin(np.pi * (x - 0.4) / 0.32)
    return np.where(x < 0.4, opening, np.where(x < 0.56, closing, 0.0))


def _mouth(source: Floats, vowel: str) -> Floats:
    total = np.zeros_like(source)
    for index, (center, width) in enumerate(_VOWELS[vowel]):
        radius = np.exp(-np.pi * width / RATE)
        a = [1, -2 * radius * np.cos(2 * np.pi * center / RATE), radius**2]
        total += (-1) ** index * 0.6**index * lfilter([1 - radius], a, source)
    return total


def _consonants(
    notes: Sequence[Sung],
    tied: Sequence[bool],
    singer: Singer,
    rng: np.random.Generator,
    size: int,
) -> Floats:
    """Bursts before a "d", breath through an "h", and breathing in where the tune rests."""
    out = np.zeros(size)
    for index, note in enumerate(notes):
        begin = int(note.onset * RATE)
        if not tied[index] and singer.syllable in "dh":
            span, level = ((0.012, 0.12), (0.05, 0.03))[singer.syllable == "h"]
            first = max(0, begin - int(span * RATE))
            shape = np.hanning(begin - first + 2)[1:-1]
            out[first:begin] += level * shape * rng.normal(0, 1, begin - first)
        rest = notes[index + 1].onset - note.offset if index + 1 < len(notes) else 0.0
        if rest > 0.25:
            first = int((note.offset + 0.05) * RATE)
            last = int((notes[index + 1].onset - 0.05) * RATE)
            out[first:last] += 0.02 * np.hanning(last - first) * rng.normal(0, 1, last - first)
    return out


def _in_room(sound: Floats, singer: Singer, rng: np.random.Generator) -> Floats:
    """A short exponential tail of noise; `room` is its level beside the direct sound."""
    if singer.room <= 0:
        return sound
    length = int(0.25 * RATE)
    tail = rng.normal(0, 1, length) * np.exp(-np.arange(length) / (0.06 * RATE))
    tail *= singer.room / np.sqrt((tail**2).sum())
    tail[0] += 1
    return np.asarray(np.fft.irfft(
        np.fft.rfft(sound, len(sound) + length) * np.fft.rfft(tail, len(sound) + length)
    )[: len(sound)])  # fmt: skip
