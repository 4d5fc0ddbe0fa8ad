"""The arranger's network: a dilated CNN that looks both ways and a GRU that plays forward.

In: ids of `context` per step, the steps of the given slots, and what was played. Out: for each
step the drums, then each pitched slot given what the slots before it do in the same step. A bar's
texture can be told by a latent of a small VAE (Kingma & Welling 2014, free bits of Kingma et al.
2016). Tracks are masked at random in training, so that any can be written from any others (as
GETMusic, Lv et al. 2023); a GRU on a 16-step grid is notes/composition.md section 6.4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.arranger import context
from models.arranger.band import SLOTS
from models.arranger.context import ABSENT, GIVEN
from models.arranger.encode import OCTAVES, PITCHED, SINGLE, STRUCK
from models.arranger.kit import NAMES

LANES, LEVELS = len(NAMES), 4


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes; `words` counts REST, HOLD and the shapes, `styles` the styles known by name."""

    words: int
    styles: int
    d_context: int = 160
    d_step: int = 112
    d_word: int = 64
    hidden: int = 448
    latent: int = 16

    @classmethod
    def of(cls, raw: dict[str, int]) -> Config:
        """From the numbers stored beside a weight."""
        return cls(**{f.name: int(raw[f.name]) for f in fields(cls)})


