"""What deeds are worth, how they fade, and the row that is folded in."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommender import als, confidence, names
from models.recommender.values import Deed

NOW = 1_790_000_000.0
DAY = 86400.0
SETTINGS = als.Settings()


def net(*deeds):
    return confidence.net(
        [Deed(item, type, value, NOW - days * DAY) for item, type, value, days in deeds], NOW
    )


def test_plays_add_up_and_fade_by_half_in_180_days():
    found = net(("style:lofi", "listen", 4.0, 0), ("style:lofi", "listen", 8.0, 180))
    assert found == {"style:lofi": pytest.approx(8.0)}


def test_a_track_speaks_for_its_artist_and_a_dislike_does_not():
    track = f"track:{names.track_key('Slowdive', 'Alison')}"
    artist = f"artist:{names.artist_key('Slowdive')}"
    assert net((track, "like", 1.0, 0)) == {track: 2.0, artist: 2.0}
    assert net((track, "dislike", 1.0, 0)) == {track: -10.0}


def test_a_dislike_outweighs_what_was_played_and_does_not_fade():
    found = net(("artist:x", "listen", 500.0, 1), ("artist:x", "dislike", 1.0, 4000))
    assert found == {"artist:x": -10.0}
    assert net(("artist:x", "dislike", 1.0, 0), ("artist:x", "never", 1.0, 0))["artist:x"] == -30


def test_skips_count_only_where_nothing_speaks_for_it():
    assert net(("track:?", "skip", 1.0, 0)) == {"track:?": -0.5}
    loved = net(("style:lofi", "skip", 1.0, 0), ("style:lofi", "like", 1.0, 0))
    assert loved == {"style:lofi": 2.0}


@pytest.mark.parametrize(("stars", "sign"), [(1, -1), (2, -1), (3, 1), (4, 1), (5, 1)])
def test_stars(stars, sign):
    assert math.copysign(1, net(("piece:a", "rated", float(stars), 0))["piece:a"]) == sign


def test_a_row_is_relative_to_ones_own_mean():
    index = {"artist:a": 0, "artist:b": 1, "artist:c": 2}
    row = confidence.row({"artist:a": 10.0, "artist:b": 10.0}, index, SETTINGS)
    assert row.toarray().tolist() == [[10.0, 10.0, 0.0]]
    skewed = confidence.row({"artist:a": 1000.0, "artist:b": 1.0}, index, SETTINGS).toarray()[0]
    assert skewed[0] > 10.0 > skewed[1] > 5.0


def test_a_row_holds_opinions_against_down():
    row = confidence.row({"artist:a": -10.0, "artist:b": -900.0}, {"artist:a": 0, "artist:b": 1},
                         SETTINGS)  # fmt: skip
    assert row.toarray().tolist() == [[-11.0, -31.0]]


def test_a_skip_says_more_than_nothing_at_all():
    """What is missing has preference 0 with confidence 1: a weaker one would be a compliment."""
    row = confidence.row({"artist:a": -0.5}, {"artist:a": 0}, SETTINGS)
    assert row[0, 0] < -1.0


@given(st.dictionaries(st.integers(0, 30).map(str), st.floats(-50, 1e6), max_size=20))
def test_rows_are_finite_and_as_wide_as_the_index(net):
    index = {str(n): n for n in range(25)}
    row = confidence.row(net, index, SETTINGS)
    assert row.shape == (1, 25)
    assert all(math.isfinite(v) and v != 0 for v in row.data)
    assert {str(at) for at in row.indices} == {
        k for k, v in net.items() if abs(v) >= 1e-6 and k in index
    }


def test_nothing_gives_an_empty_row():
    assert confidence.net([], NOW) == {}
    assert confidence.row({}, {}, SETTINGS).shape == (1, 0)
