"""Choosing among candidates by something that is not the model's own likelihood.

In: a candidate's events by bar and the page it was written on. Out: named marks in 0..1 and their
weighted sum. Half of the marks say how near the music comes to what people write: chord tones on
strong beats, other tones left by step, one high point a phrase, leaps answered by a step back (Fux;
Huron, *Sweet Anticipation*, 2006), phrases that close on stable tones, rhythms that return. Their
bands are the middle of the training tunes; their weights tell tunes from shuffled bars and from an
n-gram (`tools/fit_critic.py` writes both into `critic.toml`). The other half asks whether what was
wished for was done: echoes, density, register, the course of tension, and nothing known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.composer import novelty, structure
from models.composer.describe import density_class, metrical_weight, register_class
from models.composer.encode import (
    ECHO_NOTES,
    ECHO_RHYTHM,
    ECHO_SEQUENCE,
    FIRST_ONSET,
    OPEN,
    REST,
    Event,
    Wishes,
    closes,
)

Bars = Sequence[Sequence[Event]]
#: A further mark: of new bars, and the number of the first of them on the page.
Preference = Callable[[Bars, int], float]

#: What the marks of wishes weigh, beside the 10 that all marks of the music weigh together.
ASKED = {"echo": 2.0, "density": 1.5, "register": 1.0, "tension": 1.5, "novelty": 1.5}


class Knows(Protocol):
    """Who knows what was written before: a `page.Composer`."""

    @property
    def index(self) -> novelty.Index:
        """Of the training melodies."""


class Harmony(Protocol):
    """What sounds under the line, and the meter: `rules.Rules`."""

    @property
    def chord_tones(self) -> npt.NDArray[np.bool_]:
        """By step and pitch class, (steps, 12); none where no chord is known."""

    @property
    def bar(self) -> int:
        """Steps in a bar."""

    @property
    def pulse(self) -> int:
        """Steps in a felt beat."""


class Stretch(Protocol):
    """What a line is measured against."""

    @property
    def rules(self) -> Harmony:
        """Chords and meter."""

    @property
    def ends(self) -> Sequence[bool]:
        """Which bars breathe."""

    @property
    def bar(self) -> int:
        """Steps in a bar."""


class Asked(Stretch, Protocol):
    """What the critic reads of a `page.Page`."""

    @property
    def wishes(self) -> Wishes:
        """What each bar should be like and repeat."""

    @property
    def composer(self) -> Knows:
        """Whose index is looked up."""

    @property
    def tension(self) -> Sequence[float] | None:
        """The wanted course, 0..1 a bar."""


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, list[float]]]:
    """What was fitted: bands and weights of the measures, mean and spread of parts of tension."""
    return tomllib.loads(Path(__file__).with_name("critic.toml").read_text(encoding="utf-8"))


def marks(bars: Bars, start: int, page: Asked) -> dict[str, float]:
    """Marks, 0..1, of the bars from `start` to the end of `bars`; bar numbers are the page's."""
    fitted, found = table(), measures(bars, start, page)
    if not found:
        return dict.fromkeys([*fitted["weights"], *ASKED], 0.0)
    music = {name: within(found.get(name), fitted["bands"][name]) for name in fitted["weights"]}
    return music | {
        "echo": _echoes(bars, start, page),
        "density": _asked(bars, start, page, "density", _density_of),
        "register": _asked(bars, start, page, "register", _register_of),
        "tension": _follows(bars, start, page),
        "novelty": _new(bars, start, page),
    }


def score(values: dict[str, float]) -> float:
    """Weighted sum of marks."""
    music = table()["weights"]
    return sum((ASKED.get(name) or music[name][0]) * value for name, value in values.items())


def within(value: float | None, band: Sequence[float]) -> float:
    """1 between the inner bounds, falling to 0 at the outer ones; 1 for what cannot be measured."""
    if value is None:
        return 1.0
    return float(np.interp(value, band, [0.0, 1.0, 1.0, 0.0]))


