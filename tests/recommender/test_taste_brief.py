"""What people lean to, what they share, and the briefs that are drawn from it."""

import random
from dataclasses import fields, replace

import pytest

from models import vocabulary
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.make import make_plan
from models.recommender import content, taste
from models.recommender.values import Item, TasteVector

WORDS = vocabulary.load()
#: A progression's features at 80 bpm, as a piece that somebody liked would have them.
SLOW = content.features_of_progression([["Dm9"], ["G13"]], "C", "lofi", tempo=80)
ITEMS = {
    item.id: item
    for item in (
        Item("style", "lofi", "Lo-fi"),
        Item("style", "bossa_nova", "Bossa nova"),
        Item("style", "metal", "Metal"),
        Item("style", "swing", "Swing"),
        Item("mood", "calm", "Calm"),
        Item("mood", "angry", "Angry"),
        Item("instrument", "electric_piano", "Electric piano"),
        Item(
            "artist", "slowdive", "Slowdive", tags={"Shoegaze": 1.0, "dreamy": 0.5, "seen live": 2}
        ),
        Item("piece", "p1", "A piece", tags={"lo-fi hip hop": 1.0, "warm": 1.0}, features=SLOW),
    )
}
QUIET = TasteVector(
    styles={"lofi": 0.5, "bossa_nova": 0.3, "ambient": 0.2},
    moods={"calm": 0.6, "warm": 0.4},
    instruments={"electric_piano": 0.5, "vibraphone": 0.3, "nylon_guitar": 0.2},
    tempo=82.0,
    density=0.4,
    evidence=9,
)
LOUD = TasteVector(styles={"metal": 0.7, "swing": 0.3}, moods={"angry": 1.0}, tempo=170, evidence=4)
JAZZ = TasteVector(styles={"swing": 0.6, "bossa_nova": 0.4}, moods={"calm": 1.0}, evidence=4)


def test_a_taste_is_read_from_tags_named_things_and_features() -> None:
    nets = {"style:lofi": 3.0, "artist:slowdive": 5.0, "piece:p1": 2.0, "mood:calm": 1.0}
    found = taste.vector(nets, ITEMS)
    assert next(iter(found.styles)) == "lofi"
    assert "indie" in found.styles  # shoegaze
    assert set(found.moods) == {"calm", "dreamy", "warm"}
    assert found.tempo == pytest.approx(80, rel=0.02)
    assert found.density is not None
    assert found.evidence == 4
    for side in (found.styles, found.moods):
        assert sum(side.values()) == pytest.approx(1)
        assert min(side.values()) > 0


def test_what_is_not_wanted_goes_and_the_unknown_does_not_count() -> None:
    liked = taste.vector({"style:lofi": 3.0, "piece:p1": 2.0}, ITEMS)
    turned = taste.vector({"style:lofi": 3.0, "piece:p1": 2.0, "style:metal": -10.0}, ITEMS)
    assert turned.styles == liked.styles
    against = taste.vector({"style:bossa_nova": 1.0, "style:lofi": 1.0, "piece:p1": -30.0}, ITEMS)
    assert "lofi" not in against.styles
    assert taste.vector({"artist:nobody": 9.0, "style:lofi": 0.0}, ITEMS) == TasteVector()
    gone = Item("style", "a style of yesterday", "Gone")
    assert taste.vector({gone.id: 3.0}, {gone.id: gone}) == TasteVector()


@pytest.mark.parametrize("mode", ["least_misery", "average"])
def test_a_group_of_one_is_that_one_and_of_none_nothing(mode: taste.Mode) -> None:
    assert taste.group([QUIET], mode) == QUIET
    assert taste.group([QUIET, TasteVector()], mode) == QUIET
    assert taste.group([], mode) == TasteVector()


def test_a_group_takes_what_is_shared_before_what_one_loves() -> None:
    both = taste.group([LOUD, JAZZ], "least_misery")
    assert next(iter(both.styles)) == "swing"  # metal is worth nothing to one of them
    assert next(iter(taste.group([LOUD, JAZZ], "average").styles)) == "swing"
    # Two of three love metal: the mean follows them, the least happy one holds it back.
    fond = replace(LOUD, styles={"metal": 0.9, "swing": 0.1})
    mean, least = (taste.group([fond, LOUD, JAZZ], m) for m in ("average", "least_misery"))
    assert mean.styles["metal"] > least.styles["metal"]
    assert taste.group([QUIET, LOUD], "least_misery").tempo is None
    assert taste.group([QUIET, LOUD], "average").tempo == pytest.approx((82 * 170) ** 0.5, rel=0.01)


def test_words_come_first() -> None:
    said = Brief(style="techno", moods=("dark",), tempo=135, instruments=("saw_lead", "synth_bass"))
    for seed in range(20):
        brief, notes = taste.brief_from(QUIET, said, seed)
        assert replace(brief, density=None) == said
        assert notes == ()


