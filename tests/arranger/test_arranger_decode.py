"""The player in numpy is the network in torch, and obeys what it is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.arranger import context
from models.arranger.context import ABSENT, GIVEN, WRITE
from models.arranger.decode import NEVER, Player, Sheet, _gelu, _Takes
from models.arranger.encode import HOLD, PITCHED, REST, STRUCK, Shapes, Steps
from models.arranger.model import ArrangerNet, Batch, Config, losses

SHAPES = Shapes.learn([(0, 4, 7)] * 2 + [(0, 3, 7)] * 2 + [(4, 3, 8)], 16)
WORDS = STRUCK + len(SHAPES.rows)
T, BAR = 48, 16


@pytest.fixture(scope="module")
def net() -> ArrangerNet:
    torch.manual_seed(0)
    return ArrangerNet(Config(WORDS, 3, d_context=24, d_step=20, d_word=12, hidden=32)).eval()


def ids(states: list[int]) -> np.ndarray:
    sizes = context.fields(3)
    rng = np.random.default_rng(1)
    found = np.stack([rng.integers(0, size, T) for size in sizes.values()], 1).astype(np.int16)
    first = list(sizes).index("plays drums")
    found[:, first : first + 6] = states
    return found


def blank() -> Steps:
    return Steps(*(np.zeros((T, n), np.int16) for n in (12, 5, 5)))


def sheet(states: list[int], steps: Steps, **changes: object) -> Sheet:
    base = ids(states)
    first = list(context.fields(3)).index("plays drums")
    facts = {
        "ids": base, "states": base[:, first : first + 6], "steps": steps, "bar": BAR,
        "copies": np.full(T, -1), "wanted": np.zeros((T, 5, WORDS), np.float32),
        "roots": np.zeros(T, np.int16), "holdable": np.ones((T, 12), bool),
    }  # fmt: skip
    return Sheet(**{**facts, **changes})  # type: ignore[arg-type]


def test_numpy_plays_as_torch_reads(net: ArrangerNet) -> None:
    """What the player drew has, step by step, the chances that the network gives it."""
    player = Player(net, SHAPES.tones)
    made = sheet([WRITE] * 6, blank(), warmth=1.0)
    played = player.play(made, np.random.default_rng(2), 2)[1]
    tensors = [torch.from_numpy(x.astype(np.int64))[None] for x in vars(played).values()]
    rows = torch.from_numpy(made.ids.astype(np.int64))[None]
    batch = Batch(rows, *tensors, BAR, torch.zeros(1, dtype=torch.bool))
    drums, words, octaves, _ = net(batch)
    # The player led along the same notes: at each stroke its logits are the network's.
    take = _Takes(player, made, np.random.default_rng(0), 1)
    take._drums = lambda t, _: played.drums[t][None]  # type: ignore[method-assign]
    heads = []

    def keep(t: int, i: int, before: np.ndarray) -> None:
        weight, bias = player.ask[i]
        asked = _gelu(take.high @ weight + bias + before)
        out, spoken = player.speak[i]
        heads.append((t, i, (asked @ out + spoken)[0, 0]))
        take.words[t, :, i] = played.words[t, i]
        take.octaves[t, :, i] = played.octaves[t, i]

    take._strike = keep  # type: ignore[method-assign]
    for t in range(T):
        take.step(t)
    for t, i, logits in heads:
        expected = words[0, t, i, : len(logits)].detach().numpy()
        assert np.allclose(logits, expected, atol=2e-4)
    assert len(heads) == T * len(PITCHED)
    assert drums.shape == (1, T, 12, 4)
    assert octaves.shape == (1, T, 5, 9)


def test_guidance_of_nothing_is_nothing(net: ArrangerNet) -> None:
    """Where no style is told both minds are one, and guidance changes nothing."""
    made = sheet([WRITE] * 6, blank(), guidance=0.0)
    player = Player(net, SHAPES.tones)
    made.ids[:, player.style_columns] = 0
    led = Sheet(**{**vars(made), "guidance": 2.0})
    first, second = (player.play(s, np.random.default_rng(5), 1)[0] for s in (made, led))
    assert np.array_equal(first.words, second.words)
    assert np.array_equal(first.drums, second.drums)


def test_given_parts_come_back_and_absent_ones_are_silent(net: ArrangerNet) -> None:
    steps = blank()
    steps.drums[::4, 0] = 2
    steps.words[::8, 0] = STRUCK + 3
    made = sheet([GIVEN, GIVEN, WRITE, ABSENT, WRITE, ABSENT], steps)
    for take in Player(net, SHAPES.tones).play(made, np.random.default_rng(0), 3):
        assert np.array_equal(take.drums, steps.drums)
        assert np.array_equal(take.words[:, 0], steps.words[:, 0])
        assert not take.words[:, [2, 4]].any()


def test_what_may_not_sound_on_is_not_held(net: ArrangerNet) -> None:
    """At a new chord only its tones are held, and a single slot strikes single tones."""
    holdable = np.ones((T, 12), bool)
    holdable[::8] = False
    made = sheet([WRITE] * 6, blank(), holdable=holdable)
    for take in Player(net, SHAPES.tones).play(made, np.random.default_rng(3), 4):
        assert not (take.words[::8] == HOLD).any()
        before = take.words[:-1]
        assert not ((before == REST) & (take.words[1:] == HOLD)).any()
        for slot in ("bass", "counter"):
            assert take.words[:, PITCHED.index(slot)].max() < STRUCK + 12


def test_wishes_are_obeyed_and_returns_return(net: ArrangerNet) -> None:
    wanted = np.zeros((T, 5, WORDS), np.float32)
    wanted[:, 1, STRUCK + 12 :] = NEVER
    copies = np.full(T, -1)
    copies[32:48] = np.arange(16)
    made = sheet([WRITE] * 6, blank(), wanted=wanted, copies=copies)
    for take in Player(net, SHAPES.tones).play(made, np.random.default_rng(4), 2):
        assert take.words[:, 1].max() < STRUCK + 12
        assert np.array_equal(take.drums[32:48], take.drums[:16])
        assert np.array_equal(take.words[32:48], take.words[:16])


def test_a_given_part_costs_nothing(net: ArrangerNet) -> None:
    rows = torch.from_numpy(ids([GIVEN, WRITE, GIVEN, ABSENT, ABSENT, ABSENT]).astype(np.int64))
    zeros = [torch.zeros((1, T, n), dtype=torch.int64) for n in (12, 5, 5)]
    found = losses(net, Batch(rows[None], *zeros, BAR, torch.zeros(1, dtype=torch.bool)))
    assert float(found.drums) == 0
    assert float(found.words[0]) > 0
    assert not found.words[1:].any()
    assert float(found.steps) == T
