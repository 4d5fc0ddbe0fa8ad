"""Words under the notes of MusicXML: as music21 and we read ours, and what strangers write."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from music21 import converter
from sung_examples import piece, syllables, words

from models import musicxml, safe_xml
from models.lyrics import Line, Lyrics, Sung
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key
from models.words_on_score import singer

_NOTE = (
    "<note><pitch><step>C</step><octave>5</octave></pitch><duration>{length}</duration>"
    "<voice>1</voice><type>quarter</type>{lyric}</note>"
)
_REST = "<note><rest/><duration>1</duration><voice>1</voice></note>"


def lyric(text: str, syllabic: str = "single", more: str = "", number: str = "1") -> str:
    return (
        f'<lyric number="{number}"><syllabic>{syllabic}</syllabic><text>{text}</text>{more}</lyric>'
    )


def strange(tmp_path: Path, *bars: str) -> Path:
    """A stranger's file of 4/4 bars with one division a quarter note."""
    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    measures = "".join(
        f'<measure number="{i + 1}">{attributes if not i else ""}{bar}</measure>'
        for i, bar in enumerate(bars)
    )
    path = tmp_path / "strange.musicxml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0"><part-list>'
        '<score-part id="P1"><part-name>Voice</part-name></score-part></part-list>'
        f'<part id="P1">{measures}</part></score-partwise>',
        encoding="utf-8",
    )
    return path


def note(text: str = "", length: int = 1, **kinds: str) -> str:
    return _NOTE.format(length=length, lyric=lyric(text, **kinds) if text else "")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("meter", ["4/4", "6/8"])
def test_words_come_back_as_they_were(language, meter: str, tmp_path: Path):
    _, score = piece(meter=meter)
    lyrics = words(score, language)
    assert len(lyrics.lines) > 2 and any(s.notes > 1 for x in lyrics.lines for s in x.sung)
    musicxml.write(score, tmp_path / "a.musicxml", lyrics=lyrics)
    assert musicxml.read(tmp_path / "a.musicxml") == score
    read = musicxml.read_words(tmp_path / "a.musicxml")
    assert read is not None and read.language == language
    assert syllables(read) == syllables(lyrics)
    assert [(x.text, x.section) for x in read.lines] == [(x.text, x.section) for x in lyrics.lines]


def test_music21_reads_the_same_words(tmp_path: Path):
    _, score = piece()
    lyrics = words(score)
    musicxml.write(score, tmp_path / "a.musicxml", lyrics=lyrics)
    parts = converter.parse(tmp_path / "a.musicxml").parts
    found = [
        (n.lyrics[0].text, float(n.getOffsetInHierarchy(parts[1])), n.lyrics[0].syllabic)
        for n in parts[1].recurse().notes
        if n.lyrics and n.lyrics[0].text
    ]
    assert [(text, at) for text, at, _ in found] == [(t, at) for t, at, _ in syllables(lyrics)]
    assert [s in ("begin", "middle") for *_, s in found] == [j for *_, j in syllables(lyrics)]
    assert not any(n.lyrics for n in parts[0].recurse().notes)


def test_a_word_held_over_notes_has_a_line_from_its_first_to_its_last(tmp_path: Path):
    tune = (Note(0.0, 60, 1.0), Note(1.0, 62, 1.0), Note(2.0, 64, 4.0), Note(6.0, 60, 1.0))
    score = Score("H", Key("C"), Meter(), (Tempo(0.0, 90.0),), 2, (Track("V", "melody", 0, tune),))
    held = (Sung("oh", 0.0, 6.0, 3), Sung("now", 6.0, 7.0))
    lyrics = Lyrics("H", "en", (Line("oh now", 0, held),))
    musicxml.write(score, tmp_path / "a.musicxml", lyrics=lyrics)
    marks = [
        (len(list(n.iterfind("tie"))), [e.get("type") for e in n.iterfind("lyric/extend")])
        for n in safe_xml.parse((tmp_path / "a.musicxml").read_bytes()).iter("note")
        if n.find("pitch") is not None
    ]
    # C, D, E tied over the bar line: the line ends under the tied piece, before "now".
    assert marks == [(0, ["start"]), (0, []), (1, []), (1, ["stop"]), (0, [])]


def test_the_singer_is_who_has_the_notes():
    _, score = piece()
    lyrics = words(score)
    assert singer(score, lyrics) == 1
    elsewhere = Lyrics("x", "en", (Line("a", 0, (Sung("a", 0.123, 0.5),)),))
    assert singer(score, elsewhere) is None


def test_lines_of_a_file_that_states_none(tmp_path: Path):
    path = strange(
        tmp_path,
        note("Come,") + note("all") + note("ye", more="") + note("faith", syllabic="begin"),
        note("ful,", 2, syllabic="end")
        + note("Joy", syllabic="begin")
        + note("ful", syllabic="end"),
        note("and") + note("I") + note("rise.") + _REST,
        note("So") + note("be") + note("it") + note(),
    )
    read = musicxml.read_words(path)
    assert read is not None
    assert [x.text for x in read.lines] == [
        "Come, all ye faithful,",
        "Joyful and I rise.",
        "So be it",
    ]
    last = read.lines[-1].sung[-1]
    assert (last.onset, last.end, last.notes) == (14.0, 16.0, 2)


def test_the_first_verse_is_read_and_line_ends_are_heeded(tmp_path: Path):
    both = lyric("one", more="<end-line/>") + lyric("two", number="2")
    bar = (
        _NOTE.format(length=1, lyric=both)
        + note("more")
        + note("of", more="<end-line/>")
        + note("it")
    )
    read = musicxml.read_words(strange(tmp_path, bar))
    assert read is not None
    assert [x.text for x in read.lines] == ["one", "more of", "it"]


def test_what_a_file_says_is_cleaned_and_bounded(tmp_path: Path):
    nasty = "a&#x202E;b&#x9;" + "x" * 500
    read = musicxml.read_words(strange(tmp_path, note(nasty) + note("fine") + _REST + _REST))
    assert read is not None
    first = read.lines[0].sung[0].text
    assert first.isprintable() and len(first) <= 40 and "\u202e" not in first


def test_no_words_are_none(tmp_path: Path):
    assert musicxml.read_words(strange(tmp_path, note() * 4)) is None
    assert musicxml.read_words(strange(tmp_path, note("   ") + note() * 3)) is None


def test_a_compressed_file_has_its_words(tmp_path: Path):
    path = strange(tmp_path, note("hush") + note("now") + _REST * 2)
    packed = tmp_path / "a.mxl"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="strange.musicxml"/></rootfiles>'
            "</container>",
        )
        archive.write(path, "strange.musicxml")
    read = musicxml.read_words(packed)
    assert read is not None and read.lines[0].text == "hush now"
