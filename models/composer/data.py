"""From raw corpora to training windows.

In: the data directory. Out: `LeadSheet` lists by split (cached as JSON, outside the repository) and
batches of windows as tensors. Run on the same files it gives the same sheets, splits and windows.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.composer.corpus_midi import nottingham, pop909
from models.composer.corpus_musicxml import openewld
from models.composer.encode import (
    BLANK,
    CLOSE_OPEN,
    DENSITY_OPEN,
    ECHO_OPEN,
    FIELD,
    INDEX_OPEN,
    LEFT_OPEN,
    REGISTER_OPEN,
    Encoded,
    encode,
)
from models.composer.sheets import SPLITS, STYLES, LeadSheet

#: Raise when the sheets change, so that an old cache is not read.
VERSION = 3
#: How often a rare meter is seen for each time a common one is.
_REPEATS = {"4/4": 1, "6/8": 1, "3/4": 3, "2/4": 3}


def load_sheets(data: Path, cache: Path) -> dict[str, list[LeadSheet]]:
    """All lead sheets by split; parsed once, then read from `cache`.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks one of the three collections.
    """
    path = cache / f"composer-sheets-{VERSION}.json.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            sheets = [LeadSheet.from_json(raw) for raw in json.load(stream)]
    else:
        for name in ("pop909", "nottingham", "openewld"):
            if not (data / name).is_dir():
                raise FileNotFoundError(f"no folder “{name}” in the data directory {data}")
        sheets = [*pop909(data), *nottingham(data), *openewld(data)]
        cache.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8") as stream:
            json.dump([s.to_json() for s in sheets], stream)
    by_split: dict[str, list[LeadSheet]] = {name: [] for name in SPLITS}
    seen: set[tuple[object, ...]] = set()
    first: dict[str, str] = {}
    for sheet in sheets:
        file = sheet.id.partition("#")[0]  # stretches of one file stay on one side
        split = first.setdefault(file, sheet.split)
        if (sheet.meter, sheet.notes) not in seen:
            seen.add((sheet.meter, sheet.notes))
            by_split[split].append(sheet)
    return by_split


def counts(sheets: dict[str, list[LeadSheet]]) -> list[tuple[str, str, int, int, int]]:
    """Source, split, sheets, bars and notes, for the table in the card."""
    rows: list[tuple[str, str, int, int, int]] = []
    for split, members in sheets.items():
        for source, number in sorted(Counter(s.source for s in members).items()):
            mine = [s for s in members if s.source == source]
            bars, notes = sum(s.bars for s in mine), sum(len(s.notes) for s in mine)
            rows.append((source, split, number, bars, notes))
    return rows


@dataclass(frozen=True)
class Batch:
    """B windows of N events, padded.

    `inputs` (B, N, fields), `tokens` and `durations` (B, N) with -100 where padded; `bar_index`
    (B, N) points into the K bars whose events the encoder reads: `bar_events` (K, M, 5) as token,
    duration, position, root, quality, with `bar_mask` (K, M) true on events; `latent` (K,) is true
    where the bar's latent is told to the decoder.
    """

    inputs: Tensor
    tokens: Tensor
    durations: Tensor
    bar_index: Tensor
    bar_events: Tensor
    bar_mask: Tensor
    latent: Tensor


def collate(
    windows: list[Encoded], latents: list[bool], rng: np.random.Generator | None, drop: float = 0.2
) -> Batch:
    """Pad windows to one batch; with a generator, single bars lose their latent (`drop`)."""
    length = max(len(w.tokens) for w in windows)
    rows = len(windows)
    inputs = np.zeros((rows, length, len(FIELD)), np.int64)
    tokens, durations = (np.full((rows, length), -100, np.int64) for _ in range(2))
    index = np.zeros((rows, length), np.int64)
    bars: list[np.ndarray] = []
    told: list[bool] = []
    columns = [FIELD["position"], FIELD["root"], FIELD["quality"]]
    for r, (window, latent) in enumerate(zip(windows, latents, strict=True)):
        n = len(window.tokens)
        inputs[r, :n], tokens[r, :n], durations[r, :n] = (
            window.inputs,
            window.tokens,
            window.durations,
        )
        starts = np.flatnonzero(np.r_[True, window.bars[1:] != window.bars[:-1]])
        index[r, :n] = len(bars) + np.searchsorted(starts, np.arange(n), side="right") - 1
        both = np.c_[window.tokens, window.durations, window.inputs[:, columns]]
        for part in np.split(both, starts[1:]):
            bars.append(part)
            told.append(latent and (rng is None or rng.random() >= drop))
    width = max(len(b) for b in bars)
    events = np.zeros((len(bars), width, 5), np.int64)
    mask = np.zeros((len(bars), width), bool)
    for k, part in enumerate(bars):
        events[k, : len(part)], mask[k, : len(part)] = part, True
    arrays = (inputs, tokens, durations, index, events, mask, np.array(told))
    return Batch(*(torch.from_numpy(a) for a in arrays))


_OPEN = {
    "density": DENSITY_OPEN,
    "register": REGISTER_OPEN,
    "close": CLOSE_OPEN,
    "echo": ECHO_OPEN,
    "index": INDEX_OPEN,
    "left": LEFT_OPEN,
}


def leave_open(window: Encoded, fields: tuple[str, ...], bars: np.ndarray | None = None) -> Encoded:
    """The window with some attributes unsaid, in all events or in the marked ones (N,)."""
    inputs = window.inputs.copy()
    rows = slice(None) if bars is None else bars
    for name in fields:
        inputs[rows, FIELD[name]] = _OPEN[name] if name in _OPEN else len(STYLES) - 1
        if name == "echo":
            inputs[rows, FIELD["echo_token"]], inputs[rows, FIELD["echo_left"]] = BLANK, 17
    return Encoded(inputs, window.tokens, window.durations, window.bars)


def bare(window: Encoded) -> Encoded:
    """The window told only chords, meter, mode, position and style: nothing measured on it."""
    return leave_open(window, tuple(_OPEN))


def _masked(
    window: Encoded, rng: np.random.Generator, open_rows: float, open_bars: float
) -> Encoded:
    if rng.random() < 0.05:
        window = leave_open(window, ("style",))
    if rng.random() < open_rows:
        return bare(window)
    if rng.random() < 0.3:
        window = leave_open(window, ("index", "left"))
    local = window.bars - window.bars[0]
    for name in ("density", "register", "close", "echo"):
        chosen = rng.random(int(local[-1]) + 1) < (1.0 if rng.random() < 0.15 else open_bars)
        window = leave_open(window, (name,), chosen[local])
    return window


def cut(window: Encoded, start: int, end: int) -> Encoded:
    """Events start..end."""
    rows = slice(start, end)
    return Encoded(
        window.inputs[rows], window.tokens[rows], window.durations[rows], window.bars[rows]
    )


@dataclass(frozen=True)
class Pieces:
    """Encoded pieces of a split, with and without their chords."""

    sheets: tuple[LeadSheet, ...]
    full: tuple[Encoded, ...]
    chordless: tuple[Encoded, ...]

    @classmethod
    def of(cls, sheets: list[LeadSheet]) -> Pieces:
        """Encode every sheet twice."""
        full = tuple(encode(s) for s in sheets)
        return cls(tuple(sheets), full, tuple(encode(s, with_chords=False) for s in sheets))


def epoch(
    pieces: Pieces,
    rng: np.random.Generator,
    length: int,
    batch_events: int,
    open_rows: float = 0.25,
    open_bars: float = 0.15,
    latent_rows: float = 0.5,
    no_chords: float = 0.06,
) -> Iterator[Batch]:
    """One pass over random windows, grouped by length into batches of about `batch_events`."""
    windows: list[Encoded] = []
    for sheet, full, chordless in zip(pieces.sheets, pieces.full, pieces.chordless, strict=True):
        for _ in range(_REPEATS[sheet.meter]):
            piece = chordless if rng.random() < no_chords else full
            total = len(piece.tokens)
            start = 0 if total <= length else int(rng.integers(0, min(length, total - length) + 1))
            first = int(np.searchsorted(piece.bars, piece.bars[start]))
            if first > length // 3:
                windows.append(cut(piece, 0, first))
            for at in range(first, total, length):
                if total - at > 24:
                    windows.append(cut(piece, at, min(at + length, total)))
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].tokens) + rng.random())
    groups: list[list[int]] = [[]]
    for i in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(windows[i].tokens) > batch_events:
            groups.append([])
        groups[-1].append(i)
    for g in rng.permutation(len(groups)):
        chosen = [_masked(windows[i], rng, open_rows, open_bars) for i in groups[g]]
        yield collate(chosen, [bool(rng.random() < latent_rows) for _ in chosen], rng)
