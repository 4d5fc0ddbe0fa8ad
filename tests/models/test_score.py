from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.score import (
    Meter,
    Note,
    PlacedChord,
    Score,
    Tempo,
    Track,
    on_grid,
    sorted_notes,
    without_overlaps,
)
from models.theory import Chord, Key


@pytest.mark.parametrize(
    ("text", "bar", "pulse"),
    [("4/4", 4, 1), ("3/4", 3, 1), ("6/8", 3, 1.5), ("2/4", 2, 1), ("12/8", 6, 1.5), ("2/2", 4, 2)],
)
def test_meters(text: str, bar: float, pulse: float):
    meter = Meter.parse(text)
    assert (meter.bar_beats, meter.pulse, str(meter)) == (bar, pulse, text)
    assert meter.is_compound == text.endswith("/8")


@pytest.mark.parametrize("text", ["", "4", "4/4/4", "x/y"])
def test_what_is_no_meter_is_an_error(text: str):
    with pytest.raises(ValueError):
        Meter.parse(text)


def test_seconds_follow_the_tempi():
    score = Score("T", Key("C"), Meter(3, 4), (Tempo(0.0, 120.0), Tempo(6.0, 60.0)), 4)
    assert (score.beats, score.bpm) == (12.0, 120.0)
    assert score.seconds == 3.0 + 6.0
    assert [score.seconds_at(b) for b in (0, 3, 6, 7)] == [0, 1.5, 3, 4]


def test_looking_things_up():
    chord = PlacedChord(2.0, 2.0, Chord("D", "m"))
    tracks = (Track("A", "pad", 1), Track("B", "pad", 2))
    score = Score("T", Key("C"), Meter(), (Tempo(0.0, 90.0),), 2, tracks, (chord,))
    assert [score.chord_at(b) for b in (1.9, 2.0, 3.9, 4.0)] == [
        None,
        chord.chord,
        chord.chord,
        None,
    ]
    assert score.track("pad") == tracks[0] and score.track("bass") is None
    assert score.with_tracks([]).tracks == ()


@given(st.floats(0, 1000))
def test_the_grid_is_stable_and_near(beats: float):
    assert on_grid(on_grid(beats)) == on_grid(beats)
    assert abs(on_grid(beats) - beats) <= 1 / 960 + 1e-9


def test_sorted_notes_snap_and_drop_the_empty():
    notes = [Note(1.0001, 60, 1.0), Note(0.0, 62, 0.0001), Note(0.0, 61, -1.0), Note(0.0, 60, 1.0)]
    assert sorted_notes(notes) == (Note(0.0, 60, 1.0), Note(1.0, 60, 1.0))


@given(
    st.lists(
        st.builds(
            Note,
            st.integers(0, 40).map(lambda n: n / 4),
            st.integers(60, 62),
            st.integers(1, 12).map(lambda n: n / 4),
            st.integers(1, 127),
        )
    )
)
def test_no_pitch_sounds_twice_and_no_attack_is_lost(notes: list[Note]):
    found = without_overlaps(notes)
    assert without_overlaps(found) == found
    assert {(n.onset, n.pitch) for n in found} == {(n.onset, n.pitch) for n in notes}
    for a in found:
        assert not any(a.pitch == b.pitch and a.onset < b.onset < a.end for b in found)
        together = [n for n in notes if (n.onset, n.pitch) == (a.onset, a.pitch)]
        assert a.velocity == max(n.velocity for n in together)
        assert a.end <= max(n.end for n in together)
