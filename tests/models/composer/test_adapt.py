"""Learning a musician's style: the value, its file, the gate, and a composer that uses it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from composer_plans import plan

from models.composer.adapting import adapt
from models.composer.adapting.adapt import applied, instant, learn, sheet_of
from models.composer.adapting.fit import Apprentice, Course, Settings, chosen, nats_per_note
from models.composer.adapting.habits import Habits, Manners
from models.composer.adapting.replay import PATH, SOURCES, Replay, build_replay, load_replay
from models.composer.adapting.style import MOST_BYTES, Report, Style, styled
from models.composer.batches import Mixture, epoch
from models.composer.data import Pieces
from models.composer.describe import sheet_profile
from models.composer.encode import bar_events, events_of
from models.composer.generate import compose, load_composer
from models.composer.model import ComposerModel, Shape
from models.composer.novelty import quotations
from models.composer.phrases import Manner
from models.composer.sheets import LeadSheet
from models.composer.source import Source
from models.errors import Refusal

SMALL = Shape(width=32, layers=2, heads=2, inner=48, latent=4, encoder_width=16, positions=400)
QUICK = Settings(
    rank=2, folds=3, embedding_steps=8, embedding_rate=0.05, steps=20, rate=2e-3, weight_decay=0.0,
    length=200, batch_events=400, replay=0.3, open_rows=0.5,
)  # fmt: skip


def tune(seed: int, leaps: bool, bars: int = 16, source: str = "lieder") -> LeadSheet:
    """Quarter notes up and down the scale; with `leaps`, dotted rhythms in fifths and octaves."""
    rng = np.random.default_rng(seed)
    steps, pitches = ((3, 1), (55, 60, 67, 72)) if leaps else ((4,), (60, 62, 64, 65, 67))
    notes, now = [], 0
    for length in itertools.cycle(steps):
        if now + length > 16 * bars:
            break
        notes.append((now, length, int(pitches[int(rng.integers(len(pitches)))])))
        now += length
    chords = tuple((16 * b, (0, 5, 7, 0)[b % 4], 0) for b in range(bars))
    return LeadSheet(f"t{seed}", source, "unknown", "4/4", False, bars, tuple(notes), chords)


MUSICIAN = [tune(seed, leaps=True) for seed in range(5)]
REPLAY = Replay(
    tuple(tune(100 + n, leaps=False) for n in range(8)),
    tuple(tune(200 + n, leaps=False) for n in range(3)),
    Manners.of(
        np.array([sheet_profile(tune(n, leaps=bool(n % 2))) for n in range(6)]),
        ["lied", "game"] * 3,
    ),
)


@pytest.fixture(scope="module")
def model() -> ComposerModel:
    """A small network that has learned the replay's kind of tune."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net = ComposerModel(SMALL)
    pieces = Pieces.of(REPLAY.rehearsed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3)
    for turn in range(12):
        mixture = Mixture(200, 800, latent_rows=0, gap_rows=0)
        for batch in epoch(pieces, np.random.default_rng(turn), mixture):
            losses = net(batch)
            optimiser.zero_grad()
            ((losses.tokens + losses.durations) / losses.events).backward()
            optimiser.step()
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def learned(model: ComposerModel) -> Style:
    return learn(MUSICIAN, model, REPLAY, seconds=60, settings=QUICK)


def test_a_style_without_training_is_the_mean_of_its_pieces() -> None:
    style = instant(MUSICIAN[:2], REPLAY)
    halves = [sheet_profile(s, *part) for s in MUSICIAN[:2] for part in ((0, 8), (8, 16))]
    assert np.allclose(style.vector, np.mean(halves, axis=0), atol=1e-6)
    assert (style.kind, style.pieces, style.report.verdict) == ("vector", 2, "few")
    assert style.habits.manner == "game"  # the nearest one: these tunes leap
    assert style.habits.notes == pytest.approx(2.0) and style.habits.motion == 4


@pytest.mark.parametrize("count", [0, 21])
def test_one_to_twenty_pieces(count: int) -> None:
    with pytest.raises(Refusal, match="1 to 20"):
        instant([MUSICIAN[0]] * count, REPLAY)


