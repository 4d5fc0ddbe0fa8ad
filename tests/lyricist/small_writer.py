"""A lyricist small enough for tests: a random two-layer model, the real tokenizer and wordbook.

What it says is nonsense; that it keeps to syllables, rhymes and beats is not the model's doing.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from models import hub
from models.lyricist.asks import LineAsk, StanzaAsk
from models.lyricist.base import smollm2_folder
from models.lyricist.generate import Lyricist
from models.lyricist.meaning import Meaning
from models.lyricist.pronounce import load
from models.lyricist.wordbook import Wordbook


def small_model() -> LlamaForCausalLM:
    """A random model of SmolLM2's vocabulary; the same at each call."""
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=49152, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, pad_token_id=2,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@lru_cache(maxsize=1)
def small_lyricist() -> Lyricist:
    """The writer with the random model."""
    tokenizer = AutoTokenizer.from_pretrained(smollm2_folder())
    tensors, facts = hub.load("wordbook")
    book = Wordbook.from_tensors(tensors, facts)
    return Lyricist(small_model(), tokenizer, book, load(), Meaning())


def iambs(count: int) -> tuple[float, ...]:
    """Weights of a line that begins before the beat: light, heavy, light, less heavy, ..."""
    return tuple((1.0, 4.0, 1.0, 3.0)[place % 4] for place in range(count))


def stanza(counts: tuple[int, ...], scheme: str, **rest: object) -> StanzaAsk:
    """A verse of lines of so many syllables."""
    lines = tuple(LineAsk(iambs(count)) for count in counts)
    return StanzaAsk("verse", lines, scheme, **rest)  # type: ignore[arg-type]
