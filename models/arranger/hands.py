"""What one player can sound at once: hands, strings, mallets, breath.

In: a set of MIDI notes and an instrument. Out: whether a player can sound them together. Every
rule is hereditary: what can be played can still be played with a note fewer, so that leaving notes
out always mends. Figures and sources: `playability.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

Chord = tuple[int, ...]  # MIDI notes, ascending, none twice


@dataclass(frozen=True, slots=True)
class Hands:
    """A kind of player: "keys", "fretted", "bowed" or "voices".

    `number` is the hands of "keys" and the most voices of "voices"; `fingers` are those of a hand,
    `span` semitones within it (frets on a fretboard); `strings` open strings, low to high.
    """

    kind: str
    number: int = 1
    fingers: int = 5
    span: int = 16
    strings: tuple[int, ...] = ()
    frets: int = 24


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """The figures of `playability.toml`."""
    text = Path(__file__).with_name("playability.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=256)
def hands_of(program: int, one_hand: bool = False) -> Hands:
    """Who plays a General MIDI program; `one_hand` where the other hand has a part of its own."""
    table = tables()
    for kind in ("keys", "harp"):
        if program in table[kind]["programs"]:
            row = table[kind]
            return Hands("keys", 1 if one_hand else 2, row["fingers"], row["span"])
    if program in table["fretted"]["programs"]:
        row = table["fretted"]
        strings = tuple(row["strings"])
        return Hands("fretted", 1, row["fingers"], row["span"], strings, row["frets"])
    if row := table["bowed"].get(str(program)):
        return Hands("bowed", 1, 4, row["span"], tuple(row["strings"]))
    for most, programs in table["voices"].items():
        if program in programs:
            return Hands("voices", int(most))
    return Hands("voices", table["section"])


@lru_cache(maxsize=100_000)
def can_sound(hands: Hands, pitches: Chord) -> bool:
    """Whether one player can sound these notes at once (ascending, each once)."""
    if len(pitches) <= 1:
        return True
    match hands.kind:
        case "keys":
            return _keys(hands, pitches)
        case "fretted":
            return fingering(hands, pitches) is not None
        case "bowed":
            return _bowed(hands, pitches)
    return len(pitches) <= hands.number


def muddy(pitches: Sequence[int]) -> tuple[int, int] | None:
    """Two notes that lie too close for their depth, or None."""
    limits = _low_limits()
    for low, high in combinations(sorted(pitches), 2):
        if low < limits.get(high - low, 0):
            return low, high
    return None


@lru_cache(maxsize=1)
def _low_limits() -> dict[int, int]:
    return {int(k): v for k, v in tables()["low_intervals"].items()}


def _keys(hands: Hands, pitches: Chord) -> bool:
    """Whether the hands, from the left, each reach what is left of the chord."""
    rest = pitches
    for _ in range(hands.number):
        held = sum(p - rest[0] <= hands.span for p in rest[: hands.fingers])
        rest = rest[held:]
        if not rest:
            return True
    return False


def fingering(hands: Hands, pitches: Chord) -> tuple[int, ...] | None:
    """The string of each note (0 the lowest), one note a string, or None when no hand has them."""
    if len(pitches) > len(hands.strings):
        return None
    for chosen in combinations(range(len(hands.strings)), len(pitches)):
        frets = [p - hands.strings[s] for p, s in zip(pitches, chosen, strict=True)]
        if min(frets) < 0 or max(frets) > hands.frets:
            continue
        stopped = [f for f in frets if f > 0]
        if not stopped:
            return chosen
        # The first finger may lie across its fret; open strings under it would be stopped too.
        first = min(stopped)
        barred = 1 if stopped.count(first) > 1 and 0 not in frets else stopped.count(first)
        fingers = barred + sum(f > first for f in stopped)
        if max(stopped) - first <= hands.span and fingers <= hands.fingers:
            return chosen
    return None


def _bowed(hands: Hands, pitches: Chord) -> bool:
    """A double stop: two neighbouring strings, both stopped within a hand's reach or one open."""
    if len(pitches) > 2:
        return False
    low, high = pitches
    for lower, upper in zip(hands.strings, hands.strings[1:], strict=False):
        a, b = low - lower, high - upper
        if a >= 0 and b >= 0 and (a == 0 or b == 0 or abs(a - b) <= hands.span):
            return True
    return False
