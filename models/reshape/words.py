"""The words of a piece whose bars have moved.

In: `Lyrics` and the work before and after. Out: the same lines where their bars are now; a line
whose bars are gone is left out, and one whose bars come twice comes twice.
"""

from __future__ import annotations

from dataclasses import replace

from models.lyrics import Line, Lyrics
from models.reshape.work import Work
from models.score import on_grid
from models.words_on_score import in_sections

_EPSILON = 1e-6


def moved_words(lyrics: Lyrics, before: Work, after: Work) -> Lyrics | None:
    """The words with their bars; None where no line is left, or the meter is another."""
    if before.plan.meter != after.plan.meter:
        return None
    if after.bars == tuple(range(before.plan.bars)):
        return lyrics
    bar = before.plan.meter.bar_beats
    runs = _runs(after.bars)
    lines: list[Line] = []
    for start, first, size in runs:
        begin, stop, shift = first * bar, (first + size) * bar, (start - first) * bar
        for line in lyrics.lines:
            if line.sung and all(begin - _EPSILON <= s.onset < stop - _EPSILON for s in line.sung):
                sung = tuple(
                    replace(
                        s, onset=on_grid(s.onset + shift), end=on_grid(min(s.end, stop) + shift)
                    )
                    for s in line.sung
                )
                lines.append(replace(line, sung=sung))
    if not lines:
        return None
    return in_sections(replace(lyrics, lines=tuple(lines), schemes={}), after.score)


def _runs(bars: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(bar, bar it came from, how many follow each other) of each run of bars in order."""
    found: list[tuple[int, int, int]] = []
    for at, origin in enumerate(bars):
        if found and found[-1][1] + found[-1][2] == origin:
            found[-1] = (*found[-1][:2], found[-1][2] + 1)
        else:
            found.append((at, origin, 1))
    return found
