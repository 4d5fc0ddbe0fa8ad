"""The arranger's measures on music whose answer is known; and that they can say no."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.arranger import features
from models.arranger.band import SLOTS, Band, rows
from models.arranger.evaluation import measures
from models.arranger.evaluation.measures import (
    bass_on_root,
    chord_tones,
    clashes,
    empty_bars,
    groove,
    means,
    returned,
)
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key

C, G, A_MINOR = (0, 0, 0), (7, 0, 7), (9, 1, 9)  # root, quality class, bass


def band(notes=(), chords=((0, *C),), melody=(), bars=2, meter="4/4"):
    """Notes are (slot name, onset, duration, pitch)."""
    numbered = [(SLOTS.index(s), on, length, pitch, 80) for s, on, length, pitch in notes]
    return Band(
        "a", "a", "mma", "test", "pop", "pop", meter, 0, False, 120.0, 0.5, bars,
        rows(melody, 3), rows(chords, 4), rows([(0, bars, 1)], 3), rows(numbered, 5),
    )  # fmt: skip


def test_only_notes_on_strong_beats_are_asked_for_chord_tones():
    played = [("chords", 0, 4, 60), ("chords", 8, 4, 64), ("chords", 16, 4, 62)]
    weak = [("chords", 2, 1, 61), ("drums", 0, 1, 38)]
    assert chord_tones(band([*played, *weak])) == pytest.approx(2 / 3)
    assert np.isnan(chord_tones(band(weak)))


def test_a_bar_of_three_has_one_strong_beat_and_one_of_six_eighths_two():
    played = [("chords", 0, 2, 60), ("chords", 6, 2, 61)]
    assert chord_tones(band(played, meter="3/4")) == 1
    assert chord_tones(band(played, meter="6/8")) == 0.5


def test_the_bass_that_sounds_at_a_change_counts_also_when_it_was_struck_before():
    chords = [(0, *C), (8, *G), (16, *A_MINOR), (24, 0, 0, 4)]
    played = [
        ("bass", 0, 6, 36),  # the root
        ("bass", 6, 6, 43),  # pushed, and held into the change
        ("bass", 16, 4, 40),  # the fifth
        ("bass", 25, 2, 40),  # a little late, the written bass
        ("chords", 24, 4, 48),
    ]
    assert bass_on_root(band(played, chords)) == 0.75
    without_bass = [("chords", 0, 4, 60), ("chords", 0, 4, 52)]
    assert bass_on_root(band(without_bass)) == 0  # the lowest note is judged: E


@pytest.mark.parametrize(
    ("pitch", "share"), [(65, 0.5), (63, 0.5), (77, 0.5), (51, 0.5), (75, 0), (64, 0), (53, 0)]
)
def test_a_minor_second_or_ninth_beside_the_melody_is_a_clash(pitch, share):
    found = clashes(band([("pad", 4, 4, pitch)], melody=[(0, 8, 64)]))
    assert found == share


def test_bars_are_alike_where_parts_strike_alike():
    beat = [("bass", bar * 16 + on, 2, 36) for bar in (0, 1, 4) for on in (0, 8)]
    push = [("bass", bar * 16 + on, 2, 36) for bar in (2, 3) for on in (0, 6)]
    within, across = groove(band([*beat, *push], bars=5), "AABBA")
    assert within == 1
    assert across == 0.5
    assert groove(band(beat, bars=5), "AA")[1] != groove(band(beat, bars=5), "AA")[1]  # no pair


def test_each_drum_is_a_part_of_its_own():
    grids = measures.patterns(band([("drums", 0, 1, 36), ("drums", 4, 1, 38), ("drums", 4, 1, 42)]))
    assert len(grids) == 3
    assert measures.patterns(band([("chords", 0, 1, 60), ("chords2", 4, 1, 60)])).keys() == {
        "chords"
    }


def test_a_bar_in_which_something_rings_is_not_empty():
    assert empty_bars(band([("pad", 0, 20, 60)], bars=4)) == 0.5


def test_means_leave_out_what_could_not_be_counted():
    assert means([{"a": 1.0}, {"a": float("nan")}])["a"] == 1


def test_a_kept_track_must_come_back_exactly():
    notes = (Note(0, 36, 1, 80), Note(1, 43, 1, 81))
    track = Track("Bass", "bass", 33, notes)
    score = Score("a", Key("C"), Meter(), (Tempo(0, 120),), 1, (replace(track, name="other"),))
    assert returned(track, score) == 1
    louder = replace(track, notes=(notes[0], replace(notes[1], velocity=82)))
    assert returned(track, score.with_tracks([louder])) == 0.5


def feature(found, name):
    return found[features.NAMES.index(name)]


def test_there_are_sixty_features_and_absent_parts_are_zero():
    found = features.profile(band([("bass", 0, 4, 36)]))
    assert found.shape == (60,) == (len(features.NAMES),)
    assert not found[features.group("drums")].any()
    assert feature(found, "bass: plays") == 1


def test_a_four_on_the_floor_with_backbeat_is_named_as_one():
    kicks = [("drums", on, 1, 36) for on in range(0, 32, 4)]
    snares = [("drums", on, 1, 38) for on in (4, 12, 20, 28)]
    hats = [("drums", on, 1, 42) for on in range(2, 32, 4)]
    found = features.profile(band([*kicks, *snares, *hats]))
    expected = {
        "kick on beats": 1, "kick off beats": 0, "backbeat": 1, "keeper on beats": 0,
        "keeper on eighths": 1, "repeats": 1,
    }  # fmt: skip
    assert {k: feature(found, f"drums: {k}") for k in expected} == expected


def test_a_walking_bass_steps_and_an_alternating_one_has_fifths():
    walking = [("bass", 4 * i, 4, p) for i, p in enumerate((36, 38, 40, 41, 43, 41, 40, 38))]
    found = features.profile(band(walking))
    assert feature(found, "bass: steps") == 1
    assert feature(found, "bass: on beats") == 1
    fifths = [("bass", 8 * i, 8, p) for i, p in enumerate((36, 43, 36, 43))]
    assert feature(features.profile(band(fifths)), "bass: fifths") == 0.5


def test_another_key_leaves_all_but_the_register():
    notes = [("bass", 0, 4, 36), ("chords", 2, 2, 64), ("chords", 2, 2, 67), ("bass", 8, 4, 43)]
    up = [(s, on, n, p + 3) for s, on, n, p in notes]
    one = features.profile(band(notes))
    other = features.profile(band(up, [(0, 3, 0, 3)]))
    moved = {features.NAMES[i] for i in np.flatnonzero(~np.isclose(one, other))}
    assert moved == {"bass: register", "chords: register"}
