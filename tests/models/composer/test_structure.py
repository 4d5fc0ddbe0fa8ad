"""Echoes, phrases and sections: on melodies whose form is known, and on dance tunes."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from models.composer.corpora.midi_sets import nottingham
from models.composer.encode import FIRST_ONSET, HOLD, REST, Event, bar_events, events_of
from models.composer.sheets import LeadSheet
from models.composer.structure import (
    NEW,
    NOTES,
    RHYTHM,
    SEQUENCE,
    echoes,
    phrases,
    returning_share,
    sections,
)

STEPS = 16
Notes = Sequence[tuple[int, int]]  # (pitch, steps); pitch 0 is a rest
QUARTERS = (4, 4, 4, 4)
RHYTHMS = (QUARTERS, (4, 2, 2, 8), (6, 2, 4, 4), (2, 2, 4, 2, 2, 4), (8, 4, 4), (4, 8, 4))


def melody(bars: Sequence[Notes]) -> list[list[Event]]:
    out = []
    for b, notes in enumerate(bars):
        step, events = b * STEPS, []
        for pitch, steps in notes:
            events.append(Event(step, FIRST_ONSET if pitch else REST, pitch or 60, steps))
            step += steps
        assert step == (b + 1) * STEPS
        out.append(events)
    return out


def theme(seed: int, bars: int = 8) -> list[Notes]:
    """Random bars on the scale; every fourth breathes."""
    rng = random.Random(seed)
    scale = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76)
    out: list[Notes] = []
    for b in range(bars):
        rhythm = rng.choice(RHYTHMS) if (b + 1) % 4 else (4, 4, 8)
        out.append([(rng.choice(scale), steps) for steps in rhythm])
    return out


def bar(*pitches: int) -> Notes:
    return [(pitch, steps) for pitch, steps in zip(pitches, QUARTERS, strict=True)]


def test_echo_kinds() -> None:
    kind, source = echoes(
        melody(
            [
                bar(60, 62, 64, 60),
                bar(60, 62, 64, 60),
                bar(62, 64, 65, 62),  # a diatonic step up: intervals 2 1 -3 for 2 2 -4
                bar(64, 62, 60, 64),  # upside down
                [(60, 16)],
                [(60, 16)],  # too little to be heard as a return
                [(60, 8), (62, 8)],
                bar(60, 62, 65, 60),  # varied, not transposed
            ]
        ),
        STEPS,
    )
    assert kind.tolist() == [NEW, NOTES, SEQUENCE, RHYTHM, NEW, NEW, NEW, RHYTHM]
    assert source.tolist()[:4] == [-1, 0, 1, 2]
    assert (source[4:7] == -1).all()


def test_sequence_wants_contour_and_close_intervals() -> None:
    kind, _ = echoes(melody([bar(60, 60, 64, 67), bar(62, 61, 65, 69), bar(65, 65, 71, 74)]), STEPS)
    assert kind.tolist() == [NEW, RHYTHM, RHYTHM]


def test_source_goes_on_along_its_diagonal() -> None:
    a, b, c = bar(60, 62, 64, 65), bar(67, 65, 64, 62), bar(72, 67, 64, 60)
    kind, source = echoes(melody([a, b, c, a, a, b, c]), STEPS)
    # Bar 4 takes the nearest lag; bars 5 and 6 follow one diagonal.
    assert kind.tolist() == [NEW, RHYTHM, RHYTHM, NOTES, NOTES, NOTES, NOTES]
    assert source.tolist()[3:] == [0, 3, 1, 2]
    _, source = echoes(melody([a, b, a, b, c, a, b, c]), STEPS)
    assert source.tolist()[5:] == [2, 3, 4]  # not 0 or 1


def test_what_leads_into_a_bar_is_not_part_of_it() -> None:
    held = [[Event(0, REST, 60, 4), *(Event(4 * i, FIRST_ONSET, 60 + i, 4) for i in (1, 2, 3))]]
    held += [[Event(16, HOLD, 67, 4), *(Event(16 + 4 * i, 2, 60 + i, 4) for i in (1, 2, 3))]]
    kind, source = echoes(held, STEPS)
    assert (kind[1], source[1]) == (NOTES, 0)


def test_echoes_are_quick() -> None:
    tune = melody(theme(1, 25) * 4)
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        echoes(tune, STEPS)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.02  # 3 ms on a quiet machine


def test_returning_share() -> None:
    assert returning_share([], STEPS) == {"notes": 0.0, "rhythm": 0.0}
    a = bar(60, 62, 64, 65)
    tune = melody([a, bar(67, 65, 60, 62), a, [(60, 16)], [(60, 6), (64, 10)]])
    assert returning_share(tune, STEPS) == {"notes": 1 / 4, "rhythm": 2 / 4}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", ["AABA", "AABB", "ABAC", "ABAB"])
def test_sections_of_known_forms(form: str, seed: int) -> None:
    themes = {name: theme(10 * seed + i) for i, name in enumerate("ABC")}
    found = sections(melody([b for name in form for b in themes[name]]), STEPS)
    assert ("".join(found.labels), found.starts) == (form, (0, 8, 16, 24))


def test_varied_endings_and_a_transposed_bar_keep_the_label() -> None:
    a, b, other = theme(1), theme(2), theme(3)
    varied = [*a[:6], *other[6:]]
    changed = [a[0], [(p + 2, d) for p, d in a[1]], *a[2:]]
    found = sections(melody([*a, *varied, *b, *changed]), STEPS)
    assert ("".join(found.labels), found.starts) == ("AABA", (0, 8, 16, 24))


def test_same_ending_alone_is_not_the_same_section() -> None:
    a, b = theme(1), theme(2)
    found = sections(melody([*a, *a, *b[:4], *a[4:], *b[:4], *a[4:]]), STEPS)
    assert ("".join(found.labels), found.starts) == ("AABB", (0, 8, 16, 24))


def test_upbeat_and_silence_join_their_section() -> None:
    upbeat: Notes = [(0, 12), (67, 4)]
    silence: Notes = [(0, 16)]
    a, b = theme(1), theme(2)
    tune = melody([upbeat, *a, silence, *b, *a, silence, *b])
    assert sections(tune, STEPS).starts == (0, 10, 18, 27)
    assert "".join(sections(tune, STEPS).labels) == "ABAB"
    assert phrases(melody([upbeat, *a]), STEPS) == (4, 8)


@pytest.mark.parametrize("bars", [0, 1, 3, 7, 9, 37, 200])
def test_parts_tile_any_length(bars: int) -> None:
    tune = melody(theme(4, bars))
    form, ends = sections(tune, STEPS), phrases(tune, STEPS)
    assert len(form.labels) == len(form.starts)
    if not bars:
        assert (form.starts, ends) == ((), ())
        return
    assert form.starts[0] == 0
    assert ends[-1] == bars - 1
    lengths = [b - a for a, b in pairwise((*form.starts, bars))]
    assert len(lengths) == 1 or all(4 <= n <= 32 for n in lengths)
    assert all(1 <= b - a <= 8 for a, b in pairwise((-1, *ends)))
    assert len(set(form.labels)) == len(form.labels)  # random bars do not return


def test_silent_melody() -> None:
    tune = melody([[(0, 16)]] * 12)
    assert returning_share(tune, STEPS)["rhythm"] == 0
    assert phrases(tune, STEPS)[-1] == 11
    assert sections(tune, STEPS).starts[0] == 0


@pytest.mark.parametrize("lengths", [(4, 3), (3, 4), (2, 5), (5, 2)])
def test_phrases_follow_the_breath(lengths: tuple[int, ...]) -> None:
    breath: Notes = [(60, 4), (60, 4), (60, 8)]
    run = bar(60, 62, 64, 65)
    tune = melody([b for n in lengths for b in [run] * (n - 1) + [breath]])
    assert phrases(tune, STEPS) == (lengths[0] - 1, 6)


def test_phrases_end_with_their_section() -> None:
    tune = melody([*theme(1, 9), *theme(2), *theme(1, 9), *theme(2)])
    bounds = {start - 1 for start in sections(tune, STEPS).starts[1:]}
    assert len(bounds) == 3
    assert bounds <= set(phrases(tune, STEPS))


def _dances(data: Path) -> list[LeadSheet]:
    """Held-out reels and jigs of 32 bars, with or without an upbeat."""
    return [
        sheet
        for sheet in nottingham(data)
        if sheet.split != "train" and sheet.style in ("reel", "jig") and sheet.bars in (32, 33)
    ]


def test_dance_tunes_read_as_two_repeated_parts(data_dir: Path) -> None:
    """Nearly all are A A B B with parts of eight; with their bars shuffled none may be."""
    dances = _dances(data_dir)
    assert len(dances) > 30
    rng, found, chance = random.Random(1), 0, 0
    for sheet in dances:
        bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
        form = sections(bars, sheet.bar_steps)
        grid = tuple(sheet.bars - 32 + s if s else 0 for s in (0, 8, 16, 24))
        found += (form.labels, form.starts) == (tuple("AABB"), grid)
        mixed = rng.sample(bars, len(bars))
        moved = [
            [e._replace(step=b * sheet.bar_steps + e.step % sheet.bar_steps) for e in events]
            for b, events in enumerate(mixed)
        ]
        chance += "".join(sections(moved, sheet.bar_steps).labels) == "AABB"
    assert found / len(dances) > 0.6
    assert chance / len(dances) < 0.1
