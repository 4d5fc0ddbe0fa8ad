"""Fitted factors on disk: one npz per fit, swapped in whole.

In: `Factors` and arrays to keep beside them. Out: a file `NAME-NUMBER.npz` that is either complete
or not there. No pickles: arrays of numbers and of fixed-width text only.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.recommender.als import Factors, Settings

FORMAT = 1
_OWN = ("format", "items", "item_factors", "tags", "tag_factors", "popularity", "settings")


def save(folder: Path, name: str, factors: Factors, extra: Mapping[str, Any] | None = None) -> Path:
    """Write the next number of `name`; a death in the middle leaves only a `.part` file."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [number for number, _ in _versions(folder, name)]
    path = folder / f"{name}-{max(numbers, default=0) + 1}.npz"
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            format=np.array(FORMAT),
            items=np.array(factors.items, dtype=np.str_),
            item_factors=factors.item_factors,
            tags=np.array(factors.tags, dtype=np.str_),
            tag_factors=factors.tag_factors,
            popularity=factors.popularity,
            settings=np.array(json.dumps(asdict(factors.settings))),
            **dict(extra or {}),
        )
        file.flush()
        os.fsync(file.fileno())
    return unfinished.replace(path)


def load(path: Path) -> Factors:
    """Read factors; see `load_with_extra` for what it raises."""
    return load_with_extra(path)[0]


def load_with_extra(path: Path) -> tuple[Factors, dict[str, Any]]:
    """Factors and the arrays beside them.

    Raises
    ------
    OSError, ValueError, KeyError, zipfile.BadZipFile
        When the file is missing, damaged, pickled or of another format.
    """
    # np.load leaves a damaged file open when it is given a path.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        if int(held["format"]) != FORMAT:
            raise ValueError(f"{path.name} has format {int(held['format'])}, not {FORMAT}")
        factors = Factors(
            tuple(str(item) for item in held["items"]),
            held["item_factors"],
            tuple(str(tag) for tag in held["tags"]),
            held["tag_factors"],
            held["popularity"],
            Settings(**json.loads(str(held["settings"]))),
        )
        extra = {key: held[key] for key in held.files if key not in _OWN}
    size = factors.settings.factors
    shapes = (factors.item_factors.shape, factors.tag_factors.shape, factors.popularity.shape)
    if shapes != ((len(factors.items), size), (len(factors.tags), size), (len(factors.items),)):
        raise ValueError(f"{path.name} names other items than it has factors for")
    return factors, extra


def prune(folder: Path, name: str, keep: int = 3) -> list[Path]:
    """Delete all but the newest `keep` files of `name`, and unfinished ones; returns what went."""
    versions = sorted(_versions(folder, name))
    gone = [path for _, path in versions[: max(0, len(versions) - keep)]]
    gone += list(folder.glob(f"{name}-*.part"))
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _versions(folder: Path, name: str) -> list[tuple[int, Path]]:
    pattern = re.compile(re.escape(name) + r"-(\d+)\.npz")
    found = ((pattern.fullmatch(path.name), path) for path in folder.glob(f"{name}-*.npz"))
    return [(int(match[1]), path) for match, path in found if match]
