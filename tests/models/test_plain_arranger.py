from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hand_plans import ALL_ROLES, make_melody, make_plan

from models import midi, musicxml
from models.arranger import patterns
from models.arranger.plain import arrange
from models.arranger.stage import clashes
from models.planner.grades import limits
from models.planner.plan import Part, Plan
from models.score import Meter, PlacedChord, Score
from models.theory import Chord
from models.verify import failed, verify
from models.vocabulary import load

FIXED = {
    "comp": (
        "block pulse offbeat strum arpeggio alberti waltz stabs charleston montuno bossa tresillo "
        "sustain power march gallop"
    ),
    "bassline": (
        "root root_fifth octaves walking pedal eighths bossa tumbao disco waltz reggae tango "
        "arpeggio"
    ),
    "beat": (
        "none rock ballad half_time four_floor disco funk boom_bap trap dnb breakbeat shuffle "
        "swing brushes bossa samba songo reggaeton reggae ska train march waltz jig tango "
        "afrobeat metal punk epic electro"
    ),
}
METERS = ("4/4", "3/4", "6/8", "2/4", "12/8", "5/4")
FORM = (("intro", "I", 2), ("verse", "A", 8), ("chorus", "B", 4), ("outro", "O", 2))


def assert_sound(plan: Plan, score: Score) -> None:
    """What must hold of every arrangement."""
    assert [(t.name, t.role, t.program) for t in score.tracks] == [
        (p.name, p.role, p.program) for p in plan.parts
    ]
    for part, track in zip(plan.parts, score.tracks, strict=True):
        assert track.notes, f"{part.name} never plays"
        assert all(part.low <= n.pitch <= part.high for n in track.notes)
        assert all(0 <= n.onset < n.end <= score.beats + 1e-9 for n in track.notes)
        assert all(1 <= n.velocity <= 127 for n in track.notes)


def rubs(score: Score) -> list[tuple[str, float]]:
    """Attacks on a felt beat a minor second or ninth from the melody."""
    melody = score.track("melody")
    assert melody is not None
    found = []
    for track in score.tracks:
        if track.role not in ("chords", "pad", "counter"):
            continue
        for n in track.notes:
            sung = [m.pitch for m in melody.notes if m.onset <= n.onset < m.end]
            if n.onset % score.meter.pulse == 0 and clashes(n.pitch, sung):
                found.append((track.name, n.onset))
    return found


def test_the_pattern_names_are_those_of_the_vocabulary():
    for kind, names in FIXED.items():
        assert set(patterns.names(kind)) == set(names.split())
    for style in load().styles:
        assert style.comp in patterns.names("comp")
        assert style.bassline in patterns.names("bassline")
        assert style.beat in patterns.names("beat")


@pytest.mark.parametrize("meter", METERS)
def test_every_pattern_fills_bars_of_every_meter(meter: str):
    signature = Meter.parse(meter)
    steps = patterns.steps_of(signature)
    for kind in ("comp", "bassline"):
        for name in patterns.names(kind):
            for bar in range(4):
                for density in (0.0, 0.5, 1.0):
                    row = patterns.line(kind, name, signature, bar, density)
                    assert len(row) == steps and set(row) <= set(".-xXbu0123456789r5o3pnaw")
            assert any(patterns.hits(patterns.line(kind, name, signature, b, 0.5)) for b in (0, 1))
    for name in patterns.names("beat"):
        rows = [patterns.kit_rows(name, signature, bar) for bar in range(2)]
        assert all(len(r) == steps and set(r) <= set(".xXo") for bar in rows for r in bar.values())
        assert set(rows[0]) <= set(patterns.drum_keys())
        assert name == "none" or any(c != "." for bar in rows for r in bar.values() for c in r)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "2/4"])
def test_every_style_in_every_meter_keeps_range_bars_and_melody(meter: str):
    for i, style in enumerate(load().styles):
        key = ("C major", "F# minor", "Eb mixolydian", "B dorian")[i % 4]
        plan = make_plan(style.id, meter, key, form=FORM)
        score = arrange(plan, make_melody(plan, seed=i))
        assert_sound(plan, score)
        assert rubs(score) == [], style.id


