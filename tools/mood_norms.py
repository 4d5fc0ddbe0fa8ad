"""Mean and deviation of the mood judge's cues among human-made music.

In: the data directory. Out, printed: the figures of `models.mood_judge.HUMAN`. Run from the
repository root: `PYTHONPATH=. python tools/mood_norms.py --data DIR`. Each collection counts half;
the deviation is of the two together.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from models import midi
from models.errors import Refusal
from models.mood_judge import cues


def main() -> None:
    """Read every piece once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data: Path = parser.parse_args().data
    collections = {
        "pop909": sorted((data / "pop909").glob("[0-9]*/[0-9][0-9][0-9].mid")),
        "gamemusic": sorted((data / "gamemusic").rglob("*.mid")),
    }
    means, squares = [], []
    names: list[str] = []
    for name, paths in collections.items():
        rows = []
        for path in paths:
            try:
                found = cues(midi.read(path))
            except (Refusal, ValueError) as error:
                print(f"# left out {path.relative_to(data)}: {error}")
                continue
            names = list(found)
            rows.append(list(found.values()))
        table = np.array(rows)
        means.append(table.mean(axis=0))
        squares.append((table**2).mean(axis=0))
        middle = ", ".join(f"{k} {v:.3f}" for k, v in zip(names, means[-1], strict=True))
        print(f"# {name}: {len(rows)} of {len(paths)} pieces; {middle}")
    mean = np.mean(means, axis=0)
    deviation = np.sqrt(np.mean(squares, axis=0) - mean**2)
    for name, middle_value, spread in zip(names, mean, deviation, strict=True):
        print(f'        "{name}": ({middle_value:.3f}, {spread:.3f}),')


if __name__ == "__main__":
    main()
