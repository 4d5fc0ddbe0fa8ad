"""Where written measures stand on a steady grid of bars.

In: the written lengths of measures, in beats. Out: the onset of each on a grid of equal bars, so
that pickups, bars divided by a repeat sign and cadenzas leave every later downbeat on a bar line.
"""

from __future__ import annotations

from collections.abc import Sequence

_NEAR = 0.01


def place_bars(
    lengths: Sequence[float], openings: Sequence[bool], full: float
) -> tuple[list[float], int]:
    """Onset in beats of every measure, and how many bars of `full` beats they take.

    `openings` says which measures begin a section (a repeat or a double bar stands before them): a
    short one there, or at the very start, is a pickup and ends on a bar line. Any other short
    measure starts where the last one ended when it still fits, else on the next bar line.
    """
    starts: list[float] = []
    line, filled = 0, 0.0
    for number, (length, opening) in enumerate(zip(lengths, openings, strict=True)):
        short = length < full - _NEAR
        if filled and not (short and filled + length <= full + _NEAR):
            line, filled = line + 1, 0.0
        pickup = short and length > 0 and (opening or number == 0)
        start = line * full + (full - length if pickup else filled)
        starts.append(start)
        line = int((start + length + _NEAR) / full)
        filled = start + length - line * full
        filled = filled if filled > _NEAR else 0.0
    return starts, line + (filled > 0)
