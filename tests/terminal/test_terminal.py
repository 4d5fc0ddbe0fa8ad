"""The command line as scripts call it: exact files, JSON, and one sentence when it cannot be."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot import __main__ as cli
from models import midi
from models.errors import Refusal

FILES = {"piece.json", "piece.mid", "piece.musicxml", "piece.mp3", "piece.png"}


def run(*arguments):
    return CliRunner().invoke(cli.app, arguments)


def test_a_brief_becomes_the_five_files_and_one_json_object(tmp_path):
    brief = {"style": "waltz", "key": "D minor", "tempo": 100, "seconds": 8, "seed": 3}
    (tmp_path / "brief.json").write_text(json.dumps(brief), encoding="utf-8")
    result = run("compose", "--brief", f"{tmp_path}/brief.json", "--out", f"{tmp_path}/o", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert {path.name for path in (tmp_path / "o").iterdir()} == FILES
    score = midi.read(tmp_path / "o" / "piece.mid")
    assert (str(score.key), score.bpm, str(score.meter)) == ("D minor", 100, "3/4")
    assert score.seconds == pytest.approx(8, abs=0.1)
    assert said["facts"]["verification"]["failed"] == []
    kept = json.loads((tmp_path / "o" / "piece.json").read_text(encoding="utf-8"))
    assert kept["brief"] == brief
    assert kept["verification"]
    assert kept["lineage"] == {"parent": None, "how": "compose"}


def test_the_kept_brief_makes_the_same_piece_again(tmp_path):
    assert run("say", "a jig, 6 seconds", "--out", f"{tmp_path}/a").exit_code == 0
    kept = json.loads((tmp_path / "a" / "piece.json").read_text(encoding="utf-8"))
    (tmp_path / "again.json").write_text(json.dumps(kept["brief"]), encoding="utf-8")
    again = run("compose", "--brief", f"{tmp_path}/again.json", "--out", f"{tmp_path}/b")
    assert again.exit_code == 0, again.output
    first, second = (midi.read(tmp_path / name / "piece.mid") for name in "ab")
    assert first == second


def test_a_chinese_request_is_answered_in_chinese(tmp_path):
    result = run("say", "一首D小调的圆舞曲，6秒", "--out", str(tmp_path), "--seed", "1")
    assert result.exit_code == 0, result.output
    assert "圆舞曲" in result.stdout
    assert "小节" in result.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Tell me what to compose"),
        ("x " * 2000, "2,000|2000"),
        ("waltz at 9000 bpm", "between 30 and 300"),
        ("a three hour tango", "between 3 and 600 seconds"),
        ("一首3小时的探戈", "3 到 600 秒"),
    ],
)
def test_what_cannot_be_is_refused_in_the_language_of_the_request(tmp_path, text, words):
    result = run("say", text, "--out", str(tmp_path))
    assert isinstance(result.exception, Refusal)
    with pytest.raises(Refusal, match=words):
        raise result.exception
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{bad", "is not valid JSON"),
        ("[]", "A brief is a JSON object"),
        ('{"style": "waltzz tango polka"}', "did you mean"),
        ('{"bars": 8, "tempo": 120, "seconds": 60}', "would be 32 bpm"),
    ],
)
def test_a_brief_that_cannot_be_is_refused_before_anything_is_written(tmp_path, content, words):
    (tmp_path / "brief.json").write_text(content, encoding="utf-8")
    result = run("compose", "--brief", f"{tmp_path}/brief.json", "--out", f"{tmp_path}/o")
    assert isinstance(result.exception, Refusal)
    assert words in str(result.exception)
    assert not (tmp_path / "o").exists()


def test_a_refusal_is_json_for_scripts(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["segno", "compose", "--brief", "nowhere.json", "--json"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert "nowhere.json" in json.loads(capsys.readouterr().out)["error"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    result = run("say", "a jig, 6 seconds", "--out", f"{tmp_path}/taken")
    assert isinstance(result.exception, Refusal)
    assert "taken" in str(result.exception)
