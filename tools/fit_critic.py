"""Fit the critic: what is usual in training tunes, and which marks tell a tune from a control.

    python tools/fit_critic.py --data DIR --cache DIR

In: the lead sheets with chords. Out: `models/composer/critic.toml` and, printed, how often eight
bars by a person are marked higher than the same bars shuffled, bars of other tunes, and an n-gram
over the same chords (AUC: 0.5 is chance). Bands come from the training tunes, weights from the
validation tunes; the printed table is of the test tunes.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import rankdata

from models.composer import critic
from models.composer.data import load_sheets
from models.composer.encode import FIRST_ONSET, NO_ROOT, Event, chord_track
from models.composer.evaluation import writing
from models.composer.phrases import phrase_ends
from models.composer.sheets import TEMPLATES, LeadSheet
from models.theory import QUALITY_CLASSES

STRETCH = 8  # bars judged at once, as the composer does
TOTAL = 10.0  # all weights together
MORE = {"strong chord tones", "leaps answered", "left by step", "closes"}  # is better
LESS = {"peaks"}
OPEN_END = 1000.0
_RIDGE, _LEAST = 0.01, 0.25
HELD = ("validation", "test")
PARTS = ("pitch", "move", "outside", "density")
_SEED = 0
Bands = dict[str, list[float]]
Rows = Sequence[Mapping[str, float]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chords:
    """A `critic.Harmony`."""

    chord_tones: npt.NDArray[np.bool_]
    bar: int
    pulse: int


@dataclass(frozen=True)
class Frame:
    """What lies under the first bars of a sheet: its chords, and a breath every four bars."""

    rules: Chords
    ends: tuple[bool, ...]
    bar: int


def frame(sheet: LeadSheet) -> Frame:
    """The frame of the first `writing.BARS` bars of a sheet."""
    bar, steps = sheet.bar_steps, writing.BARS * sheet.bar_steps
    root, quality, *_ = chord_track(sheet.chords, steps)
    tones = np.zeros((steps, 12), bool)
    for step in np.flatnonzero(root != NO_ROOT):
        shape = TEMPLATES[QUALITY_CLASSES[quality[step]]]
        tones[step, [(root[step] + i) % 12 for i in shape]] = True
    chords = Chords(tones, bar, 6 if sheet.meter == "6/8" else 4)
    return Frame(chords, phrase_ends(writing.BARS), bar)


def in_chords(melody: writing.Melody, under: Frame) -> writing.Melody:
    """The melody with its notes on strong beats moved to the nearest tone of the chord."""
    half = under.bar // 2

    def moved(event: Event) -> Event:
        tones = under.rules.chord_tones[event.step]
        if event.kind != FIRST_ONSET or event.step % half or not tones.any():
            return event
        near = (event.pitch + d for d in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, 6))
        return event._replace(pitch=next(p for p in near if tones[p % 12]))

    bars = tuple(tuple(moved(e) for e in events) for events in melody.bars)
    return replace(melody, bars=bars)


@dataclass(frozen=True)
class Group:
    """Melodies by people, the frames they stand in, and the controls in the same order."""

    frames: list[Frame]
    human: list[writing.Melody]
    controls: dict[str, list[writing.Melody]]

    @classmethod
    def of(cls, sheets: Sequence[LeadSheet], train: Sequence[LeadSheet]) -> Group:
        """The sheets whose chords begin with the tune, and controls made of training sheets."""
        chosen = {s.id: s for s in sheets if s.chords and s.chords[0][0] < s.bar_steps}
        human = writing.humans(list(chosen.values()))
        sources = {name: s.source for name, s in chosen.items()}
        controls: dict[str, list[writing.Melody]] = (
            {}
            if not train
            else {
                "shuffled bars": [writing.shuffled_bars(m, i) for i, m in enumerate(human)],
                "other bars": writing.other_bars(human, writing.humans(train), _SEED),
                "n-gram": writing.sampled(human, sources, train, seed=_SEED),
            }
        )
        frames = [frame(chosen[m.tune]) for m in human]
        for name, melodies in list(controls.items()):
            pairs = zip(melodies, frames, strict=True)
            controls[f"{name}, in the chords"] = [in_chords(m, under) for m, under in pairs]
        return cls(frames, human, controls)

    def rows(self, melodies: Sequence[writing.Melody]) -> Rows:
        """Measures of both halves of each melody."""
        return [
            critic.measures(melody.bars[: start + STRETCH], start, under)
            for melody, under in zip(melodies, self.frames, strict=True)
            for start in range(0, writing.BARS, STRETCH)
        ]


def measures(group: Group) -> tuple[Rows, dict[str, Rows]]:
    """Measures of people's stretches and of each control's."""
    return group.rows(group.human), {k: group.rows(v) for k, v in group.controls.items()}


def bands_of(rows: Rows, share: float, width: float) -> Bands:
    """For each measure the middle that leaves out `share` on both sides, and where marks end.

    Where more or less is always better, only the worse side counts, and two tunes in three have the
    full mark: the best of many candidates should not be smoother than music is.
    """
    out: Bands = {}
    for name in dict.fromkeys(key for row in rows for key in row):
        values = np.array([row[name] for row in rows if name in row])
        least = 0.5 * float(values.std())
        levels = [share / 2, share, 1 / 3, 0.5, 2 / 3, 1 - share, 1 - share / 2]
        lowest, low, third, middle, upper, high, top = map(float, np.quantile(values, levels))
        if name in MORE:
            out[name] = [min(lowest, third - least), third, OPEN_END, OPEN_END + 1]
        elif name in LESS:
            out[name] = [-OPEN_END - 1, -OPEN_END, upper, max(top, upper + least)]
        else:
            below, above = (max(width * d, least) for d in (middle - low, high - middle))
            out[name] = [low - below, low, high, high + above]
    return out


def marked(rows: Rows, bands: Bands) -> Floats:
    """Marks of the music: (rows, measures); 0 for rows without notes."""
    table = [
        [critic.within(row.get(name), band) if row else 0.0 for name, band in bands.items()]
        for row in rows
    ]
    return np.array(table)


def fit(differences: Floats) -> Floats:
    """Weights that put people first (Bradley and Terry, 1952).

    They are drawn to 1, and none is below `_LEAST`: a mark may be one no control is bad at.
    """

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = differences @ weights
        slope = -1 / (1 + np.exp(margin))
        nats = (
            float(np.logaddexp(0, -margin).mean())
            + _RIDGE * float(np.square(weights - 1).sum()) / 2
        )
        return nats, differences.T @ slope / len(differences) + _RIDGE * (weights - 1)

    size = differences.shape[1]
    found = minimize(
        loss, np.ones(size), jac=True, method="L-BFGS-B", bounds=[(_LEAST, None)] * size
    )
    return np.asarray(found.x)


def auc(human: Floats, control: Floats) -> float:
    """How often a human score is above a control's, ties counted half."""
    ranks = rankdata(np.concatenate([human, control]))[: len(human)]
    over = ranks.sum() - len(human) * (len(human) + 1) / 2
    return float(over / (len(human) * len(control)))


