"""The Chinese lyricist at work: what it promises holds on the shipped weight."""

from __future__ import annotations

import re

import pytest

from models import hub
from models.errors import Refusal
from models.lyricist.asks import Cancelled, LineAsk, SongAsk, StanzaAsk, WrittenSong
from models.lyricist.chinese.generate import ChineseLyricist, han, load_chinese, title_of, written
from models.lyricist.chinese.rhyme import read_text, rhyme_of
from models.lyricist.chinese.tones import opposed


@pytest.fixture(scope="module")
def lyricist() -> ChineseLyricist:
    return load_chinese()


def _stanza(lengths: tuple[int, ...], scheme: str, **more: object) -> StanzaAsk:
    # A melody that goes up and down by a third: every neighbour has a direction.
    lines = tuple(
        LineAsk((3.0, 1.0, 2.0, 1.0, 2.0) * 3, None, tuple(60 + 4 * (i % 2) for i in range(15)))
        for _ in lengths
    )
    cut = tuple(
        LineAsk(x.weights[:n], None, x.contour[:n]) for x, n in zip(lines, lengths, strict=True)
    )
    return StanzaAsk("verse", cut, scheme, **more)  # type: ignore[arg-type]


SONG = SongAsk(
    (_stanza((7, 5, 7, 10), "ABAB"), _stanza((6, 8, 6, 13), "XCXC")), ("river", "月"), -0.5
)


@pytest.fixture(scope="module")
def song(lyricist: ChineseLyricist) -> WrittenSong:
    return lyricist.write(SONG, 4)


def test_every_syllable_has_one_character(song: WrittenSong) -> None:
    for stanza, lines in zip(SONG.stanzas, song.stanzas, strict=True):
        for asked, line in zip(stanza.lines, lines, strict=True):
            assert len(re.findall("[\u4e00-\u9fff]", line.text)) == len(asked.weights)
            assert [len(word) for word in line.words] == [1] * len(asked.weights)
            assert "".join(word[0] for word in line.words) == line.text


def test_rhymes_as_read_in_their_phrases(song: WrittenSong) -> None:
    ends = [[rhyme_of(line.text.split("，")[-1]) for line in lines] for lines in song.stanzas]
    (a, b, c, d), (x, e, y, f) = ends
    assert a == c
    assert b == d
    assert a != b
    assert e == f
    assert e not in {a, b, x, y}


def test_nothing_is_said_twice_or_copied(lyricist: ChineseLyricist, song: WrittenSong) -> None:
    texts = [line.text for lines in song.stanzas for line in lines]
    assert len(set(texts)) == len(texts)
    assert not any(lyricist.novelty.copied(c) for text in texts for c in text.split("，"))
    lasts = [text[-1] for text in texts]
    assert len(set(lasts)) == len(lasts)


def test_the_same_seed_gives_the_same_song_and_another_not(
    lyricist: ChineseLyricist, song: WrittenSong
) -> None:
    assert lyricist.write(SONG, 4) == song
    assert lyricist.write(SONG, 5) != song


def test_the_melody_is_heard(lyricist: ChineseLyricist) -> None:
    def against(contour: bool) -> float:
        total = 0.0
        for seed in range(2):
            stanza = _stanza((7, 7, 7, 7), "AAXA")
            lines = stanza.lines if contour else tuple(LineAsk(x.weights) for x in stanza.lines)
            ask = SongAsk((StanzaAsk("verse", lines, "AAXA"),))
            for line, asked in zip(lyricist.write(ask, seed).stanzas[0], stanza.lines, strict=True):
                tones = [s.tone if s else 0 for s in read_text(line.text)]
                total += opposed(tones, asked.contour)
        return total

    assert against(True) < against(False)


def test_own_lines_and_words_stay_and_refused_lines_do_not_return(
    lyricist: ChineseLyricist,
) -> None:
    stanza = _stanza((7, 5, 7, 5), "XAXA", required=("故人",))
    given = LineAsk(stanza.lines[1].weights, "我在，雨中行！")
    ask = SongAsk(
        (StanzaAsk("verse", (stanza.lines[0], given, *stanza.lines[2:]), "XAXA", ("故人",)),)
    )
    first = lyricist.write(ask, 1).stanzas[0]
    assert han(first[1].text) == "我在雨中行"
    assert rhyme_of(first[3].text) == rhyme_of("雨中行")
    assert sum("故人" in line.text for line in first) == 1
    refused = tuple(line.text for line in first if line != first[1])
    again = lyricist.write(SongAsk(ask.stanzas, avoid=refused), 1).stanzas[0]
    assert not {line.text for line in again} & set(refused)


def test_what_cannot_be_sung_is_refused(lyricist: ChineseLyricist) -> None:
    line = LineAsk((1.0,) * 5, "三个字")
    with pytest.raises(Refusal, match="3 characters for 5 notes"):
        lyricist.write(SongAsk((StanzaAsk("verse", (line,), "A"),)), 0)
    short = (LineAsk((1.0,) * 3),)
    with pytest.raises(Refusal, match="does not fit"):
        lyricist.write(SongAsk((StanzaAsk("verse", short, "A", ("春江花月",)),)), 0)
    with pytest.raises(Refusal, match="Chinese characters"):
        lyricist.write(SongAsk((StanzaAsk("verse", short, "A", ("moon",)),)), 0)


def test_writing_can_be_stopped_and_says_how_far_it_is(lyricist: ChineseLyricist) -> None:
    seen: list[tuple[int, int]] = []
    ask = SongAsk((_stanza((4, 4, 4), "AAA"),))
    with pytest.raises(Cancelled):
        lyricist.write(ask, 0, lambda *at: seen.append(at), lambda: len(seen) == 2)
    assert seen == [(1, 3), (2, 3)]


def test_titles_are_short_and_marks_stay_with_their_character() -> None:
    assert title_of("明月几时有") == "几时有"
    assert title_of("一枝梅影淡妆匀") == "一枝梅影"
    assert title_of("风波浪浪，天上江村") == "风波浪浪"
    line = written(("风波", "江村"), {})
    assert line.words == (("风",), ("波，",), ("江",), ("村",))


def test_the_card_names_the_weight() -> None:
    stated = hub.manifest("lyricist_zh")
    assert stated.licence
    assert (hub.WEIGHTS / "lyricist_zh" / "MODEL_CARD.md").is_file()
