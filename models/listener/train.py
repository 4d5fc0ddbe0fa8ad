"""Training the listener: labelled words in, an adapter and heads out.

`training_run` says what is learned from what. Each epoch the grammar writes new
messages and those by hand come back varied; features of the vocabulary are hidden from some
messages, so that words are read as well. The weight that is kept is the running mean of the weights
(Polyak), of the epoch that understood the most validation messages whole. A checkpoint is written
after each epoch, and a run that was broken off goes on from it.
"""

from __future__ import annotations

import copy
import json
import logging
import random
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch.nn import functional as F

from models import hub
from models.listener.data import Example
from models.listener.features import GAZETTEER
from models.listener.model import Inputs, Network, Outputs, Shape
from models.listener.reading import Reader, glosses, load_encoder
from models.listener.scoring import Scores, score
from models.listener.words import runs

log = logging.getLogger("listener.train")
_ADAPTED = ["query", "key", "value", "dense"]


@dataclass(frozen=True)
class Task:
    """What to learn: `epoch(number)` gives its messages, `held` those to validate on.

    Messages may hold `several` frames in our own requests, where all features are used as well.
    """

    name: str
    options: dict[str, Any]
    intents: tuple[str, ...]
    slots: tuple[str, ...]
    epoch: Callable[[int], Sequence[Example]]
    held: Sequence[Example]
    several: bool = False


@dataclass(frozen=True)
class Labels:
    """Gold of a batch: `allowed` (B, T, N), `starts` (B, T), `frames` (B, K, T), `intents` (B, K).

    `intents` is -1 where a message has fewer than K frames.
    """

    allowed: torch.Tensor
    starts: torch.Tensor
    frames: torch.Tensor
    intents: torch.Tensor


def adapted(encoder: Any, rank: int) -> Any:
    """The encoder with a fresh adapter; its norms and biases are trained as well.

    Plain attention goes back in half the time of the fused kernel at such short messages, and
    dropout inside the adapter costs a fifth of a step.
    """
    encoder.set_attn_implementation("eager")
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=_ADAPTED, use_rslora=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        wrapped = get_peft_model(encoder, config)
    for name, parameter in wrapped.named_parameters():
        if "LayerNorm" in name or name.endswith("bias"):
            parameter.requires_grad_(True)
        elif not parameter.requires_grad and "embeddings" not in name:
            parameter.data = parameter.data.bfloat16()  # what autocast would make of it each step
    return wrapped


