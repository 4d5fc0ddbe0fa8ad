"""Drummers, hands and mix: what the measured tables do to a score."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import mean, pstdev

import numpy as np
import pytest
from hand_plans import make_melody, make_plan

from models.arranger.kit import VELOCITIES
from models.arranger.plain import arrange
from models.performance import perform
from models.performing import noise
from models.performing.feel import Feel
from models.performing.kit import CLASSES, PLACES, class_of, place_of
from models.performing.mixing import mixes
from models.performing.tables import group_of, humanity, tables
from models.performing.takes import takes
from models.score import Meter, Note, Score, Tempo, Track
from models.vocabulary import load


def beat(bars: int = 16) -> tuple[Note, ...]:
    """Kick, snare with ghosts, hats at the arranger's three levels."""
    soft, normal, accent = VELOCITIES[1:]
    rows = {36: {0: accent, 8: accent, 10: normal}, 38: {4: accent, 7: soft, 9: soft, 12: accent}}
    rows[42] = {i: accent if i % 4 == 0 else normal for i in range(0, 16, 2)}
    return tuple(
        sorted(
            Note(bar * 4 + step / 4, key, 0.25, velocity)
            for bar in range(bars)
            for key, row in rows.items()
            for step, velocity in row.items()
        )
    )


def drummed(style: str, seed: int = 1, **changes: object) -> tuple[Feel, Score, tuple[Note, ...]]:
    plan = make_plan(style, form=(("verse", "A", 16),), **changes)  # type: ignore[arg-type]
    middling = replace(plan.sections[0], dynamics=(VELOCITIES[2] - 56) / 64)
    plan = replace(plan, sections=(middling,))
    track = Track("Drums", "drums", 0, beat(), is_drum=True)
    score = Score("T", plan.key, plan.meter, (Tempo(0.0, plan.bpm),), plan.bars, (track,))
    return Feel(score, plan, seed), score, perform(score, plan, seed).players[0].track.notes


def test_every_style_has_drummers_and_machines_have_none():
    for style in load().styles:
        group = group_of(style)
        assert len(group.timing) == len(group.touch) == len(CLASSES)
        assert all(len(row) == len(PLACES) for row in (*group.timing, *group.touch))
    assert humanity(load().styles["chiptune"]) == 0.0 and humanity(load().styles["rock"]) == 1.0
    assert len({id(group_of(s)) for s in load().styles}) >= 12


def test_limbs_and_places():
    assert [CLASSES[class_of(p)] for p in (36, 38, 42, 44, 63)] == [
        "kick", "snare", "hat", "pedal", "tom",
    ]  # fmt: skip
    four = [PLACES[place_of(i / 4, Meter(4, 4))] for i in range(16)]
    assert four == ["one", *["e", "and", "a"], "back", *["e", "and", "a"], "three",
                    *["e", "and", "a"], "back", *["e", "and", "a"]]  # fmt: skip
    assert PLACES[place_of(1 / 3, Meter(4, 4))] == "e"
    assert PLACES[place_of(2 / 3, Meter(4, 4))] == "and"
    assert [PLACES[place_of(float(b), Meter(3, 4))] for b in range(3)] == ["one", "back", "back"]
    six = [PLACES[place_of(i / 2, Meter(6, 8))] for i in range(6)]
    assert six == ["one", "and", "and", "three", "and", "and"]


def test_soft_stays_softer_than_normal_and_normal_than_accented():
    for seed, style in itertools.product(range(3), ("rock", "funk", "swing", "samba")):
        _, score, line = drummed(style, seed)
        for key in (36, 38, 42):
            written = [n for n in score.tracks[0].notes if n.pitch == key]
            by_level: dict[int, list[int]] = {}
            for before, after in zip(written, [n for n in line if n.pitch == key], strict=True):
                by_level.setdefault(before.velocity, []).append(after.velocity)
            levels = [by_level[v] for v in sorted(by_level)]
            for lower, upper in itertools.pairwise(levels):
                assert max(lower) <= min(upper), (style, key)
    assert pstdev(by_level[VELOCITIES[2]]) > 4


def test_a_drummer_has_habits_and_errors_of_the_measured_size():
    slips = {36: [], 38: [], 42: []}  # type: dict[int, list[float]]
    for seed in range(12):
        feel, score, line = drummed("rock", seed)
        for key, found in slips.items():
            written = [n for n in score.tracks[0].notes if n.pitch == key]
            for before, after in zip(written, [n for n in line if n.pitch == key], strict=True):
                if after.onset > 0:
                    away = (after.onset - feel.place(before.onset)) / feel.beats_per_second
                    found.append(1000 * (away - feel.pulse(before.onset)))
    measured = tables()
    for key, found in slips.items():
        limb = class_of(key)
        sizes = [
            (measured.take_timing[limb] ** 2 + v**2) ** 0.5 for v in measured.limb_timing[limb]
        ]
        assert 0.7 * min(sizes) < pstdev(found) < 1.3 * max(sizes)
    hats = load().styles["rock"]
    timing = group_of(hats).timing[class_of(42)]
    assert mean(slips[42]) == pytest.approx(mean((*timing[:3], timing[4])), abs=3)


