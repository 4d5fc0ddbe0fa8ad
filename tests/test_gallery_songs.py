"""The gallery of songs: recipes that can be asked for, small files, readings of the words there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bot import gallery_songs
from bot.gallery_songs import Entry
from models import vocabulary
from models.planner import make_plan
from models.planner.intake import brief_from_json

SHOWN = Path("docs/gallery/songs")


def test_twenty_recipes_of_many_styles_can_be_planned():
    recipes = gallery_songs.entries()
    assert len(recipes) == len({r.name for r in recipes}) == len({r.seed for r in recipes}) == 20
    assert len({r.brief["style"] for r in recipes}) == 20
    assert len({r.brief["mood"] for r in recipes}) >= 18
    known = vocabulary.load().moods
    for recipe in recipes:
        assert recipe.asked.mood in known and recipe.asked.themes
        plan = make_plan(brief_from_json(recipe.brief), recipe.seed)
        assert next(s.section.name for s in plan.sections) == "verse"


def test_a_recipe_tells_its_themes_apart():
    asked = Entry("01-x", 1, "snow, bells", {"mood": "festive"}, "ABAB").asked
    assert (asked.themes, asked.mood, asked.scheme, asked.language) == (
        ("snow", "bells"),
        "festive",
        "ABAB",
        "en",
    )


def test_a_page_loses_its_border_and_its_greys(tmp_path: Path):
    page = Image.new("L", (1500, 2000), 255)
    ImageDraw.Draw(page).rectangle((200, 300, 1300, 700), fill=0)
    page.save(tmp_path / "page.png")
    gallery_songs._small_page(tmp_path / "page.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        assert (small.mode, small.width) == ("1", 820)
        assert small.height < 400


def test_what_is_shown_is_what_the_recipes_say():
    if not SHOWN.is_dir():
        pytest.skip("the songs were not made yet")
    text = (SHOWN / "README.md").read_text(encoding="utf-8")
    total = sum(file.stat().st_size for file in SHOWN.iterdir())
    assert total <= gallery_songs.MAX_BYTES
    for recipe in gallery_songs.entries():
        for suffix in (".mid", ".png", "-sheet.png"):
            assert (SHOWN / f"{recipe.name}{suffix}").is_file()
        part = text.split(f"## {recipe.name[:2]} ", 1)[1].split("\n## ", 1)[0]
        assert recipe.good in part and recipe.nonsense in part
        assert recipe.good and recipe.nonsense
        # What a reading quotes stands in the song.
        words = part.split("- **Good**")[0].replace("  \n", " / ").lower()
        for said in (recipe.good, recipe.nonsense):
            for quoted in said.split("“")[1:]:
                assert quoted.split("”")[0].lower() in words
