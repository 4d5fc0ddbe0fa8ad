"""The composer's bench: parts by name, files that must be there, attribute sets that state all."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bench import composer
from bot.bench.briefs import attribute_sets, mood_briefs
from bot.bench.options import Options
from models.composer.evaluation.study import Figure, Study
from models.errors import Refusal
from models.planner import make_plan


@pytest.fixture
def study():
    return Study(None, {"test": [], "train": []})  # no part here reads the composer


def test_only_the_parts_named_run_and_rows_are_named_after_them(study, monkeypatch):
    row = Figure("speed", 1.23456, "times", ">= 5", "words")
    monkeypatch.setattr(composer, "_decode", lambda _: [row])
    table = composer.run(study, Options(only=("decode",)), Path())
    assert list(table.rows) == ["decode: speed"]
    found = table.rows["decode: speed"]
    assert (found.value, found.unit, found.target) == (1.2346, "times", ">= 5")


def test_what_is_not_there_is_said(study, tmp_path):
    with pytest.raises(Refusal, match="choose among likelihood"):
        composer.run(study, Options(only=("nothing",)), tmp_path)
    for options in (Options(previous=tmp_path / "a.json"), Options(unconditional=tmp_path / "b")):
        with pytest.raises(Refusal, match="check its path"):
            composer.run(study, options, tmp_path)


def test_how_to_get_the_comparisons_is_said(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(composer, "_decode", lambda _: [])
    table = composer.run(study, Options(only=("decode",)), tmp_path)
    assert any("--recipe models/composer/unconditional.toml" in note for note in table.notes)
    assert any("previous_melodies.py" in note for note in table.notes)


def test_attribute_sets_state_everything_and_can_be_planned():
    sets = attribute_sets(60, 3)
    assert sets == attribute_sets(60, 3) != attribute_sets(60, 4)
    for number, brief in enumerate(sets):
        assert brief.tempo and brief.key and brief.meter and brief.bars and brief.instruments
        assert bool(brief.chords) != bool(brief.form)
        plan = make_plan(brief, number)
        assert (plan.bars, plan.bpm, str(plan.meter)) == (brief.bars, brief.tempo, brief.meter)


def test_mood_briefs_ask_for_a_mood_and_for_nothing_else():
    asked, neutral = mood_briefs(40, 1)
    assert all(len(b.moods) == 1 and b.key is None and b.tempo is None for b in asked)
    assert len({b.moods for b in asked}) > 20
    assert all(b.moods == () and b.valence == b.arousal == 0 for b in neutral)
