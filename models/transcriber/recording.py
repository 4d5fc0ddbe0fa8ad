"""A stranger's recording as mono sound that the transcriber can work on.

In: a file of any kind that libsndfile reads (wav, flac, mp3, ogg with Vorbis or Opus, aiff). Out:
mono float64 at `pitch.RATE`, at most `LONGEST` seconds, peak 0.5. The header is not believed: what
counts is what can be read, in small blocks, up to the cap.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from models.errors import Refusal
from models.transcriber.pitch import RATE, Floats

#: Seconds that are read; what follows is not looked at.
LONGEST = 60.0
SHORTEST = 1.5
_RATES = (4_000, 400_000)
_BLOCK = 1 << 18  # samples of all channels together
_SILENCE = 10 ** (-55 / 20)


def read(path: Path) -> Floats:
    """Read a recording.

    Raises
    ------
    Refusal
        When it cannot be read, is empty, too short or silent.
    """
    sound, rate = _decoded(path)
    if len(sound) < SHORTEST * rate:
        raise Refusal(
            "This recording is too short to hear a tune in; send at least {seconds} seconds.",
            seconds=2,
        )
    divisor = gcd(RATE, rate)
    mono = resample_poly(sound, RATE // divisor, rate // divisor)
    mono = mono - mono.mean()
    second = np.sqrt(np.convolve(mono**2, np.full(RATE // 2, 2 / RATE), mode="valid"))
    if second.max() < _SILENCE:
        raise Refusal("This recording is silent; check the microphone and record it again.")
    return np.asarray(0.5 * mono / np.abs(mono).max(), np.float64)


def _decoded(path: Path) -> tuple[Floats, int]:
    """Mono at the file's own rate, at most `LONGEST` seconds."""
    import soundfile as sf

    with path.open("rb") as stream:
        start = stream.read(12)
    adts, matroska = (b"\xff\xf1", b"\xff\xf9"), b"\x1aE\xdf\xa3"
    if start[4:8] == b"ftyp" or start[:4] == matroska or start[:2] in adts:
        raise Refusal(
            "I cannot read M4A, AAC, MP4 or WebM sound; send the recording as MP3, OGG, FLAC or "
            "WAV."
        )
    parts: list[Floats] = []
    try:
        with sf.SoundFile(path) as file:
            rate = int(file.samplerate)
            if not _RATES[0] <= rate <= _RATES[1]:
                raise Refusal(
                    "This recording has {rate} samples a second, which I cannot work with; save it "
                    "with 44100 or 48000.",
                    rate=rate,
                )
            left = int(LONGEST * rate)
            size = max(1, _BLOCK // max(1, file.channels))
            while left > 0:
                block = file.read(min(size, left), dtype="float32", always_2d=True)
                if not len(block):
                    break
                left -= len(block)
                parts.append(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1))
    except (RuntimeError, OSError) as error:  # libsndfile's own errors are RuntimeErrors
        if not parts:
            raise Refusal(
                "I cannot read this recording; it may be damaged. Send it as MP3, OGG, FLAC or WAV."
            ) from error
    sound = np.concatenate(parts) if parts else np.zeros(0)
    return np.clip(sound.astype(np.float64), -1e3, 1e3), rate
