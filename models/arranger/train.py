"""Training the arranger: shards of bands in, a weight with its codes as metadata out.

`python -m bot train arranger --data DIR` renders and reads the corpora into the cache (once),
writes `checkpoint.pt` every few minutes (and goes on from it), and `arranger.safetensors` whenever
the validation loss is best: nats per step written, over the sources in the shares of `batches.MIX`,
nothing given and no texture told, as a whole band is written.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from models.arranger.band import Band
from models.arranger.batches import MIX, Codes, Library, learn_codes, read_bands
from models.arranger.context import fields
from models.arranger.corpora.prepare import prepare
from models.arranger.judge import Judge
from models.arranger.model import ArrangerNet, Batch, Config, losses

log = logging.getLogger("arranger.train")
RECIPE = Path(__file__).with_name("recipe.toml")


@dataclass
class Progress:
    """Where a run stands; saved with the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    best: float = math.inf


def save_weight(net: ArrangerNet, codes: Codes, path: Path, notes: dict[str, Any]) -> None:
    """Write the network as bfloat16 with its sizes and codes as metadata."""
    tensors = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in net.state_dict().items()
    }
    facts = {
        "config": asdict(net.config),
        "fields": fields(len(codes.styles)),
        **codes.to_json(),
        **notes,
    }
    save_file(tensors, path, metadata={"segno": json.dumps(facts)})


@torch.no_grad()
def measure(net: ArrangerNet, batches: list[Batch]) -> dict[str, float]:
    """Nats: per slot-step written in all, per drum hit, per stroke of a pitched slot."""
    net.eval()
    sums = [0.0] * 5
    for batch in batches:
        with torch.autocast(str(batch.ids.device).split(":")[0], torch.bfloat16):
            found = losses(net, batch)
        strokes = found.words.sum() + found.octaves.sum()
        values = (found.drums, strokes, found.steps, found.hits, found.strokes.sum())
        sums = [total + float(value) for total, value in zip(sums, values, strict=True)]
    drums, pitched, steps, hits, struck = sums
    return {
        "step": (drums + pitched) / max(1.0, steps),
        "hit": drums / max(1.0, hits),
        "stroke": pitched / max(1.0, struck),
    }


def finish(weight: Path, bands: Sequence[Band]) -> None:
    """Put the judge of styles, learned from MMA's training renders, into a weight."""
    tensors = load_file(weight)
    with safe_open(weight, framework="pt") as stream:
        facts = stream.metadata()
    tensors |= Judge.learn([b for b in bands if b.source == "mma"]).tensors()
    save_file(tensors, weight, metadata=facts)


