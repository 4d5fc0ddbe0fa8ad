"""The harmoniser: what it hears, the rules of its path, what it learns, what is stored."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.composer.harmony.harmoniser import (
    REALS,
    Harmoniser,
    HarmoniserModel,
    HarmoniserShape,
    harmonise,
    labels_of,
    melody_of,
    slots_of,
)
from models.composer.harmony.path import (
    CHORDS,
    Melody,
    Weights,
    best_path,
    changeable,
    clashes,
    noise,
    tones,
)
from models.composer.harmony.score import MarkovHarmoniser, evaluate, measure
from models.composer.harmony.train import RECIPE, train_harmoniser
from models.composer.sheets import BAR_STEPS, STYLES, LeadSheet
from models.theory import QUALITY_CLASSES

ONE, FOUR, FIVE, SEVENTH = 0, 50, 70, 75
TUNE = tuple(
    (4 * n, 4, p)
    for n, p in enumerate([60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 60, 64, 67, 72])
)
TINY = HarmoniserShape(width=32, layers=1, heads=2, inner=32, dropout=0.0)


def melody(meter: str = "4/4", minor: bool = False, bars: int = 4) -> Melody:
    return Melody(TUNE, meter, minor, bars)


def flat(own: Melody) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A network that has no opinion."""
    chords = np.full((own.slots, CHORDS), -np.log(CHORDS))
    change = np.full((own.slots, 2), -np.log(2))
    return chords, change, np.full((CHORDS, CHORDS), -np.log(CHORDS))


def random_harmoniser(seed: int = 0) -> Harmoniser:
    torch.manual_seed(seed)
    model = HarmoniserModel(TINY).eval()
    return Harmoniser(model, np.full((2, CHORDS, CHORDS), -np.log(CHORDS)), Weights())


def sheet(name: str, transposed: int = 0) -> LeadSheet:
    """Sixteen beats over I IV V I, told apart by where an arpeggio begins."""
    notes = tuple((on, d, p + (transposed if on == 0 else 0)) for on, d, p in TUNE)
    chords = ((0, 0, 0), (16, 5, 0), (32, 7, 0), (48, 0, 0))
    return LeadSheet(name, "hand", "folk", "4/4", False, 4, notes, chords)


def test_tones_and_clashes_of_c_major() -> None:
    assert np.flatnonzero(tones()[ONE]).tolist() == [0, 4, 7]
    of = clashes()[:, ONE]
    assert of[[0, 4, 7]].tolist() == [0, 0, 0]
    assert of[[1, 3, 5, 8]].tolist() == [1, 1, 1, 1]  # C#, E flat, F, A flat
    assert (of[[2, 6, 9, 10, 11]] == 0.35).all()
    assert clashes()[11, 5] == 1  # B over C7


def test_a_slot_hears_what_sounds_and_what_is_struck() -> None:
    own = Melody(((0, 6, 60), (6, 2, 62)), "4/4", False, 1)
    reals, rows = slots_of(own, "folk")
    assert reals.shape == (4, REALS) and rows.shape == (4, 6)
    shares, struck, held = reals[:, :12], reals[:, 12:24], reals[:, 24:36]
    assert shares[0, 0] == 1 and shares[1, 0] == 0.5 and shares[1, 2] == 0.5
    assert struck[0, 0] == 1 and struck[1].sum() == 0 and held[1, 0] == 1
    assert reals[2, 48] == 1  # silence


def test_labels_are_the_chord_of_each_beat_and_none_before_the_first() -> None:
    own = LeadSheet("x", "hand", "folk", "3/4", False, 2, TUNE, ((12, 7, 5), (20, 0, 0)))
    assert labels_of(own).tolist() == [-1, -1, -1, SEVENTH, SEVENTH, ONE]


def test_the_obvious_melody_gets_the_obvious_chords_without_any_network() -> None:
    own = melody()
    chords, change, prior = flat(own)
    chords[:, ::10] += 1  # plain major chords are likelier: D minor seventh fits F A C as well
    path = best_path(own, chords, change, prior, Weights(clash=3))
    assert [path[0], path[4], path[12], path[15]] == [ONE, FOUR, ONE, ONE]
    assert path[11] in (FIVE, SEVENTH)


