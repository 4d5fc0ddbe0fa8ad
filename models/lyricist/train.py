"""Training the lyricist's adapter: stanzas in, a LoRA adapter out.

`python -m bot train lyricist --data DIR` labels the corpus (once, into the cache), then trains a
low-rank adapter (E. Hu and others, "LoRA", ICLR 2022) of SmolLM2 by the recipe; it writes
`checkpoint.pt` every few minutes, goes on from it, and ends with `lyricist.safetensors`.

Two savings make it fit on one core. The softmax runs over the tokens that occur in the pages
(a third of the vocabulary): the rest is a fifth of all arithmetic and never right. The adapter
computes in bf16 like the model under it, while the optimiser keeps its values in float32: left
to itself, peft widens every activation instead.
"""

from __future__ import annotations

import json
import logging
import math
import random
import time
import tomllib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from models.lyricist.base import load_causal
from models.lyricist.corpus import Stanza, theme_vocabulary, words_of
from models.lyricist.data import IGNORED, Batch, batches, encoded, padded, prepare, used_tokens
from models.lyricist.meaning import Meaning
from models.lyricist.page import Page, plain_page, planned_page
from models.lyricist.pronounce import load as load_pronouncer
from models.lyricist.wordbook import learn, words_of_today

log = logging.getLogger("lyricist.train")
RECIPE = Path(__file__).with_name("recipe.toml")


def lora_config(options: dict[str, Any]) -> LoraConfig:
    """The adapter's shape, from the recipe's `[lora]`."""
    return LoraConfig(
        r=options["rank"],
        lora_alpha=options["alpha"],
        target_modules=options["targets"],
        task_type="CAUSAL_LM",
    )


def wrapped(model: PreTrainedModel, options: dict[str, Any], **rest: Any) -> Any:
    """The model with a fresh adapter of that shape."""
    with warnings.catch_warnings():
        # peft asks transformers by a name that is on its way out.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, lora_config(options), **rest)


@torch.no_grad()
def perplexity(
    model: Any, tokenizer: PreTrainedTokenizerBase, pages: Sequence[Page], words: Sequence[Page]
) -> float:
    """Perplexity of `pages`, per token of `words` (the same stanzas' plain pages).

    A planned page holds its text twice over in part (the end words); counting its whole loss on
    the tokens of the text alone makes planned and plain pages comparable, never to the plan's
    advantage. Given headers cost nothing.
    """
    nats, tokens = 0.0, 0
    for start in range(0, len(pages), 16):
        batch = padded([encoded(page, tokenizer) for page in pages[start : start + 16]])
        nats += float(loss_sum(model, batch, None))
        plain = [encoded(page, tokenizer) for page in words[start : start + 16]]
        tokens += sum(len(ids) - given for ids, given in plain)
    return math.exp(nats / tokens)


def loss_sum(model: Any, batch: Batch, used: torch.Tensor | None) -> torch.Tensor:
    """Summed cross-entropy in nats over a batch's labels, over the `used` tokens or all."""
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    # Causal, and padded at the end: no real token can see the padding, so no mask is needed.
    hidden = causal.model(input_ids=batch.ids).last_hidden_state
    wanted = batch.labels[:, 1:] != IGNORED
    states, labels = hidden[:, :-1][wanted], batch.labels[:, 1:][wanted]  # (N, d), (N,)
    head = causal.lm_head.weight
    if used is not None:
        head, labels = head[used], torch.searchsorted(used, labels)
    return F.cross_entropy((states @ head.T).float(), labels, reduction="sum")


