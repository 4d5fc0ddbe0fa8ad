"""`python -m bot lyrics` and `song`, and `say` with words: what is written, kept and refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import __main__ as cli
from bot.render.soundfont import find_soundfont
from bot.studio import Studio, sketch_of
from bot.writing import Misfits, Writers
from models import midi, musicxml
from models.arranger.generate import load_arranger
from models.composer.generate import load_composer
from models.errors import Refusal
from models.lyrics import Lyrics
from models.planner.brief import Brief
from models.score import Meter, Note, Score, Tempo, Track
from models.singing import espeak
from models.theory import Key

sys.path.insert(0, str(Path(__file__).parents[1]))
from scripted_writer import ScriptedWriter

WORDED = {"piece.json", "piece.mid", "piece.musicxml", "piece.mp3", "piece.png", "lyrics.txt",
          "lyrics.lrc", "karaoke.kar",
          "lead-sheet.pdf", "lead-sheet.png", "lead-sheet.musicxml"}  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def saved(folder):
    return json.loads((folder / "piece.json").read_text(encoding="utf-8"))


def words_in(folder):
    return Lyrics.from_json(saved(folder)["lyrics"])


@pytest.fixture(scope="module")
def writer():
    return ScriptedWriter()


@pytest.fixture(scope="module")
def studio(writer):
    return Studio(
        load_composer(), load_arranger(), find_soundfont(None),
        writers=Writers(english=lambda: writer, chinese=lambda: writer),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def opened(monkeypatch, studio):
    monkeypatch.setattr(Studio, "open", lambda *_: studio)


@pytest.fixture(scope="module")
def song(tmp_path_factory, studio):
    """The README's first example, short."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Studio, "open", lambda *_: studio)
    out = tmp_path_factory.mktemp("song")
    text = "a wistful waltz in D minor at 200 bpm, 16 bars, then words about winter"
    result = run("say", text, "--out", out, "--seed", 3)
    patch.undo()
    assert result.exit_code == 0, result.output
    return out, result.stdout


def test_say_makes_the_piece_and_its_words(song, writer):
    out, said = song
    assert {path.name for path in out.iterdir()} >= WORDED
    lyrics, score = words_in(out), midi.read(out / "piece.mid")
    onsets = {n.onset for n in score.track("melody").notes}
    assert all(s.onset in onsets for line in lyrics.lines for s in line.sung)
    facts = saved(out)["facts"]
    assert facts["key"] == "D minor"
    assert facts["bars"] == 16
    assert facts["words"]["themes"] == ["winter"]
    assert facts["verification"]["passed"] == facts["verification"]["of"]
    assert {s["name"] for s in facts["form"]} >= {"verse", "chorus"}
    assert facts["title"] == lyrics.title == score.title
    assert lyrics.lines[0].text in said
    assert "I did not understand" not in said
    ask = writer.asks[0]
    assert ask.themes == ("winter",)
    assert ask.valence < 0  # of a wistful piece
    assert musicxml.read_words(out / "piece.musicxml").lines[0].text == lyrics.lines[0].text


def test_another_take_keeps_the_sound_and_says_something_else(song, tmp_path, writer):
    out, _ = song
    result = run("lyrics", out, "--again", "-o", tmp_path, "--seed", 8)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "piece.mp3").read_bytes() == (out / "piece.mp3").read_bytes()
    old, new = words_in(out), words_in(tmp_path)
    assert {line.text for line in old.lines}.isdisjoint(line.text for line in new.lines)
    assert [len(line.sung) for line in old.lines] == [len(line.sung) for line in new.lines]
    assert writer.asks[-1].themes == ("winter",)  # what was asked is remembered
    assert set(writer.asks[-1].avoid) == {line.text for line in old.lines}
    assert saved(tmp_path)["lineage"]["how"] == "rewrite"
    assert "Other words for" in result.stdout


def test_one_line_again_leaves_every_other_syllable(song, tmp_path):
    out, _ = song
    result = run("lyrics", out, "--line", 2, "-o", tmp_path, "--seed", 8)
    assert result.exit_code == 0, result.output
    old, new = words_in(out), words_in(tmp_path)
    changed = [n for n, (a, b) in enumerate(zip(old.lines, new.lines, strict=True)) if a != b]
    assert changed[0] == 1
    assert {old.lines[n].text for n in changed} == {old.lines[1].text}
    assert new.title == old.title
    refusal = run("lyrics", out, "--line", 99, "-o", tmp_path)
    assert isinstance(refusal.exception, Refusal)
    assert "There is no line 99" in str(refusal.exception)


