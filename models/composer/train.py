"""Training on CPU or GPUs: raw corpora in, a weight with its metadata out.

`python -m bot train composer --data DIR` writes `checkpoint.pt` every few minutes (and goes on from
it), and `composer.safetensors` whenever the validation loss is best. `accelerate` carries the loop:
`torchrun --nproc-per-node N -m bot train composer ...` trains on N devices.
The validation loss is the mean of two, over the tunes that have chords: told only chords and meter,
and told all bar attributes; both without latents and style, as composing without a reference does.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import time
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from models.composer.adapting.replay import PATH, build_replay
from models.composer.batches import Batch, Mixture, Window, bare, epoch
from models.composer.data import Pieces, counts, load_sheets
from models.composer.encode import FIELDS, Encoded
from models.composer.harmony.harmoniser import Harmoniser
from models.composer.harmony.train import train_harmoniser
from models.composer.measure import nats, to_device, windows_of
from models.composer.model import ComposerModel, Shape
from models.composer.novelty import Index
from models.composer.sheets import LeadSheet

log = logging.getLogger("composer.train")
RECIPE = Path(__file__).with_name("recipe.toml")


@dataclass
class Progress:
    """Where a run stands; saved with the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    epoch: int = 0
    best: float = math.inf


def save_weight(model: ComposerModel, path: Path, notes: dict[str, Any]) -> None:
    """Write the model as bfloat16 with its shape and a few facts as metadata."""
    tensors = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
    }
    facts = {"shape": model.shape.to_json(), "fields": FIELDS, **notes}
    save_file(tensors, path, metadata={"segno": json.dumps(facts)})


def finish(weight: Path, sheets: list[LeadSheet], harmoniser: Harmoniser) -> None:
    """Put the harmoniser and the novelty index of the training sheets into a weight."""
    tensors = load_file(weight)
    with safe_open(weight, framework="pt") as stream:
        facts = json.loads(stream.metadata()["segno"]) | {"harmoniser": harmoniser.facts()}
    tensors |= Index.of(sheets).tensors() | harmoniser.tensors()
    save_file(tensors, weight, metadata={"segno": json.dumps(facts)})


def _beta(step: int, recipe: dict[str, Any]) -> float:
    return float(recipe["beta"]) * min(1.0, 2 * (step % recipe["cycle"]) / recipe["cycle"])


def _rate(progress: Progress, done: float, recipe: dict[str, Any]) -> float:
    warm = min(1.0, (progress.step + 1) / recipe["warmup"])
    return (
        float(recipe["learning_rate"]) * warm * (0.03 + 0.97 * (1 + math.cos(math.pi * done)) / 2)
    )


