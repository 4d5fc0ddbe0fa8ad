"""The writer keeps its rules whatever the language model would like to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.lyricist.asks import Cancelled, LineAsk, SongAsk, StanzaAsk
from models.lyricist.corpus import words_of
from models.lyricist.decoding import stress_fit
from models.lyricist.naming import title_of
from models.lyricist.pronounce import load
from models.lyricist.rhyme import perfect
from tests.lyricist.small_writer import iambs, small_lyricist, stanza

SCHEMES = [((8, 6, 8, 6), "ABCB"), ((7, 7, 7, 7), "AABB"), ((5, 9, 3, 11), "ABAB"), ((6, 6), "AA")]


def rhymes(one: str, other: str) -> bool:
    dictionary = load()
    return any(
        perfect(a, b)
        for a in dictionary.readings(words_of(one)[-1].lower())
        for b in dictionary.readings(words_of(other)[-1].lower())
    )


@pytest.mark.parametrize(("counts", "scheme"), SCHEMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_syllables_rhymes_and_stress_are_exact(
    counts: tuple[int, ...], scheme: str, seed: int
) -> None:
    song = small_lyricist().write(SongAsk((stanza(counts, scheme),), ("winter",), -0.5), seed)
    lines = song.stanzas[0]
    for line, count in zip(lines, counts, strict=True):
        assert load().line_counts(line.text) == {count}
        assert sum(len(word) for word in line.words) == count
        assert line.text == " ".join("".join(word) for word in line.words)
        at = 0
        for word in words_of(line.text):
            reading = load().readings(word.lower())[0]
            assert stress_fit(reading.stresses, iambs(count)[at:]) is not None
            at += len(reading.stresses)
    for first, letter in enumerate(scheme):
        for second in range(first + 1, len(scheme)):
            if letter == scheme[second]:
                assert rhymes(lines[first].text, lines[second].text)
    ends = [words_of(line.text)[-1].lower() for line in lines]
    assert len(set(ends)) == len(ends)


def test_the_same_seed_writes_the_same_and_another_does_not() -> None:
    ask = SongAsk((stanza((6, 6), "AA"),), ("sea",))
    one, again, other = (small_lyricist().write(ask, seed) for seed in (1, 1, 2))
    assert one == again
    assert one.stanzas != other.stanzas


def test_a_given_line_stays_and_the_others_rhyme_with_it() -> None:
    mine = "I walk alone along the bay"
    ask = stanza((8, 8), "AA")
    for place in (0, 1):
        lines = list(ask.lines)
        lines[place] = replace(lines[place], given=mine)
        song = small_lyricist().write(SongAsk((replace(ask, lines=tuple(lines)),)), 4)
        assert song.stanzas[0][place].text == mine
        assert sum(len(word) for word in song.stanzas[0][place].words) == 8
        assert rhymes(song.stanzas[0][1 - place].text, mine)


def test_required_words_are_said() -> None:
    ask = stanza((8, 6, 8, 6), "ABCB", required=("window", "fire"))
    song = small_lyricist().write(SongAsk((replace(ask, required=("river", "lantern")),)), 5)
    said = {word.lower() for line in song.stanzas[0] for word in words_of(line.text)}
    assert {"river", "lantern"} <= said


def test_a_line_that_was_refused_does_not_come_again() -> None:
    ask = SongAsk((stanza((3,), "X"),), ("rain",))
    first = small_lyricist().write(ask, 6).stanzas[0][0].text
    second = small_lyricist().write(replace(ask, avoid=(first,)), 6).stanzas[0][0].text
    assert first != second


def test_coarse_words_only_when_they_are_allowed() -> None:
    writer = small_lyricist()
    coarse = {
        w.lower() for w, c in zip(writer.lexicon.words, writer.lexicon.coarse, strict=True) if c
    }
    assert coarse
    clean = SongAsk((stanza((8, 8, 8, 8), "AABB"),), ("damn",))
    for seed in range(3):
        lines = writer.write(clean, seed).stanzas[0]
        assert not coarse & {word.lower() for line in lines for word in words_of(line.text)}


def test_a_chorus_gives_the_hook_and_the_title() -> None:
    verse, chorus = stanza((6, 6), "AA"), replace(stanza((7, 7), "AA"), kind="chorus")
    song = small_lyricist().write(SongAsk((verse, chorus)), 7)
    assert song.hook == song.stanzas[1][0].text.rstrip(",.!?")
    assert song.title


def test_long_weights_and_level_weights_find_words() -> None:
    flat = StanzaAsk("verse", (LineAsk((2.0,) * 10), LineAsk((1.0,) * 10)), "AA")
    lines = small_lyricist().write(SongAsk((flat,)), 8).stanzas[0]
    assert [load().line_counts(line.text) for line in lines] == [{10}, {10}]


def test_stopping_stops_between_lines() -> None:
    done: list[int] = []
    with pytest.raises(Cancelled):
        small_lyricist().write(
            SongAsk((stanza((5, 5), "AA"),)),
            9,
            progress=lambda line, total: done.append(line),
            cancelled=lambda: bool(done),
        )
    assert done == [1]


@pytest.mark.parametrize(
    ("hook", "title"),
    [
        ("And the winter came at last", "The Winter Came At Last"),
        ("Oh, the river runs away", "The River Runs Away"),
        ("Home", "Home"),
        ("But when we are in the city's night", "When We Are In The City's Night"),
        ("I'm coming home, and I'm not now", "I'm Coming Home"),
        ("", ""),
    ],
)
def test_titles(hook: str, title: str) -> None:
    assert title_of(hook) == title


@pytest.mark.parametrize(
    ("stresses", "weights", "verdict"),
    [
        ((1, 0), (4, 1), "good"),
        ((1, 0), (1, 4), None),
        ((1, 0), (2, 2), "level"),
        ((0, 1, 0), (1, 4, 1), "good"),
        ((2, 0, 1), (1, 4, 1), None),
        ((1, 2), (1, 4), "good"),
        ((1, 0), (4,), None),
    ],
)
def test_how_stresses_fall(
    stresses: tuple[int, ...], weights: tuple[float, ...], verdict: str | None
) -> None:
    assert stress_fit(stresses, weights) == verdict
