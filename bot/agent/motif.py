"""A hook as a person types it: note names or scale steps, with bar lines and lengths where wanted.

In: text such as "E4 G4 A4 G4 | E4 D4 C4", "3 5 6 5" (numbered notation, steps of the key) or
"E:1.5 G:0.5 A:2", a meter and a key. Out: notes in beats from the start of the hook's first bar, on
a grid of sixteenths. What has no length shares its bar evenly, and the last note is held to the bar
line, which is how people mean "1 1 5 5 6 6 5".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from models.errors import Refusal
from models.key_finder import find_key, weights
from models.score import Meter, Note
from models.theory import MODES, Key, pitch_class

LONGEST_TEXT = 300
#: What returns in every chorus must fit in half of a usual one.
MOST_BARS = 4
_GRID = 0.25  # beats
_PITCHES = range(21, 109)  # a piano's
_LENGTHS = {"w": 4.0, "h": 2.0, "q": 1.0, "e": 0.5, "s": 0.25}
_LENGTH = r"(?::(?P<beats>\d+/[1-9]\d*|\d*\.?\d+)|(?P<letter>[whqes])(?P<dot>\.?))?"
_STEP = re.compile(r"(?P<low>\.*)(?P<sign>[#b]?)(?P<step>[1-8])(?P<high>'*)" + _LENGTH)
_NAME = re.compile(r"(?P<name>[A-Ga-g])(?P<sign>[#b]?)(?P<octave>\d)?" + _LENGTH)
_REST = re.compile(r"(?:0|[rR])" + _LENGTH)
_SAME = str.maketrans({"♯": "#", "♭": "b", "’": "'", "，": " ", ",": " ", "、": " ", "｜": "|",
                       "：": ":", "—": "-", "–": "-"})  # fmt: skip
HOW = (
    "Write a hook as notes, such as “E4 G4 A4 G4 | E4 D4 C4”, or as scale steps, such as “3 5 6 5”."
)


@dataclass(slots=True)
class _Sound:
    """One note or rest of a bar; `units` counts the dashes that hold it, `beats` is as written."""

    pitch: int | None
    beats: float | None
    units: int = 1


def read_motif(text: str, meter: Meter, key: Key) -> tuple[Note, ...]:
    """Read a hook.

    Raises
    ------
    Refusal
        When something is not a note, a bar is too full, or the hook is too short or too long.
    """
    cleaned = text.translate(_SAME).strip().strip("|")
    if not cleaned or len(cleaned) > LONGEST_TEXT:
        raise Refusal(HOW)
    written = [bar.split() for bar in cleaned.split("|")]
    steps = is_in_steps(text)
    pitch = 60 + (key.tonic_pc + 3) % 12 - 3 if steps else 64  # where the hook lies to begin with
    bars: list[list[_Sound]] = []
    for bar in written:
        sounds: list[_Sound] = []
        for word in bar:
            if word == "-" and sounds:
                sounds[-1].units += 1
                continue
            sounds.append(_sound(word, pitch, key, steps))
            pitch = pitch if steps else sounds[-1].pitch or pitch
        bars.append(sounds)
    notes = _placed(bars, meter)
    if len(notes) < 2:
        raise Refusal(HOW)
    return notes


def key_of(motif: Sequence[Note]) -> Key:
    """The key that typed notes suggest by themselves: major or minor, after Albrecht & Shanahan."""
    tonic, minor, _ = find_key(weights((n.duration, n.pitch) for n in motif))
    return Key("C", "minor" if minor else "major").transposed(tonic)


def is_in_steps(text: str) -> bool:
    """Whether a hook is written in scale steps, so that it fits any key."""
    return any(re.match(r"[.#]?[1-8]", t) for t in text.translate(_SAME).replace("|", " ").split())


def _sound(token: str, near: int, key: Key, steps: bool) -> _Sound:
    rest = _REST.fullmatch(token)
    match = rest or (_STEP if steps else _NAME).fullmatch(token)
    pitch = None if rest or match is None else _pitch(match, near, key, steps)
    if match is None or (pitch is not None and pitch not in _PITCHES):
        raise Refusal(
            "I cannot read “{token}” in your hook; write notes such as “E4 G4:2 A4:0.5” or scale "
            "steps such as “3 5 6:2”.",
            token=token[:20],
        )
    return _Sound(pitch, _beats(match))


def _pitch(match: re.Match[str], near: int, key: Key, steps: bool) -> int:
    sign = {"#": 1, "b": -1, "": 0}[match["sign"]]
    if steps:
        octave, step = divmod(int(match["step"]) - 1, 7)
        octaves = octave + len(match["high"]) - len(match["low"])
        return near + MODES[key.mode][step] + sign + 12 * octaves
    pc = pitch_class(match["name"].upper()) + sign
    if match["octave"]:
        return pc + 12 * (int(match["octave"]) + 1)
    return near + (pc - near + 6) % 12 - 6  # without an octave: the nearest one


def _beats(match: re.Match[str]) -> float | None:
    if match["beats"]:
        return max(_GRID, round(float(Fraction(match["beats"])) / _GRID) * _GRID)
    if match["letter"]:
        return max(_GRID, _LENGTHS[match["letter"]] * (1.5 if match["dot"] else 1))
    return None


def _placed(bars: Sequence[Sequence[_Sound]], meter: Meter) -> tuple[Note, ...]:
    """Give every sound its length; a hook without bar lines is counted in pulses."""
    size, notes, at = meter.bar_beats, list[Note](), 0.0
    lined = len(bars) > 1
    for number, bar in enumerate(bars, 1):
        onset = at
        given = sum(s.beats * s.units for s in bar if s.beats)
        free = sum(s.units for s in bar if not s.beats)
        room = size - given if lined else size * MOST_BARS - given
        units = (meter.pulse, 0.5, _GRID)
        unit = next((u for u in units if free * u <= room + 1e-9), _GRID)
        for sound in bar:
            length = (sound.beats or unit) * sound.units
            if sound.pitch is not None:
                notes.append(Note(onset, sound.pitch, length))
            onset += length
        if lined and onset - at > size + 1e-9:
            raise Refusal(
                "Bar {bar} of your hook has {beats} beats, but a bar of {meter} has {most}; write "
                "| after each bar.",
                bar=number, beats=f"{onset - at:g}", meter=str(meter), most=f"{size:g}",
            )  # fmt: skip
        end = at + size * max(1, -(-(onset - at) // size))
        if bar and bar[-1].pitch is not None and bar[-1].beats is None and notes:
            notes[-1] = Note(notes[-1].onset, notes[-1].pitch, end - notes[-1].onset)
        at = end
    if at > size * MOST_BARS:
        raise Refusal(
            "A hook has at most {most} bars; this one has {bars}. Keep what should return.",
            most=MOST_BARS, bars=round(at / size),
        )  # fmt: skip
    return tuple(notes)
