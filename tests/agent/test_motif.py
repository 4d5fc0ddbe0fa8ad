"""Hooks as people type them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.motif import MOST_BARS, is_in_steps, key_of, read_motif
from models.errors import Refusal
from models.score import Meter
from models.theory import Key

COMMON, WALTZ, JIG = Meter(4, 4), Meter(3, 4), Meter(6, 8)
C, G, D_MINOR = Key("C"), Key("G"), Key("D", "minor")


def heard(text, meter=COMMON, key=C):
    return [(n.onset, n.pitch, n.duration) for n in read_motif(text, meter, key)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The last note is held to the bar line.
        ("E4 G4 A4 G4 | E4 D4 C4", [(0, 64, 1), (1, 67, 1), (2, 69, 1), (3, 67, 1),
                                    (4, 64, 1), (5, 62, 1), (6, 60, 2)]),
        ("1 1 5 5 6 6 5", [(0, 60, 1), (1, 60, 1), (2, 67, 1), (3, 67, 1),
                           (4, 69, 1), (5, 69, 1), (6, 67, 2)]),
        # A fuller bar is in quicker notes.
        ("1 1 2 2 3 3 4 4 | 5", [*((n / 2, 60 + (0, 2, 4, 5)[n // 2], 0.5) for n in range(8)),
                                 (4, 67, 4)]),
        ("e:1.5 g:1/2 a:2", [(0, 64, 1.5), (1.5, 67, 0.5), (2, 69, 2)]),
        ("C4q. D4e E4h", [(0, 60, 1.5), (1.5, 62, 0.5), (2, 64, 2)]),
        ("C5 r G4 r", [(0, 72, 1), (2, 67, 1)]),
        ("5 - 3 -", [(0, 67, 2), (2, 64, 2)]),
        ("0 5 6 1'", [(1, 67, 1), (2, 69, 1), (3, 72, 1)]),
        ("b3 .7 #4 8", [(0, 63, 1), (1, 59, 1), (2, 66, 1), (3, 72, 1)]),
        ("bb4, F#5，C♯5、e", [(0, 70, 1), (1, 78, 1), (2, 73, 1), (3, 76, 1)]),
    ],
)  # fmt: skip
def test_what_is_typed_is_what_sounds(text, expected):
    assert heard(text) == expected


def test_steps_follow_the_key_and_lie_in_the_middle():
    assert [p for _, p, _ in heard("1 2 3", key=G)] == [67, 69, 71]
    assert [p for _, p, _ in heard("1 2 3", key=D_MINOR)] == [62, 64, 65]
    for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"):
        (_, low, _), *_ = heard("1 5", key=Key(tonic))
        assert 57 <= low <= 68


def test_bars_follow_the_meter():
    assert heard("1 2 3 | 5", WALTZ) == [(0, 60, 1), (1, 62, 1), (2, 64, 1), (3, 67, 3)]
    assert heard("1 1 2 2 3 3 | 5", JIG)[-1] == (3, 67, 3)
    assert heard("1 5", JIG) == [(0, 60, 1.5), (1.5, 67, 1.5)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write a hook as notes"),
        ("  | ", "Write a hook as notes"),
        ("r r", "Write a hook as notes"),
        ("C4", "Write a hook as notes"),
        ("C4 H4", "cannot read “H4”"),
        ("1 2 9", "cannot read “9”"),
        ("C4 C9", "cannot read “C9”"),
        ("1 2 3''''''", "cannot read “3''''''”"),
        ("C4:3 D4:3 | E4", "Bar 1 of your hook has 6 beats, but a bar of 4/4 has 4"),
        ("1 | 2 | 3 | 4 | 5", "at most 4 bars; this one has 5"),
        ("1:16 2:4", "at most 4 bars; this one has 5"),
        ("1 " * 400, "Write a hook as notes"),
    ],
)
def test_what_is_no_hook_is_refused_with_an_example(text, words):
    with pytest.raises(Refusal, match=words):
        read_motif(text, COMMON, C)


def test_named_notes_suggest_a_key_and_steps_fit_any():
    assert str(key_of(read_motif("A4 B4 C5 B4 | A4 E4 A4", COMMON, C))) == "A minor"
    assert str(key_of(read_motif("D4 F#4 A4 D5 | C#5 A4 D5", COMMON, C))) == "D major"
    assert is_in_steps("5 3 | 1") and is_in_steps(".5 1") and is_in_steps("b3 1")
    assert not is_in_steps("b4 c5 e5")


@given(st.text("0123456789ABCDEFGabcdefgr#b.'|:-/ whqes", max_size=40),
       st.sampled_from((COMMON, WALTZ, JIG)))  # fmt: skip
def test_any_text_is_a_hook_or_a_refusal(text, meter):
    try:
        notes = read_motif(text, meter, G)
    except Refusal as refusal:
        assert str(refusal)
        return
    assert len(notes) >= 2
    assert all(n.duration > 0 and 0 <= n.pitch <= 127 for n in notes)
    assert all(a.end <= b.onset + 1e-9 for a, b in pairwise(notes))
    assert notes[-1].end <= MOST_BARS * meter.bar_beats + 1e-9
