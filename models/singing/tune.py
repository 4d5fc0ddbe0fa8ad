"""The pitch of a sung line: on the note, from note to note without a step, alive on long ones.

In: tones in seconds. Out: pitch over time, as MIDI notes with fractions. Vibrato: 5 to 6 cycles a
second, a quarter tone wide in all, after the tone has settled (C. E. Seashore, *Psychology of
Music*, 1938; J. Sundberg, "Acoustic and psychoacoustic aspects of vocal vibrato", 1995). Flutter:
D. H. Klatt & L. C. Klatt, JASA 87, 1990: three slow sines that never meet, so that nothing stands
still. All swing around the note: the mean over a tone is the note.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.singing.timing import BRIDGE, Tone

Floats = NDArray[np.float64]

#: Seconds after its onset in which a tone may still be on its way to its pitch.
SETTLED = 0.03
_GLIDE = 0.09  # seconds from one pitch to the next, most of them before the beat
_SCOOP, _SCOOP_SECONDS = 0.4, 0.08  # semitones below, at the start of a phrase
_VIBRATO, _VIBRATO_RATE = 0.25, 5.6  # semitones to either side, cycles a second
_VIBRATO_AFTER, _VIBRATO_GROWS, _VIBRATO_FROM = 0.3, 0.25, 0.6  # seconds
_FLUTTER = 0.02  # semitones
_FLUTTER_RATES = (12.7, 7.1, 4.7)


def curve(tones: Sequence[Tone], times: Floats) -> Floats:
    """Pitch (T,) at `times` (T,) in seconds; before the first tone and in rests, the nearest one's.

    `tones` are in the order of time and do not overlap.
    """
    starts = np.array([t.start for t in tones])
    pitches = np.array([t.pitch for t in tones])
    which = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(tones) - 1)
    pitch = pitches[which].astype(np.float64)
    for before, after in pairwise(tones):
        bend = _GLIDE * min(1.0, (before.end - before.start) / 0.2, (after.end - after.start) / 0.2)
        glide = (times > after.start + SETTLED - bend) & (times < after.start + SETTLED)
        done = (times[glide] - after.start - SETTLED + bend) / bend
        pitch[glide] = before.pitch + (after.pitch - before.pitch) * _eased(done)
    for i, tone in enumerate(tones):
        if i == 0 or tone.start - tones[i - 1].end >= BRIDGE:
            _scoop(pitch, tone, times)
        _shake(pitch, tone, times)
    flutter = sum(np.sin(2 * np.pi * rate * times) for rate in _FLUTTER_RATES)
    return np.asarray(pitch + _FLUTTER / len(_FLUTTER_RATES) * flutter)


def hertz(pitch: Floats) -> Floats:
    """Frequency of a MIDI pitch."""
    return np.asarray(440.0 * 2 ** ((pitch - 69) / 12))


def _scoop(pitch: Floats, tone: Tone, times: Floats) -> None:
    """A voice that begins comes from a little below, while its consonants sound."""
    arrival = tone.start + SETTLED
    before = (times > arrival - 3 * _SCOOP_SECONDS) & (times < arrival)
    done = np.clip((times[before] - arrival + _SCOOP_SECONDS) / _SCOOP_SECONDS, 0, 1)
    pitch[before] = tone.pitch - _SCOOP * (1 - _eased(done))


def _shake(pitch: Floats, tone: Tone, times: Floats) -> None:
    length = tone.end - tone.start
    if length < _VIBRATO_FROM:
        return
    from_here, lasts = tone.start + _VIBRATO_AFTER, length - _VIBRATO_AFTER
    # Whole cycles: what goes up comes down before the tone ends.
    cycles = max(1, round(_VIBRATO_RATE * lasts))
    inside = (times > from_here) & (times < tone.end)
    since = times[inside] - from_here
    depth = _VIBRATO * np.minimum(1.0, since / _VIBRATO_GROWS)
    pitch[inside] += depth * np.sin(2 * np.pi * cycles * since / lasts)


def _eased(done: Floats) -> Floats:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * done))