def test_two_strokes_of_a_drum_never_change_places():
    roll = tuple(Note(i / 8, 38, 0.1, 30 + 5 * (i % 16)) for i in range(64))
    for seed in range(6):
        plan = make_plan("funk", form=(("verse", "A", 2),), bpm=150)
        track = Track("Drums", "drums", 0, roll, is_drum=True)
        score = Score("T", plan.key, plan.meter, (Tempo(0.0, 150),), 2, (track,))
        line = perform(score, plan, seed).players[0].track.notes
        assert len(line) == len([n for n in roll if n.onset < 8])
        gaps = [b.onset - a.onset for a, b in itertools.pairwise(line)]
        assert min(gaps) > 0.01


def test_swing_falls_with_the_tempo_and_leaves_room_for_the_short_note():
    places = []
    for bpm in (90, 140, 200, 280):
        plan = make_plan("swing", swing=0.66, bpm=bpm)
        score = arrange(plan, make_melody(plan))
        places.append(Feel(score, plan, 1).place(0.5))
    assert places == sorted(places, reverse=True)
    assert places[1] == pytest.approx(0.66, abs=0.01)
    assert (1 - places[3]) * 60 / 280 >= 0.0999


def test_the_band_wanders_together_and_a_loop_meets_itself():
    rng = [noise.coloured(Random(i), 256, 2.4, 0.015) for i in range(200)]
    found = np.array(rng)
    assert found.var() == pytest.approx(1, abs=0.15)
    assert np.abs(found[:, 0]).max() < 0.2  # a piece starts in time
    assert np.allclose(found.mean(axis=1), 0)
    # A circle: from the last to the first is a step like any other.
    inside = np.abs(np.diff(found, axis=1)).mean()
    assert np.abs(found[:, 0] - found[:, -1]).mean() < 2 * inside
    for lag in (1, 8, 32):
        expected = noise.autocovariance(2.4, 0.015, (lag,))[0]
        assert (found * np.roll(found, lag, 1)).mean() == pytest.approx(expected, abs=0.15)


def test_a_guitar_comes_up_between_the_beats_and_is_lighter_there():
    plan = make_plan("folk")
    chord = (52, 55, 59, 64)
    strums = tuple(Note(i / 2, p, 0.4, 80) for i in range(64) for p in chord)
    track = Track("Guitar", "chords", 25, strums)
    score = Score("T", plan.key, plan.meter, (Tempo(0.0, plan.bpm),), 8, (track,))
    line = perform(score, plan, 4).players[0].track.notes
    loud: dict[bool, list[int]] = {True: [], False: []}
    for i in range(1, 63):
        struck = sorted(n for n in line if abs(n.onset - i / 2) < 0.22)
        pitches = [n.pitch for n in struck]
        assert pitches == sorted(chord, reverse=i % 2 == 1)
        loud[i % 2 == 1] += [n.velocity for n in struck]
    assert mean(loud[False]) > mean(loud[True]) + 3


def test_a_quartet_sits_as_one_and_a_guest_flute_does_not():
    quartet = [Track(f"V{i}", role, program) for i, (role, program) in enumerate(
        (("melody", 40), ("counter", 40), ("counter", 41), ("bass", 42)))]  # fmt: skip
    settings = [{c.number: c.value for c in mix} for mix in mixes(quartet)]
    pans = [s[10] for s in settings]
    assert pans == sorted(pans) and len(set(pans)) == 4 and min(pans) >= 34 and max(pans) <= 94
    assert max(s[7] for s in settings) - min(s[7] for s in settings) <= 12
    band = [Track("Flute", "melody", 73), Track("Strings", "pad", 48), Track("Bass", "bass", 33)]
    flute = {c.number: c.value for c in mixes(band)[0]}
    assert flute[10] == 64


def test_takes_are_on_their_own_grid(data_dir: Path):
    found = takes(data_dir, "validation")
    assert len(found) >= 30
    for take in found:
        assert abs(take.offsets.mean()) < 1e-6 and (np.diff(take.steps) >= 0).all()
        assert 0.55 < take.swing < 0.75 if take.swung else take.swing == 0.5
