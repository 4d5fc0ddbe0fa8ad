"""Whole songs: whether music comes back as it does in human ones, and what of it is copied.

In: plans of several styles, made by the planner and composed. Each is as long as one whole test
piece (pop against POP909, dances and folk songs against Nottingham): returns grow with length, and
the opening of a long song has none of its later ones, so pieces are neither cut nor pooled. Out:
the share of bars that return, beside that of the human pieces; and the share of two-bar melodies
that stand in the training index, with the longest stretch equal to a training melody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.composer import novelty
from models.composer.compose import compose
from models.composer.encode import Event
from models.composer.evaluation.pieces import bar_steps, bars_of, sheet_bars
from models.composer.evaluation.study import Figure, Study, mean
from models.composer.sheets import LeadSheet
from models.composer.structure import returning_share
from models.planner import make_plan
from models.planner.brief import Brief

_SONGS = 32  # of each kind
_SHORTEST, _LONGEST = 24, 96  # bars
_Bars = Sequence[Sequence[Event]]


@dataclass(frozen=True)
class _Kind:
    """Styles that are set against the test pieces of one corpus."""

    name: str
    source: str
    styles: tuple[str, ...]


_KINDS = (
    _Kind(
        "pop", "pop909",
        ("pop", "ballad", "mandopop", "rock", "soul", "synthpop", "jpop", "soft_rock"),
    ),
    _Kind(
        "folk", "nottingham",
        ("celtic_jig", "celtic_reel", "folk", "waltz", "polka", "march", "sea_shanty", "children"),
    ),
)  # fmt: skip


def songs(study: Study) -> list[Figure]:
    """Shares of return for each kind, and what is copied over all songs together."""
    out: list[Figure] = []
    heard: list[tuple[_Bars, int]] = []
    human: list[tuple[_Bars, int]] = []
    for kind in _KINDS:
        pieces = [
            s
            for s in study.sheets["test"]
            if s.source == kind.source and _SHORTEST <= s.bars <= _LONGEST
        ][: study.cases(_SONGS)]
        ours = [_composed(study, kind, number, s) for number, s in enumerate(pieces)]
        theirs: list[tuple[_Bars, int]] = [(sheet_bars(s), s.bar_steps) for s in pieces]
        out += _returns(kind, ours, theirs)
        heard += ours
        human += theirs
    return out + _copies(heard, human, study.composer.index)


def _composed(study: Study, kind: _Kind, number: int, like: LeadSheet) -> tuple[_Bars, int]:
    """A song in one of the styles, to four bars as long as a sheet."""
    style, length = kind.styles[number % len(kind.styles)], 4 * round(like.bars / 4)
    study.say(f"song {number + 1} of {length} bars: {style}")
    seed = study.seed + number
    plan = make_plan(Brief(style=style, bars=length), seed)
    return bars_of(compose(plan, study.composer, seed), plan), bar_steps(plan)


def _returns(
    kind: _Kind, ours: Sequence[tuple[_Bars, int]], theirs: Sequence[tuple[_Bars, int]]
) -> list[Figure]:
    out = []
    for what in ("notes", "rhythm"):
        mine, people = (
            mean([returning_share(bars, steps)[what] for bars, steps in rows])
            for rows in (ours, theirs)
        )
        words = f"human {people:.3f} ({len(theirs)} whole pieces of {kind.source}, same lengths)"
        name = f"{kind.name}, bars that return by {what}"
        out.append(Figure(name, mine, "share", f"{0.9 * people:.3f} to {1.1 * people:.3f}", words))
        out.append(Figure(f"{name}, over human", mine / people, "times", "0.9 to 1.1"))
    return out


def _copies(
    heard: Sequence[tuple[_Bars, int]], human: Sequence[tuple[_Bars, int]], index: novelty.Index
) -> list[Figure]:
    def share(rows: Sequence[tuple[_Bars, int]]) -> float:
        found = [novelty.copied(bars, steps, index) for bars, steps in rows]
        return 100 * sum(f for f, _ in found) / max(1, sum(looked for _, looked in found))

    longest, people = (
        max(novelty.longest_copy(bars, steps, index) for bars, steps in rows)
        for rows in (heard, human)
    )
    return [
        Figure(
            "two bars known from training", share(heard), "%", "< 2",
            f"human test pieces {share(human):.2f} %",
        ),
        Figure(
            "longest copy", float(longest), "bars", "<= 2", f"human test pieces {people} bars"
        ),
    ]  # fmt: skip
