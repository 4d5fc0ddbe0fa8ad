"""Retrieval on banks whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.arranger.evaluation.measures import bass_on_root, chord_tones
from models.arranger.evaluation.tunes import grid, of_sheet
from models.arranger.evaluation.view import as_band
from models.arranger.plain import arrange as plain
from models.arranger.retrieval import Bank, arrange
from models.composer.sheets import LeadSheet


def case(roots=(0, 9, 5, 7), qualities=(0, 1, 0, 0)):
    """A pop tune of sixteen bars with a chord a bar."""
    notes = tuple((on, 4, 60 + (0, 4, 7, 2, 5)[on // 4 % 5]) for on in range(0, 256, 4))
    chords = tuple((16 * b, roots[b % 4], qualities[b % 4]) for b in range(16))
    tune = of_sheet(LeadSheet("a", "a", "pop", "4/4", False, 16, notes, chords), 0)
    return grid([tune])[0]


def trained(given):
    """What the rules write for a case, as if it were a training band."""
    score = plain(given.plan, given.melody)
    return replace(as_band(score, given.plan, given.melody, "own"), split="train")


def test_a_bank_with_the_tune_itself_gives_its_own_band_back():
    given = case()
    own = trained(given)
    found = as_band(arrange(given.plan, given.melody, Bank.of([own])), given.plan, given.melody)
    for slot in ("bass", "drums"):
        assert found.part(slot)[:, :3].tolist() == own.part(slot)[:, :3].tolist()


def test_segments_follow_the_chords_that_are_asked_for():
    bank = Bank.of([trained(case())])
    other = case((2, 7, 0, 9), (1, 5, 6, 7))  # ii V7 Imaj7 vi7
    found = as_band(arrange(other.plan, other.melody, bank), other.plan, other.melody)
    assert chord_tones(found) > 0.95
    assert bass_on_root(found) > 0.9


def test_every_part_plays_within_its_range_also_where_the_bank_lacks_it():
    given = case()
    bank = Bank.of([replace(trained(given), notes=trained(given).notes[:0])])
    assert not bank.bands  # a band without notes is none
    drums = trained(given)
    bank = Bank.of([replace(drums, notes=drums.notes[drums.notes[:, 0] == 0])])
    score = arrange(given.plan, given.melody, bank)
    for part, track in zip(given.plan.parts, score.tracks, strict=True):
        assert track.notes
        assert all(part.low <= n.pitch <= part.high for n in track.notes)


def test_the_same_seed_gives_the_same_score():
    given = case()
    bank = Bank.of([trained(given), trained(case((5, 7, 4, 9)))])
    assert arrange(given.plan, given.melody, bank, 1) == arrange(given.plan, given.melody, bank, 1)


def test_held_out_bands_are_refused():
    with pytest.raises(ValueError, match="held out"):
        Bank.of([replace(trained(case()), split="test")])
