"""Tunes in ABC notation (standard 2.1, abcnotation.com), read without music21's object tree.

In: the text of a file with any number of tunes. Out: a frozen `Tune` each: header, key, meter and
its voices' bars with notes in quarter notes. Grace notes, decorations, words and chord symbols are
skipped; accidentals last to the bar line; repeats are left as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.theory import Key, pitch_class

_MODES = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
    "dor": "dorian", "mix": "mixolydian", "lyd": "lydian", "phr": "phrygian", "loc": "locrian",
}  # fmt: skip
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_TOKEN = re.compile(
    r'"[^"]*"|![^!\s]*!|\{[^}]*\}|'  # chord symbols, decorations, grace notes
    r"\[(?P<field>[A-Za-z]):(?P<value>[^\]]*)\]|"
    r"(?P<bar>:*\|[|\]:]*|::|\[\|)|\[\d[\d,-]*|"
    r"\((?P<tuplet>\d)(?::(?P<q>\d*))?(?::(?P<r>\d*))?|"
    r"\[(?P<chord>[^\]|:]+)\](?P<clen>\d*/*\d*)|"
    r"(?P<note>(?:\^{1,2}|_{1,2}|=)?[A-Ga-gzx][,']*)(?P<len>\d*/*\d*)|"
    r"(?P<broken>>+|<+)|(?P<tie>-)|(?P<overlay>&)"
)
_PITCH = re.compile(r"(\^{1,2}|_{1,2}|=)?([A-Ga-gzx])([,']*)(\d*/*\d*)")
_SHIFTS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
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
    match = _KEY.match(header.get("K", ""))
    word = match[3] if match else "?"
    mode = _MODES.get("m" if word == "m" else "" if word == "M" else word.lower()[:3])
    meter = {"C": "4/4", "C|": "2/2"}.get(header.get("M", "").strip(), header.get("M", "").strip())
    if not match or mode is None or not re.fullmatch(r"\d+/\d+", meter):
        return None
    key = Key(match[1] + match[2], mode)
    voices = _body(lines, key, meter, header.get("L", ""))
    return Tune(header, key, bool(word), meter, voices) if voices else None


def _unit(text: str, meter: str) -> float | None:
    """Quarter notes in the unit length: as told, else by the standard's rule."""
    if match := re.fullmatch(r"(\d+)/(\d+)", text.strip()):
        return 4 * int(match[1]) / int(match[2])
    top, bottom = map(int, meter.split("/"))
    return (0.25 if top / bottom < 0.75 else 0.5) if not text.strip() else None


def _body(lines: list[str], key: Key, meter: str, unit_text: str) -> dict[str, list[Bar]] | None:
    """The voices' bars; None where something is written that would be read wrongly."""
    unit = _unit(unit_text, meter)
    voices: dict[str, _Voice] = {}
    name = ""
    for line in lines:
        if re.match(r"[A-Za-z]:[^|:]", line):  # a field on its own line, read like an inline one
            line = f"[{line[:2]}{line[2:].replace(']', '')}]"
        for token in _TOKEN.finditer(line):
            letter, value = token["field"], (token["value"] or "").strip()
            if letter == "V" and value:
                name = value.split()[0]
            elif letter == "L":
                unit = _unit(value, meter)
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
        count = int(token["tuplet"])
        time = 3 if meter in ("6/8", "9/8", "12/8") else 2
        into = int(token["q"] or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, time))
        voice.tuplet = (int(token["r"] or count), into / count)
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
    names = _PITCH.findall(token["chord"] or token["note"])
    if not names:
        return
    times = token["clen"] if token["chord"] else token["len"]
    length = unit * _factor(times or "") * voice.broken
    if token["chord"]:
        length *= _factor(names[0][3])
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


def _factor(text: str) -> float:
    match = re.fullmatch(r"(\d*)(/*)(\d*)", text)
    if not match:
        return 1.0
    below = int(match[3]) if match[3] else 2 ** len(match[2])
    return int(match[1] or 1) / max(below, 1)


def _pitch(name: tuple[str, str, str, str], accidentals: dict[str, int], key: Key) -> int | None:
    sign, letter, marks, _ = name
    if letter in "zx":
        return None
    place = letter + marks
    if sign:
        accidentals[place] = _SHIFTS[sign]
    natural = pitch_class(letter.upper())
    shift = accidentals.get(place)
    if shift is None:
        shift = _signature(letter.upper(), key.fifths)
    octave = 60 + 12 * (letter.islower() + marks.count("'") - marks.count(","))
    return octave + natural + shift


def _signature(letter: str, fifths: int) -> int:
    if fifths >= 0:
        return int(letter in "FCGDAEB"[:fifths])
    return -int(letter in "BEADGCF"[:-fifths])
