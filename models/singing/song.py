"""A song sung by a robot: words under notes in, a voice in time with the band out.

In: `Lyrics`, the `Score` whose melody they stand under, and when each beat is heard. Out: mono
sound. It is a demo of the words, not a singer: the voice is espeak-ng's, re-sung by WORLD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from models.errors import Refusal
from models.lyricist.prosody import sung_voice
from models.lyrics import Lyrics, Sung
from models.score import Note, Score
from models.singing.diction import Said, say
from models.singing.espeak import available, require
from models.singing.timing import BRIDGE, Placed, Stretch, Tone, lay_out
from models.singing.tune import curve
from models.singing.voice import Floats, analyse, sing_line

__all__ = ["available", "octave_for", "sing"]

#: MIDI notes that the voice sings in: G3 to D5, a mezzo's middle.
LOWEST, HIGHEST = 55, 74
_GRACE = 1e-6  # beats
_BREATH_LEVEL = 0.006  # root mean square; a vowel has 0.1
_BREATH, _SHORTEST_BREATH, _BREATH_ENDS = 0.35, 0.2, 0.05  # seconds
_BREATH_BAND = (700, 5000)  # Hz


def sing(
    lyrics: Lyrics,
    score: Score,
    seconds_of_beat: Callable[[float], float],
    sample_rate: int,
    *,
    seconds: float | None = None,
) -> NDArray[np.float32]:
    """Sing words on the melody of a score.

    Parameters
    ----------
    lyrics, score : Lyrics, Score
        The words, and the piece whose melody they stand under.
    seconds_of_beat : callable
        When a place of the score, in beats, is heard; it must not fall.
    sample_rate : int
        Of the sound given back, in Hz.
    seconds : float or None
        Length of the sound; None for the place of the last bar line.

    Returns
    -------
    float32 (samples,) in -1..1; the same words and notes give the same sound.

    Raises
    ------
    Refusal
        When the voice is not installed, the words are not English, or a syllable has no note.
    """
    require()
    if lyrics.language != "en":
        raise Refusal(
            "The robot voice sings English only; Chinese words come as a sheet and as karaoke."
        )
    lines = say([line for line in lyrics.lines if line.sung])
    placed = _place(lines, sung_voice(score), seconds_of_beat)
    length = seconds_of_beat(score.beats) if seconds is None else seconds
    samples = round(length * sample_rate)
    if not placed:
        return np.zeros(samples, np.float32)
    rate = lines[0].speech.rate
    stretches = lay_out(placed)
    voice = _sung(lines, placed, stretches, rate, round(length * rate) + rate)
    voice += _breaths(stretches, rate, len(voice))
    common = np.gcd(rate, sample_rate)
    out = resample_poly(voice, sample_rate // common, rate // common)[:samples]
    return np.pad(out, (0, samples - len(out))).astype(np.float32)


def octave_for(notes: Sequence[tuple[float, int]]) -> int:
    """Semitones, in whole octaves, that bring notes (length, MIDI pitch) into the voice's range."""

    def outside(shift: int) -> tuple[float, int]:
        over = sum(
            length * max(0, pitch + shift - HIGHEST, LOWEST - pitch - shift)
            for length, pitch in notes
        )
        return round(over, 6), abs(shift)

    return min(range(-60, 61, 12), key=outside)


def _place(
    lines: Sequence[Said], melody: Sequence[Note], seconds_of_beat: Callable[[float], float]
) -> list[Placed]:
    under = [
        (number, spoken, [note for sung in spoken.sung for note in _notes(sung, melody)])
        for number, line in enumerate(lines)
        for spoken in line.syllables
    ]
    shift = octave_for([(n.duration, n.pitch) for _, _, notes in under for n in notes])
    placed = []
    for number, spoken, notes in under:
        tones = tuple(
            Tone(seconds_of_beat(n.onset), seconds_of_beat(n.end), n.pitch + shift) for n in notes
        )
        placed.append(Placed(number, spoken, tones))
    return sorted(placed, key=lambda p: p.start)


def _notes(sung: Sung, melody: Sequence[Note]) -> Iterator[Note]:
    """The melody under a syllable, cut to it; the last note goes on to the syllable's end."""
    found = [n for n in melody if n.onset < sung.end - _GRACE and n.end > sung.onset + _GRACE]
    if not found:
        raise Refusal(
            "“{word}” stands where the melody has no note, so it cannot be sung; "
            "have the words written for this melody again.",
            word=sung.text[:40],
        )
    ends = [n.onset for n in found[1:]] + [sung.end]
    for note, end in zip(found, ends, strict=True):
        start = max(note.onset, sung.onset)
        yield Note(start, note.pitch, end - start, note.velocity)


def _sung(
    lines: Sequence[Said],
    placed: Sequence[Placed],
    stretches: Sequence[Stretch],
    rate: int,
    samples: int,
) -> Floats:
    """All lines in one track (samples,); a line at a time, for WORLD's frames are large."""
    tones = [tone for item in placed for tone in item.tones]
    track = np.zeros(samples)
    for number, group in groupby(stretches, key=lambda s: s.line):
        own = list(group)
        nearby = [t for t in tones if own[0].start - 2 < t.start < own[-1].end + 2]
        melody = partial(curve, nearby)
        sound, begins = sing_line(analyse(lines[number].speech), own, melody)
        first = round(begins * rate)
        skipped = max(0, -first)
        kept = sound[skipped : skipped + max(0, samples - first - skipped)]
        track[first + skipped : first + skipped + len(kept)] += kept
    return track


def _breaths(stretches: Sequence[Stretch], rate: int, samples: int) -> Floats:
    """Air drawn in before every phrase that has room for it, (samples,)."""
    track = np.zeros(samples)
    noise = np.random.default_rng(0).standard_normal(round(_BREATH * rate))
    air = sosfilt(butter(2, _BREATH_BAND, "bandpass", fs=rate, output="sos"), noise)
    air *= _BREATH_LEVEL / np.sqrt(np.mean(air**2))
    before = 0.0
    for stretch in stretches:
        room = stretch.start - before - 2 * _BREATH_ENDS
        before = stretch.end
        if room < max(_SHORTEST_BREATH, BRIDGE):
            continue
        drawn = air[: round(min(_BREATH, room) * rate)]
        first = round((stretch.start - _BREATH_ENDS) * rate) - len(drawn)
        rise = np.linspace(0, np.pi, len(drawn))
        track[first : first + len(drawn)] += drawn * np.sin(rise) ** 2
    return track
