"""Lead sheets and their encoding: nothing is lost, and what is said of a bar is true of it."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.composer import encode as e
from models.composer.batches import Window, bare, collate, with_gap
from models.composer.describe import describe, encode, rebarred
from models.composer.sheets import BAR_STEPS, LeadSheet, build, name_chord
from models.theory import QUALITY_CLASSES


@st.composite
def sheets(draw: st.DrawFn) -> LeadSheet:
    meter = draw(st.sampled_from(sorted(BAR_STEPS)))
    bars = draw(st.integers(4, 10))
    steps = bars * BAR_STEPS[meter]
    onsets = sorted(draw(st.sets(st.integers(0, steps - 1), min_size=12, max_size=40)))
    notes = []
    for a, b in pairwise([*onsets, steps]):
        length = draw(st.integers(1, b - a))
        notes.append((a, length, draw(st.integers(50, 85))))
    changes = sorted(draw(st.sets(st.integers(0, steps - 1), max_size=8)))
    chords = [(c, draw(st.integers(0, 11)), draw(st.integers(0, 9))) for c in changes]
    minor = draw(st.booleans())
    return LeadSheet("x", "x", "pop", meter, minor, bars, tuple(notes), tuple(chords))


@pytest.mark.parametrize(
    ("pitches", "root", "quality"),
    [
        ((48, 52, 55), 0, "maj"),
        ((50, 53, 57), 2, "min"),
        ((43, 47, 50, 53), 7, "dom7"),
        ((47, 50, 53, 57), 11, "hdim7"),
        ((52, 55, 60), 0, "maj"),
        ((41, 45, 48, 52), 5, "maj7"),
        ((48, 53, 55), 0, "sus"),
    ],
)
def test_block_chords_are_named(pitches: tuple[int, ...], root: int, quality: str) -> None:
    assert name_chord(pitches) == (root, QUALITY_CLASSES.index(quality))


def test_a_tune_is_moved_to_c_and_its_split_does_not_depend_on_its_key() -> None:
    tune = [(float(i), 1.0, 62 + step) for i, step in enumerate([0, 2, 4, 5, 7, 9, 11, 12] * 2)]

    def made(shift: int) -> LeadSheet:
        sheet = build(
            piece=f"p{shift}", source="s", style="pop", meter="4/4", tonic=(2 + shift) % 12,
            minor=False, notes=[(o, d, p + shift) for o, d, p in tune],
            chords=[(0.0, (2 + shift) % 12, 0)],
        )  # fmt: skip
        assert sheet is not None
        return sheet

    first, other = made(0), made(5)
    assert first.notes == other.notes and first.chords == ((0, 0, 0),)
    assert first.notes[0][2] % 12 == 0
    assert first.split == other.split


def test_long_silence_is_cut_to_one_bar_and_chords_move_along() -> None:
    notes = [(float(i), 1.0, 60 + i % 5) for i in range(12)]
    notes += [(float(i), 1.0, 60) for i in range(40, 48)]
    sheet = build(
        piece="p", source="s", style="pop", meter="4/4", tonic=0, minor=False, notes=notes,
        chords=[(0.0, 0, 0), (36.0, 7, 0), (44.0, 5, 0)],
    )  # fmt: skip
    assert sheet is not None
    assert sheet.bars == 6  # three bars, one of rest, two bars
    assert sheet.notes[12][0] == 4 * 16
    assert sheet.chords == ((0, 0, 0), (64, 7, 0), (80, 5, 0))


@settings(max_examples=60, deadline=None)
@given(sheets())
def test_events_tile_the_bars_and_give_the_notes_back(sheet: LeadSheet) -> None:
    events = e.events_of(sheet)
    assert events[0].step == 0
    assert all(a.step + a.duration == b.step for a, b in pairwise(events))
    assert events[-1].step + events[-1].duration == sheet.bars * sheet.bar_steps
    bar = sheet.bar_steps
    assert all(v.step // bar == (v.step + v.duration - 1) // bar for v in events)
    rebuilt: list[list[int]] = []
    for event in events:
        if event.kind == e.FIRST_ONSET:
            rebuilt.append([event.step, event.duration, event.pitch])
        elif event.kind == e.HOLD:
            rebuilt[-1][1] += event.duration
    assert tuple(tuple(n) for n in rebuilt) == sheet.notes


@settings(max_examples=60, deadline=None)
@given(sheets())
def test_encoding_stays_inside_the_tables_and_tokens_mean_their_pitch(sheet: LeadSheet) -> None:
    encoded = encode(sheet)
    sizes = np.array(list(e.FIELDS.values()))
    assert (encoded.inputs >= 0).all() and (encoded.inputs < sizes).all()
    assert encoded.tokens.max() < e.TOKENS and encoded.durations.max() < e.MAX_DURATION
    roots = encoded.inputs[:, e.FIELD["root"]]
    for event, token, root in zip(e.events_of(sheet), encoded.tokens, roots, strict=True):
        if token >= e.FIRST_ONSET:
            assert e.pitch_of(int(token), int(root)) == event.pitch
        else:
            assert token == event.kind


@settings(max_examples=30, deadline=None)
@given(sheets())
def test_inputs_never_look_ahead(sheet: LeadSheet) -> None:
    """Changing the last note changes no input before it, measured attributes aside."""
    onset, length, pitch = sheet.notes[-1]
    changed = LeadSheet(
        "x", "x", "pop", sheet.meter, sheet.minor, sheet.bars,
        (*sheet.notes[:-1], (onset, length, pitch + 3)), sheet.chords,
    )  # fmt: skip
    first, second = bare(encode(sheet)), bare(encode(changed))
    count = int(np.flatnonzero(first.tokens != second.tokens)[0]) + 1
    assert (first.inputs[:count] == second.inputs[:count]).all()


def test_a_repeated_bar_is_seen_as_a_repeat() -> None:
    bar = [(0, 4, 60), (4, 2, 62), (6, 2, 64), (8, 8, 65)]
    other = [(0, 4, 67), (4, 2, 65), (6, 2, 64), (8, 8, 62)]
    free = [(0, 8, 69), (8, 4, 67), (12, 4, 71)]
    notes = []
    for number, content in enumerate([bar, free, other, free, bar]):
        notes += [(number * 16 + o, d, p) for o, d, p in content]
    sheet = LeadSheet("x", "x", "pop", "4/4", False, 5, tuple(notes), ())
    bars = e.bar_events(e.events_of(sheet), 16, 5)
    told = describe(bars, 16)
    new, rhythm, notes = e.ECHO_NEW, e.ECHO_RHYTHM, e.ECHO_NOTES
    assert told.echo.tolist() == [new, new, rhythm, notes, notes]
    assert told.source.tolist() == [-1, -1, 0, 1, 0]
    assert told.lags().tolist() == [0, 0, 2, 2, 3]  # classes of two and of four bars ago


def test_sheets_survive_json() -> None:
    sheet = LeadSheet("a", "b", "jig", "6/8", True, 4, ((0, 2, 60),), ((0, 5, 1),))
    assert LeadSheet.from_json(json.loads(json.dumps(sheet.to_json()))) == sheet


def test_collating_pads_and_points_every_event_at_its_bar() -> None:
    notes = tuple((i * 4, 4, 60 + i % 7) for i in range(32))
    sheet = LeadSheet("x", "x", "pop", "4/4", False, 8, notes, ((0, 0, 0), (64, 7, 0)))
    encoded = encode(sheet)
    parts = [encoded, encoded.rows(slice(6, 20))]
    batch = collate([Window(parts[0], latent=True), Window(parts[1])])
    assert batch.tokens.shape == (2, 32) and (batch.tokens[1, 14:] == -100).all()
    assert batch.latent.sum() == 8 and len(batch.latent) == 8 + 4
    for row, window in enumerate(parts):
        for n in range(len(window.tokens)):
            bar = batch.bar_index[row, n]
            inside = batch.bar_events[bar][batch.bar_mask[bar]]
            position = window.inputs[n, 0]
            match = inside[inside[:, 2] == position]
            assert len(match) == 1 and match[0, 0] == window.tokens[n]


@settings(max_examples=60, deadline=None)
@given(sheets(), st.data())
def test_a_gap_is_read_last_and_nothing_before_it_tells_what_stands_in_it(
    sheet: LeadSheet, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, sheet.bars - 2))
    last = data.draw(st.integers(first, min(first + 3, sheet.bars - 2)))
    bar = sheet.bar_steps
    inside = [n for n in sheet.notes if first * bar <= n[0] < (last + 1) * bar]
    other = tuple(
        (on, length, pitch + 2 * ((on, length, pitch) in inside))
        for on, length, pitch in sheet.notes
    )
    changed = LeadSheet("x", "x", "pop", sheet.meter, sheet.minor, sheet.bars, other, sheet.chords)
    plain = encode(sheet)
    one, two = (with_gap(bare(encode(s)), first, last) for s in (sheet, changed))
    assert sorted(one.bars.tolist()) == plain.bars.tolist()
    outside = int(((one.bars < first) | (one.bars > last)).sum())
    assert (one.bars[outside:] >= first).all() and (one.bars[outside:] <= last).all()
    # A note held over the end of the gap is heard after it; all else is the same.
    held = {e.FIELD["last_relative"], e.FIELD["last_pitch"], e.FIELD["last_move"]}
    columns = [c for c in range(len(e.FIELDS)) if c not in held]
    assert (one.inputs[:outside, columns] == two.inputs[:outside, columns]).all()
    assert (one.inputs[:outside] < np.array(list(e.FIELDS.values()))).all()


@settings(max_examples=30, deadline=None)
@given(sheets())
def test_another_bar_length_moves_no_note(sheet: LeadSheet) -> None:
    other = rebarred(sheet)
    if sheet.meter in ("4/4", "2/4"):
        assert other is not None and other.notes == sheet.notes
        assert other.bars * other.bar_steps >= sheet.bars * sheet.bar_steps
    else:
        assert other is None
