"""ABC with words under the notes."""

from __future__ import annotations

import pytest

from models.lyricist.hymnal import is_public, read_hymn, read_hymns, split_of, tune_of

HYMN = """%OHMETRICAL 5 4
X: 1
T: A Test
C: copyright: public domain.
M: 4/4 % time
L: 1/4
V: S1 clef=treble
V: S2
K: G
[V: S1] [Q:1/4=90] D | G> A (B c) | d2- d z | {a}[GB] G |
w: 1.~Si- lent~a night * oh,\\- _ _ lone- ly
w: 2.~Win- ter~is here to | come now
[V: S2] D | G A B c | d2 d z | G G |
M: 3/4
[V: S1] G A B |: G3 :|]
w: all are home\\- ward
W: 3.~These words are not aligned.
"""


@pytest.fixture
def hymn(tmp_path):
    path = tmp_path / "A_Test-My_Tune-Other.abc"
    path.write_text(HYMN.replace("M: 3/4\n", ""))
    return path


def syllables(verse):
    return [(s.text, s.onset, s.end, s.notes, s.joined) for s in verse]


def test_words_stand_on_their_notes(hymn):
    found = read_hymn(hymn)
    assert (found.title, found.tune, found.metre) == ("A Test", "My Tune", (5, 4))
    assert found.melody.bpm == 90
    assert syllables(found.verses[0]) == [
        ("Si", 3, 4, 1, True),  # the first bar is an upbeat
        ("lent a", 4, 5.5, 1, False),  # "~": two words, one note
        ("night", 5.5, 7, 2, False),  # "*": the slur's second note
        ("oh,-", 7, 11, 2, False),  # "\\-" is printed, each "_" holds it, a tied note is one
        ("lone", 12, 13, 1, True),
        ("ly", 13, 14, 1, False),
        ("all", 14, 15, 1, False),
        ("are", 15, 16, 1, False),
        ("home-", 16, 17, 1, False),
        ("ward", 17, 20, 1, False),
    ]


def test_a_line_of_words_is_in_every_verse_and_a_bar_sign_goes_on_to_the_next_bar(hymn):
    second = syllables(read_hymn(hymn).verses[1])
    assert [s[0] for s in second] == [
        "Win", "ter is", "here", "to", "come", "now", "all", "are", "home-", "ward",
    ]  # fmt: skip
    assert second[4][1] == 8


def test_a_hymn_that_changes_its_meter_or_has_none_or_no_words_is_none(tmp_path):
    for text in (
        HYMN.replace("M: 4/4", "M: none"),
        "\n".join(row for row in HYMN.split("\n") if not row.startswith("w:")),
    ):
        path = tmp_path / "b.abc"
        path.write_text(text)
        with pytest.raises(ValueError, match=r"no meter|no words"):
            read_hymn(path)


def test_only_what_says_public_domain_is_taken(tmp_path, hymn):
    folder = tmp_path / "hymnal"
    folder.mkdir()
    (folder / "a-b.abc").write_text(hymn.read_text())
    (folder / "c-d.abc").write_text(hymn.read_text().replace("public domain", "by me, 2009"))
    assert [is_public(p) for p in sorted(folder.glob("*"))] == [True, False]
    assert len(read_hymns(tmp_path)) == 1


def test_hymns_to_one_tune_share_a_split(hymn):
    assert tune_of(hymn) == "My Tune"
    assert split_of("Es ist Gewisslich an der Zeit") == split_of("Es_ist_Gewisslich_an_der_Zett")
    splits = [split_of(f"tune {chr(97 + i)}{chr(97 + j)}") for i in range(20) for j in range(20)]
    shares = [splits.count(name) / 400 for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.2, 0.2, 0.6], abs=0.07)


def test_the_open_hymnal(data_dir):
    hymns = read_hymns(data_dir)
    assert len(hymns) > 200
    for hymn in hymns:
        end = hymn.melody.beats
        for verse in hymn.verses:
            assert all(0 <= s.onset < s.end <= end + 1e-6 for s in verse)
    told = [h for h in hymns if h.metre]
    right = sum(sum(h.metre) == len(h.verses[0]) for h in told)
    assert right / len(told) > 0.9
    tunes = {split: {h.tune for h in read_hymns(data_dir, split)} for split in ("train", "test")}
    assert not tunes["train"] & tunes["test"]
