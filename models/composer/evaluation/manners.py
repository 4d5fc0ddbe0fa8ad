"""Style transfer: what is kept of the source, and whether the result passes for the other style.

In: pairs of test pieces in different styles and one meter. Out: for the transfer (`manner`), for
copying the source and for composing anew over its chords (`remelodise`): chroma and groove
similarity to the source (MuseMorphose, Wu and Yang 2021: cosine of the bars' vectors of pitch
classes and of onset places, counted by onsets), and how often a classifier hears the target's style
(a logistic regression on the 60 features, fitted on training pieces).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.composer.encode import FIRST_ONSET, Event
from models.composer.evaluation.pieces import cut, sheet_bars, source_of, workable
from models.composer.evaluation.study import Figure, Study, mean
from models.composer.features import profile
from models.composer.harmonising import remelodise
from models.composer.reading import read
from models.composer.sheets import LeadSheet
from models.composer.transfer import manner

_PAIRS, _BARS = 32, 16
_CLASS = 40  # training pieces that a style needs to be told from others
_Bars = Sequence[Sequence[Event]]


@dataclass(frozen=True)
class Styles:
    """A classifier of styles from profiles, with its share of right answers on test pieces."""

    fitted: Any
    right: float
    names: tuple[str, ...]

    def chance(self, bars: _Bars, steps: int, minor: bool, style: str) -> tuple[bool, float]:
        """Whether a style is heard first in a melody, and with what probability."""
        found = self.fitted.predict_proba([profile(bars, steps, minor)])[0]
        at = list(self.fitted.classes_).index(style)
        return bool(found.argmax() == at), float(found[at])


def manners(study: Study) -> list[Figure]:
    """Figures "row, measure" for transfer, copy and composing anew."""
    test = [cut(s, _BARS) for s in study.sheets["test"] if workable(s, _BARS)]
    study.say("style transfer: fitting the classifier of styles")
    styles = fit_styles(study.sheets["train"], test)
    pairs = pairs_of([s for s in test if s.style in styles.names], study.cases(_PAIRS), study.seed)
    rows: dict[str, list[dict[str, float]]] = {}
    for number, (mine, other) in enumerate(pairs):
        study.say(f"transfer {number + 1} of {len(pairs)}: {mine.id} as {other.id}")
        source, reference = source_of(mine), source_of(other)
        seed = study.seed + number
        ways = {
            "transfer": manner(source, reference, study.composer, seed),
            "copying the source": source,
            "composing anew": remelodise(source, study.composer, seed),
        }
        for name, way in ways.items():
            found = _measures(read(way).bars, mine, other, styles)
            rows.setdefault(name, []).append(found)
        rows.setdefault("the reference itself", []).append(
            _measures(sheet_bars(other), mine, other, styles)
        )
    words = f"{len(pairs)} pairs"
    out = [
        Figure(f"{name}, {what}", mean([r[what] for r in members]), reference=words)
        for name, members in rows.items()
        for what in members[0]
    ]
    chance = f"{len(styles.names)} styles, {100 / len(styles.names):.0f} % by chance"
    return [*out, Figure("classifier, right on test pieces", 100 * styles.right, "%", "", chance)]


def _measures(made: _Bars, mine: LeadSheet, other: LeadSheet, styles: Styles) -> dict[str, float]:
    chroma, groove = similarities(sheet_bars(mine), made, mine.bar_steps)
    heard, chance = styles.chance(made, mine.bar_steps, mine.minor, other.style)
    return {
        "chroma similarity to the source": chroma,
        "groove similarity to the source": groove,
        "heard as the target style": float(heard),
        "probability of the target style": chance,
    }


def similarities(source: _Bars, made: _Bars, steps: int) -> tuple[float, float]:
    """Chroma and groove similarity, means over the bars in which both have notes."""
    found: list[tuple[float, float]] = []
    for a, b in zip(source, made, strict=False):
        one, two = _vectors(a, steps), _vectors(b, steps)
        if one[0].any() and two[0].any():
            found.append((_cosine(one[0], two[0]), _cosine(one[1], two[1])))
    return mean([c for c, _ in found]), mean([g for _, g in found])


def _vectors(bar: Sequence[Event], steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Onsets of a bar by pitch class (12,) and by place (steps,)."""
    chroma, places = np.zeros(12), np.zeros(steps)
    for event in bar:
        if event.kind == FIRST_ONSET:
            chroma[event.pitch % 12] += 1
            places[event.step % steps] += 1
    return chroma, places


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def fit_styles(train: Sequence[LeadSheet], test: Sequence[LeadSheet]) -> Styles:
    """Styles with enough training pieces, told apart by the features of their first bars."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pieces = [cut(s, _BARS) for s in train if s.bars >= _BARS and len(s.notes) >= _BARS]
    counted = {name: sum(s.style == name for s in pieces) for name in {s.style for s in pieces}}
    names = tuple(sorted(n for n, count in counted.items() if count >= _CLASS and n != "unknown"))
    known = [s for s in pieces if s.style in names]
    held = [s for s in test if s.style in names]
    model = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=2000, C=0.3, class_weight="balanced")
    )
    model.fit(np.array([_profile(s) for s in known]), [s.style for s in known])
    right = float(model.score(np.array([_profile(s) for s in held]), [s.style for s in held]))
    return Styles(model, right, names)


def _profile(sheet: LeadSheet) -> np.ndarray:
    return profile(sheet_bars(sheet), sheet.bar_steps, sheet.minor)


def pairs_of(
    sheets: Sequence[LeadSheet], number: int, seed: int
) -> list[tuple[LeadSheet, LeadSheet]]:
    """Pairs of one meter and mode from different sources and styles; styles come in turn."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, str], list[tuple[LeadSheet, LeadSheet]]] = {}
    for i in rng.permutation(len(sheets)):
        for j in rng.permutation(len(sheets)):
            a, b = sheets[i], sheets[j]
            alike = (a.meter, a.minor) == (b.meter, b.minor)
            if alike and a.source != b.source and a.style != b.style:
                found.setdefault((a.style, b.style), []).append((a, b))
    groups = [found[name] for name in sorted(found)]
    groups = [groups[k] for k in rng.permutation(len(groups))]
    out: list[tuple[LeadSheet, LeadSheet]] = []
    depth = 0
    while len(out) < number and any(len(p) > depth for p in groups):
        out += [p[depth] for p in groups if len(p) > depth]
        depth += 1
    return out[:number]
