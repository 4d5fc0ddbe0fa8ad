"""Tags as people write them, genres as a tree, our styles in it, and what belongs together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import vocabulary
from models.recommender import kinship, tree

STYLES = [style.id for style in vocabulary.load().styles]


@pytest.mark.parametrize(
    ("tag", "genre"),
    [
        ("Hip-Hop", "hip hop"),
        ("hiphop", "hip hop"),
        ("hip hop", "hip hop"),
        ("rnb", "r&b"),
        ("R&B", "r&b"),
        ("Drum n Bass", "drum and bass"),
        ("dnb", "drum and bass"),
        ("synth pop", "synth-pop"),
        ("Post Rock", "post-rock"),
        ("lo fi", "lo-fi"),
        ("Shoegaze", "shoegaze"),
        ("prog rock", "progressive rock"),
        ("oi!", "oi!"),
        ("coupe decale", "coupé-décalé"),
        ("K-Pop", "k-pop"),
        ("摇滚", "rock"),
        ("国风", "guofeng"),
    ],
)
def test_tags_of_listeners_become_genres(tag: str, genre: str) -> None:
    assert tree.load().canonical(tag) == genre


@pytest.mark.parametrize(
    "tag", ["seen live", "80s", "female vocalists", "my favourites", "", "x" * 99]
)
def test_what_is_no_genre_stays_none(tag: str) -> None:
    assert tree.load().canonical(tag) is None


@given(st.text(max_size=70))
def test_any_tag_is_read_to_a_known_genre_or_none(tag: str) -> None:
    genre = tree.load().canonical(tag)
    assert genre is None or genre in tree.load().parents


def test_the_vocabulary_of_beets_is_whole() -> None:
    genres = tree.load().parents
    assert len(genres) > 1800  # 794 of the tree, 1,018 others, our own
    assert tree.load().ancestors("goa trance") == ("psytrance", "trance", "electronic")
    # A genre in two places of the tree has both families above it.
    assert {"electronic", "rock"} <= set(tree.load().ancestors("industrial metal"))
    # Outside the tree, the last words say the kind.
    assert tree.load().ancestors("symphonic black metal")[0] == "black metal"


def test_no_genre_stands_above_itself() -> None:
    genres = tree.load()
    for genre in genres.parents:
        assert genre not in genres.ancestors(genre)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_a_genre_of_its_own(style: str) -> None:
    genres = tree.load()
    assert genres.genre_of(style) in genres.parents
    assert genres.style_of(genres.genre_of(style)) == style


@pytest.mark.parametrize(
    ("genre", "style"),
    [
        ("thrash metal", "metal"),
        ("shoegaze", "indie"),
        ("delta blues", "delta_blues"),
        ("melodic black metal", "metal"),
        ("instrumental hip hop", "lofi"),
        ("gregorian chant", "choral"),
        ("cantopop", "mandopop"),
        ("idm", "electro"),
        ("vaporwave", "synthwave"),
        ("merengue", "salsa"),
        ("opera", "classical"),
    ],
)
def test_genres_find_the_style_a_musician_would_name(genre: str, style: str) -> None:
    assert tree.load().style_of(genre) == style


def test_every_exception_names_a_style() -> None:
    assert set(tree.load().styles.values()) == set(STYLES)


@pytest.mark.parametrize("kind", ["style", "mood", "instrument"])
def test_the_prior_knows_everything_of_a_kind(kind: tree.Kind) -> None:
    ids, rows = tree.closed_prior(kind)
    assert rows.shape == (rows.shape[0], len(ids))
    assert all(item.startswith(f"{kind}:") for item in ids)
    assert rows.min() >= 0
    assert rows.max() <= 1
    assert (np.diff(rows.indptr) > 1).all()  # one thing alone says nothing
    assert (rows.sum(axis=0) > 0).all()


def test_effects_are_nobodys_taste() -> None:
    ids, _ = tree.closed_prior("instrument")
    assert not {f"instrument:{name}" for name in kinship.EFFECTS} & set(ids)


def test_style_moods_and_scenes_name_what_exists() -> None:
    words = vocabulary.load()
    felt = kinship.moods_of_styles()
    assert list(felt) == STYLES
    assert all(len(moods) >= 4 for moods in felt.values())
    assert all(mood in words.moods for moods in felt.values() for mood in moods)
    in_scenes = {style for scene in kinship.scenes().values() for style in scene}
    assert in_scenes <= set(STYLES)


# What a musician would accept beside three declared styles, with nobody's listening.
DAY_ONE: dict[tuple[str, ...], tuple[set[str], set[str], set[str]]] = {
    ("lofi", "bossa_nova", "ambient"): (
        {"downtempo", "cool_jazz", "boom_bap", "trip_hop", "minimalism", "samba", "new_age"},
        {"calm", "warm", "dreamy", "romantic", "sleepy", "contemplative"},
        {"electric_piano", "piano", "warm_pad", "slow_strings", "vibraphone", "nylon_guitar"},
    ),
    ("metal", "hard_rock", "film_epic"): (
        {"punk", "rock", "post_rock", "indie", "fantasy", "surf_rock", "game_adventure"},
        {"aggressive", "angry", "epic", "energetic", "triumphant", "heroic", "dark"},
        {"distorted_guitar", "overdriven_guitar", "choir", "strings", "picked_bass"},
    ),
    ("swing", "bebop", "cool_jazz"): (
        {"big_band", "jazz_waltz", "gypsy_jazz", "dixieland", "jazz_ballad", "fusion"},
        {"cool", "carefree", "elegant", "excited", "quirky", "playful", "cheerful"},
        {"upright_bass", "piano", "tenor_sax", "trumpet", "jazz_guitar", "clarinet", "alto_sax"},
    ),
    ("mandopop", "guofeng", "jpop"): (
        {"city_pop", "ballad", "pop", "chinese_traditional", "japanese_traditional", "corporate"},
        {"bittersweet", "romantic", "tender", "wistful", "nostalgic", "uplifting", "magical"},
        {"piano", "strings", "flute", "bass_guitar", "slow_strings", "koto", "electric_guitar"},
    ),
    ("salsa", "samba", "tango"): (
        {"mambo", "cha_cha", "bolero", "cumbia", "bossa_nova", "mariachi"},
        {"festive", "passionate", "sexy", "energetic", "joyful", "excited", "carefree"},
        {"brass", "trumpet", "piano", "nylon_guitar", "strings", "upright_bass", "flute"},
    ),
}


@pytest.mark.parametrize("declared", DAY_ONE)
def test_three_declared_styles_are_enough_on_day_one(declared: tuple[str, ...]) -> None:
    """Four of the first five of each kind are what a musician would accept."""
    ids, rows = tree.closed_prior()
    gram = (rows.T @ rows).toarray().astype(float)
    inverse = np.linalg.inv(gram + 30 * np.eye(len(ids)))  # as the bot fits it
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    liked = np.array([item in {f"style:{s}" for s in declared} for item in ids])
    scores = np.where(liked, -np.inf, liked.astype(float) @ weights)
    order = [ids[i] for i in np.argsort(-scores)]
    for kind, accepted in zip(("style", "mood", "instrument"), DAY_ONE[declared], strict=True):
        first = [item.split(":")[1] for item in order if item.startswith(kind)][:5]
        assert len(accepted & set(first)) >= 4, first
