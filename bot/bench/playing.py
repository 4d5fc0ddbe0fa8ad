"""Playing: human drumming put on the grid and played again, beside the recording it was made from.

In: takes of Groove MIDI's test split (`models.performing.takes`). Each take's strokes are moved to
the grid at three levels of loudness, which is all that a score says, and performed in its style by

    straight   nothing: swung eighths at the style's swing, the three velocities
    jitter     the rules that came before: independent Gaussian timing, a late snare, +-5 velocity
    ours       `models.performance.perform`

and each is compared with the recording: errors and distances of one stroke's loudness, distances
(Wasserstein-1) of timing and loudness by limb and place, the memory of timing from step to step,
swing, and how well a logistic regression on bars tells it from people (AUC; 0.5 is not at all),
trained on some takes and asked about others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from bot.bench import Row, Table
from models.arranger.kit import VELOCITIES
from models.arranger.stage import VELOCITIES as RANGES
from models.errors import Refusal
from models.performance import perform
from models.performing.kit import CLASSES, PLACES, place_of
from models.performing.takes import Take, anchors, group_of, takes
from models.planner.plan import Plan, PlanSection
from models.score import Meter, Note, Score, Section, Tempo, Track
from models.theory import Key
from models.vocabulary import load

Floats = NDArray[np.float64]

#: A style of ours for each group of drummers; swung takes outside jazz are shuffles.
_STYLE = {
    "afrobeat": "afrobeat", "afrocuban": "cha_cha", "brazil": "samba", "dance": "disco",
    "funk": "funk", "hiphop": "boom_bap", "jazz": "swing", "latin": "cumbia",
    "neworleans": "dixieland", "pop": "pop", "punk": "punk", "reggae": "reggae", "rock": "rock",
    "shuffle": "blues_shuffle", "soul": "soul", "": "klezmer",
}  # fmt: skip
_FOUR = Meter(4, 4)
_BAR = 16
_SWUNG = 0.66
_FEW = 20  # strokes that a distribution needs
_FOLDS = 5
_FEWEST_SIXTEENTHS = 12


@dataclass(frozen=True, eq=False)
class Played:
    """A take's strokes as somebody plays them: milliseconds after their own grid, velocities."""

    offsets: Floats
    velocities: Floats
    swing: float
    sixteenth: float


Makers = Mapping[str, Callable[[Take, int], Played]]


def run(data: Path, cases: int | None = None, split: str = "test", seed: int = 21) -> Table:
    """All measures on a split; `cases` takes at most."""
    found = [single(take) for take in takes(data, split)[:cases]]
    human = [heard(t, t.places, t.velocities.astype(float)) for t in found]
    makers: Makers = {"straight": straight, "jitter": jitter, "ours": ours}
    measured = {
        name: measures(found, human, [make(t, seed + i) for i, t in enumerate(found)])
        for name, make in makers.items()
    }
    floor = measures(
        found, human, [shuffled(t, p, seed) for t, p in zip(found, human, strict=True)]
    )
    rows = {}
    for name, unit in _UNITS.items():
        beside = {"straight": measured["straight"], "jitter": measured["jitter"], "floor": floor}
        reference = ", ".join(f"{k} {v[name]:.3g}" for k, v in beside.items())
        rows[name] = Row(round(measured["ours"][name], 3), unit, reference=reference)
    notes = (
        f"Groove MIDI, {split}: {len(found)} takes, {sum(len(t.steps) for t in found)} strokes",
        "floor: the take's own strokes, shuffled among those of a limb, place and level: what the "
        "best sampler of single strokes could reach",
    )
    return Table("playing", len(found), seed, rows, notes, {"floor": floor, **measured})


def single(take: Take) -> Take:
    """The take with one stroke of a drum at a step: a score cannot say flam."""
    _, first = np.unique(take.steps * 128 + take.pitches, return_index=True)
    arrays = ("steps", "kinds", "offsets", "velocities", "pitches")
    return replace(take, **{name: getattr(take, name)[first] for name in arrays})


def heard(take: Take, places: Floats, velocities: Floats) -> Played:
    """What a drummer did, read from where the strokes of a take came to lie, in beats."""
    within, step = places - take.steps // 4, take.steps % 4
    swing = sixteenth = 0.5
    if take.swung:
        swing = float(np.median(within[step == 2]))
    else:
        off = ((within % 0.5) * 2)[step % 2 == 1]
        sixteenth = float(np.median(off)) if len(off) >= _FEWEST_SIXTEENTHS else 0.5
    offsets = (within - anchors(take.swung, swing, sixteenth)[step]) * 60_000 / take.bpm
    return Played(offsets - offsets.mean(), velocities, swing, sixteenth)


