"""A lean decoder for the composer: the same weights as `ComposerModel`, one event at a time.

In: condition vectors (B, N, width). Out: hidden states, with keys and values kept in a buffer made
once. It does what `LlamaModel` does (the tests compare them) without its per-call bookkeeping:
queries, keys and values in one product, gate and up in one product, nothing allocated but outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.composer.model import ComposerModel


class Decoder:
    """Weights of a model laid out for stepping; holds no state between melodies."""

    def __init__(self, model: ComposerModel) -> None:
        shape = model.shape
        self.model = model
        self.heads, self.size = shape.heads, shape.width // shape.heads
        self.epsilon = float(model.decoder.config.rms_norm_eps)
        self.layers: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]] = []
        for layer in model.decoder.layers:
            attention, inner = layer.self_attn, layer.mlp
            parts = (attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight)
            self.layers.append(
                (
                    layer.input_layernorm.weight,
                    torch.cat(parts).t().contiguous(),
                    attention.o_proj.weight.t().contiguous(),
                    layer.post_attention_layernorm.weight,
                    torch.cat((inner.gate_proj.weight, inner.up_proj.weight)).t().contiguous(),
                    inner.down_proj.weight.t().contiguous(),
                )
            )
        places = torch.arange(shape.positions).unsqueeze(0)
        cos, sin = model.decoder.rotary_emb(torch.zeros(1, 1, shape.width), places)
        self.cos, self.sin = cos[0].float(), sin[0].float()
        self.norm = model.decoder.norm.weight

    def cache(self, batch: int, length: int) -> Tensor:
        """An empty buffer for keys and values: (layers, 2, B, heads, length, size)."""
        return torch.empty(len(self.layers), 2, batch, self.heads, length, self.size)

    def forward(self, x: Tensor, cache: Tensor, start: int) -> Tensor:
        """Hidden states (B, N, width) of N events from place `start` on, filling the cache.

        N > 1 only with `start` 0 (a prefix read at once).
        """
        batch, count, width = x.shape
        end = start + count
        cos, sin = self.cos[start:end], self.sin[start:end]
        half = self.size // 2
        for (before, mixed, out, after, gates, down), kept in zip(self.layers, cache, strict=True):
            projected = (self._scaled(x, before) @ mixed).view(batch, count, 3, self.heads, -1)
            both = projected[:, :, :2].permute(2, 0, 3, 1, 4)  # queries and keys, turned together
            turned = torch.cat((-both[..., half:], both[..., :half]), dim=-1)
            query, key = both * cos + turned * sin
            kept[0, :, :, start:end] = key
            kept[1, :, :, start:end] = projected[:, :, 2].transpose(1, 2)
            attended = functional.scaled_dot_product_attention(
                query, kept[0, :, :, :end], kept[1, :, :, :end], is_causal=count > 1
            )
            x = x + attended.transpose(1, 2).reshape(batch, count, width) @ out
            gate, up = (self._scaled(x, after) @ gates).chunk(2, dim=-1)
            x = x + (functional.silu(gate) * up) @ down
        return self._scaled(x, self.norm)

    def _scaled(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self.epsilon)
