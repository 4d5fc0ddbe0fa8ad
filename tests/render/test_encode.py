"""Files as a player finds them: length, size, peak, title, and nothing half-written."""

import errno
import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from bot.render import encode
from bot.render.encode import (
    BITRATES,
    encode_flac,
    encode_loop,
    encode_lossless,
    encode_mp3,
    encode_ogg,
    encode_stems,
    encode_voice,
    encode_wav,
    waveform,
)
from bot.render.failures import DiskFull, TooLarge
from bot.render.mastering import master, true_peak_db

RATE = 48_000


@pytest.fixture(scope="module")
def music():
    """Six seconds of mastered plucks over noise: busy enough to make encoders overshoot."""
    t = np.arange(6 * RATE) / RATE
    rng = np.random.default_rng(4)
    plucks = sum(np.sin(2 * np.pi * f * t) * np.exp(-((t + f / 900) % 0.5) * 8) for f in (220, 331))
    left = plucks + rng.normal(0, 0.3, len(t)) * np.exp(-(t % 0.25) * 30)
    right = plucks + rng.normal(0, 0.3, len(t)) * np.exp(-(t % 0.25) * 30)
    return master(np.stack([left, right], 1).astype("f4")).audio


def test_mp3_plays_for_as_long_as_it_should(music, tmp_path):
    path = tmp_path / "a.mp3"
    peak = encode_mp3(music, path, title="夜曲 Nocturne", artist="Segno")
    with sf.SoundFile(path) as file:
        assert file.format == "MP3"
        assert file.samplerate == RATE
        assert file.frames / RATE == pytest.approx(6, abs=0.1)
        assert file.title == "夜曲 Nocturne"
        assert file.artist == "Segno"
        decoded = file.read(dtype="float32")
    assert peak == pytest.approx(true_peak_db(decoded), abs=1e-6)
    assert peak <= -1.0


def test_mp3_that_would_overshoot_is_encoded_softer(tmp_path):
    rng = np.random.default_rng(5)
    hot = np.clip(rng.normal(0, 1, (2 * RATE, 2)), -0.88, 0.88).astype("f4")  # -1.1 dBFS square
    assert true_peak_db(hot) > -1.0
    assert encode_mp3(hot, tmp_path / "hot.mp3") <= -1.0


