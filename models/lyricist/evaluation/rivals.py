"""Whom the lyricist is compared with: the same model not tuned, and tuned but not constrained.

In: cases. Out: for each a text. Both draw with the temperature of the decoder, 0.8, from the whole
vocabulary. The untuned one is asked in words, as its makers' chat template wants it; the tuned one
is given the header of its own pages, with the theme as it is asked, and plans its own lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from models.lyricist.base import load_causal
from models.lyricist.corpus import MOODS, words_of
from models.lyricist.evaluation.melodies import Case
from models.lyricist.generate import Lyricist
from models.lyricist.page import BOUNDARY, header

_HEAT, _BATCH = 0.8, 16
#: Tokens that a line may take, its plan included.
_LINE = 24
_PLAN = re.compile(r"^\s*\d+ [^>]*>\s*")
_MOOD_WORDS = {"plain": "calm", "warm": "warm", "glad": "happy", "sad": "sad", "dark": "dark"}


@dataclass(frozen=True)
class Text:
    """Lines without notes, and what was asked."""

    lines: tuple[str, ...]
    theme: str
    valence: float | None

    @property
    def text(self) -> str:
        """The lines, one under the other."""
        return "\n".join(self.lines)


def mood_of(valence: float) -> str:
    """The mood of the corpus's five that a valence lies in."""
    return MOODS[int(np.clip((valence + 1) * 2.5, 0, 4))]


def untuned(cases: Sequence[Case]) -> list[Text]:
    """SmolLM2-Instruct as it comes, asked in words."""
    model, tokenizer = load_causal()
    prompts = []
    for case in cases:
        lines, mood = len(case.stanza.lines), _MOOD_WORDS[mood_of(case.valence)]
        words = (
            f"Write one verse of a song about {case.theme}. It has {lines} lines with the rhyme "
            f"scheme {case.stanza.scheme}. Its mood is {mood}. Write only the {lines} lines."
        )
        prompts.append(
            tokenizer.apply_chat_template(
                [{"role": "user", "content": words}], tokenize=False, add_generation_prompt=True
            )
        )
    ends = [tokenizer.convert_tokens_to_ids(name) for name in ("<|im_end|>", BOUNDARY)]
    return _texts(model, tokenizer, prompts, cases, ends)


def tuned(lyricist: Lyricist, cases: Sequence[Case]) -> list[Text]:
    """The lyricist's own model, sampled freely from the header of its page on."""
    prompts = []
    for case in cases:
        words = lyricist.subject(case.ask).words
        counts = [len(line.weights) for line in case.stanza.lines]
        top = header(words, mood_of(case.valence), case.stanza.scheme, counts)
        prompts.append(BOUNDARY + top)
    end = lyricist.tokenizer.convert_tokens_to_ids(BOUNDARY)
    return _texts(lyricist.model, lyricist.tokenizer, prompts, cases, [end])


def _texts(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    cases: Sequence[Case],
    ends: Sequence[int],
) -> list[Text]:
    tokenizer.padding_side = "left"
    out = []
    for start in range(0, len(cases), _BATCH):
        part = cases[start : start + _BATCH]
        texts = _sampled(model, tokenizer, prompts[start : start + _BATCH], part, ends)
        for case, text in zip(part, texts, strict=True):
            lines = [_PLAN.sub("", line).strip(" \"'*") for line in text.split("\n")]
            kept = [line for line in lines if words_of(line)][: len(case.stanza.lines)]
            out.append(Text(tuple(kept), case.theme, case.valence))
    return out


@torch.inference_mode()
def _sampled(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    cases: Sequence[Case],
    ends: Sequence[int],
) -> list[str]:
    torch.manual_seed(cases[0].seed)
    given = tokenizer(list(prompts), return_tensors="pt", padding=True, add_special_tokens=False)
    made = model.generate(
        **given,
        do_sample=True,
        temperature=_HEAT,
        top_k=0,
        top_p=1.0,
        max_new_tokens=_LINE * max(len(case.stanza.lines) for case in cases),
        eos_token_id=list(ends),
        pad_token_id=ends[0],
    )
    length = given["input_ids"].shape[1]
    return [tokenizer.decode(row[length:], skip_special_tokens=True) for row in made]
