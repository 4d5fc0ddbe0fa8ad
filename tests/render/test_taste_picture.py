"""The picture of a taste: what is on it is checked in its pixels and words; nothing breaks it."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot import portrait
from bot.render import canvas, fonts, taste_picture
from bot.render.taste_picture import Card, Chips, Row, Side, draw
from bot.taste.values import Comparison, Named, Profile, ServerTaste
from models import vocabulary
from models.recommender.values import TasteVector

MONTHS = tuple((f"2026-{m:02}", float(10 * m)) for m in range(1, 13))
STYLES = {"rock": 0.4, "ambient": 0.3, "swing": 0.2, "folk": 0.1}
ARTISTS = (Named("きのこ帝国", "", 30), Named("Slowdive", "", 15), Named("万能青年旅店", "", 5))


def taste(styles=STYLES, moods=None, tempo=84.0, evidence=30, artists=ARTISTS, trend=MONTHS):
    vector = TasteVector(
        styles, {"dreamy": 1.0} if moods is None else moods, {}, tempo, None, evidence
    )
    return Profile(vector, artists, (), tuple(styles.items()), trend, {"like": 3, "made": 2})


NOTHING = taste({}, {}, None, 0, (), ())


def pixels(card):
    image = Image.open(io.BytesIO(draw(card)))
    assert image.format == "PNG"
    assert image.width == canvas.WIDTH
    return np.asarray(image.convert("RGB")).astype(int)


def card(**changes):
    side = Side("ann", (0.5, 0.3, 0.15, 0.05))
    made = Card("Ann", "Leans to rock.", "", (side,), ("A", "B", "C", "D"), "Styles")
    return replace(made, **changes)


def near(image, colour, close=30):
    return np.abs(image - np.array(colour)).sum(axis=2) < close


def test_corners_lie_at_the_square_root_of_their_share():
    def reach(share):
        side = Side("ann", (0.64, share, 0.1, 0.1))
        image = pixels(card(sides=(side, replace(side, shares=(0.0,) * 4))))
        found = np.argwhere(near(image, canvas.GOLD)[200:, :810])  # no legend, no numbers
        return found[:, 1].max() - canvas.WIDTH / 2  # the second of four corners points right

    whole, quarter = reach(0.64), reach(0.16)
    assert whole == pytest.approx(158, abs=6)
    assert quarter == pytest.approx(158 / 2, abs=6)


def test_two_tastes_have_their_colours():
    one, two = Side("ann", (0.7, 0.1, 0.1, 0.1)), Side("bob", (0.1, 0.1, 0.7, 0.1))
    image = pixels(card(sides=(one, two)))
    gold, blue = np.argwhere(near(image, canvas.GOLD)), np.argwhere(near(image, canvas.BLUE))
    assert gold[:, 0].mean() < blue[:, 0].mean() - 30  # the first points up, the third down


def test_bars_are_as_long_as_their_weights():
    def length(weight):
        rows = (Row("a", (1.0,)), Row("b", (weight,)))
        image = pixels(Card("t", "", "", (Side("a"),), rows=rows, rows_heading="Artists"))
        second = taste_picture._place((48, 100, 1232, 100 + 72 + 2 * 51), 1, 2)
        row = image[int(second[3]) - 4]  # under the name
        ground = np.abs(row - row[int(second[2]) - 20]).sum(axis=1) > 24
        inside = np.argwhere(ground[110:1200])
        return inside.max() + 110 - second[0] - 36

    room = canvas.WIDTH - 2 * 48 - 2 * 24 - 36
    assert length(0.5) == pytest.approx(room / 2, abs=8)
    assert length(0.1) == pytest.approx(room / 10, abs=8)


def test_few_styles_are_bars_and_nothing_known_gets_no_panel():
    four = pixels(card())
    three = pixels(card(axes=("A", "B", "C"), sides=(Side("ann", (0.5, 0.3, 0.2)),)))
    none = pixels(card(axes=(), sides=(Side("ann"),)))
    assert len(four) > 600 > len(three) > 250 > len(none)


def test_a_short_list_leaves_room_for_the_words_beside_the_shape():
    chips = (Chips("Moods", (("Dreamy", 1.0),), "moods"),)
    short = card(rows=(Row("a", (1.0,)),), chips=chips)
    long = card(rows=(Row("a", (1.0,)),) * 8, chips=chips)
    boxes = [box for _, box in taste_picture._placed(short, 100.0)]
    assert [box[3] for box in boxes] == [600, 223, 600]
    assert boxes[1][0] == boxes[2][0] > boxes[0][2]
    assert len(pixels(long)) > len(pixels(short))


def test_a_month_alone_is_no_trend():
    base = card(axes=(), sides=(Side("ann", (), (5.0,)),), months=("Nov",))
    assert len(pixels(base)) < 200
    assert len(pixels(replace(base, sides=(Side("a", (), (5.0, 1.0)),), months=("O", "N")))) > 300


@pytest.mark.parametrize("name", ["x" * 300, "🎧🎧", "", "\x00", "{0}", "مرحبا", "ß Ж", "雨 rain"])
def test_any_name_is_drawn(name):
    rows = tuple(Row(name, (i / 12,)) for i in range(12))
    sides = (Side(name, (0.5, 0.3, 0.15, 0.05), (1, 0, 3)),)
    chips = (Chips(name, tuple((name, 1.0) for _ in range(12)), "moods"),)
    image = pixels(
        card(title=name, summary=name * 3, facts="", axes=(name,) * 4, rows=rows, chips=chips,
             sides=sides, months=(name[:3],) * 3)
    )  # fmt: skip
    assert len(image) < 1400


def test_chinese_and_japanese_names_are_drawn_apart():
    if fonts.find_chinese() is None:
        pytest.skip("no Chinese font")
    drawn = [pixels(card(axes=(), rows=(Row(n, (1.0,)),))) for n in ("きのこ", "帝国万", "万青年")]
    assert (drawn[0] != drawn[1]).any()
    assert (drawn[1] != drawn[2]).any()


def test_fast_enough():
    full = portrait.of_person(taste(), "ann", "zh")
    draw(full)
    start = time.process_time()
    draw(full)
    assert time.process_time() - start < 0.5


# --- words ---------------------------------------------------------------------------------------


def test_a_taste_in_one_sentence():
    said = portrait.in_words(taste().vector, "en")
    assert said == "Leans to rock and ambient, unhurried and dreamy, about 84 bpm."
    assert portrait.in_words(taste().vector, "zh") == "偏爱摇滚和氛围，从容、梦幻，约 84 bpm。"
    assert portrait.in_words(taste({}, {"sad": 1.0}, None).vector, "en") == "Likes it sad."
    assert portrait.in_words(NOTHING.vector, "en") == ""


@pytest.mark.parametrize(
    "bpm, word", [(60, "slow"), (90, "unhurried"), (120, "flowing"), (180, "fast")]
)
def test_tempi_have_words(bpm, word):
    assert f", {word}" in portrait.in_words(taste(moods={}, tempo=bpm).vector, "en")


def test_names_of_styles_keep_their_capitals_where_they_must():
    words = vocabulary.load().styles
    plain = {s.id: portrait._plain(s.name("en"), "en") for s in words}
    assert plain["bossa_nova"] == "bossa nova"
    assert plain["edm"] == "EDM"
    assert plain["rnb"] == "R&B"
    assert plain["celtic_air"] == "Celtic air"


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_picture_of_a_person_says_what_is_known(locale):
    made = portrait.of_person(taste(), "ann", locale)
    told = portrait.described(made, locale)
    for name in ("きのこ帝国", "Slowdive", {"en": "Rock 40 %", "zh": "摇滚 40 %"}[locale]):
        assert name in told
    assert "780" in made.facts  # all plays of the trend
    assert made.months[0] == {"en": "Jan", "zh": "1月"}[locale]
    assert len(portrait.described(replace(made, summary="x" * 3000), locale)) == 1024
    pixels(made)


def test_little_evidence_is_called_that():
    made = portrait.of_person(taste(evidence=3), "ann", "en")
    assert "a first impression" in made.facts
    assert portrait.is_empty(portrait.of_person(NOTHING, "ann", "en"))
    assert not portrait.is_empty(made)


def test_tiny_shares_get_no_corner():
    many = {"rock": 0.5, "ambient": 0.2, "swing": 0.15, "folk": 0.14, "polka": 0.01}
    assert "Polka" not in portrait.of_person(taste(many), "ann", "en").axes


def test_two_beside_each_other():
    one = taste({"rock": 0.6, "folk": 0.4}, trend=MONTHS[:6])
    other = taste({"rock": 0.5, "swing": 0.5}, artists=ARTISTS[:1], trend=MONTHS[4:])
    found = Comparison(61, ("きのこ帝国",), ("rock",), ("folk",), ("swing",), one, other)
    made = portrait.of_two(found, ("ann", "bob"), "en")
    assert made.figure == ("61 %", "alike")
    assert made.axes[0] == "Rock"  # of both: at the top
    by_axis = dict(zip(made.axes, zip(*(s.shares for s in made.sides), strict=True), strict=True))
    assert by_axis == {"Rock": (0.6, 0.5), "Folk": (0.4, 0.0), "Swing jazz": (0.0, 0.5)}
    assert made.rows == (Row("きのこ帝国", (1.0, 1.0)),)
    assert made.sides[0].months == (10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 0, 0)
    assert made.summary.startswith("Both lean to rock. ann also leans to folk. bob also leans")
    pixels(made)


def test_shared_artists_whose_weight_is_unknown_have_no_bars():
    found = Comparison(9, ("Slowdive", "Unlisted"), a=taste(), b=taste())
    made = portrait.of_two(found, ("ann", "bob"), "en")
    assert made.rows == (Row("Slowdive"), Row("Unlisted"))
    assert "No style in common" in made.summary
    pixels(made)


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_server(locale):
    found = ServerTaste(17, taste().vector, tuple(STYLES.items()), ARTISTS, MONTHS)
    made = portrait.of_server(found, "Club", locale)
    assert "17" in made.facts
    pixels(made)


def test_what_the_vocabulary_does_not_know_is_left_out():
    made = portrait.of_person(
        taste({"rock": 0.5, "no_such_style": 0.5}, {"nowhere": 1.0}), "a", "en"
    )
    assert made.axes == ("Rock",)
    assert made.chips[0].words == ()
