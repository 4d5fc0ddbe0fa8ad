from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from statistics import mean, pstdev

import pytest
import symusic
from hand_plans import make_melody, make_plan

from models.arranger.plain import arrange
from models.errors import Refusal
from models.performance import Performance, perform, repeat, write_performance
from models.performing.feel import Feel
from models.planner.plan import Plan
from models.score import Note, Score, Track
from models.vocabulary import load

FORM = (("intro", "I", 2), ("verse", "A", 8), ("outro", "O", 2))


def played(style: str, **changes: object) -> tuple[Plan, Score, Performance]:
    plan = make_plan(style, form=FORM, **changes)  # type: ignore[arg-type]
    score = arrange(plan, make_melody(plan))
    return plan, score, perform(score, plan, plan.seed)


def notes(performance: Performance, role: str) -> tuple[Note, ...]:
    return next(p.track.notes for p in performance.players if p.track.role == role)


@pytest.mark.parametrize("style", [s.id for s in load().styles][::4])
def test_nothing_is_lost_early_late_or_doubled(style: str):
    _, score, performance = played(style, meter=load().styles[style].meters[-1])
    for track, player in zip(score.tracks, performance.players, strict=True):
        line = player.track.notes
        assert len(line) == len(track.notes)
        assert sorted(n.pitch for n in line) == sorted(n.pitch for n in track.notes)
        assert all(n.onset >= 0 and n.end <= score.beats + 1e-9 for n in line)
        assert all(1 <= n.velocity <= 127 and n.duration > 0 for n in line)
        for pitch in {n.pitch for n in line}:
            same = sorted(n for n in line if n.pitch == pitch)
            assert all(a.end <= b.onset for a, b in itertools.pairwise(same))
        for control in player.controls:
            assert 0 <= control.onset <= score.beats and 0 <= control.value <= 127


def test_the_same_seed_plays_the_same_and_another_differs():
    plan, score, performance = played("lofi")
    assert perform(score, plan, plan.seed) == performance
    assert perform(score, plan, plan.seed + 1) != performance


def test_the_score_stays_on_the_grid():
    _, score, performance = played("lofi")
    assert performance.score is score


def test_swing_moves_the_off_eighth_and_nothing_else():
    plan, score, performance = played("chiptune", swing=0.64)  # looseness 0: no other timing
    grid = [n for n in score.tracks[0].notes if n.onset % 1 in (0, 0.5)]
    human = notes(performance, "melody")
    assert any(n.onset % 1 == 0.5 for n in grid)
    for before, after in zip(grid, human, strict=True):
        shift = 0.14 if before.onset % 1 == 0.5 else 0.0
        assert after.onset == pytest.approx(before.onset + shift, abs=1e-6)
    # Triplets and compound meters swing by themselves.
    triplet = score.with_tracks([Track("T", "melody", 80, (Note(1 / 3, 60, 1 / 3),))])
    assert notes(perform(triplet, plan, 1), "melody")[0].onset == pytest.approx(1 / 3)
    _, jig, danced = played("chiptune", meter="6/8", swing=0.64)
    assert [n.onset for n in notes(danced, "melody")] == [n.onset for n in jig.tracks[0].notes]


def test_timing_is_loose_where_the_style_is_and_never_far_off():
    spread = {}
    for style in ("techno", "lofi"):
        plan, score, performance = played(style, swing=0.5)
        feel = Feel(score, plan, plan.seed)
        grid = [n.onset for n in score.tracks[0].notes]
        human = [n.onset for n in notes(performance, "melody")]
        # The band's pulse wanders, and everyone with it; here it counts how far one player strays.
        slips = [
            (h - feel.place(g)) * 60 / plan.bpm - feel.pulse(g)
            for g, h in zip(grid, human, strict=True)
            if h > 0
        ]
        assert max(map(abs, slips)) <= 0.0151
        spread[style] = pstdev(slips)
    assert spread["techno"] < 0.001 < 0.003 < spread["lofi"]


def test_the_snare_is_late_and_the_bass_never_early():
    plan, score, _ = played("boom_bap", swing=0.5)
    late = []
    for seed in range(12):
        performance, feel = perform(score, plan, seed), Feel(score, plan, seed)
        for written, role in itertools.product(score.tracks, ("drums", "bass")):
            if written.role != role:
                continue
            slips = [
                ((p.onset - feel.place(n.onset)) / feel.beats_per_second - feel.pulse(n.onset), n)
                for n, p in zip(written.notes, notes(performance, role), strict=True)
                if p.onset > 0 and p.pitch == n.pitch
            ]
            if role == "bass":
                assert min(s for s, _ in slips) >= -1e-6 and max(s for s, _ in slips) > 0.002
            else:
                beats = {36: (0, 2), 38: (1, 3)}
                late.append(
                    {
                        key: mean(s for s, n in slips if n.pitch == key and n.onset % 4 in on)
                        for key, on in beats.items()
                    }
                )
    assert mean(x[38] - x[36] for x in late) > 0.002