def test_every_field_that_was_said_stays() -> None:
    rng = random.Random(4)
    styles, moods = [s.id for s in WORDS.styles], [m.id for m in WORDS.moods]
    for seed in range(60):
        said = Brief(
            style=rng.choice([None, *styles[:40]]),
            moods=rng.choice([(), (rng.choice(moods),)]),
            tempo=rng.choice([None, 90.0]),
            seconds=rng.choice([None, 60.0]),
            bars=None,
            purpose=rng.choice([None, "game_loop", "jingle", "film_cue"])
            if rng.random() < 0.5
            else None,
            without=rng.choice([(), ("electric_piano", "room", "vibraphone")]),
            meter=rng.choice([None, "3/4"]),
        )
        if said.purpose == "jingle":
            said = replace(said, seconds=None)
        brief, _ = taste.brief_from(QUIET, said, seed)
        for field in fields(Brief):
            asked = getattr(said, field.name)
            if asked not in (None, ()):
                assert getattr(brief, field.name) == asked
        assert not set(brief.instruments) & set(said.without)
        assert brief_from_json(brief.to_json()) == brief
        make_plan(brief, seed)


def test_ten_pieces_of_one_taste_differ_and_stay_in_it() -> None:
    briefs = [taste.brief_from(QUIET, Brief(), seed)[0] for seed in range(10)]
    assert len({(b.style, b.moods, b.instruments) for b in briefs}) >= 7
    assert {b.style for b in briefs} == set(QUIET.styles)
    assert len({b.instruments for b in briefs}) >= 4
    for brief in briefs:
        assert set(brief.moods) <= set(QUIET.moods)
    again = taste.brief_from(QUIET, Brief(), 3)[0]
    assert again == briefs[3]


def test_the_louder_love_is_drawn_more_often() -> None:
    styles = [taste.brief_from(QUIET, Brief(), seed)[0].style for seed in range(300)]
    counts = [styles.count(s) for s in ("lofi", "bossa_nova", "ambient")]
    assert counts == sorted(counts, reverse=True)
    assert counts[2] > 30


def test_players_are_those_of_the_style() -> None:
    for seed in range(60):
        brief, _ = taste.brief_from(QUIET, Brief(style="bossa_nova"), seed)
        style = WORDS.styles["bossa_nova"]
        own = {*style.melody, *style.chords, *style.pad, *style.bass, style.kit}
        assert set(brief.instruments) <= own
        low, _, high = style.tempo
        assert brief.tempo is None or low <= brief.tempo <= high
    # Nobody's electric piano joins a march.
    assert taste.brief_from(QUIET, Brief(style="march"), 1)[0].instruments == ()


def test_a_mood_that_the_style_cannot_bear_is_left_out() -> None:
    asleep = TasteVector(moods={"sleepy": 1.0}, evidence=1)
    assert all(not taste.brief_from(asleep, Brief(style="metal"), s)[0].moods for s in range(20))
    assert any(taste.brief_from(asleep, Brief(style="lofi"), s)[0].moods for s in range(20))


def test_a_lesson_and_an_ensemble_keep_their_players() -> None:
    lesson, _ = taste.brief_from(QUIET, Brief(style="lofi", purpose="lesson", grade=2), 1)
    assert lesson.instruments == ()
    assert lesson.tempo is lesson.density is None
    quartet = next(e for e in WORDS.ensembles if e.style)
    seated, _ = taste.brief_from(QUIET, Brief(ensemble=quartet.id), 1)
    assert seated.instruments == ()
    assert seated.style is None


def test_notes_say_what_was_taken_and_whose() -> None:
    brief, notes = taste.brief_from(QUIET, Brief(), 6)
    ((template, values),) = notes
    assert template == taste.MINE
    assert WORDS.styles[brief.style or ""].name() in str(values["things"])
    _, notes = taste.brief_from(QUIET, Brief(), 6, people=3, locale="zh")
    ((template, values),) = notes
    assert template == taste.OURS
    assert values["count"] == 3
    assert WORDS.styles[brief.style or ""].name("zh") in str(values["things"])
    same, notes = taste.brief_from(TasteVector(), Brief(tempo=90), 1)
    assert same == Brief(tempo=90)
    assert notes[0][0] == taste.UNKNOWN


# --- density in a brief --------------------------------------------------------------------------


@pytest.mark.parametrize("style", [style.id for style in WORDS.styles][::12])
def test_the_styles_own_density_is_what_none_means(style: str) -> None:
    own = WORDS.styles[style].density
    for seed in range(3):
        plain = make_plan(Brief(style=style), seed)
        assert make_plan(Brief(style=style, density=own), seed) == plain
        full = make_plan(Brief(style=style, density=min(1.0, own + 0.25)), seed)
        assert full.chords == plain.chords
        assert full.parts == plain.parts
        for a, b in zip(full.sections, plain.sections, strict=True):
            assert a.density > b.density or a.density == 1


def test_density_has_bounds_and_a_place_in_the_file() -> None:
    assert brief_from_json({"density": 0.25}).density == 0.25
    assert Brief(density=0.25).to_json() == {"density": 0.25}
    assert "density" not in Brief(style="pop").to_json()
    for wrong in (-0.1, 1.5, "thick"):
        with pytest.raises(Refusal):
            brief_from_json({"density": wrong})
