"""Low-rank changes of the lyricist for one writer, trained on this machine in minutes.

In: a writer's stanzas and the lyricist. Out: the writer's `Voice` with changes (Hu et al., "LoRA",
ICLR 2022), if they tell lines that were left out better by more than chance; else the voice as it
was, with the figures. A fifth of the stanzas is left out. Only the uppermost layers are changed:
what the layers below make of a page is computed once, and a step costs a quarter of a whole one.
The step to stop at is chosen for each half of the left-out stanzas by the other half, so that the
gain is not measured on what it was chosen by; its certainty is a bootstrap over lines (B. Efron,
"Bootstrap methods", Annals of Statistics 7, 1979).
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlamaModel, PreTrainedModel

from models.lyricist.asks import Cancelled
from models.lyricist.corpus import Stanza, words_of
from models.lyricist.data import IGNORED, encoded, padded
from models.lyricist.page import planned_page
from models.lyricist.voice import LEAST_TRAINED, Report, Voice, scheme_of, syllables_of
from models.lyricist.voice_text import Lines, plain

if TYPE_CHECKING:
    from models.lyricist.generate import Lyricist

Floats = npt.NDArray[np.float64]
Clock = Callable[[], float]
#: Shares of the steps after which the left-out lines are looked at.
MARKS = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0)
#: What a gain must be at the least, and how surely it is above nothing.
GAIN, SURE = 0.005, 0.95
_MOST_HELD, _MOST_PAGES = 40, 240  # stanzas
_MEASURING = 0.8  # of the time is for training and reading, the rest for looking


@dataclass(frozen=True)
class Settings:
    """How a voice is trained; rate and epochs were chosen on two validation authors."""

    layers: int = 10
    rank: int = 4
    rate: float = 6e-4
    epochs: float = 5.0
    tokens: int = 256
    least_steps: int = 20
    dropout: float = 0.1


@dataclass(frozen=True)
class _Page:
    """A page's state under the changed layers (L, d), its tokens, and each token's line or -1."""

    state: Tensor
    ids: Tensor
    given: int
    line: npt.NDArray[np.int64]


def train_voice(
    voice: Voice,
    stanzas: Sequence[Lines],
    lyricist: Lyricist,
    seconds: float = 220.0,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
    settings: Settings | None = None,
    clock: Clock = time.monotonic,
) -> Voice:
    """The voice with trained changes, or as it was where they do not help; within about `seconds`.

    Raises
    ------
    Cancelled
        When `cancelled()` says so between two steps.
    """
    if sum(len(stanza) for stanza in stanzas) < LEAST_TRAINED:
        return replace(voice, report=Report("few"))
    begun = clock()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        run = _Run(lyricist, settings or Settings(), (clock, begun, seconds), cancelled)
        learned, held = _parted(stanzas)
        pages = run.pages(learned, on_progress), run.pages(held, on_progress)
        new = np.array([plain(x) not in {plain(y) for s in learned for y in s}
                        for s in held for x in s])  # fmt: skip
        found = run.course(*pages, on_progress)
    report = judged(found, new, clock() - begun)
    if report.verdict != "accepted":
        return replace(voice, report=report)
    lora = found.changes[found.stop(new)]
    return replace(voice, report=report, lora=lora, base=fingerprint(lyricist.model))


@dataclass(frozen=True)
class Found:
    """A course's result at `MARKS`: nats of H held lines (marks, H), their tokens and stanzas (H,).

    `changes` are the low-rank tensors at each mark; `steps` how many were made.
    """

    nats: Floats
    tokens: Floats
    stanza: npt.NDArray[np.int64]
    changes: Sequence[Mapping[str, Tensor]]
    steps: int

    def stop(self, lines: npt.NDArray[np.bool_]) -> int:
        """The mark at which some of the lines are told best."""
        return int(np.argmin(self.nats[:, lines].sum(1)))


def judged(found: Found, new: npt.NDArray[np.bool_], seconds: float) -> Report:
    """Whether the changes are worth keeping, by the held lines that are `new` (H,)."""
    odd = found.stanza % 2 == 1
    after = np.zeros_like(found.tokens)
    for half in (odd, ~odd):
        chooser = ~half & new if (~half & new).any() else new
        after[half] = found.nats[found.stop(chooser)][half]
    before, after, tokens = found.nats[0][new], after[new], found.tokens[new]
    if not len(tokens):
        return Report("no gain", steps=found.steps, seconds=seconds)
    draws = np.random.default_rng(0).integers(0, len(tokens), (2000, len(tokens)))
    gains = 1 - after[draws].sum(1) / before[draws].sum(1)
    sure, gain = float(np.quantile(gains, 1 - SURE)), 1 - after.sum() / before.sum()
    return Report(
        "accepted" if gain >= GAIN and sure > 0 and found.stop(new) > 0 else "no gain",
        before=float(before.sum() / tokens.sum()),
        after=float(after.sum() / tokens.sum()),
        sure=sure,
        held=len(tokens),
        steps=found.steps,
        seconds=seconds,
    )


class _Run:
    """One training: the upper layers with changes, the tokens to tell apart, and the time."""

    def __init__(
        self,
        lyricist: Lyricist,
        settings: Settings,
        time: tuple[Clock, float, float],
        cancelled: Callable[[], bool],
    ) -> None:
        self.by, self.settings, self.cancelled = lyricist, settings, cancelled
        self.clock, self.begun, self.seconds = time
        model = lyricist.model
        self.first = max(0, model.config.num_hidden_layers - settings.layers)
        self.head = model.get_output_embeddings().weight.detach()
        self.top: Any = _changeable(_upper(model, self.first), settings)
        self.narrow = [p for p in self.top.parameters() if p.requires_grad]

    def left(self) -> float:
        """Seconds that are left for training."""
        return self.begun + _MEASURING * self.seconds - self.clock()

    def pages(self, stanzas: Sequence[Lines], tell: Callable[[int, int], None]) -> list[_Page]:
        """The stanzas as pages that the lower layers have read."""
        by, pages = self.by, []
        texts = by.book.project(by.meaning.vectors([" ".join(s) for s in stanzas]))
        named = [word for word in by.book.themes if word in by.lexicon.index]
        near = texts @ by.lexicon.vectors[[by.lexicon.index[word] for word in named]].T
        for stanza, nearness in zip(stanzas, near, strict=True):
            self._check()
            tell(0, 1)
            themes = tuple(named[i] for i in np.argsort(-nearness)[:2])
            page = planned_page(self._labelled(stanza, themes), mood=False)
            tokens, given = encoded(page, by.tokenizer)
            pages.append(self._read(tokens, given))
        return pages

    def _labelled(self, stanza: Lines, themes: tuple[str, ...]) -> Stanza:
        pronouncer, letters = self.by.pronouncer, iter("ZYWVUTSRQPONM")
        scheme = "".join(next(letters) if x == "X" else x for x in scheme_of(stanza, pronouncer))
        return Stanza(
            lines=stanza,
            syllables=tuple(syllables_of(line, pronouncer) for line in stanza),
            end_words=tuple(words_of(line)[-1].lower() for line in stanza),
            scheme=_renamed(scheme),
            book="",
            themes=themes,
        )

    @torch.no_grad()
    def _read(self, tokens: list[int], given: int) -> _Page:
        ids = torch.tensor(tokens)
        lower = _lower(self.by.model, self.first)
        state = lower(input_ids=ids[None], use_cache=False).last_hidden_state[0]
        newline = self.by.marks.newline
        line = np.cumsum(np.array([0, *(t == newline for t in tokens[:-1])])[: len(tokens)])
        line -= line[given]
        line[:given] = -1
        line[-1] = -1  # the closing boundary belongs to no line
        return _Page(state, ids, given, line)

    def course(
        self, learned: Sequence[_Page], held: Sequence[_Page], tell: Callable[[int, int], None]
    ) -> Found:
        """Train, looking at the held pages at the marks."""
        settings, wide = self.settings, [p.detach().float() for p in self.narrow]
        optimiser = torch.optim.AdamW(wide, betas=(0.9, 0.98), weight_decay=0.0)
        used = np.union1d(self.by.tokens, np.concatenate([p.ids.numpy() for p in learned]))
        batches = _Batches(learned, settings.tokens, torch.from_numpy(used))
        wanted = max(settings.least_steps, math.ceil(settings.epochs * batches.in_epoch))
        looks, changes, steps = [self.nats(held)], [_tensors(self.top)], 0
        for mark in MARKS[1:]:
            share = (mark - MARKS[len(looks) - 1]) / (1 - MARKS[len(looks) - 1])
            until = self.clock() + share * self.left()
            while steps < round(mark * wanted) and self.clock() < until:
                self._check()
                rate = min(1.0, (steps + 1) / 5) * (1 - steps / wanted) * settings.rate
                self._step(batches, wide, optimiser, rate)
                steps += 1
                tell(steps, wanted)
            looks.append(self.nats(held))
            changes.append(_tensors(self.top))
        tell(wanted, wanted)
        keys = [(n, k) for n, page in enumerate(held) for k in range(page.line.max() + 1)]
        tokens = [float((held[n].line[1:] == k).sum()) for n, k in keys]
        stanza = np.array([n for n, _ in keys])
        return Found(np.array(looks), np.array(tokens), stanza, changes, steps)

    def _step(
        self, batches: _Batches, wide: list[Tensor], optimiser: torch.optim.Optimizer, rate: float
    ) -> None:
        self.top.train()
        states, labels = batches.draw()
        hidden = self.top(inputs_embeds=states, use_cache=False).last_hidden_state[:, :-1]
        told = labels[:, 1:] != IGNORED
        logits = hidden[told] @ self.head[batches.used].T
        F.cross_entropy(logits.float(), labels[:, 1:][told]).backward()
        for group in optimiser.param_groups:
            group["lr"] = rate
        for one, narrow in zip(wide, self.narrow, strict=True):
            one.grad = None if narrow.grad is None else narrow.grad.float()
            narrow.grad = None
        torch.nn.utils.clip_grad_norm_(wide, 1.0)
        optimiser.step()
        with torch.no_grad():
            for one, narrow in zip(wide, self.narrow, strict=True):
                narrow.copy_(one)

    @torch.no_grad()
    def nats(self, pages: Sequence[_Page]) -> Floats:
        """Nats of each line of the pages, plan and words, over the whole vocabulary."""
        self.top.eval()
        out: list[float] = []
        for page in pages:
            hidden = self.top(inputs_embeds=page.state[None], use_cache=False).last_hidden_state[0]
            told = torch.from_numpy(page.line[1:] >= 0)
            logits = (hidden[:-1][told] @ self.head.T).float()
            loss = F.cross_entropy(logits, page.ids[1:][told], reduction="none").numpy()
            lines = page.line[1:][told.numpy()]
            out += np.bincount(lines, loss, page.line.max() + 1).tolist()
        return np.array(out)

    def _check(self) -> None:
        if self.cancelled():
            raise Cancelled


class _Batches:
    """Pages drawn in epochs, as padded states (B, L, d) and labels (B, L) among `used` tokens."""

    def __init__(self, pages: Sequence[_Page], tokens: int, used: Tensor) -> None:
        self.pages, self.used = pages, used
        total = sum(len(page.ids) for page in pages)
        self.size = max(1, round(tokens * len(pages) / total))
        self.in_epoch = math.ceil(len(pages) / self.size)
        self.rng = np.random.default_rng(0)
        self.order: list[int] = []

    def draw(self) -> tuple[Tensor, Tensor]:
        """The next batch."""
        if not self.order:
            self.order = self.rng.permutation(len(self.pages)).tolist()
        chosen = [self.pages[i] for i in self.order[: self.size]]
        del self.order[: self.size]
        batch = padded([(page.ids.tolist(), page.given) for page in chosen])
        states = nn.utils.rnn.pad_sequence([page.state for page in chosen], batch_first=True)
        known = batch.labels != IGNORED
        labels = torch.full_like(batch.labels, IGNORED)
        labels[known] = torch.searchsorted(self.used, batch.labels[known])
        return states, labels


def _parted(stanzas: Sequence[Lines]) -> tuple[list[Lines], list[Lines]]:
    """Four fifths to learn from and a fifth left out, by lot, of at most so many stanzas."""
    order = np.random.default_rng(0).permutation(len(stanzas)).tolist()
    count = min(_MOST_HELD, max(2, round(0.2 * len(stanzas))))
    held = [stanzas[i] for i in order[:count]]
    return [stanzas[i] for i in order[count : count + _MOST_PAGES]], held


def _renamed(scheme: str) -> str:
    names: dict[str, str] = {}
    return "".join(names.setdefault(letter, chr(65 + len(names))) for letter in scheme)


def _upper(model: PreTrainedModel, first: int) -> LlamaModel:
    """A copy of the layers from number `first` on, as a model whose input is their state."""
    return _part(model, list(copy.deepcopy(model.model.layers[first:])), model.model.norm)


def _lower(model: PreTrainedModel, first: int) -> LlamaModel:
    """The layers below number `first`, shared with the model: what they make of a page."""
    return _part(model, list(model.model.layers[:first]), nn.Identity())


def _part(model: PreTrainedModel, layers: list[nn.Module], norm: nn.Module) -> LlamaModel:
    config = copy.deepcopy(model.config)
    config.num_hidden_layers = len(layers)
    with torch.device("meta"):
        part = LlamaModel(config)
    part.layers = nn.ModuleList(layers)
    part.norm, part.rotary_emb = norm, model.model.rotary_emb
    part.embed_tokens = model.model.embed_tokens
    part.set_attn_implementation("eager")  # the fused kernel goes back slowly at short lines
    return part.eval()


def _changeable(part: LlamaModel, settings: Settings) -> Any:
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        target_modules="all-linear",
        lora_dropout=settings.dropout,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        return get_peft_model(part, config, autocast_adapter_dtype=False)


def _tensors(changed: Any) -> dict[str, Tensor]:
    """The changes as `LAYER.NAME.down` and `.up`, scale included; layers count from the first."""
    out = {}
    for name, module in changed.named_modules():
        if hasattr(module, "lora_A") and "default" in module.lora_A:
            short = name.rpartition("layers.")[2]
            out[f"{short}.down"] = module.lora_A["default"].weight.detach().float().clone()
            up = module.lora_B["default"].weight.detach().float()
            out[f"{short}.up"] = module.scaling["default"] * up
    return out


@torch.no_grad()
def in_voice(model: PreTrainedModel, voice: Voice) -> PreTrainedModel:
    """The model as it writes in a voice: the changed weights are new, all others are shared.

    A voice without changes, or one that was trained over other weights, leaves it as it is.
    """
    if voice.lora is None or voice.base != fingerprint(model):
        return model
    names = sorted({name.rpartition(".")[0] for name in voice.lora})
    layers = 1 + max(int(name.partition(".")[0]) for name in names)
    first = model.config.num_hidden_layers - layers
    change = {}
    for name in names:
        number, _, rest = name.partition(".")
        down, up = voice.lora[f"{name}.down"], voice.lora[f"{name}.up"]
        change[f"model.layers.{first + int(number)}.{rest}.weight"] = up @ down
    parameters = dict(model.named_parameters())
    shared = {id(p): p for name, p in parameters.items() if name not in change}
    out: PreTrainedModel = copy.deepcopy(model, shared)
    for name, delta in change.items():
        weight = out.get_parameter(name)
        weight.copy_((weight.float() + delta).to(weight.dtype))
    return out.eval()


def fingerprint(model: PreTrainedModel) -> str:
    """Sixteen hexadecimal digits that name the weights a voice is trained over."""
    digest = hashlib.sha256()
    for name, tensor in model.named_parameters():
        # The adapter lies in every layer: the attention's values tell one from another.
        if "v_proj" in name or "layers.0." in name:
            digest.update(tensor.detach().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
