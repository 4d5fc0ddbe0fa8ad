"""What a person sends comes back as it was, whatever they keep of it, and the rest fits around."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from models import midi
from models.arranger.guest import Guest, open_guest, part_of, roles_of, with_guests
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import ROLES, Meter, Note, Score, Tempo, Track, sorted_notes
from models.theory import Key

GALLERY = sorted(Path("docs/gallery").glob("*.mid"))[2::3]  # bossa nova, jig, jingle, folk song
EVERY = ROLES


def line(count: int, low: int = 60, start: float = 0.0, step: float = 1.0) -> tuple[Note, ...]:
    """A tune of scale tones, one after another."""
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    return tuple(
        Note(start + i * step, low + scale[i * i * 3 % 8], 0.9 * step) for i in range(count)
    )


def beat(bars: int, beats: int = 4) -> tuple[Note, ...]:
    """A drum beat."""
    hits = [Note(i, 36 if i % 2 == 0 else 38, 0.25) for i in range(bars * beats)]
    return sorted_notes([*hits, *(Note(i / 2, 42, 0.25) for i in range(bars * beats * 2))])


def song(*tracks: Track, meter: str = "4/4", bars: int = 8, bpm: float = 100) -> Score:
    """A score as a stranger's file gives it: no chords, no sections."""
    return Score("", Key("C"), Meter.parse(meter), (Tempo(0.0, bpm),), bars, tracks)


TUNE = Track("Tune", "melody", 0, line(32))
BASS = Track("Bass", "bass", 33, line(32, 36))
KIT = Track("Kit", "drums", 0, beat(8), is_drum=True)
COMP = Track("Gtr", "chords", 25, tuple(Note(2 * i, p, 1) for i in range(16) for p in (52, 55, 60)))


def check(score: Score, guest: Guest, keep: tuple[str, ...]) -> None:
    """What must hold of every guest."""
    plan = guest.source.plan
    roles = roles_of(score, keep)  # type: ignore[arg-type]
    expected = [t.notes for t, r in zip(score.tracks, roles, strict=True) if r in keep and t.notes]
    assert [t.notes for t in guest.kept] == expected
    names = [p.name for p in plan.parts]
    assert len(names) == len(set(names))
    assert {t.name for t in guest.kept} <= set(names)
    for track in guest.kept:
        part = next(p for p in plan.parts if p.name == track.name)
        assert (part.role, part.program, part.is_drum) == (track.role, track.program, track.is_drum)
    taken = {t.role for t in guest.kept}
    for role in taken:  # nobody is hired for what the person plays
        assert [p.name for p in plan.parts if p.role == role] == [
            t.name for t in guest.kept if t.role == role
        ]
    ends = [n.end for t in guest.kept for n in t.notes]
    assert max(ends, default=0) <= plan.bars * plan.meter.bar_beats + 1e-6
    at = 0
    for planned in plan.sections:
        assert planned.section.start_bar == at
        at += planned.section.bars
        assert planned.roles
    assert at == plan.bars
    if plan.chords:
        assert plan.chords[0].onset == 0
        last = plan.chords[-1]
        assert last.onset + last.duration == plan.bars * plan.meter.bar_beats


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.stem)
def test_any_roles_kept_of_a_real_file_come_back(path: Path) -> None:
    score = replace(midi.read(path), chords=(), sections=())
    there = tuple(dict.fromkeys(roles_of(score)))
    for size in (1, 3, len(there)):
        for keep in combinations(there, size):
            check(score, open_guest(score, "pop", keep), keep)


def test_strangers_files_keep_every_note(data_dir: Path) -> None:
    files = sorted((data_dir / "gamemusic").rglob("*.mid"))[::24]
    files += sorted((data_dir / "groove").rglob("*4-4.mid"))[::240]
    opened = 0
    for path in files:
        try:
            score = midi.read(path)
            guest = open_guest(score, "rock", EVERY)
        except Refusal:
            continue
        opened += 1
        assert len(guest.kept) == sum(bool(t.notes) for t in score.tracks)
        check(score, guest, EVERY)
    assert opened >= len(files) // 2


@pytest.mark.parametrize("lead", [4.0, 12.0, 3.0])
def test_silent_bars_and_pickups_stay_where_they_are(lead: float) -> None:
    tune = replace(TUNE, notes=line(32, start=lead))
    score = song(tune, replace(BASS, notes=line(32, 36, lead)), bars=11)
    guest = open_guest(score, "pop", ("melody", "bass"))
    check(score, guest, ("melody", "bass"))
    assert guest.source.melody[0].onset == lead
    silent = guest.source.plan.section_at(0)
    assert ("melody" in silent.roles) == (lead < 12)  # three silent bars are an intro


def test_drums_that_outlast_the_tune_are_planned_for() -> None:
    score = song(TUNE, replace(KIT, notes=beat(12)), bars=12)
    plan = open_guest(score, "rock", ("melody", "drums")).source.plan
    assert plan.bars == 12
    assert "melody" not in plan.sections[-1].roles
    assert open_guest(score, "rock", ("melody",)).source.plan.bars == 8


