"""Which runs of five characters stand in the training poems: nothing written may copy one.

In: clauses. Out: a sorted index of 32-bit hashes (1 MB) that travels with the weight; two runs in
ten thousand are taken for a copy by chance, which costs a candidate and nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
import torch

from models.lyricist.chinese.corpus import Poem, grams

RUN = 5


def _hashes(runs: Iterable[str]) -> np.ndarray:
    return np.array([zlib.crc32(run.encode()) for run in runs], dtype=np.uint32)


def index_of(poems: Iterable[Poem]) -> torch.Tensor:
    """The sorted index of the poems' clauses, as int32 (safetensors' widest common type)."""
    runs = grams((c for poem in poems for line in poem.lines for c in line), RUN)
    return torch.from_numpy(np.unique(_hashes(runs)).view(np.int32))


class Novelty:
    """Looks runs up."""

    def __init__(self, index: torch.Tensor) -> None:
        self.index = index.numpy().view(np.uint32)

    def copied(self, clause: str) -> bool:
        """Whether five characters in a row stand like this in a training poem."""
        hashes = _hashes(sorted(grams([clause], RUN)))
        if not len(hashes):
            return False
        places = np.minimum(np.searchsorted(self.index, hashes), len(self.index) - 1)
        return bool((self.index[places] == hashes).any())
