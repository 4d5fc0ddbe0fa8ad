"""Choosing among candidates by something that is not the model's own likelihood.

In: a candidate's events by bar and the page it was written on. Out: named marks in 0..1 and their
weighted sum. The marks follow the textbook: chord tones on strong beats, other tones left by step,
a contour with one high point a phrase, leaps answered by a step back (Fux; Huron, *Sweet
Anticipation*, 2006), phrases that close on stable tones, rhythms that return; and they ask whether
what was wished for was done: echoes, density, the course of tension. Tension of a line is a simple
form of Farbood, *A parametric, temporal model of musical tension* (Music Perception 29, 2012) and
of Lerdahl and Krumhansl, *Modeling tonal tension* (Music Perception 24, 2007): higher, wider,
denser and less in the chord is tenser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.composer import novelty, structure
from models.composer.describe import density_class
from models.composer.encode import (
    ECHO_NOTES,
    ECHO_RHYTHM,
    ECHO_SEQUENCE,
    FIRST_ONSET,
    REST,
    Event,
    Wishes,
    closes,
)
from models.composer.rules import Rules

Bars = Sequence[Sequence[Event]]
#: A further mark: of new bars, and the number of the first of them on the page.
Preference = Callable[[Bars, int], float]

WEIGHTS = {
    "chord": 3.0,
    "left by step": 1.0,
    "range": 1.0,
    "peak": 0.5,
    "steps": 1.0,
    "leaps": 1.0,
    "repeats": 1.0,
    "close": 1.5,
    "rhythm": 1.0,
    "echo": 2.0,
    "density": 1.5,
    "tension": 1.0,
    "novelty": 1.5,
}


class Knows(Protocol):
    """Who knows what was written before: a `page.Composer`."""

    @property
    def index(self) -> novelty.Index:
        """Of the training melodies."""


class Asked(Protocol):
    """What the critic reads of a `page.Page`."""

    @property
    def rules(self) -> Rules:
        """Chord tones at every step."""

    @property
    def wishes(self) -> Wishes:
        """What each bar should be like and repeat."""

    @property
    def composer(self) -> Knows:
        """Whose index is looked up."""

    @property
    def tension(self) -> Sequence[float] | None:
        """The wanted course, 0..1 a bar."""

    @property
    def ends(self) -> Sequence[bool]:
        """Which bars breathe."""

    @property
    def bar(self) -> int:
        """Steps in a bar."""


def marks(bars: Bars, start: int, page: Asked) -> dict[str, float]:
    """Marks, 0..1, of the bars from `start` to the end of `bars`; bar numbers are the page's."""
    written = bars[start:]
    onsets = [e for events in written for e in events if e.kind == FIRST_ONSET]
    if len(onsets) < 2:
        return dict.fromkeys(WEIGHTS, 0.0)
    pitches = [e.pitch for e in onsets]
    moves = np.diff(pitches)
    span = max(pitches) - min(pitches)
    small = float(np.mean((np.abs(moves) <= 4) & (moves != 0)))
    found, looked = novelty.copied(bars[max(0, start - 1) :], page.bar, page.composer.index)
    rhythms = structure.returning_share(bars, page.bar)["rhythm"]
    return {
        "chord": min(1.0, _on_strong_beats(onsets, page.rules) / 0.9),
        "left by step": _left_by_step(onsets, page.rules),
        "range": 1 - min(1.0, max(0, 7 - span, span - 17) / 7),
        "peak": _peaks(written, start, page.ends),
        "steps": min(1.0, small / 0.6),
        "leaps": _answered(moves),
        "repeats": 1 - min(1.0, max(0.0, _longest_run(pitches) - 3) / 5),
        "close": _closing(written, start, page),
        "rhythm": 1 - min(1.0, 2 * abs(rhythms - 0.6)) if len(bars) > 3 else 1.0,
        "echo": _echoes(bars, start, page),
        "density": _density(written, page.wishes.column("density")[start:].tolist(), page.bar),
        "tension": _follows(written, start, page),
        "novelty": 1 - found / looked if looked else 1.0,
    }


def score(values: dict[str, float]) -> float:
    """Weighted sum of marks."""
    return sum(WEIGHTS[name] * value for name, value in values.items())


def tension(bars: Bars, rules: Rules) -> npt.NDArray[np.float64]:
    """How tense each bar of a line is, no unit; NaN for a bar without notes: (B,)."""
    out = np.full(len(bars), np.nan)
    last: int | None = None
    for b, events in enumerate(bars):
        onsets = [e for e in events if e.kind == FIRST_ONSET]
        if not onsets:
            continue
        pitches = [e.pitch for e in onsets]
        moves = np.abs(np.diff(pitches if last is None else [last, *pitches]))
        outside = sum(e.duration for e in onsets if _dissonant(e, rules))
        out[b] = (
            (np.mean(pitches) - 66) / 6
            + (float(np.mean(moves)) if len(moves) else 0.0) / 4
            + 2 * outside / rules.bar
            + len(onsets) / (rules.bar / 4) / 2
        )
        last = pitches[-1]
    return out


