"""Drums: that nats are those of a probability, and that what is known costs less."""

from __future__ import annotations

import numpy as np
import pytest

from models.arranger.band import Band, rows
from models.arranger.evaluation.drumming import (
    BAR,
    DrumNgram,
    Drums,
    chosen_ngram,
    patterns_of,
    read,
    unigram,
)
from models.arranger.kit import NAMES

KICK, SNARE, HAT = (NAMES.index(n) for n in ("kick", "snare", "hat"))


def beat(bars=4, kicks=(0, 8), family="rock"):
    grid = np.zeros((bars * BAR, len(NAMES)), np.int64)
    for bar in range(bars):
        for at in kicks:
            grid[bar * BAR + at, KICK] = 3
        grid[bar * BAR + np.array([4, 12]), SNARE] = 2
        grid[bar * BAR : bar * BAR + BAR : 2, HAT] = 2
    return Drums(grid, family)


def test_bands_are_read_as_levels_of_classes():
    notes = [(0, 0, 1, 36, 100), (0, 4, 1, 38, 40), (0, 4, 1, 40, 90), (0, 6, 1, 24, 90)]
    band = Band(
        "a", "a", "groove", "test", "", "rock", "4/4", 0, False, 100.0, 0.5, 1,
        rows((), 3), rows((), 4), rows((), 3), rows(notes, 5),
    )  # fmt: skip
    (found,) = read([band])
    assert (found.grid[0, KICK], found.grid[4, SNARE], found.hits) == (3, 2, 2)


@pytest.mark.parametrize("layout", DrumNgram.LAYOUTS)
def test_an_ngram_expects_what_it_has_seen(layout):
    model = DrumNgram(layout).fit([beat()])
    known, other = model.nats([beat()]), model.nats([beat(kicks=(3, 11))])
    assert known < other
    assert known < unigram([beat()])(beat())


def test_patterns_are_probabilities_of_whole_bars():
    model = patterns_of([beat()], [beat(), beat(kicks=(0, 6))], 0.02, 0.7, 0.1)
    for logs in model.logs.values():
        assert np.allclose(np.exp(logs).sum(axis=-1), 1)
    assert model.weights["rock"].sum() == pytest.approx(1)
    # One cell over all its levels, the others fixed, costs what the others cost.
    piece = beat(bars=2)
    shares = []
    for level in range(4):
        piece.grid[20, SNARE] = level
        shares.append(np.exp(-model.nats(piece)))
    one, other = patterns_of([beat()], [beat()], 0.02, 0.7, 0.1), sum(shares)
    assert other > max(shares) and np.isfinite(one.nats(piece))


def test_patterns_know_their_own_bars_and_serve_unknown_families():
    model = patterns_of([beat()], [beat(), beat(kicks=(0, 6))], 0.02, 0.7, 0.1)
    assert model.nats(beat(kicks=(0, 6))) < model.nats(beat(kicks=(3, 11)))
    assert model.nats(beat(family="polka")) == pytest.approx(model.nats(beat()))


@pytest.mark.parametrize("layout", DrumNgram.LAYOUTS)
def test_the_chances_of_a_cell_sum_to_one(layout):
    model = DrumNgram(layout).fit([beat(), beat(kicks=(0, 6), family="jazz")])
    piece = beat(kicks=(3, 8))
    cells = piece.grid.size
    total = sum(model.chances([piece], np.full(cells, level)) for level in range(4))
    assert np.allclose(total, 1)


def test_the_ngram_is_chosen_on_validation_drums():
    swung = beat(kicks=(3, 11))
    model, words = chosen_ngram([beat()], [swung], [swung])
    assert "Groove and MMA" in words  # only MMA's bars help here
    assert model.nats([swung]) < DrumNgram(model.contexts).fit([beat()]).nats([swung])
