"""The decoder's two kernels beside the network they are made of, and drawing from its logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.composer.decoding.decode import Decoder
from models.composer.decoding.native import compiled
from models.composer.decoding.plain import Floats, Layout
from models.composer.evaluation.decode_speed import reference
from models.composer.model import ComposerModel, Shape
from models.composer.page import draw

# Sizes that fill neither a block of columns nor a vector.
SMALL = Shape(width=40, layers=2, heads=2, inner=52, latent=4, encoder_width=16, positions=64)
KERNELS = ("C", "numpy")
EVENTS, MELODIES = 37, 11


@pytest.fixture(scope="module")
def model() -> ComposerModel:
    torch.manual_seed(0)
    made = ComposerModel(SMALL).eval().requires_grad_(False)
    for value in made.parameters():  # far from where it starts, so that every part counts
        value.copy_(torch.rand_like(value) + 0.5 if value.dim() == 1 else 4 * value)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(params=KERNELS)
def decoder(request: pytest.FixtureRequest, model: ComposerModel, folder: Path) -> Decoder:
    if request.param == "C" and compiled(folder) is None:
        pytest.skip("no C compiler here")
    made = Decoder(model, native=request.param == "C", folder=folder)
    assert made.kernel.name == request.param
    return made


@pytest.fixture(scope="module")
def events(model: ComposerModel) -> np.ndarray:
    sizes = Layout.of(model).sizes
    return np.random.default_rng(1).integers(0, sizes, (MELODIES, EVENTS, len(sizes)))


@pytest.fixture(scope="module")
def shares() -> Floats:
    rng = np.random.default_rng(2)
    return rng.normal(size=(MELODIES, EVENTS, SMALL.width)).astype(np.float32)


@torch.no_grad()
def wanted(
    model: ComposerModel, events: np.ndarray, shares: Floats, tokens: np.ndarray
) -> tuple[Floats, Floats]:
    """What the network says of whole melodies: token and duration logits."""
    embedded = model.conditions(torch.from_numpy(events)) + torch.from_numpy(shares)
    hidden = model.decoder(inputs_embeds=embedded, use_cache=False).last_hidden_state
    return (
        model.token_head(hidden).numpy(),
        model.durations(hidden, torch.from_numpy(tokens)).numpy(),
    )


def test_stepping_finds_what_the_network_finds(
    decoder: Decoder, model: ComposerModel, events: np.ndarray, shares: Floats
) -> None:
    tokens = np.random.default_rng(3).integers(0, 60, (MELODIES, EVENTS))
    logits, lengths = wanted(model, events, shares, tokens)
    for count in range(1, MELODIES + 1):
        cache = decoder.cache(count, EVENTS)
        for at in range(EVENTS):
            found, hidden = decoder.step(
                events[:count, at], shares[:count, at], cache, range(count)
            )
            np.testing.assert_allclose(found, logits[:count, at], atol=1e-4)
            longer = decoder.durations(hidden, tokens[:count, at])
            np.testing.assert_allclose(longer, lengths[:count, at], atol=1e-4)


def test_melodies_share_a_beginning_and_go_on_alone(
    decoder: Decoder, model: ComposerModel, events: np.ndarray, shares: Floats
) -> None:
    beginning = 20
    events, shares = events[:3].copy(), shares[:3].copy()
    events[1:, :beginning], shares[1:, :beginning] = events[0, :beginning], shares[0, :beginning]
    logits, _ = wanted(model, events, shares, np.zeros(events.shape[:2], np.int64))
    cache = decoder.cache(3, EVENTS)
    decoder.read(events[0, :beginning], shares[0, :beginning], cache)
    places = [beginning] * 3
    for slots in ([0, 1, 2], [2, 0], [2], [1, 2], [0, 1]):  # they need not keep together
        inputs = np.array([events[k, places[k]] for k in slots])
        told = np.array([shares[k, places[k]] for k in slots])
        found, _ = decoder.step(inputs, told, cache, slots)
        for row, k in enumerate(slots):
            np.testing.assert_allclose(found[row], logits[k, places[k]], atol=1e-4)
            places[k] += 1
    assert cache.filled.tolist() == places


def test_a_melody_does_not_depend_on_those_beside_it(
    model: ComposerModel, folder: Path, events: np.ndarray, shares: Floats
) -> None:
    if compiled(folder) is None:
        pytest.skip("no C compiler here")
    decoder = Decoder(model, folder=folder)
    alone = decoder.cache(1, EVENTS)
    caches = [decoder.cache(count, EVENTS) for count in range(2, MELODIES + 1)]
    for at in range(EVENTS):
        one, _ = decoder.step(events[:1, at], shares[:1, at], alone, [0])
        for cache in caches:
            count = len(cache.filled)
            all_, _ = decoder.step(events[:count, at], shares[:count, at], cache, range(count))
            assert np.array_equal(all_[0], one[0])


def test_what_is_out_of_range_is_refused(
    decoder: Decoder, events: np.ndarray, shares: Floats
) -> None:
    cache = decoder.cache(2, 16)
    wrong = events[:1, 0].copy()
    wrong[0, 3] = 10_000
    with pytest.raises(IndexError):
        decoder.step(wrong, shares[:1, 0], cache, [0])
    for slot in (-1, 2):
        with pytest.raises(IndexError):
            decoder.step(events[:1, 0], shares[:1, 0], cache, [slot])
    with pytest.raises(IndexError):
        decoder.read(events[0, :17], shares[0, :17], cache)
    with pytest.raises(ValueError, match="64"):
        decoder.cache(1, 65)
    with pytest.raises(IndexError):
        decoder.durations(np.zeros((1, SMALL.width), np.float32), [1000])


def test_without_a_compiler_numpy_does_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: ComposerModel
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert Decoder(model, folder=tmp_path / "library").kernel.name == "numpy"


def test_a_library_that_computes_otherwise_is_not_used(
    monkeypatch: pytest.MonkeyPatch, model: ComposerModel, folder: Path
) -> None:
    if compiled(folder) is None:
        pytest.skip("no C compiler here")
    monkeypatch.setattr(
        "models.composer.decoding.native.NativeKernel.durations",
        lambda kernel, hidden, tokens: np.zeros((len(tokens), 16), np.float32),
    )
    assert Decoder(model, folder=folder).kernel.name == "numpy"


def test_forbidden_is_never_drawn_and_the_tail_is_cut() -> None:
    logits = np.full((4, 9), -np.inf)
    logits[:, 3], logits[:, 7], logits[:, 8] = 0.0, -1.0, -6.0  # the last holds 0.2 %
    rngs = [np.random.default_rng(k) for k in range(4)]
    drawn = np.array([draw(logits, rngs) for _ in range(300)])
    assert set(drawn.flatten().tolist()) == {3, 7}
    share = 1 / (1 + np.exp(-1))
    assert abs((drawn == 3).mean() - share) < 4 * np.sqrt(share * (1 - share) / drawn.size)
    assert len({tuple(column) for column in drawn.T.tolist()}) == 4


def test_the_speed_reference_is_the_same_network(model: ComposerModel) -> None:
    network = reference(model)
    x = torch.randn(2, 9, SMALL.width)
    with torch.no_grad():
        found = network(inputs_embeds=x).logits
        wanted = model.token_head(model.decoder(inputs_embeds=x).last_hidden_state)
    assert torch.allclose(found, wanted, atol=1e-4)
