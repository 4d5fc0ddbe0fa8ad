"""The lyricist's bench: parts by name, details under the table, what is missing is said."""

from __future__ import annotations

import pytest

from bot.bench import lyricist
from bot.bench.options import Options
from bot.bench.registry import run_bench
from models.composer.evaluation.study import Figure
from models.errors import Refusal
from models.lyricist.evaluation.study import Study


@pytest.fixture
def study(tmp_path):
    made = Study(tmp_path, tmp_path, limit=10)
    made.__dict__["cases"] = []
    return made


def test_only_the_parts_named_run_and_rows_are_named_after_them(study, monkeypatch):
    def speed():
        study.tell("copied", ["six words of somebody"])
        return [Figure("4 lines", 3.14159, "s", "< 8", "7 times")]

    monkeypatch.setattr(lyricist, "_parts", lambda _: {"speed": speed, "theme": None})
    monkeypatch.setattr(lyricist.hub, "manifest", lambda _: type("M", (), {"sha256": "ab" * 32}))
    table = lyricist.run(study, Options(only=("speed",), split="validation"))
    found = table.rows["speed: 4 lines"]
    assert list(table.rows) == ["speed: 4 lines"]
    assert (found.value, found.unit, found.target) == (3.1416, "s", "< 8")
    assert table.details == {"copied": ["six words of somebody"]}
    assert any("abababababab" in note for note in table.notes)


def test_what_is_not_there_is_said(study):
    with pytest.raises(Refusal, match="choose among syllables, rhyme, stress"):
        lyricist.run(study, Options(only=("nothing",)))
    with pytest.raises(Refusal, match="--data DIR"):
        run_bench("lyricist", options=Options())


def test_fewer_melodies_are_fewer_of_everything(study):
    assert study.few(100) == 10 and study.few(7) == 2
    study.limit = None
    assert study.few(600) == 600