@pytest.mark.parametrize("style", ["pop", "swing", "salsa", "metal", "celtic_jig", "ambient"])
def test_the_written_files_verify(style: str, tmp_path: Path):
    plan = make_plan(style, load().styles[style].meters[0], "G minor", form=FORM)
    score = arrange(plan, make_melody(plan))
    midi.write(score, tmp_path / "a.mid")
    musicxml.write(score, tmp_path / "a.musicxml")
    assert failed(verify(plan, tmp_path / "a.mid", tmp_path / "a.musicxml")) == ()
    assert midi.read(tmp_path / "a.mid") == score == musicxml.read(tmp_path / "a.musicxml")


def test_the_bass_plays_the_chord_bass_on_every_change():
    hits = total = 0
    for style in load().styles:
        plan = make_plan(style.id, form=FORM)
        bass = arrange(plan, make_melody(plan)).track("bass")
        assert bass is not None
        for placed in plan.chords:
            total += 1
            hits += any(
                n.onset == placed.onset and n.pitch % 12 == placed.chord.bass_pc for n in bass.notes
            )
    assert hits / total > 0.95  # tonic pedals are the exception


def test_chords_are_led_smoothly():
    plan = make_plan("hymn", form=FORM)
    track = arrange(plan, ()).track("chords")
    assert track is not None
    onsets = sorted({n.onset for n in track.notes})
    voicings = [sorted(n.pitch for n in track.notes if n.onset == at) for at in onsets]
    moves = [
        abs(x - y)
        for a, b in pairwise(voicings)
        if len(a) == len(b)
        for x, y in zip(a, b, strict=True)
    ]
    assert sum(moves) / len(moves) < 3
    assert max(moves) <= 7


def test_chords_stay_under_the_melody():
    plan = make_plan("ballad", form=FORM)
    score = arrange(plan, make_melody(plan))
    melody, chords = score.track("melody"), score.track("chords")
    assert melody is not None and chords is not None
    above = [
        n
        for n in chords.notes
        if any(m.onset <= n.onset < m.end and m.pitch < n.pitch for m in melody.notes)
    ]
    assert len(above) <= 0.02 * len(chords.notes)


def test_without_room_below_the_melody_chords_keep_to_their_bottom():
    # A tenor sax once played under a brass section an octave and a half above it.
    low_sax = Part("melody", "tenor_sax", "Tenor sax", 66, 50, 64)
    high = Part("pad", "brass", "Brass", 61, 53, 84)
    plan = make_plan("pop", form=FORM)
    others = tuple(p for p in plan.parts if p.role not in ("melody", "pad"))
    plan = replace(plan, parts=(low_sax, *others, high))
    score = arrange(plan, make_melody(plan))
    pad = score.track("pad")
    sung = score.track("melody").notes
    under = [n for n in pad.notes if any(m.onset < n.end and n.onset < m.end for m in sung)]
    assert under
    assert max(n.pitch for n in under) <= high.low + 12


def test_roles_that_a_section_leaves_out_are_silent_there():
    plan = make_plan("rock", form=FORM)
    sections = list(plan.sections)
    sections[1] = replace(sections[1], roles=("melody", "chords"))
    plan = replace(plan, sections=tuple(sections))
    score = arrange(plan, make_melody(plan))
    for track in score.tracks:
        inside = [n for n in track.notes if 8 <= n.onset < 40]
        assert bool(inside) == (track.role in ("melody", "chords")), track.role


def test_a_part_that_no_section_lets_in_plays_all_the_same():
    plan = make_plan("rock", form=FORM)
    shut = tuple(replace(s, roles=("melody",)) for s in plan.sections)
    plan = replace(plan, sections=shut)
    score = arrange(plan, make_melody(plan))
    assert_sound(plan, score)


