"""Which consonants can begin an English syllable (maximal onset, Kahn 1976).

In: phones without digits. Out: the longest legal run of consonants before a vowel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from models.lyricist.align import VOWELS


@cache
def legal_onsets() -> frozenset[tuple[str, ...]]:
    """Clusters that begin native English words: common word beginnings of CMUdict, less names."""
    liquids = {
        "R": ("P", "B", "T", "D", "K", "G", "F", "TH", "SH"),
        "L": ("P", "B", "K", "G", "F", "S"),
        "W": ("T", "D", "K", "G", "S", "TH", "HH"),
        "Y": ("P", "B", "K", "G", "F", "V", "M", "HH"),
    }
    pairs = {(first, second) for second, firsts in liquids.items() for first in firsts}
    s_pairs = {("S", second) for second in ("P", "T", "K", "M", "N", "F")}
    triples = {("S", *pair) for pair in pairs if pair[0] in ("P", "T", "K")}
    return frozenset(pairs | s_pairs | triples)


def onset(phones: Sequence[str], vowel: int) -> tuple[str, ...]:
    """The onset of the syllable whose vowel stands at index `vowel`."""
    start = vowel
    while start > 0 and phones[start - 1] not in VOWELS and vowel - start < 3:
        wider = tuple(phones[start - 1 : vowel])
        if len(wider) == 1 and wider[0] == "NG":
            break
        if len(wider) > 1 and wider not in legal_onsets():
            break
        start -= 1
    return tuple(phones[start:vowel])
