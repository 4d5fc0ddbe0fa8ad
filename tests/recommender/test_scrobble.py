"""The scrobble rule, and plays told from what a presence shows."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest

from models.listening.scrobble import NowPlaying, Playing, counts

T = 1_700_000_000.0


def song(name="one", start=T, length=200.0):
    return Playing(name, "Artist", name, "Album", start, start + length)


@pytest.mark.parametrize(
    ("played", "length", "listen"),
    [
        (30, 30, False), (31, 31, True), (16, 31, True), (15, 31, False), (100, 200, True),
        (99, 200, False), (240, 3600, True), (239, 3600, False), (30, None, True),
        (29, None, False), (600, 20, False), (0, 0, False), (40, 0, True),
    ],
)  # fmt: skip
def test_the_rule(played, length, listen):
    assert counts(played, length) is listen


def told(state, *sights):
    """(kind, track, seconds) of all that is over after sights of (playing, now)."""
    found = [heard for playing, now in sights for heard in state.see(playing, now)]
    return [(h.kind, h.playing.track_id, round(h.seconds)) for h in found]


def test_a_track_heard_to_its_end_is_one_listen():
    assert told(NowPlaying(), (song(), T + 1), (song("two", T + 201), T + 202)) == [
        ("listen", "one", 200)
    ]
    assert told(NowPlaying(), (song(), T + 1), (None, T + 99)) == []
    assert told(NowPlaying(), (song(), T + 1), (None, T + 101)) == [("listen", "one", 101)]
    assert told(NowPlaying(), (None, T), (None, T + 5)) == []


def test_the_same_sight_from_several_servers_counts_once():
    first, second = song(), song("two", T + 150)
    sights = [(first, T + 1)] * 3 + [(second, T + 150), (first, T + 151), (second, T + 151)]
    sights += [(None, T + 400), (None, T + 400), (second, T + 401), (None, T + 401)]
    assert told(NowPlaying(), *sights) == [("listen", "one", 150), ("listen", "two", 200)]


def test_a_track_left_at_once_for_another_is_a_skip():
    assert told(NowPlaying(), (song(), T + 1), (song("two", T + 20), T + 20)) == [
        ("skip", "one", 20)
    ]
    assert told(NowPlaying(), (song(), T + 1), (None, T + 20)) == []  # paused or gone
    assert told(NowPlaying(), (song(), T + 1), (song("two", T + 40), T + 40)) == []
    assert told(NowPlaying(), (song(length=25), T), (song("two", T + 5), T + 5)) == []


def test_a_pause_does_not_count_and_does_not_count_twice():
    state = NowPlaying()
    later = song(start=T + 300)  # 60 s heard, then 300 s of silence
    assert told(state, (song(), T), (None, T + 60)) == []
    assert told(state, (later, T + 360), (None, T + 450)) == [("listen", "one", 150)]
    assert told(state, (song(start=T + 400), T + 550), (None, T + 600)) == []


def test_seeking_moves_the_start_and_what_was_heard_stays_heard():
    state = NowPlaying()
    forward = song(start=T - 150)  # after 20 s at 170 s: 30 s are left
    assert told(state, (song(), T), (forward, T + 20), (song("two", T + 50), T + 50)) == []
    state = NowPlaying()
    back = song(start=T + 90)  # after 150 s back at 60 s
    over = told(state, (song(), T), (back, T + 150), (song("two", T + 290), T + 290))
    assert over == [("listen", "one", 290)]


def test_the_same_track_again_is_another_listen():
    state = NowPlaying()
    first = state.see(song(), T) + state.see(song(start=T + 200), T + 201)
    second = state.see(song(start=T + 400), T + 415)  # seen late: it follows all the same
    third = state.see(None, T + 600)
    assert [round(h.started - T) for h in first + second + third] == [0, 200, 400]
    assert [round(h.seconds) for h in first + second + third] == [200, 200, 200]


def test_a_restart_in_the_middle_of_a_track_loses_nothing():
    assert told(NowPlaying(), (song(), T + 150), (None, T + 190)) == [("listen", "one", 190)]
    # But a track that is entered in its middle after another was heard from there only.
    state = NowPlaying()
    entered = song("two", T + 100 - 150)
    assert told(state, (song(), T), (entered, T + 100), (None, T + 149)) == [("listen", "one", 100)]


def test_no_sights_make_more_seconds_than_have_passed():
    rng = Random(3)
    for _ in range(300):
        state, now, total = NowPlaying(), T, 0.0
        began = now
        for _ in range(30):
            now += rng.choice((0.0, 1.0, 15.0, 60.0, 200.0, 2000.0))
            length = rng.choice((20.0, 60.0, 200.0))
            start = now - rng.choice((0.0, 5.0)) if rng.random() < 0.7 else began
            playing = dataclasses.replace(song(rng.choice("abc")), start=start, end=start + length)
            for heard in state.see(rng.choice((playing, None)), now):
                total += heard.seconds
                assert 0 <= heard.seconds <= now - began + 5.0 + 1e-6
        assert total <= now - began + 30 * 5.0
