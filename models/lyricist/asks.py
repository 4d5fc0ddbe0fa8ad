"""What the lyricist is asked for and what it gives back; plain values, no music and no model.

A melody becomes an ask in `prosody.py`; a written song goes back onto the melody there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.lyricist.voice import Voice


@dataclass(frozen=True)
class LineAsk:
    """One line to write: a metrical weight for each syllable, and a person's own text if given.

    Weights: 4 on a bar's first beat, 3 on its middle, 2 on other beats, 1 off the beat; a syllable
    held for long counts one more. `len(weights)` is the exact number of syllables. `contour` is
    the MIDI pitch each syllable begins on, for languages with tones; () when nobody knows it.
    """

    weights: tuple[float, ...]
    given: str | None = None
    contour: tuple[int, ...] = ()


@dataclass(frozen=True)
class StanzaAsk:
    """One stanza: its lines, a letter each in `scheme` ("X" rhymes with nothing).

    `kind` is what people call the section (verse, chorus, ...); `required` are words that must
    stand in it.
    """

    kind: str
    lines: tuple[LineAsk, ...]
    scheme: str
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class SongAsk:
    """A song's different stanzas (a returning chorus once), with what they are about.

    `valence` is -1 (dark) to 1 (glad), None when no mood was asked. `clean` keeps coarse words
    out. `avoid` are lines that were refused before ("another take", "this line again").
    `voice` is a writer's learned voice, or None.
    """

    stanzas: tuple[StanzaAsk, ...]
    themes: tuple[str, ...] = ()
    valence: float | None = None
    clean: bool = True
    avoid: tuple[str, ...] = ()
    voice: Voice | None = None


@dataclass(frozen=True)
class WrittenLine:
    """A line as written: its text, and the printed letters of each syllable, word by word.

    `words` holds a tuple of syllables for each word: (("win", "ter"), ("comes",)); marks follow
    the last syllable of the word they follow. `measures` are the numbers it was chosen by.
    """

    text: str
    words: tuple[tuple[str, ...], ...]
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WrittenSong:
    """The stanzas in the order asked, the title, and the line to remember."""

    stanzas: tuple[tuple[WrittenLine, ...], ...]
    title: str
    hook: str


class Cancelled(Exception):
    """The person stopped the writing; raised between two lines."""