def measures(bars: Bars, start: int, page: Stretch) -> dict[str, float]:
    """What the bars from `start` on are like; what cannot be said of them is left out.

    {} with fewer than four notes.
    """
    onsets = [e for events in bars[start:] for e in events if e.kind == FIRST_ONSET]
    if len(onsets) < 4:
        return {}
    before = next((e for b in reversed(bars[:start]) for e in reversed(b) if e.kind), None)
    line = onsets if before is None or before.kind == REST else [before, *onsets]
    moves = np.diff([e.pitch for e in line])
    crossing = [a.step // page.bar != b.step // page.bar for a, b in pairwise(line)]
    pulse = [e.step % page.bar % page.rules.pulse == 0 for e in onsets]
    returning = structure.returning_share(bars, page.bar)
    out = {
        "strong chord tones": _on_strong_beats(onsets, page.rules),
        "range": float(np.ptp([e.pitch for e in onsets])),
        "moves": float(np.mean(np.abs(moves))),
        "over the bar line": float(np.mean(np.abs(moves)[crossing])) if any(crossing) else None,
        "steps": float(np.mean((np.abs(moves) <= 2) & (moves != 0))),
        "repeated tones": float(np.mean(moves == 0)),
        "leaps answered": _answered(moves),
        "left by step": _left_by_step(line, page.rules),
        "on the pulse": float(np.mean(pulse)),
        "held over": float(np.mean([_crossing(e, page.bar) for e in onsets])),
        "peaks": _peaks(bars, start, page.ends),
        "closes": _closing(bars, start, page),
        "rhythms return": returning["rhythm"] if len(bars) > 3 else None,
        "notes return": returning["notes"] if len(bars) > 3 else None,
        **{f"rhythm {lag} bars ago": _ago(bars, start, lag, page.bar) for lag in (1, 2, 4)},
    }
    return {name: value for name, value in out.items() if value is not None}


def _dissonant(event: Event, rules: Harmony) -> bool:
    """Outside the chord that sounds; never where no chord is known."""
    tones = rules.chord_tones[event.step]
    return bool(tones.any()) and not tones[event.pitch % 12]


def _on_strong_beats(onsets: Sequence[Event], rules: Harmony) -> float | None:
    strong = [e for e in onsets if e.step % rules.bar in (0, rules.bar // 2)]
    return float(np.mean([not _dissonant(e, rules) for e in strong])) if strong else None


def _left_by_step(onsets: Sequence[Event], rules: Harmony) -> float | None:
    """Share of the tones outside the chord that move on by a step."""
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(onsets) if _dissonant(a, rules)]
    return float(np.mean([1 <= m <= 2 for m in moves])) if moves else None


def _answered(moves: npt.NDArray[np.int64]) -> float | None:
    """Share of leaps (a fifth or more) followed by a smaller move the other way."""
    leaps = [(a, b) for a, b in pairwise(moves) if abs(a) >= 7]
    if not leaps:
        return None
    return sum(a * b < 0 and abs(b) < abs(a) for a, b in leaps) / len(leaps)


def _crossing(event: Event, bar: int) -> bool:
    """Whether a note is held over a stronger place than its own."""
    at = event.step % bar
    own = metrical_weight(at, bar)
    return any(metrical_weight(p, bar) > own for p in range(at + 1, at + event.duration))


def _peaks(bars: Bars, start: int, ends: Sequence[bool]) -> float | None:
    """Mean over phrases: in how many places the highest pitch of the phrase is reached."""
    reached: list[int] = []
    phrase: list[int] = []
    for b in range(start, len(bars)):
        phrase.extend(e.pitch for e in bars[b] if e.kind == FIRST_ONSET)
        if (ends[b] or b == len(bars) - 1) and phrase:
            high = [p == max(phrase) for p in phrase]
            reached.append(high[0] + sum(now and not was for was, now in pairwise(high)))
            phrase = []
    return float(np.mean(reached)) if reached else None


def _closing(bars: Bars, start: int, page: Stretch) -> float | None:
    """Mean over closing bars: held, in the chord, and every second on the tonic triad.

    A full close ends on a tone of the tonic triad, a half close on any chord tone.
    """
    values = []
    phrases = sum(page.ends[:start])
    for b in range(start, len(bars)):
        phrases += page.ends[b]
        sounding = [e for e in bars[b] if e.kind != REST]
        if not page.ends[b] or not sounding:
            continue
        last = max(sounding, key=lambda e: (e.duration, e.step))
        full = phrases % 2 == 1 or last.pitch % 12 in (0, 3, 4, 7)
        stable = not _dissonant(last, page.rules)
        values.append((2 * stable + full + closes(bars[b], page.bar)) / 4)
    return float(np.mean(values)) if values else None


def _ago(bars: Bars, start: int, lag: int, bar: int) -> float | None:
    """Mean share of onsets at the same places as `lag` bars ago."""
    values = [
        _rhythm_likeness(bars[b], bars[b - lag], bar) for b in range(max(start, lag), len(bars))
    ]
    return float(np.mean(values)) if values else None


def _rhythm_likeness(here: Sequence[Event], there: Sequence[Event], bar: int) -> float:
    one, two = ({e.step % bar for e in r if e.kind == FIRST_ONSET} for r in (here, there))
    return len(one & two) / max(1, len(one | two))


def _echoes(bars: Bars, start: int, page: Asked) -> float:
    """Mean over the bars that should repeat another: how much of it came back."""
    values = []
    for b in range(start, len(bars)):
        kind, source = int(page.wishes.echo[b]), int(page.wishes.source[b])
        if kind >= ECHO_RHYTHM and 0 <= source < b:
            values.append(_likeness(bars[b], bars[source], kind, page.bar))
    return float(np.mean(values)) if values else 1.0


def _likeness(here: Sequence[Event], there: Sequence[Event], kind: int, bar: int) -> float:
    rhythm = _rhythm_likeness(here, there, bar)
    one, two = ({e.step % bar: e.pitch for e in r if e.kind == FIRST_ONSET} for r in (here, there))
    shared = sorted(one.keys() & two.keys())
    if kind == ECHO_NOTES:
        return rhythm * float(np.mean([one[s] == two[s] for s in shared] or [False]))
    if kind == ECHO_SEQUENCE and len(shared) > 1:
        first, second = (np.diff([line[s] for s in shared]) for line in (one, two))
        return rhythm * (0.5 + 0.5 * float(np.mean(np.abs(first - second) <= 1)))
    return rhythm


def _density_of(events: Sequence[Event], bar: int) -> int:
    return density_class(sum(e.kind == FIRST_ONSET for e in events), bar / 4)


def _register_of(events: Sequence[Event], bar: int) -> int:
    return register_class([e.pitch for e in events if e.kind == FIRST_ONSET])


def _asked(
    bars: Bars, start: int, page: Asked, name: str, of: Callable[[Sequence[Event], int], int]
) -> float:
    """How near an attribute comes to what was asked: 0 when it is two classes off on average."""
    wanted = page.wishes.column(name).tolist()
    gaps = [
        abs(of(bars[b], page.bar) - wanted[b])
        for b in range(start, len(bars))
        if wanted[b] != OPEN[name]
    ]
    return 1 - min(1.0, float(np.mean(gaps)) / 2) if gaps else 1.0


def _new(bars: Bars, start: int, page: Asked) -> float:
    """Share of the two-bar melodies that the training tunes do not hold."""
    found, looked = novelty.copied(bars[max(0, start - 1) :], page.bar, page.composer.index)
    return 1 - found / looked if looked else 1.0


def tension_parts(bars: Bars, page: Stretch) -> npt.NDArray[np.float64]:
    """Mean pitch, mean move, share outside the chord and notes a beat: (B, 4), NaN if silent."""
    out = np.full((len(bars), 4), np.nan)
    last: int | None = None
    for b, events in enumerate(bars):
        onsets = [e for e in events if e.kind == FIRST_ONSET]
        if onsets:
            pitches = [e.pitch for e in onsets]
            moves = np.abs(np.diff(pitches if last is None else [last, *pitches]))
            outside = sum(e.duration for e in onsets if _dissonant(e, page.rules))
            share = outside / sum(e.duration for e in onsets)
            mean = float(np.mean(moves)) if len(moves) else 0.0
            out[b] = float(np.mean(pitches)), mean, share, len(onsets) / (page.bar / 4)
            last = pitches[-1]
    return out


def tension(bars: Bars, page: Stretch) -> npt.NDArray[np.float64]:
    """How tense each bar of a line is, in spreads above a training bar; NaN if silent: (B,).

    Higher, wider, denser and less in the chord is tenser: a simple form of Farbood, *A parametric,
    temporal model of musical tension* (Music Perception 29, 2012), with the chord in the place of
    the distances of Lerdahl and Krumhansl, *Modeling tonal tension* (Music Perception 24, 2007).
    """
    fitted = np.array(list(table()["tension"].values()))
    return np.asarray(((tension_parts(bars, page) - fitted[:, 0]) / fitted[:, 1]).mean(1))


def _follows(bars: Bars, start: int, page: Asked) -> float:
    """How the tension of the line goes with the wanted course: 0 against it, 1 along with it."""
    if page.tension is None:
        return 1.0
    wanted = np.array(page.tension[start : len(bars)], float)
    begin = max(0, start - 1)  # the first move comes from the bar before
    found = tension(bars[begin:], page)[start - begin :]
    heard = np.isfinite(found)
    if heard.sum() < 3 or min(np.ptp(wanted[heard]), np.ptp(found[heard])) < 1e-6:
        return 0.5
    return float(0.5 + 0.5 * np.corrcoef(wanted[heard], found[heard])[0, 1])