def test_a_persons_own_words_are_checked_by_line_and_set(song, tmp_path):
    out, _ = song
    rows = (out / "lyrics.txt").read_text(encoding="utf-8").split("\n\n", 1)[1]
    file = tmp_path / "mine.txt"
    file.write_text(rows.replace(words_in(out).lines[0].text, "no", 1), encoding="utf-8")
    refusal = run("lyrics", out, "--lines", file, "-o", tmp_path / "a")
    assert isinstance(refusal.exception, Misfits)
    notes = len(words_in(out).lines[0].sung)
    assert refusal.exception.problems == (f"Line 1 has 1 syllables for {notes} notes.",)
    file.write_text(rows, encoding="utf-8")
    result = run("lyrics", out, "--lines", file, "-o", tmp_path / "a", "--title", "Mine")
    assert result.exit_code == 0, result.output
    mine = words_in(tmp_path / "a")
    assert [line.text for line in mine.lines] == [line.text for line in words_in(out).lines]
    assert (mine.title, mine.by) == ("Mine", "")


def test_a_file_keeps_its_notes_and_gets_words(tmp_path):
    pitches = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 67, 65, 64, 62, 60]
    notes = tuple(Note(float(n), p, 1.0) for n, p in enumerate(pitches))
    score = Score("Tune", Key("C"), Meter(), (Tempo(0.0, 160.0),), 4,
                  (Track("Flute", "melody", 73, notes),))  # fmt: skip
    midi.write(score, tmp_path / "tune.mid")
    out = tmp_path / "out"
    result = run(
        "lyrics", tmp_path / "tune.mid", "--theme", "the sea, hopeful", "-o", out, "--json"
    )
    assert result.exit_code == 0, result.output
    clip = json.loads(result.stdout)
    assert clip["facts"]["words"]["mood"] == "hopeful"
    assert clip["facts"]["verification"]["failed"] == []
    (track,) = midi.read(out / "piece.mid").tracks
    assert [(n.onset, n.pitch) for n in track.notes] == [(n.onset, n.pitch) for n in notes]
    assert sum(len(line.sung) for line in words_in(out).lines) == len(notes)


def test_words_first_from_a_text_file(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("The snow lies deep upon the hill\nThe frozen river sleeps", encoding="utf-8")
    out = tmp_path / "out"
    result = run("lyrics", "--lines", file, "--like", "a folk tune in G", "-o", out, "--seed", 2)
    assert result.exit_code == 0, result.output
    lyrics, score = words_in(out), midi.read(out / "piece.mid")
    assert [s.onset for line in lyrics.lines for s in line.sung] == [
        n.onset for n in score.track("melody").notes
    ]
    assert saved(out)["facts"]["key"] == "G major"
    assert lyrics.title == "The snow lies deep upon the hill"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.mid"], "no file"),
        (["--again"], "which music"),
        (["--scheme", "A1"], "rhyme scheme"),
        (["--language", "klingon"], "English or Chinese"),
        (["--mood", "qwertz"], "qwertz"),
        (["--lines", "nowhere.txt"], "no file"),
    ],
)
def test_what_cannot_be_is_said_before_models_load(arguments, said, tmp_path, monkeypatch):
    monkeypatch.setattr(Studio, "open", lambda *_: pytest.fail("models were loaded"))
    result = run("lyrics", *arguments, "-o", tmp_path)
    assert isinstance(result.exception, Refusal)
    assert said in str(result.exception)


def test_drums_have_no_melody_to_write_for(tmp_path):
    hits = tuple(Note(float(n), 36, 0.5) for n in range(16))
    score = Score("Drums", Key("C"), Meter(), (Tempo(0.0, 120.0),), 4,
                  (Track("Drums", "drums", 0, hits, is_drum=True),))  # fmt: skip
    midi.write(score, tmp_path / "drums.mid")
    result = run("lyrics", tmp_path / "drums.mid", "-o", tmp_path / "out")
    assert isinstance(result.exception, Refusal)
    assert "melody" in str(result.exception)


@pytest.mark.skipif(not espeak.available(), reason="needs segno[sing]")
def test_a_robot_sings_the_words_of_a_piece(song, tmp_path):
    folder = tmp_path / "piece"
    shutil.copytree(song[0], folder)
    result = run("export", folder, "--formats", "sung")
    assert result.exit_code == 0, result.output
    demo, piece = folder / "sung-robot-demo.mp3", folder / "piece.mp3"
    assert demo.stat().st_size > piece.stat().st_size / 2
    assert demo.read_bytes() != piece.read_bytes()


def test_a_piece_without_words_cannot_be_sung_or_changed(tmp_path, studio):
    piece = tmp_path / "piece"
    studio.record(sketch_of(Brief(style="pop", bars=4, tempo=180.0), 3), piece)
    for arguments in (["lyrics", piece, "--again"], ["export", piece, "--formats", "sung"]):
        result = run(*arguments, *(["-o", tmp_path / "out"] if arguments[0] == "lyrics" else []))
        assert isinstance(result.exception, Refusal)
        assert "has no words yet" in str(result.exception)
