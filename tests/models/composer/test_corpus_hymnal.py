"""Hymns in four parts: a small one, and the real ones when `--data` is given."""

from __future__ import annotations

from pathlib import Path

from models.composer.corpora.abc_reader import read_abc
from models.composer.corpora.hymns import hymnal, read_hymn
from models.theory import QUALITY_CLASSES

_HYMN = """X:1
M:4/4
L:1/4
V: S clef=treble
V: A
V: B clef=bass
K: C
[V: S] [Q:1/4=100] E | A B c B | A2 A2 |
w: Oh come a- gain to us
[V: A] E | E E E E | F2 E2 |
[V: B] C, | A,, E, A, G, | D,2 A,2 |
[V: S] A B c B | A3 |]
[V: A] E E E E | C3 |]
[V: B] A,, E, A, E, | A,,3 |]
"""


def test_a_hymn_gives_its_soprano_over_the_chords_of_all_parts() -> None:
    (tune,) = read_abc(_HYMN)
    sheet = read_hymn(tune, "hymnal/t")
    assert sheet
    assert (sheet.minor, sheet.bars, sheet.style) == (True, 5, "chorale")
    assert [n[:2] for n in sheet.notes[:2]] == [(12, 4), (16, 4)]
    assert [n[2] % 12 for n in sheet.notes[:4]] == [7, 0, 2, 3]
    assert {(on, r, QUALITY_CLASSES[q]) for on, r, q in sheet.chords} >= {(32, 5, "min")}
    assert (sheet.chords[-1][1], QUALITY_CLASSES[sheet.chords[-1][2]]) == (0, "min")


def test_parts_barred_differently_are_left_out() -> None:
    (tune,) = read_abc(_HYMN.replace("F2 E2 |", "F2 | E2 |"))
    assert read_hymn(tune, "hymnal/t") is None


def test_real_hymns_close_in_their_keys(data_dir: Path) -> None:
    sheets = list(hymnal(data_dir))
    assert len(sheets) > 150
    assert all(s.chords for s in sheets)
    closes = [s.chords[-1][1] == 0 for s in sheets]
    assert sum(closes) / len(closes) > 0.85
    assert sum(bool(s.author) for s in sheets) > len(sheets) / 2
