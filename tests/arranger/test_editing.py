"""Players come and go, and nobody else notices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import midi, vocabulary
from models.arranger import editing
from models.arranger.generate import Redo, joined, spliced
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note, Track, sorted_notes

PLAN = make_plan(Brief(style="pop", bars=8), 5)
NOTES = st.lists(
    st.builds(Note, st.integers(0, 60).map(lambda n: n / 2), st.integers(40, 80),
              st.integers(1, 16).map(lambda n: n / 4), st.integers(1, 127)), max_size=30,
)  # fmt: skip
SPANS = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda s: (min(s), max(s)))


def track(notes: list[Note]) -> Track:
    return Track("Bass", "bass", 33, sorted_notes(notes))


@given(NOTES, NOTES, SPANS)
def test_a_splice_changes_nothing_outside_its_bars(old, new, span) -> None:
    """What begins outside stays; at most it is let go where the new bars begin."""
    start, end = 4.0 * span[0], 4.0 * (span[1] + 1)
    before, made = track(old), spliced(track(old), track(new), start, end)
    outside = [n for n in made.notes if not start <= n.onset < end]
    expected = [n for n in before.notes if not start <= n.onset < end]
    assert [(n.onset, n.pitch, n.velocity) for n in outside] == [
        (n.onset, n.pitch, n.velocity) for n in expected
    ]
    for a, b in zip(outside, expected, strict=True):
        assert a.end == (min(b.end, start) if b.onset < start else b.end)
    inside = [n for n in made.notes if start <= n.onset < end]
    assert len(inside) == sum(start <= n.onset < end for n in track(new).notes)
    assert all(n.end <= end for n in inside)


@given(NOTES, SPANS)
def test_silence_is_silent_and_only_there(notes, span) -> None:
    start, end = 4.0 * span[0], 4.0 * (span[1] + 1)
    quiet = editing.silenced(track(notes), start, end)
    assert not [n for n in quiet.notes if start <= n.onset < end]
    assert not [n for n in quiet.notes if n.onset < start < n.end]
    assert [n for n in quiet.notes if n.onset >= end] == [
        n for n in track(notes).notes if n.onset >= end
    ]


@given(NOTES)
def test_another_player_takes_the_line_as_it_is(notes) -> None:
    """Rhythm and pitch classes stay, in one shift of octaves."""
    _, part = editing.given_to(PLAN, PLAN.part("bass").name, "tuba")
    old = track(notes)
    moved = editing.moved(old, part)
    assert [(n.onset, n.duration, n.pitch % 12) for n in moved.notes] == [
        (n.onset, n.duration, n.pitch % 12) for n in old.notes
    ]
    assert len({a.pitch - b.pitch for a, b in zip(moved.notes, old.notes, strict=True)}) <= 1
    assert (moved.name, moved.program) == (part.name, part.program)


def test_only_named_parts_are_taken_from_a_new_score() -> None:
    score = midi.read(Path("docs/gallery/01-lantern-street.mid"))
    other = score.with_tracks(replace(t, notes=t.notes[::2]) for t in score.tracks)
    drums = score.track("drums").name
    made = joined(other, (), score, Redo((drums,), 4, 7))
    for before, after in zip(score.tracks, made.tracks, strict=True):
        assert (after.notes == before.notes) == (before.name != drums)
    assert joined(other, (), score, None).tracks == score.tracks


def test_parts_are_found_by_what_people_call_them() -> None:
    bass = PLAN.part("bass")
    for name in (bass.name, bass.name.upper(), f" {bass.instrument} ", "bass"):
        assert editing.find_part(PLAN, name) == bass
    drums = PLAN.part("drums")
    assert editing.find_part(PLAN, vocabulary.load().kits[drums.instrument].name("zh")) == drums
    with pytest.raises(Refusal, match=r"no part “oboe”.*it has"):
        editing.find_part(PLAN, "oboe")


def test_a_player_joins_in_a_role_of_its_own_up_to_fifteen() -> None:
    plan, part = editing.with_player(PLAN, "cello")
    assert part in plan.parts
    assert set(PLAN.parts) < set(plan.parts)
    assert all(part.role in s.roles for s in plan.sections)
    with pytest.raises(Refusal, match="A drummer plays already"):
        editing.with_player(plan, "standard")
    while len(plan.parts) < 15:
        plan, _ = editing.with_player(plan, "flute")
    assert len({p.name for p in plan.parts}) == 15
    with pytest.raises(Refusal, match="Fifteen parts"):
        editing.with_player(plan, "flute")


def test_a_drummer_joins_where_there_is_none() -> None:
    without = editing.without_part(PLAN, PLAN.part("drums").name)
    assert all("drums" not in s.roles for s in without.sections)
    plan, part = editing.with_player(without, "jazz")
    assert part.is_drum
    assert all("drums" in s.roles for s in plan.sections)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(Refusal, match="The melody is the piece"):
        editing.without_part(PLAN, PLAN.part("melody").name)
    for name, player in ((PLAN.part("drums").name, "piano"), (PLAN.part("bass").name, "standard")):
        with pytest.raises(Refusal, match="Drums can only be replaced by other drums"):
            editing.given_to(PLAN, name, player)


def test_a_replaced_part_keeps_its_role_and_place() -> None:
    old = PLAN.part("chords")
    plan, new = editing.given_to(PLAN, old.name, "harp")
    assert [p.role for p in plan.parts] == [p.role for p in PLAN.parts]
    assert plan.parts.index(new) == PLAN.parts.index(old)
    assert plan.sections == PLAN.sections
    flute = editing.given_to(PLAN, old.name, "flute")[1]
    assert not editing.same_hands(old, flute)
    assert editing.same_hands(flute, old)
    assert editing.same_hands(PLAN.part("drums"), PLAN.part("drums"))
