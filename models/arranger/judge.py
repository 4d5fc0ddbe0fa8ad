"""A judge of style that is not the network: the family that an arrangement sounds like.

In: 60 features of a band (`features`). Out: how doubtful a family is, in nats. A logistic
regression, learned at the end of training from MMA's renders of training tunes with the players
that the planner calls; `choosing` asks it which of several takes is most like its style.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models import vocabulary
from models.arranger.band import ROLE_OF, Band, without
from models.arranger.context import FAMILIES
from models.arranger.features import profile
from models.planner.orchestration import orchestrate

_PREFIX = "judge."
_SMOOTHNESS = 1e-5  # of the weights, squared, in the mean loss


@dataclass(frozen=True, eq=False)
class Judge:
    """`mean` and `scale` (60,), `weight` (families, 60), `bias` (families,) over `FAMILIES`."""

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def doubt(self, band: Band, family: str) -> float:
        """Nats: 0 for a band that could be of no other family; 0 where the family is unknown."""
        if family not in FAMILIES:
            return 0.0
        seen = (torch.from_numpy(profile(band)) - self.mean) / self.scale
        said = F.log_softmax(self.weight @ seen + self.bias, 0)
        return -float(said[FAMILIES.index(family)])

    @classmethod
    def learn(cls, bands: Sequence[Band], seed: int = 0) -> Judge:
        """From bands of a known style."""
        rng = Random(seed)
        known = [as_called(b, rng) for b in bands if b.style and b.family in FAMILIES]
        known = [b for b in known if len(b.notes)]
        rows = torch.from_numpy(np.stack([profile(b) for b in known]))
        truth = torch.tensor([FAMILIES.index(b.family) for b in known])
        mean, scale = rows.mean(0), rows.std(0).clamp(min=1e-3)
        weight = torch.zeros(len(FAMILIES), rows.shape[1], requires_grad=True)
        bias = torch.zeros(len(FAMILIES), requires_grad=True)
        # Every family counts alike, however many renders it has.
        balance = 1 / torch.bincount(truth, minlength=len(FAMILIES)).clamp(min=1).float()
        solver = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            solver.zero_grad()
            said = (rows - mean) / scale @ weight.T + bias
            found = F.cross_entropy(said, truth, weight=balance)
            found = found + _SMOOTHNESS * weight.square().sum()
            found.backward()
            return found

        solver.step(loss)
        return cls(mean, scale, weight.detach(), bias.detach())

    def tensors(self) -> dict[str, Tensor]:
        """As stored beside the network."""
        return {_PREFIX + name: value.contiguous() for name, value in vars(self).items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Judge:
        """The inverse of `tensors`, among other tensors."""
        names = cls.__dataclass_fields__
        return cls(**{name: tensors[_PREFIX + name].float() for name in names})


def is_of_judge(name: str) -> bool:
    """Whether a stored tensor belongs to the judge."""
    return name.startswith(_PREFIX)


def as_called(band: Band, rng: Random) -> Band:
    """A band with just the parts that the planner calls in its style."""
    words = vocabulary.load()
    parts = orchestrate(words.styles[band.style], (), (), 0.1, None, words, rng)
    roles = Counter("drums" if p.is_drum else p.role for p in parts)
    gone = [s for s, role in ROLE_OF.items() if roles[role] < (2 if s == "chords2" else 1)]
    return without(band, gone)
