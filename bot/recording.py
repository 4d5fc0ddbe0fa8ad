"""What the studio hands from stage to stage: a piece on paper, a recording, the time it took.

In: what was written and rendered. Out: values; a `Recording` becomes a `Clip` when it is saved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Clip
from bot.files import files_in
from bot.piece import PieceFile
from bot.render.failures import disk_errors
from models.score import Score
from models.verify import Check


@dataclass(frozen=True, slots=True)
class Written:
    """A piece on paper: the score, the seed of its melody, its files' checks, and the tries."""

    score: Score
    melody_seed: int
    first_checks: tuple[Check, ...]
    checks: tuple[Check, ...]
    tries: int


@dataclass
class Stopwatch:
    """Seconds by stage, for the benches."""

    stages: dict[str, float]

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stages[stage] = self.stages.get(stage, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Recording:
    """A piece with all its files but `piece.json`, the mark of what its job finished."""

    piece: PieceFile
    folder: Path
    stages: dict[str, float]
    waveform: bytes

    def save(self) -> Clip:
        """Write the mark."""
        with disk_errors():
            self.piece.save(self.folder)
        return Clip(
            self.piece.id,
            self.folder,
            files_in(self.folder),
            self.piece.facts,
            self.stages,
            self.waveform,
        )
