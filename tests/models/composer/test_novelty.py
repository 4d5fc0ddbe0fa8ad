"""The index of training melodies: copies are found in any key, and only copies."""

from __future__ import annotations

from models.composer.encode import Event, bar_events, events_of
from models.composer.novelty import Index, copied, longest_copy
from models.composer.sheets import LeadSheet

TUNE = [0, 2, 4, 5, 7, 5, 4, 2, 0, 4, 7, 12, 11, 9, 7, 0]


def sheet(pitches: list[int], length: int = 4) -> LeadSheet:
    notes = tuple((i * length, length, 60 + p) for i, p in enumerate(pitches))
    return LeadSheet("a", "s", "pop", "4/4", False, len(notes) * length // 16, notes, ())


def bars_of(pitches: list[int], length: int = 4) -> list[list[Event]]:
    one = sheet(pitches, length)
    return bar_events(events_of(one), one.bar_steps, one.bars)


def test_a_copied_bar_is_found_in_any_key_and_no_other() -> None:
    index = Index.of([sheet(TUNE)])
    assert copied(bars_of([p + 5 for p in TUNE]), 16, index) == (3, 3)
    assert copied(bars_of([p % 5 for p in TUNE]), 16, index) == (0, 3)
    assert copied(bars_of(TUNE), 16, Index.of([])) == (0, 3)


def test_the_longest_copy_counts_bars() -> None:
    index = Index.of([sheet(TUNE)])
    other = [p % 5 for p in TUNE[:4]]
    assert longest_copy(bars_of(TUNE), 16, index) == 4
    assert longest_copy(bars_of(other + TUNE[:12] + other), 16, index) == 3
    assert longest_copy(bars_of(other + TUNE[4:12] + other), 16, index) == 2
    assert longest_copy(bars_of(TUNE[:4] + other + TUNE[8:12]), 16, index) == 0


def test_two_known_halves_are_not_a_copy() -> None:
    index = Index.of([sheet(TUNE[:12]), sheet([p + 1 for p in TUNE[:12]][::-1])])
    joined = TUNE[:8] + [p + 1 for p in TUNE[:8]][::-1]
    assert longest_copy(bars_of(joined), 16, index) == 2


def test_few_notes_are_anybodys() -> None:
    long = [0, 4, 7, 5, 2]  # one a bar
    assert longest_copy(bars_of(long, 16), 16, Index.of([sheet(long, 16)])) == 0


def test_a_tune_is_found_in_half_its_bar_too() -> None:
    halves = bar_events(events_of(sheet(TUNE)), 8, 8)
    assert longest_copy(halves, 8, Index.of([sheet(TUNE)])) == 8


def test_the_index_goes_through_a_weight() -> None:
    index = Index.of([sheet(TUNE)])
    tensors = index.tensors()
    again = Index.from_tensors(tensors)
    assert sorted(tensors) == ["novelty.pairs", "novelty.triples"]
    assert (again.pairs == index.pairs).all() and (again.triples == index.triples).all()
    assert len(index.triples) and (index.pairs[1:] > index.pairs[:-1]).all()
    assert longest_copy(bars_of(TUNE), 16, again) == 4
