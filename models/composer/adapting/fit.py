"""Training for a style: an embedding, then low-rank changes of the attention weights.

In: a network, a musician's encoded pieces and replay. Out: the share that the style adds to every
input, the changes, and nats of pieces that were left out. Low-rank changes W + B A are Hu et al.,
*LoRA: low-rank adaptation of large language models* (2021), said with torch's own
parametrisations: the blocks stay as they are, and merging is an addition. The batches of the
musician are told the style, those of the replay are not, so that only the former pulls on it.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.composer.batches import Batch, Mixture, Window, bare, epoch
from models.composer.data import Pieces
from models.composer.features import NAMES, Floats
from models.composer.measure import nats, windows_of
from models.composer.model import ComposerModel

Clock = Callable[[], float]
RECIPE = Path(__file__).parents[1] / "recipe.toml"
#: Shares of the steps after which a training may be stopped.
MARKS = (0.15, 0.3, 0.6, 1.0)
_WARMUP = 3
_LEAST_STEPS = 24  # so that the first mark lies behind the warm-up
_CHANGED = ("q_proj", "k_proj", "v_proj", "o_proj")


@dataclass(frozen=True)
class Settings:
    """How a style is trained; `read` takes it from the recipe."""

    rank: int
    folds: int
    embedding_steps: int
    embedding_rate: float
    steps: int
    rate: float
    weight_decay: float
    length: int
    batch_events: int
    replay: float
    open_rows: float

    @classmethod
    def read(cls, path: Path = RECIPE) -> Settings:
        """The section `adapt` of a recipe."""
        return cls(**tomllib.loads(path.read_text(encoding="utf-8"))["adapt"])


def chosen(pieces: Pieces, numbers: Sequence[int]) -> Pieces:
    """Some of the pieces, each on its own."""
    return Pieces(
        tuple(pieces.sheets[n] for n in numbers),
        tuple(pieces.variants[n] for n in numbers),
        pieces.profiles[list(numbers)],
        ((),) * len(numbers),
    )


def vector_of(pieces: Pieces) -> Floats:
    """The style vector of pieces, (60,): the mean of their halves."""
    return np.asarray(pieces.profiles.mean((0, 1)), np.float32)


def nats_per_note(
    model: ComposerModel, pieces: Pieces, length: int, style: Floats | None = None
) -> Floats:
    """Each piece's nats per note, told its chords and nothing measured on it, as composing is."""
    out = []
    for sheet, events in zip(pieces.sheets, pieces.full, strict=True):
        windows = [Window(bare(w), style=style) for w in windows_of([events], length)]
        token, duration, _ = nats(model, windows)
        out.append((token + duration) / len(sheet.notes))
    return np.array(out, np.float32)


class _Share(nn.Module):
    """Stands where the style vector is read: whatever it says, the share that is being learned."""

    def __init__(self, share: Tensor) -> None:
        super().__init__()
        self.share = nn.Parameter(share.clone())

    def forward(self, standard: Tensor) -> Tensor:
        return self.share.expand(len(standard), -1)


