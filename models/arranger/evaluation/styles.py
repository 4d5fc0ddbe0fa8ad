"""Can the style be told from the notes? A classifier of twelve families that saw only other tunes.

In: a `Study`. Out: `Figure`s: top-1 accuracy on every maker's arrangements of test tunes, MMA's own
among them. Trained on MMA's renders of training tunes and on human bands of a known family, chosen
on validation tunes. A render keeps only the parts that the planner would call in that style, since
that is what makers are asked for. Tempo and swing are not seen: the plan states them. What is to be
read off the cast alone (drums or none, pad or none) is a figure of its own. Drums alone are judged
by a second classifier, which also reads Groove's drummers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arranger.band import Band
from models.arranger.evaluation.makers import shards
from models.arranger.evaluation.nearness import profiles
from models.arranger.evaluation.study import Study
from models.arranger.evaluation.tunes import families
from models.arranger.features import CAST, group
from models.arranger.judge import as_called
from models.composer.evaluation.distance import Profiles
from models.composer.evaluation.study import Figure

_MOST = 250  # training bands of a family and source: beyond, only time grows
_SMOOTHNESS = (0.03, 0.3, 3.0)
_LEAVES = (8, 16)
Names = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Examples:
    """Profiles (N, 60) and their families (N,)."""

    profiles: Profiles
    families: Names

    @classmethod
    def of(cls, bands: Sequence[Band]) -> Examples:
        """Of bands whose family is known."""
        return cls(profiles(bands), np.array([b.family for b in bands]))


def styles(study: Study) -> list[Figure]:
    """Figures "maker", then the weakest families of ours, or of MMA while ours is missing."""
    train, validation = (Examples.of(_bands(study, s)) for s in ("train", "validation"))
    everything = np.arange(train.profiles.shape[1])
    told, name, best = _chosen(train, validation, everything)
    cast, _, _ = _chosen(train, validation, np.array(CAST))
    words = f"{name}, {best:.1%} on validation renders; {len(train.families)} trained on"
    out, pairs = [], {}
    truth = np.array([case.family for case in study.grid])
    for maker, takes in study.present().items():
        seen = profiles([t.band for t in takes])
        said = told(seen)
        pairs[maker] = said
        target = ">= 75 %" if maker == "ours" else ""
        out.append(
            Figure(f"top-1, {maker}", 100 * float(np.mean(said == truth)), "%", target, words)
        )
        out.append(
            Figure(
                f"from the cast alone, {maker}",
                100 * float(np.mean(cast(seen) == truth)),
                "%",
                "",
                f"chance {100 / len(families()):.0f} %",
            )
        )
    shown = next((m for m in ("ours", "mma") if m in pairs), None)
    if shown:
        out += _confused(truth, pairs[shown], shown)
    return out + _drums(study)


def _bands(study: Study, split: str) -> list[Band]:
    """Bands of a family: MMA's with the planner's cast, people's as they are, so many of each."""
    rng = Random(study.seed)
    mma = [as_called(b, rng) for b in _some(shards(study.cache, split, ("mma",)), rng)]
    people = _some(shards(study.cache, split, ("game", "pop909")), rng)
    return [b for b in (*mma, *people) if len(b.notes)]


def _some(bands: Sequence[Band], rng: Random) -> list[Band]:
    """At most `_MOST` bands of each family."""
    known = [b for b in bands if b.family]
    rng.shuffle(known)
    count: Counter[str] = Counter()
    out = []
    for band in known:
        count[band.family] += 1
        if count[band.family] <= _MOST:
            out.append(band)
    return out


def _chosen(
    train: Examples, validation: Examples, columns: npt.NDArray[np.int64]
) -> tuple[Any, str, float]:
    """The classifier that reads validation bands best: what it says, its name and its accuracy."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    tried: list[tuple[str, Any]] = [
        (
            f"logistic regression, C {c}",
            make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)),
        )
        for c in _SMOOTHNESS
    ] + [
        (
            f"boosted trees of {leaves} leaves",
            HistGradientBoostingClassifier(
                max_leaf_nodes=leaves, learning_rate=0.08, max_iter=150, random_state=0
            ),
        )
        for leaves in _LEAVES
    ]
    scores = []
    for _, model in tried:
        model.fit(train.profiles[:, columns], train.families)
        said = model.predict(validation.profiles[:, columns])
        scores.append(float(np.mean(said == validation.families)))
    at = int(np.argmax(scores))
    model = tried[at][1]
    return (lambda rows: model.predict(rows[:, columns])), tried[at][0], scores[at]


def _confused(truth: Names, said: Names, maker: str) -> list[Figure]:
    """Accuracy by family, with what it is most often taken for."""
    out = []
    for family in families():
        here = said[truth == family]
        if not len(here):
            continue
        others = Counter(here[here != family].tolist()).most_common(2)
        words = ", ".join(f"{name} {number / len(here):.0%}" for name, number in others)
        rate = 100 * float(np.mean(here == family))
        out.append(Figure(f"{family}, {maker}", rate, "%", "", f"taken for {words or 'no other'}"))
    return out


def _drums(study: Study) -> list[Figure]:
    """The same from the drums alone, on arrangements with drums and on Groove's test players."""
    part = group("drums")
    columns = np.arange(part.start, part.stop)
    read = {}
    for split in ("train", "validation", "test"):
        rng = Random(study.seed)
        found = [
            *_some(shards(study.cache, split, ("mma",)), rng),
            *_some(shards(study.cache, split, ("groove",)), rng),
        ]
        read[split] = [b for b in found if len(b.part("drums"))]
    train, validation = Examples.of(read["train"]), Examples.of(read["validation"])
    told, name, best = _chosen(train, validation, columns)
    words = f"{name}, {best:.1%} on validation drums"
    out = []
    truth = np.array([case.family for case in study.grid])
    for maker, takes in study.present().items():
        seen = profiles([t.band for t in takes])
        plays = seen[:, part.start] > 0
        rate = 100 * float(np.mean(told(seen[plays]) == truth[plays]))
        out.append(Figure(f"drums alone, {maker}", rate, "%", "", f"{words}; {plays.sum()} cases"))
    for source, who in (("groove", "Groove's test drummers"), ("mma", "MMA's test renders")):
        bands = [b for b in read["test"] if b.source == source]
        if bands:
            test = Examples.of(bands)
            rate = 100 * float(np.mean(told(test.profiles) == test.families))
            out.append(Figure(f"drums alone, {who}", rate, "%", "", f"{len(bands)} bands"))
    return out
