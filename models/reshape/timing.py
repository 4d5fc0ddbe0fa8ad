"""Another tempo, or another exact length: the same notes in other seconds.

In: a `Work` and quarter notes per minute, or seconds. Out: the work at that tempo. A held last bar
stays held in proportion. An exact length is met as `models.planner.lengths` meets it: by a tempo
that is nudged at most `NUDGE`, or else by holding the last bar.
"""

from __future__ import annotations

import math
from dataclasses import replace

from models.errors import Refusal
from models.planner.bounds import NUDGE, SECONDS, TEMPO
from models.reshape.work import Work


def at_tempo(work: Work, bpm: float) -> Work:
    """The piece at `bpm` quarter notes per minute; an exact length that it had is given up.

    Raises
    ------
    Refusal
        When that tempo cannot be played, or the piece would last too long or too short.
    """
    low, high = TEMPO
    if not low - 1e-6 <= bpm <= high + 1e-6:
        raise Refusal(
            "{value} bpm is no playable tempo; choose between {low} and {high}.",
            value=f"{bpm:.6g}", low=f"{low:g}", high=f"{high:.10g}",
        )  # fmt: skip
    plan = work.plan
    held = None if plan.last_bpm is None else round(plan.last_bpm * bpm / plan.bpm, 3)
    changed = replace(plan, bpm=round(bpm, 3), last_bpm=held, seconds=None)
    checked_length(changed.length)
    return work.planned(changed)


def checked_length(seconds: float) -> None:
    """Hold a length to the bounds of every piece.

    Raises
    ------
    Refusal
        When it lies outside.
    """
    shortest, longest = SECONDS
    if not shortest <= seconds <= longest:
        raise Refusal(
            "A piece lasts between {shortest:g} and {longest:g} seconds; {seconds:g} is outside.",
            shortest=shortest,
            longest=longest,
            seconds=round(seconds, 1),
        )


def bars_for(work: Work, seconds: float) -> int:
    """How many bars come nearest to `seconds` at the tempo of a piece, at least one.

    One that has a last bar to hold has fewer rather than more.
    """
    bar = work.plan.meter.bar_beats * 60 / work.plan.bpm
    bars = max(1, round(seconds / bar))
    if abs(bars * bar / seconds - 1) > NUDGE and not work.plan.loop:
        bars = max(1, math.floor(seconds / bar + 1e-9))
    return bars


def lasting(work: Work, seconds: float, *, tempo_stays: bool) -> Work:
    """The piece lasting exactly `seconds` with the bars that it has.

    Raises
    ------
    Refusal
        When neither a nudge of the tempo nor a held last bar comes to it.
    """
    plan = work.plan
    bar = plan.meter.bar_beats * 60
    exact = plan.bars * bar / seconds
    if plan.last_bpm is None and abs(exact - plan.bpm) < 1e-3:
        return work.planned(replace(plan, seconds=seconds))
    if plan.loop or (abs(exact / plan.bpm - 1) <= NUDGE and not tempo_stays):
        if abs(exact / plan.bpm - 1) > NUDGE and tempo_stays:
            raise Refusal(
                "{bars} bars at {tempo:g} bpm do not last {seconds:g} seconds; leave one of them "
                "out.",
                bars=plan.bars, tempo=plan.bpm, seconds=seconds,
            )  # fmt: skip
        return work.planned(replace(plan, bpm=exact, last_bpm=None, seconds=seconds))
    left = seconds - (plan.bars - 1) * bar / plan.bpm
    if plan.bars < 2 or not 0.5 * bar / plan.bpm <= left <= 2.05 * bar / plan.bpm:
        raise Refusal(
            "{bars} bars at {tempo:g} bpm do not last {seconds:g} seconds; leave one of them out.",
            bars=plan.bars, tempo=plan.bpm, seconds=seconds,
        )  # fmt: skip
    return work.planned(replace(plan, last_bpm=bar / left, seconds=seconds))
