"""Words by a person: what does not fit is said line by line, what fits is set."""

from __future__ import annotations

import pytest
from tunes import lines, tune

from models.errors import Refusal
from models.lyricist.checking import check, check_line, lines_of_text
from models.lyricist.own_words import place_own, stretch_line, stretched, with_given
from models.lyricist.phrasing import Slot
from models.lyricist.pronounce import load
from models.lyricist.prosody import read_melody

SONG = (("verse", "A", 4), ("chorus", "B", 4), ("chorus", "B", 4))
VERSE = ["The snow is falling on the town", "And no one knows my name"]
CHORUS = ["Winter is over, come home", "Over the river and home"]


def grid(language="en"):
    starts = [8 * i for i in range(6)]
    return read_melody(tune(lines(starts, [8, 6, 7, 7, 7, 7]), SONG), language)


def said(texts, language="en"):
    return [(p.line, p.kind, p.soft) for p in check(texts, grid(language))]


def test_what_fits_has_no_problem():
    assert [p for p in check([*VERSE, *CHORUS], grid()) if not p.soft] == []


def test_each_line_is_counted():
    texts = [VERSE[0] + " tonight", VERSE[1], "Winter", CHORUS[1]]
    found = check(texts, grid())
    assert [str(p) for p in found if not p.soft] == [
        "Line 1 has 10 syllables for 8 notes.",
        "Line 3 has 2 syllables for 7 notes.",
    ]
    assert [p.short for p in found if not p.soft] == [0, 5]


def test_any_possible_number_of_syllables_fits():
    """ "Every", "heaven", "flower" and "fire" are sung either way."""
    for text in ("Every flower", "Heaven is fire"):
        counts = load().line_counts(text)
        assert len(counts) > 1
        for count in counts:
            slots = [Slot(i, i + 1, 1, 2.0, 60) for i in range(count)]
            assert [p for p in check_line(text, slots, 1, load(), "en") if not p.soft] == []


def test_unknown_words_are_called_an_estimate():
    found = check_line("Xyloquine", [Slot(0, 1, 1, 4.0, 60)], 2, load(), "en")[0]
    assert found.kind == "estimate"
    assert "I do not know Xyloquine" in str(found)


def test_too_many_and_too_few_lines():
    assert said([*VERSE, *CHORUS, "And more"])[0] == (0, "more", False)
    few = check(VERSE, grid())[0]
    assert str(few) == "There are 2 lines of words for 4 lines of melody; write 2 more."


def test_figures_and_empty_lines_are_not_counted():
    assert (1, "figures", False) in said(["99 red balloons", *VERSE[1:], *CHORUS])
    assert (2, "empty", False) in said([VERSE[0], "...", *CHORUS])


def test_a_stress_on_a_light_note_is_a_remark():
    weights = [1.0, 4.0, 1.0]
    slots = [Slot(i, i + 1, 1, w, 60) for i, w in enumerate(weights)]
    found = check_line("winter night", slots, 5, load(), "en")
    assert [(p.kind, p.soft) for p in found] == [("stress", True)]
    assert str(found[0]) == "In line 5 the stress of winter falls on a light note."
    assert check_line("the winter", slots, 5, load(), "en") == ()


def test_headings_are_no_lines():
    text = "[Verse 1]\nSnow  falls\n\nChorus:\nCome home\n(Verse 2)\nVerses end\n"
    assert lines_of_text(text) == ("Snow falls", "Come home", "Verses end")


def test_own_words_are_set():
    lyrics = place_own([*VERSE, *CHORUS], grid(), title="Home", by="me")
    assert [row.text for row in lyrics.lines] == [*VERSE, *CHORUS, *CHORUS]
    assert [s.text for s in lyrics.lines[2].sung][:2] == ["Win", "ter"]
    assert [s.joined for s in lyrics.lines[2].sung][:2] == [True, False]
    assert (lyrics.title, lyrics.by, lyrics.hook) == ("Home", "me", CHORUS[0])


def test_a_chorus_may_be_written_anew_each_time():
    again = ["Summer is over, come home", CHORUS[1]]
    lyrics = place_own([*VERSE, *CHORUS, *again], grid())
    assert [row.text for row in lyrics.lines] == [*VERSE, *CHORUS, *again]


def test_what_does_not_fit_is_refused_and_stretched_only_when_asked():
    texts = [VERSE[0], "No one knows my name", *CHORUS]
    with pytest.raises(Refusal, match="Line 2 has 5 syllables for 6 notes"):
        place_own(texts, grid())
    lyrics = place_own(texts, grid(), stretch=True)
    assert sorted(s.notes for s in lyrics.lines[1].sung) == [1, 1, 1, 1, 2]
    with pytest.raises(Refusal, match="Line 2 has 1 syllables"):
        place_own([VERSE[0], "No", *CHORUS], grid(), stretch=True)


def test_a_stretched_chorus_is_stretched_each_time():
    texts = [*VERSE, "Winter is gone, come", CHORUS[1]]
    lyrics = place_own(texts, grid(), stretch=True)
    shapes = [[s.notes for s in lyrics.lines[i].sung] for i in (2, 4)]
    assert shapes[0] == shapes[1]
    assert sum(shapes[0]) == 7
    assert len(shapes[0]) == 5


def test_the_lightest_notes_become_melismas():
    slots = tuple(Slot(i, i + 1, 1, w, 60) for i, w in enumerate([4.0, 2.0, 3.0, 1.0, 4.0]))
    assert [(s.onset, s.notes) for s in stretch_line(slots, 3)] == [(0, 2), (2, 2), (4, 1)]


def test_a_grid_can_be_stretched_before_it_is_asked_for():
    made = stretched(grid(), {(1, 0): 5})
    assert [len(row) for row in made.stanzas[1].lines] == [5, 7]
    assert [len(row) for row in made.stanzas[2].lines] == [5, 7]


def test_a_given_line_may_have_fewer_syllables_and_not_more():
    made = with_given(grid(), {2: "No one knows my name", 3: CHORUS[0]})
    assert [len(row) for row in made.lines] == [8, 5, 7, 7]
    with pytest.raises(Refusal, match="Line 2 has 7 syllables for 6 notes"):
        with_given(grid(), {2: "And no one here knows my name"})


def test_chinese_has_one_character_a_note():
    verse, chorus = ["窗外的雪下了一夜，", "没有人在等我"], ["春天来了回家吧", "春风吹到小河边！"]
    assert said([*verse, *chorus], "zh") == []
    assert said([verse[0] + "啊", verse[1], *chorus], "zh") == [(1, "count", False)]
    lyrics = place_own([*verse, *chorus], grid("zh"))
    assert [s.text for s in lyrics.lines[0].sung] == [*"窗外的雪下了一", "夜，"]
    assert lyrics.lines[3].sung[-1].text == "边！"
