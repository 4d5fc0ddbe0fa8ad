"""Held-out tunes as plans in every family, and what a maker writes for them."""

from __future__ import annotations

import numpy as np
import pytest

from models.arranger.band import SLOTS, Band, rows, save
from models.arranger.evaluation import makers
from models.arranger.evaluation.tunes import (
    chosen,
    families,
    grid,
    in_four,
    like_people,
    of_band,
    of_sheet,
)
from models.arranger.evaluation.view import as_band, labels
from models.composer.sheets import BAR_STEPS, LeadSheet


def sheet(meter="4/4", bars=16, name="nottingham/a#0", minor=False):
    """A scale in quarters over two chords."""
    bar = BAR_STEPS[meter]
    notes = tuple((on, 4, 60 + (0, 2, 4, 5, 7)[on // 4 % 5]) for on in range(0, bars * bar, 4))
    chords = tuple((on, (0, 7)[on // bar % 2], 0) for on in range(0, bars * bar, bar))
    return LeadSheet(name, name.split("/")[0], "folk", meter, minor, bars, notes, chords)


def played(bars=16):
    """A human band: a piano of two parts and a bass under a tune in D."""
    notes = [
        (SLOTS.index(slot), on, 4, pitch, 80)
        for on in range(0, bars * 16, 16)
        for slot, pitch in (("bass", 38), ("chords", 66), ("chords2", 50))
    ]
    melody = [(on, 4, 74) for on in range(0, bars * 16, 4)]
    return Band(
        "game/x@0", "game/x", "game", "test", "", "", "4/4", 2, False, 100.0, 0.5, bars,
        rows(melody, 3), rows([(0, 2, 0, 2), (16, 9, 0, 1)], 4), rows([(0, bars, 1)], 3),
        rows(notes, 5),
    )  # fmt: skip


def test_a_sheet_becomes_a_tune_in_a_key_with_its_chords_moved_along():
    tune = of_sheet(sheet(), 1)  # the second key of the round is G
    assert str(tune.key) == "G major"
    assert [c.chord.symbol for c in tune.chords[:2]] == ["G", "D"]
    assert tune.melody[0].pitch % 12 == 7
    assert sum(s.bars for s in tune.sections) == tune.bars == 16


def test_minor_keys_are_minor():
    assert [str(of_sheet(sheet(minor=True), n).key) for n in (0, 1)] == ["A minor", "E minor"]


def test_short_and_bare_sheets_are_left_out():
    assert of_sheet(sheet(bars=8), 0) is None
    assert of_sheet(LeadSheet("a", "a", "folk", "4/4", False, 16, sheet().notes, ()), 0) is None


def test_a_tune_is_dressed_once_in_each_family_that_can_play_it():
    cases = grid([of_sheet(sheet(), 0), of_sheet(sheet("6/8"), 1)])
    first = [c for c in cases if c.plan.meter.bar_beats == 4]
    assert [c.family for c in first] == list(families()) and len(first) == 12
    rest = {c.family for c in cases} - {c.family for c in cases if str(c.plan.meter) == "6/8"}
    assert rest == {"electronic", "hiphop", "jazz"}


def test_styles_go_round_with_the_tunes():
    tunes = [of_sheet(sheet(), n) for n in range(3)]
    pop = [c.plan.style for c in grid(tunes) if c.family == "pop"]
    assert len(set(pop)) == 3


def test_two_bars_of_two_are_one_of_four():
    tune = of_sheet(sheet("2/4", bars=32), 0)
    read = in_four(tune)
    assert (read.bars, str(read.meter)) == (16, "4/4")
    assert [n.onset for n in read.melody] == [n.onset for n in tune.melody]


def test_tunes_that_people_played_come_with_what_they_played():
    tune = of_band(played())
    assert str(tune.key) == "D major"
    assert tune.chords[1].chord.symbol == "A/C#"
    case = like_people(tune)
    assert [p.role for p in case.plan.parts] == ["melody", "bass", "chords", "chords"]
    assert chosen([sheet(), sheet(name="game/x#0")], [tune], 9)[0].human is not None
    assert {t.id for t in chosen([sheet(name="game/x#0")], [tune], 9)} == {"game/x@0"}


def test_a_score_is_seen_as_a_band_of_the_same_notes(tmp_path):
    case = like_people(of_band(played()))
    score = makers.maker("plain", tmp_path)(case)
    band = as_band(score, case.plan, case.melody)
    assert band.slots() == ("bass", "chords", "chords2")
    bass = next(t for t in score.tracks if t.role == "bass")
    assert len(band.part("bass")) == len(bass.notes)
    assert band.chords.tolist()[:2] == [[0, 2, 0, 2], [16, 9, 0, 1]]
    assert len(labels([s.section for s in case.plan.sections])) == band.bars


def test_takes_are_the_scores_that_were_written_and_are_kept(tmp_path):
    cases = grid([of_sheet(sheet(), 0)])[:2]
    said = []
    takes = makers.takes("plain", cases, tmp_path, said.append)
    again = makers.takes("plain", cases, tmp_path, said.append)
    assert len(said) == 1  # the second time they were read
    make = makers.maker("plain", tmp_path)
    for case, take, other in zip(cases, takes, again, strict=True):
        assert take.raw == take.final == make(case) == other.raw
        assert np.array_equal(take.band.notes, other.band.notes)


def test_retrieval_says_what_it_lacks(tmp_path):
    with pytest.raises(FileNotFoundError, match="no training bands"):
        makers.maker("retrieval", tmp_path)
    save([played()], tmp_path / "game-test-000.npz")
    assert [b.id for b in makers.shards(tmp_path, "test")] == ["game/x@0"]
