"""`python -m bot rework`: what each verb passes on, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_uses import FakeUses
from typer.testing import CliRunner

from bot import __main__ as cli
from bot.domain import Request
from bot.render.soundfont import find_soundfont
from bot.studio import Studio
from models import midi
from models.arranger.generate import load_arranger
from models.arranger.plain import arrange
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

AFTER_LOADING = {"no such bars"}
FILES = {"piece.json", "piece.mid", "piece.musicxml", "piece.mp3", "piece.png"}


def run(*arguments):
    return CliRunner().invoke(cli.app, ["rework", *map(str, arguments)])


@pytest.fixture
def uses(monkeypatch):
    """Uses that record how they are called, and a studio without a trained weight."""
    fake = FakeUses()
    monkeypatch.setattr("bot.rework.uses", fake)
    monkeypatch.setattr(
        Studio, "open", lambda *_: Studio(None, load_arranger(), find_soundfont(None))
    )
    return fake


@pytest.fixture
def tune(tmp_path):
    """A short waltz as a MIDI file."""
    plan = make_plan(Brief(style="waltz", key="D minor", bars=4, tempo=200, title="Tune"), 3)
    low, bar = plan.part("melody").low + 5, plan.meter.bar_beats
    score = arrange(plan, tuple(Note(n * bar, low + n % 4, bar) for n in range(plan.bars)))
    midi.write(score, tmp_path / "tune.mid")
    return tmp_path / "tune.mid"


def test_a_variation_of_a_file_is_the_five_files_and_says_what_it_is(uses, tune, tmp_path):
    out = tmp_path / "out"
    result = run("vary", tune, "--distance", "far", "--count", 1, "-o", out, "--seed", 4)
    assert result.exit_code == 0, result.output
    assert uses.calls == [("vary", 0.8, 4, 1)]
    assert {path.name for path in out.iterdir()} == FILES
    assert "Variation of “Tune”, far from it." in result.stdout
    assert "seed 4" in result.stdout
    assert str(out / "piece.mp3") in result.stdout
    kept = json.loads((out / "piece.json").read_text(encoding="utf-8"))
    assert kept["lineage"] == {"parent": None, "how": "vary"}
    assert kept["facts"]["rework"]["use"] == "vary"
    assert kept["facts"]["verification"]["failed"] == []

    # What was made is itself music to work on, by its folder.
    longer = run("continue", out, "--bars", 2, "-o", tmp_path / "longer", "--json")
    assert longer.exit_code == 0, longer.output
    (clip,) = json.loads(longer.stdout)["clips"]
    assert clip["facts"]["bars"] == 6
    assert midi.read(tmp_path / "longer" / "piece.mid").bars == 6
    before, after = (midi.read(tmp_path / n / "piece.mid").track("melody").notes
                     for n in ("out", "longer"))  # fmt: skip
    assert after[: len(before)] == before

    # "Extend" goes on from those notes too: its seed would compose others.
    request = Request("extend", parent="out", bars=2)
    (extended,) = Studio.open().make(request, 5, tmp_path)
    assert uses.calls[-1] == ("continue_", 2, 5)
    assert midi.read(extended.folder / "piece.mid").bars == 6


def test_several_results_go_into_numbered_folders(uses, tune, tmp_path):
    result = run("vary", tune, "--count", 2, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert [Path(c["folder"]).name for c in said["clips"]] == ["1", "2"]
    assert [c["facts"]["take"] for c in said["clips"]] == [1, 2]
    for number in "12":
        assert {path.name for path in (tmp_path / "out" / number).iterdir()} == FILES


def test_a_hook_becomes_a_piece_by_a_brief(uses, tmp_path):
    (tmp_path / "brief.json").write_text('{"bars": 4, "tempo": 160, "style": "pop", "seed": 9}')
    result = run("develop", "--motif", "E4 G4 A4 G4", "--brief", tmp_path / "brief.json",
                 "-o", tmp_path / "out")  # fmt: skip
    assert result.exit_code == 0, result.output
    ((_, motif, _, seed),) = uses.calls
    assert [n.pitch for n in motif] == [64, 67, 69, 67]
    assert seed == 9
    assert "Made from your hook" in result.stdout


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (["vary", "nowhere.mid"], "There is no file “nowhere.mid”"),
        (["vary", "."], "holds no piece"),
        (["vary", "{tune}", "--distance", "x"], "A distance is near, far"),
        (["vary", "{tune}", "--distance", "7"], "goes from 0 to 1"),
        (["vary", "{tune}", "--count", "99"], "I make 1 to 8"),
        (["continue", "{tune}", "--bars", "0"], "I continue by 1 to 64 bars"),
        (["infill", "{tune}", "--bars", "8-5"], "Say bars as “5-8”"),
        (["infill", "{tune}", "--bars", "8-9"], "no such bars"),
        (["restyle", "{tune}"], "Say what should change"),
        (["restyle", "{tune}", "--style", "tangooo music"], "I don't know the style"),
        (["develop"], "Write a hook as notes"),
        (["develop", "--motif", "x y"], "I cannot read “x”"),
        (["manner", "{tune}", "nowhere.mid"], "There is no file “nowhere.mid”"),
        (["vary", "{text}"], "“text.mid” is not music I can read"),
        (["vary", "{empty}"], "“empty.mid” is empty"),
        (["vary", "{drums}"], "Only drums play in this file"),
        (["blend", "{tune}", "{text}"], "“text.mid” is not music I can read"),
        (["continue", "{long}"], "This file lasts 11 minutes, and I take at most 10"),
        (["develop", "--file", "{text}"], "“text.mid” is not music I can read"),
        (["develop", "--motif", "E:2 G:2 A:2 | D4"], "Bar 1 of your hook has 6 beats"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(uses, tune, tmp_path, monkeypatch, verb, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mid").write_text("no music")
    (tmp_path / "empty.mid").touch()
    notes = tuple(Note(beat, 60 + beat % 5, 1) for beat in range(440))
    plain = Score("", Key("C"), Meter(), (Tempo(0.0, 40.0),), 110)
    midi.write(plain.with_tracks([Track("A", "other", 0, notes)]), tmp_path / "long.mid")
    beaten = Track("D", "drums", 0, notes[:40], is_drum=True)
    short = Score("", Key("C"), Meter(), (Tempo(0.0, 40.0),), 10)
    midi.write(short.with_tracks([beaten]), tmp_path / "drums.mid")
    places = {name: tmp_path / f"{name}.mid" for name in ("text", "empty", "long", "drums")}
    filled = [a.format(tune=tune, **places) for a in verb]
    if words not in AFTER_LOADING:
        monkeypatch.setattr(Studio, "open", lambda *_: pytest.fail("models were loaded"))
    result = run(*filled, "-o", tmp_path / "out")
    assert isinstance(result.exception, Refusal), result.output
    assert words in str(result.exception)
    assert uses.calls == []
