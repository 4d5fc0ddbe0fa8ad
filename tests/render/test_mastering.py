"""Loudness and true peak on music, noise and nuisances, measured by something other than the code.

The true peak here is taken at 8x with a longer filter than the limiter's own.
"""

import io

import numpy as np
import pyloudnorm
import pytest
import soundfile as sf
from render_pieces import write_piece
from scipy.signal import resample_poly

from bot.render.audio import render_clip
from bot.render.encode import encode_mp3
from bot.render.mastering import apply_curve, loudness, master, true_peak_db

RATE = 48_000


def outside_peak_db(audio):
    fine = resample_poly(audio.astype(np.float64), 8, 1, axis=0, window=("kaiser", 8.0))
    return 20 * np.log10(np.abs(fine).max())


def stereo(mono):
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def signals():
    rng = np.random.default_rng(2)
    t = np.arange(8 * RATE) / RATE
    drums = rng.normal(0, 0.5, len(t)) * np.exp(-(t % 0.5) * 18)
    bass = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 1.0) * 3)
    return {
        "noise": rng.normal(0, 0.1, (len(t), 2)).astype(np.float32),
        "hot noise": rng.normal(0, 3.0, (len(t), 2)).astype(np.float32),
        "one side": np.stack([rng.normal(0, 0.1, len(t)), 0 * t], 1).astype(np.float32),
        "sine": stereo(0.2 * np.sin(2 * np.pi * 997 * t)),
        # A quarter of the sample rate at 45 degrees: samples stay 3 dB under the true peak.
        "between samples": stereo(np.sin(2 * np.pi * RATE / 4 * t + np.pi / 4) * (t % 1 < 0.2)),
        "drums and bass": stereo(0.7 * drums + 0.3 * bass),
        "clicks": (rng.normal(0, 0.02, (len(t), 2)) + (rng.random((len(t), 1)) < 3e-4)).astype(
            np.float32
        ),
        "fading": stereo(rng.normal(0, 0.2, len(t)) * np.exp(-t / 3)),
        "very quiet": stereo(0.001 * np.sin(2 * np.pi * 440 * t)),
    }


@pytest.mark.parametrize("loop", [False, True], ids=["once", "loop"])
@pytest.mark.parametrize("name", signals())
def test_signals_reach_loudness_under_the_ceiling(name, loop):
    out = master(signals()[name], RATE, loop=loop)
    assert pyloudnorm.Meter(RATE).integrated_loudness(out.audio) == pytest.approx(-14, abs=0.5)
    assert outside_peak_db(out.audio) < -1.0
    assert out.lufs == pytest.approx(-14, abs=0.5)
    assert out.audio.dtype == np.float32


def test_spikes_in_silence_keep_the_ceiling_and_give_up_loudness():
    spikes = stereo((np.arange(4 * RATE) % (RATE // 2) == 0).astype(np.float32))
    out = master(spikes)
    assert outside_peak_db(out.audio) < -1.0
    assert out.lufs < -20


def test_silence_and_nothing_come_back_unchanged():
    silence = np.zeros((RATE, 2), np.float32)
    out = master(silence)
    assert np.array_equal(out.audio, silence)
    assert out.lufs == float("-inf")
    assert len(master(silence[:0]).audio) == 0


@pytest.mark.parametrize("samples", [1, 480, 9_600, 19_199, 19_200, 19_201])
def test_clips_shorter_than_the_meter(samples):
    tone = stereo(0.1 * np.sin(2 * np.pi * 440 * np.arange(samples) / RATE) + 0.01)
    out = master(tone)
    assert len(out.audio) == samples
    assert np.isfinite(out.audio).all()
    assert outside_peak_db(out.audio) < -1.0
    if samples >= 9_600:
        assert loudness(out.audio) == pytest.approx(-14, abs=0.5)


def test_the_curve_is_the_whole_difference():
    raw = signals()["drums and bass"]
    out = master(raw)
    assert out.curve.min() < 0.9 * out.curve.max()  # it did limit
    np.testing.assert_allclose(apply_curve(raw, out.curve), out.audio, atol=2e-4)


def test_limiting_is_smooth():
    t = np.arange(4 * RATE) / RATE
    raw = stereo(0.1 * np.sin(2 * np.pi * 300 * t) + 0.9 * (np.abs(t - 2) < 0.01))
    curve = master(raw, target_lufs=-16.0).curve
    steps = np.diff(20 * np.log10(curve))
    assert curve.min() < 0.8 * curve.max()
    assert np.abs(steps).max() < 3.0  # dB per millisecond: no click from the limiter itself


def test_a_loop_is_limited_round_the_corner():
    rng = np.random.default_rng(3)
    raw = rng.normal(0, 0.05, (4 * RATE, 2)).astype(np.float32)
    raw[:200] += 0.9  # the loudest moment is the very first
    out = master(raw, loop=True)
    once = master(raw)
    assert out.curve[0] == out.curve[-1]
    assert out.curve[-2] < out.curve.max() * 0.97  # already turning down before the start
    assert once.curve[-2] > once.curve.max() * 0.99
    assert outside_peak_db(np.tile(out.audio, (2, 1))) < -1.0


@pytest.mark.parametrize(
    "band",
    [
        (("piano", 0, False, 90),),
        (("bass", 38, False, 127), ("drums", 16, True, 127)),
        (("lead", 13, False, 100),),
        (("guitar", 30, False, 127), ("drums", 0, True, 127), ("lead", 81, False, 127)),
        (("strings", 48, False, 60),),
    ],
    ids=["piano", "bass-and-power-kit", "xylophone", "loud-rock", "quiet-strings"],
)
def test_real_renders_and_their_mp3(band, tmp_path, soundfont):
    path = write_piece(tmp_path / "p.mid", bars=3, bpm=97.0, band=band)
    made = render_clip(path, soundfont=soundfont, seconds=12 * 60 / 97.0)
    assert pyloudnorm.Meter(RATE).integrated_loudness(made.audio) == pytest.approx(-14, abs=0.5)
    assert outside_peak_db(made.audio) < -1.0
    encode_mp3(made.audio, tmp_path / "p.mp3")
    decoded, rate = sf.read(io.BytesIO((tmp_path / "p.mp3").read_bytes()))
    assert rate == RATE
    assert outside_peak_db(decoded) < -1.0
    assert pyloudnorm.Meter(RATE).integrated_loudness(decoded) == pytest.approx(-14, abs=0.5)


def test_true_peak_of_a_known_signal():
    t = np.arange(RATE)
    tone = stereo(np.sin(np.pi / 2 * t + np.pi / 4))
    assert np.abs(tone).max() == pytest.approx(np.sqrt(0.5), abs=1e-6)
    assert true_peak_db(tone[100:-100]) == pytest.approx(0.0, abs=0.6)  # edges overshoot
    assert true_peak_db(tone, loop=True) == pytest.approx(0.0, abs=0.05)
