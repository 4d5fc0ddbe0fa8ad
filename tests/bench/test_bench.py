"""Benchmarks tell what they find, failures included, and never ask for the impossible."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bot import __main__ as cli
from bot import studio as studio_module
from bot.bench import Row, Table, control
from bot.bench.briefs import random_briefs
from bot.bench.registry import run_bench
from bot.studio import Studio
from models import vocabulary
from models.errors import Refusal
from models.planner import make_plan


@pytest.fixture(scope="module")
def studio():
    return Studio.open()


def test_random_briefs_are_the_same_for_a_seed_and_span_the_vocabulary():
    briefs = random_briefs(300, 5)
    assert briefs == random_briefs(300, 5)
    assert briefs != random_briefs(300, 6)
    words = vocabulary.load()
    assert {b.style for b in briefs} >= {s.id for s in words.styles}
    assert {b.purpose for b in briefs} == {p.id for p in words.purposes}
    assert {b.meter for b in briefs} == {None, "4/4", "3/4", "6/8", "2/4"}


def test_random_briefs_can_all_be_planned():
    for brief in random_briefs(200, 11):
        make_plan(brief, brief.seed or 0)


def test_control_reports_a_file_that_does_not_say_what_was_asked(studio, monkeypatch):
    honest = studio_module.arrange

    def a_tone_too_high(*asked):
        score = honest(*asked)
        return replace(score, tempos=(replace(score.tempos[0], bpm=score.bpm + 7),))

    monkeypatch.setattr(studio_module, "arrange", a_tone_too_high)
    table = control.run(studio, cases=2, seed=3)
    assert table.rows["tempo (MIDI)"].value == 0
    assert table.rows["key signature (MIDI)"].value == 100
    assert table.rows["every check"].value == 0
    assert any("tempo (MIDI)" in line for line in table.details["failed"])


def test_control_counts_the_first_try_and_what_is_delivered_apart(studio, monkeypatch):
    honest, calls = studio_module.verify, []

    def wrong_at_first(plan, *paths):
        calls.append(plan)
        checks = honest(plan, *paths)
        if len(calls) % 2:
            return (replace(checks[0], ok=False), *checks[1:])
        return checks

    monkeypatch.setattr(studio_module, "verify", wrong_at_first)
    table = control.run(studio, cases=2, seed=3)
    assert table.rows["every check"].value == 100
    assert table.rows["every check, before resampling"].value == 0


def test_a_table_is_one_json_object_of_plain_measures(monkeypatch):
    table = Table("speed", 2, 7, {"median": Row(4.5, "s", "< 12")}, ("a note",))
    monkeypatch.setattr("bot.bench.registry.run_bench", lambda *_, **__: table)
    said = json.loads(CliRunner().invoke(cli.app, ["bench", "speed", "--json"]).stdout)
    assert said["measures"] == {"median": 4.5}
    assert said["cases"] == 2


@pytest.mark.parametrize(
    ("name", "words"), [("nope", "choose one of control"), ("composer", "--data DIR")]
)
def test_a_benchmark_that_cannot_run_says_what_to_do(name, words):
    with pytest.raises(Refusal, match=words):
        run_bench(name)
