"""Control: does the file say what was asked? 100 random briefs, parsed back.

Source of the measures: text2midi (AAAI 2025), tables of tempo, key and instrument accuracy, and
MuseCoco's attribute accuracy; theirs are on captions, ours on briefs, so the figures stand side by
side as the same measure on another test set.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from bot.bench import Row, Table
from bot.bench.briefs import random_briefs
from bot.recording import Stopwatch
from bot.studio import Studio, sketch_of
from models.errors import Refusal
from models.verify import Check

_PUBLISHED = {
    "tempo (MIDI)": "text2midi 39.7 % (bin), MuseCoco 21.7 %",
    "key signature (MIDI)": "text2midi 33.6 %, MuseCoco 13.7 %",
}


def run(studio: Studio, cases: int = 100, seed: int = 20261122) -> Table:
    """Share of pieces that pass each check, in per cent: as delivered, and at the first try."""
    delivered: dict[str, list[bool]] = defaultdict(list)
    first_try: list[bool] = []
    refused: list[str] = []
    broken: list[str] = []
    for index, brief in enumerate(random_briefs(cases, seed)):
        try:
            sketch = sketch_of(brief, brief.seed or 0)
        except Refusal as refusal:
            refused.append(f"{index}: {refusal}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            written = studio.write(sketch, Path(folder), Stopwatch({}))
        for check in written.checks:
            delivered[check.name].append(check.ok)
            if not check.ok:
                broken.append(_describe(index, check))
        delivered["every check"].append(all(c.ok for c in written.checks))
        first_try.append(all(c.ok for c in written.first_checks))
    rows = {
        name: Row(_percent(oks), "%", "100", _PUBLISHED.get(name, ""))
        for name, oks in delivered.items()
    }
    rows["every check, before resampling"] = Row(_percent(first_try), "%")
    rows["briefs refused"] = Row(float(len(refused)), "", "0")
    return Table("control", cases, seed, rows, details={"failed": broken, "refused": refused})


def _percent(oks: list[bool]) -> float:
    return round(100 * sum(oks) / len(oks), 2) if oks else 0.0


def _describe(index: int, check: Check) -> str:
    return f"{index}: {check.name}: asked {check.asked}, found {check.found}"
