"""Exact lengths, fades, and loops whose end runs into their beginning."""

import numpy as np
import pytest
from render_pieces import write_piece

from bot.render.audio import LOOP_PASSES, Loop, render_clip
from bot.render.cutting import apply_cut, cut_to, finish, loop_cut, seam_jump
from bot.render.fluidsynth import FluidSynth

RATE = 48_000


def noise(seconds, seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE), 2)).astype("f4")


@pytest.mark.parametrize("seconds", [5.0, 15.0, 12.345, 0.1])
def test_exact_length_with_the_fade_inside(seconds):
    out = finish(noise(20), seconds)
    assert len(out) == round(seconds * RATE)
    assert np.abs(out[-1]).max() < 1e-6
    fade = cut_to(noise(20), seconds).fade
    assert fade <= 1.5 * RATE
    assert np.array_equal(out[: len(out) - fade], noise(20)[: len(out) - fade])
    if seconds >= 5:
        assert np.abs(out[-fade // 4 :]).mean() < 0.3 * np.abs(out[:RATE]).mean()


def test_shorter_than_asked_is_padded():
    out = finish(noise(3), 5.0)
    assert len(out) == 5 * RATE
    assert np.abs(out[3 * RATE :]).max() == 0


def test_open_length_ends_where_the_sound_does():
    raw = np.concatenate([noise(4), noise(3) * 1e-5])
    out = finish(raw, None)
    assert len(out) == pytest.approx(4 * RATE, abs=20)
    assert np.abs(out[-1]).max() < 1e-6


def test_loop_of_exact_length_is_not_faded():
    out = finish(noise(4), 3.0, loop=True)
    assert np.array_equal(out, noise(4)[: 3 * RATE])


def test_seam_of_a_held_tone_that_does_not_fit_the_loop():
    # 100.3 Hz does not come round after 2 s: cut plainly, the seam clicks.
    t = np.arange(6 * RATE) / RATE
    tone = np.repeat(0.5 * np.sin(2 * np.pi * 100.3 * t + 1.0)[:, None], 2, 1).astype("f4")
    plain_jump, plain_step = seam_jump(tone[2 * RATE : 4 * RATE])
    assert plain_jump > 10 * plain_step
    looped = apply_cut(tone, loop_cut(4, 120))
    assert len(looped) == 2 * RATE
    jump, step = seam_jump(looped)
    assert jump <= step
    assert np.array_equal(looped[:RATE], tone[2 * RATE : 3 * RATE])


@pytest.mark.parametrize("bpm", [120.0, 97.3, 141.0])
def test_rendered_loop_joins_and_has_the_tail_of_the_pass_before(tmp_path, soundfont, bpm):
    bars = 2
    band = (("piano", 0, False, 90), ("strings", 48, False, 90), ("bass", 33, False, 90))
    midi = write_piece(tmp_path / "loop.mid", bars * LOOP_PASSES, bpm, band)
    loop = Loop(bars * 4, bpm)
    made = render_clip(midi, soundfont=soundfont, seconds=loop.seconds, loop=loop)
    assert len(made.audio) == round(bars * 4 * 60 / bpm * RATE)
    jump, step = seam_jump(made.audio)
    assert jump <= step
    # Strings still ring at the very start: a first pass would begin in silence.
    assert np.abs(made.audio[:48]).max() > 0.01
    assert np.abs(FluidSynth(soundfont).render(midi, 1.0)[:48]).max() < 0.01


def test_cut_is_linear():
    one, two = noise(6, 1), noise(6, 2)
    for cut in (cut_to(one, 4.0), loop_cut(4, 120)):
        together = apply_cut(one + two, cut)
        np.testing.assert_allclose(together, apply_cut(one, cut) + apply_cut(two, cut), atol=1e-6)
