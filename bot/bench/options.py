"""What the command line may add to a benchmark; read without loading what it measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Of the makers' benchmarks: parts to run (all when none), files to compare with, tunes."""

    only: tuple[str, ...] = ()
    previous: Path | None = None
    unconditional: Path | None = None
    tunes: int | None = None
    files: int | None = None
