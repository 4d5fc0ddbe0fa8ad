"""A person's own line, read as syllables.

In: a line of text and the number of syllables it is to have. Out: its words cut for singing. Each
word takes one of the numbers of syllables the dictionary gives it, such that they add up.
"""

from __future__ import annotations

from models.lyricist.asks import WrittenLine
from models.lyricist.hyphenate import split
from models.lyricist.pronounce import Pronouncer


def read_line(text: str, syllables: int, pronouncer: Pronouncer) -> WrittenLine:
    """The line cut into exactly `syllables` syllables.

    Raises
    ------
    ValueError
        When its words cannot be sung so.
    """
    words = text.split()
    ways: dict[int, tuple[int, ...]] = {0: ()}
    for word in words:
        ways = {
            done + count: (*counts, count)
            for done, counts in reversed(ways.items())
            for count in reversed(pronouncer.counts(word.strip('.,!?;:"()')) or (0,))
        }
    if syllables not in ways:
        raise ValueError(f"{text!r} has {sorted(ways)} syllables, not {syllables}")
    cut = (split(word, count) for word, count in zip(words, ways[syllables], strict=True) if count)
    return WrittenLine(text, tuple(cut))
