"""Shipped weights: what is allowed to be loaded, and how.

In: the name of a folder in `models/weights`, whose `manifest.toml` states file, SHA-256, licence
and source. Out: tensors and metadata, only from safetensors and only when the hash is the stated
one: a weight decides what Segno does, so a file that nobody wrote down is refused.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from models.errors import Refusal

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One shipped weight as its `manifest.toml` states it."""

    name: str
    file: str
    sha256: str
    licence: str
    source: str


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest(name: str, weights: Path = WEIGHTS) -> Manifest:
    """What is stated about a weight.

    Raises
    ------
    Refusal
        When no such weight is shipped.
    """
    path = weights / name / "manifest.toml"
    if not path.is_file():
        raise Refusal(
            "The weight “{name}” is not installed; “python -m bot doctor” says what is missing.",
            name=name,
        )
    return Manifest(name=name, **tomllib.loads(path.read_text(encoding="utf-8")))


def load(name: str, weights: Path = WEIGHTS) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors by name, and the facts stored with them.

    Raises
    ------
    Refusal
        When the file is missing or is not the one the manifest names.
    """
    stated = manifest(name, weights)
    path = weights / name / stated.file
    if not path.is_file() or sha256(path) != stated.sha256:
        raise Refusal(
            "The weight “{name}” is missing or is not the one Segno shipped; install Segno again.",
            name=name,
        )
    return read(path)


def read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and facts of a file that a training run wrote."""
    with safe_open(path, framework="pt") as stream:
        facts = json.loads((stream.metadata() or {}).get("segno", "{}"))
        return {key: stream.get_tensor(key) for key in stream.keys()}, facts  # noqa: SIM118


def publish(name: str, file: Path, licence: str, source: str, weights: Path = WEIGHTS) -> Manifest:
    """Copy a weight into its folder and write its manifest; the end of a training run."""
    folder = weights / name
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    if file.resolve() != target.resolve():
        target.write_bytes(file.read_bytes())
    stated = Manifest(name, file.name, sha256(target), licence, source)
    lines = [
        f"{key} = {json.dumps(getattr(stated, key), ensure_ascii=False)}"
        for key in ("file", "sha256", "licence", "source")
    ]
    (folder / "manifest.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return stated
