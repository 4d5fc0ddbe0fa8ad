"""Chords for a melody: a small Transformer hears every beat both ways, a best path writes them.

In: a melody relative to its tonic, meter, mode, manner. Out: chords as in `LeadSheet.chords`. The
network gives every beat the probability of 120 chords and of a change, from the pitch classes that
sound and the beat's place; `harmony_path` joins that with how chords follow each other and with the
rules of beginning, ending and fitting long notes. Bidirectional attention for harmonising follows
Rhyu et al., "Translating melody to chord", *IEEE Access* 10, 2022; a learned bias by distance
stands for position (Raffel et al., JMLR 21, 2020), so that a piece may have any length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.composer.harmony.path import (
    CHORDS,
    QUALITIES,
    SLOT_STEPS,
    Floats,
    Melody,
    Note,
    Weights,
    best_path,
    noise,
)
from models.composer.sheets import BAR_STEPS, STYLES, LeadSheet

PREFIX = "harmoniser."
#: Real features of a slot: durations, struck, held and length by pitch class; silence, longest.
REALS = 4 * 12 + 2
#: Places in a bar, over all meters, in the order of `SLOT_STEPS`.
_PLACES = {m: BAR_STEPS[m] // SLOT_STEPS[m] for m in SLOT_STEPS}
#: Fields of whole numbers in a slot, and how many values each has.
FIELDS = {
    "place": sum(_PLACES.values()),
    "mode": 2,
    "style": len(STYLES),
    "phrase": 4,  # the bar in its four bars
    "begun": 4,  # bars since the first, 3 is more
    "left": 5,  # bars that follow, 4 is more
}
_OFFSETS = np.cumsum([0, *FIELDS.values()])[:-1]
_REACH = 64  # slots; farther ones are one distance
#: Noise of temperature 1, at which two in five beats change their chord (validation sheets).
_NOISE = 3.0


@dataclass(frozen=True)
class HarmoniserShape:
    """Sizes of the network."""

    width: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 320
    dropout: float = 0.15


def slots_of(melody: Melody, style: str) -> tuple[Floats, np.ndarray]:
    """Features of a melody's slots: reals (T, REALS) and rows of the embedding table (T, fields).

    Raises
    ------
    ValueError
        When `style` is none of `sheets.STYLES`.
    """
    if style not in STYLES:
        raise ValueError(f"{style!r} is no manner of `STYLES`")
    struck, held, lengths = (np.zeros((melody.slots, 12)) for _ in range(3))
    longest = np.zeros(melody.slots)
    for onset, duration, pitch in melody.notes:
        first, stop = onset // melody.slot, -(-(onset + duration) // melody.slot)
        for t in range(first, min(stop, melody.slots)):
            lengths[t, pitch % 12] = max(lengths[t, pitch % 12], min(duration, 16) / 16)
            longest[t] = max(longest[t], min(duration, 24) / 16)
            if t > first:
                held[t, pitch % 12] = 1
            elif onset % melody.slot == 0:
                struck[t, pitch % 12] = 1
    shares = melody.durations() / melody.slot
    silence = 1 - shares.sum(1).clip(0, 1)
    reals = np.concatenate([shares, struck, held, lengths, silence[:, None], longest[:, None]], 1)
    bar = np.arange(melody.slots) // melody.per_bar
    place = list(_PLACES).index(melody.meter)
    rows = np.stack(
        [
            sum(list(_PLACES.values())[:place]) + np.arange(melody.slots) % melody.per_bar,
            np.full(melody.slots, int(melody.minor)),
            np.full(melody.slots, STYLES.index(style)),
            (bar - melody.upbeat) % 4,
            bar.clip(0, FIELDS["begun"] - 1),
            (melody.bars - 1 - bar).clip(0, FIELDS["left"] - 1),
        ],
        axis=1,
    )
    return reals, rows + _OFFSETS


class _Block(nn.Module):
    """Attention with a bias by distance, then a gated layer; both before their norms."""

    def __init__(self, shape: HarmoniserShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm_attention, self.norm_inner = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.mixed = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.bias = nn.Parameter(torch.zeros(shape.heads, 2 * _REACH + 1))
        self.gate = nn.Linear(shape.width, 2 * shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, distance: Tensor, hidden: Tensor) -> Tensor:
        """(B, T, width), distances (T, T) and the mask (B, 1, 1, T) of padding to (B, T, width)."""
        rows, length, width = x.shape
        mixed = self.mixed(self.norm_attention(x)).view(rows, length, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # each (B, H, T, width / H)
        bias = self.bias[:, distance].unsqueeze(0) + hidden  # (B, H, T, T)
        heard = functional.scaled_dot_product_attention(query, key, value, bias)
        x = x + self.dropout(self.out(heard.transpose(1, 2).reshape(rows, length, width)))
        gate, inner = self.gate(self.norm_inner(x)).chunk(2, dim=-1)
        return x + self.dropout(self.down(functional.silu(gate) * inner))


class HarmoniserModel(nn.Module):
    """Logits of the chord and of a change for every slot."""

    def __init__(self, shape: HarmoniserShape) -> None:
        super().__init__()
        self.shape = shape
        self.reals = nn.Linear(REALS, shape.width)
        self.rows = nn.EmbeddingBag(sum(FIELDS.values()), shape.width, mode="sum")
        nn.init.normal_(self.rows.weight, std=0.05)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.chord = nn.Linear(shape.width, CHORDS)
        self.change = nn.Linear(shape.width, 1)

    def forward(self, reals: Tensor, rows: Tensor, padding: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, REALS), (B, T, fields), padding (B, T) to chords (B, T, 120), change (B, T)."""
        size, length = padding.shape
        x = self.reals(reals) + self.rows(rows.flatten(0, 1)).view(size, length, -1)
        at = torch.arange(length, device=x.device)
        distance = (at[None, :] - at[:, None]).clamp(-_REACH, _REACH) + _REACH
        hidden = torch.zeros(padding.shape, dtype=x.dtype, device=x.device)
        hidden = hidden.masked_fill(padding, -1e4)[:, None, None, :]
        for block in self.blocks:
            x = block(x, distance, hidden)
        x = self.norm(x)
        return self.chord(x), self.change(x).squeeze(-1)


