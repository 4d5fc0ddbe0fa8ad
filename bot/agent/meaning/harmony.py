"""Progressions as people name them: symbols in any case, degrees in figures, and famous ones.

In: words of the slot chords. Out: chords or Roman numerals that `models.planner.chord_text` reads.
"""

from __future__ import annotations

import re

from bot.agent.meaning.words import fold
from models.errors import Refusal
from models.planner import chord_text
from models.planner.quantities import number

_FAMOUS: tuple[tuple[str, str], ...] = (
    (r"pachelbel|canon|卡农", "I V vi iii IV I IV V"),
    (r"(?:12|twelve|十二).{0,4}(?:bar|小节)?.{0,3}(?:blues|布鲁斯|蓝调)",
     "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7"),
    (r"andalusian|安达卢西亚", "i VII VI V"),
    (r"doo\s?wop|50s|fifties", "I vi IV V"),
    (r"axis|four chords?|4 chords?|四和弦", "I V vi IV"),
)  # fmt: skip
_MAJOR = ("I", "ii", "iii", "IV", "V", "vi", "vii°")
_ROMAN = r"[b#]?(?:vii|vi|iv|v|iii|ii|i)(?:°|ø)?(?:maj7|7|9|6)?"


def progression(words: str) -> str | None:
    """Chords as `chord_text.chords` reads them; None where the words are no progression."""
    plain = fold(words)
    for pattern, chords in _FAMOUS:
        if re.search(pattern, plain):
            return chords
    degrees = re.findall(r"[1-7](?=[\s\-–>]*(?:[1-7]|和弦|进行|$|\D*$))", plain)
    if len(degrees) >= 3 and re.fullmatch(r"[1-7\s\-–>]+(?:和弦|进行|走向)?", plain):
        return " ".join(_MAJOR[int(d) - 1] for d in degrees)
    if re.fullmatch(r"[一二三四五六七]{3,8}", plain):
        return " ".join(_MAJOR[int(number(d) or 1) - 1] for d in plain)
    tokens = [t for t in re.split(r"\s*(?:[,、|]|\s-\s|->|→)\s*|\s+|(?<=\w)-(?=\w)", words) if t]
    if tokens and all(re.fullmatch(_ROMAN, t.lower()) for t in tokens):
        return " ".join(_numeral(t, tokens) for t in tokens)
    typed = " ".join(t[:1].upper() + t[1:] for t in tokens)
    try:
        chord_text.chords(typed)
    except Refusal:
        return None
    return typed


def _numeral(token: str, tokens: list[str]) -> str:
    """A numeral as typed; where nobody shifted, or everybody did, the qualities of a major key."""
    letters = "".join(tokens)
    if not (letters.islower() or letters.isupper()) or token.lower() in ("i7",):
        return token
    found = re.match(r"([b#]?)(vii|vi|iv|v|iii|ii|i)(.*)", token.lower())
    if found is None:
        return token
    table = {n.lower().rstrip("°"): n for n in _MAJOR}
    return found[1] + table[found[2]] + found[3]
