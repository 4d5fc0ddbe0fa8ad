"""Measure people's own arrangements as the gallery measures ours: prints `[people]` of its toml.

    python tools/measure_people.py [--cache DIR]

In: the bands of the test split that `python -m bot train arranger --data DIR` left in the cache,
those in which people accompany a tune. Out: the mean and the standard deviation of each measure.
Their bass is asked for the root itself, as their written basses were read off what they play.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.gallery_arrangements import FAULTS, shares
from models.arranger.evaluation.study import Study, bar_labels


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cache", type=Path, default=Path(".cache/arranger"))
    study = Study({"test": ()}, asked.parse_args().cache)
    rows = []
    for band, case in zip(study.humans, study.alike, strict=True):
        chords = band.chords.copy()
        chords[:, 3] = chords[:, 1]
        rows.append(shares(replace(band, chords=chords), bar_labels(case)))
    print(f"# Mean and standard deviation over {len(rows)} tunes that people accompanied.")
    print("[people]")
    for name in FAULTS:
        values = np.array([row[name] for row in rows])
        values = values[~np.isnan(values)]
        print(f'"{name}" = [{values.mean():.4f}, {values.std(ddof=1):.4f}]')


if __name__ == "__main__":
    main()
