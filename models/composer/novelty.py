"""Has this been written before? An index of every two and three bars of the training melodies.

In: events by bar. Out: 32-bit keys of successive bars as intervals and rhythm of the onsets, so
that a transposed copy is still a copy. The index of the training split is shipped inside the
weight: two bars may be anybody's, three equal bars are a quotation and are not written.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from models.composer.describe import rebarred
from models.composer.encode import FIRST_ONSET, Event, bar_events, events_of
from models.composer.sheets import LeadSheet

Keys = npt.NDArray[np.uint32]
Bars = Sequence[Sequence[Event]]
LEAST = 6  # notes: with fewer, a stretch of bars is too plain to be anybody's own
MOST = 2  # bars in a row that may be equal to a training melody
_NAMES = ("novelty.pairs", "novelty.triples")


@dataclass(frozen=True)
class Index:
    """Sorted 32-bit keys of all two-bar and all three-bar melodies of the training sheets.

    About one key in 20 000 is found by chance.
    """

    pairs: Keys
    triples: Keys

    @classmethod
    def of(cls, sheets: Iterable[LeadSheet]) -> Index:
        """The index of some sheets, each also in half or twice its bar, as it is trained on."""
        pairs: set[int] = set()
        triples: set[int] = set()
        for sheet in sheets:
            for reading in (sheet, rebarred(sheet)):
                if reading is not None:
                    bar = reading.bar_steps
                    bars = bar_events(events_of(reading), bar, reading.bars)
                    pairs.update(k for k in keys_of(bars, bar, 2) if k is not None)
                    triples.update(k for k in keys_of(bars, bar, 3) if k is not None)
        return cls(*(np.array(sorted(keys), np.uint32) for keys in (pairs, triples)))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> Index:
        """The inverse of `tensors`; a KeyError when they are not among the given ones."""
        return cls(*(tensors[name].numpy().view(np.uint32) for name in _NAMES))

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is stored in a weight, as int32: no unsigned type is common to all readers."""
        parts = (self.pairs, self.triples)
        pairs = zip(_NAMES, parts, strict=True)
        return {name: torch.from_numpy(keys.view(np.int32).copy()) for name, keys in pairs}


def keys_of(bars: Bars, bar: int, count: int) -> list[int | None]:
    """One key for each `count` successive bars; None where they hold fewer than `LEAST` notes."""
    stretches = (bars[b : b + count] for b in range(len(bars) - count + 1))
    return [_key([e for events in stretch for e in events], bar) for stretch in stretches]


def _key(events: Sequence[Event], bar: int) -> int | None:
    onsets = [e for e in events if e.kind == FIRST_ONSET]
    if len(onsets) < LEAST:
        return None
    start = events[0].step // bar * bar
    text = [(e.step - start, e.pitch - onsets[0].pitch) for e in onsets]
    return zlib.crc32(repr((bar, text)).encode())


def _known(keys: Sequence[int | None], index: Keys) -> list[bool]:
    """Whether each key stands in the index; None does not."""
    if not len(index):
        return [False] * len(keys)
    wanted = np.array([k or 0 for k in keys], np.uint32)
    places = np.minimum(np.searchsorted(index, wanted), len(index) - 1)
    found = (index[places] == wanted).tolist()
    return [key is not None and hit for key, hit in zip(keys, found, strict=True)]


def copied(bars: Bars, bar: int, index: Index) -> tuple[int, int]:
    """How many two-bar melodies stand in the index, and how many were looked up."""
    keys = keys_of(bars, bar, 2)
    return sum(_known(keys, index.pairs)), sum(k is not None for k in keys)


def quotations(bars: Bars, bar: int, index: Index, new: Container[int]) -> int:
    """How many three-bar melodies stand in the index, of those with a bar whose number is `new`."""
    known = _known(keys_of(bars, bar, MOST + 1), index.triples)
    return sum(hit and any(b + i in new for i in range(MOST + 1)) for b, hit in enumerate(known))


def longest_copy(bars: Bars, bar: int, index: Index) -> int:
    """Bars in the longest run that is equal to training melodies; 0 or at least 2.

    A run of four is two known stretches of three that overlap: they may, though it is unlikely,
    come from two melodies.
    """
    longest = 2 if any(_known(keys_of(bars, bar, 2), index.pairs)) else 0
    run = 0
    for hit in _known(keys_of(bars, bar, 3), index.triples):
        run = run + 1 if hit else 0
        longest = max(longest, run + 2 if run else 0)
    return longest
