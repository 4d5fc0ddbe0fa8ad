"""Whole arrangements: what is kept is kept, what is written can be played, seeds decide."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from models import vocabulary
from models.arranger.generate import Redo, load_arranger
from models.arranger.playable import violations
from models.arranger.whole import arrange
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note, Score, Track

BARS = 4


def tune(plan) -> tuple[Note, ...]:
    """Chord tones, two to a bar."""
    part, half = plan.part("melody"), plan.meter.bar_beats / 2
    found = []
    for i in range(2 * plan.bars):
        at = i * half
        chord = [c.chord for c in plan.chords if c.onset <= at][-1]
        pitches = [p for p in range(part.low, part.high + 1) if p % 12 in chord.pcs]
        found.append(Note(at, pitches[len(pitches) // 2], half))
    return tuple(found)


@pytest.fixture(scope="module")
def arranger():
    return load_arranger()


@pytest.fixture(scope="module")
def piece(arranger):
    plan = make_plan(Brief(style="pop", bars=BARS), 5)
    return plan, arrange(plan, tune(plan), arranger, 1)


def digest(score: Score) -> str:
    return hashlib.sha256(repr(score.tracks).encode()).hexdigest()


@pytest.mark.parametrize(
    "brief",
    [
        Brief(style="waltz", meter="3/4", bars=BARS),
        Brief(style="celtic_jig", meter="6/8", bars=BARS),
        Brief(style="polka", meter="2/4", bars=BARS),
        Brief(style="lofi", purpose="game_loop", bars=BARS),
        Brief(style="rock", seconds=9.3),
        Brief(style="folk", bars=BARS, grade=1),
        Brief(style="swing", bars=1),
    ],
    ids=lambda b: f"{b.style}",
)
def test_everybody_plays_and_can(brief: Brief, arranger) -> None:
    plan = make_plan(brief, 2)
    score = arrange(plan, tune(plan), arranger, 1)
    assert [t.name for t in score.tracks] == [p.name for p in plan.parts]
    assert all(t.notes for t in score.tracks)
    assert violations(score, plan) == []
    assert max(n.end for t in score.tracks for n in t.notes) <= score.beats
    assert [(n.onset, n.duration) for n in score.track("melody").notes] == [
        (n.onset, n.duration) for n in tune(plan)
    ]


@pytest.mark.parametrize("ensemble", [e.id for e in vocabulary.load().ensembles])
def test_every_ensemble_plays_and_one_voice_is_written_again_alone(ensemble, arranger) -> None:
    plan = make_plan(Brief(ensemble=ensemble, bars=BARS), 3)
    score = arrange(plan, tune(plan), arranger, 1)
    assert all(t.notes for t in score.tracks)
    assert violations(score, plan) == []
    name = plan.parts[-1].name
    again = arrange(plan, tune(plan), arranger, 2, base=score, redo=Redo((name,), 1, 2))
    for before, after in zip(score.tracks, again.tracks, strict=True):
        if before.name != name:
            assert after == before


def test_written_again_means_these_bars_of_this_part(piece, arranger) -> None:
    plan, score = piece
    bar = plan.meter.bar_beats
    changed = 0
    for part in plan.parts:
        if part.role == "melody":
            continue
        redo = Redo((part.name,), 1, 2)
        made = arrange(plan, tune(plan), arranger, 9, base=score, redo=redo)
        for before, after in zip(score.tracks, made.tracks, strict=True):
            if before.name != part.name:
                assert after == before
                continue

            def outside(track: Track) -> list[tuple[float, int, int]]:
                return [
                    (n.onset, n.pitch, n.velocity)
                    for n in track.notes
                    if not bar <= n.onset < 3 * bar
                ]

            assert outside(after) == outside(before)
            changed += after.notes != before.notes
    assert changed >= len(plan.parts) - 2


def test_an_unplayable_track_stays_so_outside_the_bars_that_are_written_again(
    piece, arranger
) -> None:
    plan, score = piece
    drums = score.track("drums")
    many = tuple(Note(12.0, key, 0.25) for key in (38, 42, 45, 47, 49, 51))
    wild = replace(drums, notes=tuple(sorted({*drums.notes, *many})))
    base = score.with_tracks(wild if t == drums else t for t in score.tracks)
    redo = Redo((drums.name,), 0, 1)
    made = arrange(plan, tune(plan), arranger, 4, base=base, redo=redo).track("drums")
    assert [n for n in made.notes if n.onset >= 8] == [n for n in wild.notes if n.onset >= 8]


def test_kept_tracks_come_back_even_if_nobody_could_play_them(piece, arranger) -> None:
    plan, score = piece
    bass = score.track("bass")
    wild = replace(bass, notes=tuple(Note(i / 3, 20 + i % 80, 2.0) for i in range(45)))
    made = arrange(plan, tune(plan), arranger, 4, kept=(wild, score.track("drums")))
    assert made.track("bass").notes == wild.notes
    assert made.track("drums").notes == score.track("drums").notes
    alone = arrange(plan, (), arranger, 4, kept=(score.track("drums"),))
    assert alone.track("drums").notes == score.track("drums").notes


_AGAIN = """
import sys; sys.path.insert(0, "tests/arranger")
from test_whole import *
plan = make_plan(Brief(style="pop", bars=BARS), 5)
print(digest(arrange(plan, tune(plan), load_arranger(), 1)))
"""


def test_the_seed_decides_in_every_process(piece, arranger) -> None:
    plan, score = piece
    env = os.environ | {"PYTHONHASHSEED": "77", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-c", _AGAIN], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest(score)
    assert digest(arrange(plan, tune(plan), arranger, 8)) != digest(score)
