"""A musician's style as a value: what was learned from their pieces, its file, and its use.

In: a `Style` (made by `adapt`) and a `Composer`. Out: a composer that writes in that style by
itself, whatever it is asked for. Three layers, each of which may be absent but the first: the mean
of the pieces' 60 features, told to the network as any reference is; an embedding in its place that
was optimised on the pieces; and low-rank changes of the attention weights (Hu et al., *LoRA*,
2021). The last two belong to one base weight: over another one the vector is used.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from models.composer import novelty
from models.composer.adapting.habits import Habits
from models.composer.decoding.decode import Decoder
from models.composer.features import NAMES, Floats
from models.composer.model import ComposerModel
from models.composer.page import Composer
from models.errors import Refusal

Kind = Literal["vector", "embedding", "adapter"]
#: Why a style is what it is: too few pieces to train on, accepted, no gain on left-out pieces, the
#: base forgot, or training was not asked for.
Verdict = Literal["few", "accepted", "no gain", "forgets", "not trained"]
MOST_BYTES = 300_000
_MOST_KEYS = 20_000
_LORA = "lora."


@dataclass(frozen=True)
class Report:
    """What learning found, in nats per note of pieces that were left out (None: not measured).

    `base` is told nothing, `vector` the style vector, `embedding` and `adapter` what was trained on
    the other pieces. `folds` is in how many parts the pieces were left out; `forgotten` the rise of
    the held replay's nats, as a share; `steps` and `seconds` say what was spent; `by_piece` has the
    four figures for each piece in the order given.
    """

    verdict: Verdict
    base: float | None = None
    vector: float | None = None
    embedding: float | None = None
    adapter: float | None = None
    forgotten: float | None = None
    folds: int = 0
    steps: int = 0
    seconds: float = 0.0
    by_piece: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Style:
    """What was learned from a musician's pieces.

    `vector` is (60,), `embedding` (width,); `lora` has (rank, in) and (out, rank) for each changed
    weight, as `NAME.down` and `NAME.up`, scale included. `own` are keys of the pieces' three-bar
    melodies, which are not to be written again. `base` names the weight it was trained over.
    """

    vector: Floats
    habits: Habits
    pieces: int
    report: Report
    own: novelty.Keys
    embedding: Floats | None = None
    lora: Mapping[str, Tensor] | None = None
    base: str = ""

    @property
    def kind(self) -> Kind:
        """What it amounts to."""
        if self.lora is not None:
            return "adapter"
        return "vector" if self.embedding is None else "embedding"

    def save(self, path: Path) -> Path:
        """Write one safetensors file of at most `MOST_BYTES`.

        Raises
        ------
        ValueError
            When it would be larger.
        """
        tensors = {
            "vector": torch.from_numpy(self.vector),
            "own": torch.from_numpy(self.own[:_MOST_KEYS].view(np.int32).copy()),
        }
        if self.embedding is not None:
            tensors["embedding"] = torch.from_numpy(self.embedding)
        for name, value in (self.lora or {}).items():
            tensors[_LORA + name] = value.to(torch.bfloat16).contiguous()
        facts = {
            "habits": self.habits.to_json(),
            "pieces": self.pieces,
            "report": asdict(self.report),
            "base": self.base,
        }
        data = save(tensors, metadata={"segno-style": json.dumps(facts)})
        if len(data) > MOST_BYTES:
            raise ValueError(f"a style of {len(data)} bytes")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(path)
        return path

    @classmethod
    def load(cls, path: Path) -> Style:
        """Read what `save` wrote.

        Raises
        ------
        Refusal
            When the file is missing or holds no style.
        """
        try:
            with safe_open(path, framework="pt") as stream:
                facts = json.loads((stream.metadata() or {})["segno-style"])
                names = list(stream.keys())
                tensors = {name: stream.get_tensor(name) for name in names}
            return cls._of(tensors, facts)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise Refusal(
                "This file holds no style that I can read; learn the style again from its pieces."
            ) from error

    @classmethod
    def _of(cls, tensors: Mapping[str, Tensor], facts: dict[str, Any]) -> Style:
        lora = {k.removeprefix(_LORA): v.float() for k, v in tensors.items() if k.startswith(_LORA)}
        vector = tensors["vector"].numpy()
        if vector.shape != (len(NAMES),):
            raise ValueError(f"a style vector of shape {vector.shape}")
        return cls(
            vector,
            Habits(**facts["habits"]),
            int(facts["pieces"]),
            Report(**facts["report"]),
            tensors["own"].numpy().view(np.uint32),
            tensors["embedding"].numpy() if "embedding" in tensors else None,
            lora or None,
            str(facts["base"]),
        )


def applied(composer: Composer, style: Style) -> Composer:
    """A composer in a style: it does all that the given one does, and writes as the musician would.

    Where nothing else is told, its network is told the style; melodies of the musician's own pieces
    count as quotations. The given composer is left as it is.
    """
    model = styled(composer.decoder.model, style)
    index = composer.index
    own = np.union1d(index.triples, style.own).astype(np.uint32)
    return replace(
        composer,
        decoder=Decoder(model),
        index=novelty.Index(index.pairs, own),
        habits=style.habits,
    )


@torch.no_grad()
def styled(model: ComposerModel, style: Style) -> ComposerModel:
    """A copy of the network with the style told where no other is, and its changes merged."""
    out = copy.deepcopy(model)
    out.no_style.copy_(share_of(out, style))
    if style.lora is not None and style.base == fingerprint(model):
        for name in sorted({n.rpartition(".")[0] for n in style.lora}):
            weight = out.decoder.get_submodule(name).weight
            weight += style.lora[f"{name}.up"] @ style.lora[f"{name}.down"]
    return out.eval().requires_grad_(False)


@torch.no_grad()
def share_of(model: ComposerModel, style: Style) -> Tensor:
    """What the style adds to every input of this network: (width,)."""
    if style.embedding is not None and style.base == fingerprint(model):
        return torch.from_numpy(style.embedding)
    return share_of_vector(model, style.vector)


@torch.no_grad()
def share_of_vector(model: ComposerModel, vector: Floats) -> Tensor:
    """What a style vector (60,) adds to every input: (width,)."""
    told = torch.from_numpy(np.asarray(vector, np.float32)).unsqueeze(0)
    return model.style_share(told, torch.tensor([True]))[0, 0].float()


def fingerprint(model: ComposerModel) -> str:
    """Sixteen hexadecimal digits that name a network's weights, as they are stored (bfloat16)."""
    digest = hashlib.sha256()
    for _, tensor in sorted(model.decoder.state_dict().items()):
        digest.update(tensor.to(torch.bfloat16).contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
