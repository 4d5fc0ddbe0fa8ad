"""From a performance to finished sound, and the same sound in stems."""

import numpy as np
import pytest
from render_pieces import BAND, write_piece

from bot.render.audio import render_clip, render_stems
from bot.render.mastering import true_peak_db


def test_a_piece_of_asked_length(piece, soundfont):
    made = render_clip(piece, soundfont=soundfont, seconds=8.0, asked=8.0)
    assert made.seconds == 8.0
    assert made.lufs == pytest.approx(-14, abs=0.5)
    assert made.true_peak_db < -1.0
    assert made.true_peak_db == pytest.approx(true_peak_db(made.audio), abs=0.01)
    assert set(made.stages) == {"render", "master"}


def test_a_piece_of_open_length_rings_out(piece, soundfont):
    made = render_clip(piece, soundfont=soundfont, seconds=8.0)
    assert 8.0 < made.seconds < 12.0
    assert np.abs(made.audio[-10:]).max() < 1e-4


def test_softer_on_request(piece, soundfont):
    made = render_clip(piece, soundfont=soundfont, seconds=8.0, target_lufs=-16.0)
    assert made.lufs == pytest.approx(-16, abs=0.2)


def test_stems_sum_to_the_mix(piece, soundfont):
    mix = render_clip(piece, soundfont=soundfont, seconds=8.0)
    stems = render_stems(piece, mix, soundfont=soundfont, seconds=8.0)
    assert list(stems) == [name for name, *_ in BAND]
    assert all(s.shape == mix.audio.shape for s in stems.values())
    assert all(np.abs(s).max() > 0.01 for s in stems.values())
    residual = sum(stems.values()) - mix.audio
    assert 10 * np.log10((residual**2).mean() / (mix.audio**2).mean()) < -50


def test_stems_with_one_name_are_both_kept(tmp_path, soundfont):
    band = (("piano", 0, False, 90), ("piano", 4, False, 90))
    path = write_piece(tmp_path / "p.mid", 1, band=band)
    mix = render_clip(path, soundfont=soundfont, seconds=2.0)
    assert list(render_stems(path, mix, soundfont=soundfont, seconds=2.0)) == ["piano", "piano 2"]