@dataclass(frozen=True)
class Harmoniser:
    """A network, log P(next chord | chord) by mode (2, 120, 120), and the weights of the path."""

    model: HarmoniserModel
    prior: Floats
    weights: Weights

    def tensors(self) -> dict[str, Tensor]:
        """What to store beside the composer's tensors, bfloat16, each name under `PREFIX`."""
        named = {**self.model.state_dict(), "prior": torch.from_numpy(self.prior)}
        return {
            PREFIX + name: value.detach().to("cpu", torch.bfloat16).contiguous()
            for name, value in named.items()
        }

    def facts(self) -> dict[str, Any]:
        """Plain values for the weight's metadata: the network's shape and the path's weights."""
        return {"shape": asdict(self.model.shape), "weights": asdict(self.weights)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Harmoniser:
        """The inverse of `tensors` and `facts`; names outside `PREFIX` are left alone.

        Raises
        ------
        KeyError
            When the tensors hold no harmoniser.
        """
        own = {
            k.removeprefix(PREFIX): v.float() for k, v in tensors.items() if k.startswith(PREFIX)
        }
        prior = own.pop("prior").double().numpy()
        model = HarmoniserModel(HarmoniserShape(**facts["shape"]))
        model.load_state_dict(own)
        return cls(model.eval(), prior, Weights(**facts["weights"]))

    @torch.no_grad()
    def hear(self, melody: Melody, style: str) -> tuple[Floats, Floats]:
        """Log probabilities of chords (T, 120) and of staying and changing (T, 2)."""
        reals, rows = slots_of(melody, style)
        padding = torch.zeros(1, len(reals), dtype=torch.bool)
        chord, change = self.model(
            torch.from_numpy(reals).float()[None], torch.from_numpy(rows)[None], padding
        )
        both = functional.logsigmoid(torch.stack([-change[0], change[0]], dim=-1))
        return chord[0].log_softmax(-1).double().numpy(), both.double().numpy()


def harmonise(
    notes: Sequence[Note],
    meter: str,
    minor: bool,
    bars: int,
    style: str,
    harmoniser: Harmoniser,
    seed: int = 0,
    temperature: float = 0.0,
    rate: str = "normal",
) -> tuple[tuple[int, int, int], ...]:
    """Chords (onset step, root above the tonic, quality index), each until the next.

    Parameters
    ----------
    notes : sequence of (onset, duration, pitch)
        One voice in sixteenth steps, tonic at C, as `LeadSheet.notes`.
    meter, minor, bars, style : as in `LeadSheet`
        `bars` at least 1.
    harmoniser : Harmoniser
        The trained network.
    seed : int
        Which alternative; unused at temperature 0.
    temperature : float
        0 is the best path; up to 1 finds alternatives, the further the more they differ.
    rate : str
        Chords change by bars ("slow"), bars and half-bars ("normal") or beats ("busy").

    An upbeat bar has no chord. The first chord is stable; the last is the tonic, reached from a
    chord that leads home.
    """
    melody = Melody(sorted(notes), meter, minor, bars)
    chords, change = harmoniser.hear(melody, style)
    extra = temperature * noise(melody, seed) * _NOISE if temperature > 0 else None
    prior = harmoniser.prior[int(minor)]
    path = best_path(melody, chords, change, prior, harmoniser.weights, rate, extra)
    return written(path, melody.slot)


def written(path: Sequence[int], slot: int) -> tuple[tuple[int, int, int], ...]:
    """A chord where the path changes; -1 is none."""
    out: list[tuple[int, int, int]] = []
    for t, token in enumerate(path):
        if token >= 0 and (t == 0 or token != path[t - 1]):
            out.append((t * slot, token // QUALITIES, token % QUALITIES))
    return tuple(out)


def melody_of(sheet: LeadSheet) -> Melody:
    """The melody of a lead sheet."""
    return Melody(sheet.notes, sheet.meter, sheet.minor, sheet.bars)


def labels_of(sheet: LeadSheet) -> np.ndarray:
    """The chord token that sounds longest in each slot of a sheet, (T,); -1 where there is none."""
    melody = melody_of(sheet)
    steps = np.full(melody.slots * melody.slot, -1)
    for onset, root, quality in sheet.chords:
        steps[onset:] = root * QUALITIES + quality
    out = np.empty(melody.slots, dtype=np.int64)
    for t, own in enumerate(steps.reshape(melody.slots, melody.slot)):
        values, counts = np.unique(own, return_counts=True)
        out[t] = values[counts.argmax()]
    return out
