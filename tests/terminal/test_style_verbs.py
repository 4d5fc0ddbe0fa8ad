"""`python -m bot style`, and `--style`: learned from files, composed in, forgotten."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot import __main__ as cli
from bot.render.soundfont import find_soundfont
from bot.studio import Studio
from bot.style_words import FROM_DISCORD, learned
from bot.styles import Fitting, outcome
from models import midi, musicxml
from models.arranger.plain import arrange
from models.composer.adapting import adapt
from models.composer.adapting.style import Report
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note
from storage import styles
from storage.db import open_database


def run(*arguments):
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def write(path, number=0, bars=8):
    """A little waltz in D minor as a file."""
    plan = make_plan(Brief(style="waltz", key="D minor", bars=bars, tempo=120), number)
    low = plan.part("melody").low + 5
    melody = tuple(Note(n / 2, low + (n * (number + 2)) % 7, 0.5) for n in range(6 * bars))
    (midi if path.suffix == ".mid" else musicxml).write(arrange(plan, melody), path)
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder of one's own, and files to learn from."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    write(tmp_path / "one.mid")
    write(tmp_path / "two.musicxml", 1)
    write(tmp_path / "short.mid", bars=2)
    (tmp_path / "noise.mid").write_bytes(b"ID3")
    return tmp_path


@pytest.fixture
def trained(monkeypatch):
    """Which calls of training were made; it returns at once, with a style that took none."""
    calls = []

    def learn(sheets, composer, on_progress):
        calls.append([sheet.id for sheet in sheets])
        on_progress(1, 2)
        return adapt.instant(sheets)

    monkeypatch.setattr(adapt, "learn", learn)
    return calls


def test_a_style_is_learned_listed_worn_and_forgotten(home, trained):
    files = [home / name for name in ("one.mid", "noise.mid", "two.musicxml", "short.mid")]
    result = run("style", "learn", *files, home / "gone.mid", "--name", "Mine", "--vector-only")
    assert result.exit_code == 0, result.output
    assert "Learned from 2 pieces" in result.stdout
    assert "nothing was trained, as you asked" in result.stdout
    assert "- “noise.mid” is not music I can read" in result.stdout
    assert "“short.mid”: The melody of “short.mid” is too short" in result.stdout
    assert "- There is no file “gone.mid”; check its path." in result.stdout
    assert "--style “Mine”" in result.stdout
    assert trained == []

    shown = json.loads(run("style", "list", "--json").stdout)["styles"]
    assert [(s["name"], s["pieces"], s["kind"]) for s in shown] == [("Mine", 2, "vector")]
    assert "Mine · pieces: 2 · measured features" in run("style", "list").stdout

    out = home / "out"
    made = run("say", "a waltz, 5 seconds", "--style", "mine", "--out", out, "--seed", 2)
    assert made.exit_code == 0, made.output
    assert "in the style “Mine”" in made.stdout
    assert json.loads((out / "piece.json").read_text())["facts"]["learned_style"] == "Mine"

    assert run("style", "forget", "MINE").stdout == "Deleted: Mine\n"
    assert list((home / "data" / "styles").glob("*/*")) == []
    refused = run("say", "a waltz, 5 seconds", "--style", "Mine", "--out", out)
    assert isinstance(refused.exception, Refusal)
    assert "There is no style “Mine” here" in str(refused.exception)


def test_files_on_this_machine_are_trained_on_and_added(home, trained):
    assert run("style", "learn", home / "one.mid", "--name", "Mine").exit_code == 0
    (first,) = (home / "data" / "styles" / "0").iterdir()
    added = run("style", "learn", home / "one.mid", home / "two.musicxml", "--name", "mine")
    assert "Learned from 2 pieces" in added.stdout
    assert [len(call) for call in trained] == [1, 2]
    assert trained[1][0] == trained[0][0]
    (second,) = (home / "data" / "styles" / "0").iterdir()
    assert second != first
    again = run("style", "learn", "--name", "mine")  # over a new weight
    assert "Learned from 2 pieces" in again.stdout
    assert trained[2] == trained[1]


def test_a_style_can_be_learned_for_somebody_in_discord(home, trained):
    assert run("style", "learn", home / "one.mid", "--name", "Hers", "--for", 77).exit_code == 0
    with open_database(home / "data" / "segno.db") as db:
        assert [s.name for s in styles.of(db, 77)] == ["Hers"]
        # What she sent through Discord is not trained on by adding to it here.
        report = json.dumps({"discord": True})
        styles.save(
            db, owner_id=77, name="hers", pieces=1, kind="vector",
            folder=styles.own(db, 77, "hers").folder, report=report, now=0.0,
        )  # fmt: skip
    more = run("style", "learn", home / "two.musicxml", "--name", "Hers", "--for", 77)
    assert "Discord's rules forbid training" in more.stdout
    assert len(trained) == 1


def test_reworks_are_made_in_the_style_too(home, monkeypatch, trained):
    run("style", "learn", home / "one.mid", "--name", "Mine", "--vector-only")
    (folder,) = (home / "data" / "styles" / "0").iterdir()
    seen = []

    def wear(self, plain, place):
        seen.append((plain, place))
        raise Refusal("Seen.")

    monkeypatch.setattr(Fitting, "wear", wear)
    monkeypatch.setattr(Studio, "open", lambda *_: Studio("plain", None, find_soundfont(None)))
    result = run("rework", "--style", "Mine", "vary", home / "one.mid", "--out", home / "o")
    assert str(result.exception) == "Seen."
    assert seen == [("plain", folder)]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("noise.mid",), "nothing to learn from"),
        (("gone.mid", "noise.mid"), "There is no file “gone.mid”; check its path. “noise.mid” is"),
        (("one.mid", "--name", "none"), "Call the style by"),
        ((), "Name the files to learn from"),
    ],
)
def test_what_cannot_be_learned_is_refused(home, monkeypatch, names, words):
    files = [home / name if name.endswith(".mid") else name for name in names]
    monkeypatch.setattr("bot.style_cli._learned", lambda *_: pytest.fail("models were loaded"))
    result = run("style", "learn", "--name", "x", *files)
    assert isinstance(result.exception, Refusal)
    assert words in str(result.exception)
    assert not (home / "data" / "styles").exists()


@pytest.mark.parametrize(
    ("kind", "train", "report", "said"),
    [
        ("vector", False, Report("not trained"), "Discord's rules forbid training"),
        ("vector", True, Report("few"), "training needs three pieces or more"),
        (
            "adapter", True,
            Report("accepted", base=5.0, vector=4.0, embedding=3.95, adapter=3.8, forgotten=0.002),
            "An adapter was trained and kept: pieces of yours that it had not seen are 5.0 %",
        ),
        (
            "embedding", True,
            Report("no gain", base=5.0, vector=4.0, embedding=3.9, adapter=3.95, forgotten=0.0),
            "An embedding was trained and kept, an adapter on top of it was not: pieces of yours "
            "that it had not seen are 2.5 % better",
        ),
        (
            "vector", True,
            Report("no gain", base=5.0, vector=4.0, embedding=4.1, adapter=3.968, forgotten=0.0),
            "improved by 0.8 %, and I ask for 2 %",
        ),
        (
            "vector", True,
            Report("no gain", base=5.0, vector=4.0, embedding=4.1, adapter=4.016, forgotten=0.0),
            "got worse by 0.4 %, and I ask for 2 % better",
        ),
        (
            "vector", True,
            Report("no gain", base=5.0, vector=4.0, embedding=4.1, adapter=4.001, forgotten=0.0),
            "improved by 0.0 %",
        ),
        (
            "vector", True,
            Report("forgets", base=5.0, vector=4.0, embedding=3.99, adapter=3.8, forgotten=0.031),
            "music unlike yours was predicted 3.1 % worse, and I allow 1 %",
        ),
    ],
)  # fmt: skip
def test_what_training_found_is_said_with_its_figures(kind, train, report, said):
    result = {
        "name": "Mine", "pieces": 5, "kind": kind, "traits": ["busy", "steps"], "minor": 0.8,
        "skipped": [], "train": train, "outcome": outcome(report),
    }  # fmt: skip
    text = learned(result, {})
    assert "Learned from 5 pieces: busier than most, small steps, mostly minor." in text
    assert said in text
    assert (FROM_DISCORD in text) == (not train)
    chinese = learned(result, {}, "zh")
    assert "busier" not in chinese
    assert "adapter" not in chinese
