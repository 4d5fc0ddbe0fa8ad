"""Melodies become stanzas, lines and syllables."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from tunes import line, lines, tune

from models import midi
from models.errors import Refusal
from models.lyricist.hymnal import read_hymns
from models.lyricist.metre import weights
from models.lyricist.phrasing import SYLLABLES, Slot, lines_of, slots_of
from models.lyricist.prosody import ask_of, read_melody, sung_voice
from models.lyricist.schemes import checked, default_scheme, joined, renewed
from models.score import Note, Track


def slots(score):
    return slots_of(sung_voice(score), score)


def test_every_note_of_a_plain_melody_carries_a_syllable():
    found = slots(tune([(0, 1), (1, 1), (2, 1.5), (3.5, 0.5)]))
    assert [(s.onset, s.end, s.notes) for s in found] == [
        (0, 1, 1), (1, 2, 1), (2, 3.5, 1), (3.5, 4, 1),
    ]  # fmt: skip
    assert [s.weight for s in found] == [4, 2, 3, 1]


def test_an_ornament_is_sung_on_the_syllable_before_and_after_a_rest_on_the_next():
    # 0.15 beats at 100 a minute are 90 ms.
    inside = slots(tune([(0, 1.85), (1.85, 0.15), (2, 1), (3, 1)]))
    assert [(s.onset, s.notes) for s in inside] == [(0, 2), (2, 1), (3, 1)]
    opening = slots(tune([(0, 1), (1.85, 0.15), (2, 1), (3, 1)]))
    assert [(s.onset, s.notes) for s in opening] == [(0, 1), (1.85, 2), (3, 1)]
    assert opening[1].weight == 3  # felt where the main note is


def test_in_a_fast_run_every_second_note_on_the_stronger_place_carries_one():
    run = [(i / 4, 0.25) for i in range(4, 12)]
    fast = slots(tune([(0, 1), *run, (3, 1)], bpm=120))  # sixteenths of 125 ms
    assert [s.onset for s in fast] == [0, 1, 1.5, 2, 2.5, 3]
    assert [s.notes for s in fast] == [1, 2, 2, 2, 2, 1]
    slow = slots(tune([(0, 1), *run, (3, 1)], bpm=60))
    assert len(slow) == 10


def test_one_quick_note_before_a_beat_still_has_a_word():
    dotted = [(0, 0.75), (0.75, 0.25), (1, 0.75), (1.75, 0.25), (2, 2)]
    assert len(slots(tune(dotted, bpm=110))) == 5


def test_lines_end_at_rests():
    score = tune(lines([0, 8, 16, 24], [8, 6, 8, 6]))
    assert [len(row) for row in lines_of(slots(score), score)] == [8, 6, 8, 6]


def test_lines_without_rests_end_where_the_bars_return():
    even = [(i, 1, 60 + i % 5) for i in range(32)]
    score = tune(even)
    assert [len(row) for row in lines_of(slots(score), score)] == [8, 8, 8, 8]


def test_a_long_phrase_is_divided_and_short_ones_are_joined():
    dense = tune([(i / 2, 0.5, 60 + i % 7) for i in range(32)])
    assert all(len(row) in SYLLABLES for row in lines_of(slots(dense), dense))
    calls = [
        (at + i, 0.8) for at in range(0, 16, 4) for i in range(2)
    ]  # two notes, two beats' rest
    score = tune(calls)
    assert all(len(row) >= 3 for row in lines_of(slots(score), score))


@pytest.mark.parametrize("seed", range(12))
def test_any_melody_is_divided_whole_and_in_order(seed):
    rng = random.Random(seed)
    at, notes = 0.0, []
    meter = rng.choice(["4/4", "3/4", "6/8", "2/4", "9/8", "12/8", "5/4", "7/8"])
    while len(notes) < rng.randrange(20, 90):
        step = rng.choice([0.125, 0.25, 0.5, 0.5, 0.5, 1, 1, 2])
        notes.append((at, step * rng.choice([0.5, 1]), rng.randrange(55, 80)))
        at += step + rng.choice([0, 0, 0, 0, 1])
    score = tune(notes, meter=meter, bpm=rng.choice([60, 100, 180]))
    grid = read_melody(score)
    sung = [slot for stanza in grid.stanzas for row in stanza.lines for slot in row]
    assert sum(slot.notes for slot in sung) == len(notes)
    assert all(a.end <= b.onset + 1e-9 for a, b in pairwise(sung))
    assert {slot.onset for slot in sung} <= {onset for onset, _, _ in notes}
    assert all(1 <= slot.weight <= 5 for slot in sung)
    assert all(2 <= len(s.lines) <= 6 for s in grid.stanzas) or len(sung) < 12
    longest = max(len(row) for s in grid.stanzas for row in s.lines)
    assert longest <= SYLLABLES[-1]


SONG = (("intro", "I", 2), ("verse", "A", 4), ("chorus", "B", 4), ("verse", "A", 4),
        ("chorus", "B", 4), ("outro", "O", 2))  # fmt: skip


def song(chorus_again=(7, 7)):
    starts = [0, 8, 16, 24, 32, 40, 48, 56, 64, 72]
    counts = [4, 8, 6, 7, 7, 8, 6, *chorus_again, 4]
    return tune(lines(starts, counts), SONG)


def test_a_chorus_returns_with_its_words_and_a_verse_without():
    grid = read_melody(song())
    assert [(s.kind, s.section, s.same_as) for s in grid.stanzas] == [
        ("verse", 1, None), ("chorus", 2, None), ("verse", 3, None), ("chorus", 4, 1),
    ]  # fmt: skip
    assert grid.own == (0, 1, 2)
    assert [len(row) for row in grid.lines] == [8, 6, 7, 7, 8, 6]


@pytest.mark.parametrize("again", [(8, 7), (6, 7), (9, 6)])
def test_notes_that_a_returning_chorus_has_more_become_melismas(again):
    grid = read_melody(song(again))
    first, back = grid.stanzas[1], grid.stanzas[3]
    assert back.same_as == 1
    expected = [min(7, count) for count in again]
    assert [len(row) for row in first.lines] == [len(row) for row in back.lines] == expected
    assert [sum(s.notes for s in row) for row in back.lines] == list(again)
    assert [sum(s.notes for s in row) for row in first.lines] == [7, 7]


def test_a_chorus_that_is_another_tune_has_words_of_its_own():
    assert [s.same_as for s in read_melody(song((3, 11))).stanzas] == [None] * 4


def test_intro_and_outro_are_played_unless_nothing_else_is_there():
    alone = tune(lines([0, 8], [8, 8]), [("intro", "I", 4)])
    assert [s.kind for s in read_melody(alone).stanzas] == ["intro"]


def test_an_upbeat_is_sung_with_the_section_it_leads_into():
    notes = [*line(0, 8), *line(8, 7), (15, 0.5, 64), (15.5, 0.5, 65), *line(16, 8), *line(24, 8)]
    grid = read_melody(tune(notes, [("verse", "A", 4), ("chorus", "B", 4)]))
    assert [len(row) for row in grid.lines] == [8, 7, 10, 8]
    assert grid.stanzas[1].lines[0][0].onset == 15


def test_a_long_section_is_several_stanzas():
    starts = [8 * i for i in range(8)]
    grid = read_melody(tune(lines(starts, [8] * 8), [("verse", "A", 16)]))
    assert [len(s.lines) for s in grid.stanzas] == [4, 4]


def test_a_strangers_file_gets_its_form_from_what_returns(tmp_path):
    rng = random.Random(4)
    themes = [[(i / 2, 0.5, rng.choice([60, 62, 64, 65, 67])) for i in range(15)] for _ in range(8)]
    high = [[(at, length, pitch + 9) for at, length, pitch in row] for row in themes[4:]]
    notes = []
    for block, part in enumerate([themes[:4], high, themes[:4], high]):
        for number, row in enumerate(part):
            notes += [(32 * block + 8 * number + at, d, p) for at, d, p in row]
    made = tune(notes)
    path = tmp_path / "a.mid"
    midi.write(made.with_tracks([*made.tracks, Track("Bass", "bass", 33, (Note(0, 36, 4),))]), path)
    grid = read_melody(midi.read(path))
    kinds = list(dict.fromkeys((s.kind, s.section) for s in grid.stanzas))
    assert kinds == [("verse", 0), ("chorus", 1), ("verse", 2), ("chorus", 3)]
    assert any(s.same_as is not None for s in grid.stanzas)


def test_refusals_are_sentences():
    drums = Track("Drums", "drums", 0, (Note(0, 36, 1),), is_drum=True)
    with pytest.raises(Refusal, match="no melody"):
        read_melody(tune([(0, 1)]).with_tracks([drums]))
    with pytest.raises(Refusal, match="fewer notes"):
        read_melody(tune([(0, 1), (1, 1)]))


def test_the_ask_has_what_the_grid_has():
    grid = read_melody(song())
    ask = ask_of(grid, themes=["snow"], valence=-0.5, given={3: "Snow"}, required=["river"])
    assert [[len(row.weights) for row in s.lines] for s in ask.stanzas] == [[8, 6], [7, 7], [8, 6]]
    assert [s.kind for s in ask.stanzas] == ["verse", "chorus", "verse"]
    assert [s.required for s in ask.stanzas] == [(), ("river",), ()]
    assert ask.stanzas[1].lines[0].given == "Snow"
    assert ask.stanzas[0].lines[0].contour == tuple(s.pitch for s in grid.lines[0])
    assert [s.scheme for s in ask_of(grid, scheme="ab-ab").stanzas] == ["AB"] * 3
    with pytest.raises(Refusal, match="no line 7"):
        ask_of(grid, given={7: "No"})
    with pytest.raises(Refusal, match="rhyme scheme"):
        ask_of(grid, scheme="A1")


def verse(*counts):
    rng = random.Random(1)
    return [
        tuple(Slot(i + 16.0 * n, i + 1 + 16.0 * n, 1, 2.0, rng.randrange(60, 72)) for i in range(c))
        for n, c in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("counts", "scheme"),
    [
        ((8, 6, 8, 6), "ABCB"), ((6, 8, 6, 8), "ABAB"), ((8, 8, 8, 8), "ABAB"),
        ((5, 5, 5, 5), "AABB"), ((8, 8, 6, 6), "AABB"), ((8, 7, 6, 9), "ABCB"), ((7,), "X"),
        ((7, 7), "AA"), ((8, 8, 8), "AAA"), ((8, 8, 5, 5, 8), "AABBA"),
        ((8, 8, 6, 8, 8, 6), "AABCCB"),
    ],
)  # fmt: skip
def test_schemes_follow_line_lengths(counts, scheme):
    assert default_scheme(verse(*counts)) == scheme


def test_schemes_follow_phrases_that_return():
    one, two, three, _ = verse(8, 8, 8, 8)

    def at(row, beats):
        return tuple(Slot(s.onset + beats, s.end + beats, 1, 2.0, s.pitch) for s in row)

    assert default_scheme([one, at(one, 16), three, at(one, 48)]) == "AABA"
    assert default_scheme([one, at(one, 16), three, at(three, 16)]) == "AABB"
    assert default_scheme([one, two, at(one, 32), at(two, 32)]) == "ABAB"


def test_a_scheme_over_more_lines_begins_again_with_new_letters():
    assert renewed("ABAB", 8) == "ABABCDCD"
    assert renewed("AXAX", 6) == "AXAXBX"
    assert joined(["ABAB", "AAXA"]) == "ABABCCXC"
    assert checked(" aab b") == "AABB"


def test_lines_end_where_people_ended_theirs(data_dir):
    """Boundaries inside hymns of the test split, against the metre printed over them."""
    hits = found = true = 0
    for hymn in read_hymns(data_dir, "test"):
        verse = hymn.verses[0]
        if sum(hymn.metre) != len(verse):
            continue
        heavy = weights([(s.onset, s.end) for s in verse], hymn.melody.meter)
        row = [Slot(s.onset, s.end, s.notes, w, 60) for s, w in zip(verse, heavy, strict=True)]
        cut = {part[0].onset for part in lines_of(row, hymn.melody)[1:]}
        ends = {row[sum(hymn.metre[: k + 1])].onset for k in range(len(hymn.metre) - 1)}
        hits, found, true = hits + len(cut & ends), found + len(cut), true + len(ends)
    assert true > 500
    assert 2 * hits / (found + true) > 0.78
