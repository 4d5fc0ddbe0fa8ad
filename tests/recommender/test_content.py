"""Features of music: what they are, that they are the same in any key, and that neighbours fit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from models import vocabulary
from models.planner.brief import Brief
from models.planner.make import make_plan
from models.planner.plan import Plan
from models.recommender import content
from models.theory import Chord, Key

PLAN = TypeAdapter(Plan)
WORDS = vocabulary.load()


def _features(brief: Brief, seed: int) -> tuple[float, ...]:
    plan: dict[str, Any] = PLAN.dump_python(make_plan(brief, seed), mode="json")
    return content.features_of_plan(plan, {})


def _of(features: tuple[float, ...], name: str) -> float:
    return features[content.NAMES.index(name)]


@pytest.mark.parametrize("style", [style.id for style in WORDS.styles][::4])
def test_pieces_of_any_style_fit_the_space(style: str) -> None:
    features = _features(Brief(style=style), 3)
    assert len(features) == content.SIZE == len(set(content.NAMES))
    assert all(0 <= value <= 1 for value in features)
    for group in ("root ", "chord ", "motion ", "cadence ", "family "):
        shares = [v for n, v in zip(content.NAMES, features, strict=True) if n.startswith(group)]
        assert sum(shares) == pytest.approx(1, abs=0.01)


def test_features_say_what_the_plan_says() -> None:
    brief = Brief(style="waltz", tempo=150, key="D minor", bars=32, moods=("sad",), density=0.3)
    features = _features(brief, 1)
    assert content.tempo_of(features) == pytest.approx(150, rel=0.01)
    assert content.density_of(features) == pytest.approx(0.3, abs=0.15)
    assert _of(features, "meter 3/4") == 1
    assert _of(features, "mode minor") == 1
    assert _of(features, "valence") < 0.5
    assert _of(features, "family drums") == 0


def test_facts_are_newer_than_the_plan() -> None:
    plan = PLAN.dump_python(make_plan(Brief(style="pop"), 1), mode="json")
    features = content.features_of_plan(plan, {"tempo": 60, "instruments": ["harp"]})
    assert content.tempo_of(features) == pytest.approx(60, rel=0.01)
    assert _of(features, "family strings") == 1


@pytest.mark.parametrize("bars", [[["C"], ["G"], ["Am"], ["F"]], [["Dm7"], ["G7"], ["Cmaj7"]]])
def test_a_transposition_is_the_same_thing(bars: list[list[str]]) -> None:
    plain = content.features_of_progression(bars, "C", "pop")
    for tonic in ("Eb", "F#", "A"):
        key = Key(tonic)
        moved = [[_moved(symbol, key) for symbol in bar] for bar in bars]
        assert content.features_of_progression(moved, str(key), "pop") == plain


def _moved(symbol: str, key: Key) -> str:
    return Chord.parse(symbol).transposed(key.tonic_pc, key).symbol


def test_a_piece_is_most_like_itself_and_then_its_own_style() -> None:
    """For two pieces in three of eight unlike styles the nearest other is of their style."""
    styles = ("bossa_nova", "metal", "house", "ambient", "celtic_jig", "slow_blues", "waltz", "ska")
    rows = np.array([_features(Brief(style=s), seed) for s in styles for seed in range(3)])
    agreed = 0
    for place, row in enumerate(rows):
        near = content.similarity(rows, row)
        assert near[place] == pytest.approx(1)
        assert (near <= 1).all()
        agreed += int(np.argsort(-near)[1]) // 3 == place // 3
    assert agreed / len(rows) >= 2 / 3


def test_what_only_one_side_has_makes_things_less_alike() -> None:
    groove = content.features_of_loop("house", 124, "four_floor")
    same = content.features_of_loop("house", 124, "four_floor")
    other = content.features_of_loop("house", 124, "swing")
    tune = content.features_of_progression([["Am9"], ["Dm9"]], "A minor", "house", tempo=124)
    near = content.similarity(np.array([same, other, tune]), groove)
    assert near[0] == pytest.approx(1)
    assert near[0] > near[1] > 0
    assert 0.4 < near[2] < 0.95


def test_a_slower_piece_is_less_alike_than_one_a_little_slower() -> None:
    base = make_plan(Brief(style="pop", tempo=120, bars=16), 5)
    rows = [
        content.features_of_plan(PLAN.dump_python(replace(base, bpm=bpm), mode="json"), {})
        for bpm in (120.0, 112.0, 90.0, 60.0)
    ]
    near = content.similarity(np.array(rows), rows[0])
    assert list(near) == sorted(near, reverse=True)
    assert near[0] > near[-1] + 0.05
