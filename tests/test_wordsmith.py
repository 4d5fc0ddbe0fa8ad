"""Requests with words as a worker makes them: progress, what stays, what comes back as a result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scripted_writer import ScriptedWriter

from bot import lyrics_ask
from bot.domain import Arrangement, Request, Rework, Writing
from bot.jobs import tasks
from bot.piece import PieceFile
from bot.render.soundfont import find_soundfont
from bot.studio import Studio
from bot.writing import Writers
from models import midi
from models.arranger.generate import load_arranger
from models.composer.generate import load_composer
from models.errors import Refusal
from models.lyricist.placed import grid_of, numbered
from models.planner.brief import Brief

SHORT = Brief(style="pop", bars=16, tempo=220.0, moods=("joyful",))


@pytest.fixture(scope="module")
def writer():
    return ScriptedWriter()


@pytest.fixture(scope="module")
def studio(writer):
    def nobody():
        raise Refusal("no Chinese here")

    return Studio(
        load_composer(), load_arranger(), find_soundfont(None),
        writers=Writers(english=lambda: writer, chinese=nobody),
    )  # fmt: skip


@pytest.fixture(scope="module")
def song(studio, tmp_path_factory):
    """A song, the folder of pieces it lies in, and the progress it reported."""
    pieces = tmp_path_factory.mktemp("data") / "pieces"
    steps = []
    asked = lyrics_ask.writing("the harbour at night", required="lantern", scheme="AABB")
    request = Request("song", SHORT, "a pop song about the harbour at night", writing=asked)
    (clip,) = studio.make(request, 11, pieces, steps.append)
    return clip, pieces, steps


def lyrics_of(pieces, clip):
    return PieceFile.load(pieces / clip.piece_id).lyrics


def test_a_song_is_one_piece_made_in_steps_that_only_go_forward(song):
    clip, _, steps = song
    assert {"mp3", "mid", "musicxml", "png", "lead", "lyrics", "lrc", "karaoke"} <= set(clip.files)
    assert [s.label for s in steps if s.label != "writing the words"] == [
        "planning the piece", "writing the melody", "arranging the band", "recording",
    ]  # fmt: skip
    assert {s.of for s in steps} == {5}
    assert [s.step for s in steps] == sorted(s.step for s in steps)
    assert any(s.label == "writing the words" and s.step == 4 for s in steps)


def test_what_was_asked_reaches_the_writer(song, writer):
    ask = writer.asks[0]
    assert ask.themes == ("harbour at night",)
    assert ask.valence > 0.5  # of a joyful piece
    assert {s.scheme[:4] for s in ask.stanzas if len(s.lines) == 4} <= {"AABB"}
    assert sum("lantern" in s.required for s in ask.stanzas) == 1
    assert ask.clean


def test_the_same_request_and_seed_give_the_same_song(song, studio, tmp_path):
    clip, _, _ = song
    asked = lyrics_ask.writing("the harbour at night", required="lantern", scheme="AABB")
    request = Request("song", SHORT, "a pop song about the harbour at night", writing=asked)
    (again,) = studio.make(request, 11, tmp_path)
    assert again.piece_id == clip.piece_id
    for name in ("piece.mid", "lyrics.txt", "lyrics.lrc", "piece.musicxml"):
        assert (tmp_path / clip.piece_id / name).read_bytes() == (clip.folder / name).read_bytes()


def test_a_grid_read_from_words_has_their_lines_and_returns(song):
    clip, pieces, _ = song
    lyrics, score = lyrics_of(pieces, clip), midi.read(clip.folder / "piece.mid")
    grid = grid_of(lyrics, score)
    assert [len(line) for s in grid.stanzas for line in s.lines] == [
        len(line.sung) for line in lyrics.lines
    ]
    told = numbered(lyrics, grid)
    assert len(told) == len(grid.lines)
    assert list(dict.fromkeys(line.text for line in lyrics.lines)) == list(dict.fromkeys(told))


def test_other_players_keep_the_words_and_another_melody_does_not(song, studio):
    clip, pieces, _ = song
    asked = Arrangement("mute", source=clip.piece_id, part="drums")
    (quiet,) = studio.make(Request("arrange", parent=clip.piece_id, arrangement=asked), 2, pieces)
    assert lyrics_of(pieces, quiet) == lyrics_of(pieces, clip)
    assert "lyrics" in quiet.files
    assert (
        quiet.facts["words"]
        == json.loads((clip.folder / "piece.json").read_text())["facts"]["words"]
    )
    rework = Rework("remelodise", source=clip.piece_id)
    (other,) = studio.make(Request("rework", parent=clip.piece_id, rework=rework), 2, pieces)
    assert lyrics_of(pieces, other) is None
    assert "words" not in other.facts
    (take,) = studio.make(Request("takes", parent=clip.piece_id), 2, pieces)
    assert lyrics_of(pieces, take) is None
    assert "words" not in take.facts


def test_words_that_do_not_fit_are_a_result_with_what_to_mend(song, studio, monkeypatch):
    clip, pieces, _ = song
    monkeypatch.setattr(tasks._Process, "studio", studio)
    asked = replace(lyrics_ask.own("one line"), source=clip.piece_id)
    request = Request("lyrics", parent=clip.piece_id, writing=asked, locale="zh")
    result = json.loads(
        tasks.execute(tasks.request_to_json(request), 1, str(pieces), lambda _: None)
    )
    assert result["misfits"]["text"] == "one line"
    assert all(any("\u4e00" <= c <= "\u9fff" for c in p) for p in result["misfits"]["problems"])


def test_a_first_line_that_does_not_fit_is_said_with_its_number(song, studio):
    clip, pieces, _ = song
    asked = Writing("write", source=clip.piece_id, first_line="no")
    with pytest.raises(Refusal, match="Line 1 has 1 syllables"):
        studio.make(Request("lyrics", parent=clip.piece_id, writing=asked), 1, pieces)


def test_a_song_around_ones_own_first_line_is_written_to_it(studio, tmp_path):
    line = "I left my heart beside the sea"
    asked = lyrics_ask.writing("the sea", first_line=line)
    request = Request("song", replace(SHORT, bars=None), writing=asked)
    (clip,) = studio.make(request, 3, tmp_path)
    (first, *_) = lyrics_of(tmp_path, clip).lines
    assert (first.text, len(first.sung)) == (line, 8)
    assert all(one.notes == 1 for one in first.sung)
    assert clip.facts["rework"]["use"] == "set"


def test_words_in_chinese_are_asked_of_the_chinese_writer(song, studio):
    clip, pieces, _ = song
    for request in (
        Request(
            "lyrics",
            parent=clip.piece_id,
            locale="zh",
            writing=Writing("write", source=clip.piece_id),
        ),
        Request("song", SHORT, locale="en", writing=Writing("write", language="zh")),
    ):
        with pytest.raises(Refusal, match="no Chinese here"):
            studio.make(request, 1, pieces)


def test_a_take_of_a_take_says_neither_of_the_first_two(song, studio, writer):
    clip, pieces, _ = song
    first = lyrics_of(pieces, clip)
    request = Request(
        "lyrics", parent=clip.piece_id, writing=Writing("rewrite", source=clip.piece_id)
    )
    (second,) = studio.make(request, 5, pieces)
    again = replace(
        request, parent=second.piece_id, writing=Writing("rewrite", source=second.piece_id)
    )
    studio.make(again, 6, pieces)
    texts = {line.text for said in (first, lyrics_of(pieces, second)) for line in said.lines}
    assert texts == set(writer.asks[-1].avoid)
    assert writer.asks[-1].themes == ("harbour at night",)
    assert writer.asks[-1].stanzas[0].scheme == writer.asks[0].stanzas[0].scheme
