"""Tunes in ABC: what the reader makes of the notation, and the two books of dances."""

from __future__ import annotations

from collections import Counter

import pytest

from models.composer.corpora.abc_reader import read_abc
from models.composer.corpora.dance_books import music21_corpus, read_tune


def _sounds(body: str, key: str = "C", meter: str = "4/4") -> list[tuple[float, float, int]]:
    (tune,) = read_abc(f"X:1\nT:t\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")
    return [n for bar in tune.voices[""] for n in bar.notes]


@pytest.mark.parametrize(
    ("body", "durations", "pitches"),
    [
        ("C>D E<F", [0.75, 0.25, 0.25, 0.75], [60, 62, 64, 65]),
        ("(3CDE F", [1 / 3, 1 / 3, 1 / 3, 0.5], [60, 62, 64, 65]),
        ("C2- C D/ E3/2 F//", [1.5, 0.25, 0.75, 0.125], [60, 62, 64, 65]),
        ('{cd}C !trill!D "Am"E vF % G', [0.5] * 4, [60, 62, 64, 65]),
        ("[Ec]2 z2 c' C,", [1, 0.5, 0.5], [72, 84, 48]),
        ("^FF|F =F _B", [0.5] * 5, [66, 66, 65, 65, 70]),
        ("C3-|C2 D", [2.5, 0.5], [60, 62]),
        ("C-D", [0.5, 0.5], [60, 62]),
    ],
)
def test_notation(body: str, durations: list[float], pitches: list[int]) -> None:
    notes = _sounds(body)
    assert [n[1] for n in notes] == pytest.approx(durations)
    assert [n[2] for n in notes] == pitches


def test_the_signature_of_a_mode_is_applied() -> None:
    assert [n[2] for n in _sounds("EFGABcd", "E Dorian")] == [64, 66, 67, 69, 71, 73, 74]
    assert [n[2] for n in _sounds("BE", "Gm")] == [70, 63]


def test_a_tune_that_changes_key_or_has_none_is_left_out() -> None:
    head = "X:1\nM:4/4\nL:1/8\n"
    assert not list(read_abc(f"{head}K:D\nDEFG|\nK:A\nABcd|\n"))
    assert not list(read_abc(f"{head}K:?\nDEFG|\n"))


def _read(header: str, body: str) -> tuple[int, ...]:
    (tune,) = read_abc(f"X:1\nT:t\n{header}\n{body}\n")
    sheet = read_tune(tune, "ryan/t", "ryan")
    assert sheet
    assert sheet.chords == ()
    return (sheet.notes[0][0], sheet.notes[-1][2] % 12, sheet.minor)


def test_a_bare_key_is_read_as_the_mode_that_the_tune_closes_in() -> None:
    dorian = "|:ABcA e2A2|GBdB GBdB|ABcA e2a2|ged^c A4:|"
    assert _read("R:reel\nM:C|\nL:1/8\nK:G", dorian) == (0, 0, True)
    major = "|:G2|GBdB G2B2|cedc B2G2|c2d2e2d2|BAGF G2:|"
    assert _read("R:reel\nM:C|\nL:1/8\nK:G", major) == (12, 0, False)


def test_a_reel_in_two_four_is_written_with_eighths() -> None:
    (tune,) = read_abc("X:1\nR:reel\nM:2/4\nL:1/16\nK:C\n" + "CDEF GABc|" * 4)
    sheet = read_tune(tune, "ryan/t", "ryan")
    assert sheet
    assert (sheet.meter, sheet.style, sheet.bars) == ("4/4", "reel", 4)
    assert {n[1] for n in sheet.notes} == {2}


def test_a_bar_too_long_is_a_slip_and_the_tune_is_left_out() -> None:
    (tune,) = read_abc("X:1\nM:4/4\nL:1/8\nK:C\n" + "CDEF GABc|" * 4 + "CDEF GABc d|C8|")
    assert read_tune(tune, "ryan/t", "ryan") is None


def test_the_books() -> None:
    sheets = list(music21_corpus())
    sizes = Counter(s.source for s in sheets)
    assert sizes["ryan"] > 900
    assert sizes["oneill"] > 1500
    assert len({s.id for s in sheets}) == len(sheets)
    assert [s.style for s in sheets if s.id == "oneill/900"] == ["jig"]
    closes = [s.notes[-1][2] % 12 == 0 for s in sheets]
    assert sum(closes) / len(closes) > 0.75  # by chance about 0.2
    scale = {0, 2, 3, 4, 5, 7, 8, 9, 10, 11}
    downbeats = [n[2] % 12 in scale for s in sheets for n in s.notes if n[0] % s.bar_steps == 0]
    assert sum(downbeats) / len(downbeats) > 0.97
