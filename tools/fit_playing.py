"""Measure how people play, for `models.performing`: writes `models/playing.toml`.

    python tools/fit_playing.py --data DIR

In: the training takes of Groove MIDI (drums), jjswing (walking bass) and POP909 (piano). Out: the
tables, and on standard output what they are made of. A drummer's timing is taken apart as

    offset = mean of (style group, limb, place in the bar)     shrunk to the mean of all groups
           + what this take does differently there             drawn once a piece
           + the pulse that all limbs (and the band) share     coloured noise, Hennig et al. 2011
           + the limb's own error                              AR(1) from hit to hit

and its loudness likewise, in normal scores within a limb and level, so that the shape of each
distribution (ghost notes, accents at the top of the scale) comes back. Variances are told apart by
covariances: what limbs that strike different drums have in common is the pulse.

Hennig et al., "The Nature and Perception of Fluctuations in Human Musical Rhythms", PLoS ONE 6
(2011), e26457.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from models.arranger.corpora.grid import split_of
from models.performing.kit import CLASSES, PLACES, place_of
from models.performing.noise import autocovariance
from models.performing.takes import Take, group_of, takes
from models.score import Meter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Hits that a take's mean at one place needs to weigh half, and takes that a group's mean needs
#: against the mean of all: chosen on the validation split.
HALF_HITS, HALF_TAKES = 8.0, 2.0
LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
COLOURS = tuple(round(0.2 * i, 1) for i in range(2, 16))
KNEES = (0.0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03)
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
LIMBS = range(len(CLASSES))
LEVELS = 3
_BAR = 16
_CELLS, _SPOTS = len(CLASSES) * len(PLACES), len(CLASSES) * _BAR
_FOUR = Meter(4, 4)
_LEAST_CELL = 4
_LEAST_LEVEL = 50  # a cross-stick cannot reach the loudest level: it borrows from the others
HEADER = """\
# How people play, measured by `python tools/fit_playing.py --data DIR`: do not edit.
# Drums: the training split of the Groove MIDI Dataset, {takes} beats in 4/4, {hits} strokes.
# (c) Google LLC, CC BY 4.0; Gillick, Roberts, Engel, Eck & Bamman, "Learning to Groove with Inverse
# Sequence Transformations", ICML 2019. Changed: reduced to these statistics.
# Bass: jjswing's walking bass (LGPL-2.1).
# Piano, loudness only: POP909 (MIT; Wang et al., ISMIR 2020).
# Rows are limbs: {limbs}.
# Columns of a group are places: {places}. Columns of `limb` are levels.
"""
_OUT = Path(__file__).parent.parent / "models" / "playing.toml"


@dataclass(frozen=True, eq=False)
class Line:
    """A take with one value a hit, which is what is to be explained.

    `cells` are limb * places + place; `spots` limb * 16 + sixteenth of the bar: a drummer repeats a
    pattern, so a take's own ways are tied to the sixteenth, a style's to the kind of place.
    """

    group: str
    take: Take
    cells: Ints
    spots: Ints
    values: Floats


@dataclass(frozen=True, eq=False)
class Parts:
    """A value taken apart: group means by cell, and the sizes of what is left."""

    means: dict[str, Floats]
    take: Floats  # (limbs,) sd of a take's own mean at a sixteenth of the bar
    pulse: float  # sd of what all limbs share
    colour: float  # exponent of its spectrum
    knee: float  # frequency below which that is flat, cycles a step
    limb: Floats  # (limbs, levels) sd of a limb's own error
    hold: Floats  # (limbs,) its correlation from hit to hit


def lines(found: Sequence[Take], values: Sequence[Floats]) -> list[Line]:
    """Takes with their cells and a value for each hit."""
    result = []
    for take, value in zip(found, values, strict=True):
        places = np.array([place_of(s / 4, _FOUR) for s in take.steps], np.int64)
        cells = take.kinds * len(PLACES) + places
        spots = take.kinds * _BAR + take.steps % _BAR
        result.append(Line(group_of(take), take, cells, spots, value))
    return result


def means_by(cells: Ints, values: Floats, size: int) -> tuple[Floats, Floats]:
    """Mean and number of hits in each cell."""
    count = np.bincount(cells, minlength=size).astype(float)
    return np.bincount(cells, values, minlength=size) / np.maximum(count, 1), count


def group_means(data: Sequence[Line], half_takes: float = HALF_TAKES) -> dict[str, Floats]:
    """Group -> mean by cell, shrunk; "" holds the mean of all."""
    sums: dict[str, list[Floats]] = defaultdict(lambda: [np.zeros(_CELLS), np.zeros(_CELLS)])
    for line in data:
        mean, count = means_by(line.cells, line.values, _CELLS)
        weight = count / (count + HALF_HITS)
        for group in {line.group, ""}:
            sums[group][0] += weight * mean
            sums[group][1] += weight
    everyone = sums[""][0] / (sums[""][1] + half_takes)
    return {
        group: (total + half_takes * everyone) / (weight + half_takes) if group else everyone
        for group, (total, weight) in sums.items()
    }


def take_apart(data: Sequence[Line]) -> Parts:
    """All parts of a value (module docstring)."""
    means = group_means(data)
    between: list[list[tuple[float, float]]] = [[] for _ in LIMBS]
    squares, hits = np.zeros((2, len(LIMBS), LEVELS))
    following, pairs = np.zeros((2, len(LIMBS)))
    cross = np.zeros((len(LAGS) + 1, 2))
    for line in data:
        mean, count = means_by(line.spots, line.values, _SPOTS)
        usual = means[line.group][line.cells]
        left = line.values - mean[line.spots]
        for spot in np.flatnonzero(count >= _LEAST_CELL):
            of = line.spots == spot
            away = (mean[spot] - usual[of].mean()) ** 2
            noise = left[of].var() / (count[spot] - 1)
            between[spot // _BAR].append((away - noise, count[spot] / (count[spot] + HALF_HITS)))
        used = count[line.spots] >= _LEAST_CELL
        # Every spot's mean took one of its hits' freedoms: give it back.
        left = left * np.sqrt(count / np.maximum(count - 1, 1))[line.spots]
        cross += crossed(line, left, used)
        for limb in LIMBS:
            mine = used & (line.take.kinds == limb)
            np.add.at(squares[limb], line.take.levels[mine], left[mine] ** 2)
            np.add.at(hits[limb], line.take.levels[mine], 1)
            of = left[mine]
            following[limb] += of[1:] @ of[:-1]
            pairs[limb] += max(0, len(of) - 1)
    shared = cross[:, 0] / np.maximum(cross[:, 1], 1)
    pulse, colour, knee = coloured(shared)
    overall = np.maximum(squares.sum(1) / np.maximum(hits.sum(1), 1) - pulse**2, 1e-6)
    own = squares / np.maximum(hits, 1) - pulse**2
    own = np.where(hits >= _LEAST_LEVEL, own, overall[:, None])
    hold = np.clip((following / np.maximum(pairs, 1) - shared[2]) / overall, 0.0, 0.9)
    take = np.array([weighted_root(rows) for rows in between])
    return Parts(means, take, pulse, colour, knee, np.sqrt(np.maximum(own, 0.0)), hold)


def weighted_root(found: Sequence[tuple[float, float]]) -> float:
    """Square root of the weighted mean of (variance, weight), 0 for none."""
    if not found:
        return 0.0
    values, weights = np.array(found).T
    return float(max(0.0, np.average(values, weights=weights)) ** 0.5)


def crossed(line: Line, left: Floats, used: NDArray[np.bool_]) -> Floats:
    """Sums and numbers of products between different limbs, at once and at each of `LAGS`."""
    steps = line.take.steps
    grid = np.zeros((len(CLASSES), int(steps[-1]) + 1))
    there = np.zeros_like(grid)
    grid[line.take.kinds[used], steps[used]] = left[used]
    there[line.take.kinds[used], steps[used]] = 1.0
    found = []
    for lag in (0, *LAGS):
        end = max(0, grid.shape[1] - lag)
        pair = []
        for of in (grid, there):
            a, b = of[:, :end], of[:, lag : lag + end]
            pair.append(float((a.sum(0) * b.sum(0)).sum() - (a * b).sum()))
        found.append(pair)
    return np.array(found)


def coloured(shared: Floats) -> tuple[float, float, float]:
    """Standard deviation, exponent and knee of the noise whose covariances come nearest."""
    best = (np.inf, 0.0, 0.0, 0.0)
    for colour in COLOURS:
        for knee in KNEES:
            shape = autocovariance(colour, knee, (0, *LAGS))
            size = max(0.0, float(shape @ shared / (shape @ shape)))
            error = float(((shared - size * shape) ** 2).sum())
            best = min(best, (error, size, colour, knee))
    return best[1] ** 0.5, best[2], best[3]


def scores(found: Sequence[Take]) -> tuple[dict[tuple[int, int], Floats], list[Floats]]:
    """Velocity quantiles by (limb, level), and each take's velocities as normal scores."""
    kinds = np.concatenate([t.kinds for t in found])
    levels = np.concatenate([t.levels for t in found])
    velocities = np.concatenate([t.velocities for t in found])
    result = np.zeros(len(kinds))
    quantiles = {}
    for limb in LIMBS:
        for level in range(LEVELS):
            of = (kinds == limb) & (levels == level)
            enough = of if of.sum() >= _LEAST_LEVEL else levels == level
            quantiles[limb, level] = np.quantile(velocities[enough], QUANTILES)
            result[of] = norm.ppf((rankdata(velocities[of]) - 0.5) / of.sum())
    ends = np.cumsum([len(t.kinds) for t in found])[:-1]
    return quantiles, np.split(result, ends)