class StepEmbedding(nn.Module):
    """What is played in a step, a vector per slot: (B, T, slots, d_step)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.drums = nn.Linear(LANES * (LEVELS - 1), config.d_step, bias=False)
        self.words = nn.Embedding(config.words, config.d_word)
        self.slots = nn.ModuleList(
            nn.Linear(config.d_word, config.d_step, bias=False) for _ in PITCHED
        )
        self.octaves = nn.Embedding(len(PITCHED) * OCTAVES, config.d_step)

    def forward(self, drums: Tensor, words: Tensor, octaves: Tensor) -> Tensor:
        """From (B, T, 12) levels, (B, T, 5) words and octaves."""
        hits = F.one_hot(drums, LEVELS)[..., 1:].flatten(-2).to(self.words.weight.dtype)
        found = [self.drums(hits)]
        embedded = self.words(words)  # (B, T, 5, d_word)
        shift = torch.arange(len(PITCHED), device=octaves.device) * OCTAVES
        heights = self.octaves(octaves + shift)
        for i, slot in enumerate(self.slots):
            found.append(slot(embedded[..., i, :]) + heights[..., i, :])
        return torch.stack(found, -2)


class Look(nn.Module):
    """Three dilated convolutions over context and given slots: about 2.6 bars either way."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
            for dilation in (1, 4, 16)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width)."""
        for layer in self.layers:
            x = x + F.gelu(layer(x.transpose(1, 2)).transpose(1, 2))
        return x


@dataclass(frozen=True, slots=True)
class Batch:
    """Stretches of one meter: B of them, T steps of `bar` to a bar."""

    ids: Tensor  # (B, T, fields)
    drums: Tensor  # (B, T, 12)
    words: Tensor  # (B, T, 5)
    octaves: Tensor  # (B, T, 5)
    bar: int
    texture: Tensor  # (B,) whether the stretch is told its own texture


class ArrangerNet(nn.Module):
    """The whole network; see the module's docstring."""

    starts: Tensor
    below: Tensor
    allowed: Tensor

    def __init__(self, config: Config, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        sizes = context.fields(config.styles)
        starts = [0]
        for size in sizes.values():
            starts.append(starts[-1] + size)
        self.register_buffer("starts", torch.tensor(starts[:-1]), persistent=False)
        self.facts = starts[-1]
        self.first_state = list(sizes).index(f"plays {SLOTS[0]}")
        self.told = nn.Linear(self.facts, config.d_context)
        self.step = StepEmbedding(config)
        self.given = nn.Linear(config.d_step, config.d_context, bias=False)
        self.look = Look(config.d_context)
        self.played = nn.GRU(
            config.d_context + 3 * config.d_step, config.hidden, 2, batch_first=True
        )
        self.drums = nn.Linear(config.hidden, LANES * LEVELS)
        self.chain = nn.Parameter(torch.zeros(LANES * LEVELS, LANES * LEVELS))
        below = torch.tril(torch.ones(LANES, LANES), -1)
        mask = below.repeat_interleave(LEVELS, 0).repeat_interleave(LEVELS, 1)
        self.register_buffer("below", mask, persistent=False)
        self.asked = nn.ModuleList(nn.Linear(config.hidden, config.d_step) for _ in PITCHED)
        self.spoken = nn.ModuleList(nn.Linear(config.d_step, config.d_word) for _ in PITCHED)
        self.bias = nn.Parameter(torch.zeros(len(PITCHED), config.words))
        self.heights = nn.ModuleList(
            nn.Linear(config.d_step + config.d_word, OCTAVES) for _ in PITCHED
        )
        self.read = nn.Conv1d(config.d_step, 96, 5, padding=2)
        self.squeeze = nn.Linear(96, 2 * config.latent)
        self.unfold = nn.Linear(config.latent + 1, config.d_context)
        allowed = torch.zeros(len(PITCHED), config.words)
        for i, slot in enumerate(PITCHED):
            if slot in SINGLE:
                allowed[i, STRUCK + 12 :] = -1e4
        self.register_buffer("allowed", allowed, persistent=False)

    def states(self, ids: Tensor) -> Tensor:
        """ABSENT, WRITE or GIVEN of each slot: (B, T, 6)."""
        return ids[..., self.first_state : self.first_state + len(SLOTS)]

    def facts_of(self, ids: Tensor) -> Tensor:
        """Ids as a many-hot vector, (B, T, facts)."""
        shape = (*ids.shape[:-1], self.facts)
        hot = torch.zeros(shape, dtype=self.told.weight.dtype, device=ids.device)
        return hot.scatter_(-1, ids + self.starts, 1.0)

    def textures(self, played: Tensor, bar: int) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each bar's latent, (B, bars, latent), of all that plays."""
        x = F.gelu(self.read(played.transpose(1, 2)))  # (B, 96, T)
        pooled = x.unflatten(2, (-1, bar)).mean(3).transpose(1, 2)
        mean, spread = self.squeeze(pooled).chunk(2, -1)
        return mean, spread.clamp(-6, 4)

    def outlook(self, ids: Tensor, steps: Tensor, latents: Tensor, bar: int) -> Tensor:
        """What each step knows beforehand, (B, T, d_context).

        `steps` (B, T, slots, d_step) of everything (only given slots are looked at); `latents`
        (B, bars, latent + 1), the last column 1 where a texture is told, all 0 where not.
        """
        known = (steps * (self.states(ids) == GIVEN).unsqueeze(-1)).sum(-2)
        texture = self.unfold(latents).repeat_interleave(bar, 1)
        return self.look(self.told(self.facts_of(ids)) + self.given(known) + texture)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Teacher-forced logits and the latents' divergence.

        Returns drums (B, T, 12, 4), words (B, T, 5, words), octaves (B, T, 5, 9), and the KL
        divergence in nats per bar and dimension, (B, bars, latent).
        """
        steps = self.step(batch.drums, batch.words, batch.octaves)
        present = (self.states(batch.ids) != ABSENT).unsqueeze(-1)
        steps = steps * present
        played = steps.sum(-2)  # (B, T, d_step)
        mean, spread = self.textures(played, batch.bar)
        drawn = mean + torch.randn_like(mean) * (0.5 * spread).exp()
        told = batch.texture[:, None, None].to(drawn.dtype)
        latents = torch.cat([drawn * told, told.expand(-1, drawn.shape[1], 1)], -1)
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread) * told
        known = self.outlook(batch.ids, steps, latents, batch.bar)
        # Whole steps of the past go missing in training, so that one odd step does not derail it.
        kept = F.dropout(torch.ones_like(played[..., :1]), self.dropout, self.training)
        past = [_later(played * kept, by) for by in (1, batch.bar, 2 * batch.bar)]
        hidden, _ = self.played(torch.cat([known, *past], -1))
        hidden = F.dropout(hidden, self.dropout, self.training)
        return (*self._heads(hidden, steps, batch), divergence)

    def _heads(self, hidden: Tensor, steps: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        hits = F.one_hot(batch.drums, LEVELS).flatten(-2).to(hidden.dtype)
        drums = self.drums(hidden) + F.linear(hits, self.chain * self.below)
        words, octaves = [], []
        before = steps[..., 0, :]
        table = self.step.words.weight
        for i in range(len(PITCHED)):
            asked = F.gelu(self.asked[i](hidden) + before)
            words.append(F.linear(self.spoken[i](asked), table) + self.bias[i] + self.allowed[i])
            struck = self.step.words(batch.words[..., i])
            octaves.append(self.heights[i](torch.cat([asked, struck], -1)))
            before = before + steps[..., i + 1, :]
        return (
            drums.unflatten(-1, (LANES, LEVELS)),
            torch.stack(words, -2),
            torch.stack(octaves, -2),
        )


def _later(x: Tensor, by: int) -> Tensor:
    """(B, T, d) moved `by` steps later, zeros before."""
    return F.pad(x, (0, 0, by, 0))[:, : x.shape[1]]


@dataclass(frozen=True, slots=True)
class Losses:
    """Sums in nats over what had to be written, and how many hits and strokes that was."""

    drums: Tensor
    words: Tensor  # (5,) per pitched slot
    octaves: Tensor  # (5,)
    divergence: Tensor  # summed after free bits
    steps: Tensor  # slot-steps written
    hits: Tensor
    strokes: Tensor  # (5,)


def losses(net: ArrangerNet, batch: Batch, free_bits: float = 0.25) -> Losses:
    """The network's losses on a batch; given and absent slots cost nothing."""
    drums, words, octaves, divergence = net(batch)
    write = (net.states(batch.ids) == context.WRITE).to(torch.float32)  # (B, T, 6)
    d = F.cross_entropy(drums.float().flatten(0, 2), batch.drums.flatten(), reduction="none")
    d = d.view(batch.drums.shape).sum(-1) * write[..., 0]
    w = F.cross_entropy(words.float().flatten(0, 2), batch.words.flatten(), reduction="none")
    w = w.view(batch.words.shape) * write[..., 1:]
    struck = (batch.words >= STRUCK).float() * write[..., 1:]
    o = F.cross_entropy(octaves.float().flatten(0, 2), batch.octaves.flatten(), reduction="none")
    o = o.view(batch.words.shape) * struck
    free = divergence.float().mean((0, 1)).clamp(min=free_bits / net.config.latent)
    return Losses(
        d.sum(),
        w.sum((0, 1)),
        o.sum((0, 1)),
        free.sum() * divergence.shape[0] * divergence.shape[1],
        write.sum(),
        ((batch.drums > 0).float().sum(-1) * write[..., 0]).sum(),
        struck.sum((0, 1)),
    )