def test_two_pieces_are_not_trained_on(model: ComposerModel) -> None:
    style = learn(MUSICIAN[:2], model, REPLAY, settings=QUICK)
    assert style.kind == "vector" and style.report.verdict == "few"


def test_a_manner_that_the_network_lacks_is_learned(learned: Style) -> None:
    report = learned.report
    assert learned.kind == "adapter" and report.folds == 3
    assert report.vector is not None and report.adapter is not None
    assert report.adapter < 0.97 * report.vector  # on pieces that were left out
    assert {len(v) for v in report.by_piece.values()} == {5}


def test_what_was_measured_is_what_is_used(model: ComposerModel, learned: Style) -> None:
    """Merged into a copy, the style tells the musician's pieces better; the original is as was."""
    pieces = Pieces.of([replace(s, style="game") for s in MUSICIAN])
    before = nats_per_note(model, pieces, 200)
    after = nats_per_note(styled(model, learned), pieces, 200)
    assert (after < 0.97 * before).all()
    assert np.array_equal(nats_per_note(model, pieces, 200), before)


@pytest.mark.parametrize(
    ("adapter", "embedding", "forgotten", "kind", "verdict"),
    [
        (0.97, 1.00, 0.005, "adapter", "accepted"),
        (0.99, 1.00, 0.000, "vector", "no gain"),
        (0.90, 0.99, 0.020, "vector", "forgets"),
        (0.90, 0.97, 0.020, "embedding", "forgets"),
    ],
)
def test_the_gate(
    model: ComposerModel,
    adapter: float,
    embedding: float,
    forgotten: float,
    kind: str,
    verdict: str,
) -> None:
    plain = instant(MUSICIAN, REPLAY)
    report = Report("accepted", 1.1, 1.0, embedding, adapter, forgotten)
    apprentice = Apprentice(model, torch.zeros(SMALL.width), QUICK)
    style = adapt._gated(plain, report, apprentice, apprentice, "x")
    assert (style.kind, style.report.verdict) == (kind, verdict)


def test_where_to_stop_is_not_judged_by_the_piece_itself() -> None:
    curve = np.array([[1.0, 3.0], [2.0, 1.0], [2.0, 2.0]], np.float32)
    found = adapt._LeftOut(
        np.ones(2, np.float32),
        np.ones(2, np.float32),
        {"adapter": curve},
        np.ones(2, np.int64),
        [np.array([0]), np.array([1])],
    )
    assert found.by_piece()["adapter"].tolist() == [2.0, 3.0]  # each stops where the other is best


def test_little_time_means_few_steps(model: ComposerModel) -> None:
    ticks = itertools.count()
    many = replace(QUICK, steps=400, embedding_steps=400)
    style = learn(MUSICIAN[:3], model, REPLAY, 1.0, settings=many, clock=lambda: float(next(ticks)))
    assert style.report.steps <= 24


def test_learning_says_how_far_it_is(model: ComposerModel) -> None:
    seen: list[tuple[int, int]] = []
    learn(
        MUSICIAN[:3], model, REPLAY, settings=replace(QUICK, steps=7, embedding_steps=7),
        on_progress=lambda done, of: seen.append((done, of)),
    )  # fmt: skip
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_style_is_kept_in_one_small_file(learned: Style, tmp_path: Path) -> None:
    again = Style.load(learned.save(tmp_path / "style.safetensors"))
    assert (tmp_path / "style.safetensors").stat().st_size <= MOST_BYTES
    assert again.habits == learned.habits and again.kind == learned.kind
    assert again.report == replace(
        learned.report, by_piece={k: list(v) for k, v in learned.report.by_piece.items()}
    )
    assert np.array_equal(again.vector, learned.vector) and np.array_equal(again.own, learned.own)
    assert again.lora is not None and learned.lora is not None
    assert all(torch.equal(again.lora[name], value) for name, value in learned.lora.items())


