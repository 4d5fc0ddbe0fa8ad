"""Sound to files: MP3 to play in the chat, lossless to work with, Opus to speak with.

In: mastered float32 (samples, 2) at 48 kHz. Out: files, each made in memory and put in place whole,
so that a full disk or a crash never leaves half a file behind.

MP3 by lameenc at a constant bitrate: less CPU than libsndfile's encoder at the same size, and every
client shows the right length without a Xing header. Opus, FLAC and WAV by libsndfile.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import lameenc
import numpy as np
import numpy.typing as npt
import soundfile as sf

from bot.render.failures import TooLarge, disk_errors
from bot.render.fluidsynth import SAMPLE_RATE, Audio
from bot.render.mastering import CEILING_DBTP, limit, true_peak_db

#: kb/s for stereo at 48 kHz, best first, and the factor by which LAME turns the sound down at each
#: (its presets do so against clipping; ours is mastered already, so it is given back).
BITRATES = {192: 0.97, 160: 0.95, 128: 0.95, 112: 0.95, 96: 0.95, 80: 0.95, 64: 0.95, 48: 0.95}
#: libsndfile dies on long arrays written at once as OGG (measured: 180 s); it likes blocks.
_BLOCK = 48_000
_WAVEFORM_POINTS = 256
_LAME_QUALITY = 2  # 0 best .. 9 fastest; 2 is LAME's own advice
_VOICE_BITRATE = 32
_PEAK_DBTP = CEILING_DBTP - 0.1  # meters oversample differently: under -1 for all of them
_TRIES = 5  # of lowering peaks; music needs none or one


def encode_mp3(
    audio: Audio, path: Path, *, max_bytes: int | None = None, title: str = "", artist: str = ""
) -> float:
    """Write an MP3 of at most `max_bytes`, its decoded true peak under -1 dBTP.

    The encoder may raise peaks: the file is decoded and measured, and when needed the peaks (not
    the loudness) are lowered and the file is made again.

    Returns
    -------
    The decoded true peak in dBTP.

    Raises
    ------
    TooLarge, DiskFull
    """
    tag = _id3({"TIT2": title, "TPE1": artist})
    rate = _bitrate(len(audio) / SAMPLE_RATE, len(tag), max_bytes)
    data = _lame(audio, rate)
    peak, ceiling = _decoded_peak(data), true_peak_db(audio)
    for _ in range(_TRIES):
        if peak <= _PEAK_DBTP:
            break
        ceiling -= peak - _PEAK_DBTP + 0.05
        audio = limit(audio, ceiling)
        data = _lame(audio, rate)
        peak = _decoded_peak(data)
    _save(path, tag + data)
    return peak


def encode_wav(audio: Audio, path: Path) -> None:
    """Write 16-bit WAV."""
    _save(path, _sndfile(audio, "WAV", "PCM_16"))


def encode_flac(audio: Audio, path: Path) -> None:
    """Write 16-bit FLAC, about half the size of WAV."""
    _save(path, _sndfile(audio, "FLAC", "PCM_16"))


def encode_ogg(audio: Audio, path: Path, bitrate: int = 128) -> None:
    """Write OGG/Opus; sample-exact in length, so loops stay loops."""
    _save(path, _opus(audio, bitrate))


def encode_lossless(audio: Audio, path: Path, max_bytes: int | None = None) -> Path:
    """Write WAV, or FLAC where WAV is too large; the path written has the right suffix.

    Raises
    ------
    TooLarge, DiskFull
    """
    for suffix, kind in ((".wav", "WAV"), (".flac", "FLAC")):
        data = _sndfile(audio, kind, "PCM_16")
        if max_bytes is None or len(data) <= max_bytes:
            _save(path.with_suffix(suffix), data)
            return path.with_suffix(suffix)
    raise _too_large(max_bytes)


def encode_loop(audio: Audio, path: Path, max_bytes: int) -> Path:
    """Write FLAC, or OGG/Opus where FLAC is too large; both keep the length to the sample.

    Opus starts without a past, which leaves a small step at the seam; FLAC leaves none.
    """
    data = _sndfile(audio, "FLAC", "PCM_16")
    if len(data) > max_bytes:
        path = path.with_suffix(".ogg")
        encode_ogg(audio, path)
    else:
        _save(path, data)
    return path


def encode_voice(audio: Audio, path: Path) -> bytes:
    """Write a voice message as Discord's own clients do, and give its waveform.

    Mono OGG/Opus at 48 kHz and about 32 kb/s.

    Returns
    -------
    One byte of loudness per point, at most 256 points (see `waveform`).
    """
    mono = audio.mean(axis=1, dtype=np.float32)[:, None]
    _save(path, _opus(mono, _VOICE_BITRATE))
    return waveform(mono)


def waveform(audio: Audio) -> bytes:
    """What a client draws for a voice message: peaks, one per 100 ms, at most 256, 0..255."""
    if len(audio) == 0:
        return b"\0"
    level = np.abs(audio).max(axis=1)  # (samples,)
    points = min(_WAVEFORM_POINTS, max(1, round(len(level) / SAMPLE_RATE * 10)), len(level))
    starts = np.linspace(0, len(level), points, endpoint=False).astype(np.int64)
    peaks = np.maximum.reduceat(level, starts)
    top = float(peaks.max())
    return bytes(np.round(peaks / top * 255).astype(np.uint8)) if top > 0 else bytes(points)


def encode_stems(stems: Mapping[str, Audio], path: Path, max_bytes: int | None = None) -> str:
    """Write a zip with one file per track: WAV, else FLAC, else Opus, whichever fits.

    Returns
    -------
    The suffix of the files inside.

    Raises
    ------
    TooLarge, DiskFull
    """
    kinds: tuple[tuple[str, Callable[[Audio], bytes]], ...] = (
        (".wav", lambda a: _sndfile(a, "WAV", "PCM_16")),
        (".flac", lambda a: _sndfile(a, "FLAC", "PCM_16")),
        (".ogg", lambda a: _opus(a, 128)),
        (".ogg", lambda a: _opus(a, 64)),
    )
    for suffix, encode in kinds:
        raw = sum(a.nbytes // 2 for a in stems.values())
        if max_bytes is not None and suffix == ".wav" and raw > max_bytes:
            continue  # its size is known without encoding
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for number, (name, audio) in enumerate(stems.items(), 1):
                archive.writestr(f"{number:02d} {_file_name(name)}{suffix}", encode(audio))
        if max_bytes is None or packed.getbuffer().nbytes <= max_bytes:
            _save(path, packed.getvalue())
            return suffix
    raise _too_large(max_bytes)


def _file_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in " -_" else "_" for c in name).strip()
    return kept[:60] or "track"


def _too_large(max_bytes: int | None) -> TooLarge:
    return TooLarge(
        "This piece is too long for a file of at most {megabytes} MB here. "
        "Ask for a shorter piece, or for MP3.",
        megabytes=round((max_bytes or 0) / 1_000_000, 1),
    )


def _bitrate(seconds: float, overhead: int, max_bytes: int | None) -> int:
    if max_bytes is None:
        return next(iter(BITRATES))
    for rate in BITRATES:
        # 0.2 s for the encoder's delay and its last frame.
        if rate * 125 * (seconds + 0.2) + overhead <= max_bytes:
            return rate
    raise _too_large(max_bytes)


def _lame(audio: Audio, bitrate: int) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(bitrate)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(SAMPLE_RATE)  # LAME would halve it at low bitrates
    encoder.set_channels(audio.shape[1])
    encoder.set_quality(_LAME_QUALITY)
    encoder.silence()
    samples = _pcm16(audio / np.float32(BITRATES[bitrate]))
    return bytes(encoder.encode(samples.tobytes()) + encoder.flush())


def _pcm16(audio: Audio) -> npt.NDArray[np.int16]:
    # libsndfile would truncate instead of rounding: 6 dB more noise.
    return np.clip(np.round(audio * 32768), -32768, 32767).astype("<i2")


def _decoded_peak(data: bytes) -> float:
    decoded, _ = sf.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return true_peak_db(decoded)


def _sndfile(audio: Audio, kind: str, subtype: str, compression: float | None = None) -> bytes:
    out = io.BytesIO()
    with sf.SoundFile(
        out,
        "w",
        SAMPLE_RATE,
        audio.shape[1],
        subtype,
        format=kind,
        compression_level=compression,
    ) as file:
        samples = _pcm16(audio) if subtype == "PCM_16" else audio
        for start in range(0, len(samples), _BLOCK):
            file.write(samples[start : start + _BLOCK])
    return out.getvalue()


def _opus(audio: Audio, bitrate: int) -> bytes:
    # libsndfile maps compression 0..1 onto 256..6 kb/s per channel.
    per_channel = bitrate / audio.shape[1]
    return _sndfile(audio, "OGG", "OPUS", min(1.0, max(0.0, (256 - per_channel) / 250)))


def _id3(frames: Mapping[str, str]) -> bytes:
    """Build an ID3v2.3 tag, text as UTF-16 because v2.3 readers know no UTF-8 (id3.org)."""
    body = b""
    for name, text in frames.items():
        if text:
            content = b"\x01" + text[:200].encode("utf-16")
            body += name.encode() + len(content).to_bytes(4, "big") + b"\0\0" + content
    if not body:
        return b""
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body


def _save(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    with disk_errors():
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
