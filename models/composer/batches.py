"""Training windows: what is left open, which gaps are filled, and batches of tensors.

In: `Pieces` and a random generator. Out: `Batch` values. Every bar attribute is left open at times,
so that any may be left open when composing; some windows are reordered to prefix, suffix, middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from models.composer.encode import (
    AFTER_GAP,
    BAR_FIELDS,
    BLANK,
    FIELD,
    FIRST_ONSET,
    IN_GAP,
    MOST_GAP,
    NO_MOVE,
    OPEN,
    Encoded,
    Ints,
)
from models.composer.features import NAMES, Floats
from models.composer.sheets import STYLES

if TYPE_CHECKING:  # at run time this would load every corpus reader
    from models.composer.data import Pieces

#: How often a rare meter is seen for each time a common one is.
_REPEATS = {"4/4": 1, "6/8": 1, "3/4": 2, "2/4": 2}
_WORDS = {**OPEN, "style": len(STYLES) - 1}


@dataclass(frozen=True)
class Batch:
    """B windows of N events, padded.

    `inputs` (B, N, fields), `tokens` and `durations` (B, N) with -100 where padded; `bar_index`
    (B, N) points into the K bars whose events the encoder reads: `bar_events` (K, M, 5) as token,
    duration, position, root, quality, with `bar_mask` (K, M) true on events; `latent` (K,) is true
    where the bar's latent is told to the decoder. `style` (B, 60) is each window's style vector and
    `styled` (B,) whether it is told.
    """

    inputs: Tensor
    tokens: Tensor
    durations: Tensor
    bar_index: Tensor
    bar_events: Tensor
    bar_mask: Tensor
    latent: Tensor
    style: Tensor
    styled: Tensor


@dataclass(frozen=True)
class Window:
    """A stretch of a piece with what is told beside its inputs."""

    events: Encoded
    latent: bool = False
    style: Floats | None = None


def collate(
    windows: Sequence[Window], rng: np.random.Generator | None = None, drop: float = 0.2
) -> Batch:
    """Pad windows to one batch; with a generator, single bars lose their latent (`drop`)."""
    length = max(len(w.events.tokens) for w in windows)
    rows = len(windows)
    inputs = np.zeros((rows, length, len(FIELD)), np.int64)
    tokens, durations = (np.full((rows, length), -100, np.int64) for _ in range(2))
    index = np.zeros((rows, length), np.int64)
    style = np.zeros((rows, len(NAMES)), np.float32)
    bars: list[np.ndarray] = []
    told: list[bool] = []
    for r, window in enumerate(windows):
        events, n = window.events, len(window.events.tokens)
        inputs[r, :n], tokens[r, :n], durations[r, :n] = (
            events.inputs,
            events.tokens,
            events.durations,
        )
        parts, places = bars_of(events)
        index[r, :n] = len(bars) + places
        bars.extend(parts)
        told.extend(window.latent and (rng is None or rng.random() >= drop) for _ in parts)
        if window.style is not None:
            style[r] = window.style
    events_in, mask = padded(bars)
    arrays = (
        inputs, tokens, durations, index, events_in, mask, np.array(told), style,
        np.array([w.style is not None for w in windows]),
    )  # fmt: skip
    return Batch(*(torch.from_numpy(a) for a in arrays))


def bars_of(events: Encoded) -> tuple[list[Ints], Ints]:
    """What the bar encoder reads: (M, 5) arrays, one a bar, and each event's place among them."""
    columns = [FIELD["position"], FIELD["root"], FIELD["quality"]]
    starts = np.flatnonzero(np.r_[True, events.bars[1:] != events.bars[:-1]])
    both = np.c_[events.tokens, events.durations, events.inputs[:, columns]]
    places = np.searchsorted(starts, np.arange(len(events.tokens)), side="right") - 1
    return np.split(both, starts[1:]), places


def padded(bars: Sequence[Ints]) -> tuple[Ints, np.ndarray]:
    """Bars as one (K, M, 5) array with its (K, M) mask."""
    width = max(len(b) for b in bars)
    events = np.zeros((len(bars), width, 5), np.int64)
    mask = np.zeros((len(bars), width), bool)
    for k, part in enumerate(bars):
        events[k, : len(part)], mask[k, : len(part)] = part, True
    return events, mask


def leave_open(window: Encoded, names: Sequence[str], rows: np.ndarray | None = None) -> Encoded:
    """The window with some attributes unsaid, in all events or in the marked ones (N,)."""
    inputs = window.inputs.copy()
    chosen = slice(None) if rows is None else rows
    for name in names:
        inputs[chosen, FIELD[name]] = _WORDS[name]
        if name == "echo":
            inputs[chosen, FIELD["lag"]] = 0
            inputs[chosen, FIELD["echo_token"]] = BLANK
            inputs[chosen, FIELD["echo_left"]] = 17
    return Encoded(inputs, window.tokens, window.durations, window.bars, window.sources)


def bare(window: Encoded) -> Encoded:
    """The window told only chords, meter, mode, position and style: nothing measured on it."""
    return leave_open(window, (*BAR_FIELDS, "echo"))


