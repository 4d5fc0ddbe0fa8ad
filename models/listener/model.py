"""The listener's network: MiniLM, what is known of each word, and three heads.

In: token ids with their words' shapes and features. Out: for every word the scores of its slot tag
and of a frame beginning there, and for every frame the scores of its intent. The encoder is
MiniLM-L6 with a LoRA adapter (Hu and others, ICLR 2022); Chinese characters and emoji, which its
vocabulary hardly has, enter by embeddings of their own that begin at English words for them.
Intent and slots are learned together as in Chen, Zhuo and Wang ("BERT for Joint Intent
Classification and Slot Filling", 2019).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import PreTrainedModel

from models.listener.crf import Crf
from models.listener.words import SHAPES


@dataclass(frozen=True)
class Shape:
    """What a network is made of; stored beside its weights.

    `signs` are the characters with embeddings of their own, of width `sign_width`. `features` is
    the number of word features (0: none are used).
    """

    intents: tuple[str, ...]
    tags: tuple[str, ...]
    signs: str = ""
    sign_width: int = 128
    features: int = 0
    narrow: int = 256
    hidden: int = 160
    rank: int = 32

    def as_json(self) -> dict[str, Any]:
        """A JSON object; `Shape(**...)` with tuples reads it."""
        return asdict(self)


class Inputs(NamedTuple):
    """A batch of B messages of up to L tokens and T words.

    `ids` (B, L): ids of the encoder, and after its last one those of the `signs`; `seen` (B, L)
    bool; `first` (B, T): the token where a word begins; `shapes` (B, T); `features` (B, T, F);
    `words` (B, T) bool.
    """

    ids: torch.Tensor
    seen: torch.Tensor
    first: torch.Tensor
    shapes: torch.Tensor
    features: torch.Tensor
    words: torch.Tensor


class Outputs(NamedTuple):
    """`tags` (B, T, N) and `starts` (B, T): scores; `states` what `intents` pools."""

    tags: torch.Tensor
    starts: torch.Tensor
    states: torch.Tensor
    whole: torch.Tensor


class Network(nn.Module):
    """The encoder (bare or wrapped by peft) and the heads of a `Shape`.

    `glosses` (S + 1, d) are where the embeddings of the signs begin; only what is learned beyond
    them is a weight, at first nothing.
    """

    glosses: torch.Tensor

    def __init__(
        self, encoder: PreTrainedModel, shape: Shape, glosses: torch.Tensor, drop: float = 0.15
    ) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.known = encoder.config.vocab_size
        # One more for a sign that no message of the training text had.
        self.register_buffer("glosses", glosses, persistent=False)
        self.signs = nn.Embedding(len(shape.signs) + 1, shape.sign_width)
        nn.init.zeros_(self.signs.weight)
        self.sign_up = nn.Linear(shape.sign_width, width, bias=False)
        self.shapes = nn.Embedding(SHAPES, 16)
        self.drop = nn.Dropout(drop)
        self.narrow = nn.Linear(4 * width, shape.narrow)
        self.lstm = nn.LSTM(
            shape.narrow + 16 + shape.features, shape.hidden, bidirectional=True, batch_first=True
        )
        states = 2 * shape.hidden
        self.tags = nn.Linear(states, len(shape.tags))
        self.starts = nn.Linear(states, 1)
        self.intents = nn.Linear(2 * states + 2 * width + width, len(shape.intents))
        self.crf = Crf(shape.tags)

    def forward(self, inputs: Inputs) -> Outputs:
        """Scores of every word, and what the frames' intents are read from."""
        last, earlier = self._encode(inputs)
        seen = inputs.seen[..., None].to(last.dtype)
        mean = (last * seen).sum(1) / seen.sum(1)
        whole = self.drop(torch.cat([last[:, 0], mean], -1).float())  # (B, 2d)
        pick = inputs.first[..., None].expand(-1, -1, last.shape[-1])
        own = last.gather(1, pick).float()  # (B, T, d)
        both = torch.cat([own, earlier.gather(1, pick).float()], -1)
        wide = torch.cat([self.drop(both), whole[:, None].expand(-1, own.shape[1], -1)], -1)
        facts = torch.cat([self.shapes(inputs.shapes), inputs.features], -1)
        lengths = inputs.words.sum(1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            torch.cat([self.drop(torch.relu(self.narrow(wide))).float(), facts], -1),
            lengths, batch_first=True, enforce_sorted=False,
        )  # fmt: skip
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        states = self.drop(states.float())
        return Outputs(
            self.tags(states).float(),
            self.starts(states)[..., 0].float(),
            torch.cat([states, self.drop(own)], -1),
            whole,
        )

    def frame_intents(self, out: Outputs, frames: torch.Tensor) -> torch.Tensor:
        """(B, K, I) scores of each frame's intent; `frames` (B, K, T) bool says which words."""
        states = out.states  # (B, T, 2h + d)
        inside = frames.to(states.dtype)
        mean = inside @ states / inside.sum(-1, keepdim=True).clamp(min=1)
        hidden = states[..., : self.tags.in_features]
        most = hidden[:, None].masked_fill(~frames[..., None], -1.0).amax(2)
        whole = out.whole[:, None].expand(-1, frames.shape[1], -1)
        scores: torch.Tensor = self.intents(torch.cat([mean, most, whole], -1))
        return scores.float()

    def _encode(self, inputs: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        """The last and the third last layer, (B, L, d) each."""
        table = self.encoder.get_input_embeddings()
        own = inputs.ids >= self.known
        embedded = table(inputs.ids.masked_fill(own, 0))
        if own.any():
            number = (inputs.ids - self.known).clamp(min=0)
            signs = self.glosses[number] + self.sign_up(self.signs(number))
            embedded = torch.where(own[..., None], signs.to(embedded.dtype), embedded)
        out = self.encoder(
            inputs_embeds=embedded, attention_mask=inputs.seen, output_hidden_states=True
        )
        return out.hidden_states[-1], out.hidden_states[-3]
