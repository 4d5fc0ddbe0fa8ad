"""Authored progressions and grooves: each is explained, recommendable, and composes."""

import numpy as np
import pytest

from models import vocabulary
from models.planner.intake import brief_from_json
from models.planner.make import make_plan
from models.recommender import content, materials, tree
from models.recommender.materials import Material
from models.recommender.taste import read_tag
from models.theory import Chord

ALL = materials.load()
WORDS = vocabulary.load()


def test_there_are_enough_of_both() -> None:
    kinds = [m.item.kind for m in ALL]
    assert kinds.count("progression") >= 60
    assert kinds.count("loop") >= 40
    assert len({m.item.id for m in ALL}) == len(ALL)
    for locale in ("en", "zh"):
        assert len({m.name(locale) for m in ALL}) == len(ALL)
        assert len({m.fact(locale) for m in ALL}) == len(ALL)


@pytest.mark.parametrize("material", ALL, ids=lambda m: m.item.id)
def test_every_one_composes(material: Material) -> None:
    brief = brief_from_json(material.brief)
    plan = make_plan(brief, 7)
    assert plan.style == material.styles[0]
    if material.item.kind == "progression":
        asked = [Chord.parse(symbol) for bar in brief.chords for symbol in bar]
        assert [c.chord for c in plan.chords][: len(asked)] == asked[: len(plan.chords)]
        assert str(plan.key) == brief.key
    else:
        low, _, high = WORDS.styles[plan.style].tempo
        assert low <= material.brief["tempo"] <= high
        assert plan.bpm == pytest.approx(material.brief["tempo"], rel=0.03)
        assert plan.bars == material.brief["bars"]
        assert plan.loop
        assert plan.part("drums") is not None


@pytest.mark.parametrize("material", ALL, ids=lambda m: m.item.id)
def test_every_one_is_explained_and_tagged(material: Material) -> None:
    assert {"en", "zh"} <= material.names.keys()
    assert material.fact("en").endswith(".")
    assert material.fact("zh").endswith("。")
    assert all(style in WORDS.styles for style in material.styles)
    assert len(set(material.styles)) == len(material.styles) >= 2
    meant = {found for tag in material.item.tags if (found := read_tag(tag))}
    assert {("style", style) for style in material.styles} <= meant
    assert any(kind == "mood" for kind, _ in meant)
    assert len(material.item.features) == content.SIZE


def test_neighbours_are_what_a_musician_would_name() -> None:
    rows = np.array([m.item.features for m in ALL])
    keys = [m.item.key for m in ALL]

    def near(key: str, count: int = 5) -> set[str]:
        scores = content.similarity(rows, rows[keys.index(key)])
        return {keys[i] for i in np.argsort(-scores)[1 : count + 1]}

    assert "axis_minor" in near("axis")
    assert "quick_change" in near("twelve_bar")
    assert {"jazz_blues", "bird_blues"} & near("rhythm_a")
    assert "mandopop_4536251" in near("canon_pop")
    assert "dance_club" in near("festival")


def test_genres_of_materials_are_in_the_tree() -> None:
    genres = tree.load().parents
    for material in ALL:
        assert any(tag in genres for tag in material.item.tags)
