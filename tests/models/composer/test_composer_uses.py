"""Every use of the composer on a piece of its own: what must hold, and what must stay."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from composer_plans import plan

from models.composer.generate import (
    Composer,
    Sliders,
    Source,
    blend,
    compose,
    continue_,
    develop,
    harmonise,
    infill,
    load_composer,
    manner,
    remelodise,
    restyle,
    vary,
)
from models.composer.novelty import longest_copy
from models.composer.reading import read
from models.composer.structure import likeness
from models.errors import Refusal
from models.score import Note


@pytest.fixture(scope="module")
def composer() -> Composer:
    torch.set_num_threads(1)
    return load_composer()


@pytest.fixture(scope="module")
def tune(composer: Composer) -> Source:
    asked = plan("AABA")
    return Source(asked, compose(asked, composer, seed=3, candidates=2))


def bars_of(source: Source, bars: range) -> list[Note]:
    length = source.plan.meter.bar_beats
    return [n for n in source.melody if bars.start <= n.onset // length < bars.stop]


def well_formed(source: Source) -> None:
    melody = source.melody
    part = source.plan.part("melody")
    assert melody and part is not None
    assert all(a.end <= b.onset + 1e-9 for a, b in pairwise(melody))
    assert all(part.low <= n.pitch <= part.high for n in melody)
    assert melody[-1].end <= source.plan.bars * source.plan.meter.bar_beats + 1e-9
    assert len(source.plan.chords) > 0
    ends = [s.section.start_bar + s.section.bars for s in source.plan.sections]
    assert ends[-1] == source.plan.bars


def likeness_of(a: Source, b: Source) -> float:
    one, two = read(a), read(b)
    both = likeness([*one.bars, *two.bars], one.sheet.bar_steps)
    count = len(one.bars)
    return float(np.mean([both[k, count + k] for k in range(count)]))


@pytest.mark.parametrize("bars", [1, 5, 8, 20])
def test_continuing_adds_bars_and_touches_nothing(
    composer: Composer, tune: Source, bars: int
) -> None:
    made = continue_(tune, bars, composer, seed=1)
    well_formed(made)
    assert made.plan.bars == tune.plan.bars + bars
    assert made.melody[: len(tune.melody)] == tune.melody
    assert made.plan.chords[: len(tune.plan.chords)] == tune.plan.chords
    assert made.melody[-1].pitch % 12 == 0  # comes to an end of its own
    again = continue_(tune, bars, composer, seed=1)
    assert again.melody == made.melody


def test_continuing_for_no_bars_or_for_ever_is_refused(composer: Composer, tune: Source) -> None:
    with pytest.raises(Refusal, match="at least one"):
        continue_(tune, 0, composer, seed=1)
    with pytest.raises(Refusal, match="600"):
        continue_(tune, 900, composer, seed=1)


def test_four_variations_differ_and_near_is_nearer_than_far(
    composer: Composer, tune: Source
) -> None:
    near, far = (vary(tune, d, composer, seed=2) for d in (0.2, 1.0))
    for made in (*near, *far):
        well_formed(made)
        assert made.plan == tune.plan
    for group in (near, far):
        assert len(group) == 4
        assert len({m.melody for m in group} | {tune.melody}) == 5
    assert np.mean([likeness_of(tune, m) for m in near]) > 0.15 + np.mean(
        [likeness_of(tune, m) for m in far]
    )


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 7), (9, 9), (2, 20), (28, 31), (0, 31)])
def test_filling_in_changes_only_the_named_bars(
    composer: Composer, tune: Source, first: int, last: int
) -> None:
    made = infill(tune, first, last, composer, seed=4)
    well_formed(made)
    before, after = range(0, first), range(last + 1, tune.plan.bars)
    kept = bars_of(tune, after)
    assert bars_of(made, after) == kept
    # What is held into the new bars is cut at them; all before is as it was.
    assert bars_of(made, before)[:-1] == bars_of(tune, before)[:-1]
    assert bars_of(made, range(first, last + 1)) != bars_of(tune, range(first, last + 1))


def test_bars_that_are_not_there_are_refused(composer: Composer, tune: Source) -> None:
    with pytest.raises(Refusal, match="32 bars"):
        infill(tune, 30, 40, composer, seed=1)


def test_new_chords_leave_the_tune_and_fit_it(composer: Composer, tune: Source) -> None:
    made = harmonise(tune, composer, seed=5)
    assert made.melody == tune.melody and made.plan.chords != tune.plan.chords
    assert made.plan.chords[0].onset == 0
    assert made.plan.chords[-1].onset + made.plan.chords[-1].duration == 32 * 4
    held = sum(
        n.duration
        for n in made.melody
        if n.pitch % 12
        in next(c.chord.pcs for c in made.plan.chords if c.onset <= n.onset < c.onset + c.duration)
    )
    assert held > 0.5 * sum(n.duration for n in made.melody)


def test_a_new_tune_keeps_the_chords_and_needs_some(composer: Composer, tune: Source) -> None:
    made = remelodise(tune, composer, seed=6)
    well_formed(made)
    assert made.plan == tune.plan and made.melody != tune.melody
    with pytest.raises(Refusal, match="no chords"):
        remelodise(replace(tune, plan=replace(tune.plan, chords=())), composer, seed=6)


def test_a_blend_moves_from_one_piece_to_the_other(composer: Composer, tune: Source) -> None:
    asked = plan("ABBA", density=0.8, key="F minor", chords={
        "A": "Fm | Db | Ab | Eb", "B": "Bbm | Fm | C7 | Fm",
    })  # fmt: skip
    other = Source(asked, compose(asked, composer, seed=9, candidates=2))
    assert blend(tune, other, 0.0, composer, 1) == tune
    assert blend(tune, other, 1.0, composer, 1) == other
    blends = [blend(tune, other, share, composer, 1) for share in (0.2, 0.4)]
    for made in blends:
        well_formed(made)
        assert made.plan.key.tonic_pc == tune.plan.key.tonic_pc
    assert likeness_of(tune, blends[0]) > likeness_of(tune, blends[1])
    waltz = plan("A", meter="3/4")
    with pytest.raises(Refusal, match="one meter"):
        blend(tune, Source(waltz, compose(waltz, composer, 1, candidates=1)), 0.5, composer, 1)


def test_a_motif_opens_every_chorus(composer: Composer) -> None:
    asked = plan("ABAB")
    named = tuple(
        replace(s, section=replace(s.section, name="chorus" if s.section.label == "B" else "verse"))
        for s in asked.sections
    )
    asked = replace(asked, sections=named)
    hook = (Note(0, 64, 1), Note(1, 67, 0.5), Note(1.5, 69, 0.5), Note(2, 67, 2), Note(4, 72, 4))
    made = develop(hook, asked, composer, seed=3)
    well_formed(made)
    for start in (8, 24):
        heard = bars_of(made, range(start, start + 2))
        assert [(n.onset - 4 * start, n.duration) for n in heard] == [
            (n.onset, n.duration) for n in hook
        ]
        assert {(a.pitch - b.pitch) % 12 for a, b in zip(heard, hook, strict=True)} == {0}
    with pytest.raises(Refusal, match="at least one note"):
        develop((), asked, composer, seed=3)


def test_in_the_manner_of_another_keeps_chords_and_form(composer: Composer, tune: Source) -> None:
    asked = plan("AB", density=0.95, key="G major", chords={
        "A": "G | C | D | G", "B": "Em | Am | D | G",
    })  # fmt: skip
    busy = Source(asked, compose(asked, composer, seed=2, candidates=2))
    made = manner(tune, busy, composer, seed=1)
    well_formed(made)
    assert made.plan.chords == tune.plan.chords and made.plan.key == tune.plan.key
    rates = [len(s.melody) / s.plan.bars for s in (tune, made, busy)]
    assert abs(rates[1] - rates[2]) < abs(rates[0] - rates[2])


def test_sadder_turns_the_mode_and_a_waltz_the_meter(composer: Composer, tune: Source) -> None:
    sad = restyle(tune, composer, seed=1, mood="sad")
    assert sad.plan.key.is_minor and len(sad.melody) == len(tune.melody)
    assert sad.plan.bpm < restyle(tune, composer, seed=1, mood="happy").plan.bpm
    waltz = restyle(tune, composer, seed=1, style="waltz")
    well_formed(waltz)
    assert str(waltz.plan.meter) == "3/4" and waltz.plan.bars == tune.plan.bars
    assert [c.chord.root for c in waltz.plan.chords][:4] == [
        c.chord.root for c in tune.plan.chords
    ][:4]


def test_sliders_are_obeyed_in_order(composer: Composer, tune: Source) -> None:
    counts = [
        len(restyle(tune, composer, seed=1, sliders=Sliders(intensity=v)).melody)
        for v in (0.0, 0.3, 0.6, 1.0)
    ]
    assert counts == sorted(counts) and counts[0] * 3 < counts[-1]
    part = replace(tune.plan.parts[0], low=40)  # room below the tune
    tune = replace(tune, plan=replace(tune.plan, parts=(part,)))
    voices = [
        sum(n.duration for n in restyle(tune, composer, 1, sliders=Sliders(polyphony=v)).melody)
        for v in (0.0, 0.25, 0.5, 1.0)
    ]
    assert voices == sorted(voices) and voices[0] * 3.4 < voices[-1]
    onsets = {n.onset for n in tune.melody}
    thick = restyle(tune, composer, 1, sliders=Sliders(polyphony=1.0))
    assert {n.onset for n in thick.melody} == onsets


def test_nothing_longer_than_two_bars_is_taken_from_the_training_data(
    composer: Composer, tune: Source
) -> None:
    for made in (tune, *vary(tune, 1.0, composer, seed=8)):
        reading = read(made)
        assert longest_copy(reading.bars, reading.sheet.bar_steps, composer.index) <= 2


def test_music_without_a_melody_is_refused(composer: Composer, tune: Source) -> None:
    silent = replace(tune, melody=())
    for use in (
        lambda: continue_(silent, 4, composer, 1),
        lambda: vary(silent, 0.5, composer, 1),
        lambda: harmonise(silent, composer, 1),
        lambda: manner(silent, tune, composer, 1),
    ):
        with pytest.raises(Refusal, match="no melody"):
            use()


def test_a_style_alone_does_not_turn_the_mode(composer: Composer, tune: Source) -> None:
    for style in ("tango", "flamenco"):  # mostly played in minor
        assert not restyle(tune, composer, seed=1, style=style).plan.key.is_minor


def test_variations_of_a_very_short_piece_differ_too(composer: Composer) -> None:
    asked = plan("A", {"A": "Dm | A | Dm"}, key="D minor", meter="3/4", bars=3)
    for seed in range(4):
        short = Source(asked, compose(asked, composer, seed, candidates=2))
        takes = vary(short, 0.55, composer, seed)
        assert len({t.melody for t in takes}) == len(takes) == 4
