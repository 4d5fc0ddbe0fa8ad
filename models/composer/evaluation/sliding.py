"""Whether the sliders do what they say, and nothing else.

In: plans. Out: Spearman's rank correlation of what was asked with what is measured, pooled over all
plans (whatever their meter and instrument), and how much each slider moves the other measure.
Measures are MuseMorphose's (Wu and Yang, 2021): rhythmic intensity is the share of sixteenths with
an onset, polyphony the mean number of notes over the sixteenths in which the melody part sounds.
In the joint trials both are asked at once, in orders that have nothing to do with each other, so a
correlation of one with the other measure is a leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.composer.compose import Wish, compose
from models.composer.evaluation.study import Figure, Study, correlation, mean
from models.composer.sheets import STEPS_PER_BEAT
from models.composer.sliders import Sliders
from models.composer.source import Source
from models.composer.transfer import restyle
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.score import Note

_PLANS, _BARS = 24, 16
_STYLES = (
    "pop", "ballad", "rock", "celtic_jig", "waltz", "bossa_nova", "folk", "march", "swing", "hymn",
    "romantic_piano", "film_epic",
)  # fmt: skip
_VALUES = (0.0, 0.17, 0.33, 0.5, 0.67, 0.83, 1.0)
_TARGETS = {"intensity": ">= 0.95", "polyphony": ">= 0.90"}
_LEAK = "<= 0.15"
_REFERENCES = {
    "intensity": "MuseMorphose about .95 (unverified)",
    "polyphony": "MuseMorphose about .89 (unverified)",
}


@dataclass(frozen=True)
class Trial:
    """Asked values by slider, and what was measured, by the same names; `plan` is its number."""

    plan: int
    asked: dict[str, float]
    found: dict[str, float]


def sliding(study: Study) -> list[Figure]:
    """Correlations and leaks of composing with sliders and of restyling with two at once."""
    plans = [
        make_plan(Brief(style=_STYLES[n % len(_STYLES)], bars=_BARS), study.seed + n)
        for n in range(study.cases(_PLANS))
    ]
    joint: list[Trial] = []
    alone: dict[str, list[Trial]] = {name: [] for name in ("intensity", "register", "motion")}
    for n, plan in enumerate(plans):
        study.say(f"sliders, plan {n + 1} of {len(plans)}: {plan.style} {plan.meter}")
        source = Source(plan, compose(plan, study.composer, study.seed + n))
        joint += _both(study, source, n)
        for name, trials in alone.items():
            trials += _alone(study, plan, name, n)
    out = _joint_figures(joint)
    for name, trials in alone.items():
        words = f"{len(trials)} trials"
        target = _TARGETS.get(name, "")
        reference = f"{words}; within a plan {_within(trials, name):.3f}"
        out.append(Figure(f"composing, {name}", _rho(trials, name), "rho", target, reference))
        for other in ("intensity", "register", "motion"):
            if other != name:
                leak = abs(_rho(trials, name, other))
                out.append(Figure(f"composing, {name} on {other}", leak, "|rho|", "", words))
    return out


def _both(study: Study, source: Source, number: int) -> list[Trial]:
    """The piece with both sliders set: every value of each once, paired at random."""
    rng = np.random.default_rng((study.seed, number))
    out = []
    for k, other in enumerate(rng.permutation(len(_VALUES))):
        asked = {"intensity": _VALUES[k], "polyphony": _VALUES[other]}
        made = restyle(source, study.composer, study.seed + k, sliders=Sliders(**asked))
        out.append(Trial(number, asked, measured(made.melody, made.plan)))
    return out


def _alone(study: Study, plan: Plan, name: str, number: int) -> list[Trial]:
    """Melodies composed with one slider at each second value."""
    out = []
    for value in _VALUES[::2]:
        wish = Wish(sliders=Sliders(**{name: value}))
        notes = compose(plan, study.composer, study.seed + number, candidates=4, wish=wish)
        out.append(Trial(number, {name: value}, measured(notes, plan)))
    return out


def _joint_figures(trials: Sequence[Trial]) -> list[Figure]:
    out, words = [], f"{len(trials)} trials, both asked at once"
    for name, other in (("intensity", "polyphony"), ("polyphony", "intensity")):
        reference = f"{words}; within a plan {_within(trials, name):.3f}; {_REFERENCES[name]}"
        rho = _rho(trials, name)
        out.append(Figure(f"restyling, {name}", rho, "rho", _TARGETS[name], reference))
        leak = abs(_rho(trials, name, other))
        out.append(Figure(f"restyling, {name} on {other}", leak, "|rho|", _LEAK, words))
    return out


def _rho(trials: Sequence[Trial], name: str, other: str | None = None) -> float:
    """Rank correlation of what was asked of a slider with its measure, or another."""
    return correlation([t.asked[name] for t in trials], [t.found[other or name] for t in trials])


def _within(trials: Sequence[Trial], name: str) -> float:
    """The mean of the correlations of single plans: how a slider feels to who moves it."""
    plans = sorted({t.plan for t in trials})
    return mean([_rho([t for t in trials if t.plan == plan], name) for plan in plans])


def measured(notes: Sequence[Note], plan: Plan) -> dict[str, float]:
    """Each slider's own measure on a melody part.

    "intensity": share of the sixteenths of bars with notes that have an onset. "polyphony": mean
    sounding notes over sounding sixteenths. "register": where the mean of the highest voice lies in
    the part's range, 0..1. "motion": mean size of its moves in semitones.
    """
    bar = round(plan.meter.bar_beats * STEPS_PER_BEAT)
    sounding = np.zeros(plan.bars * bar, np.int64)
    top: dict[int, int] = {}
    for note in notes:
        start = round(note.onset * STEPS_PER_BEAT)
        sounding[start : round(note.end * STEPS_PER_BEAT)] += 1
        top[start] = max(top.get(start, 0), note.pitch)
    bars = {start // bar for start in top}
    pitches = [top[start] for start in sorted(top)]
    part = plan.part("melody")
    low, high = (part.low, part.high) if part else (0, 127)
    moves = [abs(b - a) for a, b in pairwise(pitches)]
    return {
        "intensity": len(top) / max(1, len(bars) * bar),
        "polyphony": float(sounding[sounding > 0].mean()) if len(notes) else 0.0,
        "register": (float(np.mean(pitches)) - low) / max(1, high - low) if pitches else 0.0,
        "motion": float(np.mean(moves)) if moves else 0.0,
    }
