"""The mood judge: each cue alone moves what the literature says it moves, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models import midi
from models.mood_judge import HUMAN, agreement, cues, judge
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

_MAJOR = {"I": (0, 4, 7), "IV": (5, 9, 12), "V": (7, 11, 14)}
_MINOR = {"I": (0, 3, 7), "IV": (5, 8, 12), "V": (7, 11, 14)}


def _piece(
    *,
    minor: bool = False,
    bpm: float = 100,
    velocity: int = 88,
    octave: int = 0,
    length: float = 0.85,
    per_beat: int = 1,
    drums: bool = False,
    added: int | None = None,
) -> Score:
    """Eight bars of chords with a tune of chord tones; one cue at a time is changed by tests."""
    shapes = _MINOR if minor else _MAJOR
    tune, chords, hits = [], [], []
    for bar, name in enumerate(["I", "IV", "V", "I"] * 2):
        tones = shapes[name]
        for i in range(4 * per_beat):
            onset = 4 * bar + i / per_beat
            pitch = 60 + octave + tones[i % 3]
            tune.append(Note(onset, pitch, length / per_beat, velocity))
        sounding = tones if added is None else (*tones, tones[0] + added)
        for beat in range(4):
            chords += [
                Note(4 * bar + beat, 48 + octave + t, length, velocity) for t in sorted(sounding)
            ]
        hits += [Note(4 * bar + i / 2, 42, 0.25, velocity) for i in range(8)]
    tracks = [Track("Flute", "melody", 73, tuple(tune)), Track("Piano", "chords", 0, tuple(chords))]
    if drums:
        tracks.append(Track("Drums", "drums", 0, tuple(hits), is_drum=True))
    key = Key("C", "minor" if minor else "major")
    return Score("t", key, Meter(4, 4), (Tempo(0, bpm),), 8, tuple(tracks))


def test_each_cue_moves_what_it_should() -> None:
    valence, arousal = judge(_piece())
    for changed, more_valence, more_arousal in (
        (_piece(minor=True), -1, 0),
        (_piece(bpm=150), 1, 1),
        (_piece(bpm=60), -1, -1),
        (_piece(velocity=115), 0, 1),
        (_piece(velocity=50), 0, -1),
        (_piece(octave=12), 1, 1),
        (_piece(octave=-12), -1, -1),
        (_piece(length=0.5), 1, 1),
        (_piece(per_beat=4), 0, 1),
        (_piece(drums=True), 0, 1),
        (_piece(added=1), -1, 0),
    ):
        for before, after, way in zip(
            (valence, arousal), judge(changed), (more_valence, more_arousal), strict=True
        ):
            assert -1 < after < 1
            if way:
                assert (after - before) * way > 0.02
            else:
                assert abs(after - before) < 0.05


def test_extremes_are_told_apart() -> None:
    happy = judge(_piece(bpm=150, velocity=105, octave=7, length=0.6, drums=True))
    sad = judge(_piece(minor=True, bpm=60, velocity=60, octave=-7, length=1.0))
    assert min(happy) > 0.5
    assert max(sad) < -0.5


def test_cues_of_a_known_piece() -> None:
    found = cues(_piece(bpm=120, length=0.5, drums=True))
    assert found["tempo"] == pytest.approx(6.9069, abs=0.01)  # log2 of 120
    assert found["onsets"] == pytest.approx(2, abs=0.02)  # log2 of 4
    assert found["dynamics"] == 88
    assert found["detached"] == pytest.approx(0.5)
    assert found["percussion"] == pytest.approx(2, abs=0.02)
    triad = (1.240 + 0.594 + 0.386) / 3
    assert found["consonance"] == pytest.approx(triad)
    assert found["mode"] > 0 > cues(_piece(minor=True))["mode"]


def test_a_program_may_have_its_own_middle() -> None:
    """Centred on soft pieces, a soft one is neutral and order stays."""
    soft = [_piece(velocity=60, bpm=bpm) for bpm in (90, 100, 110)]
    norms = HUMAN.centred_on(soft)
    assert judge(soft[1])[1] < -0.3
    assert judge(soft[1], norms) == pytest.approx((0, 0), abs=0.02)
    assert judge(soft[2], norms)[1] > 0 > judge(soft[0], norms)[1]
    assert {k: d for k, (_, d) in norms.of.items()} == {k: d for k, (_, d) in HUMAN.of.items()}


def test_what_a_file_says_of_itself_is_not_heard(tmp_path: Path) -> None:
    """A wrong key signature and title change nothing; the file is judged as the score is."""
    piece = _piece()
    lying = replace(piece, key=Key("C", "minor"), title="Sad and slow")
    midi.write(lying, tmp_path / "a.mid")
    assert judge(tmp_path / "a.mid") == pytest.approx(judge(piece), abs=1e-3)


def test_compound_meters_are_heard_in_their_pulse() -> None:
    score = replace(_piece(bpm=120), meter=Meter(6, 8))
    assert cues(score)["tempo"] == pytest.approx(cues(_piece(bpm=80))["tempo"])


def test_without_a_pitched_note_there_is_no_mood() -> None:
    drums = tuple(t for t in _piece(drums=True).tracks if t.is_drum)
    with pytest.raises(ValueError, match="pitched"):
        judge(replace(_piece(), tracks=drums))


def test_agreement_counts_clear_wishes_only() -> None:
    got = agreement([(0.8, 0.1), (-0.5, -0.9), (0.3, -0.2), (0.1, -0.9), (0.25, 0.4)])
    assert got.counted == 4
    assert got.share == pytest.approx(3 / 4)
    assert got.low == pytest.approx(0.3006, abs=1e-3)  # Wilson, 3 of 4
    assert got.high == pytest.approx(0.9544, abs=1e-3)
    with pytest.raises(ValueError, match="clear"):
        agreement([(0.2, 0.4)])


def test_human_music_lies_in_the_middle(data_dir: Path) -> None:
    """The norms are the corpus's: most songs are not at an end of either scale."""
    judged = [judge(p) for p in sorted((data_dir / "pop909").glob("00[0-9]/00[0-9].mid"))]
    assert judged
    for values in zip(*judged, strict=True):
        assert sum(abs(v) < 0.9 for v in values) >= 0.8 * len(values)
