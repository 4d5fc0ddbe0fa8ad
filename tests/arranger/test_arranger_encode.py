"""Bands as steps and back: what the network reads is what was played."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arranger.band import Band, load, rows, save, without
from models.arranger.context import ABSENT, WRITE, encode_context, fields, situation_of
from models.arranger.encode import HOLD, PITCHED, REST, STRUCK, Shapes, encode, shape_of
from models.arranger.kit import CLASSES, NAMES, class_of, key_of, level_of


def band(notes: list[tuple[int, int, int, int, int]], bars: int = 2) -> Band:
    return Band(
        "b", "t", "mma", "train", "swing", "jazz", "4/4", 0, False, 120.0, 0.66, bars,
        rows([(0, 4, 64), (6, 2, 67)], 3), rows([(0, 0, 0, 0), (16, 7, 5, 11)], 4),
        rows([(0, bars, 1)], 3), rows(notes, 5),
    )  # fmt: skip


SHAPES = Shapes.learn([(0, 4, 7)] * 3 + [(4, 3, 8)] * 2 + [(0, 4, 7, 10)], 20)


def test_a_struck_chord_is_one_word_held_to_its_end() -> None:
    steps = encode(band([(2, 0, 4, 60, 80), (2, 0, 4, 64, 80), (2, 0, 3, 67, 80)]), SHAPES)
    column = PITCHED.index("chords")
    word = steps.words[0, column]
    assert SHAPES.pitches(int(word) - STRUCK, 0, int(steps.octaves[0, column])) == (60, 64, 67)
    assert list(steps.words[:6, column]) == [word, HOLD, HOLD, HOLD, REST, REST]


def test_pitches_follow_the_chord() -> None:
    """The same inversion under another chord is the same word."""
    notes = [(2, at, 2, root + up, 80) for at, root in ((0, 60), (16, 67)) for up in (0, 4, 7)]
    steps = encode(band(notes), SHAPES)
    column = PITCHED.index("chords")
    assert steps.words[0, column] == steps.words[16, column] >= STRUCK


@given(st.sets(st.integers(30, 90), min_size=1, max_size=9), st.integers(0, 11))
def test_every_chord_has_a_word_with_its_lowest_tone(pitches: set[int], root: int) -> None:
    shape = shape_of(sorted(pitches), root)
    number = SHAPES.nearest(shape)
    lowest = SHAPES.pitches(number, root, min(pitches) // 12)[0]
    assert lowest == min(pitches)


@given(st.integers(0, 127), st.integers(1, 127))
def test_drums_keep_their_class(key: int, velocity: int) -> None:
    found = class_of(key)
    if found is None:
        assert all(key not in keys for keys in CLASSES.values())
        return
    for family in ("rock", "electronic", "latin"):
        assert class_of(key_of(found, level_of(velocity), family)) == found


def test_the_loudest_of_two_hits_of_a_class_counts() -> None:
    steps = encode(band([(0, 4, 1, 38, 20), (0, 4, 1, 40, 120)]), SHAPES)
    assert steps.drums[4, NAMES.index("snare")] == 3


def test_context_names_melody_chord_and_place() -> None:
    one = band([(1, 0, 4, 36, 90)])
    s = situation_of(one, [3], [[ABSENT, WRITE, ABSENT, ABSENT, ABSENT, ABSENT]])
    ids = encode_context(s, {"swing": 0})
    column = {name: i for i, name in enumerate(fields(1))}
    assert ids.shape == (32, len(column))
    assert (ids >= 0).all()
    assert (ids.max(0) < list(fields(1).values())).all()
    assert list(ids[[0, 1, 4, 6], column["sung"]]) == [2, 1, 0, 2]
    assert ids[0, column["tone"]] == 1 + 4
    assert ids[16, column["bass"]] == 4
    assert ids[15, column["next"]] == 1 + 7
    assert ids[15, column["until"]] == 0
    assert set(ids[:, column["plays bass"]]) == {WRITE}


def test_bands_come_back_from_a_shard(tmp_path) -> None:
    first, second = band([(0, 0, 1, 36, 90)]), band([], 4)
    save([first, second], tmp_path / "x.npz")
    back = load(tmp_path / "x.npz")
    assert [b.bars for b in back] == [2, 4]
    assert np.array_equal(back[0].notes, first.notes)
    assert back[1].notes.shape == (0, 5)
    assert without(back[0], ["drums"]).slots() == ()


def test_a_codebook_needs_the_single_tones() -> None:
    assert SHAPES.rows[:12] == tuple((i,) for i in range(12))
    with pytest.raises(KeyError):
        _ = SHAPES.index[(0, 1, 2, 3)]
