"""What hands can do, on known cases; and after the post-pass nothing is left to object to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import vocabulary
from models.arranger import plain
from models.arranger.hands import can_sound, fingering, hands_of, muddy
from models.arranger.playable import mend, parallels, violations
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Note, Score, Track, sorted_notes

_GUITAR, _PIANO, _VIOLIN, _CELLO, _FLUTE, _MARIMBA = 25, 0, 40, 42, 73, 12


@pytest.mark.parametrize(
    ("program", "chord", "possible"),
    [
        (_GUITAR, (40, 47, 52, 56, 59, 64), True),  # open E
        (_GUITAR, (41, 48, 53, 57, 60, 65), True),  # F, with a barre
        (_GUITAR, (43, 47, 50, 55, 59, 67), True),  # open G
        (_GUITAR, (40, 41, 42), False),  # three notes that only the lowest string has
        (_GUITAR, (60, 61, 62), False),
        (_GUITAR, (55, 58, 60, 63), False),  # Cm7 in close position
        (_GUITAR, (48, 55, 58, 63), True),  # and with its second voice dropped
        (_PIANO, (36, 43, 52, 60, 64, 67, 72), True),
        (_PIANO, (36, 60, 84), False),  # three places, two hands
        (_PIANO, tuple(range(60, 71)), False),  # eleven fingers
        (_VIOLIN, (55, 62), True),
        (_VIOLIN, (57, 64), True),  # a fifth across two strings
        (_VIOLIN, (56, 58), False),  # both on the lowest string
        (_VIOLIN, (55, 62, 69), False),
        (_CELLO, (36, 45), True),
        (_FLUTE, (72, 76), False),
        (_MARIMBA, (60, 64, 67, 72), True),
        (_MARIMBA, (60, 64, 67, 72, 76), False),
    ],
)
def test_what_hands_can_do(program: int, chord: tuple[int, ...], possible: bool) -> None:
    assert can_sound(hands_of(program), chord) is possible


def test_one_hand_reaches_a_tenth_and_no_more() -> None:
    hand = hands_of(_PIANO, one_hand=True)
    assert can_sound(hand, (48, 55, 64)) and not can_sound(hand, (48, 55, 65))


@given(
    st.sampled_from([_GUITAR, _PIANO, _VIOLIN, _MARIMBA]),
    st.sets(st.integers(40, 90), min_size=2, max_size=7),
    st.data(),
)
def test_whatever_can_be_played_can_be_played_with_a_note_less(
    program: int, chord: set[int], data: st.DataObject
) -> None:
    hands = hands_of(program)
    if can_sound(hands, tuple(sorted(chord))):
        less = sorted(chord - {data.draw(st.sampled_from(sorted(chord)))})
        assert can_sound(hands, tuple(less))


@given(st.sets(st.integers(40, 86), min_size=1, max_size=6))
def test_a_fingering_is_one_note_a_string_within_four_frets(chord: set[int]) -> None:
    hands = hands_of(_GUITAR)
    pitches = tuple(sorted(chord))
    strings = fingering(hands, pitches)
    if strings is None:
        return
    assert len(set(strings)) == len(pitches)
    frets = [p - hands.strings[s] for p, s in zip(pitches, strings, strict=True)]
    stopped = [f for f in frets if f]
    assert min(frets) >= 0
    assert not stopped or max(stopped) - min(stopped) <= 4


def test_a_third_is_muddy_in_the_depths_and_clear_above() -> None:
    assert muddy((36, 40)) == (36, 40)
    assert muddy((36, 43, 52)) is None and muddy((48, 52, 55)) is None


_BAND = make_plan(
    Brief(
        instruments=(
            "flute",
            "acoustic_guitar",
            "piano",
            "strings",
            "violin",
            "contrabass",
            "jazz",
        ),
        bars=4,
    ),
    1,
)
_PLANS = [_BAND, *(make_plan(Brief(ensemble=e.id, bars=8), 2) for e in vocabulary.load().ensembles)]


def _score(plan: Plan, lines: list[list[Note]]) -> Score:
    tracks = tuple(
        Track(p.name, p.role, p.program, sorted_notes(notes), p.is_drum)
        for p, notes in zip(plan.parts, lines, strict=True)
    )
    sections = tuple(s.section for s in plan.sections)
    return Score(
        plan.title, plan.key, plan.meter, plan.tempos, plan.bars, tracks, plan.chords, sections
    )


_NOTES = st.lists(
    st.builds(
        Note,
        st.integers(0, 31).map(lambda i: i / 4),
        st.integers(20, 108),
        st.integers(1, 12).map(lambda i: i / 4),
    ),
    max_size=14,
)


@st.composite
def _any_score(draw: st.DrawFn) -> tuple[Plan, Score]:
    plan = draw(st.sampled_from(_PLANS))
    lines = [draw(_NOTES) for _ in plan.parts]
    # Two melodies that cross each other are nobody's fault: one person's tune at a time.
    leads = [i for i, p in enumerate(plan.parts) if p.role == "melody"]
    for i in leads[1:]:
        lines[i] = []
    if len({p.name for p in plan.parts if p.name == "Violin I"}):
        lines[leads[0]] = [replace(n, pitch=60 + n.pitch % 24) for n in lines[leads[0]]]
    return plan, _score(plan, lines)


@settings(max_examples=60, deadline=None)
@given(_any_score())
def test_nothing_is_left_to_object_to_after_mending(given_score: tuple[Plan, Score]) -> None:
    plan, score = given_score
    mended = mend(score, plan)
    assert violations(mended, plan) == []
    assert mend(score, plan) == mended
    assert [t.name for t in mended.tracks] == [t.name for t in score.tracks]
    assert violations(mend(mended, plan), plan) == []


@settings(max_examples=25, deadline=None)
@given(_any_score())
def test_mending_adds_no_onset_and_keeps_pitch_classes_but_for_crossings(
    given_score: tuple[Plan, Score],
) -> None:
    plan, score = given_score
    for before, after in zip(score.tracks, mend(score, plan).tracks, strict=True):
        assert {n.onset for n in after.notes} <= {n.onset for n in before.notes}
        assert len(after.notes) <= len(before.notes)
        if plan.ensemble is None and not before.is_drum:
            ours = {(n.onset, n.pitch % 12) for n in after.notes}
            assert ours <= {(n.onset, n.pitch % 12) for n in before.notes}


@settings(max_examples=25, deadline=None)
@given(_any_score(), st.data())
def test_kept_tracks_come_back_note_for_note(
    given_score: tuple[Plan, Score], data: st.DataObject
) -> None:
    plan, score = given_score
    kept = frozenset(data.draw(st.sets(st.sampled_from([t.name for t in score.tracks]))))
    mended = mend(score, plan, keep=kept)
    for before, after in zip(score.tracks, mended.tracks, strict=True):
        if before.name in kept:
            assert after == before
    left = {v.part for v in violations(mended, plan)}
    crossing = {v.rule for v in violations(mended, plan) if v.part not in kept}
    assert left <= kept or crossing <= {"crossing", "spacing"}


def test_a_playable_melody_is_not_touched() -> None:
    for plan in _PLANS:
        part = plan.part("melody")
        assert part is not None
        tune = [Note(i / 2, part.low + 5 + (i * 5) % 12, 0.5) for i in range(24)]
        lines = [tune if p is part else [Note(0.0, 48, 12.0)] for p in plan.parts]
        mended = mend(_score(plan, lines), plan)
        assert mended.tracks[plan.parts.index(part)].notes == tuple(tune)


def test_the_top_of_a_crowded_hand_stays_and_a_doubling_goes_first() -> None:
    plan = make_plan(Brief(instruments=("flute", "marimba"), bars=4), 1)
    chords = next(p for p in plan.parts if p.instrument == "marimba")
    chord = [Note(0.0, p, 1.0) for p in (60, 64, 67, 72, 76)]
    lines = [chord if p is chords else [] for p in plan.parts]
    (mended,) = [t for t in mend(_score(plan, lines), plan).tracks if t.name == chords.name]
    pitches = {n.pitch for n in mended.notes}
    assert len(pitches) == 4 and max(pitches) == 76
    assert {p % 12 for p in pitches} == {0, 4, 7}


def test_the_plain_arranger_needs_mending_and_gets_it() -> None:
    """Figures before and after over all styles: the row of the issue's table."""
    before = after = 0
    for style in list(vocabulary.load().styles)[::6]:
        plan = make_plan(Brief(style=style.id, bars=16), 3)
        part = plan.part("melody")
        assert part is not None
        tune = tuple(Note(float(i), part.low + 6 + (i * 7) % 11, 1.0) for i in range(32))
        score = plain.arrange(plan, tune)
        mended = mend(score, plan)
        before += len(violations(score, plan))
        after += len(violations(mended, plan))
        assert all(t.notes for t in mended.tracks), style.id
    assert before > 0 and after == 0


