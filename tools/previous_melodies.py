r"""What the weight of issue 2 writes over held-out tunes, for the table of `bench composer`.

Run it in a worktree of commit bceb22b, where that weight and its code still are:

    git worktree add ../previous bceb22b
    cd ../previous && PYTHONPATH=. python ../main/tools/previous_melodies.py --data DIR \
        --cache DIR --out previous-melodies.json

In: test tunes of 16 bars or more whose chords begin with the tune. Out: JSON, for each tune its
meter, mode, bars and the melody written over its chords: [step, length, pitch] in sixteenths, tonic
at C. `models.composer.writing.stored` reads it. Seeds are those of that commit's own evaluation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models.composer import generate
from models.composer.data import load_sheets
from models.composer.encode import FIRST_ONSET, HOLD, Event
from models.composer.evaluate import bars_of, plan_of

BARS = 16


def triples(bars: list[list[Event]]) -> list[list[int]]:
    """Events by bar as notes, what is held over a bar line joined."""
    notes: list[list[int]] = []
    for event in (e for events in bars for e in events):
        if event.kind == FIRST_ONSET:
            notes.append([event.step, event.duration, event.pitch])
        elif event.kind == HOLD:
            notes[-1][1] += event.duration
    return notes


def main() -> None:
    """Compose for each tune and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tunes", type=int, default=60)
    asked = parser.parse_args()
    composer = generate.load_composer()
    test = load_sheets(asked.data, asked.cache)["test"]
    chosen = [s for s in test if s.bars >= BARS and s.chords and s.chords[0][0] < s.bar_steps]
    out = {}
    for number, sheet in enumerate(chosen[: asked.tunes]):
        plan = plan_of(sheet, BARS)
        bars = bars_of(generate.compose(plan, composer, number), plan)
        out[sheet.id] = {
            "meter": sheet.meter,
            "minor": sheet.minor,
            "bars": BARS,
            "notes": triples(bars),
        }
        print(f"{number + 1}/{min(len(chosen), asked.tunes)} {sheet.id}", flush=True)
        asked.out.write_text(json.dumps(out), encoding="utf-8")


if __name__ == "__main__":
    main()
