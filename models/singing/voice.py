"""WORLD takes a spoken line apart and sings it: its timbre in new time, its pitch from the notes.

In: `Said` lines, `Stretch`es and a pitch curve. Out: mono sound of a line and when it begins.
Source: M. Morise, F. Yokomori & K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis
system for real-time applications", IEICE Trans. E99-D, 2016 (CheapTrick, D4C; pyworld).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.singing.espeak import Speech
from models.singing.phonemes import is_voiceless
from models.singing.timing import Stretch
from models.singing.tune import hertz

Floats = NDArray[np.float64]

FRAME = 0.005  # seconds from frame to frame
_MARGIN = 0.05  # seconds of silence around a line
_ATTACK, _FALL, _CLICK = 0.01, 0.05, 0.004  # seconds: the voice comes, goes, a t ends
_LEVEL = 0.1  # root mean square of a vowel
_MOST_GAIN = 4.0


@dataclass(frozen=True, slots=True)
class Timbre:
    """A spoken line as WORLD sees it, T frames of `FRAME` seconds and B frequencies.

    `envelope` (T, B) is a log power spectrum, `breath` (T, B) the share of noise, 0..1.
    """

    envelope: Floats
    breath: Floats
    rate: int


def analyse(speech: Speech) -> Timbre:
    """Take a line apart.

    The voice is set to one pitch, so a frame of which the tracker is not sure takes the others'.
    """
    world = importlib.import_module("pyworld")
    rough, times = world.dio(speech.sound, speech.rate, frame_period=FRAME * 1000)
    found = world.stonemask(speech.sound, rough, times, speech.rate)
    usual = float(np.median(found[found > 0])) if (found > 0).any() else 150.0
    pitch = np.where(np.abs(found / usual - 1) < 0.1, found, usual)
    for phone in speech.phones:
        if is_voiceless(phone.name):
            pitch[(times >= phone.start) & (times < phone.end)] = 0.0
    envelope = world.cheaptrick(speech.sound, pitch, times, speech.rate)
    breath = world.d4c(speech.sound, pitch, times, speech.rate, threshold=0.0)
    return Timbre(np.log(envelope + 1e-16), breath, speech.rate)


def sing_line(
    timbre: Timbre, stretches: Sequence[Stretch], melody: Callable[[Floats], Floats]
) -> tuple[Floats, float]:
    """One line's sound (samples,) at the timbre's rate, and when it begins in seconds."""
    world = importlib.import_module("pyworld")
    begins = stretches[0].start - _MARGIN
    count = round((stretches[-1].end - begins + _MARGIN) / FRAME) + 1
    times = np.asarray(begins + FRAME * np.arange(count), np.float64)
    source, sounding, voiced = _mapped(stretches, times)
    envelope, breath = _at(timbre.envelope, source), _at(timbre.breath, source)
    power = np.exp(envelope) * sounding[:, None]
    pitch = np.where(voiced, hertz(melody(times)), 0.0)
    sound = world.synthesize(pitch, power + 1e-16, breath, timbre.rate, FRAME * 1000)
    clock = begins + np.arange(len(sound)) / timbre.rate
    return sound * _shape(sound, clock, stretches, timbre.rate), begins


def _mapped(
    stretches: Sequence[Stretch], times: Floats
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Place in the speech in seconds, whether anything sounds, whether it is voiced, (T,) each."""
    source = np.zeros(len(times))
    sounding = np.zeros(len(times), np.bool_)
    voiced = np.zeros(len(times), np.bool_)
    for s in stretches:
        inside = (times >= s.start) & (times < s.end)
        done = (times[inside] - s.start) / (s.end - s.start)
        source[inside] = s.source + done * (s.source_end - s.source)
        sounding[inside] = True
        voiced[inside] = not s.voiceless
    return source, sounding, voiced


def _at(frames: Floats, source: Floats) -> Floats:
    """Rows of `frames` (T, B) at places between them."""
    place = np.clip(source / FRAME, 0, len(frames) - 1)
    low = np.minimum(place.astype(np.int64), len(frames) - 2)
    share = (place - low)[:, None]
    return np.asarray(frames[low] * (1 - share) + frames[low + 1] * share)


def _shape(sound: Floats, clock: Floats, stretches: Sequence[Stretch], rate: int) -> Floats:
    """Gain over time: every vowel equally loud, soft edges where the voice comes and goes."""
    centres, gains = [], []
    power = np.concatenate([[0.0], np.cumsum(sound**2)])
    for s in stretches:
        if s.vowel:
            a, b = np.searchsorted(clock, (s.start, s.end))
            loud = np.sqrt((power[b] - power[a]) / max(1, b - a))
            centres.append((s.start + s.end) / 2)
            gains.append(np.log(min(_MOST_GAIN, _LEVEL / max(loud, 1e-9))))
    gain = np.exp(np.interp(clock, centres, gains)) if centres else np.ones(len(clock))
    edges, levels = [clock[0]], [0.0]
    for start, end, voiceless in _runs(stretches):
        attack = min(_ATTACK, (end - start) / 3)
        fall = _CLICK if voiceless else min(_FALL, (end - start) / 3)
        edges += [start, start + attack, end - fall, end]
        levels += [0.0, 1.0, 1.0, 0.0]
    return np.asarray(gain * np.interp(clock, edges, levels))


def _runs(stretches: Sequence[Stretch]) -> list[tuple[float, float, bool]]:
    """Spans without silence, and whether they end in a voiceless sound."""
    found: list[tuple[float, float, bool]] = []
    for s in stretches:
        start = s.start
        if found and s.start - found[-1][1] < FRAME:
            start = found.pop()[0]
        found.append((start, s.end, s.voiceless))
    return found
