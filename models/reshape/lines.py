"""The melody written again: other notes, busier or sparser, higher or lower, in some bars only.

In: a `Work`, a composer and a seed. Out: the melody as notes; the composer's uses do the writing,
and outside the bars that are meant every note stays.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from models.arranger.generate import spliced
from models.composer import generate as uses
from models.composer.generate import Composer
from models.composer.sliders import Sliders
from models.composer.source import Source
from models.reshape.band import tune
from models.reshape.work import Span, Work, within
from models.score import Note, Track

#: `Sliders.notes`: notes a beat at intensity 0, and what 1 adds.
_SPARSE, _MORE = 0.4, 2.8
#: How far one step moves a slider.
_STEP = 0.18
_DRAWS = 104_729


def another(work: Work, composer: Composer, seed: int, span: Span | None) -> tuple[Note, ...]:
    """Another melody over the same chords, or other bars that fit on both sides.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    source = Source(work.plan, tune(work))
    made = source.melody
    for draw in range(4):  # a short gap may come out as it was
        drawn = seed + _DRAWS * draw
        if span is None:
            made = uses.remelodise(source, composer, drawn).melody
        else:
            made = uses.infill(source, *span, composer, drawn).melody
        if _heard(made) != _heard(source.melody):
            return made
    if span is None:
        return uses.vary(source, 0.8, composer, seed, 1)[0].melody
    return made


def _heard(melody: tuple[Note, ...]) -> list[tuple[float, int]]:
    return [(n.onset, n.pitch) for n in melody]


def busier(
    work: Work, steps: float, composer: Composer, seed: int, span: Span | None
) -> tuple[Note, ...]:
    """The melody near itself with more (or fewer) notes.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    melody = tune(work)
    start, end = work.beats(span or work.whole)
    here = [n for n in melody if within(n, start, end)]
    now = (len(here) / max(1.0, _sounding(here)) - _SPARSE) / _MORE
    wanted = min(1.0, max(0.0, now + _STEP * steps))
    return _slid(work, Sliders(intensity=wanted), composer, seed, span)


def _sounding(melody: list[Note]) -> float:
    """Beats from the first note to the last, rests of more than a bar left out."""
    total = 0.0
    for a, b in pairwise(melody):
        total += min(4.0, b.onset - a.onset)
    return total + (melody[-1].duration if melody else 0.0)


def higher(
    work: Work, steps: float, composer: Composer, seed: int, span: Span | None
) -> tuple[Note, ...]:
    """The melody near itself, higher (or lower) in the range of its player.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    melody, part = tune(work), work.plan.part("melody")
    if part is None or not melody:
        return melody
    start, end = work.beats(span or work.whole)
    here = [n.pitch for n in melody if within(n, start, end)] or [n.pitch for n in melody]
    now = (sum(here) / len(here) - part.low) / max(1, part.high - part.low)
    wanted = min(1.0, max(0.0, now + 1.6 * _STEP * steps))
    return _slid(work, Sliders(register=wanted), composer, seed, span)


def _slid(
    work: Work, sliders: Sliders, composer: Composer, seed: int, span: Span | None
) -> tuple[Note, ...]:
    melody = tune(work)
    made = uses.restyle(Source(work.plan, melody), composer, seed, sliders=sliders).melody
    if span is None:
        return made
    start, end = work.beats(span)
    old, new = Track("", "melody", 0, melody), Track("", "melody", 0, tuple(sorted(made)))
    return spliced(old, new, start, end).notes


def with_melody(work: Work, melody: tuple[Note, ...]) -> Work:
    """The band with another melody; everybody else plays on as they did."""
    tracks = [
        replace(t, notes=tuple(sorted(melody))) if t.role == "melody" else t
        for t in work.score.tracks
    ]
    return work.with_tracks(tracks)