class Trainer:
    """One run: the network, its optimiser, the running mean of its weights, and where it is."""

    def __init__(self, task: Task, steps: int, start: Path | None = None) -> None:
        options = task.options
        torch.manual_seed(options["seed"])
        self.task, self.options, self.steps, self.step_number = task, options, steps, 0
        tensors, facts = hub.read(start) if start else ({}, {})
        signs = facts["shape"]["signs"] if start else ""
        if task.several and not start:
            signs = _signs(task.epoch(0))
        self.reader = Reader(signs, features=task.several)
        tags = ("O", *(f"{side}-{slot}" for slot in task.slots for side in "BI"))
        self.shape = Shape(
            task.intents, tags, signs, features=self.reader.width,
            narrow=options["narrow"], hidden=options["hidden"], rank=options["rank"],
        )  # fmt: skip
        encoder = load_encoder()
        meanings = self.reader.gloss_vectors(encoder.get_input_embeddings().weight.detach())
        self.net = Network(adapted(encoder, options["rank"]), self.shape, meanings)
        with torch.no_grad():
            for name, parameter in self._trained() if start else ():
                parameter.copy_(tensors[_shipped(name)])
        begun = self._trained() if start else ()
        self.begun = {name: parameter.detach().clone() for name, parameter in begun}
        inner = [p for n, p in self._trained() if n.startswith("encoder")]
        heads = [p for n, p in self._trained() if not n.startswith("encoder")]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": inner, "rate": options["adapter_rate"]},
                {"params": heads, "rate": options["head_rate"]},
            ],
            weight_decay=0.01,
        )
        self.mean = {name: p.detach().clone() for name, p in self._trained()}
        self.dice = random.Random(options["seed"])

    def _trained(self) -> list[tuple[str, torch.nn.Parameter]]:
        return [(n, p) for n, p in self.net.named_parameters() if p.requires_grad]

    def batch(self, examples: Sequence[Example], learning: bool) -> tuple[Inputs, Labels]:
        """Numbers of some messages; while learning some features and case are hidden."""
        fitting = [self.reader.fitting(example.words) for example in examples]
        marks = [
            self.reader.marks(example.text, words)
            for example, words in zip(examples, fitting, strict=True)
        ]
        if learning:
            marks = [self._hide(table) for table in marks]
        inputs = self.reader.inputs(fitting, marks)
        if learning:
            small = torch.tensor([self.dice.random() < 0.3 for _ in examples])[:, None]
            capitals = (inputs.shapes == 2) | (inputs.shapes == 3)
            inputs = inputs._replace(shapes=inputs.shapes.masked_fill(small & capitals, 1))
            rare = (inputs.ids >= self.net.known) & (torch.rand(inputs.ids.shape) < 0.02)
            unknown = self.net.known + len(self.shape.signs)
            inputs = inputs._replace(ids=inputs.ids.masked_fill(rare, unknown))
        return inputs, labels(examples, inputs.words, self.shape)

    def _hide(self, table: np.ndarray) -> np.ndarray:
        dice = self.dice.random()
        if dice < 0.15:
            table[:, :GAZETTEER] = 0
        elif dice < 0.2:
            table[:] = 0
        elif dice < 0.5 and len(table):  # a run of a few words that the vocabulary lacks
            at = self.dice.randrange(len(table))
            table[at : at + 3, :GAZETTEER] = 0
        return table

    def step(self, examples: Sequence[Example]) -> float:
        """One step of the optimiser; the loss."""
        self.net.train()
        inputs, gold = self.batch(examples, learning=True)
        warm = min(1.0, (self.step_number + 1) / self.options["warmup"])
        rate = warm * max(0.02, 1 - self.step_number / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["rate"]
        with torch.autocast("cpu", torch.bfloat16):
            out = self.net(inputs)
            intents = self.net.frame_intents(out, gold.frames)
        loss = self._loss(out, intents, inputs, gold)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.step_number += 1
        keep = min(0.998, (1 + self.step_number) / (20 + self.step_number))
        with torch.no_grad():
            for name, parameter in self._trained():
                self.mean[name].lerp_(parameter, 1 - keep)
        return float(loss.detach())

    def _loss(
        self, out: Outputs, intents: torch.Tensor, inputs: Inputs, gold: Labels
    ) -> torch.Tensor:
        slots = self.net.crf.loss(out.tags, gold.allowed, inputs.words)
        wanted = gold.intents >= 0
        intent = F.cross_entropy(intents[wanted], gold.intents[wanted], label_smoothing=0.05)
        if len(self.task.intents) == 1:
            return slots
        loss = slots + 0.5 * intent
        if self.task.several:
            later = inputs.words.clone()
            later[:, 0] = False
            starts = F.binary_cross_entropy_with_logits(
                out.starts[later], gold.starts[later].float(), reduction="sum"
            )
            loss = loss + 0.5 * starts / len(gold.intents)
        return loss

    def averaged(self) -> Network:
        """The network with the mean weights, to measure and to ship."""
        net, values = copy.deepcopy(self.net), self._values()
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if name in values:
                    parameter.copy_(values[name])
        return net.eval()

    def _values(self) -> dict[str, torch.Tensor]:
        """The mean weights; in part those it began with, so that little is unlearned.

        A blend of both is better than either (Wortsman and others, "Model soups", ICML 2022).
        """
        if not self.begun:
            return self.mean
        share = self.options["kept"]
        return {name: value.lerp(self.begun[name], share) for name, value in self.mean.items()}

    def save(self, path: Path, epoch: int, best: float) -> None:
        """Everything needed to go on, whole or not at all."""
        state = {
            "now": {name: p.detach() for name, p in self._trained()},
            "mean": self.mean,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step_number,
            "epoch": epoch,
            "best": best,
            "signs": self.shape.signs,
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def resume(self, path: Path) -> tuple[int, float]:
        """Go on from a checkpoint: (epochs done, best validation so far)."""
        state = torch.load(path, weights_only=True)
        if state["signs"] != self.shape.signs:
            raise ValueError(f"{path} was trained on other messages; begin anew")
        with torch.no_grad():
            for name, parameter in self._trained():
                parameter.copy_(state["now"][name])
        self.mean = state["mean"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step_number = state["step"]
        return state["epoch"], state["best"]

    def export(self, path: Path, notes: dict[str, Any]) -> None:
        """Write the mean weights in float16, with what they are made for as metadata."""
        tensors = {
            _shipped(name): value.to(torch.float16).contiguous()
            for name, value in self._values().items()
        }
        facts = {"task": self.task.name, "shape": self.shape.as_json(), **notes}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, path, metadata={"segno": json.dumps(facts, ensure_ascii=False)})


def _shipped(name: str) -> str:
    """A parameter's name without what peft puts around it."""
    for inserted in ("base_model.model.", ".base_layer", ".default"):
        name = name.replace(inserted, "")
    return name


def _signs(examples: Sequence[Example]) -> str:
    """Characters with embeddings of their own: the commonest, and those of the messages."""
    plain = Reader("", features=False)
    said = {w.plain for e in examples for w in e.words if plain.is_sign(w.plain)}
    return "".join(sorted(said | set(list(glosses())[:3500])))


def labels(examples: Sequence[Example], words: torch.Tensor, shape: Shape) -> Labels:
    """Gold numbers of some messages, cut to the words that fit."""
    count, most = words.shape
    number = {tag: i for i, tag in enumerate(shape.tags)}
    frames = max(len(example.intents) for example in examples)
    allowed = torch.zeros(count, most, len(shape.tags), dtype=torch.bool)
    allowed[..., 0] = True
    starts = torch.zeros(count, most, dtype=torch.bool)
    inside = torch.zeros(count, frames, most, dtype=torch.bool)
    intents = torch.full((count, frames), -1)
    for row, example in enumerate(examples):
        size = int(words[row].sum())
        for at, tag in enumerate(example.tags[:size]):
            if tag == "?":
                closed = {number[f"{side}-{slot}"] for slot in example.closed for side in "BI"}
                allowed[row, at] = torch.tensor([i not in closed for i in range(len(shape.tags))])
            elif tag in number:
                allowed[row, at] = torch.arange(len(shape.tags)) == number[tag]
        ends = (*example.starts[1:], size)
        for k, (start, end) in enumerate(zip(example.starts, ends, strict=True)):
            if start < size:
                starts[row, start] = True
                inside[row, k, start:end] = True
                intents[row, k] = shape.intents.index(example.intents[k])
    return Labels(allowed, starts, inside, intents)


def batched(examples: Sequence[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """Batches of about equally long messages, in any order; a last short one is left out."""
    order = sorted(examples, key=lambda example: len(example.words) + rng.random() * 4)
    batches = [list(order[i : i + size]) for i in range(0, len(order) - size + 1, size)]
    rng.shuffle(batches)
    return batches


def validate(trainer: Trainer, net: Network, held: Sequence[Example]) -> Scores:
    """How well the network does on messages, with gold starts of frames not given."""
    from models.listener.decoding import decode

    heard = []
    for at in range(0, len(held), 32):
        inputs, _ = trainer.batch(held[at : at + 32], learning=False)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            heard += decode(net, inputs, trainer.shape, trainer.task.several)
    gold = [
        [
            (
                example.intents[k],
                [(s, a, b) for a, b, s in runs(example.tags) if start <= a < end],
            )
            for k, (start, end) in enumerate(
                zip(example.starts, (*example.starts[1:], len(example.words)), strict=True)
            )
        ]
        for example in held
    ]
    ours = [[(f.intent, [(s, a, b) for a, b, s in f.slots]) for f in frames] for frames in heard]
    return score(gold, ours)


def train(task: Task, out: Path, resume: bool = True, start: Path | None = None) -> Path:
    """Follow the recipe, from a weight to `start` with if there is one; the new weight's path."""
    options = task.options
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    weight, checkpoint = out / f"{task.name}.safetensors", out / f"{task.name}.pt"
    sizes = [len(task.epoch(n)) // options["batch"] for n in range(options["epochs"])]
    trainer = Trainer(task, sum(sizes), start)
    done, best = trainer.resume(checkpoint) if resume and checkpoint.exists() else (0, -1.0)
    log.info("%d steps, %d held, %d signs", sum(sizes), len(task.held), len(trainer.shape.signs))
    begun = time.monotonic()
    for epoch in range(done, options["epochs"]):
        rng = random.Random(options["seed"] * 1000 + epoch)
        losses = []
        for examples in batched(task.epoch(epoch), options["batch"], rng):
            losses.append(trainer.step(examples))
            if len(losses) % 50 == 0:
                now = time.monotonic() - begun
                log.info("%d/%d: %.3f, %.0f s", trainer.step_number, trainer.steps,
                         sum(losses[-50:]) / 50, now)  # fmt: skip
        scores = validate(trainer, trainer.averaged(), task.held)
        log.info("epoch %d: %s, %.0f s", epoch + 1, scores, time.monotonic() - begun)
        if scores.whole >= best:
            best = scores.whole
            trainer.export(weight, {"epoch": epoch + 1, "validation": scores.as_json()})
        trainer.save(checkpoint, epoch + 1, best)
    return weight
