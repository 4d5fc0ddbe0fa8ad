"""Another voice's syllables and rhymes."""

from __future__ import annotations

import pytest

from models.lyricist.second_counter import rhyme, said
from models.singing.espeak import available

pytestmark = pytest.mark.skipif(not available(), reason="needs the extra [sing]")


@pytest.mark.parametrize(
    ("word", "least", "most"),
    [
        ("night", 1, 1),
        ("winter", 2, 2),
        ("beautiful", 3, 3),
        ("didn't", 2, 2),  # a consonant alone is a syllable
        ("being", 2, 2),
        ("quiet", 2, 2),
        ("fire", 1, 2),  # singers do either
        ("hour", 1, 2),
        ("ideal", 2, 3),
    ],
)
def test_syllables(word: str, least: int, most: int):
    assert (said(word).least, said(word).most) == (least, most)
    assert said(word).may_have(least) and not said(word).may_have(most + 1)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("night", "light", "perfect"),
        ("rise", "prize", "perfect"),
        ("sleeping", "weeping", "perfect"),
        ("light", "delight", "slant"),  # the same syllable twice
        ("time", "mine", "slant"),
        ("given", "heaven", "slant"),
        ("seat", "heart", ""),
        ("night", "night", ""),
        ("house", "tree", ""),
    ],
)
def test_rhymes(one: str, other: str, kind: str):
    assert rhyme(one, other) == rhyme(other, one) == kind
