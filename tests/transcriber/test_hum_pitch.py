import numpy as np
import pytest
from hum_sounds import hummed, tone

from models.transcriber.evaluation.scores import note_f1
from models.transcriber.evaluation.voice import RATE as SUNG_RATE
from models.transcriber.evaluation.voice import Singer
from models.transcriber.pitch import RATE, track
from models.transcriber.segment import Weights as SegmentWeights
from models.transcriber.segment import onset_cues, segment, without_vibrato


@pytest.mark.parametrize("hertz", [82.4, 220.0, 440.0, 987.8, 1760.0])
def test_a_steady_tone_is_followed_within_five_cents(hertz):
    heard = track(tone(hertz))
    inner = heard.pitch[20:-20]
    wanted = 69 + 12 * np.log2(hertz / 440)
    assert not np.isnan(inner).any()
    assert np.abs(inner - wanted).max() < 0.05


def test_noise_has_no_pitch_and_silence_none():
    rng = np.random.default_rng(0)
    assert track(rng.normal(0, 0.1, RATE * 2)).voiced.mean() < 0.15
    assert not track(np.zeros(RATE)).voiced.any()


def test_vibrato_goes_and_a_scale_stays():
    t = np.arange(150) / 100
    vibrato = 60 + 0.6 * np.sin(2 * np.pi * 5.5 * t)
    assert np.abs(without_vibrato(vibrato)[20:-20] - 60).max() < 0.15
    scale = np.repeat([60.0, 62.0, 64.0, 65.0, 67.0], 30)
    assert np.allclose(without_vibrato(scale), scale)


def test_a_dip_is_a_cue_where_the_sound_returns():
    loud = np.zeros(100)
    loud[50:54] = -15
    cue = onset_cues(loud, SegmentWeights())
    assert np.flatnonzero(cue).tolist() == [54]
    assert cue[54] == 1.0
    assert not onset_cues(np.where(loud < 0, -2.0, 0.0), SegmentWeights()).any()


@pytest.mark.parametrize(
    "singer",
    [
        Singer(vowel="a", syllable="d", legato=0.0, wrong=10, detune=-35),
        Singer(vowel="m", syllable="l", legato=0.3, wrong=10, detune=20, vibrato_depth=50),
        Singer(vowel="whistle", syllable="h", legato=0.5, wrong=10, vibrato_depth=0),
    ],
    ids=["da", "mm", "whistle"],
)
def test_notes_of_a_made_up_singer(singer):
    up = 24 if singer.vowel == "whistle" else -6
    case = hummed("frere_jacques", 96, singer, up=up)
    found = segment(track(case.sound()[::2]))
    meant = [(n.onset, n.offset, n.pitch) for n in case.notes]
    heard = [(n.onset, n.offset, round(n.pitch)) for n in found.notes]
    assert note_f1(meant, heard, 0.1)[0] > 0.9
    assert abs(found.tuning - singer.detune) < 15
    assert SUNG_RATE == 2 * RATE