class _LowRank(nn.Module):
    """A weight (out, in) with a change of low rank, none to begin with."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


@dataclass(frozen=True)
class Course:
    """How one training goes: its seed, its seconds of `clock`, and what is measured at `MARKS`.

    It ends at the share `until` of its steps.
    """

    seed: int
    seconds: float
    clock: Clock
    measure: Callable[[Apprentice], Floats] | None = None
    until: float = 1.0

    def at(self, mark: float, steps: int) -> int:
        """The step at a share of all steps."""
        return max(1, round(mark * steps))

    def last(self, steps: int) -> int:
        """The step to end at."""
        return self.at(self.until, steps)


class Apprentice:
    """A copy of a network that learns a style: first where it lies, then its attention weights.

    Windows with a style vector (whichever) are read as the musician's, others as nobody's.
    """

    def __init__(self, model: ComposerModel, share: Tensor, settings: Settings) -> None:
        self.settings = settings
        self.model = copy.deepcopy(model).requires_grad_(False)
        self._share = _Share(share)
        self.model.from_style = self._share  # type: ignore[assignment]
        self._changes: dict[str, _LowRank] = {}
        self.steps = 0

    @property
    def share(self) -> Floats:
        """What the style adds to every input, (width,)."""
        return self._share.share.detach().numpy().copy()

    def lora(self) -> dict[str, Tensor]:
        """The changes: `NAME.down` (rank, in) and `NAME.up` (out, rank), rounded as they are kept.

        Rounded, so that what is used later is what was measured.
        """
        return {
            f"{name}.{part}": getattr(change, part).detach().to(torch.bfloat16).float()
            for name, change in self._changes.items()
            for part in ("down", "up")
        }

    def nats(self, pieces: Pieces, told: bool) -> Floats:
        """Nats per note of each piece, read as the musician's (`told`) or as nobody's."""
        style = np.zeros(len(NAMES), np.float32) if told else None
        return nats_per_note(self.model, pieces, self.settings.length, style)

    def embed(self, own: Pieces, course: Course) -> list[Floats]:
        """Optimise the share alone; what `course` measured on the way."""
        settings = self.settings
        batches = ((batch, None) for batch in _stream(own, settings, course.seed, told=True))
        groups = [{"params": [self._share.share], "lr": settings.embedding_rate}]
        return self._fit(groups, batches, settings.embedding_steps, course)

    def change(self, own: Pieces, replay: Pieces, course: Course) -> list[Floats]:
        """Optimise low-rank changes, and the share with them, beside replay."""
        settings = self.settings
        for name, module in list(self.model.decoder.named_modules()):
            if name.endswith(_CHANGED):
                self._changes[name] = _LowRank(module.weight, settings.rank)
                parametrize.register_parametrization(module, "weight", self._changes[name])
        events = round(settings.batch_events * settings.replay)
        batches = zip(
            _stream(own, settings, course.seed, told=True),
            _stream(replay, replace(settings, batch_events=events), course.seed, told=False),
            strict=False,
        )
        changes = [p for change in self._changes.values() for p in change.parameters()]
        groups = [
            {"params": changes, "lr": settings.rate},
            {"params": [self._share.share], "lr": settings.embedding_rate / 4},
        ]
        return self._fit(groups, batches, settings.steps, course)

    def _fit(
        self,
        groups: list[dict[str, Any]],
        batches: Iterator[tuple[Batch, Batch | None]],
        steps: int,
        course: Course,
    ) -> list[Floats]:
        """AdamW at a constant rate: where to stop is found by measuring, not by a schedule.

        Of `steps` so many are done as fit in the time, judged by the first three.
        """
        optimiser = torch.optim.AdamW(groups, weight_decay=self.settings.weight_decay)
        rates = [float(group["lr"]) for group in optimiser.param_groups]
        begun, step, found = course.clock(), 0, []
        last = course.last(steps)
        while step < last:
            own, replay = next(batches)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * min(1.0, (step + 1) / _WARMUP)
            self.model.train()
            optimiser.zero_grad(set_to_none=True)
            self._backward(own, 1.0 if replay is None else 1 - self.settings.replay)
            if replay is not None:
                self._backward(replay, self.settings.replay)
            optimiser.step()
            self.model.eval()
            step += 1
            if step == _WARMUP:
                affordable = int(step * course.seconds / max(course.clock() - begun, 1e-6))
                steps = min(steps, max(_LEAST_STEPS, affordable))
                last = course.last(steps)
            if course.measure and step in [course.at(mark, steps) for mark in MARKS]:
                found.append(course.measure(self))
        self.steps += step
        return found

    def _backward(self, batch: Batch, weight: float) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            losses = self.model(batch)
        (weight * (losses.tokens + losses.durations) / losses.events).backward()


def _stream(pieces: Pieces, settings: Settings, seed: int, told: bool) -> Iterator[Batch]:
    """Batches of random windows without end; latents are never told."""
    mixture = Mixture(
        settings.length,
        settings.batch_events,
        open_rows=settings.open_rows,
        latent_rows=0.0,
        styled_rows=1.0 if told else 0.0,
        gap_rows=0.1,
    )
    rng = np.random.default_rng(seed)
    while True:
        yield from epoch(pieces, rng, mixture)
