"""Words on a melody: what the lyricist writes and every page, file and player reads.

Like a score, in beats and never in seconds. All values are frozen. Chorus sections that return
carry their lines again: a reader of `lines` sings straight through.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Sung:
    """One syllable under its note, or under several (a melisma, `notes` > 1).

    `text` is as printed, with the marks that follow it. `onset` and `end` are in beats.
    `joined` says that the word goes on in the next syllable: a hyphen is drawn between them.
    """

    text: str
    onset: float
    end: float
    notes: int = 1
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of words in section `section` (an index into the score's sections)."""

    text: str
    section: int
    sung: tuple[Sung, ...]


@dataclass(frozen=True, slots=True)
class Lyrics:
    """The words of a piece. `hook` is the line people remember; `by` names who wrote the words."""

    title: str
    language: Language
    lines: tuple[Line, ...]
    hook: str = ""
    by: str = "Segno"
    themes: tuple[str, ...] = ()
    mood: str = ""
    #: Rhyme scheme of each section that is sung: section index -> "ABCB".
    schemes: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for piece.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Lyrics:
        """The inverse of `to_json`.

        Raises
        ------
        KeyError, TypeError
            When the value was not written by `to_json`.
        """
        lines = tuple(
            Line(row["text"], row["section"], tuple(Sung(**sung) for sung in row["sung"]))
            for row in value["lines"]
        )
        rest = {
            **value,
            "lines": lines,
            "themes": tuple(value.get("themes", ())),
            "schemes": {int(key): text for key, text in value.get("schemes", {}).items()},
        }
        return cls(**rest)
