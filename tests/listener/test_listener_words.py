"""Words with their places, and what the vocabulary knows of them."""

from __future__ import annotations

import time

import pytest

from models.listener.features import FEATURES, GAZETTEER, marker
from models.listener.words import language, runs, shape, split


@pytest.fixture(scope="module")
def marks():
    found = marker({"something", "make", "without"})

    def of(text):
        words = split(text)
        rows = found.mark(text, words)
        return {
            (word.text, FEATURES[number])
            for word, row in zip(words, rows, strict=True)
            for number in row
        }

    return of


def test_words_stand_where_they_stood():
    text = "Don't make it 120bpm — 来首D小调, ok? 🔥"
    words = split(text)
    assert [w.text for w in words] == [
        "Don't", "make", "it", "120bpm", "—", "来", "首", "D", "小", "调", ",", "ok", "?", "🔥",
    ]  # fmt: skip
    assert all(text[w.start : w.end] == w.text for w in words)
    assert split("") == split(" \n\t") == []


@pytest.mark.parametrize(
    ("word", "expected"), [("waltz", 1), ("Waltz", 2), ("EDM", 3), ("悲", 4), ("4/4", 0), ("!", 0)]
)
def test_shapes(word, expected):
    assert shape(word) == expected


def test_plain_words_are_small_and_simplified():
    assert [w.plain for w in split("鋼琴 EDM -")] == ["钢", "琴", "edm", "-"]


def test_language_is_chinese_with_one_character():
    assert language("make it 快") == "zh"
    assert language("make it fast 🔥") == "en"


def test_runs_of_tags():
    assert runs(["B-mood", "I-mood", "O", "B-key", "B-key", "I-mood"]) == [
        (0, 2, "mood"),
        (3, 4, "key"),
        (4, 5, "key"),
        (5, 6, "mood"),
    ]


def test_the_vocabulary_is_found_in_both_languages(marks):
    assert {("lo", "B-style"), ("-", "I-style"), ("fi", "I-style")} <= marks("a lo-fi beat")
    assert {("憂", "B-mood"), ("傷", "I-mood")} <= marks("来首憂傷的")
    assert ("violins", "B-instrument") in marks("two violins")
    assert ("sadder", "B-mood") in marks("sadder")


def test_misspelt_words_are_found_and_ordinary_ones_left(marks):
    assert ("melancoly", "B-mood") in marks("melancoly")
    assert not any(name.endswith("mood") for _, name in marks("something without"))


@pytest.mark.parametrize(
    ("text", "word", "feature"),
    [
        ("in F# minor please", "minor", "I-key"),
        ("D小调", "调", "I-key"),
        ("at 96 bpm", "96", "B-bpm"),
        ("7/8 time", "7", "B-meter"),
        ("over Am F C G", "F", "I-chords"),
        ("a ii-V-I there", "V", "I-roman"),
        ("thirty seconds", "seconds", "I-time"),
        ("bars 5", "5", "I-bars"),
        ("call it “Blue Door”", "Blue", "I-quoted"),
        ("with @ana", "ana", "I-mention"),
        ("send the midi", "midi", "B-file"),
        ("第二首", "二", "I-ordinal"),
    ],
)
def test_what_things_look_like(marks, text, word, feature):
    assert (word, feature) in marks(text)


def test_the_vocabulary_comes_first():
    assert all(name[2:] not in ("number", "key") for name in FEATURES[:GAZETTEER])
    assert FEATURES[GAZETTEER] == "B-number"


@pytest.mark.parametrize(
    "unit", ["1", "A ", "“", "a-", "@", "一", "I,", "Am7b5/G#", "harmonic ", "qwertyuiop "]
)
def test_no_message_takes_long_to_mark(marks, unit):
    begun = time.monotonic()
    marks((unit * 2000)[:2000])
    assert time.monotonic() - begun < 2
