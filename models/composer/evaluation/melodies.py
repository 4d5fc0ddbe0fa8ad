"""Melodies over the chords of held-out tunes, beside what people wrote over them.

In: test sheets. Out: muspy measures and the Frechet distance of the composer, of the weight before
(`tools/previous_melodies.py`), of an n-gram sampler and of shuffled bars to held-out human melodies
(`writing.table`), and the simple measures of one melody against its chords.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.composer.compose import compose
from models.composer.encode import Event
from models.composer.evaluation import writing
from models.composer.evaluation.pieces import bars_of, cut, onset_steps, plan_of, workable
from models.composer.evaluation.study import Figure, Study, mean, spread
from models.composer.places import ground
from models.composer.sheets import STEPS_PER_BEAT, LeadSheet
from models.planner.plan import Plan

_TUNES = 96
_PREVIOUS = "previous weight"
_FEWEST = 12  # tunes of its that a comparison needs


def melodies(study: Study, previous: Path | None = None) -> list[Figure]:
    """Figures "row, measure" over test tunes of 16 bars; `previous` adds the row of its file."""
    tunes = [s for s in study.sheets["test"] if workable(s, writing.BARS)]
    before = writing.stored(previous) if previous else []
    known = {m.tune for m in before}
    # Tunes that the weight before wrote for come first: rows are compared over the same tunes.
    chosen = [s for s in tunes if s.id in known]
    chosen += spread([s for s in tunes if s.id not in known], len(tunes))
    chosen = [cut(s, writing.BARS) for s in chosen[: study.cases(_TUNES)]]
    human = writing.humans(chosen)
    sources = {s.id: s.source for s in chosen}
    ours, close = [], []
    for number, sheet in enumerate(chosen):
        study.say(f"melody {number + 1} of {len(chosen)} over {sheet.id}")
        plan = plan_of(sheet)
        bars = bars_of(compose(plan, study.composer, study.seed + number), plan)
        ours.append(writing.Melody(sheet.id, sheet.meter, sheet.minor, tuple(map(tuple, bars))))
        close.append((_measures(bars, plan), _measures(_own(sheet), plan)))
    found = writing.table(human, study.sheets["train"], sources, {"composer": ours}, study.seed)
    out = _table(found) + _beside(close)
    theirs = [m for m in human if m.tune in known]
    if len(theirs) >= _FEWEST:  # the weight before wrote for some tunes only: all rows over those
        rows = {"composer": ours, _PREVIOUS: before}
        found = writing.table(theirs, study.sheets["train"], sources, rows, study.seed)
        out += [replace(f, name=f"tunes of the previous weight: {f.name}") for f in _table(found)]
    return out


def _own(sheet: LeadSheet) -> Sequence[Sequence[Event]]:
    return writing.melody_of(sheet).bars


def _table(found: dict[str, writing.Line]) -> list[Figure]:
    ours = found["composer"]
    out = []
    for name, line in found.items():
        far = line.distance
        words = f"5 to 95 % of halves: {far.low:.1f} to {far.high:.1f}; {line.melodies} melodies"
        if name not in ("human", "composer"):
            words += f"; composer nearer in {100 * ours.distance.closer_than(far):.0f} % of halves"
        target = "near human" if name == "composer" else ""
        out.append(Figure(f"Frechet distance, {name}", far.mean, "", target, words))
    for measure, value in ours.muspy.items():
        others = [f"{k} {line.muspy[measure]:.3f}" for k, line in found.items() if line != ours]
        out.append(Figure(f"{measure}, composer", value, reference=", ".join(others)))
    gaps = {name: _gap(line.muspy, found) for name, line in found.items() if name != "human"}
    for name, gap in gaps.items():
        target = "least" if name == "composer" else ""
        out.append(Figure(f"muspy, mean gap to human, {name}", gap, "", target, _GAP))
    return out


_GAP = "relative, mean over the measures"


def _gap(measures: dict[str, float], found: dict[str, writing.Line]) -> float:
    human = found["human"].muspy
    return mean([abs(measures[k] - v) / max(abs(v), 0.05) for k, v in human.items()])


def _beside(rows: Sequence[tuple[dict[str, float], dict[str, float]]]) -> list[Figure]:
    """Means of the composer, with the human means over the same chords as reference."""
    out = []
    for name in rows[0][0]:
        ours, theirs = (mean([pair[k][name] for pair in rows]) for k in (0, 1))
        out.append(Figure(f"{name}, composer", ours, reference=f"human {theirs:.3f}"))
    return out


def _measures(bars: Sequence[Sequence[Event]], plan: Plan) -> dict[str, float]:
    """What a melody over a plan's chords is like, as shares of its notes."""
    under = ground(plan, plan.sections[0])
    onsets = onset_steps(bars)
    hits = np.array([bool(under.chord_tones[e.step, e.pitch % 12]) for e in onsets])
    strong = np.array([e.step % under.bar in (0, under.bar // 2) for e in onsets])
    moves = np.array([b.pitch - a.pitch for a, b in pairwise(onsets)])
    pulse = round(plan.meter.pulse * STEPS_PER_BEAT)
    return {
        "chord tones on strong beats": mean(hits[strong]),
        "chord tones": mean(hits),
        "notes a bar": len(onsets) / len(bars),
        "steps": mean((np.abs(moves) <= 2) & (moves != 0)),
        "repeated notes": mean(moves == 0),
        "leaps of a fifth or more": mean(np.abs(moves) >= 7),
        "off the pulse": mean([e.step % under.bar % pulse != 0 for e in onsets]),
        "range in semitones": float(np.ptp([e.pitch for e in onsets])),
    }
