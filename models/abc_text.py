"""The words of ABC notation (standard 2.1, abcnotation.com): tokens, lengths, pitches, fields.

In: pieces of text. Out: numbers. `models.abc` puts them together to a score for people's files,
`models.composer.corpora.abc_reader` to training tunes. Every repeat in a pattern is bounded, so
that no text takes longer to read than its length allows.
"""

from __future__ import annotations

import re

from models.theory import pitch_class

#: Modes by the first three letters of what follows the tonic.
MODES = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
    "dor": "dorian", "mix": "mixolydian", "lyd": "lydian", "phr": "phrygian", "loc": "locrian",
}  # fmt: skip
KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_LENGTH = r"\d{0,5}/{0,5}\d{0,5}"
TOKEN = re.compile(
    r'"(?P<text>[^"]{0,200})"|![^!\s]{0,60}!|\+(?=[a-z]{0,20}[h-y])[a-z]{1,20}\+|\{[^}]{0,500}\}|'
    r"\[(?P<field>[A-Za-z]):(?P<value>[^\]]{0,200})\]|"
    r"(?P<bar>:{0,4}\|[|\]:]{0,6}|::|\[\|)(?P<number>\d[\d,-]{0,20})?|\[(?P<ending>\d[\d,-]{0,20})|"
    r"\((?P<tuplet>\d)(?::(?P<q>\d?))?(?::(?P<r>\d{0,2}))?|"
    rf"\[(?P<chord>[^\]|:]{{1,200}})\](?P<clen>{_LENGTH})|"
    rf"(?P<note>(?:\^{{1,2}}|_{{1,2}}|=)?[A-Ga-gzxZX][,']{{0,5}})(?P<len>{_LENGTH})|"
    r"(?P<broken>>{1,3}|<{1,3})|(?P<tie>-)|(?P<overlay>&)"
)
PITCH = re.compile(rf"(\^{{1,2}}|_{{1,2}}|=)?([A-Ga-gzx])([,']{{0,5}})({_LENGTH})(-?)")
SHIFTS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}


def factor(text: str) -> float:
    """What a length such as "3/2", "/" or "" multiplies the unit by."""
    match = re.fullmatch(r"(\d*)(/*)(\d*)", text)
    if not match:
        return 1.0
    below = int(match[3]) if match[3] else 2 ** len(match[2])
    return int(match[1] or 1) / max(below, 1)


def tuplet(token: re.Match[str], compound: bool) -> tuple[int, float]:
    """(notes, what their length is multiplied by) of "(3" or "(p:q:r"."""
    count = int(token["tuplet"])
    time = 3 if compound else 2
    into = int(token["q"] or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, time))
    return int(token["r"] or count), into / max(count, 1)


def unit_of(text: str, meter: str) -> float | None:
    """Quarter notes in the unit length: as told, else by the standard's rule; None: unreadable."""
    if match := re.fullmatch(r"(\d{1,4})/(\d{1,4})", text.strip()):
        return 4 * int(match[1]) / max(int(match[2]), 1)
    top, bottom = map(int, meter.split("/"))
    return (0.25 if top / bottom < 0.75 else 0.5) if not text.strip() else None


def signature(letter: str, fifths: int) -> int:
    """Semitones by which a key signature moves a letter."""
    if fifths >= 0:
        return int(letter in "FCGDAEB"[:fifths])
    return -int(letter in "BEADGCF"[:-fifths])


def white_key(letter: str, marks: str) -> int:
    """MIDI note of a letter with its octave marks, without any accidental."""
    octave = 60 + 12 * (letter.islower() + marks.count("'") - marks.count(","))
    return octave + pitch_class(letter.upper())
