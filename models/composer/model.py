"""The composer network: a per-bar variational encoder and a Llama decoder over summed conditions.

In: a `Batch`. Out: logits for the next event's token and duration. After MuseMorphose (Wu and Yang,
2021): one latent a bar, conditions added to every event's embedding, free bits and cyclic KL; the
decoder blocks are Hugging Face's `LlamaModel` fed through `inputs_embeds`. A bar without a latent
gets a learned one, so the same weight composes with and without a reference. A style vector (60
melody features of other music in the wanted manner) is added in the same way.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaConfig, LlamaModel

from models.composer.batches import Batch
from models.composer.encode import FIELDS, MAX_DURATION, TOKENS
from models.composer.features import NAMES


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    width: int = 256
    layers: int = 5
    heads: int = 4
    inner: int = 640
    latent: int = 32
    encoder_width: int = 128
    encoder_layers: int = 2
    positions: int = 1024
    dropout: float = 0.1

    def to_json(self) -> dict[str, int | float]:
        """Plain values for the weight's metadata."""
        return asdict(self)


class SummedEmbedding(nn.Module):
    """One embedding table for all fields; an event's vector is the sum over its fields."""

    offsets: Tensor

    def __init__(self, sizes: list[int], width: int) -> None:
        super().__init__()
        offsets = [0, *accumulate(sizes)][:-1]
        self.register_buffer("offsets", torch.tensor(offsets), persistent=False)
        self.table = nn.EmbeddingBag(sum(sizes), width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.02)

    def forward(self, fields: Tensor) -> Tensor:
        """(..., F) integers to (..., width)."""
        flat = (fields + self.offsets).flatten(0, -2)
        return self.table(flat).view(*fields.shape[:-1], -1)


class BarEncoder(nn.Module):
    """A bar's events, read both ways, to the mean and log variance of its latent."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        sizes = [TOKENS, MAX_DURATION, FIELDS["position"], FIELDS["root"], FIELDS["quality"]]
        self.embed = SummedEmbedding(sizes, shape.encoder_width)
        layer = nn.TransformerEncoderLayer(
            shape.encoder_width,
            4,
            2 * shape.encoder_width,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.blocks = nn.TransformerEncoder(layer, shape.encoder_layers, enable_nested_tensor=False)
        self.head = nn.Linear(shape.encoder_width, 2 * shape.latent)

    def forward(self, events: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(K, M, 5) events and (K, M) mask to two (K, latent)."""
        hidden = self.blocks(self.embed(events), src_key_padding_mask=~mask)
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1)
        mean, log_variance = self.head(pooled).float().chunk(2, dim=-1)
        return mean, log_variance.clamp(-8, 4)


@dataclass(frozen=True)
class Losses:
    """Sums over a batch: nats of tokens and of durations, charged KL, and the number of events."""

    tokens: Tensor
    durations: Tensor
    kl: Tensor
    events: Tensor


class ComposerModel(nn.Module):
    """Encoder, decoder and two heads (token, then duration given the token).

    `style_mean` and `style_scale` (60,) standardise a style vector; training sets them.
    """

    style_mean: Tensor
    style_scale: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = BarEncoder(shape)
        self.conditions = SummedEmbedding(list(FIELDS.values()), shape.width)
        self.from_latent = nn.Linear(shape.latent, shape.width, bias=False)
        self.no_latent = nn.Parameter(torch.zeros(shape.width))
        self.from_style = nn.Linear(len(NAMES), shape.width, bias=False)
        self.no_style = nn.Parameter(torch.zeros(shape.width))
        self.register_buffer("style_mean", torch.zeros(len(NAMES)))
        self.register_buffer("style_scale", torch.ones(len(NAMES)))
        self.dropout = nn.Dropout(shape.dropout)
        config = LlamaConfig(
            vocab_size=1,  # the embedding is ours: `inputs_embeds` only
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            max_position_embeddings=shape.positions,
            attention_dropout=0.0,
            pad_token_id=None,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="sdpa",
        )
        self.decoder = LlamaModel(config)
        self.decoder.embed_tokens = nn.Identity()
        for layer in self.decoder.layers:  # Llama has no dropout of its own inside its blocks
            layer.self_attn.o_proj.register_forward_hook(self._drop)
            layer.mlp.register_forward_hook(self._drop)
        self.token_head = nn.Linear(shape.width, TOKENS)
        self.token_embed = nn.Embedding(TOKENS, shape.width)
        self.duration_hidden = nn.Linear(shape.width, shape.width)
        self.duration_head = nn.Linear(shape.width, MAX_DURATION)

    def _drop(self, _module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return functional.dropout(output, self.shape.dropout, self.training)

    def embed(self, inputs: Tensor, latent: Tensor, style: Tensor) -> Tensor:
        """(B, N, fields) and the (B, N, width) shares of latents and style to decoder inputs."""
        return self.conditions(inputs) + latent + style

    def style_share(self, style: Tensor, styled: Tensor) -> Tensor:
        """(B, 60) style vectors and (B,) which of them are told, to (B, 1, width)."""
        standard = ((style - self.style_mean) / self.style_scale).clamp(-4, 4)
        share = torch.where(styled.unsqueeze(-1), self.from_style(standard), self.no_style)
        return share.unsqueeze(1)

    def durations(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Duration logits (..., MAX_DURATION) for hidden states and the tokens chosen there."""
        mixed = self.duration_hidden(hidden) + self.token_embed(tokens)
        return self.duration_head(functional.gelu(mixed))

    def latents(self, batch: Batch, sample: bool) -> tuple[Tensor, Tensor]:
        """Each event's latent share (B, N, width), and the KL of the told bars (told, latent)."""
        rows, length = batch.bar_index.shape
        width = self.shape.width
        table = self.no_latent.expand(len(batch.latent), width)
        kl = torch.zeros(0, self.shape.latent, device=table.device)
        if batch.latent.any():
            told = batch.latent
            mean, log_variance = self.encoder(batch.bar_events[told], batch.bar_mask[told])
            drawn = mean
            if sample:
                drawn = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)
            shares = torch.zeros_like(table)
            shares[told] = self.from_latent(drawn).to(shares.dtype)
            table = torch.where(told.unsqueeze(-1), shares, table)
        return table[batch.bar_index.flatten()].view(rows, length, width), kl

    def forward(self, batch: Batch, sample: bool = True, free_bits: float = 0.25) -> Losses:
        """Summed losses of a batch; `free_bits` nats per latent dimension are not charged."""
        shares, kl = self.latents(batch, sample)
        style = self.style_share(batch.style, batch.styled)
        embedded = self.dropout(self.embed(batch.inputs, shares, style))
        hidden = self.decoder(inputs_embeds=embedded, use_cache=False).last_hidden_state
        kept = batch.tokens >= 0
        state, tokens = self.dropout(hidden[kept]), batch.tokens[kept]
        token_loss = functional.cross_entropy(
            self.token_head(state).float(), tokens, reduction="sum"
        )
        duration_loss = functional.cross_entropy(
            self.durations(state, tokens).float(), batch.durations[kept], reduction="sum"
        )
        charged = (kl - free_bits).clamp(min=0).sum()
        return Losses(token_loss, duration_loss, charged, kept.sum())
