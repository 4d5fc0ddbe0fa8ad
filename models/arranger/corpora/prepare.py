"""Every corpus of bands, brought into the cache once.

In: the data directory and the cache. Out: shards that `batches.read_bands` finds; what lies there
already is not made again. MMA must be installed for its renders.
"""

from __future__ import annotations

from pathlib import Path

from models.arranger.corpora.human import human_bands
from models.arranger.corpora.mma_renders import farm


def prepare(data: Path, cache: Path, shards: int) -> None:
    """Read the people's playing and render MMA's (`shards` of 200 training bands).

    Lead sheets are parsed into a folder beside `cache`, where the composer's training has them too.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks a collection.
    MmaMissing
        When MMA is not installed.
    """
    human_bands(data, cache)
    farm(data, cache, cache.parent / "composer", shards)
