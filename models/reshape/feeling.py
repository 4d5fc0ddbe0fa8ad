"""What a mood asks of a piece that exists, and whether it got there.

In: moods (vocabulary ids) to go to and to get away from, and what `models.mood_judge` hears before
and after. Out: which way valence and arousal are to move, and whether they did. A mood says
something of a dimension where it lies a quarter of the scale or more from the middle, as in
`mood_judge.agreement`; the other dimension is free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models import mood_judge, vocabulary
from models.errors import Refusal
from models.score import Score

#: From where on a mood speaks of a dimension, and what must be heard of a move in the middle.
CLEAR, LEAST = 0.25, 0.05
Felt = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to: (valence, arousal), and which way each is to move: -1, 0 (free) or 1."""

    target: Felt
    ways: tuple[int, int]


def wish(mood: str | None, avoid: Sequence[str]) -> Wish:
    """What moods come to; one to get away from asks for its opposite where nothing else speaks.

    Raises
    ------
    Refusal
        When the moods to get away from leave nowhere to go.
    """
    moods = vocabulary.load().moods
    wanted = moods[mood] if mood else None
    target = [wanted.valence, wanted.arousal] if wanted else [0.0, 0.0]
    ways = [_way(value) for value in target]
    for axis in (0, 1):
        against = {_way((moods[m].valence, moods[m].arousal)[axis]) for m in avoid} - {0}
        if len(against) == 1 and not ways[axis]:
            ways[axis] = -next(iter(against))
            target[axis] = 0.6 * ways[axis]
    if not wanted and ways == [0, 0]:
        raise Refusal("Those moods leave no direction to go; say which mood you want instead.")
    return Wish((target[0], target[1]), (ways[0], ways[1]))


def _way(value: float) -> int:
    return 0 if abs(value) < CLEAR else 1 if value > 0 else -1


def felt(score: Score) -> Felt:
    """How a piece (or some bars of it) feels.

    Raises
    ------
    Refusal
        When nothing with a pitch plays.
    """
    try:
        return mood_judge.judge(score)
    except ValueError:
        raise Refusal("Nothing with a pitch plays in these bars; choose others.") from None


def progress(asked: Wish, before: Felt, after: Felt) -> float:
    """How far it has come on the axis where it has come least, in units of what must be heard.

    1 and more is there. Near the ends of the scale, where the judge's curve is flat, less of it is
    as much of a move. Where both axes are free, coming nearer is what counts.
    """
    if asked.ways == (0, 0):
        nearer = math.dist(before, asked.target) - math.dist(after, asked.target)
        return 1 + nearer / LEAST if nearer > 0 else nearer / LEAST
    return min(
        way * (b - a) / (LEAST * max(0.05, 1 - a * a))
        for way, a, b in zip(asked.ways, before, after, strict=True)
        if way
    )


def moved(asked: Wish, before: Felt, after: Felt) -> bool:
    """Whether what was heard has moved the way that was asked."""
    return progress(asked, before, after) >= 1
