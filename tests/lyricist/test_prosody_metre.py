"""Weights of places in the bar, in every meter words may come in."""

from __future__ import annotations

import pytest

from models.lyricist.metre import level, strength, weights
from models.score import Meter


@pytest.mark.parametrize(
    ("meter", "places"),
    [
        ("4/4", {0: 4, 1: 2, 2: 3, 3: 2, 0.5: 1, 1.5: 1, 0.25: 0, 4: 4, 6: 3}),
        ("3/4", {0: 4, 1: 2, 2: 2, 1.5: 1, 3: 4}),
        ("2/4", {0: 4, 1: 2, 0.5: 1, 2: 4}),
        ("6/8", {0: 4, 1.5: 3, 0.5: 1, 1.0: 1, 2.5: 1, 3: 4}),
        ("9/8", {0: 4, 1.5: 2, 3: 2, 0.5: 1}),
        ("12/8", {0: 4, 1.5: 2, 3: 3, 4.5: 2, 0.5: 1}),
        ("5/4", {0: 4, 1: 2, 3: 3, 4: 2, 0.5: 1}),
        ("7/8", {0: 4, 1: 3, 2: 3, 0.5: 1, 3: 1, 0.25: 0, 3.5: 4}),
        ("2/2", {0: 4, 2: 3, 1: 1, 3: 1}),
        ("3/2", {0: 4, 2: 2, 4: 2, 1: 1}),
        ("6/4", {0: 4, 3: 4, 1: 2}),
        ("8/4", {0: 4, 2: 3, 4: 4, 1: 2}),
    ],
)
def test_levels(meter, places):
    assert {at: strength(at, Meter.parse(meter)) for at in places} == places


def test_played_onsets_are_felt_where_they_nearly_are():
    assert strength(1.96, Meter()) == 3
    assert strength(4.05, Meter()) == 4
    assert strength(0.67, Meter()) == 0  # a swung eighth is no beat


def test_a_note_ahead_of_a_beat_and_held_over_it_weighs_what_the_beat_does():
    four = Meter()
    assert level(3.5, 5.0, 5.0, four) == 4
    assert level(1.5, 2.5, 3.0, four) == 3
    assert level(3.5, 4.0, 4.0, four) == 1  # stops at the bar line
    assert level(3.5, 5.0, 4.0, four) == 1  # another begins there
    assert level(2.5, 5.0, 5.0, Meter(6, 8)) == 4


def test_long_syllables_weigh_one_more():
    spans = [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 5.0)]
    assert weights(spans, Meter()) == [4.0, 2.0, 4.0, 4.0]
    assert weights([], Meter()) == []