def with_gap(window: Encoded, first: int, last: int) -> Encoded:
    """The window as prefix, suffix, middle: bars first..last (as in `bars`) are read last.

    What follows the gap is said without anything that stands in it, and the middle is told how far
    it is to the first pitch after it.
    """
    inside = (window.bars >= first) & (window.bars <= last)
    after = np.flatnonzero(window.bars > last)
    inputs = window.inputs.copy()
    inputs[inside, FIELD["segment"]] = IN_GAP
    inputs[inside, FIELD["gap"]] = np.minimum(last - window.bars[inside] + 1, MOST_GAP)
    inputs[after, FIELD["segment"]] = AFTER_GAP
    inputs[after, FIELD["gap"]] = min(last - first + 1, MOST_GAP)
    onsets = after[window.tokens[after] >= FIRST_ONSET]
    for name, value, until in (
        ("last_kind", 3, 0),
        ("last_duration", 0, 0),
        ("last_relative", BLANK, 1),
        ("last_pitch", 0, 1),
        ("last_move", NO_MOVE, 2),
    ):  # the first event after the gap, all up to the first onset, or up to the second
        end = after[0] if not until else onsets[until - 1] if len(onsets) >= until else after[-1]
        inputs[after[0] : end + 1, FIELD[name]] = value
    if len(onsets) and onsets[0] < after[-1]:
        goal = inputs[onsets[0] + 1, FIELD["last_pitch"]]
        now = inputs[inside, FIELD["last_pitch"]]
        moves = np.clip(goal - now, -12, 12) + 13
        inputs[inside, FIELD["goal"]] = np.where(now > 0, moves, NO_MOVE)
    order = np.r_[np.flatnonzero(window.bars < first), after, np.flatnonzero(inside)]
    out = Encoded(inputs, window.tokens, window.durations, window.bars, window.sources).rows(order)
    hidden = (out.bars > last) & (out.sources >= first) & (out.sources <= last)
    return leave_open(out, ("echo",), hidden)


def _gapped(window: Encoded, rng: np.random.Generator) -> Encoded:
    """A random gap of one to eight bars with music after it; the window itself if it is short."""
    first, last = int(window.bars[0]), int(window.bars[-1])
    if last - first < 4:
        return window
    size = int(rng.integers(1, min(MOST_GAP, last - first - 1) + 1))
    start = int(rng.integers(first, last - size))
    return with_gap(window, start, start + size - 1)


def _masked(
    window: Encoded, rng: np.random.Generator, open_rows: float, open_bars: float
) -> Encoded:
    if rng.random() < 0.1:
        window = leave_open(window, ("style",))
    if rng.random() < open_rows:
        return bare(window)
    if rng.random() < 0.3:
        window = leave_open(window, ("index", "left"))
    local = window.bars - window.bars.min()
    for name in (*BAR_FIELDS, "echo"):
        if name in ("index", "left"):
            continue
        chosen = rng.random(int(local.max()) + 1) < (1.0 if rng.random() < 0.25 else open_bars)
        window = leave_open(window, (name,), chosen[local])
    return window


@dataclass(frozen=True)
class Mixture:
    """How windows are told: shares of windows (or bars) with something left open or added."""

    length: int = 320
    batch_events: int = 3200
    open_rows: float = 0.25
    open_bars: float = 0.15
    latent_rows: float = 0.4
    styled_rows: float = 0.5
    gap_rows: float = 0.3


def epoch(
    pieces: Pieces, rng: np.random.Generator, mixture: Mixture, part: int = 0, parts: int = 1
) -> Iterator[Batch]:
    """One pass over random windows, grouped by length into batches of about `batch_events`.

    Of several processes each takes every `parts`-th batch; all draw the same random numbers.
    """
    windows: list[tuple[int, Encoded]] = []
    length = mixture.length
    for number, (sheet, variants) in enumerate(zip(pieces.sheets, pieces.variants, strict=True)):
        for _ in range(_REPEATS[sheet.meter] if sheet.chords else 1):
            other = len(variants) > 1 and rng.random() < 0.3
            piece = variants[int(rng.integers(1, len(variants))) if other else 0]
            total = len(piece.tokens)
            start = 0 if total <= length else int(rng.integers(0, min(length, total - length) + 1))
            first = int(np.searchsorted(piece.bars, piece.bars[start]))
            if first > length // 3:
                windows.append((number, piece.rows(slice(0, first))))
            for at in range(first, total, length):
                if total - at > 24:
                    windows.append((number, piece.rows(slice(at, min(at + length, total)))))
    order = sorted(range(len(windows)), key=lambda i: len(windows[i][1].tokens) + rng.random())
    groups: list[list[int]] = [[]]
    for i in order:
        size = (len(groups[-1]) + 1) * len(windows[i][1].tokens)
        if groups[-1] and size > mixture.batch_events:
            groups.append([])
        groups[-1].append(i)
    shuffled = rng.permutation(len(groups))
    shuffled = shuffled[: len(shuffled) // parts * parts]  # as many steps in every process
    for turn, g in enumerate(shuffled):
        seed = rng.integers(2**63)
        if turn % parts == part:
            own = np.random.default_rng(seed)
            yield collate([_told(pieces, *windows[i], own, mixture) for i in groups[g]], own)


def _told(
    pieces: Pieces, number: int, events: Encoded, rng: np.random.Generator, mixture: Mixture
) -> Window:
    events = _masked(events, rng, mixture.open_rows, mixture.open_bars)
    if rng.random() < mixture.gap_rows:
        events = _gapped(events, rng)
    style = pieces.style(number, rng) if rng.random() < mixture.styled_rows else None
    return Window(events, bool(rng.random() < mixture.latent_rows), style)
