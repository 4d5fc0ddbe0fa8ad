"""Speed: a 60-second piece with models already loaded, and where the time goes."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from bot.bench import Row, Table
from bot.domain import Request
from bot.studio import Studio
from models.planner.brief import Brief

_STYLES = ("pop", "waltz", "bossa_nova", "rock", "house", "romantic_piano")


def run(studio: Studio, cases: int = 6, seed: int = 7) -> Table:
    """Median and slowest seconds from request to finished files, and the median of each stage."""
    totals: list[float] = []
    stages: dict[str, list[float]] = defaultdict(list)
    for index in range(cases):
        style = _STYLES[index % len(_STYLES)]
        request = Request("compose", Brief(style=style, seconds=60, seed=seed + index))
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            clip = studio.make(request, seed + index, Path(folder))[0]
            totals.append(time.perf_counter() - start)
        for stage, seconds in clip.stages.items():
            stages[stage].append(seconds)
    rows = {
        "median": Row(round(median(totals), 2), "s", "< 12"),
        "slowest": Row(round(max(totals), 2), "s", "< 12"),
    }
    for stage, spent in stages.items():
        share = 100 * median(spent) / median(totals)
        rows[f"stage {stage}"] = Row(round(median(spent), 2), "s", reference=f"{share:.0f} %")
    notes = ("stages overlap: pictures and files are made while the audio renders",)
    return Table("speed", cases, seed, rows, notes)
