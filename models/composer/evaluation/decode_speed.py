"""How fast the composer decodes, beside Hugging Face's `generate` and what the machine allows.

In: a loaded `Composer` and some plans. Out: rows of events (or tokens) per second at batch 1 and 8.
Everything runs on one thread. Time is processor time, which on an idle machine is the time on the
clock, and on a busy one does not count the others. The reference samples from the same decoder
weights with the same token head, but with neither conditions nor durations nor rules: less work
for an event than here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from models.composer.decoding.decode import Decoder
from models.composer.decoding.plain import Floats
from models.composer.generate import compose
from models.composer.model import ComposerModel
from models.composer.page import Composer, draw
from models.planner.plan import Plan

_BATCHES = (1, 8)
_EVENTS = 256  # in a row: what a page of eight to sixteen bars reads and writes
_CACHES: tuple[dict[str, object], ...] = (
    {},
    {"cache_implementation": "static", "disable_compile": True},
)


@dataclass(frozen=True)
class Speed:
    """One measure: `what` at a batch, in events per second (or the unit named)."""

    what: str
    batch: int
    rate: float
    unit: str = "events/s"


def measure(composer: Composer, plans: Sequence[Plan] = (), repeats: int = 5) -> list[Speed]:
    """All rows, each the best of `repeats`; whole melodies only where there are plans."""
    decoder, rows = composer.decoder, []
    with _one_thread():
        for batch in _BATCHES:
            rows += [
                Speed("Hugging Face generate", batch, _generate(decoder.model, batch, repeats)),
                Speed("decoding, no rules", batch, _raw(decoder, batch, repeats)),
            ]
            if plans:
                rows.append(Speed("composing", batch, _composing(composer, plans, batch, repeats)))
        return rows + _limits(decoder.model, repeats)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def _seconds(run: Callable[[], object], repeats: int) -> float:
    """Processor seconds of a call: the least of some, after one that is not counted."""
    run()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        spent.append(time.process_time() - start)
    return min(spent)


def _generate(model: ComposerModel, batch: int, repeats: int) -> float:
    """Tokens per second of `generate` with its faster cache."""
    network = reference(model)
    start = torch.zeros(batch, 1, dtype=torch.long)
    asked = {"max_new_tokens": _EVENTS, "min_new_tokens": _EVENTS, "do_sample": True, "top_k": 0}

    def run(cache: dict[str, object]) -> None:
        mask = torch.ones_like(start)
        network.generate(start, attention_mask=mask, top_p=0.98, **asked, **cache)

    fastest = min(_seconds(lambda c=cache: run(c), repeats) for cache in _CACHES)  # type: ignore[misc]
    return batch * _EVENTS / fastest


def reference(model: ComposerModel) -> LlamaForCausalLM:
    """The same blocks and token head as Hugging Face runs them, over an embedding of tokens."""
    tokens = model.token_head.out_features
    known = {**model.decoder.config.to_dict(), "vocab_size": tokens, "pad_token_id": 0}
    network = LlamaForCausalLM(LlamaConfig(**known, attn_implementation="sdpa")).eval()
    network.model.load_state_dict(model.decoder.state_dict(), strict=False)
    network.lm_head = nn.Linear(model.shape.width, tokens)
    network.lm_head.load_state_dict(model.token_head.state_dict())
    return network


def _raw(decoder: Decoder, batch: int, repeats: int) -> float:
    """Events per second of stepping and drawing tokens and durations, on any inputs."""
    sizes = decoder.kernel.layout.sizes
    events = np.random.default_rng(0).integers(0, sizes, (_EVENTS, batch, len(sizes)))
    shares: Floats = np.zeros((batch, decoder.model.shape.width), np.float32)
    slots = list(range(batch))

    def run() -> None:
        rngs = [np.random.default_rng(k) for k in slots]
        cache = decoder.cache(batch, _EVENTS)
        for inputs in events:
            logits, hidden = decoder.step(inputs, shares, cache, slots)
            tokens = draw(logits, rngs)
            draw(decoder.durations(hidden, tokens), rngs)

    return batch * _EVENTS / _seconds(run, repeats)


class _Counting(Decoder):
    """A decoder that counts the events it reads for writing on."""

    def __init__(self, decoder: Decoder) -> None:
        self.model, self.kernel, self.events = decoder.model, decoder.kernel, 0

    def step(
        self, inputs: npt.ArrayLike, shares: npt.ArrayLike, cache: object, slots: npt.ArrayLike
    ) -> tuple[Floats, Floats]:
        """See `Decoder.step`."""
        self.events += len(np.asarray(slots))
        return super().step(inputs, shares, cache, slots)  # type: ignore[arg-type]


def _composing(composer: Composer, plans: Sequence[Plan], batch: int, repeats: int) -> float:
    """Events per second of whole melodies: inputs, rules, drawing, critic and prompts included.

    Events of candidates that were not kept count: they were decoded.
    """
    counting = _Counting(composer.decoder)
    counted = replace(composer, decoder=counting)

    def run() -> None:
        counting.events = 0
        for seed, plan in enumerate(plans):
            compose(plan, counted, seed, candidates=batch)

    seconds = _seconds(run, repeats)
    return counting.events / seconds


def _limits(model: ComposerModel, repeats: int) -> list[Speed]:
    """What the machine's products allow for this weight: nothing else would take any time."""
    matrices = [p for p in model.decoder.parameters() if p.dim() == 2]
    weights = sum(p.numel() for p in matrices) + model.token_head.weight.numel()
    weights += model.duration_hidden.weight.numel() + model.duration_head.weight.numel()
    square = torch.randn(1024, 1024)
    flops = 2 * 1024**3 / _seconds(lambda: square @ square, 10 * repeats)
    wide, vector = torch.randn(weights // 1024, 1024), torch.randn(1024)
    reads = wide.numel() * 4 / _seconds(lambda: wide @ vector, 50 * repeats)
    rows = [
        Speed("matrix by matrix", 1, flops / 1e9, "GFLOP/s"),
        Speed("matrix by vector", 1, reads / 1e9, "GB/s"),
    ]
    for batch in _BATCHES:  # the weights are read once for a batch
        seconds = max(4 * weights / reads, 2 * weights * batch / flops)
        rows.append(Speed("what the products allow", batch, batch / seconds))
    return rows
