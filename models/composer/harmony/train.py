"""Training of the harmoniser: lead sheets with chords in, a `Harmoniser` out.

A few minutes of one core, at the end of `python -m bot train composer`. The network learns the
chord and the change at every beat by cross-entropy; the bigram of changes is counted on the same
training sheets (not the planner's shipped counts, which have seen most test songs) with the same
absolute discounting. The weights that did best on validation are kept.
"""

from __future__ import annotations

import copy
import logging
import math
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from models.composer.harmony.harmoniser import (
    FIELDS,
    Harmoniser,
    HarmoniserModel,
    HarmoniserShape,
    labels_of,
    melody_of,
    slots_of,
)
from models.composer.harmony.path import CHORDS, Floats, Weights
from models.composer.sheets import STYLES, LeadSheet

log = logging.getLogger("composer.harmoniser")
RECIPE = Path(__file__).parents[1] / "recipe.toml"
_STYLE = list(FIELDS).index("style")
_UNKNOWN = sum(list(FIELDS.values())[:_STYLE]) + STYLES.index("unknown")
_DISCOUNT = 0.75


@dataclass(frozen=True)
class Lesson:
    """A sheet as the network learns it: reals (T, REALS), rows (T, fields), labels (T,)."""

    reals: Tensor
    rows: Tensor
    labels: Tensor
    per_bar: int

    @classmethod
    def of(cls, sheet: LeadSheet) -> Lesson:
        """Features and labels of a sheet."""
        melody = melody_of(sheet)
        reals, rows = slots_of(melody, sheet.style)
        labels = torch.from_numpy(labels_of(sheet))
        return cls(torch.from_numpy(reals).float(), torch.from_numpy(rows), labels, melody.per_bar)

    def window(self, begin: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
        """Some of its slots."""
        cut = slice(begin, begin + length)
        return self.reals[cut], self.rows[cut], self.labels[cut]


def bigram(sheets: Iterable[LeadSheet]) -> Floats:
    """Log P(next chord | chord) of changes by mode, (2, 120, 120), over sheets with chords."""
    counts = np.zeros((2, CHORDS, CHORDS))
    for sheet in sheets:
        tokens = [10 * root + quality for _, root, quality in sheet.chords]
        np.add.at(counts[int(sheet.minor)], (tokens[:-1], tokens[1:]), 1)
    for mode in counts:
        usual = mode.sum(0) + 0.1
        usual /= usual.sum()
        total = mode.sum(1, keepdims=True)
        kept = np.maximum(mode - _DISCOUNT, 0)
        freed = (mode - kept).sum(1, keepdims=True)
        mode[:] = np.where(total > 0, (kept + freed * usual) / np.maximum(total, 1), usual)
    return np.log(counts)


def _stacked(parts: Sequence[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, ...]:
    """Windows padded to one length: reals, rows, labels (-1 in padding), padding."""
    reals, rows, labels = (
        pad_sequence([part[column] for part in parts], batch_first=True, padding_value=value)
        for column, value in enumerate((0, 0, -1))
    )
    lengths = torch.tensor([len(p[2]) for p in parts])
    return reals, rows, labels, torch.arange(labels.shape[1])[None, :] >= lengths[:, None]


def loss_of(model: HarmoniserModel, batch: tuple[Tensor, ...], smoothing: float = 0.0) -> Tensor:
    """Sums over a batch, (3,): nats of chords, nats of changes, labelled slots."""
    reals, rows, labels, padding = batch
    chord, change = model(reals, rows, padding)
    kept = labels >= 0
    chords = functional.cross_entropy(
        chord[kept], labels[kept], reduction="sum", label_smoothing=smoothing
    )
    both = kept[:, 1:] & kept[:, :-1]
    moved = (labels[:, 1:] != labels[:, :-1])[both].float()
    changes = functional.binary_cross_entropy_with_logits(
        change[:, 1:][both], moved, reduction="sum"
    )
    return torch.stack([chords, changes, kept.sum()])


@torch.no_grad()
def nats(model: HarmoniserModel, lessons: Sequence[Lesson]) -> tuple[float, float]:
    """Mean nats of the chord and of the change in a slot, each sheet heard whole."""
    model.eval()
    total = torch.zeros(3)
    for lesson in lessons:
        total += loss_of(model, _stacked([lesson.window(0, len(lesson.labels))]))
    return float(total[0] / total[2]), float(total[1] / total[2])


def _batch(
    lessons: Sequence[Lesson], shares: Floats, recipe: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Windows from random bar lines; of some, the style is not told."""
    parts = []
    for n in rng.choice(len(lessons), recipe["batch"], p=shares):
        lesson = lessons[n]
        spare = max(0, len(lesson.labels) - recipe["length"]) // lesson.per_bar
        begin = int(rng.integers(spare + 1)) * lesson.per_bar
        reals, rows, labels = lesson.window(begin, recipe["length"])
        if rng.random() < recipe["untold_style"]:
            rows = rows.clone()
            rows[:, _STYLE] = _UNKNOWN
        parts.append((reals, rows, labels))
    return _stacked(parts)


def train_harmoniser(
    sheets: Mapping[str, Sequence[LeadSheet]],
    minutes: float | None = None,
    seed: int = 0,
    recipe: Path = RECIPE,
) -> Harmoniser:
    """Train on the "train" sheets that have chords; keep what is best on "validation".

    The rate falls to the nearer end: the recipe's `steps`, or `minutes` of wall clock.
    """
    settings = tomllib.loads(recipe.read_text(encoding="utf-8"))["harmoniser"]
    options = settings["train"]
    chorded = {name: [s for s in part if s.chords] for name, part in sheets.items()}
    lessons = [Lesson.of(s) for s in chorded["train"]]
    held = [Lesson.of(s) for s in chorded["validation"]]
    sizes = np.array([min(len(n.labels), 4 * options["length"]) for n in lessons], float)
    shares = sizes / sizes.sum()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = HarmoniserModel(HarmoniserShape(**settings["shape"]))
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=options["weight_decay"])
    best, kept, step, done = math.inf, model.state_dict(), 0, 0.0
    begun = time.monotonic()
    due = options["first_check"]
    while done < 1:
        model.train()
        rate = min(1, (step + 1) / options["warmup"]) * (1 + math.cos(math.pi * done)) / 2
        for group in optimiser.param_groups:
            group["lr"] = options["learning_rate"] * max(rate, 0.01)
        with torch.autocast("cpu", torch.bfloat16):
            losses = loss_of(model, _batch(lessons, shares, options, rng), options["smoothing"])
        optimiser.zero_grad(set_to_none=True)
        ((losses[0] + options["change_share"] * losses[1]) / losses[2]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        done = step / options["steps"]
        if minutes is not None:
            done = max(done, (time.monotonic() - begun) / 60 / minutes)
        if done >= min(due, 1):
            due += options["check_every"]
            chord, change = nats(model, held)
            log.info("step %d: validation nats a beat: chord %.4f change %.4f", step, chord, change)
            if chord + change < best:
                best, kept = chord + change, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return Harmoniser(model.eval(), bigram(chorded["train"]), Weights(**settings["path"]))