def grid(take: Take) -> Floats:
    """Where a score writes the strokes: sixteenths, and a swung take's middle triplets."""
    step = take.steps % 4
    within = np.where(take.swung & (step == 1), 1 / 3, step / 4)
    return np.asarray(take.steps // 4 + within, np.float64)


def straight(take: Take, _: int) -> Played:
    """The score as a sequencer plays it."""
    places = grid(take)
    swing = _SWUNG if take.swung else 0.5
    places = np.where(take.steps % 4 == 2, np.floor(places) + swing, places)
    return heard(take, places, take.level_velocities.astype(float))


def jitter(take: Take, seed: int) -> Played:
    """The rules that stood here before there were measured tables."""
    rng = np.random.default_rng(seed)
    loose = load().styles[_STYLE[group_of(take)]].looseness
    kind = [CLASSES[k] for k in take.kinds]
    hats = np.isin(kind, ("hat", "pedal", "open", "ride"))
    slips = rng.normal(0.0, 8.0 * loose / np.where(hats, 4, 2))
    slips = np.clip(slips + 8.0 * loose * (np.array(kind) == "snare"), -15, 15)
    plain = straight(take, seed)
    width = 5 * (0.3 + 0.7 * loose)
    velocities = np.clip(plain.velocities + rng.uniform(-width, width, len(slips)), 1, 127)
    return replace(plain, offsets=slips - slips.mean(), velocities=np.round(velocities))


def ours(take: Take, seed: int) -> Played:
    """The performance layer, on a plan whose dynamics ask for the level's velocities."""
    bars = int(take.steps[-1]) // _BAR + 1
    low, high = RANGES["drums"]
    section = Section("verse", "A", 0, bars)
    planned = PlanSection(section, 0.5, (VELOCITIES[2] - low) / (high - low), 0.0, 0.0, ("drums",))
    plan = Plan(
        "Take", _STYLE[group_of(take)], "", Key("C", "major"), _FOUR, take.bpm, bars, None,
        (planned,), (), (), _SWUNG if take.swung else 0.5, False, None, seed,
    )  # fmt: skip
    written = [
        Note(float(onset), int(pitch), 0.05, int(velocity))
        for onset, pitch, velocity in zip(
            grid(take), take.pitches, take.level_velocities, strict=True
        )
    ]
    track = Track("Drums", "drums", 0, tuple(written), is_drum=True)
    score = Score("Take", plan.key, _FOUR, (Tempo(0.0, take.bpm),), bars, (track,))
    by_drum: dict[int, list[Note]] = defaultdict(list)
    for note in perform(score, plan, seed).players[0].track.notes:
        by_drum[note.pitch].append(note)
    lines = {pitch: iter(notes) for pitch, notes in by_drum.items()}
    notes = [next(lines[n.pitch]) for n in written]  # no drum's strokes change places
    return heard(
        take, np.array([n.onset for n in notes]), np.array([float(n.velocity) for n in notes])
    )


def shuffled(take: Take, played: Played, seed: int) -> Played:
    """The same strokes, each at another of its limb, place and level."""
    rng = np.random.default_rng(seed)
    order = np.arange(len(take.steps))
    cells = _cells(take) * 3 + take.levels
    for cell in np.unique(cells):
        of = np.flatnonzero(cells == cell)
        order[of] = rng.permutation(of)
    return replace(played, offsets=played.offsets[order], velocities=played.velocities[order])


_UNITS = {
    "velocity: mean absolute error of a stroke": "",
    "velocity: distance of distributions": "",
    "timing: distance of distributions": "ms",
    "timing: spread of a take, error": "ms",
    "timing: correlation with the step before, error": "",
    "swing ratio, error in swung takes": "",
    "off-sixteenth, error in straight takes": "% of an eighth",
    "told from people, by bars": "AUC",
}


def measures(
    found: Sequence[Take], human: Sequence[Played], made: Sequence[Played]
) -> dict[str, float]:
    """Every measure of `_UNITS`, of what was made against what people played."""
    pairs = list(zip(found, human, made, strict=True))
    ratio = [abs(h.swing / (1 - h.swing) - m.swing / (1 - m.swing)) for t, h, m in pairs if t.swung]
    fine = [
        100 * abs(h.sixteenth - m.sixteenth)
        for t, h, m in pairs
        if not t.swung and (t.steps % 2 == 1).sum() >= _FEWEST_SIXTEENTHS
    ]
    values = (
        float(np.mean(np.abs(np.concatenate([h.velocities - m.velocities for _, h, m in pairs])))),
        distance(found, [h.velocities for h in human], [m.velocities for m in made]),
        distance(found, [h.offsets for h in human], [m.offsets for m in made]),
        float(np.mean([abs(h.offsets.std() - m.offsets.std()) for _, h, m in pairs])),
        float(np.mean([abs(memory(t, h.offsets) - memory(t, m.offsets)) for t, h, m in pairs])),
        float(np.mean(ratio)) if ratio else float("nan"),
        float(np.mean(fine)) if fine else float("nan"),
        told(found, human, made),
    )
    return dict(zip(_UNITS, values, strict=True))


def _cells(take: Take) -> NDArray[np.int64]:
    """Limb and place of each stroke."""
    places = [place_of(float(onset), _FOUR) for onset in grid(take)]
    return np.asarray(take.kinds * len(PLACES) + np.array(places), np.int64)


def distance(found: Sequence[Take], people: Sequence[Floats], made: Sequence[Floats]) -> float:
    """Wasserstein-1 by style group, limb and place, weighted by strokes; few strokes left out."""
    cells: dict[tuple[str, int], list[tuple[Floats, Floats]]] = defaultdict(list)
    for take, a, b in zip(found, people, made, strict=True):
        of = _cells(take)
        for cell in np.unique(of):
            cells[group_of(take), int(cell)].append((a[of == cell], b[of == cell]))
    total = weight = 0.0
    for rows in cells.values():
        a, b = (np.concatenate(side) for side in zip(*rows, strict=True))
        if len(a) >= _FEW:
            total += len(a) * float(wasserstein_distance(a, b))
            weight += len(a)
    return total / weight


def memory(take: Take, offsets: Floats) -> float:
    """Correlation of a step's mean offset with the next step's; 0 where nothing varies."""
    steps, group = np.unique(take.steps, return_inverse=True)
    mean = np.bincount(group, offsets) / np.bincount(group)
    near = np.flatnonzero(np.diff(steps) <= 2)
    a, b = mean[near], mean[near + 1]
    return float(np.corrcoef(a, b)[0, 1]) if len(near) > 2 and a.std() * b.std() > 0 else 0.0


def features(take: Take, played: Played) -> Floats:
    """A row for each bar of six strokes or more: timing and loudness, overall and by limb."""
    limbs = [(0,), (1, 2), (3, 4, 5, 6)]  # kick; snare and rim; hats and ride
    rows = []
    for bar in range(int(take.steps[-1]) // _BAR + 1):
        inside = take.steps // _BAR == bar
        if inside.sum() < 6:
            continue
        row = [float(len(np.unique(played.velocities[inside])) / inside.sum())]
        for of in ((*range(len(CLASSES)),), *limbs):
            mine = inside & np.isin(take.kinds, of)
            slips, loud = played.offsets[mine], played.velocities[mine]
            if len(slips) < 2:
                row += [0.0] * 7
                continue
            steps = np.abs(np.diff(slips)).mean(), np.abs(np.diff(loud)).mean()
            row += [
                slips.mean(),
                slips.std(),
                steps[0],
                loud.mean(),
                loud.std(),
                steps[1],
                loud.max(),
            ]
        rows.append(row)
    return np.array(rows).reshape(len(rows), -1)


def told(found: Sequence[Take], human: Sequence[Played], made: Sequence[Played]) -> float:
    """AUC of a logistic regression that tells bars of people from what was made, by held-out takes.

    Raises
    ------
    Refusal
        When scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import GroupKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:  # pragma: no cover
        raise Refusal(
            'This benchmark needs {library}; install the extra with pip install -e ".[bench]".',
            library="scikit-learn",
        ) from error
    sides = [[features(t, p) for t, p in zip(found, side, strict=True)] for side in (human, made)]
    rows = np.concatenate([*sides[0], *sides[1]])
    takes_of = np.concatenate([np.full(len(r), i) for side in sides for i, r in enumerate(side)])
    labels = np.repeat([1, 0], [sum(map(len, side)) for side in sides])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = GroupKFold(min(_FOLDS, len(found)))
    guess = cross_val_predict(
        model, rows, labels, groups=takes_of, cv=folds, method="predict_proba"
    )
    return float(roc_auc_score(labels, guess[:, 1]))
