"""Notes as text that a person can correct, and back.

In: notes in beats and a meter. Out: one line such as "r:3 G4:1 | C5:2 E5:1 G5:1~ | G5:4": name and
octave, a colon and the length in beats, "r" for a rest, a bar line after every bar, "~" where a
note goes on in the next word. Each bar stands by itself, so that a slip in one moves nothing else.
Without ties it is what `bot/agent/motif.py` reads, whose limit of four bars a tune would exceed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.errors import Refusal
from models.score import Meter, Note
from models.theory import Key, pitch_class

LONGEST_TEXT = 4000
_GRID = 0.25
_WORD = re.compile(r"(?:(?P<rest>[rR0])|(?P<name>[A-Ga-g])(?P<sign>#|b|)(?P<octave>\d))"
                   r"(?::(?P<beats>\d{1,3}(?:\.\d{1,4})?))?(?P<tied>~?)")  # fmt: skip
_SAME = str.maketrans({"♯": "#", "♭": "b", "，": " ", ",": " ", "｜": "|", "：": ":", "～": "~"})


def to_text(notes: Sequence[Note], meter: Meter, key: Key) -> str:
    """One voice as text; of notes that overlap, the later one ends the earlier."""
    bar = meter.bar_beats
    pieces: list[tuple[float, float, str, bool]] = []  # onset, length, word, goes on
    at = 0.0
    ordered = sorted(notes)
    for index, note in enumerate(ordered):
        following = ordered[index + 1].onset if index + 1 < len(ordered) else note.end
        end = min(note.end, following) if following > note.onset else note.onset
        if end <= note.onset:
            continue
        pieces += _cut(at, note.onset, "r", bar)
        pieces += _cut(note.onset, end, _name(note.pitch, key), bar)
        at = end
    pieces += _cut(at, bar * -(-at // bar), "r", bar)
    words: list[str] = []
    for onset, length, word, more in pieces:
        if words and onset % bar == 0:
            words.append("|")
        words.append(f"{word}:{length:g}{'~' if more and word != 'r' else ''}")
    return " ".join(words)


def from_text(text: str, meter: Meter) -> tuple[Note, ...]:
    """Read what `to_text` writes, as a person may have changed it; lengths on the 16th grid.

    Raises
    ------
    Refusal
        When a word is no note, a bar is too full, or no note is left.
    """
    cleaned = text.translate(_SAME)
    if len(cleaned) > LONGEST_TEXT:
        raise Refusal(
            "These notes are too long; keep at most {most} characters.", most=LONGEST_TEXT
        )
    notes: list[Note] = []
    open_tie: int | None = None
    for number, words in enumerate(cleaned.strip().strip("|").split("|")):
        at = start = number * meter.bar_beats
        for word in words.split():
            pitch, length, tied = _read(word)
            if pitch is not None:
                if open_tie == pitch and notes and abs(notes[-1].end - at) < 1e-9:
                    last = notes.pop()
                    notes.append(Note(last.onset, pitch, last.duration + length))
                else:
                    notes.append(Note(at, pitch, length))
            open_tie = pitch if tied else None
            at += length
        if at - start > meter.bar_beats + 1e-9:
            raise Refusal(
                "Bar {bar} has {beats} beats, but a bar of {meter} has {most}; shorten a note "
                "there.",
                bar=number + 1, beats=f"{at - start:g}", meter=str(meter),
                most=f"{meter.bar_beats:g}",
            )  # fmt: skip
    if not notes:
        raise Refusal("There are no notes left; keep at least one.")
    return tuple(notes)


def _cut(start: float, end: float, word: str, bar: float) -> list[tuple[float, float, str, bool]]:
    """A stretch as pieces that end at bar lines."""
    out = []
    while end - start > 1e-9:
        line = bar * (start // bar + 1)
        stop = min(end, line)
        out.append((start, stop - start, word, stop < end - 1e-9))
        start = stop
    return out


def _name(pitch: int, key: Key) -> str:
    name = key.spell(pitch % 12)
    # The octave belongs to the letter: B sharp 3 sounds as C4, C flat 4 as B3.
    octave = (pitch - _accidental(name)) // 12 - 1
    return f"{name}{octave}"


def _accidental(name: str) -> int:
    return name.count("#") - name[1:].count("b")


def _read(word: str) -> tuple[int | None, float, bool]:
    match = _WORD.fullmatch(word)
    if match is None:
        raise Refusal(
            "I cannot read “{word}”; write notes such as “C4:1 D4:0.5 r:1 | E4:4”.",
            word=word[:20],
        )
    length = max(_GRID, round(float(match["beats"] or 1) / _GRID) * _GRID)
    if match["rest"]:
        return None, length, False
    sign = {"#": 1, "b": -1, "": 0}[match["sign"]]
    pitch = 12 * (int(match["octave"]) + 1) + pitch_class(match["name"].upper()) + sign
    if not 0 <= pitch <= 127:
        raise Refusal(
            "I cannot read “{word}”; write notes such as “C4:1 D4:0.5 r:1 | E4:4”.",
            word=word[:20],
        )
    return pitch, length, bool(match["tied"])