def test_a_piece_ends_and_a_loop_does_not():
    plan = make_plan("rock", form=FORM)
    melody = make_melody(plan)
    ended, looped = arrange(plan, melody), arrange(replace(plan, loop=True), melody)
    last = ended.beats - 4
    for role in ("chords", "bass", "pad"):
        track, loop = ended.track(role), looped.track(role)
        assert track is not None and loop is not None
        final = [n for n in track.notes if n.onset >= last]
        assert final and all(n.onset == last and n.end == ended.beats for n in final)
        if role != "pad":
            assert len([n for n in loop.notes if n.onset >= last]) > len(final)
    for score, crashes in ((ended, True), (looped, False)):
        drums = score.track("drums")
        assert drums is not None
        ends = [n.pitch for n in drums.notes if n.onset >= last]
        assert (49 in ends) == crashes
        # Both lead into the chorus with a fill, and only the loop leads into its own beginning.
        assert any(n.pitch in (41, 48) and 36 <= n.onset < 40 for n in drums.notes)
        assert any(p in (38, 41, 48) for p in ends) == (not crashes)


def test_a_loops_bass_leads_into_its_first_bar():
    plan = replace(make_plan("indie_pop", key="C major", form=(("loop", "A", 4),)), loop=True)
    sections = (replace(plan.sections[0], density=0.9),)
    chords = (*plan.chords[:3], PlacedChord(12.0, 4.0, Chord("F")))
    plan = replace(plan, sections=sections, chords=chords)
    bass = arrange(plan, make_melody(plan)).track("bass")
    assert bass is not None
    step = bass.notes[-1].pitch - bass.notes[0].pitch
    assert abs(step) in (1, 2)  # F does not lead to C by itself: B or D does


def test_density_thickens_and_dynamics_lift():
    plan = make_plan("pop", form=(("verse", "A", 8),))

    def of(density: float, dynamics: float) -> Score:
        sections = (replace(plan.sections[0], density=density, dynamics=dynamics),)
        return arrange(replace(plan, sections=sections), make_melody(plan))

    thin, thick = of(0.1, 0.5), of(0.9, 0.5)
    for role in ("chords", "bass", "drums"):
        few, many = thin.track(role), thick.track(role)
        assert few is not None and many is not None
        assert len(few.notes) < len(many.notes)
    soft, loud = of(0.5, 0.1), of(0.5, 0.9)
    for a, b in zip(soft.tracks, loud.tracks, strict=True):
        mean = [sum(n.velocity for n in t.notes) / len(t.notes) for t in (a, b)]
        assert mean[1] > mean[0] + 8


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_lessons_have_a_simple_left_hand(grade: int):
    plan = make_plan("classical", roles=("melody", "chords"), form=FORM, grade=grade)
    track = arrange(plan, make_melody(plan)).track("chords")
    assert track is not None
    at = [n.onset for n in track.notes]
    assert max(at.count(onset) for onset in set(at)) <= 4
    if grade <= 3:
        assert max(at.count(onset) for onset in set(at)) <= grade // 3 + 2
        assert min(n.duration for n in track.notes) >= 1.0
    assert min(n.duration for n in track.notes) >= limits(grade).shortest


def test_odd_casts_all_play():
    melodic = load().instruments
    extra = [
        Part("pad", "french_horn", "Horn", 60, 41, 60),
        Part("counter", "glockenspiel", "Glockenspiel", 9, 79, 96),
        Part("counter", "oboe", "Oboe", 68, 58, 80),
        Part("bass", "taiko", "Taiko", 116, 36, 48),
        Part("chords", "violin", "Fiddle", 40, 55, 79),
        Part("melody", "trumpet", "Trumpet", 56, 54, 82),
        Part("other", "bird_tweet", "Birds", 123, 60, 63),
        Part("drums", "jazz", "Second kit", 32, 35, 81, is_drum=True),
    ]
    plan = make_plan("pop", roles=ALL_ROLES, form=FORM)
    plan = replace(plan, parts=(*plan.parts, *extra))
    assert_sound(plan, arrange(plan, make_melody(plan)))
    assert_sound(plan, arrange(plan, ()))
    for part in extra:
        alone = replace(plan, parts=(part,))
        assert_sound(alone, arrange(alone, ()))
    assert not melodic["violin"].polyphonic
    for track in arrange(plan, make_melody(plan)).tracks:
        if track.name in ("Fiddle", "Horn", "Oboe"):
            assert all(a.end <= b.onset for a, b in pairwise(track.notes)), track.name