class Trainer:
    """One run: model, its moving average, optimiser and progress."""

    def __init__(self, recipe: dict[str, Any], out: Path, resume: bool) -> None:
        self.recipe, self.out = recipe["train"], out
        torch.manual_seed(self.recipe["seed"])
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        # Without `cpu` accelerate does not see that torchrun started several processes on CPUs.
        cpu = not torch.cuda.is_available()
        self.accelerator = Accelerator(mixed_precision="bf16", cpu=cpu, kwargs_handlers=[unused])
        self.plain = ComposerModel(Shape(**recipe["shape"])).to(self.accelerator.device)
        self.average = copy.deepcopy(self.plain)
        self.progress = Progress()
        state: dict[str, Any] | None = None
        if resume and (out / "checkpoint.pt").exists():
            device = self.accelerator.device
            state = torch.load(out / "checkpoint.pt", map_location=device, weights_only=True)
            self.plain.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.progress = Progress(**state["progress"])
        decayed = [p for p in self.plain.parameters() if p.dim() > 1]
        others = [p for p in self.plain.parameters() if p.dim() <= 1]
        groups = [
            {"params": decayed, "weight_decay": self.recipe["weight_decay"]},
            {"params": others, "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
        if state:
            optimiser.load_state_dict(state["optimiser"])
        self.model, self.optimiser = self.accelerator.prepare(self.plain, optimiser)

    def know(self, profiles: np.ndarray) -> None:
        """Take the mean and spread of the training styles, (P, 60), to standardise with."""
        scale = np.maximum(profiles.std(0), 1e-3)
        for model in (self.plain, self.average):
            model.style_mean.copy_(torch.from_numpy(profiles.mean(0)))
            model.style_scale.copy_(torch.from_numpy(scale))

    def step(self, batch: Batch, done: float) -> float:
        """One optimiser step; the loss in nats per event."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = _rate(self.progress, done, self.recipe)
        batch = to_device(batch, self.accelerator.device)
        with self.accelerator.autocast():
            losses = self.model(batch, free_bits=self.recipe["free_bits"])
        written = (losses.tokens + losses.durations) / losses.events
        loss = written + _beta(self.progress.step, self.recipe) * losses.kl / losses.events
        self.optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.progress.step += 1
        weight = min(self.recipe["average"], self.progress.step / (self.progress.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.plain.parameters(), strict=True):
                mean.lerp_(now, 1 - weight)
        return float(written.detach())

    def check(self, held: Held) -> None:
        """Evaluate the average, export it when it is the best, and save the checkpoint."""
        scores: dict[str, float] = {}
        for name, windows in vars(held).items():
            token, duration, events = nats(self.average, windows)
            scores[name] = (token + duration) / events
        mean = (scores["told"] + scores["bare"]) / 2
        text = " ".join(f"{k} {v:.4f}" for k, v in scores.items())
        log.info("step %d: validation nats per event: %s", self.progress.step, text)
        if not self.accelerator.is_main_process:
            return
        if mean < self.progress.best:
            self.progress.best = mean
            facts = {"step": self.progress.step, "validation": scores}
            save_weight(self.average, self.out / "composer.safetensors", facts)
        state = {
            "model": self.plain.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(state, self.out / "checkpoint.tmp")
        (self.out / "checkpoint.tmp").replace(self.out / "checkpoint.pt")


@dataclass(frozen=True)
class Held:
    """Validation windows of the tunes with chords, told more or less."""

    told: list[Window]
    bare: list[Window]
    latent: list[Window]
    styled: list[Window]

    @classmethod
    def of(cls, pieces: Pieces, length: int) -> Held:
        """Cut and describe the validation pieces."""
        rng = np.random.default_rng(0)
        told: list[Encoded] = []
        styled: list[Window] = []
        chorded = {s.id for s in pieces.sheets if s.chords} or {s.id for s in pieces.sheets}
        for number, (sheet, full) in enumerate(zip(pieces.sheets, pieces.full, strict=True)):
            if sheet.id in chorded:
                parts = windows_of([full], length)
                told.extend(parts)
                style = pieces.style(number, rng)
                styled.extend(Window(bare(part), style=style) for part in parts)
        return cls(
            [Window(w) for w in told],
            [Window(bare(w)) for w in told],
            [Window(w, latent=True) for w in told],
            styled,
        )


def _told(sheets: list[LeadSheet], options: dict[str, Any]) -> list[LeadSheet]:
    """The sheets; for the unconditional baseline with nothing to go by but meter and place."""
    if not options["unconditional"]:
        return sheets
    return [replace(s, chords=(), style="unknown", minor=False) for s in sheets]


def train(
    data: Path,
    cache: Path,
    out: Path,
    recipe: Path = RECIPE,
    minutes: float | None = None,
    resume: bool = False,
) -> Path:
    """Train by a recipe and return the path of the best weight.

    The learning rate follows the nearer end: `steps` of the recipe, or `minutes` of wall clock
    (earlier runs of the same checkpoint counted).
    """
    settings = tomllib.loads(recipe.read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    sheets = load_sheets(data, cache)
    for row in counts(sheets):
        log.info("%s %s: %d sheets (%d with chords), %d bars, %d notes", *row)
    trainer = Trainer(settings, out, resume)
    options, progress = trainer.recipe, trainer.progress
    held = Held.of(Pieces.of(_told(sheets["validation"], options)), options["length"])
    pieces = Pieces.of(_told(sheets["train"], options), augment=not options["unconditional"])
    trainer.know(pieces.profiles.mean(1))
    log.info(
        "%d parameters, %d training events",
        sum(p.numel() for p in trainer.plain.parameters()),
        sum(len(p.tokens) for p in pieces.full),
    )
    mixture = Mixture(options["length"], options["batch_events"], **settings["mixture"])
    checked = progress.seconds
    losses: list[float] = []
    done = 0.0
    while done < 1:
        rng = np.random.default_rng((options["seed"], progress.epoch))
        machines = trainer.accelerator
        for batch in epoch(pieces, rng, mixture, machines.process_index, machines.num_processes):
            begun = time.monotonic()
            losses.append(trainer.step(batch, done))
            if progress.seconds - checked > 60 * options["evaluate_minutes"]:
                checked = progress.seconds
                log.info("epoch %d loss %.4f done %.3f", progress.epoch, np.mean(losses), done)
                losses.clear()
                trainer.check(held)
            progress.seconds += time.monotonic() - begun
            done = progress.step / options["steps"]
            if minutes is not None:
                done = max(done, progress.seconds / 60 / minutes)
            if machines.num_processes > 1:  # clocks differ: all stop after the same step
                done = float(machines.reduce(torch.tensor(done, device=machines.device), "mean"))
            if done >= 1:
                break
        progress.epoch += 1
    trainer.check(held)
    if trainer.accelerator.is_main_process and not options["unconditional"]:
        harmoniser = train_harmoniser(sheets, seed=options["seed"], recipe=recipe)
        finish(out / "composer.safetensors", sheets["train"], harmoniser)
        build_replay(sheets, out / PATH.name)
    return out / "composer.safetensors"
