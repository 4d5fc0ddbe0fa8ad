"""A linear-chain CRF over BIO tags that also learns from half-marked messages.

In: scores of every tag for every word. Out: the loss, or the best tags. Transitions into an I- tag
from another slot are impossible. Where a word's tag is not known, several are allowed and the
loss sums over all of them (Tsuboi and others, "Training conditional random fields using incomplete
annotations", COLING 2008): a data set that marks only artists teaches artists, and does not teach
that everything else is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

_NEVER = -1e4


class Crf(nn.Module):
    """`tags` are "O", "B-x" and "I-x"; scores are (B, T, N) for N tags."""

    never: torch.Tensor
    never_first: torch.Tensor

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__()
        count = len(tags)
        self.steps = nn.Parameter(torch.randn(count, count) * 0.01)
        self.first = nn.Parameter(torch.zeros(count))
        self.last = nn.Parameter(torch.zeros(count))
        inside = [tag.startswith("I-") for tag in tags]
        apart = [[i and a[2:] != b[2:] for b, i in zip(tags, inside, strict=True)] for a in tags]
        self.register_buffer("never", torch.tensor(apart) * _NEVER, persistent=False)
        self.register_buffer("never_first", torch.tensor(inside) * _NEVER, persistent=False)

    def loss(
        self, scores: torch.Tensor, allowed: torch.Tensor, words: torch.Tensor
    ) -> torch.Tensor:
        """Nats per word that the allowed tags cost.

        `scores` are (B, T, N), `allowed` (B, T, N) bool with at least one tag a word, `words`
        (B, T) bool: whether there is a word.
        """
        everything = self._sum(scores, words)
        right = self._sum(scores.masked_fill(~allowed, _NEVER), words)
        return (everything - right).sum() / words.sum()

    def _sum(self, scores: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """Log of the summed weights of all taggings, (B,), by the forward algorithm.

        A step is a matrix product of weights whose largest is 1: ten times as fast as sums of logs.
        """
        steps = (self.steps + self.never).exp()
        alpha = self.first + self.never_first + scores[:, 0]  # (B, N)
        for at in range(1, scores.shape[1]):
            most = alpha.amax(1, keepdim=True).detach()
            ahead = ((alpha - most).exp() @ steps).clamp_min(1e-30).log() + most + scores[:, at]
            alpha = torch.where(words[:, at, None], ahead, alpha)
        return torch.logsumexp(alpha + self.last, dim=1)

    @torch.no_grad()
    def best(self, scores: np.ndarray) -> list[int]:
        """The likeliest tags of one message; scores (T, N), T >= 1 (Viterbi)."""
        steps = (self.steps + self.never).numpy()
        alpha = (self.first + self.never_first).numpy() + scores[0]
        back: list[np.ndarray] = []
        for row in scores[1:]:
            ahead = alpha[:, None] + steps
            back.append(ahead.argmax(0))
            alpha = ahead.max(0) + row
        path = [int((alpha + self.last.numpy()).argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return path[::-1]
