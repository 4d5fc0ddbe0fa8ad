"""Words by a person against a melody, line by line: what does not fit, and what to do.

In: lines of text and a `SongGrid`. Out: `Problem`s in the order of the lines; none when the words
can be sung as they are. A line fits when one of its possible numbers of syllables
(`Pronouncer.line_counts`) is the number of its notes; Chinese has one character a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.lyricist.corpus import words_of
from models.lyricist.phrasing import Slot
from models.lyricist.pronounce import Pronouncer, load
from models.lyricist.prosody import SongGrid
from models.lyricist.stress import rises
from models.lyrics import Language

_SENTENCES = {
    "more": "There are {lines} lines of words for {places} lines of melody; take out {surplus}.",
    "fewer": "There are {lines} lines of words for {places} lines of melody; write {missing} more.",
    "count": "Line {line} has {syllables} syllables for {notes} notes.",
    "estimate": (
        "Line {line} has about {syllables} syllables for {notes} notes; I do not know {word} and "
        "counted it by its letters."
    ),
    "figures": "Line {line} has figures in it; write numbers as words, so that I can count them.",
    "empty": "Line {line} has no words that I can count; write some or take the line out.",
    "stress": "In line {line} the stress of {word} falls on a light note.",
}
#: Lines that people write over a stanza: "[Chorus]", "Verse 2:".
_HEADING = re.compile(
    r"\[[^\]]*\]|\((?:verse|chorus|bridge)[^)]*\)|(?:verse|chorus|bridge|refrain)\s*\d*:?",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
#: A Han character with the marks around it, or a word in Latin letters.
_PIECES = re.compile(r"[“‘《（「]*(?:[\u3400-\u9fff\uf900-\ufaff]|[A-Za-z'’]+)[^\w\s“‘《（「]*")
_FIGURES = re.compile(r"\d")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line, counted from 1; 0 is the text as a whole.

    `template` is an English sentence and gettext message id, `values` fill it. `kind` is a key of
    `more`, `fewer`, `count`, `estimate`, `figures`, `empty`, `stress`; `soft` is a remark: the line
    can be sung. `short` is how many notes a line has too many, which melismas could take up.
    """

    line: int
    kind: str
    template: str
    values: Mapping[str, object]
    soft: bool = False
    short: int = 0

    def __str__(self) -> str:
        return self.template.format(**self.values)


def lines_of_text(text: str) -> tuple[str, ...]:
    """The lines that are sung: no blank ones, no headings such as "[Chorus]"."""
    rows = (" ".join(row.split()) for row in text.splitlines())
    return tuple(row for row in rows if row and not _HEADING.fullmatch(row))


def places(texts: Sequence[str], grid: SongGrid) -> tuple[tuple[int, int], ...]:
    """Which (stanza, line) each text is for, as far as there are lines in the melody.

    As many texts as the song has lines with every return are laid out in full; otherwise returning
    words are written once.
    """
    full = [(i, k) for i, s in enumerate(grid.stanzas) for k in range(len(s.lines))]
    own = [(i, k) for i, k in full if grid.stanzas[i].same_as is None]
    return tuple(full if len(texts) == len(full) else own)[: len(texts)]


def check(
    texts: Sequence[str], grid: SongGrid, pronouncer: Pronouncer | None = None
) -> tuple[Problem, ...]:
    """What keeps these lines from being sung to the melody, and (soft) what sits badly on it."""
    pronouncer = pronouncer or load()
    wanted = len(grid.lines)
    found: list[Problem] = []
    if len(places(texts, grid)) < len(texts):
        told = {"lines": len(texts), "places": wanted, "surplus": len(texts) - wanted}
        found.append(_problem(0, "more", told))
    elif len(texts) < wanted:
        told = {"lines": len(texts), "places": wanted, "missing": wanted - len(texts)}
        found.append(_problem(0, "fewer", told))
    for number, (text, (stanza, line)) in enumerate(
        zip(texts, places(texts, grid), strict=False), 1
    ):
        slots = grid.stanzas[stanza].lines[line]
        found.extend(check_line(text, slots, number, pronouncer, grid.language))
    return tuple(found)


def check_line(
    text: str, slots: Sequence[Slot], number: int, pronouncer: Pronouncer, language: Language
) -> tuple[Problem, ...]:
    """The problems of one line, which a person counts as `number`."""
    if _FIGURES.search(text):
        return (_problem(number, "figures", {}),)
    counts = syllable_counts(text, pronouncer, language) - {0}
    if not counts:
        return (_problem(number, "empty", {}),)
    if len(slots) in counts:
        return () if language == "zh" else _stress(text, slots, number, pronouncer)
    nearest = min(counts, key=lambda count: (abs(count - len(slots)), count))
    values: dict[str, object] = {"syllables": nearest, "notes": len(slots)}
    short = max(0, len(slots) - nearest)
    strange = [word for word in words_of(text) if not pronouncer.known(word)]
    if strange:
        return (_problem(number, "estimate", {**values, "word": strange[0]}, short=short),)
    return (_problem(number, "count", values, short=short),)


def syllable_counts(text: str, pronouncer: Pronouncer, language: Language) -> set[int]:
    """Every number of syllables a line can be sung with; Chinese has one, a character each."""
    if language == "zh":
        return {sum(size for _, size in chinese_pieces(text, pronouncer))}
    return pronouncer.line_counts(text)


def chinese_pieces(text: str, pronouncer: Pronouncer) -> list[tuple[str, int]]:
    """The characters of a Chinese line with the marks around them, and words in other letters.

    Each has its number of syllables: 1, or what the dictionary gives a foreign word first.
    """
    pieces = _PIECES.findall(text)
    return [(p, 1 if _HAN.search(p) else (*pronouncer.counts(p), 0)[0]) for p in pieces]


def _problem(
    line: int, kind: str, values: Mapping[str, object], *, short: int = 0, soft: bool = False
) -> Problem:
    said = {"line": line, **values} if line else dict(values)
    return Problem(line, kind, _SENTENCES[kind], said, soft, short)


def _stress(
    text: str, slots: Sequence[Slot], number: int, pronouncer: Pronouncer
) -> tuple[Problem, ...]:
    """The first word whose main stress cannot be sung on a note as heavy as its neighbours'."""
    words = words_of(text)
    weights = [slot.weight for slot in slots]
    # Fewest violations up to each number of syllables, with the first word that has one.
    best: dict[int, tuple[int, str]] = {0: (0, "")}
    for word in words:
        step: dict[int, tuple[int, str]] = {}
        for at, (count, first) in best.items():
            for reading in pronouncer.readings(word):
                end = at + reading.syllables
                against = sum(rise < 0 for rise in rises(reading.stresses, weights[at:end]))
                value = count + against, first or (word if against else "")
                if end <= len(slots) and (end not in step or value < step[end]):
                    step[end] = value
        best = step
    word = best.get(len(slots), (0, ""))[1]
    return (_problem(number, "stress", {"word": word}, soft=True),) if word else ()
