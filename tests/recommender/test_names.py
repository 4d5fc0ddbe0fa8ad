"""Names of one thing fold to one key, and names of different things stay apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommender.names import BETWEEN, LONGEST, artist_key, clean, track_key

SAME_ARTISTS = [
    ("Beyoncé", "BEYONCE", "Beyonce\u0301", "Beyoncé feat. Jay-Z", "beyoncé (ft. JAY Z)"),
    ("The Beatles", "Beatles", "the  beatles", "Beatles\u200b"),
    ("Earth, Wind & Fire", "Earth Wind and Fire"),
    ("M.I.A.", "MIA", "Ｍ.Ｉ.Ａ."),
    ("Guns N' Roses", "Guns N’ Roses", "guns n roses"),
    ("周杰倫", "周杰倫 feat. 楊瑞代"),
    ("Motörhead", "Motorhead"),
]
OTHERS = [
    "The The",
    "The Band",
    "!!!",
    "will.i.am",
    "William",
    "ガガ",
    "カカ",
    "सोनू",
    "सोन",
    "P!nk",
]
SAME_TITLES = [
    (
        "Here Comes the Sun", "Here Comes The Sun - Remastered 2009", "Here Comes the Sun (Live)",
        "Here Comes the Sun - 2009 Remaster", "Here Comes the Sun [2019 Digital Remaster]",
        "Here comes the sun (feat. Nobody) - Live at Home / 1999 - Mono Version",
    ),
    ("晴天", "晴天 (Live)", "晴天（现场版）"),
    ("Don't Stop", "Dont stop", "Don’t Stop (Radio Edit)"),
]  # fmt: skip
OTHER_TITLES = [
    "Umbrella", "Umbrella (Remix)", "Umbrella - Acoustic", "Live and Let Die", "Live",
    "Live Forever", "Mono", "Remastered", "Song 2", "Song", "With You", "The End", "End", "Feat",
    "÷", "×",
]  # fmt: skip


@pytest.mark.parametrize("names", SAME_ARTISTS)
def test_spellings_of_an_artist(names):
    assert len({artist_key(name) for name in names}) == 1


@pytest.mark.parametrize("titles", SAME_TITLES)
def test_spellings_of_a_track(titles):
    assert len({track_key("A", title) for title in titles}) == 1


def test_different_things_stay_apart():
    artists = [names[0] for names in SAME_ARTISTS] + OTHERS
    assert len({artist_key(name) for name in artists}) == len(artists)
    titles = [names[0] for names in SAME_TITLES] + OTHER_TITLES
    assert len({track_key("A", title) for title in titles}) == len(titles)
    assert track_key("A", "B C") != track_key("A B", "C")


@given(st.text(max_size=300), st.text(max_size=300))
def test_keys_are_never_empty_and_folding_again_changes_nothing(artist, title):
    key = track_key(artist, title)
    named, song = key.split(BETWEEN)
    assert named == artist_key(artist)
    assert named
    assert song
    assert artist_key(named) == named
    assert key == key.strip()


@given(st.text(max_size=1000))
def test_clean_names_can_be_shown(text):
    shown = clean(text)
    assert len(shown) <= LONGEST
    assert shown == " ".join(shown.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown)
    assert clean(shown) == shown
