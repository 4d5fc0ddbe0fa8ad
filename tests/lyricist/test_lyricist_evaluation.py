"""The lyricist's measures: on words whose right answer can be told by hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from models.lyricist.asks import LineAsk, StanzaAsk, WrittenLine
from models.lyricist.corpus import Stanza
from models.lyricist.evaluation import copies, melodies, rhymes, syllables, themes, variety
from models.lyricist.evaluation.association import learn
from models.lyricist.evaluation.beats import counted
from models.lyricist.evaluation.rivals import Text, mood_of
from models.lyricist.evaluation.verses import SungLine, Verse, of_hymn, of_written, promised
from models.lyricist.hymnal import read_hymns
from models.lyricist.pronounce import load
from models.lyricist.stress import StressCount
from models.singing.espeak import available

voiced = pytest.mark.skipif(not available(), reason="needs the extra [sing]")

_COMMON = (1.0, 4.0, 1.0, 3.0, 1.0, 4.0)


def line(*words: str, weights: tuple[float, ...] = ()) -> SungLine:
    """A line from words with their syllables parted by hyphens, on as many notes."""
    split = tuple(tuple(word.split("-")) for word in words)
    count = sum(len(word) for word in split)
    return SungLine(split, weights or (_COMMON * 3)[:count], len(weights) or count)


def verse(*lines: SungLine, scheme: str = "", source: str = "own") -> Verse:
    return Verse(source, "a verse", lines, scheme or "X" * len(lines), "the sea", 0.4)


def stanza(*lines: str, book: str = "A: B") -> Stanza:
    return Stanza(lines, (8,) * len(lines), ("x",) * len(lines), "A" * len(lines), book)


def test_written_lines_become_a_verse_that_knows_its_rhymes():
    asks = tuple(LineAsk(_COMMON[:4]) for _ in range(4))
    rows = [
        WrittenLine("", (("The",), ("win", "ter"), (f"{end},",)))
        for end in ("night", "sea", "light", "free")
    ]
    found = of_written("own", "x", StanzaAsk("verse", asks, "ABAB"), rows, "snow", -0.8)
    assert found.text.split("\n")[0] == "The winter night,"
    assert found.rhymes == [("night", "light"), ("sea", "free")]
    assert found.lines[0].sung == [("The", 1), ("winter", 2), ("night", 1)]
    assert verse(*found.lines, scheme="XAXX").rhymes == []


def test_a_metre_promises_only_what_its_lengths_do():
    assert promised((8, 6, 8, 6)) == "XAXA"
    assert promised((8, 7, 8, 7, 8, 8, 7)) == "XAXAXXX"
    assert promised((8, 8, 8, 8)) == "XXXX"
    assert promised((8, 6, 8, 6, 8, 6, 8, 6)) == "XAXAXBXB"


def test_counts_of_the_dictionary_and_places_on_notes():
    good, long = line("The", "win-ter", "night"), line("The", "win-ter", "night", "is")
    count = load().line_counts(good.text)
    assert count == {4} and syllables.lines_share([verse(good)], lambda x: x.notes in count) == 1
    some = [verse(good, source="own"), verse(long, good, source="hymnal")]
    shares = dict(syllables.by_source(some, lambda x: x.notes == 4))
    assert shares == {"hymnal": 0.5, "own": 1.0, "all": pytest.approx(2 / 3)}


@voiced
def test_the_second_counter_sees_a_syllable_too_many():
    wrong = SungLine((("The",), ("ri", "v", "er"), ("runs",)), (1.0,) * 5, 5)
    right = line("The", "ri-ver", "runs")
    assert syllables.by_voice(right) and not syllables.by_voice(wrong)
    assert not syllables.by_voice(SungLine(right.words, right.weights, 5))
    assert syllables.words_share([verse(right, wrong)]) == pytest.approx(5 / 6)
    assert syllables.differences([verse(right, wrong)]) == ["river 3 (espeak-ng 2-2) x1"]


def test_kinds_of_rhyme_are_told_apart():
    book = load()
    judge = rhymes.by_dictionary
    assert [judge(book, *p) for p in (("night", "light"), ("time", "mine"), ("sea", "house"))] == [
        "perfect",
        "slant",
        "",
    ]
    assert judge(book, "night", "night") == ""
    ends = [line("the", word) for word in ("night", "time", "light", "mine", "bright", "house")]
    rhymed = verse(*ends, scheme="ABABAB")
    assert rhymes.kinds([rhymed], lambda a, b: judge(book, a, b)) == (0.5, 0.75)


def test_stress_is_counted_on_the_weights_of_the_notes():
    iambs = verse(line("the", "ri-ver", "and", "the", "sea", weights=(1, 4, 1, 3, 1, 4)))
    turned = verse(line("ri-ver", "of", "gold", weights=(1, 4, 1, 4)))
    count = counted([iambs, turned], load())
    assert (count.heavier, count.violated) == (1, 1)
    assert (count.content, count.content_strong) == (2, 2)
    assert (count.function, count.function_strong) == (4, 1)
    assert counted([], load()) == StressCount()


def test_distinct_counts_whole_stretches_and_stays_inside_lines():
    lines = ["the sea the sea", "a ship"] * 2
    assert variety.distinct(lines, 1, stretch=2) == pytest.approx(4 / 6)
    assert variety.distinct(lines, 2, stretch=2) == pytest.approx(3 / 4)
    assert variety.distinct([*lines, "one more line"], 1, stretch=4) == pytest.approx(4 / 12)


def test_copied_runs_are_found_over_line_ends():
    index = copies.index_of([stanza("The moon looks in", "Upon the silent night of snow")])
    assert copies.longest("O moon\nLooks in upon the silent night", index) == 7
    assert copies.longest("Looks in upon the silent day", index) == 0
    assert copies.longest("looks, in upon the silent night!", index) == 6
    assert copies.longest("", index) == 0


def test_themes_are_asked_against_nine_others():
    texts = [Text(("a line",), theme, None) for theme in melodies.asked_themes("test")]
    trials = themes.trials(texts)
    assert all(len({*others}) == 9 and label not in others for _, label, others in trials)
    assert trials == themes.trials(texts)
    # A judge that knows only letters finds the label that stands in the text, if one does.
    spelled = [("x the sea", "the sea", ("war", "fire")), ("war", "the sea", ("war", "fire"))]

    def letters(rows):
        import numpy as np

        out = np.array(
            [[row.count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for row in rows], float
        )
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    assert [themes.won(trial, letters) for trial in spelled] == [True, False]


def test_words_that_stand_together_are_near():
    rng = random.Random(1)
    groups = (["ship", "sail", "wave", "storm"], ["corn", "field", "plough", "barn"])
    rows = [stanza(" ".join(rng.sample(groups[i % 2], 3))) for i in range(60)]
    judge = learn(rows, size=2)
    ship, sails, corn, unknown = judge.vectors(["the ship", "sails", "corn", "zebra"])
    assert ship @ sails > 0.9 > 0.3 > ship @ corn
    assert not unknown.any()


def test_tuning_and_the_table_ask_for_different_themes():
    listed = melodies.all_themes()
    assert len(listed) == len(set(listed)) == 60
    tuned, shown = set(melodies.asked_themes("validation")), set(melodies.asked_themes("test"))
    assert not tuned & shown and tuned | shown == set(listed)
    dealt = melodies.dealt(melodies.VALENCES, 50, random.Random(0))
    assert all(dealt.count(value) == 10 for value in melodies.VALENCES)
    assert dealt != melodies.dealt(melodies.VALENCES, 50, random.Random(1))


def test_moods_are_the_five_of_the_corpus():
    assert [mood_of(v) for v in melodies.VALENCES] == ["dark", "sad", "plain", "warm", "glad"]


def test_people_sing_their_own_hymns(data_dir: Path):
    verses = [
        found
        for hymn in read_hymns(data_dir, "validation")[:12]
        for number in range(len(hymn.verses))
        if (found := of_hymn(hymn, number))
    ]
    assert len(verses) > 20
    book = load()
    share = syllables.lines_share(verses, lambda x: x.notes in book.line_counts(x.text))
    assert share > 0.9
    assert all(sum(len(w) for w in row.words) == row.notes for v in verses for row in v.lines)
