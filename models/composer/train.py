"""Training on CPU (or a GPU, if there is one): raw corpora in, a weight with its metadata out.

`python -m bot train composer --data DIR` writes `checkpoint.pt` every few minutes (and goes on from
it), and `composer.safetensors` whenever the validation loss is best.
The validation loss is the mean of two: told only chords and meter, and told all bar attributes;
both without latents, as composing without a reference does.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from models.composer.data import Batch, Pieces, bare, collate, cut, epoch, load_sheets
from models.composer.encode import FIELDS, Encoded
from models.composer.model import ComposerModel, Shape
from models.composer.novelty import index_of
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


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    return Batch(*(getattr(batch, f).to(device) for f in Batch.__dataclass_fields__))


def windows_of(pieces: list[Encoded], length: int) -> list[Encoded]:
    """Every piece cut into consecutive windows."""
    return [
        cut(piece, at, min(at + length, len(piece.tokens)))
        for piece in pieces
        for at in range(0, len(piece.tokens), length)
    ]


@torch.no_grad()
def nats(
    model: ComposerModel, windows: list[Encoded], latent: bool = False, batch: int = 16
) -> tuple[float, float, int]:
    """Summed nats of tokens and of durations, and the number of events, without sampling noise."""
    model.eval()
    device = next(model.parameters()).device
    token = duration = 0.0
    events = 0
    ordered = sorted(windows, key=lambda w: len(w.tokens))
    for at in range(0, len(ordered), batch):
        group = ordered[at : at + batch]
        collated = to_device(collate(group, [latent] * len(group), None), device)
        with torch.autocast(device.type, torch.bfloat16):
            losses = model(collated, sample=False)
        token += float(losses.tokens)
        duration += float(losses.durations)
        events += int(losses.events)
    return token, duration, events


def save_weight(model: ComposerModel, path: Path, notes: dict[str, Any]) -> None:
    """Write the model as bfloat16 with its shape and a few facts as metadata."""
    tensors = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
    }
    facts = {"shape": model.shape.to_json(), "fields": FIELDS, **notes}
    save_file(tensors, path, metadata={"segno": json.dumps(facts)})


def finish(weight: Path, sheets: list[LeadSheet]) -> None:
    """Put the novelty index of the training sheets into a weight."""
    tensors = load_file(weight)
    with safe_open(weight, framework="pt") as stream:
        facts = stream.metadata()
    keys = index_of(sheets).astype(np.uint32).view(np.int32)
    save_file({**tensors, "novelty": torch.from_numpy(keys)}, weight, metadata=facts)


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
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = ComposerModel(Shape(**recipe["shape"])).to(self.device)
        self.average = copy.deepcopy(self.model)
        decayed = [p for p in self.model.parameters() if p.dim() > 1]
        others = [p for p in self.model.parameters() if p.dim() <= 1]
        groups = [
            {"params": decayed, "weight_decay": self.recipe["weight_decay"]},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
        self.progress = Progress()
        if resume and (out / "checkpoint.pt").exists():
            state = torch.load(out / "checkpoint.pt", map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.progress = Progress(**state["progress"])

    def step(self, batch: Batch, done: float) -> float:
        """One optimiser step; the loss in nats per event."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = _rate(self.progress, done, self.recipe)
        batch = to_device(batch, self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            losses = self.model(batch, free_bits=self.recipe["free_bits"])
        written = (losses.tokens + losses.durations) / losses.events
        loss = written + _beta(self.progress.step, self.recipe) * losses.kl / losses.events
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.progress.step += 1
        weight = min(self.recipe["average"], self.progress.step / (self.progress.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(now, 1 - weight)
        return float(written.detach())

    def check(self, windows: list[Encoded], opened: list[Encoded]) -> None:
        """Evaluate the average, export it when it is the best, and save the checkpoint."""
        scores: dict[str, float] = {}
        for name, chosen in (("told", windows), ("bare", opened)):
            token, duration, events = nats(self.average, chosen)
            scores[name] = (token + duration) / events
        token, duration, events = nats(self.average, windows, latent=True)
        scores["latent"] = (token + duration) / events
        mean = (scores["told"] + scores["bare"]) / 2
        text = " ".join(f"{k} {v:.4f}" for k, v in scores.items())
        log.info("step %d: validation nats per event: %s", self.progress.step, text)
        if mean < self.progress.best:
            self.progress.best = mean
            facts = {"step": self.progress.step, "validation": scores}
            save_weight(self.average, self.out / "composer.safetensors", facts)
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(state, self.out / "checkpoint.tmp")
        (self.out / "checkpoint.tmp").replace(self.out / "checkpoint.pt")


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
    pieces, held = Pieces.of(sheets["train"]), Pieces.of(sheets["validation"])
    trainer = Trainer(settings, out, resume)
    options, progress = trainer.recipe, trainer.progress
    windows = windows_of(list(held.full), options["length"])
    opened = [bare(w) for w in windows]
    log.info(
        "%d parameters, %d training events",
        sum(p.numel() for p in trainer.model.parameters()),
        sum(len(p.tokens) for p in pieces.full),
    )
    checked = progress.seconds
    losses: list[float] = []
    done = 0.0
    while done < 1:
        rng = np.random.default_rng((options["seed"], progress.epoch))
        for batch in epoch(pieces, rng, options["length"], options["batch_events"]):
            begun = time.monotonic()
            losses.append(trainer.step(batch, done))
            if progress.seconds - checked > 60 * options["evaluate_minutes"]:
                checked = progress.seconds
                log.info("epoch %d loss %.4f done %.3f", progress.epoch, np.mean(losses), done)
                losses.clear()
                trainer.check(windows, opened)
            progress.seconds += time.monotonic() - begun
            done = progress.step / options["steps"]
            if minutes is not None:
                done = max(done, progress.seconds / 60 / minutes)
            if done >= 1:
                break
        progress.epoch += 1
    trainer.check(windows, opened)
    finish(out / "composer.safetensors", sheets["train"])
    return out / "composer.safetensors"