def test_guitars_strum_and_pianos_do_not():
    plan, score, _ = played("folk")
    chords = next(t for t in score.tracks if t.role == "chords")
    for program, least, most in ((25, 0.008, 0.02), (0, 0.0, 0.003)):
        track = replace(chords, program=program)
        performance = perform(score.with_tracks([track]), plan, 1)
        line = sorted(notes(performance, "chords"))
        onset = min(n.onset for n in track.notes if n.onset >= 4 and n.onset % 1 == 0)
        struck = [n for n in line if abs(n.onset - onset) < 0.2]
        gaps = [(b.onset - a.onset) * 60 / plan.bpm for a, b in itertools.pairwise(struck)]
        assert len(struck) >= 3 and all(least <= g <= most + 1e-9 for g in gaps), gaps
        assert [n.pitch for n in struck] == sorted(n.pitch for n in struck)


def test_held_instruments_tie_and_plucked_ones_do_not():
    plan, score, _ = played("techno", swing=0.5)
    line = tuple(Note(float(i), 60 + i % 5, 1.0) for i in range(16))
    for program, ties in ((73, True), (11, False)):
        track = Track("Line", "melody", program, line)
        human = notes(perform(score.with_tracks([track]), plan, 1), "melody")
        pairs = itertools.pairwise(human)
        overlaps = [a.end > b.onset + 0.01 for a, b in pairs if a.pitch != b.pitch]
        assert all(overlaps) if ties else not any(overlaps)


def test_phrases_rise_to_their_peak():
    plan, score, _ = played("chiptune")
    line = tuple(Note(float(i), p, 1.0, 80) for i, p in enumerate((60, 62, 64, 67, 72, 67, 64, 60)))
    track = Track("Line", "melody", 73, line)
    human = notes(perform(score.with_tracks([track]), plan, 1), "melody")
    assert human[4].velocity > human[0].velocity + 5
    assert human[4].velocity > human[-1].velocity + 5


def test_the_mix_is_written_for_every_player(tmp_path: Path):
    _, score, performance = played("ballad")
    write_performance(performance, tmp_path / "p.mid")
    parsed = symusic.Score.from_midi((tmp_path / "p.mid").read_bytes())
    assert len(parsed.tracks) == len(score.tracks)
    settings = {}
    for track in parsed.tracks:
        first = {c.number: c.value for c in track.controls if c.time == 0}
        assert {7, 10, 91, 93} <= set(first) and 34 <= first[10] <= 94 and first[93] == 0
        settings[track.name] = first
    assert settings["Bass guitar"][91] < settings["Drums"][91] < settings["Strings"][91]
    assert settings["Strings"][7] < settings["Flute"][7]
    swells = [
        c.value for t in parsed.tracks if t.name == "Strings" for c in t.controls if c.number == 11
    ]
    assert max(swells) > 110 > 90 > min(swells)
    pedal = [
        c.value for t in parsed.tracks if t.name == "Piano" for c in t.controls if c.number == 64
    ]
    assert pedal[::2] == [127] * (len(pedal) // 2) and pedal[1::2] == [0] * (len(pedal) // 2)
    ticks = parsed.ticks_per_quarter
    assert parsed.end() / ticks <= score.beats + 1e-3
    assert parsed.tempos[0].qpm == pytest.approx(score.bpm, abs=0.01)


def test_a_loop_repeats_without_a_difference(tmp_path: Path):
    plan = make_plan("house", form=(("loop", "A", 4),), loop=True)
    score = arrange(plan, make_melody(plan))
    once = perform(score, plan, 3)
    thrice = repeat(once, 3)
    assert thrice.score.beats == 3 * score.beats
    for one, three in zip(once.players, thrice.players, strict=True):
        assert len(three.track.notes) == 3 * len(one.track.notes)
        middle = [n for n in three.track.notes if score.beats <= n.onset < 2 * score.beats]
        for a, b in zip(middle, one.track.notes, strict=True):
            assert a == replace(b, onset=b.onset + score.beats)
    write_performance(thrice, tmp_path / "loop.mid")
    parsed = symusic.Score.from_midi((tmp_path / "loop.mid").read_bytes())
    assert parsed.note_num() == 3 * sum(len(p.track.notes) for p in once.players)
    assert parsed.end() / parsed.ticks_per_quarter <= thrice.score.beats + 1e-3


def test_too_many_players_are_refused(tmp_path: Path):
    plan, score, _ = played("pop")
    crowd = score.with_tracks([Track(f"P{i}", "pad", 48, (Note(0, 60, 1),)) for i in range(16)])
    with pytest.raises(Refusal):
        write_performance(perform(crowd, plan, 1), tmp_path / "p.mid")
