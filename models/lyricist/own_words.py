"""Words by a person, set to a melody as they stand.

In: lines of text that fit (`checking.check` says whether) and a `SongGrid`. Out: `Lyrics`. A line
with fewer syllables than notes fits only where the caller allows it to be stretched: the lightest
notes then become melismas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from models.errors import Refusal
from models.lyricist.asks import WrittenLine
from models.lyricist.checking import check, check_line, chinese_pieces, places, syllable_counts
from models.lyricist.hyphenate import split
from models.lyricist.own_line import read_line
from models.lyricist.phrasing import Slot, merged
from models.lyricist.placing import place_line
from models.lyricist.pronounce import Pronouncer, load
from models.lyricist.prosody import SongGrid, fitted
from models.lyricist.schemes import joined
from models.lyrics import Line, Lyrics


def place_own(
    texts: Sequence[str],
    grid: SongGrid,
    pronouncer: Pronouncer | None = None,
    *,
    title: str = "",
    by: str = "",
    stretch: bool = False,
) -> Lyrics:
    """A person's lines on the melody; returning words may be written once or every time.

    Raises
    ------
    Refusal
        With the first thing that does not fit.
    """
    pronouncer = pronouncer or load()
    laid = places(texts, grid)
    if stretch:
        sizes = {
            place: max(fewer)
            for text, place in zip(texts, laid, strict=False)
            if (fewer := _fewer(text, grid.stanzas[place[0]].lines[place[1]], pronouncer, grid))
        }
        grid = stretched(grid, sizes)
    for problem in check(texts, grid, pronouncer):
        if not problem.soft:
            raise Refusal(problem.template, **problem.values)
    said = dict(zip(laid, texts, strict=True))
    lines: list[Line] = []
    schemes: dict[int, list[str]] = {}
    for index, stanza in enumerate(grid.stanzas):
        source = index if stanza.same_as is None else stanza.same_as
        for number, slots in enumerate(stanza.lines):
            text = said.get((index, number)) or said[source, number]
            lines.append(place_line(_cut(text, slots, pronouncer, grid), slots, stanza.section))
        schemes.setdefault(stanza.section, []).append(stanza.scheme)
    hook = next((said[i, 0] for i in grid.own if grid.stanzas[i].kind == "chorus"), "")
    return Lyrics(
        title=title,
        language=grid.language,
        lines=tuple(lines),
        hook=hook,
        by=by,
        schemes={section: joined(parts) for section, parts in schemes.items()},
    )


def with_given(
    grid: SongGrid, given: Mapping[int, str], pronouncer: Pronouncer | None = None
) -> SongGrid:
    """A grid that a person's lines, by number as in `prosody.ask_of`, can be sung to.

    Where they have fewer syllables than there are notes, the lightest notes become melismas.

    Raises
    ------
    Refusal
        When a line has too many syllables, far too few, or cannot be counted.
    """
    pronouncer = pronouncer or load()
    own = [(i, k) for i in grid.own for k in range(len(grid.stanzas[i].lines))]
    rows = {own[n - 1]: text for n, text in given.items() if 1 <= n <= len(own)}
    fewer = {
        (i, k): _fewer(text, grid.stanzas[i].lines[k], pronouncer, grid)
        for (i, k), text in rows.items()
    }
    grid = stretched(grid, {place: max(sizes) for place, sizes in fewer.items() if sizes})
    for (i, k), text in rows.items():
        number = own.index((i, k)) + 1
        for problem in check_line(
            text, grid.stanzas[i].lines[k], number, pronouncer, grid.language
        ):
            if not problem.soft:
                raise Refusal(problem.template, **problem.values)
    return grid


def stretched(grid: SongGrid, sizes: Mapping[tuple[int, int], int]) -> SongGrid:
    """A grid whose lines (stanza, line) have so many slots, their lightest notes melismas.

    The same lines of returning stanzas, unless they have a size of their own, follow.
    """
    stanzas = list(grid.stanzas)
    for (index, number), size in sizes.items():
        short = stretch_line(grid.stanzas[index].lines[number], size)
        for i, stanza in enumerate(stanzas):
            lines = list(stanza.lines)
            if i == index:
                lines[number] = short
            elif stanza.same_as == index and (i, number) not in sizes:
                lines[number] = fitted(lines[number], short)
            stanzas[i] = replace(stanza, lines=tuple(lines))
    return replace(grid, stanzas=tuple(stanzas))


def stretch_line(line: tuple[Slot, ...], size: int) -> tuple[Slot, ...]:
    """A line of `size` slots: the lightest notes join the one before, seldom over a breath."""
    while len(line) > max(1, size):
        costs = [
            after.weight + 2 * (after.onset - before.end > 0.2) + 0.5 * before.notes
            for before, after in pairwise(line)
        ]
        line = merged(line, costs.index(min(costs)))
    return line


def _fewer(text: str, slots: Sequence[Slot], pronouncer: Pronouncer, grid: SongGrid) -> list[int]:
    """Numbers of syllables a line can have that are too few; none when it fits."""
    counts = syllable_counts(text, pronouncer, grid.language)
    if len(slots) in counts:
        return []
    # Two notes a syllable at most: with fewer the words would be no setting of this melody.
    return [count for count in counts if len(slots) / 2 <= count < len(slots)]


def _cut(text: str, slots: Sequence[Slot], pronouncer: Pronouncer, grid: SongGrid) -> WrittenLine:
    if grid.language == "en":
        return read_line(text, len(slots), pronouncer)
    pieces = chinese_pieces(text, pronouncer)
    words = ((piece,) if size == 1 else split(piece, size) for piece, size in pieces)
    return WrittenLine(text, tuple(words))