def test_the_shipped_shape_fits_the_file(tmp_path: Path) -> None:
    net = ComposerModel(Shape())
    apprentice = Apprentice(net, torch.zeros(256), replace(Settings.read(), steps=1))
    pieces = chosen(Pieces.of(MUSICIAN), range(3))
    apprentice.change(pieces, Pieces.of(REPLAY.rehearsed[:1]), Course(0, 60, lambda: 0.0))
    keys = np.arange(50_000, dtype=np.uint32)
    style = replace(
        instant(MUSICIAN, REPLAY), lora=apprentice.lora(), embedding=apprentice.share, own=keys
    )
    assert style.save(tmp_path / "s").stat().st_size <= MOST_BYTES


def test_what_is_no_style_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"not a style")
    for name in ("s", "missing"):
        with pytest.raises(Refusal, match="no style"):
            Style.load(tmp_path / name)


def test_over_another_weight_only_the_vector_is_used(model: ComposerModel, learned: Style) -> None:
    torch.manual_seed(5)
    other = ComposerModel(SMALL).eval().requires_grad_(False)
    plain = replace(learned, lora=None, embedding=None)
    a, b = styled(other, learned).state_dict(), styled(other, plain).state_dict()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_habits_shape_a_section_and_keep_its_place_among_others() -> None:
    habits = Habits(2.0, 3, 1, 2, "pop")
    usual = Manner(6.0, 2, (1, 4))
    assert habits.applied(usual, 6.0, 4) == Manner(8.0, 3, (1, 4), 1, 2)
    assert habits.applied(replace(usual, notes=9.0, register=4), 6.0, 4).notes == 12.0
    assert habits.applied(replace(usual, register=4), 6.0, 4).register == 4  # no higher than it can


def test_a_styled_composer_writes_otherwise_and_does_not_quote_the_musician() -> None:
    torch.set_num_threads(1)
    composer = load_composer()
    style = instant(MUSICIAN)
    inside = applied(composer, style)
    asked = plan("A")
    assert compose(asked, inside, 1, 2) != compose(asked, composer, 1, 2)
    sheet = MUSICIAN[0]
    bars = bar_events(events_of(sheet), 16, sheet.bars)
    assert quotations(bars, 16, composer.index, range(16)) == 0
    assert quotations(bars, 16, inside.index, range(16)) > 0


def test_a_source_becomes_a_sheet_in_c() -> None:
    torch.set_num_threads(1)
    asked = plan("A", key="E major")
    notes = compose(asked, load_composer(), 2, 2)
    sheet = sheet_of(Source(asked, notes), "mine")
    assert (sheet.id, sheet.meter, sheet.style, sheet.bars) == ("mine", "4/4", "unknown", 8)
    assert sheet.notes[-1][2] % 12 == 0  # the tonic, at C
    with pytest.raises(Refusal, match="too short"):
        sheet_of(Source(asked, notes[:5]))


def test_replay_is_drawn_from_free_sources_and_both_splits(tmp_path: Path) -> None:
    sheets = [tune(n, leaps=bool(n % 2), source=(*SOURCES, "pop909")[n % 5]) for n in range(60)]
    sheets = [replace(s, style="lied" if s.source == "lieder" else "pop") for s in sheets]
    parts = {"train": sheets[:40], "validation": sheets[40:], "test": []}
    path = build_replay(parts, tmp_path / "r.json.gz", 8, 4)
    first = path.read_bytes()
    assert build_replay(parts, path, 8, 4).read_bytes() == first
    replay = load_replay(path)
    assert len(replay.rehearsed) == 8 and len(replay.held) == 4
    assert set(replay.rehearsed) <= set(sheets[:40]) and set(replay.held) <= set(sheets[40:])
    assert {s.source for s in replay.rehearsed} == set(SOURCES)
    assert set(replay.manners.means) == {"lied", "pop"}


def test_the_shipped_replay() -> None:
    replay = load_replay()
    assert PATH.stat().st_size < 120_000
    assert {s.source for s in (*replay.rehearsed, *replay.held)} <= set(SOURCES)
    # A file's first stretch decides for all: only single ones say by themselves where they lie.
    assert all(s.split == "train" for s in replay.rehearsed if "#" not in s.id)
    assert all(s.split == "validation" for s in replay.held if "#" not in s.id)
