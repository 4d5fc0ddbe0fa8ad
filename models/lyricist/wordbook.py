"""The words the lyricist may choose from, learned from the training books and shipped.

In: training stanzas, the tokenizer's vocabulary, MiniLM. Out: a weight that holds

- every word of the books that is not archaic, not a name and not rare, and the common words of
  today that are one token of the language model ("phone", "coffee"), with their counts;
- how near they are in meaning: MiniLM vectors less their mean, reduced by principal components to
  96 dimensions in 8 bits (MiniLM itself would need half a minute for them at every start);
- an index of every run of six words in the training books, so that none is written again.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.lyricist.corpus import Stanza, centred, unsung_words, words_of
from models.lyricist.meaning import Meaning

#: A word of the books is kept from this many uses on.
LEAST = 4
#: Tokens before this number in the language model's vocabulary are everyday words.
EVERYDAY = 12_000
#: Dimensions of a shipped word vector.
WIDTH = 96
#: A run of this many equal words is a quotation.
RUN = 6

_PROPER = frozenset(
    ["god", "lord", "christmas", "easter", "english", "monday", "tuesday", "wednesday", "thursday",
     "friday", "saturday", "sunday", "january", "february", "april", "june", "july", "august",
     "september", "october", "november", "december"]
)  # fmt: skip


@dataclass(frozen=True)
class Wordbook:
    """Words as printed inside a line, how often the books use them, and what they mean.

    `vectors` (words, 96) are unit vectors; `mean` (384,) and `axes` (384, 96) take any MiniLM
    vector to the same space; `runs` are sorted 32-bit keys of six-word runs.
    """

    words: tuple[str, ...]
    counts: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    runs: npt.NDArray[np.uint32]
    themes: tuple[str, ...]

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """MiniLM vectors (n, 384) in the space of `vectors`, of length one."""
        moved = (vectors - self.mean) @ self.axes
        return np.asarray(moved / np.linalg.norm(moved, axis=-1, keepdims=True).clip(1e-9))

    def copied(self, words: Sequence[str]) -> bool:
        """Whether some run of six of these words stands in the training books.

        One key in about 10,000 is found by chance; such a line is not written either.
        """
        keys = np.array(run_keys(words), np.uint32)
        if not len(keys) or not len(self.runs):
            return False
        places = np.searchsorted(self.runs, keys).clip(max=len(self.runs) - 1)
        return bool((self.runs[places] == keys).any())

    def tensors(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """What is stored in the weight: tensors, and the words as metadata."""
        return {
            "counts": torch.from_numpy(self.counts),
            "vectors": torch.from_numpy(np.round(self.vectors * 127).astype(np.int8)),
            "mean": torch.from_numpy(self.mean).half(),
            "axes": torch.from_numpy(self.axes).half(),
            "runs": torch.from_numpy(self.runs.view(np.int32)),
        }, {"words": " ".join(self.words), "themes": " ".join(self.themes)}

    @classmethod
    def from_tensors(cls, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> Wordbook:
        """The inverse of `tensors`."""
        vectors = tensors["vectors"].float().numpy()
        return cls(
            words=tuple(facts["words"].split()),
            counts=tensors["counts"].numpy(),
            vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9),
            mean=tensors["mean"].float().numpy(),
            axes=tensors["axes"].float().numpy(),
            runs=tensors["runs"].numpy().view(np.uint32),
            themes=tuple(facts["themes"].split()),
        )


def run_keys(words: Sequence[str]) -> list[int]:
    """32-bit keys of every run of six successive words, in any case."""
    lower = [word.lower() for word in words]
    return [
        zlib.crc32(" ".join(lower[start : start + RUN]).encode())
        for start in range(len(lower) - RUN + 1)
    ]


def words_of_today(vocabulary: Mapping[str, int]) -> list[str]:
    """Everyday words of the language model: whole-word tokens among the earliest merges.

    A byte-pair vocabulary is in order of frequency: after `EVERYDAY` come "cadmium" and
    "cytoplasm".
    """
    return [
        token[1:]
        for token, number in vocabulary.items()
        if number < EVERYDAY
        and token.startswith("Ġ")
        and token[1:].isascii()
        and token[1:].isalpha()
        and token[1:].islower()
    ]


def learn(
    stanzas: Sequence[Stanza],
    today: Iterable[str],
    known: Iterable[str],
    themes: Sequence[str],
    meaning: Meaning,
) -> Wordbook:
    """The wordbook of training stanzas.

    `today` are the whole-word tokens of the language model, `known` the dictionary's words: only
    those can be sung with certainty.
    """
    counts = _printed(stanzas)
    dictionary = frozenset(known)
    chosen = {
        word: count
        for word, count in counts.items()
        if count >= LEAST and word.lower() in dictionary
    }
    taken = {word.lower() for word in chosen}
    for word in today:
        if word in dictionary and word not in taken and len(word) > 3:
            chosen[word] = counts[word]
    words = sorted(w for w in chosen if w.lower() not in unsung_words())
    raw = meaning.vectors(words)
    mean = raw.mean(axis=0)
    _, _, turned = np.linalg.svd(centred(raw), full_matrices=False)
    axes = np.ascontiguousarray(turned[:WIDTH].T).astype(np.float32)
    book = Wordbook(
        words=tuple(words),
        counts=np.array([chosen[word] for word in words], np.int32),
        vectors=np.zeros((0, WIDTH), np.float32),
        mean=mean.astype(np.float32),
        axes=axes,
        runs=_runs(stanzas),
        themes=tuple(themes),
    )
    return Wordbook(**{**book.__dict__, "vectors": book.project(raw).astype(np.float32)})


def _printed(stanzas: Iterable[Stanza]) -> Counter[str]:
    """Words in their usual spelling inside a line; names (mostly capital there) are left out."""
    inside: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for stanza in stanzas:
        for line in stanza.lines:
            for place, word in enumerate(words_of(line)):
                total[word.lower()] += 1
                if place:
                    inside.setdefault(word.lower(), Counter())[word] += 1
    kept: Counter[str] = Counter()
    for word, count in total.items():
        forms = inside.get(word)
        form = forms.most_common(1)[0][0] if forms else word
        if form != word and word not in _PROPER and not form.startswith(("I'", "I")):
            continue
        if (
            form != word
            and form.startswith("I")
            and form not in ("I", "I'm", "I'll", "I've", "I'd")
        ):
            continue
        if len(word) > 1 or form in ("a", "I", "O"):
            kept[form] = count
    return kept


def _runs(stanzas: Iterable[Stanza]) -> npt.NDArray[np.uint32]:
    keys: set[int] = set()
    for stanza in stanzas:
        # Across line ends too: a quotation laid out otherwise is still one.
        keys.update(run_keys([word for line in stanza.lines for word in words_of(line)]))
    return np.array(sorted(keys), np.uint32)
