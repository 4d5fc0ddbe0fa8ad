"""What a printed page says beside the notes: a file for exchange has none of it.

In: nothing. Out: `Paper`, which `models.musicxml.write` takes when its file goes to the engraver,
and what is worked out from a score for it: printed section names, dynamics, short part names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.score import Note, Score, Track

# Mean velocity of a section below which it is marked so.
_DYNAMICS = ((44, "pp"), (58, "p"), (70, "mp"), (84, "mf"), (100, "f"), (128, "ff"))
_SHORT = {
    "accordion": "Acc.",
    "bass": "Bass",
    "bassoon": "Bsn.",
    "cello": "Vc.",
    "choir": "Ch.",
    "clarinet": "Cl.",
    "clavinet": "Clav.",
    "contrabass": "Cb.",
    "fiddle": "Fdl.",
    "flute": "Fl.",
    "guitar": "Gtr.",
    "harp": "Hp.",
    "horn": "Hn.",
    "kit": "Dr.",
    "lead": "Lead",
    "oboe": "Ob.",
    "organ": "Org.",
    "pad": "Pad",
    "piano": "Pno.",
    "sax": "Sax.",
    "saxophone": "Sax.",
    "strings": "Str.",
    "trombone": "Tbn.",
    "trumpet": "Tpt.",
    "tuba": "Tba.",
    "vibraphone": "Vib.",
    "viola": "Vla.",
    "violin": "Vln.",
}
_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Paper:
    """The words of a page. `sections` maps section names to how they are printed.

    `note` stands on the left of the title, `composer` and `style` on its right; `swing` asks for
    swung eighths. A "part" is one player's: its empty bars are counted in one long rest. A "lead"
    sheet is a tune on one treble staff, without dynamics.
    """

    composer: str = ""
    style: str = ""
    note: str = ""
    swing: bool = False
    kind: Literal["score", "part", "lead"] = "score"
    sections: Mapping[str, str] = field(default_factory=dict)

    def section(self, name: str) -> str:
        """A section's name in its box."""
        return self.sections.get(name) or name[:1].upper() + name[1:]


def dynamics(score: Score, track: Track) -> dict[int, str]:
    """Bar -> "mf", ...: where a section, or the track inside it, begins at another loudness."""
    starts = sorted({0, *(s.start_bar for s in score.sections)})
    by_section: dict[int, list[Note]] = {}
    for n in track.notes:
        bar = int(n.onset / score.meter.bar_beats)
        by_section.setdefault(max(s for s in starts if s <= bar), []).append(n)
    found: dict[int, str] = {}
    shown = ""
    for start in starts:
        notes = by_section.get(start)
        if notes:
            mark = _mark(notes)
            if mark != shown:
                found[int(min(n.onset for n in notes) / score.meter.bar_beats)] = mark
            shown = mark
    return found


def _mark(notes: Iterable[Note]) -> str:
    velocities = [n.velocity for n in notes]
    mean = sum(velocities) / len(velocities)
    return next(mark for below, mark in _DYNAMICS if mean < below)


def abbreviation(name: str) -> str:
    """What stands before the later lines of a part: "Pno." for a piano."""
    words = name.split()
    number = f" {words.pop()}" if len(words) > 1 and words[-1].isdigit() else ""
    for word in reversed(words):
        if short := _SHORT.get(word.lower()):
            return short + number
    last = words[-1] if words else name
    if len(last) <= _LETTERS or not last.isascii():
        return last[:_LETTERS] + number
    return last[:1].upper() + last[1:_LETTERS] + "." + number
