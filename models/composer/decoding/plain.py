"""The decoder's step with numpy, and what all steps share: the weights' layout and the cache.

In: event inputs and latent shares of M rows. Out: hidden states and token logits, duration logits.
Works on every machine; `decode_native` is the same in C. Norm weights and the scale of attention
are multiplied into the products that follow them. Queries and keys are stored with the two halves
of each head interleaved, so that a rotary turn is one product of complex numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.composer.model import ComposerModel

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]
_ROUND = 16  # places are allocated by this many: the C step compares as many keys at once


@dataclass(frozen=True)
class Layout:
    """A model's decoding weights, (inputs, outputs) each.

    `parts` holds for each layer the products to query-key-value, out, gate-up and down; `turn`
    (positions, width) the cosines and sines by turns; `sizes` the number of values of each input.
    """

    width: int
    heads: int
    inner: int
    epsilon: float
    sizes: tuple[int, ...]
    conditions: Floats
    turn: Floats
    parts: tuple[tuple[Floats, Floats, Floats, Floats], ...]
    norm: Floats
    token_head: Floats
    token_bias: Floats
    token_embed: Floats
    mix: Floats
    mix_bias: Floats
    duration_head: Floats
    duration_bias: Floats

    @classmethod
    def of(cls, model: ComposerModel) -> Layout:
        """Of a model on CPU; copies."""
        shape = model.shape
        size = shape.width // shape.heads
        places = torch.arange(shape.positions).unsqueeze(0)
        cos, sin = model.decoder.rotary_emb(torch.zeros(1, 1, shape.width), places)
        pairs = torch.stack((cos[0, :, : size // 2], sin[0, :, : size // 2]), dim=-1).flatten(1)
        offsets = [*model.conditions.offsets.tolist(), len(model.conditions.table.weight)]
        return cls(
            width=shape.width,
            heads=shape.heads,
            inner=shape.inner,
            epsilon=float(model.decoder.config.rms_norm_eps),
            sizes=tuple(b - a for a, b in pairwise(offsets)),
            conditions=_array(model.conditions.table.weight),
            turn=_array(pairs.repeat(1, shape.heads)),
            parts=tuple(_parts(layer, shape.heads) for layer in model.decoder.layers),
            norm=_array(model.decoder.norm.weight),
            token_head=_array(model.token_head.weight.t()),
            token_bias=_array(model.token_head.bias),
            token_embed=_array(model.token_embed.weight),
            mix=_array(model.duration_hidden.weight.t()),
            mix_bias=_array(model.duration_hidden.bias),
            duration_head=_array(model.duration_head.weight.t()),
            duration_bias=_array(model.duration_head.bias),
        )


def _array(tensor: Tensor) -> Floats:
    return np.array(tensor.detach().float().numpy(), order="C")


def _parts(layer: Any, heads: int) -> tuple[Floats, Floats, Floats, Floats]:
    attention, inner = layer.self_attn, layer.mlp
    width = attention.o_proj.weight.shape[0]
    order = torch.arange(width).view(heads, 2, -1).transpose(1, 2).flatten()
    query = attention.q_proj.weight[order] / math.sqrt(width // heads)
    mixed = torch.cat((query, attention.k_proj.weight[order], attention.v_proj.weight))
    gates = torch.cat((inner.gate_proj.weight, inner.up_proj.weight))
    return (
        _array((mixed * layer.input_layernorm.weight).t()),
        _array(attention.o_proj.weight.t()),
        _array((gates * layer.post_attention_layernorm.weight).t()),
        _array(inner.down_proj.weight.t()),
    )


@dataclass(frozen=True)
class Cache:
    """Keys and values of some melodies, (slots, layers, heads, length, size) each.

    `filled` (slots,) counts the events read. The order inside a head is its kernel's own.
    """

    keys: Floats
    values: Floats
    filled: Indices

    @classmethod
    def empty(cls, layout: Layout, slots: int, length: int) -> Cache:
        """Room for `length` events in each slot."""
        length = -(-length // _ROUND) * _ROUND
        size = layout.width // layout.heads
        shape = (slots, len(layout.parts), layout.heads, length, size)
        return cls(
            np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(slots, np.int32)
        )

    @property
    def length(self) -> int:
        """Events that fit."""
        return int(self.keys.shape[3])

    def spread(self) -> None:
        """What the first slot has read, all slots have read."""
        count = -(-int(self.filled[0]) // _ROUND) * _ROUND
        for kept in (self.keys, self.values):
            kept[1:, :, :, :count] = kept[:1, :, :, :count]
        self.filled[1:] = self.filled[0]


class NumpyKernel:
    """Steps of one model. Safe to share between threads."""

    name = "numpy"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._offsets = np.cumsum([0, *layout.sizes[:-1]])
        self._sizes = np.array(layout.sizes)
        self._turn = layout.turn.view(np.complex64)

    def step(
        self, inputs: Indices, shares: Floats, slots: Indices, places: Indices, cache: Cache
    ) -> tuple[Floats, Floats]:
        """Token logits (M, tokens) and hidden states (M, width) of M events.

        Row m is the event at `places[m]` of the melody `slots[m]`; several events of one melody
        come in order. `inputs` is (M, fields), `shares` (M, width).

        Raises
        ------
        IndexError
            When an input is not a value of its field.
        """
        if (inputs < 0).any() or (inputs >= self._sizes).any():
            raise IndexError("an input is outside its field")
        layout = self.layout
        width, inner = layout.width, layout.inner
        x = layout.conditions[inputs + self._offsets].sum(axis=1) + shares
        turn = self._turn[places][:, None]
        rows = list(zip(slots.tolist(), places.tolist(), strict=True))
        for number, (mixed, out, gates, down) in enumerate(layout.parts):
            wide = self._scaled(x) @ mixed
            pairs = wide[:, : 2 * width].view(np.complex64).reshape(len(x), 2, -1)
            pairs *= turn
            parts = wide.reshape(len(x), 3, layout.heads, -1)
            found = [
                self._attend(parts[m], cache.keys[slot, number], cache.values[slot, number], place)
                for m, (slot, place) in enumerate(rows)
            ]
            x += np.array(found).reshape(len(x), width) @ out
            wide = self._scaled(x) @ gates
            gate = wide[:, :inner]
            with np.errstate(over="ignore"):
                gate /= 1 + np.exp(-gate)
            gate *= wide[:, inner:]
            x += gate @ down
        hidden = np.asarray(self._scaled(x) * layout.norm, np.float32)
        return np.asarray(hidden @ layout.token_head + layout.token_bias, np.float32), hidden

    def durations(self, hidden: Floats, tokens: Indices) -> Floats:
        """Duration logits (M, durations) for hidden states and the tokens (M,) chosen there."""
        layout = self.layout
        mixed = hidden @ layout.mix + layout.mix_bias + layout.token_embed[tokens]
        bent = functional.gelu(torch.from_numpy(mixed)).numpy()
        return np.asarray(bent @ layout.duration_head + layout.duration_bias)

    def _scaled(self, x: Floats) -> Floats:
        squares = np.einsum("mw,mw->m", x, x) / x.shape[1]
        return np.asarray(x / np.sqrt(squares + self.layout.epsilon)[:, None], np.float32)

    @staticmethod
    def _attend(parts: Floats, keys: Floats, values: Floats, place: int) -> Floats:
        """(heads, size) for the (3, heads, size) of one row, whose key and value are kept."""
        keys[:, place], values[:, place] = parts[1], parts[2]
        scores = np.matmul(keys[:, : place + 1], parts[0][:, :, None])  # (heads, places, 1)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        found = np.matmul(scores.transpose(0, 2, 1), values[:, : place + 1])[:, 0]
        return np.asarray(found / scores.sum(axis=1))
