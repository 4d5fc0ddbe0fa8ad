import struct

import numpy as np
import pytest
import soundfile as sf
from hum_sounds import hummed, tone

from models.errors import Refusal
from models.score import Meter, Note
from models.theory import Key
from models.transcriber import pitch, polyphonic, recording
from models.transcriber.evaluation.voice import RATE, Singer
from models.transcriber.hear import corrected, hear, hear_sound

CALM = Singer(wrong=12, detune=30, legato=0.2, jitter=0.015)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    case = hummed("amazing_grace", 96, CALM, up=-7)
    path = tmp_path_factory.mktemp("hum") / "hum.ogg"
    sf.write(path, case.sound(), RATE, format="OGG", subtype="VORBIS")
    return case, hear(path, kind="line")


def test_a_hum_becomes_a_tune(heard):
    case, found = heard
    assert str(found.key) == "F major"
    assert str(found.meter) == "3/4"
    assert found.bpm == pytest.approx(96, rel=0.04)
    assert found.tuning_cents == pytest.approx(30, abs=15)
    assert 0 < found.confidence <= 1
    assert not found.polyphonic
    placed = {(n.onset, n.pitch) for n in found.notes}
    meant = {(on / 4, pitch) for on, _, pitch in case.tune.notes}
    assert len(placed & meant) >= 0.85 * len(meant)
    assert found.notes[0].onset == 2.0  # the pickup is the third beat of a bar


def test_corrections_are_kept_and_the_rest_follows(heard):
    _, found = heard
    faster = corrected(found, bpm=found.bpm * 2, meter=Meter(3, 4))
    assert faster.bpm == pytest.approx(2 * found.bpm, rel=0.05)
    assert corrected(found, key=Key("D", "minor")).key == Key("D", "minor")
    own = (Note(0.0, 60, 1.0), Note(1.0, 62, 2.0))
    assert corrected(found, notes=own).notes == own
    with pytest.raises(Refusal, match="no notes left"):
        corrected(found, notes=())


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros(RATE * 3), "silent"),
        (np.ones(RATE * 3) * 0.3, "silent"),
        (np.sin(np.arange(RATE // 2) / 20), "too short"),
        (np.random.default_rng(0).normal(0, 0.1, RATE * 4), "no tune"),
    ],
    ids=["silence", "direct current", "short", "noise"],
)
def test_what_is_no_tune_is_refused(tmp_path, sound, said):
    sf.write(tmp_path / "a.wav", sound, RATE)
    with pytest.raises(Refusal, match=said):
        hear(tmp_path / "a.wav", kind="line")


def test_speech_is_refused():
    """Syllables whose pitch glides all the time, as in a question and an answer."""
    rng = np.random.default_rng(3)
    hertz, loud = [], []
    for _ in range(40):
        size = int(rng.uniform(0.12, 0.25) * pitch.RATE)
        begin = rng.uniform(90, 190)
        hertz.append(np.geomspace(begin, begin * 2 ** rng.uniform(-0.9, 0.9), size))
        loud.append(np.hanning(size) ** 0.3)
    phase = np.cumsum(np.concatenate(hertz)) / pitch.RATE
    sound = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 12)) * np.concatenate(loud)
    with pytest.raises(Refusal, match="speech"):
        hear_sound(0.2 * sound, kind="line")


def _wav_header(rate, channels, frames):
    size = frames * channels * 2
    return (b"RIFF" + struct.pack("<I", min(size + 36, 2**32 - 1)) + b"WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, channels, rate, min(rate * channels * 2, 2**32 - 1),
                          channels * 2, 16)
            + b"data" + struct.pack("<I", min(size, 2**32 - 1)))  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"ID3" + bytes(400),
        b"OggS" + bytes(range(256)),
        b"\0\0\0\x20ftypM4A " + bytes(100),
        _wav_header(44_100, 1, 24 * 3600 * 44_100) + bytes(1000),
        _wav_header(2_000_000_000, 1, 100) + bytes(200),
        _wav_header(1, 1, 100) + bytes(200),
        _wav_header(44_100, 0, 100) + bytes(200),
        _wav_header(384_000, 64, 10**7) + bytes(640_000),
    ],
    ids=["empty", "cut", "id3", "ogg", "m4a", "a day", "rate", "slow", "no channel", "64 channels"],
)
def test_broken_and_lying_files_are_refused(tmp_path, data):
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(Refusal):
        hear(tmp_path / "a.wav")


def test_many_channels_high_rates_and_long_files_are_read_up_to_a_minute(tmp_path):
    wide = np.repeat(tone(440, 2.0)[:, None] * 0.1, 64, axis=1)
    sf.write(tmp_path / "wide.wav", np.repeat(wide, 8, axis=0), 176_400)
    assert len(recording.read(tmp_path / "wide.wav")) / pitch.RATE == pytest.approx(2, abs=0.01)
    sf.write(tmp_path / "long.flac", np.tile(tone(440) * 0.1, 90), pitch.RATE)
    assert len(recording.read(tmp_path / "long.flac")) == 60 * pitch.RATE
    nothing = np.full(pitch.RATE * 2, np.nan, np.float32)
    sf.write(tmp_path / "nan.wav", nothing, pitch.RATE, subtype="FLOAT")
    with pytest.raises(Refusal, match="silent"):
        recording.read(tmp_path / "nan.wav")


@pytest.mark.skipif(not polyphonic.available(), reason="needs basic-pitch")
def test_chords_are_heard_as_chords():
    chords = [(48, 55, 64), (53, 57, 60), (55, 59, 62), (48, 55, 64)]
    parts = []
    for chord in chords:
        decay = np.exp(-np.arange(pitch.RATE) / pitch.RATE * 2)
        parts.append(sum(tone(440 * 2 ** ((p - 69) / 12)) for p in chord) * decay)
    found = hear_sound(0.1 * np.concatenate(parts))
    assert found.polyphonic
    got = {(round(s.onset), p) for s, p in zip(found.sung, found.pitches, strict=True)}
    meant = {(i, p) for i, chord in enumerate(chords) for p in chord}
    assert len(got & meant) >= 0.75 * len(meant)


def test_without_the_weights_a_single_line_still_works(monkeypatch, heard):
    monkeypatch.setattr(polyphonic, "_weights", lambda: None)
    polyphonic._session.cache_clear()
    sound = heard[0].sound()[::2]
    assert not hear_sound(sound).polyphonic
    with pytest.raises(Refusal, match="need basic-pitch"):
        hear_sound(sound, kind="polyphonic")


def test_other_weights_are_refused(monkeypatch, tmp_path):
    (tmp_path / "nmp.onnx").write_bytes(b"something else")
    monkeypatch.setattr(polyphonic, "_weights", lambda: tmp_path / "nmp.onnx")
    polyphonic._session.cache_clear()
    with pytest.raises(Refusal, match="not release"):
        polyphonic.transcribe(tone(440))
    polyphonic._session.cache_clear()