def swing_line(found: Sequence[Take]) -> tuple[float, float, int]:
    """Where swung off-eighths fall: at 140 bpm, and the change per 100 bpm; takes measured."""
    rows = [(t.bpm, t.swing) for t in found if t.swung]
    bpm, swing = np.array(rows).T
    slope, level = np.polyfit((bpm - 140) / 100, swing, 1)
    return float(level), float(slope), len(rows)


def bass(data: Path) -> dict[str, float]:
    """A walking bass by itself: spread in ms, its correlation, loudness on and off the beat."""
    path = data / "jjswing" / "WalkingBassMidiDB.mid"
    score = symusic.Score.from_midi(path.read_bytes())
    track = max(score.tracks, key=lambda t: len(t.notes))
    onsets = np.array([n.time for n in track.notes]) / score.ticks_per_quarter
    loud = np.array([n.velocity for n in track.notes], float)
    away = onsets - np.round(onsets)
    on = np.abs(away) < 0.12
    off = (onsets % 1 > 0.55) & (onsets % 1 < 0.75)
    slip = away[on] * 60_000 / score.tempos[0].qpm
    slip, touch = slip - slip.mean(), loud[on] - loud[on].mean()
    return {
        "notes": len(onsets),
        "spread": float(slip.std()),
        "hold": after(slip),
        "touch": float(touch.std()),
        "touch_hold": after(touch),
        "off": float(loud[off].mean() - loud[on].mean()),
    }


