from __future__ import annotations

import random

import pytest

from models.arranger import plain
from models.arranger.mma import MmaFailed, arrange, groove_for
from models.arranger.mma_run import installed
from models.planner.brief import Brief
from models.planner.make import make_plan
from models.planner.plan import Plan
from models.score import Note

needs_mma = pytest.mark.skipif(not installed(), reason="needs the program mma (apt install mma)")


def planned(style: str, meter: str = "4/4", bars: int = 16) -> Plan:
    return make_plan(Brief(style=style, meter=meter, bars=bars), 7)


def tune(plan: Plan) -> tuple[Note, ...]:
    beats = int(plan.bars * plan.meter.bar_beats)
    return tuple(Note(float(i), 60 + i % 5, 1.0) for i in range(beats))


@needs_mma
@pytest.mark.parametrize(
    ("style", "meter"), [("bossa_nova", "4/4"), ("waltz", "3/4"), ("celtic_jig", "6/8")]
)
def test_mma_plays_the_parts_of_a_plan(style: str, meter: str) -> None:
    plan = planned(style, meter)
    score = arrange(plan, tune(plan))
    ruled = plain.arrange(plan, tune(plan))
    assert [t.role for t in score.tracks] == [p.role for p in plan.parts]
    assert score.chords == plan.chords
    assert score.track("melody") == ruled.track("melody")
    changed = {t.role for t, r in zip(score.tracks, ruled.tracks, strict=True) if t != r}
    assert {"chords", "bass"} <= changed
    for part, track in zip(plan.parts, score.tracks, strict=True):
        assert track.notes
        assert all(n.onset >= 0 and n.end <= score.beats + 1e-6 for n in track.notes)
        assert part.is_drum or all(part.low <= n.pitch <= part.high for n in track.notes)


@needs_mma
def test_the_bass_follows_the_plan_s_chords() -> None:
    plan = planned("bossa_nova")
    bass = arrange(plan, tune(plan)).track("bass")
    assert bass is not None
    opening = [n for n in bass.notes if n.onset % plan.meter.bar_beats == 0]
    right = [
        n
        for n in opening
        if any(
            n.pitch % 12 in (*c.chord.pcs, c.chord.bass_pc)
            for c in plan.chords
            if c.onset <= n.onset < c.onset + c.duration
        )
    ]
    assert len(opening) >= plan.bars // 2
    assert len(right) >= 0.9 * len(opening)


@needs_mma
def test_a_seed_decides_and_parts_rest_where_the_plan_says_so() -> None:
    plan = planned("swing")
    assert arrange(plan, tune(plan), seed=1) == arrange(plan, tune(plan), seed=1)
    assert arrange(plan, tune(plan), seed=1) != arrange(plan, tune(plan), seed=2)
    score = arrange(plan, tune(plan))
    for section in plan.sections:
        start = section.section.start_bar * plan.meter.bar_beats
        end = start + section.section.bars * plan.meter.bar_beats
        for track in score.tracks:
            if track.role not in (*section.roles, "melody"):
                assert not [n for n in track.notes if start <= n.onset < end]


def test_a_style_without_a_groove_is_played_like_its_family() -> None:
    groove = groove_for(planned("flamenco"), random.Random(1))
    assert groove.family == "world"
    assert groove.meter == "4/4"


def test_a_meter_without_a_groove_is_told() -> None:
    with pytest.raises(MmaFailed, match="5/4"):
        groove_for(planned("rock", "5/4"), random.Random(1))
