"""What the command line may add to a benchmark; read without loading what it measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """Of the makers' benchmarks: parts to run (all when none), files to compare with, tunes.

    Of the lyricist's: `split` ("validation" is for tuning), at most `limit` melodies, and the file
    that a sheet for blind judging is written to.
    """

    only: tuple[str, ...] = ()
    previous: Path | None = None
    unconditional: Path | None = None
    tunes: int | None = None
    files: int | None = None
    split: Literal["validation", "test"] = "test"
    limit: int | None = None
    sheet: Path | None = None
