"""Stresses on weights: in-word pairs, and one-syllable words of meaning and of grammar."""

from __future__ import annotations

import pytest

from models.lyricist.hymnal import read_hymns
from models.lyricist.pronounce import load
from models.lyricist.stress import (
    StressCount,
    count_hymns,
    count_line,
    count_sung,
    is_strong,
    rises,
    stresses_of,
)
from models.lyrics import Sung


def test_a_pair_is_two_neighbours_of_which_one_has_the_main_stress():
    assert list(rises((1, 0), (4, 1))) == [3]
    assert list(rises((0, 1), (4, 1))) == [-3]
    assert list(rises((0, 1, 0), (1, 1, 2))) == [0, -1]
    assert list(rises((1, 2), (1, 4))) == []  # a second stress may be as heavy as it likes
    assert list(rises((2, 0, 1, 0), (3, 1, 4, 1))) == [3, 3]


def test_a_strong_place_is_heavy_and_not_lighter_than_the_next():
    assert [is_strong((4, 1, 3, 4, 2, 3), at) for at in range(6)] == [
        True, False, False, True, False, True,
    ]  # fmt: skip


def test_a_line_is_counted():
    words = [("the", (0,)), ("winter", (1, 0)), ("night", (1,)), ("of", (0,)), ("snow", (1,))]
    count = count_line(words, (1, 4, 1, 3, 1, 4))
    assert count == StressCount(heavier=1, content=2, content_strong=2, function=2)
    turned = count_line(words, (4, 1, 4, 1, 4, 1))
    assert turned == StressCount(violated=1, content=2, function=2, function_strong=2)
    both = count + turned
    assert (both.pairs, both.kept, both.heavier_share) == (2, 0.5, 0.5)
    assert (both.content_share, both.function_share) == (0.5, 0.5)
    assert (StressCount().kept, StressCount().function_share) == (1.0, 0.0)


def test_stresses_come_from_the_reading_that_is_sung():
    assert stresses_of("winter", 2, load()) == (1, 0)
    assert len(stresses_of("heaven", 1, load())) == 1
    assert stresses_of("Xyloquine", 3, load()) == (2, 2, 2)


def test_syllables_on_notes_are_counted_word_by_word():
    sung = [Sung("win", 0, 1, joined=True), Sung("ter,", 1, 2), Sung("the eve", 2, 3)]
    count = count_sung(sung, (4, 1, 4), load())
    assert count == StressCount(heavier=1)  # two words on a note say nothing


def test_what_people_do(data_dir):
    """Close to notes/language.md (91.5, 4.4, 4.0; 75.7, 28.1), which reads 6/8 as 3/4."""
    count = count_hymns(read_hymns(data_dir), load())
    assert count.pairs > 8000
    assert count.heavier_share == pytest.approx(0.932, abs=0.004)
    assert count.kept == pytest.approx(0.968, abs=0.003)
    assert count.content_share == pytest.approx(0.795, abs=0.004)
    assert count.function_share == pytest.approx(0.290, abs=0.004)
