"""Written words go onto their notes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tunes import lines, tune

from models.lyricist.asks import WrittenLine, WrittenSong
from models.lyricist.phrasing import Slot
from models.lyricist.placing import place, place_line
from models.lyricist.prosody import ask_of, read_melody
from models.lyrics import Lyrics

SONG = (("verse", "A", 4), ("chorus", "B", 4), ("verse", "A", 4), ("chorus", "B", 4))


def written(*sizes):
    """A stanza of nonsense words of two syllables, with a last one of one where it is odd."""
    made = []
    for size in sizes:
        words = tuple(("ra", f"in{i}") for i in range(size // 2)) + (
            (("oh.",),) if size % 2 else ()
        )
        made.append(WrittenLine(" ".join("".join(word) for word in words), words))
    return tuple(made)


def grid_and_song():
    starts = [8 * i for i in range(8)]
    grid = read_melody(tune(lines(starts, [8, 6, 7, 7, 8, 6, 8, 7]), SONG))
    stanzas = (written(8, 6), written(7, 7), written(8, 6))
    return grid, WrittenSong(stanzas, "Rain", stanzas[1][0].text)


def test_every_syllable_stands_on_its_slot():
    grid, song = grid_and_song()
    lyrics = place(grid, song, themes=["rain"], mood="sad")
    slots = [slot for s in grid.stanzas for row in s.lines for slot in row]
    sung = [syllable for row in lyrics.lines for syllable in row.sung]
    assert [(s.onset, s.end, s.notes) for s in sung] == [(s.onset, s.end, s.notes) for s in slots]
    assert all(a.onset < b.onset for a, b in pairwise(sung))
    assert (lyrics.title, lyrics.hook, lyrics.mood, lyrics.themes) == (
        "Rain", song.hook, "sad", ("rain",),
    )  # fmt: skip
    assert Lyrics.from_json(lyrics.to_json()) == lyrics


def test_a_returning_chorus_says_the_same_with_a_melisma_where_it_has_a_note_more():
    grid, song = grid_and_song()
    lyrics = place(grid, song)
    first = [row for row in lyrics.lines if row.section == 1]
    back = [row for row in lyrics.lines if row.section == 3]
    assert [row.text for row in first] == [row.text for row in back]
    assert sorted(s.notes for s in back[0].sung) == [1] * 6 + [2]
    verses = [row.text for row in lyrics.lines if row.section in (0, 2)]
    assert len(verses) == 4


def test_hyphens_join_the_syllables_of_a_word():
    slots = [Slot(i, i + 1, 1, 2.0, 60) for i in range(3)]
    row = place_line(WrittenLine("winter, come", (("win", "ter,"), ("come",))), slots, 4)
    assert [(s.text, s.joined) for s in row.sung] == [
        ("win", True), ("ter,", False), ("come", False),
    ]  # fmt: skip
    assert (row.text, row.section) == ("winter, come", 4)


def test_words_for_another_melody_are_an_error():
    grid, song = grid_and_song()
    with pytest.raises(ValueError, match="1 syllables for 2 slots"):
        place_line(WrittenLine("oh", (("oh",),)), grid.lines[0][:2], 0)
    short = WrittenSong((song.stanzas[0], song.stanzas[1], song.stanzas[2][:1]), "", "")
    with pytest.raises(ValueError, match="zip"):
        place(grid, short)
    with pytest.raises(ValueError, match="zip"):
        place(grid, WrittenSong(song.stanzas[:2], "", ""))


def test_schemes_are_told_by_section():
    grid, song = grid_and_song()
    assert place(grid, song).schemes == {0: "AA", 1: "AA", 2: "AA", 3: "AA"}
    asked = ask_of(grid, scheme="X")
    assert place(grid, song, ask=asked).schemes == dict.fromkeys(range(4), "XX")


def test_a_section_of_two_stanzas_has_one_scheme_with_letters_of_its_own_for_each():
    starts = [8 * i for i in range(8)]
    grid = read_melody(tune(lines(starts, [8, 6] * 4), [("verse", "A", 16)]))
    song = WrittenSong((written(8, 6, 8, 6), written(8, 6, 8, 6)), "", "")
    assert place(grid, song).schemes == {0: "ABCBDEFE"}
