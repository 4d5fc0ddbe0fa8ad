"""Chord progressions as people type them: symbols, bar lines, Roman numerals.

In: a string or a list. Out: bars of chord symbols that `Chord.parse` reads.
"""

from __future__ import annotations

import re
from typing import Any

from models.errors import Refusal
from models.theory import MODES, Chord, Key

_EXPECTED = "“{field}” should be {expected}."
_ROMAN = re.compile(r"^([b#♭♯]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(°|o|ø|\+)?(.*)$")
_DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")


def chords(value: Any, key: str | None = None) -> tuple[tuple[str, ...], ...]:
    """Bars of chord symbols: "Dm7 G7 | C" has two bars, "Dm7 G7 C" without bar lines three.

    A list has one item per bar. "%" repeats the bar before. Roman numerals ("ii7 V7 I") are read
    in `key`, C major when there is none.

    Raises
    ------
    Refusal
        When something is not a chord, or a bar holds more than four.
    """
    expected = "chord symbols such as “Dm7 G7 | C”, or a list with one item per bar"
    if isinstance(value, str):
        # Tokens hold no "/" alone, so a slash between spaces is a bar line too.
        lines = re.sub(r"\s[/]\s|\|\|?:?|:\|", "|", value)
        parts: list[Any] = [p for p in lines.split("|") if p.strip()]
        if "|" not in lines:
            parts = _tokens(value)
    elif isinstance(value, list | tuple):
        parts = list(value)
    else:
        raise Refusal(_EXPECTED, field="chords", expected=expected)
    if not parts:
        raise Refusal(_EXPECTED, field="chords", expected=expected)
    bars: list[tuple[str, ...]] = []
    for part in parts:
        symbols = _tokens(part) if isinstance(part, str) else list(part) if _strings(part) else None
        if not symbols:
            raise Refusal(_EXPECTED, field="chords", expected=expected)
        if symbols == ["%"] and bars:
            bars.append(bars[-1])
        else:
            bars.append(tuple(_symbol(s, key) for s in symbols))
    return tuple(bars)


def _strings(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(isinstance(s, str) and s.strip() for s in part)


def _tokens(text: str) -> list[str]:
    tokens = re.split(r"\s+-\s+|\s*(?:→|->|–|—)\s*|[\s,，、;]+", text.strip())
    out: list[str] = []
    for token in filter(None, tokens):
        # "Am-F-C-G" is four chords, "C-7" is one.
        pieces = (
            token.split("-")
            if re.fullmatch(r"[A-GIVbiv#♯♭][^-]*(?:-[A-GIViv][^-]*)+", token)
            else [token]
        )
        out += [p for p in pieces if p]
    return out


def _symbol(token: str, key: str | None) -> str:
    if match := _ROMAN.match(token):
        return _from_roman(match, Key.parse(key) if key else Key("C"))
    return Chord.parse(token[0].upper() + token[1:]).symbol


def _from_roman(match: re.Match[str], key: Key) -> str:
    sign, numeral, mark, suffix = match.groups()
    degree = _DEGREES.index(numeral.upper())
    # A sign counts from the major scale (bVII in C is B flat), a bare numeral from the key's own.
    steps = MODES["major" if sign else key.mode][degree]
    pc = (key.tonic_pc + steps + {"": 0, "b": -1, "♭": -1, "#": 1, "♯": 1}[sign]) % 12
    minor = "m" if numeral.islower() and mark is None else ""
    quality = {"°": "dim", "o": "dim", "ø": "m7b5", "+": "aug", None: minor}[mark]
    if mark == "ø":
        suffix = suffix.removeprefix("7")
    return Chord.parse(key.spell(pc) + quality + suffix).symbol