def test_a_voice_alone_is_what_the_person_says() -> None:
    """A bass file is opened to keep the bass; chords are found over it, and nobody sings."""
    guest = open_guest(song(BASS), "funk", ("bass",))
    check(song(BASS), guest, ("bass",))
    assert guest.kept[0].role == "bass"
    assert guest.source.melody == ()
    assert guest.source.plan.part("melody") is None
    assert guest.voice.melody
    assert guest.voice.plan.part("melody") is not None
    comp = open_guest(song(COMP), "funk", ("chords",))
    assert [t.role for t in comp.kept] == ["chords"]
    assert comp.source.plan.chords
    tune = open_guest(song(BASS), "funk", ("melody",))
    assert [t.role for t in tune.kept] == ["melody"]
    assert tune.source.melody


def test_a_rhythm_gets_chords_in_its_meter_and_at_its_tempo() -> None:
    for meter, beats, own in (("4/4", 4, "4/4"), ("12/8", 6, "6/8"), ("3/4", 3, "3/4")):
        score = song(replace(KIT, notes=beat(8, beats)), meter=meter, bpm=97)
        guest = open_guest(score, "funk", ("drums",), seed=3)
        check(score, guest, ("drums",))
        plan = guest.source.plan
        assert (str(plan.meter), plan.bpm) == (own, 97)
        assert plan.bars * plan.meter.bar_beats == score.beats
        assert plan.chords
        assert plan.part("melody") is None
        assert plan.part("bass") is not None
        assert guest == open_guest(score, "funk", ("drums",), seed=3)
    assert open_guest(song(KIT, bpm=390), "rock", ("drums",)).source.plan.bpm == 195
    with pytest.raises(Refusal, match="5/4"):
        open_guest(song(KIT, meter="5/4"), "rock", ("drums",))
    long = song(replace(KIT, notes=beat(401)), bars=401)
    with pytest.raises(Refusal, match="401 bars"):
        open_guest(long, "rock", ("drums",))


def test_percussion_with_effects_is_a_rhythm() -> None:
    noise = Track("Noise", "other", 122, line(8, step=4))
    guest = open_guest(song(noise, KIT), "rock", EVERY)
    assert {t.role for t in guest.kept} == {"drums", "other"}
    assert guest.source.melody == ()
    assert open_guest(song(noise, TUNE), "rock").kept[0].notes == TUNE.notes


def test_tracks_of_one_name_and_two_drummers_stay_apart() -> None:
    half = replace(KIT, notes=KIT.notes[::3])
    score = song(*(replace(t, name="X") for t in (TUNE, BASS, COMP, KIT, half)))
    guest = open_guest(score, "rock", EVERY)
    check(score, guest, EVERY)
    assert [t.is_drum for t in guest.kept].count(True) == 2
    piano = song(replace(TUNE, name="Piano"), replace(COMP, name="Piano", program=0))
    check(piano, open_guest(piano, "pop", ("melody", "chords")), ("melody", "chords"))


def test_many_tracks_leave_room_for_few() -> None:
    many = [Track(f"t{i}", "other", 5 * i, line(32, 48 + i)) for i in range(14)]
    score = song(*many, KIT)
    guest = open_guest(score, "pop", EVERY)
    check(score, guest, EVERY)
    assert sum(not p.is_drum for p in guest.source.plan.parts) <= 15


def test_short_and_empty_files() -> None:
    three = (Note(0, 60, 2), Note(2, 62, 1), Note(3, 64, 1))
    guest = open_guest(song(Track("a", "other", 0, three), bars=1), "pop")
    assert guest.kept[0].notes == three
    assert guest.source.plan.bars == 1
    with_silent = song(TUNE, Track("None", "chords", 4))
    assert [t.name for t in open_guest(with_silent, "pop", EVERY).kept] == ["Tune"]
    with pytest.raises(Refusal, match="no notes"):
        open_guest(song(Track("None", "chords", 4)), "pop")


def test_kept_tracks_sit_beside_the_seats_of_an_ensemble() -> None:
    plan = make_plan(Brief(ensemble="big_band", bars=8), 1)
    cello = replace(BASS, name="My cello", program=42)
    guests = with_guests(plan, (TUNE, cello, KIT))
    assert [p.name for p in guests.parts if p.is_drum] == ["Kit"]
    assert part_of(cello) in guests.parts
    assert all({"bass", "drums"} <= set(s.roles) for s in guests.sections)
    assert "Tune" not in {p.name for p in guests.parts}


def test_a_lone_tune_with_the_program_of_a_gunshot_is_a_tune() -> None:
    guest = open_guest(song(replace(TUNE, role="other", program=127)))
    (kept,) = guest.kept
    assert (kept.role, kept.program, kept.notes) == ("melody", 0, TUNE.notes)
