"""The index of training melodies: copies are found in any key, and only copies."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from composer_plans import plan

from models.composer import generate, novelty, page
from models.composer.decoding.decode import Decoder
from models.composer.encode import Event, bar_events, events_of
from models.composer.harmony.harmoniser import Harmoniser, HarmoniserModel, HarmoniserShape
from models.composer.harmony.path import Weights
from models.composer.model import ComposerModel, Shape
from models.composer.novelty import Index, copied, longest_copy, quotations
from models.composer.sheets import LeadSheet
from models.score import Note

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


def test_what_was_there_already_is_no_quotation() -> None:
    index = Index.of([sheet(TUNE)])
    assert quotations(bars_of(TUNE), 16, index, {3}) == 1
    assert quotations(bars_of(TUNE), 16, index, {1}) == 2
    assert quotations(bars_of(TUNE), 16, index, ()) == 0


@pytest.fixture
def untrained() -> page.Composer:
    torch.manual_seed(0)
    tiny = Shape(width=32, layers=1, heads=2, inner=32, encoder_width=32, encoder_layers=1)
    decoder = Decoder(ComposerModel(tiny).eval().requires_grad_(False))
    chords = HarmoniserModel(HarmoniserShape(width=32, layers=1, inner=32))
    harmoniser = Harmoniser(chords, np.zeros((2, 120, 120)), Weights())
    return page.Composer(decoder, Index.of([]), harmoniser)


def written(notes: tuple[Note, ...]) -> LeadSheet:
    steps = tuple((round(4 * n.onset), round(4 * n.duration), n.pitch) for n in notes)
    return LeadSheet("w", "s", "pop", "4/4", False, 8, steps, ())


def longest(notes: tuple[Note, ...], index: Index) -> int:
    return longest_copy(bar_events(events_of(written(notes)), 16, 8), 16, index)


def test_a_melody_of_the_training_data_is_not_written_again(untrained: page.Composer) -> None:
    """Whatever comes first is declared known: the composer must then write something else."""
    asked, known = plan("A"), list[LeadSheet]()
    for _ in range(4):
        composer = replace(untrained, index=Index.of(known))
        notes = generate.compose(asked, composer, seed=1, candidates=2)
        assert longest(notes, composer.index) <= 2
        known.append(written(notes))


def test_when_all_quote_four_batches_are_drawn_and_the_least_taken(
    untrained: page.Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = generate.compose(plan("A"), untrained, seed=1, candidates=1)
    batches: list[list[np.random.Generator]] = []
    sample = page._sample

    def counted(*args: Any) -> Any:
        batches.append(args[-1])
        return sample(*args)

    monkeypatch.setattr(page, "_sample", counted)
    rising, falling = count(1), count(1000, -1)
    monkeypatch.setattr(novelty, "quotations", lambda *_: next(rising))
    assert generate.compose(plan("A"), untrained, seed=1, candidates=2) == first
    monkeypatch.setattr(novelty, "quotations", lambda *_: next(falling))
    assert generate.compose(plan("A"), untrained, seed=1, candidates=2) != first
    assert len(batches) == 4 * 2 * 2  # the last two bars are written again
    drawn = [rng.random() for generators in batches[:4] for rng in generators]
    assert len(set(drawn)) == len(drawn)
