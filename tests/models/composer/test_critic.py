"""The critic: each mark rises with what it is named after, and the sum prefers music to noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from models.composer import critic
from models.composer.encode import (
    COLUMN,
    ECHO_NOTES,
    ECHO_RHYTHM,
    ECHO_SEQUENCE,
    Event,
    Wishes,
    bar_events,
    events_of,
)
from models.composer.novelty import Index
from models.composer.sheets import LeadSheet

BAR = 16
C, F, G = (0, 4, 7), (5, 9, 0), (7, 11, 2)
HARMONY = (C, F, G, C, C, F, G, C)
#: Chord tones on one and three, one high point, a close on the tonic.
TUNE = [
    (60, 62, 64, 67), (65, 64, 65, 69), (67, 65, 62, 59), (60, 62, 64),
    (60, 62, 64, 67), (69, 67, 65, 72), (71, 69, 67, 62), (64, 62, 60),
]  # fmt: skip


@dataclass(frozen=True)
class Harmony:
    chord_tones: np.ndarray
    bar: int = BAR
    pulse: int = 4


@dataclass(frozen=True)
class Knowing:
    index: Index = field(default_factory=lambda: Index.of([]))


@dataclass(frozen=True)
class Page:
    rules: Harmony
    wishes: Wishes
    ends: tuple[bool, ...] = (False, False, False, True) * 2
    bar: int = BAR
    composer: Knowing = field(default_factory=Knowing)
    tension: Sequence[float] | None = None


def page() -> Page:
    tones = np.zeros((8 * BAR, 12), bool)
    for b, chord in enumerate(HARMONY):
        tones[b * BAR : (b + 1) * BAR, list(chord)] = True
    return Page(Harmony(tones), Wishes.open(8))


def sheet(rows: Sequence[Sequence[int]]) -> LeadSheet:
    """Quarters; a bar of three ends with a half note."""
    notes = [
        (b * BAR + 4 * i, 8 if len(row) == 3 and i == 2 else 4, pitch)
        for b, row in enumerate(rows)
        for i, pitch in enumerate(row)
    ]
    return LeadSheet("t", "s", "pop", "4/4", False, len(rows), tuple(notes), ())


def music(rows: Sequence[Sequence[int]]) -> list[list[Event]]:
    return bar_events(events_of(sheet(rows)), BAR, len(rows))


def mark(name: str, rows: Sequence[Sequence[int]], on: Page, start: int = 0) -> float:
    return critic.marks(music(rows), start, on)[name]


def with_bar(number: int, row: Sequence[int]) -> list[Sequence[int]]:
    return [row if b == number else old for b, old in enumerate(TUNE)]


def echoing(kind: int) -> Page:
    on = page()
    on.wishes.echo[4], on.wishes.source[4] = kind, 0
    return on


def test_every_mark_lies_between_0_and_1_and_has_a_weight() -> None:
    rng = np.random.default_rng(0)
    for rows in (
        TUNE,
        rng.integers(48, 90, (8, 4)).tolist(),
        rng.integers(60, 62, (8, 3)).tolist(),
    ):
        values = critic.marks(music(rows), 0, replace(page(), tension=[0.1 * b for b in range(8)]))
        assert set(values) == {*critic.table()["weights"], *critic.ASKED}
        assert all(0 <= v <= 1 for v in values.values())
        assert critic.score(values) <= 10.01 + sum(critic.ASKED.values())
    silent = critic.marks([[Event(b * BAR, 1, 60, 16)] for b in range(8)], 0, page())
    assert critic.score(silent) == 0


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("strong chord tones", [(61, *row[1:]) for row in TUNE]),
        ("range", [tuple(60 + (p % 2) for p in row) for row in TUNE]),
        ("moves", [tuple(p + 12 * (i % 2) for i, p in enumerate(row)) for row in TUNE]),
        ("over the bar line", [tuple(p + 24 * (b % 2) for p in row) for b, row in enumerate(TUNE)]),
        ("steps", [tuple(60 + 5 * (i % 2) for i, _ in enumerate(row)) for row in TUNE]),
        ("repeated tones", [(60,) * len(row) for row in TUNE]),
        ("left by step", [(row[0], 61, *row[2:]) for row in TUNE]),
        ("peaks", [(72, 60, 72, 60) for _ in TUNE]),
        ("closes", with_bar(7, (64, 62, 59, 61))),
        ("notes return", [TUNE[0]] * 8),
    ],
)
def test_a_mark_falls_with_what_it_is_named_after(name: str, worse: list[Sequence[int]]) -> None:
    assert mark(name, worse, page()) < mark(name, TUNE, page())


def test_a_leap_that_goes_on_is_not_answered() -> None:
    back, on = [(60, 69, 67, 65)] * 8, [(60, 67, 69, 71)] * 8
    assert critic.measures(music(back), 0, page())["leaps answered"] == 1.0
    assert critic.measures(music(on), 0, page())["leaps answered"] < 0.5


def test_asked_echoes_are_heard() -> None:
    assert mark("echo", TUNE, page()) == 1.0
    assert mark("echo", TUNE, echoing(ECHO_NOTES)) == 1.0
    moved, other = with_bar(4, (62, 64, 65, 69)), with_bar(4, (69, 62, 71, 60))
    assert mark("echo", moved, echoing(ECHO_NOTES)) == 0.0
    assert mark("echo", moved, echoing(ECHO_SEQUENCE)) == 1.0
    assert mark("echo", other, echoing(ECHO_SEQUENCE)) < 0.7
    assert mark("echo", other, echoing(ECHO_RHYTHM)) == 1.0
    assert mark("echo", with_bar(4, (60, 62, 64)), echoing(ECHO_RHYTHM)) == pytest.approx(0.75)


@pytest.mark.parametrize(("name", "right", "wrong"), [("density", 2, 5), ("register", 2, 6)])
def test_asked_attributes_are_compared_where_they_are_asked(
    name: str, right: int, wrong: int
) -> None:
    on = page()
    assert mark(name, TUNE, on) == 1.0
    on.wishes.attributes[0, COLUMN[name]] = right
    assert mark(name, TUNE, on) == 1.0
    on.wishes.attributes[0, COLUMN[name]] = wrong
    assert mark(name, TUNE, on) == 0.0
    assert mark(name, TUNE, on, start=1) == 1.0  # what was written before is not judged


def test_tension_rises_with_height_leaps_notes_and_dissonance() -> None:
    low = critic.tension(music(TUNE), page())
    high = critic.tension(music([tuple(p + 7 for p in row) for row in TUNE]), page())
    assert (high > low).all()
    rising = [(60 + 2 * b, 62 + 2 * b, 60 + 2 * b, 60 + 3 * b) for b in range(8)]
    up, down = ([0.1 * k for k in order] for order in (range(8), range(8, 0, -1)))
    assert mark("tension", rising, replace(page(), tension=up)) > 0.8
    assert mark("tension", rising, replace(page(), tension=down)) < 0.2
    assert mark("tension", rising, replace(page(), tension=[0.5] * 8)) == 0.5
    assert np.isnan(critic.tension([[Event(0, 1, 60, 16)]], page())).all()


def test_known_music_is_less_new() -> None:
    known = replace(page(), composer=Knowing(Index.of([sheet(TUNE)])))
    assert mark("novelty", TUNE, known) == 0.0
    assert mark("novelty", [tuple(reversed(row)) for row in TUNE], known) == 1.0


def test_a_tune_is_preferred_to_its_notes_in_any_order() -> None:
    rng = np.random.default_rng(1)
    tune = critic.score(critic.marks(music(TUNE), 0, page()))
    pitches = [p for row in TUNE for p in row]
    for _ in range(20):
        order = iter(rng.permutation(pitches).tolist())
        rows = [tuple(next(order) for _ in row) for row in TUNE]
        assert critic.score(critic.marks(music(rows), 0, page())) < tune
