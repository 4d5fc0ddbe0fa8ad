from __future__ import annotations

import random
from pathlib import Path

import pytest
import symusic
from hypothesis import HealthCheck, given, settings
from score_strategies import scores

from models import midi
from models.errors import Refusal
from models.score import Meter, Note, Score, Section, Tempo, Track
from models.theory import Key

C_MAJOR = Score("T", Key("C"), Meter(), (Tempo(0.0, 120.0),), 2)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(score=scores())
def test_every_score_comes_back_exactly(score: Score, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    midi.write(score, path)
    assert midi.read(path) == score


def test_other_programs_see_names_channels_and_markers(tmp_path: Path):
    tracks = (
        Track("Drums", "drums", 32, (Note(0, 36, 0.25, 100),), is_drum=True),
        *(Track(f"P{i}", "other", 0, (Note(0, 60 + i, 1),)) for i in range(15)),
    )
    score = C_MAJOR.with_tracks(tracks)
    midi.write(score, tmp_path / "a.mid")
    assert midi.read(tmp_path / "a.mid") == score
    data = (tmp_path / "a.mid").read_bytes()
    channels = {status & 15 for status in data[14:] if status & 0xF0 == 0x90}
    assert channels == set(range(16))  # every melodic part has a channel of its own
    parsed = symusic.Score.from_midi(data)
    assert [t.program for t in parsed.tracks if t.is_drum] == [32]


def test_sixteen_melodic_parts_are_refused(tmp_path: Path):
    tracks = [Track(f"P{i}", "other", 0, (Note(0, 60, 1),)) for i in range(16)]
    with pytest.raises(Refusal, match="at most 15 instruments"):
        midi.write(C_MAJOR.with_tracks(tracks), tmp_path / "a.mid")


def test_a_pitch_struck_again_ends_the_first(tmp_path: Path):
    notes = (Note(0, 60, 4, 80), Note(1, 60, 1, 90))
    midi.write(C_MAJOR.with_tracks([Track("P", "pad", 0, notes)]), tmp_path / "a.mid")
    back = midi.read(tmp_path / "a.mid").tracks[0].notes
    assert back == (Note(0, 60, 1, 80), Note(1, 60, 1, 90))


def test_trailing_silence_and_mode_survive(tmp_path: Path):
    score = Score(
        "Long",
        Key("E", "phrygian"),
        Meter(6, 8),
        (Tempo(0.0, 97.123456),),
        40,
        (Track("P", "pad", 5, (Note(0, 60, 1),)),),
        (),
        (Section("intro", "I", 0, 3),),
    )
    midi.write(score, tmp_path / "a.mid")
    back = midi.read(tmp_path / "a.mid")
    assert (back.bars, str(back.key), back.bpm) == (40, "E phrygian", 97.123456)
    assert back.sections == score.sections


def test_a_strangers_file_gives_what_it_states(tmp_path: Path):
    foreign = symusic.Score(96)
    foreign.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    foreign.key_signatures.append(symusic.KeySignature(0, -1, 1))
    foreign.tempos.append(symusic.Tempo(0, 90))
    foreign.markers.append(symusic.TextMeta(0, "B"))  # a rehearsal letter, not B major
    for name, program, drum in (("", 33, False), ("Lead melody", 73, False), ("", 0, True)):
        track = symusic.Track(name, program, drum)
        track.notes.append(symusic.Note(96, 300, 50, 70))
        foreign.tracks.append(track)
    (tmp_path / "song.mid").write_bytes(foreign.dumps_midi())
    score = midi.read(tmp_path / "song.mid")
    assert (score.title, str(score.key), str(score.meter), score.bars) == (
        "song",
        "D minor",
        "3/4",
        2,
    )
    assert [t.role for t in score.tracks] == ["bass", "melody", "drums"]
    assert score.tracks[0].notes == (Note(1.0, 50, 3.125, 70),)
    assert score.chords == () and score.sections == ()


def test_a_forged_end_marker_is_not_believed(tmp_path: Path):
    score = C_MAJOR.with_tracks([Track("P", "pad", 0, (Note(0, 60, 1),))])
    midi.write(score, tmp_path / "a.mid")
    data = (tmp_path / "a.mid").read_bytes()
    (tmp_path / "a.mid").write_bytes(data.replace(b'"pad"', b'"xyz"'))
    assert midi.read(tmp_path / "a.mid").tracks[0].role == "other"


def test_damage_never_gives_anything_but_a_score_or_a_refusal(tmp_path: Path):
    tracks = [Track("P", "pad", 0, tuple(Note(i / 2, 60 + i, 0.5) for i in range(16)))]
    midi.write(C_MAJOR.with_tracks(tracks), tmp_path / "good.mid")
    good = (tmp_path / "good.mid").read_bytes()
    rng = random.Random(1)
    refused = 0
    for _ in range(300):
        bad = bytearray(good[: rng.randrange(len(good))] if rng.random() < 0.3 else good)
        for _ in range(rng.randrange(1, 6)):
            if bad:
                bad[rng.randrange(len(bad))] = rng.randrange(256)
        (tmp_path / "bad.mid").write_bytes(bytes(bad))
        try:
            midi.read(tmp_path / "bad.mid")
        except Refusal:
            refused += 1
    assert refused > 100


def test_a_bomb_is_refused_quickly(tmp_path: Path):
    foreign = symusic.Score(480)
    track = symusic.Track("a", 0, False)
    track.notes.append(symusic.Note(480 * 100_000, 480, 60, 70))
    foreign.tracks.append(track)
    (tmp_path / "long.mid").write_bytes(foreign.dumps_midi())
    with pytest.raises(Refusal, match="longer than the 6000 beats"):
        midi.read(tmp_path / "long.mid")
    (tmp_path / "big.mid").write_bytes(b"MThd" + bytes(2 << 20))
    with pytest.raises(Refusal, match="1 MiB"):
        midi.read(tmp_path / "big.mid")


def test_notes_that_never_end_last_until_their_pitch_or_the_file_does(tmp_path: Path):
    events = [
        (0, "c0 49"), (0, "90 3c 50"), (480, "3e 51"), (480, "90 3c 52"),
        (0, "ff 01 02 41 42"), (0, "99 24 53"), (480, "f0 02 7d f7"), (960, "ff 2f 00"),
    ]  # fmt: skip
    body = b"".join(
        bytes((128 | delta >> 7, delta & 127)) + bytes.fromhex(event) for delta, event in events
    )
    head = b"MThd" + bytes((0, 0, 0, 6, 0, 0, 0, 1, 1, 0xE0))
    data = head + b"MTrk" + len(body).to_bytes(4, "big") + body
    path = tmp_path / "a.mid"
    path.write_bytes(data)
    flute, drums = midi.read(path).tracks
    assert flute.notes == (Note(0, 60, 2, 80), Note(1, 62, 4, 81), Note(2, 60, 3, 82))
    assert flute.program == 73
    assert (drums.is_drum, drums.notes) == (True, (Note(2, 36, 3, 83),))

    path.write_bytes(data.replace(bytes.fromhex("8740ff2f00"), bytes.fromhex("8000ff2f00")))
    assert midi.read(path).tracks[0].notes[-1] == Note(2, 60, 1, 82)  # a beat, not none
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        try:
            midi.read(path)
        except Refusal:
            continue