def after(values: Floats) -> float:
    """Correlation of a centred series with itself one later."""
    return float(values[1:] @ values[:-1] / (values @ values))


def piano(data: Path) -> dict[str, Any]:
    """POP909: loudness by place, of a tune by height, from chord to chord, inside a chord.

    Its onsets inside a chord are equal in 96 of 100 chords and its tempo is one number: loudness is
    played, timing is not, and is not measured.
    """
    places: dict[str, list[list[float]]] = {t: [[] for _ in PLACES] for t in ("PIANO", "MELODY")}
    spread: dict[str, list[float]] = {"PIANO": [], "MELODY": [], "chord": []}
    hold, slopes, songs = [], [], 0
    for folder in sorted((data / "pop909").iterdir()):
        beats_file = folder / "beat_midi.txt"
        if not beats_file.is_file() or split_of(folder.name) != "train":
            continue
        beats = np.loadtxt(beats_file)
        bars = np.flatnonzero(beats[:, 2] > 0)
        if len(bars) < 5 or np.median(np.diff(bars)) != 4:
            continue
        songs += 1
        score = symusic.Score.from_midi((folder / f"{folder.name}.mid").read_bytes())
        second = 60 / score.tempos[0].qpm / score.ticks_per_quarter
        for track in score.tracks:
            if track.name not in places or len(track.notes) < 64:
                continue
            times = np.array([n.time for n in track.notes]) * second
            onsets = np.interp(times, beats[:, 0], np.arange(len(beats))) - bars[0]
            steps, group = np.unique(np.round(onsets * 4).astype(int), return_inverse=True)
            loud = np.array([n.velocity for n in track.notes], float)
            heights = np.array([n.pitch for n in track.notes], float)
            struck = np.bincount(group, loud) / np.bincount(group)
            usual = np.array(
                [np.median(struck[max(0, i - 16) : i + 17]) for i in range(len(steps))]
            )
            change = struck - usual
            for step, value in zip(steps, change, strict=True):
                places[track.name][place_of(step / 4, _FOUR)].append(value)
            spread[track.name].append(change.std())
            if track.name == "PIANO":
                spread["chord"].append((loud - struck[group]).std())
            else:
                if change.std() > 0:
                    hold.append(after(change - change.mean()))
                slopes.append(np.polyfit(heights, (loud - usual[group]), 1)[0])
    return {
        "songs": songs,
        "places": [float(np.mean(p)) for p in places["PIANO"]],
        "melody_places": [float(np.mean(p)) for p in places["MELODY"]],
        "touch": float(np.mean(spread["PIANO"])),
        "inside": float(np.mean(spread["chord"])),
        "melody_touch": float(np.mean(spread["MELODY"])),
        "melody_hold": float(np.mean(hold)),
        "height": float(np.mean(slopes)),
    }