def test_three_hands_at_the_drums_are_seen_and_mended() -> None:
    plan = _BAND
    hits = [Note(0.0, key, 0.25) for key in (36, 38, 42, 49)]
    lines = [hits if p.is_drum else [] for p in plan.parts]
    score = _score(plan, lines)
    assert [v.rule for v in violations(score, plan)] == ["drums"]
    drums = next(t for t in mend(score, plan).tracks if t.is_drum)
    assert {n.pitch for n in drums.notes} == {36, 38, 49}  # the hat gives way


def test_crossing_and_parallels_in_a_quartet() -> None:
    plan = make_plan(Brief(ensemble="string_quartet", bars=4), 1)
    fine = [
        [Note(0.0, p, 1.0), Note(1.0, q, 1.0)] for p, q in ((76, 74), (67, 67), (60, 59), (48, 43))
    ]
    assert violations(_score(plan, fine), plan) == []
    crossed = [*fine[:2], [Note(0.0, 69, 1.0)], fine[3]]
    assert [v.rule for v in violations(_score(plan, crossed), plan)] == ["crossing"]
    fifths = [
        [Note(0.0, 74, 1.0), Note(1.0, 76, 1.0)],
        [Note(0.0, 67, 1.0), Note(1.0, 69, 1.0)],
        [],
        [],
    ]
    assert parallels(_score(plan, fifths), plan) == 1
    assert parallels(_score(plan, fine), plan) == 0
