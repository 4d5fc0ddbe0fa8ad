"""A person's file with players that suit it: the style is guessed from how the melody is made.

In: a path or a score. Out: a `Source` whose style is the one nearest to the manner of the corpora
that the melody resembles most (of eleven manners, 66 % of held-out tunes get their own, and most
others a neighbour: a reel is taken for a hornpipe).
"""

from __future__ import annotations

from pathlib import Path

from models import vocabulary
from models.composer.adapting.replay import load_replay
from models.composer.reading import read
from models.composer.source import Source, read_score, source_of_score
from models.errors import Refusal
from models.score import Score

#: The style of the vocabulary that plays each manner; folk, where its meter is not the file's.
_STYLES = {
    "pop": "pop", "song": "musical_theatre", "jig": "celtic_jig", "reel": "celtic_reel",
    "hornpipe": "celtic_reel", "waltz": "waltz", "lied": "romantic_piano", "chorale": "hymn",
    "game": "game_adventure",
}  # fmt: skip


def open_file(path: Path) -> Source:
    """The music of a MIDI or MusicXML file.

    Raises
    ------
    Refusal
        When it cannot be read, or has nothing to work on (see `source.source_of_score`).
    """
    return open_score(read_score(path))


def open_score(score: Score) -> Source:
    """The music of a score read from a file.

    Raises
    ------
    Refusal
        When it has nothing to work on (see `source.source_of_score`).
    """
    source = source_of_score(score)
    try:
        style = style_of(source)
    except Refusal:  # no melody to guess from: the use that needs one says so
        return source
    return source if style == source.plan.style else source_of_score(score, style)


def style_of(source: Source) -> str:
    """The style of the vocabulary that a melody resembles most, in its own meter.

    Raises
    ------
    Refusal
        When the source has no melody.
    """
    manner = load_replay().manners.nearest(read(source).style)
    style = _STYLES.get(manner, "folk")
    meters = vocabulary.load().styles[style].meters
    return style if str(source.plan.meter) in meters else "folk"
