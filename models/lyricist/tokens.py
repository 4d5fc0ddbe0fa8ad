"""Words as tokens of the language model, and the tokens a set of words can go on with.

In: a tokenizer and the lexicon's words. Out: tables of token ids, a row a word, for words inside a
line (" night") and at its start (" Night"). A word being written is a pool of words that share the
tokens so far; what may come next is read off the table's next column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
#: Below any bonus: what is not allowed.
NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class Table:
    """Token ids (words, longest), -1 after a word's end, and each word's number of tokens.

    `order` lists the words by their first token.
    """

    ids: Ids
    lengths: Ids
    order: Ids


@dataclass(frozen=True)
class Start:
    """What a word may begin with: tokens, and the best bonus of the words behind each.

    `pool` are the words sorted by first token, `bonus` theirs; `edges` cut the pool by token.
    """

    tokens: Ids
    best: Floats
    pool: Ids
    bonus: Floats
    edges: Ids

    def behind(self, token: int) -> tuple[Ids, Floats]:
        """The words that begin with a token, and their bonuses."""
        place = int(np.searchsorted(self.tokens, token))
        part = slice(int(self.edges[place]), int(self.edges[place + 1]))
        return self.pool[part], self.bonus[part]


def table(words: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> Table:
    """The table of words as they stand after a space."""
    rows = tokenizer([f" {word}" for word in words], add_special_tokens=False)["input_ids"]
    lengths = np.array([len(row) for row in rows])
    ids = np.full((len(rows), int(lengths.max())), -1, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return Table(ids, lengths, np.argsort(ids[:, 0], kind="stable"))


def start(rows: Table, allowed: npt.NDArray[np.bool_], bonus: Floats) -> Start:
    """What the allowed words may begin with; `bonus` (words,) is in nats."""
    pool = rows.order[allowed[rows.order]]
    tokens, first = np.unique(rows.ids[pool, 0], return_index=True)
    edges = np.append(first, len(pool))
    best = np.maximum.reduceat(bonus[pool], first) if len(pool) else np.zeros(0, np.float32)
    return Start(tokens, best.astype(np.float32), pool, bonus[pool], edges)


@dataclass
class Spelling:
    """A word being written: the words it can still become, and how many tokens are down.

    `credit` is the bonus already given: each token is paid the rise of the best bonus that is
    still in reach, so a whole word has been paid exactly its own (a potential, as in reward
    shaping: A. Ng and others, ICML 1999).
    """

    rows: Table
    pool: Ids
    bonus: Floats
    credit: float
    taken: int = 1

    def going_on(self) -> tuple[Ids, Floats]:
        """Tokens that continue the word, with what they are paid."""
        longer = self.rows.lengths[self.pool] > self.taken
        if not longer.any():
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        column = self.rows.ids[self.pool[longer], self.taken]
        tokens, inverse = np.unique(column, return_inverse=True)
        best = np.full(len(tokens), NEVER, np.float32)
        np.maximum.at(best, inverse, self.bonus[longer])
        return tokens, best - np.float32(self.credit)

    def whole(self) -> tuple[int, float] | None:
        """The word that is complete now, with what completing it is paid; None if there is none."""
        done = np.flatnonzero(self.rows.lengths[self.pool] == self.taken)
        if not len(done):
            return None
        return int(self.pool[done[0]]), float(self.bonus[done[0]]) - self.credit

    def take(self, token: int) -> Spelling:
        """The spelling after one more token."""
        longer = self.rows.lengths[self.pool] > self.taken
        fits = np.zeros(len(self.pool), bool)
        fits[longer] = self.rows.ids[self.pool[longer], self.taken] == token
        bonus = self.bonus[fits]
        return Spelling(self.rows, self.pool[fits], bonus, float(bonus.max()), self.taken + 1)
