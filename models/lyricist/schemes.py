"""Rhyme schemes: what a stanza's lines suggest, and a person's scheme laid over a whole song.

In: the lines of a stanza as slots. Out: a letter a line; a letter that stands alone, and "X",
rhyme with nothing. Lines that are sung to the same notes rhyme (AABB, ABAB, AABA), common metre
(8 6 8 6 and its like) rhymes its short lines as hymns and ballads do (Paul Fussell, *Poetic Meter
and Poetic Form*, 1979, ch. 7).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.errors import Refusal
from models.lyricist.phrasing import Slot

_MOST = 12
_ALIKE = 0.75  # share of a line's notes from which it is the same phrase again
_SHORT = 6  # syllables: lines so short rhyme at once


def default_scheme(lines: Sequence[Sequence[Slot]]) -> str:
    """The scheme that a stanza's phrases and line lengths suggest, one letter a line."""
    counts = [len(line) for line in lines]
    if len(lines) == 4:
        return _four(lines, counts)
    if len(lines) == 6:
        return "AABCCB" if abs(counts[2] - counts[5]) <= 1 and counts[0] != counts[2] else "ABABCC"
    fixed = {0: "", 1: "X", 2: "AA", 3: "AAA"}
    if len(lines) in fixed:
        return fixed[len(lines)]
    if len(lines) == 5:
        limerick = counts[2] < counts[0] and counts[3] < counts[0]
        return "AABBA" if limerick else "ABABB"
    return renewed("ABCB", len(lines))


def _four(lines: Sequence[Sequence[Slot]], counts: Sequence[int]) -> str:
    first, second, third, last = counts
    if alike(lines[0], lines[1]) and not alike(lines[0], lines[2]):
        return "AABA" if alike(lines[0], lines[3]) else "AABB"
    if first == third and second == last:
        if first > second:
            return "ABCB"
        return "AABB" if first == second and first <= _SHORT else "ABAB"
    if alike(lines[0], lines[2]) and alike(lines[1], lines[3]):
        return "ABAB"
    if first == second and third == last:
        return "AABB"
    return "ABCB"


def alike(one: Sequence[Slot], other: Sequence[Slot]) -> bool:
    """Whether two lines are the same phrase: notes at the same places with the same pitches.

    Both are laid over each other by their last syllables, so that an upbeat more does not matter.
    """
    if not one or not other or abs(len(one) - len(other)) > 1:
        return False
    pairs = list(zip(reversed(one), reversed(other), strict=False))
    same = sum(
        a.pitch == b.pitch and abs((one[-1].onset - a.onset) - (other[-1].onset - b.onset)) < 1e-3
        for a, b in pairs
    )
    return same >= _ALIKE * max(len(one), len(other))


def checked(scheme: str) -> str:
    """A person's scheme in capital letters, without spaces, hyphens and commas.

    Raises
    ------
    Refusal
        When it is not one to twelve letters.
    """
    letters = re.sub(r"[\s,./-]", "", scheme).upper()
    if not re.fullmatch(rf"[A-Z]{{1,{_MOST}}}", letters):
        raise Refusal(
            "{scheme} is not a rhyme scheme; write one letter for each line, such as ABAB or "
            "AABB, and X for a line that rhymes with nothing.",
            scheme=scheme[:40],
        )
    return letters


def renewed(scheme: str, lines: int) -> str:
    """A scheme over so many lines: begun again with new letters as often as needed."""
    return joined([scheme] * -(-lines // len(scheme)))[:lines]


def joined(schemes: Sequence[str]) -> str:
    """Schemes of stanzas that follow each other as one, none sharing a letter with another."""
    names: dict[tuple[int, str], str] = {}
    out = ""
    for number, scheme in enumerate(schemes):
        for letter in scheme:
            free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWYZ" if c not in names.values()]
            key = number, letter
            # "X" is no rhyme: it stays, and the letters go around it.
            out += "X" if letter == "X" else names.setdefault(key, free[0] if free else "X")
    return out