def _dissonant(event: Event, rules: Rules) -> bool:
    """Outside the chord that sounds; never where no chord is known."""
    tones = rules.chord_tones[event.step]
    return bool(tones.any()) and not tones[event.pitch % 12]


def _on_strong_beats(onsets: Sequence[Event], rules: Rules) -> float:
    strong = [e for e in onsets if e.step % rules.bar in (0, rules.bar // 2)] or onsets
    return float(np.mean([not _dissonant(e, rules) for e in strong]))


def _left_by_step(onsets: Sequence[Event], rules: Rules) -> float:
    """Share of the tones outside the chord that move on by a step."""
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(onsets) if _dissonant(a, rules)]
    return float(np.mean([1 <= m <= 2 for m in moves])) if moves else 1.0


def _answered(moves: npt.NDArray[np.int64]) -> float:
    """Share of leaps (a fifth or more) followed by a smaller move the other way."""
    leaps = [(a, b) for a, b in pairwise(moves) if abs(a) >= 7]
    if not leaps:
        return 1.0
    return sum(a * b < 0 and abs(b) < abs(a) for a, b in leaps) / len(leaps)


def _longest_run(pitches: Sequence[int]) -> int:
    longest = run = 1
    for a, b in pairwise(pitches):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    return longest


def _peaks(bars: Bars, start: int, ends: Sequence[bool]) -> float:
    """Mean over phrases: 1 when the highest pitch is reached in one place, less for each more."""
    values = []
    phrase: list[int] = []
    for b, events in enumerate(bars):
        phrase.extend(e.pitch for e in events if e.kind == FIRST_ONSET)
        if (ends[start + b] or b == len(bars) - 1) and phrase:
            top = max(phrase)
            reached = sum(
                p == top and (i == 0 or phrase[i - 1] != top) for i, p in enumerate(phrase)
            )
            values.append(1 / reached)
            phrase = []
    return float(np.mean(values)) if values else 1.0


def _closing(bars: Bars, start: int, page: Asked) -> float:
    """Mean over closing bars: the last note is a chord tone, held; every second is a full close.

    A full close ends on a tone of the tonic triad, a half close on any chord tone.
    """
    values = []
    phrases = sum(page.ends[:start])
    for b, events in enumerate(bars):
        if not page.ends[start + b]:
            continue
        phrases += 1
        sounding = [e for e in events if e.kind != REST]
        if not sounding:
            continue
        last = max(sounding, key=lambda e: (e.duration, e.step))
        stable = 0.0 if _dissonant(last, page.rules) else 1.0
        full = phrases % 2 == 1 or last.pitch % 12 in (0, 3, 4, 7)
        values.append(0.5 * stable + 0.25 * full + 0.25 * closes(events, page.bar))
    return float(np.mean(values)) if values else 1.0


def _echoes(bars: Bars, start: int, page: Asked) -> float:
    """Mean over the bars that should repeat another: how much of it came back."""
    values = []
    for b in range(start, len(bars)):
        kind, source = int(page.wishes.echo[b]), int(page.wishes.source[b])
        if kind >= ECHO_RHYTHM and 0 <= source < b:
            values.append(_likeness(bars[b], bars[source], kind, page.bar))
    return float(np.mean(values)) if values else 1.0


def _likeness(here: Sequence[Event], there: Sequence[Event], kind: int, bar: int) -> float:
    one = {e.step % bar: e for e in here if e.kind == FIRST_ONSET}
    two = {e.step % bar: e for e in there if e.kind == FIRST_ONSET}
    shared = sorted(one.keys() & two.keys())
    rhythm = len(shared) / max(1, len(one.keys() | two.keys()))
    if kind == ECHO_NOTES:
        return rhythm * float(np.mean([one[s].pitch == two[s].pitch for s in shared] or [False]))
    if kind == ECHO_SEQUENCE and len(shared) > 1:
        first, second = (np.diff([line[s].pitch for s in shared]) for line in (one, two))
        return rhythm * (0.5 + 0.5 * float(np.mean(np.abs(first - second) <= 1)))
    return rhythm


def _density(bars: Bars, asked: Sequence[int], bar: int) -> float:
    gaps = [
        abs(density_class(sum(e.kind == FIRST_ONSET for e in events), bar / 4) - wanted)
        for events, wanted in zip(bars, asked, strict=False)
        if wanted < 8  # the last class leaves it open
    ]
    return 1 - min(1.0, float(np.mean(gaps)) / 2) if gaps else 1.0


def _follows(bars: Bars, start: int, page: Asked) -> float:
    """How the tension of the line goes with the wanted course: 0 against it, 1 along with it."""
    if page.tension is None:
        return 1.0
    wanted = np.array(page.tension[start : start + len(bars)], float)
    found = tension(bars, page.rules)[: len(wanted)]
    heard = np.isfinite(found)
    if heard.sum() < 3 or min(np.ptp(wanted[heard]), np.ptp(found[heard])) < 1e-6:
        return 0.5
    return float(0.5 + 0.5 * np.corrcoef(wanted[heard], found[heard])[0, 1])
