"""How people really type: case, punctuation, abbreviations, slips of the finger, tails.

In: the pieces of a message, its language's table of noise and a seeded Random. Out: the pieces
as somebody in a hurry, on a telephone or dictating would have written them; slots stay slots.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_NEIGHBOURS = dict(
    zip("qwertyuiopasdfghjklzxcvbnm", "wqrtyuioplsdfghjklkxzvcnbn", strict=True)
)  # the key beside each one
_WORD = re.compile(r"[a-z]{5,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row that are of one slot ("" for none) and of one frame (its index)."""

    words: str
    slot: str
    frame: int


def roughen(
    pieces: Sequence[Piece], language: str, noise: Mapping[str, Any], rng: random.Random
) -> tuple[Piece, ...]:
    """The message with noise on it; `noise` gives tails, abbreviations, swaps and their chances."""
    rough = tuple(pieces)
    if rng.random() < noise["abbreviated"]:
        rough = _abbreviate(rough, noise["short"], rng)
    if rng.random() < noise["tailed"]:
        rough = (*rough, Piece(rng.choice(noise["tails"]), "", rough[-1].frame))
    if rng.random() < noise["swapped"]:
        rough = _each(rough, lambda words: words.translate(str.maketrans(noise["swaps"])))
    if language == "zh":
        return _chinese(rough, noise, rng)
    if rng.random() < noise["typos"]:
        rough = _slip(rough, rng)
    return _case(_punctuation(rough, rng), rng)


def _each(pieces: Sequence[Piece], change: Callable[[str], str]) -> tuple[Piece, ...]:
    """Every piece changed; one that would be empty goes, a message that would be empty stays."""
    changed = tuple(replace(p, words=change(p.words) or p.words * bool(p.slot)) for p in pieces)
    return tuple(p for p in changed if p.words) or tuple(pieces)


def _abbreviate(
    pieces: Sequence[Piece], short: Mapping[str, str], rng: random.Random
) -> tuple[Piece, ...]:
    chosen = {long for long in short if rng.random() < 0.6}

    def shorten(words: str) -> str:
        for long in sorted(chosen, key=len, reverse=True):
            edge = r"\b" if long.isascii() else ""
            words = re.sub(f"{edge}{re.escape(long)}{edge}", short[long], words)
        return words

    return tuple(p if p.slot else replace(p, words=shorten(p.words)) for p in pieces)


def _slip(pieces: Sequence[Piece], rng: random.Random) -> tuple[Piece, ...]:
    """One or two words of the message mistyped, in slots as well."""
    places = [(i, w) for i, p in enumerate(pieces) for w in _WORD.finditer(p.words)]
    slipped = list(pieces)
    for index, word in rng.sample(places, min(len(places), rng.choice((1, 1, 2)))):
        words = slipped[index].words
        if words[word.start() : word.end()] == word[0]:
            wrong = words[: word.start()] + _mistype(word[0], rng) + words[word.end() :]
            slipped[index] = replace(slipped[index], words=wrong)
    return tuple(slipped)


def _mistype(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    near = _NEIGHBOURS[word[at].lower()]
    return rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + near + word[at + 1 :],
        )
    )


def _punctuation(pieces: Sequence[Piece], rng: random.Random) -> tuple[Piece, ...]:
    dice = rng.random()
    if dice < 0.15:  # dictated: no punctuation but what belongs to 3/4, F#m or 6:30
        return _each(
            pieces, lambda words: re.sub(r"[,;!?…]|\.(?!\d)|(?<=[a-z])'(?=[a-z])", "", words)
        )
    if dice < 0.35:
        return _each(pieces, lambda words: re.sub(r"(?<=[a-z])'(?=[a-z])", "", words))
    if dice < 0.45:
        return _each(pieces, lambda words: words.replace("'", "’"))
    last = pieces[-1]
    if dice < 0.65 and last.words[-1].isalnum():
        return (*pieces, Piece(rng.choice((".", "!", "...", "?", "!!", " :)")), "", last.frame))
    return tuple(pieces)


def _case(pieces: Sequence[Piece], rng: random.Random) -> tuple[Piece, ...]:
    dice = rng.random()
    if dice < 0.45:
        return _each(pieces, str.lower)
    if dice < 0.47:
        return _each(pieces, str.upper)
    if dice < 0.8:
        first = pieces[0]
        return (replace(first, words=first.words[:1].upper() + first.words[1:]), *pieces[1:])
    return tuple(pieces)


def _chinese(
    pieces: Sequence[Piece], noise: Mapping[str, Any], rng: random.Random
) -> tuple[Piece, ...]:
    """Chinese as typed: traditional characters, spaces or nothing where commas belong."""
    rough = tuple(pieces)
    if rng.random() < noise["traditional"]:
        table = str.maketrans(dict(zip(noise["pairs"][::2], noise["pairs"][1::2], strict=True)))
        rough = _each(rough, lambda words: words.translate(table))
    dice = rng.random()
    if dice < 0.3:
        mark = rng.choice((" ", "", ",", " "))
        return _each(rough, lambda words: re.sub("[，。；！]", mark, words))
    if dice < 0.45 and "\u4e00" <= rough[-1].words[-1] <= "\u9fff":
        return (*rough, Piece(rng.choice("。！~？…"), "", rough[-1].frame))
    return rough
