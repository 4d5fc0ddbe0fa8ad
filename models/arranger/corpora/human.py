"""What people played, from all corpora, as shards of bands.

In: the data directory. Out: `NAME-SPLIT-VERSION.npz` in a cache folder, one for each corpus and
split. A corpus whose shards are there is not read again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from models.arranger.band import Band, save
from models.arranger.corpora.game_bands import game_bands
from models.arranger.corpora.groove_drums import groove_drums
from models.arranger.corpora.pop_piano import pop_piano
from models.arranger.corpora.swing_bass import swing_bass
from models.composer.sheets import SPLITS

log = logging.getLogger("arranger.data")
#: Raise when the bands of any corpus change, so that old shards are written anew.
VERSION = 2

_READERS: dict[str, Callable[[Path], Iterable[Band]]] = {
    "jjswing": swing_bass,
    "groove": groove_drums,
    "game": game_bands,
    "pop909": pop_piano,
}


def human_bands(data: Path, cache: Path) -> None:
    """Write the shards that `cache` lacks and remove those of older versions.

    Raises
    ------
    FileNotFoundError
        When the data directory lacks a collection.
    """
    for name, read in _READERS.items():
        wanted = {split: cache / f"{name}-{split}-{VERSION:03d}.npz" for split in SPLITS}
        if all(path.exists() for path in wanted.values()):
            continue
        log.info("reading the bands of %s", name)
        bands = list(read(data))
        for split, path in wanted.items():
            save([b for b in bands if b.split == split], path)
            for old in set(cache.glob(f"{name}-{split}-*.npz")) - {path}:
                old.unlink()
