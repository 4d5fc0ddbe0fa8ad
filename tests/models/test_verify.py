from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hand_plans import make_melody, make_plan

from models import midi, musicxml
from models.planner.plan import Plan
from models.score import Meter, Note, PlacedChord, Score, Tempo, Track
from models.theory import Chord, Key
from models.verify import failed, verify

PLAN = make_plan(key="D dorian", bpm=103.7)
PLAN = replace(PLAN, seconds=PLAN.bars * 4 * 60 / PLAN.bpm)


def make_score(plan: Plan) -> Score:
    """The plainest score that keeps a plan: every part sounds each chord."""
    tracks = []
    for part in plan.parts:
        notes = []
        for placed in plan.chords:
            pcs = [placed.chord.bass_pc] if part.role == "bass" else placed.chord.pcs
            for pc in pcs:
                pitch = next(p for p in range(part.low, part.high + 1) if p % 12 == pc)
                notes.append(Note(placed.onset, 36 if part.is_drum else pitch, placed.duration))
        notes = list(make_melody(plan)) if part.role == "melody" else notes
        tracks.append(
            Track(part.name, part.role, part.program, tuple(sorted(set(notes))), part.is_drum)
        )
    sections = tuple(s.section for s in plan.sections)
    return Score(
        plan.title, plan.key, plan.meter, (Tempo(0.0, plan.bpm),), plan.bars, tuple(tracks),
        plan.chords, sections,
    )  # fmt: skip


def names(plan: Plan, score: Score, folder: Path, xml_score: Score | None = None) -> set[str]:
    """Names of the checks that fail for a written score."""
    midi.write(score, folder / "a.mid")
    musicxml.write(xml_score or score, folder / "a.musicxml")
    return {c.name for c in failed(verify(plan, folder / "a.mid", folder / "a.musicxml"))}


def test_a_faithful_score_passes(tmp_path: Path):
    assert names(PLAN, make_score(PLAN), tmp_path) == set()


def edit_track(role: str, change: Callable[[Track], Track]) -> Callable[[Score], Score]:
    def edit(score: Score) -> Score:
        return score.with_tracks(change(t) if t.role == role else t for t in score.tracks)

    return edit


def both(name: str) -> set[str]:
    return {f"{name} (MIDI)", f"{name} (MusicXML)"}


def shifted(track: Track, semitones: int) -> Track:
    return replace(track, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in track.notes))


OTHER = PlacedChord(4.0, 4.0, Chord("Db", "maj7"))
ERRORS: list[tuple[Callable[[Score], Score], set[str]]] = [
    (lambda s: replace(s, key=Key("G", "dorian")), both("key signature")),
    (lambda s: replace(s, key=Key("A", "minor")), {"mode (MusicXML)"}),
    (lambda s: replace(s, key=Key("C", "major")), both("mode")),
    (lambda s: replace(s, tempos=(Tempo(0.0, 103.6),)), both("tempo")),
    (lambda s: replace(s, tempos=(*s.tempos, Tempo(8.0, 90.0))), both("tempo") | both("seconds")),
    (lambda s: replace(s, chords=(s.chords[0], OTHER, *s.chords[2:])), both("chords")),
    (lambda s: replace(s, chords=s.chords[:-1]), both("chords")),
    (lambda s: replace(s, sections=s.sections[1:]), both("form")),
    (
        lambda s: replace(s, sections=(replace(s.sections[0], name="solo"), *s.sections[1:])),
        both("form"),
    ),
    (
        edit_track("bass", lambda t: replace(t, program=0)),
        both("instruments") | {"every part plays"},
    ),
    (lambda s: s.with_tracks(s.tracks[:-1]), both("instruments") | {"every part plays"}),
    (
        lambda s: s.with_tracks([*s.tracks, Track("Extra", "other", 9, (Note(0, 80, 1),))]),
        both("instruments"),
    ),
    (edit_track("pad", lambda t: replace(t, notes=())), {"every part plays", "instruments (MIDI)"}),
    (edit_track("bass", lambda t: shifted(t, 36)), {"ranges"}),
    (edit_track("chords", lambda t: shifted(t, 1)), {"chords sound"}),
    (edit_track("melody", lambda t: replace(t, notes=t.notes[:6])), {"melody bars"}),
    (
        lambda s: s.with_tracks(
            replace(t, notes=tuple(n for n in t.notes if n.end <= s.beats - 5)) for t in s.tracks
        ),
        {"ending"},
    ),
    (lambda s: replace(s, bars=s.bars + 1), both("bars") | both("seconds")),
]


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_each_planted_error_is_caught(number: int, tmp_path: Path):
    edit, expected = ERRORS[number]
    assert names(PLAN, edit(make_score(PLAN)), tmp_path) == expected


def test_a_wrong_meter_is_caught(tmp_path: Path):
    score = replace(make_score(PLAN), meter=Meter(3, 4), bars=11, sections=())
    assert names(PLAN, score, tmp_path) >= both("meter") | both("bars") | both("form")


def test_a_wrong_length_is_caught(tmp_path: Path):
    plan = replace(PLAN, seconds=(PLAN.seconds or 0) + 0.11)
    assert names(plan, make_score(plan), tmp_path) == both("seconds")
    plan = replace(PLAN, seconds=(PLAN.seconds or 0) + 0.09)
    assert names(plan, make_score(plan), tmp_path) == set()


def test_files_that_differ_are_caught(tmp_path: Path):
    score = make_score(PLAN)
    other = edit_track("counter", lambda t: replace(t, notes=t.notes[1:]))(score)
    assert names(PLAN, score, tmp_path, xml_score=other) == {"same notes in both files"}


def test_a_loop_that_rings_past_its_end_is_caught(tmp_path: Path):
    plan = replace(PLAN, loop=True)
    score = make_score(plan)
    assert names(plan, score, tmp_path) == set()
    ringing = edit_track(
        "pad", lambda t: replace(t, notes=(*t.notes[:-1], replace(t.notes[-1], duration=6.0)))
    )(score)
    assert "loop" in names(plan, ringing, tmp_path)


def test_unreadable_files_fail_instead_of_raising(tmp_path: Path):
    (tmp_path / "a.mid").write_bytes(b"MThd nonsense")
    (tmp_path / "a.musicxml").write_bytes(b"<score-partwise>")
    checks = failed(verify(PLAN, tmp_path / "a.mid", tmp_path / "a.musicxml"))
    assert {c.name for c in checks} == {"MIDI file", "MusicXML file"}
    assert {c.name for c in failed(verify(PLAN, tmp_path / "no.mid", tmp_path / "no"))} == {
        "MIDI file", "MusicXML file",
    }  # fmt: skip
