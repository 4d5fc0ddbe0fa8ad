"""Training the character model: Song ci in, a weight with its vocabulary and novelty index out.

`python -m bot train lyricist --language zh --data DIR` writes `checkpoint.pt` every few minutes
(and goes on from it), and `lyricist_zh.safetensors` whenever the moving average of the weights has
the best validation loss so far. The blocks' matrices learn by Muon (Jordan and others, 2024: fewer
steps for so little computing), the tables by AdamW.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import random
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from models.lyricist.chinese.corpus import Poem
from models.lyricist.chinese.data import (
    IGNORED,
    SPECIAL,
    Batch,
    collated,
    embedding,
    epoch,
    page,
    prepared,
    vocabulary,
)
from models.lyricist.chinese.model import ChineseModel, Shape
from models.lyricist.chinese.novelty import index_of

log = logging.getLogger("lyricist.chinese.train")
RECIPE = Path(__file__).with_name("recipe.toml")
WEIGHT = "lyricist_zh.safetensors"


@dataclass
class Progress:
    """Where a run stands; saved with the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    epoch: int = 0
    best: float = math.inf


@dataclass(frozen=True)
class Known:
    """What generation knows of the training poems beside the network.

    The novelty index; (V,) counts; the characters said twice in a row at least three times.
    """

    grams: Tensor
    counts: Tensor
    doubles: str

    @classmethod
    def of(cls, poems: Sequence[Poem], ids: dict[str, int]) -> Known:
        """From the training poems and the vocabulary's ids."""
        counts = torch.zeros(len(ids) + SPECIAL, dtype=torch.int32)
        twice: Counter[str] = Counter()
        for poem in poems:
            for clause in (clause for line in poem.lines for clause in line):
                twice.update(a for a, b in pairwise(clause) if a == b)
            for character, count in Counter(poem.text).items():
                if character in ids:
                    counts[ids[character]] += count
        doubles = "".join(sorted(c for c, n in twice.items() if n >= 3 and c in ids))
        return cls(index_of(poems), counts, doubles)


def loss_sum(model: ChineseModel, batch: Batch) -> Tensor:
    """Summed cross-entropy in nats over a batch's labels."""
    states, _ = model.hidden(batch.ids, batch.fields)
    wanted = batch.labels != IGNORED
    logits = model.logits(states[wanted]).float()
    return F.cross_entropy(logits, batch.labels[wanted], reduction="sum")


@torch.no_grad()
def nats(
    model: ChineseModel, poems: Sequence[Poem], known: dict[str, int], told: bool
) -> tuple[float, int]:
    """Summed nats and known characters of whole poems.

    `told`: themes, mood and rhymes are given; otherwise only the lengths.
    """
    model.eval()
    total, count = 0.0, 0
    ordered = sorted(poems, key=lambda p: len(p.text))
    for start in range(0, len(ordered), 32):
        pages = []
        for poem in ordered[start : start + 32]:
            ids, fields, labels = page(
                poem, known, poem.themes[:3] if told else "", poem.mood if told else 0
            )
            if not told:
                fields = fields.copy()
                fields[:, 3] = 0
            pages.append((ids, fields, labels))
        batch = collated(pages)
        total += float(loss_sum(model, batch))
        count += int((batch.labels != IGNORED).sum())
    return total, count


