"""Phrases and returns inside a section: which bars breathe, which look back at which.

In: a section's number of bars, density and place in the dynamics. Out: the `Wishes` that the
network is told. The patterns are the sentence, the period and the repeated phrase of William
Caplin, *Classical Form* (1998), ch. 3-5, said as echoes of a bar 1, 2, 4 or 8 bars earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.composer.describe import density_class
from models.composer.encode import (
    COLUMN,
    ECHO_NEW,
    ECHO_NOTES,
    ECHO_OPEN,
    ECHO_RHYTHM,
    ECHO_SEQUENCE,
    Ints,
    Wishes,
)

_NEW, _OPEN = (ECHO_NEW, 0), (ECHO_OPEN, 0)
Echo = tuple[int, int]  # what is repeated, and from how many bars back


def rhythm(lag: int) -> Echo:
    """The rhythm of `lag` bars ago."""
    return ECHO_RHYTHM, lag


def sequence(lag: int) -> Echo:
    """The figure of `lag` bars ago, from another pitch."""
    return ECHO_SEQUENCE, lag


def notes(lag: int) -> Echo:
    """The notes of `lag` bars ago."""
    return ECHO_NOTES, lag


#: Eight bars each; where a bar is open the network decides.
PATTERNS: dict[str, tuple[Echo, ...]] = {
    "period": (_NEW, _OPEN, rhythm(2), _OPEN, notes(4), notes(4), _OPEN, _OPEN),
    "sentence": (_NEW, _OPEN, sequence(2), rhythm(2), _NEW, rhythm(1), _OPEN, _OPEN),
    "sequence": (_NEW, _OPEN, sequence(2), _NEW, notes(4), _OPEN, rhythm(4), _OPEN),
    "answer": (_NEW, _OPEN, notes(2), _OPEN, _NEW, _OPEN, rhythm(2), _OPEN),
    "return": (_NEW, _NEW, _OPEN, _OPEN, notes(4), notes(4), _OPEN, _OPEN),
}
#: The same for what is sung: people repeat a bar or go on, and seldom keep a rhythm for new notes.
SUNG: dict[str, tuple[Echo, ...]] = {
    "period": (_NEW, _OPEN, _NEW, _OPEN, notes(4), _OPEN, _NEW, _OPEN),
    "sentence": (_NEW, _OPEN, sequence(2), _NEW, _NEW, _NEW, _OPEN, _OPEN),
    "answer": (_NEW, _OPEN, notes(2), _NEW, _NEW, _OPEN, _OPEN, _OPEN),
    "return": (_NEW, _NEW, _OPEN, _OPEN, notes(4), _OPEN, _NEW, _OPEN),
    "free": (_NEW, _NEW, _OPEN, _NEW, _OPEN, _NEW, _OPEN, _OPEN),
}
#: Register classes (four semitones) above the section's own, bar by bar.
CONTOURS: tuple[tuple[int, ...], ...] = (
    (0, 0, 2, 0, 0, 2, 4, 0),
    (2, 2, 0, 0, 2, 2, 0, 0),
    (0, 2, 2, 0, 0, 2, 4, 2),
    (0, 0, -1, -1, 0, 2, 2, 0),
)


@dataclass(frozen=True)
class Manner:
    """How a section should be written.

    `notes` a bar is the mean over bars that do not close; `register` is a class; `motion` and
    `syncopation` are classes, or None to leave them open; `sung` says song rather than dance;
    `exact` tells every bar how busy and how high it is, else some bars only.
    """

    notes: float
    register: int
    within: tuple[int, int]
    motion: int | None = None
    syncopation: int | None = None
    sung: bool = False
    exact: bool = False


def phrase_ends(bars: int) -> tuple[bool, ...]:
    """Which bars must breathe: every eighth and the last; a remainder of one joins those before.

    Inside eight bars the network breathes where it likes, as people do: ends forced on every fourth
    bar were heard (the Frechet distance of `docs/lab.md`).
    """
    ends = [(b + 1) % 8 == 0 for b in range(bars)]
    if bars % 8 == 1 and bars > 8:
        ends[bars - 2] = False
    ends[-1] = True
    return tuple(ends)


def echoes(bars: int, sung: bool, rng: np.random.Generator) -> list[Echo]:
    """An echo for each bar; the second eight of sixteen starts like the first."""
    patterns = SUNG if sung else PATTERNS
    names = sorted(patterns)
    name = names[int(rng.integers(len(names)))]
    out: list[Echo] = []
    while len(out) < bars:
        eight = list(patterns[name])
        if out:
            eight[:4] = [notes(8), notes(8), _OPEN, _OPEN]
        out.extend(eight)
    return out[:bars]


def notes_a_bar(density: float, pulses: float, beats: float) -> float:
    """Notes in a bar of `beats` for a density of 0..1.

    How many a beat it means falls with the tempo (`pulses` felt beats a minute), so that the notes
    a second stay those of a singer or a player.
    """
    pace = 0.8 if pulses > 150 else 0.9 if pulses > 120 else 1.15 if pulses < 70 else 1.0
    return (0.35 + 2.3 * density) * pace * beats


def density_of(notes: float, bar: int) -> int:
    """The density class of so many notes in a bar of `bar` steps."""
    return int(np.clip(density_class(round(notes), bar / 4), 1, 6))


def spread(notes: float, bars: int) -> list[int]:
    """Whole numbers of notes a bar, their mean as near to `notes` as it can be."""
    return [int((b + 1) * notes + 0.5) - int(b * notes + 0.5) for b in range(bars)]


def wishes(bars: int, manner: Manner, bar: int, rng: np.random.Generator) -> Wishes:
    """Attributes and echoes for a section of `bars` bars of `bar` steps.

    A bar in four is told its register and one in two its density, unless the manner is `exact` or
    few or very many notes are wanted: a network that is told everything writes more evenly than
    people do.
    """
    out = Wishes.open(bars)
    level = density_of(manner.notes, bar)
    ends = phrase_ends(bars)
    contour = CONTOURS[int(rng.integers(len(CONTOURS)))]
    for b, (kind, lag) in enumerate(echoes(bars, manner.sung, rng)):
        close = ends[b]
        row = out.attributes[b]
        row[COLUMN["index"]], row[COLUMN["left"]] = min(b, 16), min(bars - b, 8)
        if manner.exact or b % 2 == 0 or level in (1, 5, 6):
            row[COLUMN["density"]] = max(1, level - 1) if close else level
        if manner.exact or b % 4 == 0:
            row[COLUMN["register"]] = int(np.clip(manner.register + contour[b % 8], *manner.within))
        if close:
            row[COLUMN["close"]] = 1
        if manner.motion is not None:
            row[COLUMN["motion"]] = manner.motion
        if manner.syncopation is not None and not close:
            row[COLUMN["syncopation"]] = manner.syncopation
        if not (close and b == bars - 1):
            out.echo[b], out.source[b] = kind, b - lag if lag else -1
    return out


def honest_echoes(wishes: Wishes, roots: Ints, bar: int) -> Wishes:
    """Turn "same notes" into "same rhythm" where the harmony of the two bars differs.

    `roots` is the chord root at each step; an echo that looks back before bar 0 becomes new.
    """
    out = wishes.copy()
    for b, kind in enumerate(wishes.echo):
        if kind < ECHO_RHYTHM:
            continue
        source = int(wishes.source[b])
        if source < 0:
            out.echo[b], out.source[b] = ECHO_NEW, -1
            continue
        here, there = (roots[n * bar : (n + 1) * bar] for n in (b, source))
        if kind == ECHO_NOTES and (here != there).any():
            out.echo[b] = ECHO_RHYTHM
    return out
