"""Raw verse -> batches of tokens for the language model."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from models.lyricist.corpus import (
    Split,
    Stanza,
    read_stanzas,
    split_of,
    theme_vocabulary,
    with_labels,
)
from models.lyricist.meaning import Meaning
from models.lyricist.page import BOUNDARY, Page, varied_page

#: No gradient flows from a token with this label (torch's convention).
IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Token ids (B, L), padded at the end; `labels` as ids, IGNORED in headers and padding."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor


def prepare(data: Path) -> dict[Split, list[Stanza]]:
    """The corpus by split, with themes and moods; labels are fitted on the training books.

    About two minutes on one core, nearly all of it MiniLM reading 33,000 stanzas.
    """
    stanzas = read_stanzas(data)
    vocabulary = theme_vocabulary(s for s in stanzas if split_of(s.book) == "train")
    meaning = Meaning()
    texts = meaning.vectors([" ".join(stanza.lines) for stanza in stanzas])
    themes = meaning.vectors(vocabulary)
    labelled = with_labels(stanzas, texts, vocabulary, themes)
    parts: dict[Split, list[Stanza]] = {"train": [], "validation": [], "test": []}
    for stanza in labelled:
        parts[split_of(stanza.book)].append(stanza)
    return parts


def encoded(page: Page, tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], int]:
    """Token ids of a page between boundaries, and how many of them are given (no loss)."""
    boundary = tokenizer.convert_tokens_to_ids(BOUNDARY)
    top = tokenizer.encode(page.header, add_special_tokens=False) if page.header else []
    body = tokenizer.encode(page.body, add_special_tokens=False)
    return [boundary, *top, *body, boundary], 1 + len(top)


def padded(pages: Sequence[tuple[list[int], int]]) -> Batch:
    """Encoded pages as one batch."""
    length = max(len(ids) for ids, _ in pages)
    ids = torch.zeros(len(pages), length, dtype=torch.long)
    mask = torch.zeros(len(pages), length, dtype=torch.long)
    labels = torch.full((len(pages), length), IGNORED, dtype=torch.long)
    for row, (tokens, given) in enumerate(pages):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        labels[row, given : len(tokens)] = torch.tensor(tokens[given:])
    return Batch(ids, mask, labels)


def batches(
    stanzas: Sequence[Stanza],
    tokenizer: PreTrainedTokenizerBase,
    tokens_per_step: int,
    plain_share: float,
    seed: int,
) -> Iterator[Batch]:
    """Batches without end; pages of like length together, so that little is padding."""
    rng = random.Random(seed)
    while True:
        order = rng.sample(range(len(stanzas)), len(stanzas))
        for start in range(0, len(order), 512):
            pages = [
                encoded(varied_page(stanzas[i], rng, plain_share), tokenizer)
                for i in order[start : start + 512]
            ]
            pages.sort(key=lambda page: len(page[0]))
            groups = list(_groups(pages, tokens_per_step))
            rng.shuffle(groups)
            yield from (padded(group) for group in groups)


def _groups(
    pages: Sequence[tuple[list[int], int]], tokens: int
) -> Iterator[list[tuple[list[int], int]]]:
    group: list[tuple[list[int], int]] = []
    for page in pages:
        group.append(page)
        if len(group) * len(page[0]) >= tokens:
            yield group
            group = []
    # A last, small group would weigh its few pages more than the others: leave it for next time.


def used_tokens(
    stanzas: Sequence[Stanza], tokenizer: PreTrainedTokenizerBase, seed: int
) -> np.ndarray:
    """Ids of every token that pages of these stanzas hold, sorted."""
    rng = random.Random(seed)
    seen: set[int] = set()
    for stanza in stanzas:
        for share in (0.0, 1.0):
            seen.update(encoded(varied_page(stanza, rng, share), tokenizer)[0])
    return np.array(sorted(seen))