class Trainer:
    """One run: network, its moving average, optimiser and progress."""

    def __init__(self, recipe: dict[str, Any], codes: Codes, out: Path, resume: bool) -> None:
        self.options, self.codes, self.out = recipe["train"], codes, out
        torch.manual_seed(self.options["seed"])
        cpu = not torch.cuda.is_available()
        self.accelerator = Accelerator(mixed_precision="bf16", cpu=cpu)
        sizes = Config(len(codes.shapes.rows) + 2, len(codes.styles), **recipe["shape"])
        device = self.accelerator.device
        self.plain = ArrangerNet(sizes, self.options["dropout"]).to(device)
        self.average = copy.deepcopy(self.plain)
        self.progress = Progress()
        optimiser = torch.optim.AdamW(
            self.plain.parameters(),
            lr=1e-3,
            betas=(0.9, 0.98),
            weight_decay=self.options["weight_decay"],
        )
        if resume and (out / "checkpoint.pt").exists():
            state = torch.load(out / "checkpoint.pt", map_location=device, weights_only=True)
            self.plain.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.progress = Progress(**state["progress"])
            optimiser.load_state_dict(state["optimiser"])
        self.net, self.optimiser = self.accelerator.prepare(self.plain, optimiser)

    def to_device(self, batch: Batch) -> Batch:
        """The batch where the network is."""
        device = self.accelerator.device
        moved = {
            k: getattr(batch, k).to(device) for k in ("ids", "drums", "words", "octaves", "texture")
        }
        return Batch(bar=batch.bar, **moved)

    def step(self, batch: Batch, done: float) -> float:
        """One optimiser step; the loss in nats per slot-step."""
        self.net.train()
        warm = min(1.0, (self.progress.step + 1) / self.options["warmup"])
        rate = warm * (0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, done))) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = self.options["learning_rate"] * rate
        with self.accelerator.autocast():
            found = losses(self.net, self.to_device(batch), self.options["free_bits"])
        written = found.drums + found.words.sum() + found.octaves.sum()
        loss = (written + self.options["beta"] * found.divergence) / found.steps.clamp(min=1.0)
        self.optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.progress.step += 1
        weight = min(self.options["average"], self.progress.step / (self.progress.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.plain.parameters(), strict=True):
                mean.lerp_(now, 1 - weight)
        return float((written / found.steps.clamp(min=1.0)).detach())

    def check(self, held: dict[str, list[Batch]]) -> None:
        """Evaluate the average, export it when it is the best, and save the checkpoint."""
        scores = {source: measure(self.average, batches) for source, batches in held.items()}
        for source, found in scores.items():
            text = " ".join(f"{k} {v:.4f}" for k, v in found.items())
            log.info("step %d: validation %s: nats per %s", self.progress.step, source, text)
        whole = sum(MIX[s] for s in scores)
        mean = sum(MIX[s] * found["step"] for s, found in scores.items()) / whole
        if mean < self.progress.best:
            self.progress.best = mean
            notes = {"step": self.progress.step, "validation": scores}
            save_weight(self.average, self.codes, self.out / "arranger.safetensors", notes)
        state = {
            "model": self.plain.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(state, self.out / "checkpoint.tmp")
        (self.out / "checkpoint.tmp").replace(self.out / "checkpoint.pt")


def _codes(bands: Sequence[Band], shapes: int, path: Path, resume: bool) -> Codes:
    """The codes of a run: learned once, then kept, for the weights are tied to them."""
    if resume and path.exists():
        return Codes.of(json.loads(path.read_text(encoding="utf-8")))
    codes = learn_codes(bands, shapes)
    path.write_text(json.dumps(codes.to_json()), encoding="utf-8")
    return codes


def held_out(cache: Path, codes: Codes, split: str, bars: int) -> dict[str, list[Batch]]:
    """The bands of a split by source, in fixed batches."""
    by_source: dict[str, list[Any]] = {}
    for band in read_bands(cache, split):
        by_source.setdefault(band.source, []).append(band)
    return {s: Library(bands, codes).fixed(16, bars, 0) for s, bands in by_source.items()}


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
    options = settings["train"]
    out.mkdir(parents=True, exist_ok=True)
    prepare(data, cache, options["shards"])
    bands = read_bands(cache, "train")
    codes = _codes(bands, options["shapes"], out / "codes.json", resume)
    library = Library(bands, codes)
    trainer = Trainer(settings, codes, out, resume)
    held = {
        source: [trainer.to_device(b) for b in batches]
        for source, batches in held_out(cache, codes, "validation", options["bars"]).items()
    }
    log.info(
        "%d parameters; %d bands, %d bars; %d shapes; sources %s",
        sum(p.numel() for p in trainer.plain.parameters()),
        len(bands),
        sum(b.bars for b in bands),
        len(codes.shapes.rows),
        ", ".join(library.sources()),
    )
    progress, checked, recent, done = trainer.progress, trainer.progress.seconds, [], 0.0
    while done < 1:
        begun = time.monotonic()
        rng = np.random.default_rng((options["seed"], progress.step))
        batch = library.draw(rng, options["batch"], options["bars"], options["openings"])
        recent.append(trainer.step(batch, done))
        if progress.seconds - checked > 60 * options["evaluate_minutes"]:
            checked = progress.seconds
            log.info("step %d loss %.4f done %.3f", progress.step, np.mean(recent), done)
            recent.clear()
            trainer.check(held)
        progress.seconds += time.monotonic() - begun
        done = progress.step / options["steps"]
        if minutes is not None:
            done = max(done, progress.seconds / 60 / minutes)
    trainer.check(held)
    finish(out / "arranger.safetensors", bands)
    return out / "arranger.safetensors"