class Trainer:
    """One run: model, its moving average, two optimisers and progress."""

    def __init__(self, recipe: dict[str, Any], characters: list[str], out: Path) -> None:
        self.recipe, self.options, self.out = recipe, recipe["train"], out
        self.characters = characters
        self.known = {c: i + SPECIAL for i, c in enumerate(characters)}
        torch.manual_seed(self.options["seed"])
        self.model = ChineseModel(Shape(len(characters) + SPECIAL, **recipe["shape"]))
        self.average = copy.deepcopy(self.model)
        matrices = [p for p in self.model.blocks.parameters() if p.dim() == 2]
        apart = {id(p) for p in matrices}
        others = [p for p in self.model.parameters() if id(p) not in apart]
        decay = self.options["weight_decay"]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=1.0, weight_decay=decay, momentum=0.95),
            torch.optim.AdamW(others, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.progress = Progress()

    def begin(self, poems: Sequence[Poem], known: Known) -> None:
        """Start the table from the training text's co-occurrences, the bias from its counts."""
        shape = self.model.shape
        counts = known.counts.double() + 0.5
        table = embedding(poems, self.known, shape.vocabulary, shape.width)
        with torch.no_grad():
            for model in (self.model, self.average):
                model.characters.weight.copy_(table)
                model.bias.copy_((counts / counts.sum()).log())

    def rate(self, done: float) -> float:
        """The share of the learning rates: warm up, stay, come down straight to zero."""
        warm = min(1.0, (self.progress.step + 1) / self.options["warmup_steps"])
        return warm * min(1.0, (1 - done) / self.options["decay_share"])

    def step(self, batch: Batch, done: float) -> float:
        """One optimiser step; the loss in nats per character."""
        self.model.train()
        share = self.rate(done)
        rates = (self.options["matrix_rate"], self.options["table_rate"])
        for optimiser, rate in zip(self.optimisers, rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        count = int((batch.labels != IGNORED).sum())
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_sum(self.model, batch) / count
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options["clip"])
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.progress.step += 1
        keep = min(self.options["average"], self.progress.step / (self.progress.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        return float(loss.detach())

    def save(self) -> None:
        """Everything needed to go on, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "progress": vars(self.progress),
        }
        torch.save(state, self.out / "checkpoint.new")
        (self.out / "checkpoint.new").replace(self.out / "checkpoint.pt")

    def resume(self) -> None:
        """Go on from the checkpoint."""
        state = torch.load(self.out / "checkpoint.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.progress = Progress(**state["progress"])

    def check(self, held: Sequence[Poem], known: Known) -> dict[str, float]:
        """Validation perplexities of the average; exported when "told" is the best so far."""
        scores = {}
        for name, told in (("told", True), ("lengths", False)):
            total, count = nats(self.average, held, self.known, told)
            scores[name] = math.exp(total / count)
        log.info("step %d: validation perplexity %s", self.progress.step, scores)
        if scores["told"] < self.progress.best:
            self.progress.best = scores["told"]
            self.export(known, {"step": self.progress.step, "validation": scores})
        self.save()
        return scores

    def export(self, known: Known, notes: dict[str, Any]) -> None:
        """Write the average in bfloat16 with its vocabulary and what else generation knows."""
        tensors = {
            name: value.to(torch.bfloat16).contiguous()
            for name, value in self.average.state_dict().items()
        }
        facts = {
            "shape": self.model.shape.to_json(),
            "characters": "".join(self.characters),
            "doubles": known.doubles,
            **notes,
        }
        save_file(
            tensors | {"grams": known.grams, "counts": known.counts},
            self.out / WEIGHT,
            metadata={"segno": json.dumps(facts, ensure_ascii=False)},
        )


def train(
    data: Path,
    out: Path,
    cache: Path,
    recipe_path: Path = RECIPE,
    resume: bool = True,
    minutes: float | None = None,
) -> Path:
    """Follow the recipe; returns the path of the weight with the best validation perplexity.

    The rates come down towards the nearer end: `steps` of the recipe or `minutes` of wall clock
    (earlier runs of the same checkpoint counted).

    Raises
    ------
    FileNotFoundError
        When `data` has no Song ci.
    """
    recipe = tomllib.loads(recipe_path.read_text(encoding="utf-8"))
    options = recipe["train"]
    torch.set_num_threads(options["threads"])
    out.mkdir(parents=True, exist_ok=True)
    parts = prepared(data, cache)
    poems = parts["train"]
    trainer = Trainer(recipe, vocabulary(poems, recipe["data"]["least"]), out)
    known = Known.of(poems, trainer.known)
    if resume and (out / "checkpoint.pt").exists():
        trainer.resume()
    else:
        trainer.begin(poems, known)
    parameters = sum(p.numel() for p in trainer.model.parameters())
    log.info("%d poems, %d characters, %d parameters", len(poems), len(trainer.known), parameters)
    progress = trainer.progress
    checked, done, losses = progress.seconds, 0.0, []
    while done < 1:
        rng = random.Random(options["seed"] + progress.epoch)
        sizes = options["tokens_per_step"], recipe["data"]["longest"]
        for batch in epoch(poems, trainer.known, rng, *sizes):
            begun = time.monotonic()
            losses.append(trainer.step(batch, done))
            if progress.step % 20 == 0:
                mean = float(np.mean(losses[-20:]))
                log.info("step %d: %.4f nats, %.0f s", progress.step, mean, progress.seconds)
            if progress.seconds - checked > 60 * options["check_minutes"]:
                checked = progress.seconds
                trainer.check(parts["validation"], known)
            progress.seconds += time.monotonic() - begun
            done = progress.step / options["steps"]
            if minutes is not None:
                done = max(done, progress.seconds / 60 / minutes)
            if done >= 1:
                break
        progress.epoch += 1
    trainer.check(parts["validation"], known)
    return out / WEIGHT