@given(
    st.lists(st.tuples(st.integers(0, 63), st.integers(1, 16), st.integers(55, 80)), max_size=30),
    st.sampled_from(sorted(BAR_STEPS)),
    st.booleans(),
    st.integers(1, 6),
    st.sampled_from(["slow", "normal", "busy"]),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_any_melody_gets_chords_that_keep_the_rules(
    raw: list[tuple[int, int, int]], meter: str, minor: bool, bars: int, rate: str, seed: int
) -> None:
    length = BAR_STEPS[meter]
    starts = sorted({on: (d, p) for on, d, p in raw if on < bars * length}.items())
    ends = [*(on for on, _ in starts[1:]), bars * length][: len(starts)]
    notes = [(on, min(d, end - on), p) for (on, (d, p)), end in zip(starts, ends, strict=True)]
    chords = harmonise(
        notes, meter, minor, bars, "unknown", random_harmoniser(), seed, seed / 3, rate
    )
    own = Melody(notes, meter, minor, bars)
    assert chords[0][0] == own.upbeat * length
    assert chords[-1][1:] == (0, QUALITY_CLASSES.index("min" if minor else "maj"))
    stable = (0, 8, 5, 3) if minor else (0, 9, 5)
    assert chords[0][1] in stable
    allowed = changeable(own, rate)
    assert all(allowed[on // own.slot] for on, _, _ in chords)
    assert all(a[1:] != b[1:] for a, b in pairwise(chords))
    if len(chords) > 1:  # dominant, subdominant, leading tone or flat seventh lead home
        assert chords[-2][1] in (7, 5, 11, 10)


def test_temperature_zero_ignores_the_seed_and_others_differ() -> None:
    def run(seed: int, temperature: float) -> tuple[tuple[int, int, int], ...]:
        own = random_harmoniser()
        return harmonise(TUNE, "4/4", False, 4, "folk", own, seed, temperature)

    assert run(1, 0.0) == run(2, 0.0)
    assert run(1, 1.0) == run(1, 1.0)
    assert len({run(seed, 1.0) for seed in range(6)}) > 2


def test_bars_that_return_draw_the_same_noise() -> None:
    again = TUNE + tuple((on + 64, d, p) for on, d, p in TUNE)
    drawn = noise(Melody(again, "4/4", False, 8), 5)
    assert (drawn[:16] == drawn[16:]).all() and not (drawn[:4] == drawn[4:8]).any()


def test_an_unknown_rate_and_style_are_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        changeable(melody(), "fast")
    with pytest.raises(ValueError, match="manner"):
        slots_of(melody(), "tango")


def test_tensors_and_facts_bring_back_the_same_harmoniser() -> None:
    first = random_harmoniser()
    stored = {**first.tensors(), "decoder.weight": torch.zeros(2)}
    assert all(v.dtype == torch.bfloat16 for v in first.tensors().values())
    second = Harmoniser.from_tensors(stored, first.facts())
    third = Harmoniser.from_tensors(second.tensors(), second.facts())
    own = melody()
    for a, b in zip(second.hear(own, "folk"), third.hear(own, "folk"), strict=True):
        assert np.array_equal(a, b)
    assert np.abs(first.hear(own, "folk")[0] - second.hear(own, "folk")[0]).max() < 0.1


def test_padding_changes_nothing() -> None:
    model = random_harmoniser().model
    reals, rows = (torch.from_numpy(a) for a in slots_of(melody(), STYLES[0]))
    padded = torch.cat([reals, torch.ones(5, REALS)])[None].float()
    more = torch.cat([rows, rows[:5]])[None]
    hidden = torch.arange(21)[None] >= 16
    with torch.no_grad():
        alone, _ = model(reals[None].float(), rows[None], torch.zeros(1, 16, dtype=torch.bool))
        among, _ = model(padded, more, hidden)
    assert torch.allclose(alone[0], among[0, :16], atol=1e-5)


def test_training_learns_the_chords_of_its_tunes(tmp_path: Path) -> None:
    recipe = tomllib.loads(RECIPE.read_text(encoding="utf-8"))["harmoniser"]
    shape = {**recipe["shape"], "width": 32, "layers": 1, "inner": 32, "dropout": 0.0}
    options = {**recipe["train"], "steps": 60, "batch": 6, "learning_rate": 0.01, "warmup": 5}
    parts = {"shape": shape, "train": options, "path": recipe["path"]}
    lines: list[str] = []
    for part, values in parts.items():
        lines += [f"[harmoniser.{part}]", *(f"{name} = {value}" for name, value in values.items())]
    (tmp_path / "recipe.toml").write_text("\n".join(lines), encoding="utf-8")
    sheets = {
        "train": [sheet(f"t{n}", n % 3) for n in range(6)],
        "validation": [sheet("v", 4)],
    }
    learned = train_harmoniser(sheets, seed=1, recipe=tmp_path / "recipe.toml")
    scores = evaluate(learned, sheets["validation"], sheets["train"])
    assert scores["human"]["root"] == 1
    assert scores["tonic"]["root"] == 0.5
    assert scores["harmoniser"]["root"] > 0.9
    assert set(scores) == {"human", "tonic", "markov", "harmoniser"}


def test_the_hidden_markov_baseline_finds_its_own_training_chords() -> None:
    own = sheet("a")
    path = MarkovHarmoniser.of([own]).path(melody_of(own))
    assert measure(own, path)["root"] == (16, 16)
    assert measure(own, labels_of(own))["tones"] == (16, 16)
    assert measure(own, labels_of(own))["changes"] == (3, 4)