@dataclass(frozen=True)
class Marked:
    """Marks of people's stretches (rows, measures) and of each control's, in the same order."""

    human: Floats
    controls: dict[str, Floats]

    @classmethod
    def of(cls, human: Rows, controls: Mapping[str, Rows], bands: Bands) -> Marked:
        """Marks of measured stretches."""
        return cls(marked(human, bands), {k: marked(rows, bands) for k, rows in controls.items()})

    def differences(self, rows: npt.NDArray[np.bool_]) -> Floats:
        """What people have more of than each control, over some of the stretches."""
        return np.concatenate([(self.human - c)[rows] for c in self.controls.values()])


def held_out(group: Marked, folds: int = 5) -> float:
    """Nats of a comparison by weights that were fitted without the tune."""
    tune = np.arange(len(group.human)) // (writing.BARS // STRETCH)
    nats = []
    for fold in range(folds):
        weights = fit(group.differences(tune % folds != fold))
        margin = group.differences(tune % folds == fold) @ weights
        nats.append(float(np.logaddexp(0, -margin).mean()))
    return float(np.mean(nats))


def write(path: Path, bands: Bands, weights: Floats, parts: Floats) -> None:
    """The fitted values as TOML."""
    shares = TOTAL * weights / weights.sum()
    sections: dict[str, Bands] = {
        "weights": {name: [w] for name, w in zip(bands, shares.tolist(), strict=True)},
        "bands": bands,
        "tension": {
            name: [float(np.nanmean(column)), float(np.nanstd(column))]
            for name, column in zip(PARTS, parts.T, strict=True)
        },
    }
    lines = ["# Written by tools/fit_critic.py; see models/composer/critic.py."]
    for section, entries in sections.items():
        lines += ["", f"[{section}]"]
        lines += [
            f'"{name}" = [{", ".join(f"{v:.3f}" for v in values)}]'
            for name, values in entries.items()
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Fit, write the table and print how well it tells people from controls."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    asked = parser.parse_args()
    sheets = load_sheets(asked.data, asked.cache)
    train = Group.of(sheets["train"], [])
    rows = [row for row in train.rows(train.human) if row]
    measured = {name: measures(Group.of(sheets[name], sheets["train"])) for name in HELD}
    choices = [bands_of(rows, share, width) for share in (0.1, 0.15, 0.2, 0.3) for width in (1, 2)]
    bands = min(choices, key=lambda b: held_out(Marked.of(*measured["validation"], b)))
    known = Marked.of(*measured["validation"], bands)
    weights = fit(known.differences(np.ones(len(known.human), bool)))
    pairs = zip(train.human, train.frames, strict=True)
    parts = np.concatenate([critic.tension_parts(m.bars, under) for m, under in pairs])
    write(Path(critic.__file__).with_name("critic.toml"), bands, weights, parts)
    for name in HELD:
        table = Marked.of(*measured[name], bands)
        print(f"{name}: {len(table.human)} stretches; AUC, and share of pairs ranked rightly")
        for control, against in table.controls.items():
            one, two = table.human @ weights, against @ weights
            wins = np.mean((one > two) + 0.5 * (one == two))
            print(f"  {control:28s} {auc(one, two):.3f}  {wins:.3f}")


if __name__ == "__main__":
    main()