class Trainer:
    """One run of an adapter: the wrapped model, float32 copies of its values, and where it is."""

    def __init__(
        self, model: PreTrainedModel, recipe: dict[str, Any], used: np.ndarray | None
    ) -> None:
        self.options = recipe["train"]
        torch.manual_seed(self.options["seed"])
        self.model = wrapped(model, recipe["lora"], autocast_adapter_dtype=False)
        self.used = None if used is None else torch.from_numpy(used)
        self.narrow = [p for p in self.model.parameters() if p.requires_grad]
        self.wide = [p.detach().float().requires_grad_() for p in self.narrow]
        self.optimiser = torch.optim.AdamW(
            self.wide, betas=(0.9, 0.98), weight_decay=self.options["weight_decay"]
        )
        self.step_number = 0

    def rate(self) -> float:
        """The learning rate at this step: warm up, stay, come down straight to zero."""
        total, share = self.options["steps"], self.options["decay_share"]
        warm = min(1.0, (self.step_number + 1) / self.options["warmup_steps"])
        left = max(0.0, (total - self.step_number) / max(1.0, total * share))
        return float(self.options["learning_rate"] * min(warm, left))

    def step(self, batch: Batch) -> float:
        """One optimiser step; the loss in nats per token."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        count = int((batch.labels[:, 1:] != IGNORED).sum())
        loss = loss_sum(self.model, batch, self.used) / max(1, count)
        loss.backward()
        for wide, narrow in zip(self.wide, self.narrow, strict=True):
            wide.grad = None if narrow.grad is None else narrow.grad.float()
            narrow.grad = None
        torch.nn.utils.clip_grad_norm_(self.wide, self.options["clip"])
        self.optimiser.step()
        with torch.no_grad():
            for wide, narrow in zip(self.wide, self.narrow, strict=True):
                narrow.copy_(wide)
        self.step_number += 1
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Everything needed to go on, whole or not at all."""
        state = {
            "wide": self.wide,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step_number,
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for wide, narrow, saved in zip(self.wide, self.narrow, state["wide"], strict=True):
                wide.copy_(saved)
                narrow.copy_(saved)
        self.optimiser.load_state_dict(state["optimiser"])
        self.step_number = state["step"]

    def export(self, path: Path, recipe: dict[str, Any], notes: dict[str, Any]) -> None:
        """Write the adapter in float16 with its shape as metadata."""
        tensors = get_peft_model_state_dict(self.model)
        facts = {"lora": recipe["lora"], **notes}
        save_file(
            {name: value.to(torch.float16).contiguous() for name, value in tensors.items()},
            path,
            metadata={"segno": json.dumps(facts)},
        )


def put_on(model: PreTrainedModel, path: Path) -> Any:
    """The model with an exported adapter merged into its weights: as fast as without.

    Raises
    ------
    ValueError
        When the adapter was made for a model of another shape.
    """
    with safe_open(path, framework="pt") as stream:
        facts = json.loads(stream.metadata()["segno"])
    adapted = wrapped(model, facts["lora"])
    try:
        set_peft_model_state_dict(adapted, load_file(path))
    except RuntimeError as error:
        raise ValueError(f"{path.name} was trained for another language model") from error
    return adapted.merge_and_unload().eval()


def labelled_corpus(data: Path, cache: Path) -> dict[str, list[Stanza]]:
    """`prepare`, kept in the cache as JSON lines."""
    path = cache / "stanzas.json"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        parts = prepare(data)
        text = {split: [s.__dict__ for s in stanzas] for split, stanzas in parts.items()}
        path.write_text(json.dumps(text))
    rows = json.loads(path.read_text())
    return {split: [_stanza(row) for row in part] for split, part in rows.items()}


def _stanza(row: dict[str, Any]) -> Stanza:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Stanza(**fields)


def check(
    trainer: Trainer, tokenizer: PreTrainedTokenizerBase, held: Sequence[Stanza]
) -> dict[str, float]:
    """Perplexity of held-out stanzas: the plain lines, and the lines with theme and plan."""
    trainer.model.eval()
    plain = [plain_page(s) for s in held]
    planned = [planned_page(s) for s in held]
    return {
        "plain": perplexity(trainer.model, tokenizer, plain, plain),
        "planned": perplexity(trainer.model, tokenizer, planned, plain),
    }


def train(
    data: Path, out: Path, cache: Path, recipe_path: Path = RECIPE, resume: bool = True
) -> Path:
    """Follow the recipe; returns the adapter's path.

    Raises
    ------
    FileNotFoundError
        When `data` has no verse; `ModelMissingError` when SmolLM2 is not installed.
    """
    recipe = tomllib.loads(recipe_path.read_text())
    options = recipe["train"]
    torch.set_num_threads(options["threads"])
    parts = labelled_corpus(data, cache)
    model, tokenizer = load_causal()
    # Its fused kernel goes back twice as slowly as plain products at such short lines.
    model.set_attn_implementation("eager")
    trainer = Trainer(model, recipe, used_tokens(parts["train"], tokenizer, options["seed"]))
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, weight = out / "checkpoint.pt", out / "lyricist.safetensors"
    if resume and checkpoint.exists():
        trainer.resume(checkpoint)
    held = random.Random(options["seed"]).sample(
        parts["validation"], min(options["validation_stanzas"], len(parts["validation"]))
    )
    stream = batches(
        parts["train"],
        tokenizer,
        options["tokens_per_step"],
        recipe["data"]["plain_share"],
        options["seed"] + trainer.step_number,
    )
    started, losses = time.monotonic(), []
    while trainer.step_number < options["steps"]:
        losses.append(trainer.step(next(stream)))
        number = trainer.step_number
        if number % 10 == 0:
            mean = sum(losses[-10:]) / 10
            log.info("step %d: %.3f nats, %.0f s", number, mean, time.monotonic() - started)
        if number % options["checkpoint_steps"] == 0:
            trainer.save(checkpoint)
        if number % options["validation_steps"] == 0:
            trainer.export(weight, recipe, {"step": number, **check(trainer, tokenizer, held)})
    notes = {"step": trainer.step_number, **check(trainer, tokenizer, held)}
    log.info("done: %s", notes)
    trainer.export(weight, recipe, notes)
    save_wordbook(parts["train"], tokenizer, out / "wordbook.safetensors")
    return weight


def save_wordbook(
    stanzas: Sequence[Stanza], tokenizer: PreTrainedTokenizerBase, path: Path
) -> Path:
    """Learn the words the lyricist may choose from and write them down; half a minute."""
    pronouncer = load_pronouncer()
    today = words_of_today(tokenizer.get_vocab())
    words = {word.lower() for s in stanzas for line in s.lines for word in words_of(line)}
    known = {word for word in words.union(today) if pronouncer.known(word)}
    book = learn(stanzas, today, known, theme_vocabulary(stanzas), Meaning())
    tensors, facts = book.tensors()
    save_file(tensors, path, metadata={"segno": json.dumps(facts)})
    return path
