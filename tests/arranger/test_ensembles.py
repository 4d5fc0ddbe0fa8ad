"""Eight ensembles on real plans: everybody plays, in range and in order, and the files say so."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from models import midi, musicxml, vocabulary
from models.arranger import plain
from models.arranger.ensembles import arrange_ensemble, band_plan
from models.arranger.ensembles.big_band import close
from models.arranger.ensembles.hall import Hall
from models.arranger.ensembles.voicing import Slot, lead
from models.arranger.playable import parallels, violations
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.plan import Plan
from models.score import Note, Score, Track
from models.theory import Chord
from models.verify import failed, verify

WORDS = vocabulary.load()
ENSEMBLES = [e.id for e in WORDS.ensembles]
CASES = [(e, seed) for e in ENSEMBLES for seed in (1, 2, 3)]


def tune(plan: Plan, seed: int) -> tuple[Note, ...]:
    """Steps and small leaps, chord tones on the beat, rests here and there."""
    rng, part = Random(seed), plan.part("melody")
    assert part is not None
    found: list[Note] = []
    pitch, bar_beats = (part.low + part.high) // 2, plan.meter.bar_beats
    for planned in plan.sections:
        if "melody" not in planned.roles:
            continue
        at = planned.section.start_bar * bar_beats
        end = at + planned.section.bars * bar_beats
        while at < end:
            length = min(rng.choice([0.5, 0.5, 1.0, 1.0, 2.0]), end - at)
            chord = next(c.chord for c in reversed(plan.chords) if c.onset <= at)
            tones = chord.pcs if at % 1 == 0 else plan.key.scale
            aim = pitch + rng.choice([-4, -2, 0, 2, 4])
            inside = [p for p in range(part.low + 3, part.high - 2) if p % 12 in tones]
            pitch = min(inside, key=lambda p: (abs(p - aim), p))
            if rng.random() > 0.12:
                found.append(Note(at, pitch, length))
            at += length
    return tuple(found)


@cache
def arranged(ensemble: str, seed: int) -> tuple[Plan, tuple[Note, ...], Score]:
    own = WORDS.ensembles[ensemble].style or "pop"
    style = {1: None, 2: own, 3: "pop"}[seed]
    meter = "3/4" if seed == 2 and "3/4" in WORDS.styles[own].meters else None
    plan = make_plan(Brief(ensemble=ensemble, style=style, meter=meter, bars=16), seed)
    melody = tune(plan, seed)
    return plan, melody, arrange_ensemble(plan, melody, plain.arrange(band_plan(plan), melody))


@pytest.mark.parametrize(("ensemble", "seed"), CASES)
def test_the_files_hold_what_was_planned_and_it_can_be_played(
    ensemble: str, seed: int, tmp_path: Path
) -> None:
    plan, _, score = arranged(ensemble, seed)
    midi.write(score, tmp_path / "e.mid")
    musicxml.write(score, tmp_path / "e.musicxml")
    assert failed(verify(plan, tmp_path / "e.mid", tmp_path / "e.musicxml")) == ()
    assert violations(score, plan) == []
    assert [t.name for t in score.tracks] == [p.name for p in plan.parts]
    assert len({t.name for t in score.tracks}) == len(score.tracks)


@pytest.mark.parametrize(("ensemble", "seed"), CASES)
def test_the_tune_is_heard_whole(ensemble: str, seed: int) -> None:
    """Every note of the melody sounds, octaves aside, in some part that has it."""
    _, melody, score = arranged(ensemble, seed)
    heard = {
        (round(n.onset, 3), n.pitch % 12)
        for t in score.tracks
        if not t.is_drum
        for n in t.notes
        if t.role in ("melody", "counter")
    }
    assert {(round(n.onset, 3), n.pitch % 12) for n in melody} <= heard


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_the_same_again_and_another_seat_for_each_member(ensemble: str) -> None:
    plan, melody, score = arranged(ensemble, 1)
    assert arrange_ensemble(plan, melody, plain.arrange(band_plan(plan), melody)) == score
    assert len(score.tracks) == len(WORDS.ensembles[ensemble].seats)


@pytest.mark.parametrize("ensemble", ["string_quartet", "brass_quintet", "satb"])
def test_parallels_are_rarer_than_one_in_forty_notes(ensemble: str) -> None:
    found = notes = 0
    for seed in (1, 2, 3):
        plan, _, score = arranged(ensemble, seed)
        found += parallels(score, plan)
        notes += sum(len(t.notes) for t in score.tracks)
    assert found < notes / 40


@pytest.mark.parametrize("ensemble", ["big_band", "orchestra"])
def test_the_loudest_section_has_everybody_and_the_softest_has_fewer(ensemble: str) -> None:
    plan, melody, score = arranged(ensemble, 1)
    hall = Hall.of(plan, melody, score)

    def playing(start: float, end: float) -> int:
        return sum(any(start <= n.onset < end for n in t.notes) for t in score.tracks)

    loud = max(hall.passages, key=lambda p: p.level)
    soft = min(hall.passages, key=lambda p: p.level)
    assert playing(loud.start, loud.end) >= len(score.tracks) - 1
    assert playing(soft.start, soft.end) < playing(loud.start, loud.end)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_the_last_bar_speaks_and_holds(ensemble: str) -> None:
    for seed in (1, 2, 3):
        plan, _, score = arranged(ensemble, seed)
        start = score.beats - plan.meter.bar_beats
        last = [n for t in score.tracks if not t.is_drum for n in t.notes if n.onset == start]
        held = [n for n in last if n.end == score.beats]
        assert held, (ensemble, seed)


def test_a_loop_has_no_held_end_and_still_verifies(tmp_path: Path) -> None:
    plan = make_plan(Brief(ensemble="chiptune", purpose="game_loop"), 4)
    melody = tune(plan, 4)
    score = arrange_ensemble(plan, melody, plain.arrange(band_plan(plan), melody))
    midi.write(score, tmp_path / "e.mid")
    musicxml.write(score, tmp_path / "e.musicxml")
    assert failed(verify(plan, tmp_path / "e.mid", tmp_path / "e.musicxml")) == ()


def test_voices_of_the_chip_sound_one_note_at_a_time() -> None:
    for seed in (1, 2, 3):
        _, _, score = arranged("chiptune", seed)
        for track in score.tracks:
            assert all(b.onset >= a.end - 1e-9 for a, b in pairwise(track.notes)), track.name


def test_without_a_melody_and_without_a_band_there_is_still_music() -> None:
    for ensemble in ENSEMBLES:
        plan = make_plan(Brief(ensemble=ensemble, bars=8), 5)
        nothing = plain.arrange(band_plan(plan), ()).with_tracks([Track("x", "other", 0)])
        score = arrange_ensemble(plan, (), nothing)
        assert violations(score, plan) == []
        assert all(t.notes for t in score.tracks), ensemble


def test_members_that_are_ruled_out_stay_away() -> None:
    for ensemble in ENSEMBLES:
        seats = WORDS.ensembles[ensemble].seats
        for out in {s.instrument for s in seats}:
            brief = Brief(ensemble=ensemble, without=(out,), bars=8)
            if {s.instrument for s in seats if s.role != "drums"} == {out}:
                with pytest.raises(Refusal):
                    make_plan(brief, 1)
                continue
            plan = make_plan(brief, 1)
            melody = tune(plan, 1)
            score = arrange_ensemble(plan, melody, plain.arrange(band_plan(plan), melody))
            assert out not in {p.instrument for p in plan.parts}
            assert violations(score, plan) == [] and all(t.notes for t in score.tracks)


@pytest.mark.parametrize("symbol", ["C", "Dm7", "G7", "Bm7b5", "F#dim7", "Cmaj9", "G13", "Esus4"])
def test_close_harmony_lies_within_the_octave_under_the_lead(symbol: str) -> None:
    chord = Chord.parse(symbol)
    for pitch in range(60, 72):
        below = close(chord, pitch, 3)
        assert all(a > b for a, b in pairwise([pitch, *below]))
        assert pitch - below[0] >= 2
        assert pitch - below[-1] <= 14


def test_voice_leading_moves_little_and_never_crosses() -> None:
    chords = [Chord.parse(s) for s in ("C", "Am", "F", "G7", "C", "Dm7", "G7", "C")]
    tops, basses = (76, 76, 77, 74, 72, 74, 71, 72), (48, 45, 41, 43, 48, 50, 43, 48)
    slots = [
        Slot(i, i + 1, c, t, (t,), b, (b,))
        for i, (c, t, b) in enumerate(zip(chords, tops, basses, strict=True))
    ]
    found = lead(slots, [(55, 74), (48, 67)])
    for slot, (alto, tenor) in zip(slots, found, strict=True):
        assert slot.top is not None and slot.bass is not None
        assert slot.top >= alto >= tenor >= slot.bass
        third = {(slot.chord.root_pc + t) % 12 for t in (3, 4)}
        assert third & {p % 12 for p in (slot.top, alto, tenor, slot.bass)}
    assert all(abs(a - b) <= 5 for x, y in pairwise(found) for a, b in zip(x, y, strict=True))


def test_an_ensemble_is_a_field_of_the_public_brief() -> None:
    brief = brief_from_json({"ensemble": "Brass Quintet", "bars": 8})
    assert brief == Brief(ensemble="brass_quintet", bars=8)
    assert brief_from_json(brief.to_json()) == brief
    for wrong in (
        {"ensemble": "kazoo octet of doom"},
        {"ensemble": "satb", "instruments": "piano"},
        {"ensemble": "satb", "grade": 1},
    ):
        with pytest.raises(Refusal):
            brief_from_json(wrong)


def test_seats_lie_in_the_range_of_their_instruments_and_fit_midi() -> None:
    for ensemble in WORDS.ensembles:
        names = [s.name for s in ensemble.seats]
        assert len(set(names)) == len(names)
        assert sum(s.role != "drums" for s in ensemble.seats) <= 15
        assert {s.doubles for s in ensemble.seats} - {""} <= set(names)
        assert ensemble.style == "" or ensemble.style in WORDS.styles
        for seat in ensemble.seats:
            if seat.role == "drums":
                assert seat.instrument in WORDS.kits
            else:
                instrument = WORDS.instruments[seat.instrument]
                assert instrument.low <= seat.low < seat.high <= instrument.high, seat


def test_players_named_in_an_option_override_an_ensemble_in_words() -> None:
    from bot.desk import understand

    words = "a calm piece for string quartet"
    assert understand(words, {}, "en").request.brief.ensemble == "string_quartet"
    brief = understand(words, {"instruments": "flute, harp"}, "en").request.brief
    assert brief.ensemble is None and brief.instruments == ("flute", "harp")
    with pytest.raises(Refusal):
        brief_from_json({"ensemble": "string quartet", "instruments": "flute"})
