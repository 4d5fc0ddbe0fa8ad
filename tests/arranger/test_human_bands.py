from __future__ import annotations

from pathlib import Path

import pytest

from models.arranger.band import Band, rows
from models.arranger.corpora import grid
from models.arranger.corpora.forms import with_bass
from models.arranger.corpora.groove_drums import style_of
from models.arranger.corpora.pop_piano import hands
from models.arranger.corpora.swing_bass import parse, swing_bass
from models.score import Note
from models.vocabulary import load


def test_swung_eighths_are_found_and_moved_straight() -> None:
    onsets = [beat + part for beat in range(32) for part in (0.0, 0.66)]
    swing = grid.swing_of(onsets)
    assert swing == pytest.approx(0.66)
    assert [grid.step(o, swing) for o in onsets] == list(range(0, 128, 2))
    assert grid.near(onsets, swing) == 1.0


def test_straight_eighths_and_sixteenths_stay() -> None:
    onsets = [beat + part for beat in range(32) for part in (0.0, 0.25, 0.5, 0.75)]
    assert grid.swing_of(onsets) == 0.5
    assert [grid.step(o) for o in onsets] == list(range(128))


def test_a_pitch_struck_again_ends_and_the_louder_stroke_stays() -> None:
    notes = [Note(0.0, 60, 4.0, 50), Note(1.0, 60, 1.0, 90), Note(1.02, 60, 0.5, 40)]
    assert grid.slot_rows("chords", notes, 0.5, 64) == [(2, 0, 4, 60, 50), (2, 4, 4, 60, 90)]


def test_windows_restate_the_chord_and_what_still_rings() -> None:
    band = Band(
        "x", "x", "game", "train", "", "", "4/4", 0, False, 120.0, 0.5, 40,
        melody=rows([(0, 4, 70), (330, 400 - 330, 72)], 3),
        chords=rows([(0, 0, 0, 0), (300, 7, 0, 7)], 4),
        sections=rows([(0, 20, 1), (20, 20, 2)], 3),
        notes=rows([(4, 304, 32, 60, 80)], 5),
    )  # fmt: skip
    first, second = grid.cut(band)
    assert (first.bars, second.bars) == (20, 20)
    assert second.chords.tolist() == [[0, 7, 0, 7]]
    assert second.melody.tolist() == [[10, 70, 72]]
    assert first.notes.tolist() == [[4, 304, 16, 60, 80]]
    assert second.notes.tolist() == [[4, 0, 16, 60, 80]]
    assert second.sections.tolist() == [[0, 20, 2]]


def test_hands_part_in_the_gap_between_them() -> None:
    struck = [(b, p) for b in range(8) for p in (40, 47, 64, 67, 72)]
    left, right = hands([Note(float(b), p, 1.0) for b, p in struck])
    assert {n.pitch for n in left} == {40, 47}
    assert {n.pitch for n in right} == {64, 67, 72}


def test_the_bass_under_a_chord_makes_its_inversion() -> None:
    chords = [(0, 0, 0), (16, 0, 0), (32, 0, 0)]
    notes = [(1, 0, 16, 40, 80), (1, 16, 16, 41, 80), (1, 32, 16, 36, 80)]
    assert with_bass(chords, notes)[:, 3].tolist() == [4, 0, 0]  # E, a passing F, C


@pytest.mark.parametrize(
    ("name", "style"),
    [("jazz/swing", "swing"), ("latin/brazilian-songo", "samba"), ("rock/halftime", "rock")],
)
def test_groove_styles_are_vocabulary_ids(name: str, style: str) -> None:
    assert style_of(name) == (style, load().styles[style].family)
    assert style_of("middleeastern") == ("", "world")


@pytest.mark.parametrize(
    ("symbol", "ours"), [("A7M", "Amaj7"), ("B-7b5", "Bm7b5"), ("Bb-", "Bbm"), ("F7/A", "F7/A")]
)
def test_the_librarys_chord_symbols(symbol: str, ours: str) -> None:
    chord = parse(symbol)
    assert chord is not None
    assert chord.symbol == ours


def test_walking_bass_stands_on_its_chords(data_dir: Path) -> None:
    bands = list(swing_bass(data_dir))
    assert sum(b.bars for b in bands) > 1000
    for band in bands:
        notes = band.notes
        assert len(notes)
        assert (notes[:, 1] + notes[:, 2] <= band.bars * band.bar_steps).all()
        assert ((notes[:, 3] >= 0) & (notes[:, 3] < 128)).all()
