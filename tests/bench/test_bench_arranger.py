"""The arranger's bench: parts by name, and bands that must be there."""

from __future__ import annotations

import pytest

from bot.bench import arranger
from bot.bench.options import Options
from models.arranger.evaluation.study import Study
from models.composer.evaluation.study import Figure
from models.errors import Refusal


@pytest.fixture
def study(tmp_path):
    (tmp_path / "game-train-000.npz").touch()
    return Study({"test": [], "train": []}, tmp_path)


def test_only_the_parts_named_run_and_rows_are_named_after_them(study, monkeypatch):
    row = Figure("bars", 41.23456, "bars/s", ">= 40", "words")
    monkeypatch.setattr(arranger, "_parts", lambda _: {"speed": lambda: [row], "style": None})
    study.missing["mma"] = "not installed"
    table = arranger.run(study, Options(only=("speed",)))
    found = table.rows["speed: bars"]
    assert list(table.rows) == ["speed: bars"]
    assert (found.value, found.unit, found.target) == (41.2346, "bars/s", ">= 40")
    assert "mma is missing: not installed" in table.notes


def test_what_is_not_there_is_said(study, tmp_path):
    with pytest.raises(Refusal, match="choose among notes, style, distance"):
        arranger.run(study, Options(only=("nothing",)))
    empty = Study(study.sheets, tmp_path / "elsewhere")
    with pytest.raises(Refusal, match="train arranger"):
        arranger.run(empty, Options())