@pytest.mark.parametrize("bitrate", BITRATES)
def test_lame_does_not_turn_the_music_down(bitrate):
    t = np.arange(RATE) / RATE
    tone = np.repeat(0.3 * np.sin(2 * np.pi * 1000 * t)[:, None], 2, 1).astype("f4")
    decoded, _ = sf.read(io.BytesIO(encode._lame(tone, bitrate)))
    middle = slice(RATE // 4, RATE // 2)
    assert decoded[middle].std() / tone[middle].std() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("max_bytes", [200_000, 100_000, 60_000, 40_000])
def test_mp3_fits_the_limit(music, tmp_path, max_bytes):
    path = tmp_path / "a.mp3"
    peak = encode_mp3(music, path, max_bytes=max_bytes, title="x")
    assert max_bytes * 0.5 < path.stat().st_size <= max_bytes
    assert sf.info(path).samplerate == RATE
    assert sf.info(path).duration == pytest.approx(6, abs=0.1)
    assert peak <= -1.0


def test_too_small_a_limit_is_refused(music, tmp_path):
    with pytest.raises(TooLarge, match="shorter piece"):
        encode_mp3(music, tmp_path / "a.mp3", max_bytes=20_000)
    with pytest.raises(TooLarge):
        encode_lossless(music, tmp_path / "a.wav", max_bytes=20_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("write", "name"), [(encode_wav, "a.wav"), (encode_flac, "a.flac")])
def test_lossless_is_right_to_half_a_step_of_16_bits(music, tmp_path, write, name):
    write(music, tmp_path / name)
    read, rate = sf.read(tmp_path / name, dtype="float32")
    assert rate == RATE
    assert np.abs(read - music).max() <= 0.5001 / 32768


def test_opus_keeps_every_sample_in_its_place(music, tmp_path):
    encode_ogg(music, tmp_path / "a.ogg")
    read, _ = sf.read(tmp_path / "a.ogg", dtype="float32")
    assert read.shape == music.shape
    assert np.corrcoef(read[:, 0], music[:, 0])[0, 1] > 0.95


def test_lossless_takes_the_smaller_format_when_it_must(music, tmp_path):
    assert encode_lossless(music, tmp_path / "a.wav").suffix == ".wav"
    wav = (tmp_path / "a.wav").stat().st_size
    assert encode_lossless(music, tmp_path / "b.wav", max_bytes=wav - 1).suffix == ".flac"
    assert not (tmp_path / "b.wav").exists()


def test_voice_message_is_what_discord_clients_send(music, tmp_path):
    points = encode_voice(music, tmp_path / "v.ogg")
    info = sf.info(tmp_path / "v.ogg")
    assert (info.format, info.subtype, info.channels) == ("OGG", "OPUS", 1)
    assert info.duration == pytest.approx(6, abs=0.02)
    rate = (tmp_path / "v.ogg").stat().st_size * 8 / 6 / 1000
    assert 22 < rate < 45  # kb/s
    assert len(points) == 60  # one per 100 ms


def test_waveform_follows_the_music():
    ramp = np.linspace(0, 0.5, 10 * RATE, dtype="f4")[:, None] * np.ones((1, 2), "f4")
    points = list(waveform(ramp))
    assert len(points) == 100
    assert points == sorted(points)
    assert (points[0], points[-1]) == (3, 255)
    assert len(waveform(np.tile(ramp, (10, 1)))) == 256
    assert set(waveform(np.zeros((RATE, 2), "f4"))) == {0}
    assert len(waveform(np.zeros((0, 2), "f4"))) == 1


def test_long_ogg_does_not_kill_the_process(tmp_path):
    # 180 s in one write is a segmentation fault in libsndfile 1.2.2.
    rng = np.random.default_rng(6)
    second = rng.normal(0, 0.1, (RATE, 1)).astype("f4")
    encode_ogg(np.tile(second, (180, 1)), tmp_path / "long.ogg", bitrate=24)
    assert sf.info(tmp_path / "long.ogg").duration == pytest.approx(180, abs=0.02)


def test_stems_zip_in_the_best_format_that_fits(music, tmp_path):
    stems = {"Lead/1": music * 0.5, "鼓": music * 0.25}
    path = tmp_path / "stems.zip"
    assert encode_stems(stems, path) == ".wav"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["01 Lead_1.wav", "02 鼓.wav"]
        lead, _ = sf.read(io.BytesIO(archive.read("01 Lead_1.wav")), dtype="float32")
    np.testing.assert_allclose(lead, music * 0.5, atol=1e-4)
    wav = path.stat().st_size
    assert encode_stems(stems, path, max_bytes=wav - 1) == ".flac"
    flac = path.stat().st_size
    assert encode_stems(stems, path, max_bytes=flac - 1) == ".ogg"
    assert path.stat().st_size < flac
    with pytest.raises(TooLarge):
        encode_stems(stems, path, max_bytes=1000)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_says_so(music, tmp_path, monkeypatch):
    real = Path.write_bytes

    def to_full_device(self, data):
        with Path("/dev/full").open("wb") as file:
            file.write(data)
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", to_full_device)
    with pytest.raises(DiskFull, match="disk is full"):
        encode_mp3(music, tmp_path / "a.mp3")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(music, tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    encode_wav(music, path)
    before = path.read_bytes()

    def half(self, data):
        with self.open("wb") as file:
            file.write(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(DiskFull):
        encode_wav(music * 0, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_other_errors_are_not_called_a_full_disk(music, tmp_path):
    with pytest.raises(FileNotFoundError):
        encode_wav(music, tmp_path / "nowhere" / "a.wav")
    assert shutil.disk_usage(tmp_path).free > 0


def test_a_loop_is_lossless_unless_that_is_too_large(music, tmp_path):
    lossless = encode_loop(music, tmp_path / "loop.flac", 10_000_000)
    back, _ = sf.read(lossless, dtype="float32")
    assert len(back) == len(music)
    assert np.abs(back - music).max() < 2**-14
    small = encode_loop(music, tmp_path / "loop.flac", 100)
    assert small.suffix == ".ogg"
    assert sf.info(small).frames == len(music)