def sixteenths(found: Sequence[Take]) -> dict[str, float]:
    """Group -> where off-sixteenths of its straight takes fall in their half beat: the median.

    A few takes shuffle their sixteenths outright; they are another rhythm, not a looser one.
    """
    by_group: dict[str, list[float]] = defaultdict(list)
    for take in found:
        if not take.swung:
            by_group[group_of(take)].append(take.sixteenth)
            by_group[""].append(take.sixteenth)
    everyone = float(np.median(by_group[""]))
    return {
        g: (len(v) * float(np.median(v)) + HALF_TAKES * everyone) / (len(v) + HALF_TAKES)
        for g, v in by_group.items()
    }


def centred(means: dict[str, Floats]) -> dict[str, Floats]:
    """Timing in which the kick's beats are the grid: what the band hears as the beat."""
    kick = CLASSES.index("kick") * len(PLACES)
    return {group: mean - mean[kick : kick + 2].mean() for group, mean in means.items()}


def table(rows: Floats, factor: float = 1.0) -> str:
    """Rows of whole numbers as TOML."""
    inner = ", ".join(str([round(float(v) * factor) for v in row]) for row in rows)
    return f"[{inner}]"


def settings(values: dict[str, Any]) -> str:
    """Lines of a TOML table, numbers to three places."""
    return "\n".join(
        f"{k} = {[round(x, 2) for x in v] if isinstance(v, list) else round(v, 3)}"
        for k, v in values.items()
    )


def text(data: Path) -> str:
    """The whole of `models/playing.toml`."""
    found = takes(data, "train")
    quantiles, normal = scores(found)
    timing = take_apart(lines(found, [t.offsets for t in found]))
    touch = take_apart(lines(found, normal))
    slips, shape = centred(timing.means), (len(CLASSES), len(PLACES))
    level, slope, swung = swing_line(found)
    fine = sixteenths(found)
    counts = Counter(group_of(t) for t in found)
    parts = [
        HEADER.format(
            takes=len(found),
            hits=sum(len(t.steps) for t in found),
            limbs=", ".join(CLASSES),
            places=", ".join(PLACES),
        ),
        "[timing] # ms\n"
        + settings({"pulse": timing.pulse, "colour": timing.colour, "knee": timing.knee}),
        f"take = {table(timing.take[:, None].T)[1:-1]}",
        f"limb = {table(timing.limb)}",
        f"hold = {[round(float(h), 2) for h in timing.hold]}",
        f"\n[touch] # hundredths\ntake = {table(touch.take[:, None].T, 100)[1:-1]}",
        f"limb = {table(touch.limb, 100)}",
        "\n[loudness] # by limb: velocities at "
        + ", ".join(f"{q:.0%}" for q in QUANTILES)
        + " of its soft, normal and accented strokes",
        *(
            f"{name} = {table(np.array([quantiles[i, level] for level in range(LEVELS)]))}"
            for i, name in enumerate(CLASSES)
        ),
        f"\n[swing] # {swung} takes in swung eighths\n"
        + settings({"at_140": level, "per_100_bpm": slope}),
        "\n[bass]\n" + settings(bass(data)),
        "\n[piano]\n" + settings(piano(data)),
    ]
    for group in sorted(slips):
        parts += [
            f"\n[group.{group or 'any'}] # {counts[group] if group else len(found)} takes",
            f"sixteenth = {fine.get(group, fine['']):.3f}",
            f"timing = {table(slips[group].reshape(shape))}",
            f"touch = {table(touch.means[group].reshape(shape), 100)}",
        ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    written = text(parser.parse_args().data)
    _OUT.write_text(written, encoding="utf-8")
    print(f"{_OUT.name}: {len(written)} characters")


if __name__ == "__main__":
    main()
