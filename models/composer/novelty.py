"""Has this been written before? An index of every two-bar melody in the training data.

In: events by bar. Out: 32-bit keys of two successive bars as intervals and rhythm, so that a
transposed copy is still a copy. The index of the training split is shipped inside the weight.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.composer.encode import FIRST_ONSET, Event, bar_events, events_of
from models.composer.sheets import LeadSheet

Keys = npt.NDArray[np.int64]


def pair_keys(bars: Sequence[Sequence[Event]], bar: int) -> list[int | None]:
    """One key for each two successive bars; None where they hold fewer than six notes."""
    return [_key([*first, *second], bar) for first, second in pairwise(bars)]


def _key(events: Sequence[Event], bar: int) -> int | None:
    onsets = [e for e in events if e.kind == FIRST_ONSET]
    if len(onsets) < 6:  # four crotchets and two more are anybody's
        return None
    start = events[0].step // bar * bar
    text = [(e.step - start, e.pitch - onsets[0].pitch) for e in onsets]
    return zlib.crc32(repr((bar, text)).encode())


def index_of(sheets: Iterable[LeadSheet]) -> Keys:
    """Sorted keys of all two-bar melodies in the sheets."""
    keys: set[int] = set()
    for sheet in sheets:
        bars = bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)
        keys.update(k for k in pair_keys(bars, sheet.bar_steps) if k is not None)
    return np.array(sorted(keys), np.int64)


def copied(bars: Sequence[Sequence[Event]], bar: int, index: Keys) -> tuple[int, int]:
    """How many two-bar melodies stand in the index, and how many were looked up."""
    keys = np.array([k for k in pair_keys(bars, bar) if k is not None], np.int64)
    if not len(keys) or not len(index):
        return 0, len(keys)
    places = np.minimum(np.searchsorted(index, keys), len(index) - 1)
    return int((index[places] == keys).sum()), len(keys)
