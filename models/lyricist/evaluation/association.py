"""Which words belong together, learned from the training books: a judge that is not MiniLM.

Latent semantic analysis (S. Deerwester and others, 1990): stanzas by words, weighted by tf-idf,
in `SIZE` dimensions. The decoder steers by MiniLM; this knows nothing of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from models.lyricist.corpus import Stanza, function_words, words_of

Floats = npt.NDArray[np.float64]
#: Dimensions, and the stanzas that a word must stand in: chosen on the validation books.
SIZE, _LEAST = 200, 5


@dataclass(frozen=True)
class Association:
    """Vectors (words, d) of words, with their inverse document frequency folded in."""

    index: dict[str, int]
    words: Floats

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (texts, d); zeros for a text without a word that is known."""
        out = np.zeros((len(texts), self.words.shape[1]))
        for row, text in enumerate(texts):
            for word, count in Counter(_content(text)).items():
                if word in self.index:
                    out[row] += (1 + np.log(count)) * self.words[self.index[word]]
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True).clip(1e-9))


def learn(stanzas: Sequence[Stanza], size: int = SIZE) -> Association:
    """The associations of stanzas' words; about 20 seconds for 30,000 of them."""
    texts = [_content(" ".join(stanza.lines)) for stanza in stanzas]
    uses = Counter(word for text in texts for word in set(text))
    index = {word: i for i, word in enumerate(w for w, n in uses.items() if n >= _LEAST)}
    weight = np.array([np.log(len(texts) / uses[word]) for word in index])
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        for word, count in Counter(w for w in text if w in index).items():
            rows.append(row)
            columns.append(index[word])
            values.append((1 + np.log(count)) * weight[index[word]])
    table = csr_matrix((values, (rows, columns)), shape=(len(texts), len(index)))
    _, strengths, right = svds(table, k=size, random_state=0)
    return Association(index, (right * strengths[:, None] ** 0.5).T * weight[:, None])


def _content(text: str) -> list[str]:
    words = (word.lower() for word in words_of(text))
    return [_stem(word) for word in words if word not in function_words()]


def _stem(word: str) -> str:
    """Plurals and possessives as the word itself: books say "star", people ask for "the stars"."""
    word = word.split("'")[0]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
