"""Tunes in ABC notation (standard 2.1, abcnotation.com), strictly: for training.

In: the text of a file with any number of tunes. Out: a frozen `Tune` each: header, key, meter and
its voices' bars with notes in quarter notes. Grace notes, decorations, words and chord symbols are
skipped; accidentals last to the bar line; repeats are left as written. What people send is read
by `models.abc`, which takes more and unfolds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.abc_text import (
    KEY,
    MODES,
    PITCH,
    SHIFTS,
    TOKEN,
    factor,
    signature,
    tuplet,
    unit_of,
    white_key,
)
from models.theory import Key

Sounding = tuple[float, float, int]


@dataclass
class Bar:
    """One written bar: (onset, duration, pitch) from its start, in quarter notes."""

    opening: bool
    notes: list[Sounding] = field(default_factory=list)
    length: float = 0.0


@dataclass(frozen=True)
class Tune:
    """A tune with one key and one meter. `told` says that the header names the mode."""

    header: dict[str, str]
    key: Key
    told: bool
    meter: str
    voices: dict[str, list[Bar]]


@dataclass
class _Voice:
    bars: list[Bar] = field(default_factory=lambda: [Bar(True)])
    accidentals: dict[str, int] = field(default_factory=dict)
    tuplet: tuple[int, float] = (0, 1.0)
    broken: float = 1.0
    tied: bool = False
    last: tuple[float, bool] = (0.0, False)  # length of the last note or rest, whether a note


def read_abc(text: str) -> Iterator[Tune]:
    """Every tune whose key is known and whose key and meter stay the same."""
    for block in re.split(r"^(?=X:)", text, flags=re.MULTILINE):
        if block.startswith("X:") and (tune := _tune(block)):
            yield tune


def _tune(block: str) -> Tune | None:
    header: dict[str, str] = {}
    lines = [re.sub(r"(?<!\\)%.*", "", line).rstrip() for line in block.splitlines()]
    while lines:
        line = lines.pop(0)
        if re.match(r"[A-Za-z]:", line):
            header.setdefault(line[0], line[2:].strip().strip('"'))
            if line[0] == "K":
                break
    match = KEY.match(header.get("K", ""))
    word = match[3] if match else "?"
    mode = MODES.get("m" if word == "m" else "" if word == "M" else word.lower()[:3])
    meter = {"C": "4/4", "C|": "2/2"}.get(header.get("M", "").strip(), header.get("M", "").strip())
    if not match or mode is None or not re.fullmatch(r"\d+/\d+", meter):
        return None
    key = Key(match[1] + match[2], mode)
    voices = _body(lines, key, meter, header.get("L", ""))
    return Tune(header, key, bool(word), meter, voices) if voices else None


def _body(lines: list[str], key: Key, meter: str, unit_text: str) -> dict[str, list[Bar]] | None:
    """The voices' bars; None where something is written that would be read wrongly."""
    unit = unit_of(unit_text, meter)
    voices: dict[str, _Voice] = {}
    name = ""
    for line in lines:
        if re.match(r"[A-Za-z]:[^|:]", line):  # a field on its own line, read like an inline one
            line = f"[{line[:2]}{line[2:].replace(']', '')}]"
        for token in TOKEN.finditer(line):
            letter, value = token["field"], (token["value"] or "").strip()
            if letter == "V" and value:
                name = value.split()[0]
            elif letter == "L":
                unit = unit_of(value, meter)
            if unit is None or letter in ("K", "M") or token["overlay"]:
                return None
            if not letter:
                _token(token, voices.setdefault(name, _Voice()), key, unit, meter)
    return {n: [b for b in v.bars if b.length] for n, v in voices.items()}


def _token(token: re.Match[str], voice: _Voice, key: Key, unit: float, meter: str) -> None:
    if token["bar"]:
        opening = token["bar"] != "|"
        if voice.bars[-1].length:
            voice.bars.append(Bar(opening))
        else:
            voice.bars[-1].opening |= opening
        voice.accidentals.clear()
    elif token["tuplet"]:
        voice.tuplet = tuplet(token, meter in ("6/8", "9/8", "12/8"))
    elif token["broken"]:
        _break(token["broken"], voice)
    elif token["tie"]:
        voice.tied = True
    elif token["chord"] or token["note"]:
        _sound(token, voice, key, unit)


def _break(signs: str, voice: _Voice) -> None:
    """`a>b` lengthens a and shortens b; the last note written is changed now, the next later."""
    short = 0.5 ** len(signs)
    factor = 2 - short if signs[0] == ">" else short
    length, sounds = voice.last
    bar = voice.bars[-1]
    bar.length += length * (factor - 1)
    if sounds and bar.notes:
        onset, duration, pitch = bar.notes[-1]
        bar.notes[-1] = (onset, duration + length * (factor - 1), pitch)
    voice.broken = 2 - factor


def _sound(token: re.Match[str], voice: _Voice, key: Key, unit: float) -> None:
    names = PITCH.findall(token["chord"] or token["note"])
    if not names:
        return
    times = token["clen"] if token["chord"] else token["len"]
    length = unit * factor(times or "") * voice.broken
    if token["chord"]:
        length *= factor(names[0][3])
    left, share = voice.tuplet
    if left:
        length *= share
        voice.tuplet = (left - 1, share)
    bar = voice.bars[-1]
    pitches = [p for n in names if (p := _pitch(n, voice.accidentals, key)) is not None]
    pitch = max(pitches, default=None)
    new = pitch is not None and not _joined(voice, pitch, length)
    if pitch is not None and new:
        bar.notes.append((bar.length, length, pitch))
    bar.length += length
    voice.last, voice.broken, voice.tied = (length, new), 1.0, False


def _joined(voice: _Voice, pitch: int, length: float) -> bool:
    """Whether the note continues a tied one, which is then lengthened."""
    held = next((b for b in reversed(voice.bars) if b.notes), None)
    if not voice.tied or held is None or held.notes[-1][2] != pitch:
        return False  # many transcribers write a slur as a tie
    onset, duration, _ = held.notes[-1]
    held.notes[-1] = (onset, duration + length, pitch)
    return True


def _pitch(name: tuple[str, ...], accidentals: dict[str, int], key: Key) -> int | None:
    sign, letter, marks = name[:3]
    if letter in "zx":
        return None
    place = letter + marks
    if sign:
        accidentals[place] = SHIFTS[sign]
    shift = accidentals.get(place)
    if shift is None:
        shift = signature(letter.upper(), key.fifths)
    return white_key(letter, marks) + shift
