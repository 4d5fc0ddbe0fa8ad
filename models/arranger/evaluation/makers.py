"""Who arranges: the rule, the retrieval, MMA and ours, each given the same cases.

In: `Case`s. Out: `Take`s: the score that was written and, for ours, as it is after `playable.mend`,
which is a part of ours; the others are measured as they wrote. Two processes work at once, and what
was written is kept (`.cache/arranger/bench`) under a digest of the cases and the makers' own files.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.arranger import band as bands
from models.arranger.band import Band
from models.arranger.evaluation.tunes import Case
from models.arranger.evaluation.view import as_band
from models.arranger.playable import mend
from models.score import Note, Score, Track

Make = Callable[[Case], Score]
Rows = NDArray[np.float64]
MAKERS = ("plain", "retrieval", "mma", "ours")
#: Files and folders of `models` whose change makes earlier takes stale.
_SOURCES = {
    "plain": ("arranger/plain.py", "arranger/comp.py", "arranger/bassline.py", "arranger/drums.py",
              "arranger/counter.py", "arranger/patterns.toml", "arranger/beats.toml"),
    "retrieval": ("arranger/retrieval.py",),
    "mma": ("arranger/mma*.py", "arranger/mma_styles.toml"),
    "ours": ("arranger/*.py", "weights/arranger/*"),
}  # fmt: skip
_WORKERS = 2


@dataclass(frozen=True)
class Take:
    """What a maker wrote for a case, and the same as it is handed out.

    `seconds` are the processor's, without those of programs that were started.
    """

    case: Case
    raw: Score
    final: Score
    seconds: float

    @cached_property
    def band(self) -> Band:
        """What is handed out, as it is measured."""
        band = as_band(self.final, self.case.plan, self.case.melody, self.case.id)
        return replace(band, tune=self.case.tune)


def maker(name: str, cache: Path) -> Make:
    """A maker by name; `cache` has the shards of training bands.

    Raises
    ------
    Refusal
        When the weight is not there.
    FileNotFoundError
        When retrieval has no training bands.
    """
    if name == "plain":
        from models.arranger.plain import arrange

        return lambda case: arrange(case.plan, case.melody)
    if name == "retrieval":
        from models.arranger import retrieval

        bank = retrieval.Bank.of(training_bands(cache))
        return lambda case: retrieval.arrange(case.plan, case.melody, bank)
    if name == "mma":
        from models.arranger import mma

        return lambda case: mma.arrange(case.plan, case.melody)
    from models.arranger import generate

    arranger = generate.load_arranger()
    return lambda case: generate.arrange(case.plan, case.melody, arranger, case.plan.seed)


def shards(cache: Path, split: str, sources: Sequence[str] = bands.SOURCES) -> list[Band]:
    """All bands of a split; sources without a shard are left out."""
    paths = [p for s in sources for p in sorted(cache.glob(f"{s}-{split}-*.npz"))]
    return [band for path in paths for band in bands.load(path)]


def training_bands(cache: Path) -> list[Band]:
    """The training bands.

    Raises
    ------
    FileNotFoundError
        When none were made.
    """
    found = shards(cache, "train")
    if not found:
        raise FileNotFoundError(f"no training bands in {cache}")
    return found


def takes(name: str, cases: Sequence[Case], cache: Path, say: Callable[[str], None]) -> list[Take]:
    """What a maker writes for every case, in their order.

    Raises
    ------
    Refusal, FileNotFoundError
        As `maker`.
    """
    path = cache / "bench" / f"{name}-{_digest(name, cases, cache)}.npz"
    if not path.exists():
        say(f"{name}: {len(cases)} arrangements")
        _opened(name, cache)  # in this process, so that the others are born with it
        with ProcessPoolExecutor(_WORKERS, get_context("fork")) as pool:
            found = list(pool.map(partial(_written, name, cache), cases, chunksize=8))
        path.parent.mkdir(parents=True, exist_ok=True)
        counts = [len(rows) for rows, _ in found]
        part = path.with_suffix(".part.npz")
        np.savez_compressed(
            part,
            notes=np.concatenate([rows for rows, _ in found]),
            counts=np.array(counts),
            seconds=np.array([seconds for _, seconds in found]),
        )
        part.replace(path)
    with np.load(path) as kept:
        notes, counts, spent = kept["notes"], kept["counts"].tolist(), kept["seconds"].tolist()
    pieces = np.split(notes, np.cumsum(counts)[:-1])
    return [
        Take(case, _score(case, rows, 0), _score(case, rows, 1), seconds)
        for case, rows, seconds in zip(cases, pieces, spent, strict=True)
    ]


@lru_cache(maxsize=1)
def _opened(name: str, cache: Path) -> Make:
    """A maker, opened once."""
    if name == "ours":
        import torch

        torch.set_num_threads(1)
    return maker(name, cache)


def _written(name: str, cache: Path, case: Case) -> tuple[Rows, float]:
    """Rows (0 raw or 1 final, part, onset, duration, pitch, velocity), times in beats."""
    make = _opened(name, cache)
    start = time.process_time()
    raw = make(case)
    final = mend(raw, case.plan) if name == "ours" else raw
    seconds = time.process_time() - start
    rows = [
        (which, number, note.onset, note.duration, note.pitch, note.velocity)
        for which, score in enumerate((raw, final))
        for number, part in enumerate(case.plan.parts)
        for track in score.tracks
        if track.name == part.name
        for note in track.notes
    ]
    return np.array(rows, np.float64).reshape(-1, 6), seconds


def _score(case: Case, rows: Rows, which: int) -> Score:
    """The score again, a track for each part."""
    plan = case.plan
    lines: list[list[Note]] = [[] for _ in plan.parts]
    for _, number, onset, duration, pitch, velocity in rows[rows[:, 0] == which].tolist():
        lines[int(number)].append(Note(onset, int(pitch), duration, int(velocity)))
    tracks = tuple(
        Track(part.name, part.role, part.program, tuple(notes), part.is_drum)
        for part, notes in zip(plan.parts, lines, strict=True)
    )
    sections = tuple(s.section for s in plan.sections)
    return Score(
        plan.title, plan.key, plan.meter, plan.tempos, plan.bars, tracks, plan.chords, sections
    )


def _digest(name: str, cases: Sequence[Case], cache: Path) -> str:
    found = hashlib.sha256(repr(cases).encode())
    home = Path(__file__).parents[2]
    for pattern in _SOURCES[name]:
        for path in sorted(home.glob(pattern)):
            found.update(path.read_bytes())
    if name == "retrieval":
        for path in sorted(cache.glob("*-train-*.npz")):
            found.update(f"{path.name} {path.stat().st_size}".encode())
    return found.hexdigest()[:16]
