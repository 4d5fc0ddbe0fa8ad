"""Poems -> pages of ids and fields -> batches.

A page is five given places (mood, three theme characters, start) and the characters of some lines;
there are no marks, since the fields say where clauses and lines end. While training, themes, mood
and rhyme are told or withheld at random, and a page begins at any line of its poem.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.lyricist.chinese.corpus import Poem, Split, deduplicated, labelled, read_poems
from models.lyricist.chinese.model import FIELDS

#: Ids before the characters: what is not in the vocabulary, no theme, start, moods 0 (any) to 3.
UNKNOWN, NO_THEME, START, MOOD = 0, 1, 2, 3
SPECIAL = 7
THEMES = 3
GIVEN = THEMES + 2
#: No gradient flows from a place with this label (torch's convention).
IGNORED = -100


#: (T,) ids, (T, F) fields, (T,) labels.
Page = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class LinePlan:
    """A line's clause lengths and its rhyme class (0: not told)."""

    clauses: tuple[int, ...]
    rhyme: int = 0


@dataclass(frozen=True)
class Batch:
    """ids and labels (B, T), fields (B, T, F): those of the label's place."""

    ids: torch.Tensor
    fields: torch.Tensor
    labels: torch.Tensor


def line_fields(plan: LinePlan, lines_left: int) -> list[list[int]]:
    """The fields of each character of a line; `lines_left` counts this one."""
    rows = []
    for number, length in enumerate(plan.clauses):
        clauses = min(len(plan.clauses) - number, FIELDS["clauses"] - 1)
        for left in range(length, 0, -1):
            # A clause longer than any in the corpus is told as the longest one.
            told = min(left, FIELDS["left"] - 1), min(length, FIELDS["length"] - 1)
            rows.append([*told, clauses, plan.rhyme, min(lines_left, FIELDS["lines"] - 1)])
    return rows


def header(mood: int, themes: Sequence[int]) -> list[int]:
    """The given ids of a page."""
    padded = [*themes[:THEMES], *[NO_THEME] * (THEMES - len(themes))]
    return [MOOD + mood, *padded, START]


def vocabulary(poems: Sequence[Poem], least: int) -> list[str]:
    """Characters that stand at least `least` times in `poems`, the most frequent first."""
    counts = Counter(c for poem in poems for c in poem.text)
    return [c for c, n in counts.most_common() if n >= least and c.isalpha()]


def page(poem: Poem, known: dict[str, int], themes: str, mood: int) -> Page:
    """(T,) ids, (T, F) fields and (T,) labels of a whole poem."""
    ids = header(mood, [known[c] for c in themes if c in known])
    text = [known.get(c, UNKNOWN) for c in poem.text]
    fields: list[list[int]] = [[0] * len(FIELDS) for _ in range(GIVEN - 1)]
    for number, (line, rhyme) in enumerate(zip(poem.lines, poem.rhymes, strict=True)):
        plan = LinePlan(tuple(len(c) for c in line), rhyme)
        fields += line_fields(plan, len(poem.lines) - number)
    labels = [IGNORED] * (GIVEN - 1) + [t if t != UNKNOWN else IGNORED for t in text]
    return np.array([*ids, *text[:-1]]), np.array(fields), np.array(labels)


def varied(poem: Poem, rng: random.Random, longest: int) -> tuple[Poem, str, int]:
    """A training page's poem, themes and mood: cut, and told more or less.

    One poem in four is whole; the others begin at any line. What runs over `longest` characters
    is left off at a line's end. Each of themes, mood and rhyme is sometimes withheld.
    """
    start = 0 if rng.random() < 0.25 else rng.randrange(len(poem.lines))
    end, room = start, longest
    while end < len(poem.lines) and (room := room - sum(map(len, poem.lines[end]))) >= 0:
        end += 1
    end = max(end, start + 1)
    text = {c for line in poem.lines[start:end] for clause in line for c in clause}
    seen = [c for c in poem.themes if c in text]
    count = rng.choice((0, 0, 1, 1, 2, 2, 3))
    themes = "".join(rng.sample(seen[:4], min(count, len(seen[:4]))))
    withheld = rng.random() < 0.2
    rhymes = [0 if withheld or rng.random() < 0.1 else r for r in poem.rhymes[start:end]]
    mood = poem.mood if rng.random() < 0.6 else 0
    return replace(poem, lines=poem.lines[start:end], rhymes=tuple(rhymes)), themes, mood


