"""The character model: a small decoder that is told the shape of the line it is writing.

In: characters, and for each place the fields of the character that comes next (how many are left
in the clause, the line's rhyme class, ...), summed into its embedding as in MuseMorphose (Wu and
Yang, 2021), so that a length is known without being counted. Out: logits over characters. The body
is nanoGPT's pre-norm decoder with rotary positions (Su and others, 2021); embedding and output
share their table, which starts from the co-occurrences of the training text (`data.embedding`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Number of values of each field of the next character; 0 is "not told" or "no character".
FIELDS = {"left": 10, "length": 10, "clauses": 5, "rhyme": 15, "lines": 9}

#: Keys and values (B, heads, T, d) of each block.
Cache = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    inner: int = 1024
    dropout: float = 0.1

    def to_json(self) -> dict[str, int | float]:
        """Plain values for the weight's metadata."""
        return asdict(self)


def rotated(x: Tensor, start: int) -> Tensor:
    """Rotary positions from `start` on x (B, heads, T, d)."""
    half = x.shape[-1] // 2
    rates = 10000.0 ** (-torch.arange(half, device=x.device) / half)
    angles = torch.arange(start, start + x.shape[-2], device=x.device)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)  # (T, d/2)
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


class Block(nn.Module):
    """Attention and a two-layer network, each added to what came in."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads, self.dropout = shape.heads, shape.dropout
        self.before_attention = nn.RMSNorm(width, eps=1e-6)
        self.before_inner = nn.RMSNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, width, bias=False)
        for linear in (self.qkv, self.up):
            nn.init.normal_(linear.weight, std=width**-0.5)
        for last in (self.out, self.down):  # a block starts as the identity
            nn.init.zeros_(last.weight)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """(B, T, width) to the same, with the keys and values seen so far."""
        batch, length, width = x.shape
        parts = self.qkv(self.before_attention(x)).view(batch, length, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # (B, heads, T, d) each
        start = past[0].shape[2] if past else 0
        q, k = rotated(q, start), rotated(k, start)
        if past:
            k, v = torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2)
        scores = (q @ k.transpose(-1, -2)) * (width // self.heads) ** -0.5  # (B, heads, T, start+T)
        if length > 1:
            seen = torch.ones(length, k.shape[2], dtype=torch.bool, device=x.device).tril(start)
            scores = scores.masked_fill(~seen, float("-inf"))
        mixed = (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + F.dropout(self.out(mixed), self.dropout, self.training)
        inner = F.gelu(self.up(self.before_inner(x)), approximate="tanh")
        return x + F.dropout(self.down(inner), self.dropout, self.training), (k, v)


class ChineseModel(nn.Module):
    """Characters and fields to the logits of the next character."""

    offsets: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.vocabulary, shape.width)
        self.fields = nn.Embedding(sum(FIELDS.values()), shape.width)
        nn.init.normal_(self.characters.weight, std=1.0)
        nn.init.normal_(self.fields.weight, std=0.3)
        sizes = list(FIELDS.values())
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self.register_buffer("offsets", torch.tensor(starts), persistent=False)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.last = nn.RMSNorm(shape.width, eps=1e-6)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))

    def hidden(
        self, ids: Tensor, fields: Tensor, cache: Cache | None = None
    ) -> tuple[Tensor, Cache]:
        """(B, T) characters and (B, T, fields) of what follows each to states (B, T, width)."""
        x = self.characters(ids) + self.fields(fields + self.offsets).sum(-2)
        x = F.dropout(x, self.shape.dropout, self.training)
        kept: Cache = []
        for number, block in enumerate(self.blocks):
            x, seen = block(x, cache[number] if cache else None)
            kept.append(seen)
        return self.last(x), kept

    def logits(self, states: Tensor) -> Tensor:
        """(..., width) states to (..., vocabulary)."""
        scale = self.shape.width**-0.5
        return F.linear(states * scale, self.characters.weight, self.bias)