def collated(pages: Sequence[Page]) -> Batch:
    """Pages as one batch, padded at the end: a causal model cannot see the padding."""
    length = max(len(ids) for ids, _, _ in pages)
    ids = np.zeros((len(pages), length), dtype=np.int64)
    fields = np.zeros((len(pages), length, len(FIELDS)), dtype=np.int64)
    labels = np.full((len(pages), length), IGNORED, dtype=np.int64)
    for row, (i, f, w) in enumerate(pages):
        ids[row, : len(i)], fields[row, : len(f)], labels[row, : len(w)] = i, f, w
    return Batch(torch.from_numpy(ids), torch.from_numpy(fields), torch.from_numpy(labels))


def epoch(
    poems: Sequence[Poem], known: dict[str, int], rng: random.Random, tokens: int, longest: int
) -> Iterator[Batch]:
    """Each poem once; pages of like length together, about `tokens` places a batch."""
    order = rng.sample(range(len(poems)), len(poems))
    for start in range(0, len(order), 1024):
        some = [poems[i] for i in order[start : start + 1024]]
        pages = [
            page(poem, known, themes, mood)
            for poem, themes, mood in (varied(p, rng, longest) for p in some)
        ]
        pages.sort(key=lambda p: len(p[0]))
        groups: list[list[Page]] = []
        group: list[Page] = []
        for one in pages:
            if group and (len(group) + 1) * len(one[0]) > tokens:
                groups.append(group)
                group = []
            group.append(one)
        rng.shuffle(groups)
        yield from map(collated, [*groups, group])


def embedding(poems: Sequence[Poem], known: dict[str, int], rows: int, width: int) -> torch.Tensor:
    """(rows, width) vectors of characters from the training text, to start the table from.

    Positive pointwise mutual information of characters at most three places apart in a line,
    its singular vectors weighted by the root of the singular values (Levy and Goldberg, 2014),
    scaled to unit variance.
    """
    size = len(known) + SPECIAL
    counts = np.zeros((size, size), dtype=np.float32)
    for poem in poems:
        for line in poem.lines:
            ids = np.array([known.get(c, UNKNOWN) for c in "".join(line)])
            for apart in (1, 2, 3):
                np.add.at(counts, (ids[:-apart], ids[apart:]), 1 / apart)
    counts = counts + counts.T
    counts[UNKNOWN] = counts[:, UNKNOWN] = 0
    context = (counts.sum(0) ** 0.75)[None]
    expected = counts.sum(1)[:, None] * (context / context.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.nan_to_num(np.log(counts / expected), nan=0.0, neginf=0.0)
    torch.manual_seed(0)
    u, s, _ = torch.svd_lowrank(torch.from_numpy(np.maximum(pmi, 0)), q=width, niter=2)
    vectors = torch.randn(rows, width) * 0.02
    vectors[:size] += (u * s.sqrt()) / (u * s.sqrt()).std()
    return vectors


def prepared(data: Path, cache: Path) -> dict[Split, list[Poem]]:
    """The labelled corpus by split, kept in `cache` as JSON (15 seconds the first time)."""
    path = cache / "song_ci.json"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        parts = labelled(deduplicated(read_poems(data)))
        rows = {split: [vars(p) for p in poems] for split, poems in parts.items()}
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {split: [_poem(row) for row in poems] for split, poems in rows.items()}


def _poem(row: dict[str, Any]) -> Poem:
    lines = tuple(tuple(line) for line in row["lines"])
    return Poem(**{**row, "lines": lines, "rhymes": tuple(row["rhymes"])})
