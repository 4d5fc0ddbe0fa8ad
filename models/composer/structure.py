"""Form of a melody: which bar repeats which, where phrases end, which sections return.

In: `encode.bar_events` of a melody (pitches relative to the key) and the steps in a bar. Out: the
echo of each bar for training, and phrases, sections and shares of return for plans and metrics.

Sections are stretches of a diagonal of the self-similarity matrix (Foote, "Automatic audio
segmentation using a measure of audio novelty", ICME 2000) whose cuts are chosen all at once by
dynamic programming: a bar counts for what it has in common with its return, a cut costs, and an
inner return counts against a section. Phrases use the boundary strength of Cambouropoulos, "The
local boundary detection model", ICMC 2001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.composer.encode import FIRST_ONSET, HOLD, REST, Event, Ints, closes

Floats = npt.NDArray[np.float64]
Bar = Sequence[Event]

#: Kinds of echo; 0 is left for "open".
NEW, RHYTHM, SEQUENCE, NOTES = 1, 2, 3, 4
#: Lags of phrases and sections, looked at before any other.
LAGS = (1, 2, 4, 8, 16, 32)

SHORTEST, LONGEST = 4, 32  # bars in a section
_UNRELATED = 0.4  # likeness of bars that have no more in common than key and style
_RETURNS = 0.55  # mean likeness from which a section has the label of an earlier one
_OPENS = 0.45  # the same of its first half: other themes often share an ending
_CUT_COST = 1.5  # bars of return that one more section has to be worth
_LENGTH_COST = 0.2  # the same, of each bar beyond eight: a section is one theme, not two


@dataclass(frozen=True)
class Form:
    """Sections of a melody: a label for each ("A", "B", ...) and the bar each starts in.

    Sections tile all bars: the first starts in bar 0, also when that bar is only an upbeat.
    """

    labels: tuple[str, ...]
    starts: tuple[int, ...]


def echoes(bars: Sequence[Bar], bar_steps: int) -> tuple[Ints, Ints]:
    """What each bar repeats: kind (B,), one of NEW to NOTES, and source (B,), -1 for NEW.

    NOTES: same onsets, durations and pitches. SEQUENCE: the same rhythm and contour from another
    pitch, each interval within a semitone (so that a diatonic sequence counts). RHYTHM: same
    onsets and durations. What is held or silent before a bar's first onset belongs to the bar
    before. Of several sources the one that goes on from the previous bar's is taken, then the
    nearest at one of `LAGS`, then the nearest.
    """
    kind, source = np.full(len(bars), NEW), np.full(len(bars), -1)
    by_rhythm: dict[tuple[tuple[int, ...], ...], list[int]] = defaultdict(list)
    for b, events in enumerate(bars):
        if sum(e.kind == FIRST_ONSET for e in events) >= 2:
            by_rhythm[_rhythm(events, bar_steps)].append(b)
    grade = np.zeros((len(bars), len(bars)), np.int64)
    for members in by_rhythm.values():
        pitches = np.array([[e.pitch for e in bars[b] if e.kind == FIRST_ONSET] for b in members])
        grade[np.ix_(members, members)] = _grades(pitches)
    for b in range(1, len(bars)):
        best = int(grade[b, :b].max())
        if best > NEW:
            previous = int(source[b - 1])
            kind[b] = best
            source[b] = _choose(np.flatnonzero(grade[b, :b] == best), b, previous)
    return kind, source


def _rhythm(events: Bar, bar_steps: int) -> tuple[tuple[int, ...], ...]:
    first = next(i for i, e in enumerate(events) if e.kind == FIRST_ONSET)
    return tuple((e.step % bar_steps, e.kind, e.duration) for e in events[first:])


def _grades(pitches: Ints) -> Ints:
    """Kind of echo between any two of N bars of one rhythm, from their pitches (N, onsets)."""
    same = (pitches[:, None] == pitches[None]).all(-1)
    moves = np.diff(pitches, axis=1)
    like = np.abs(moves[:, None] - moves[None]).max(-1) <= 1
    like &= (np.sign(moves[:, None]) == np.sign(moves[None])).all(-1)
    # One interval is too little to hear a transposed figure in.
    like &= (pitches[:, None, 0] != pitches[None, :, 0]) & (pitches.shape[1] > 2)
    return np.where(same, NOTES, np.where(like, SEQUENCE, RHYTHM))


def _choose(sources: Ints, at: int, previous: int) -> int:
    found = {int(s) for s in sources}
    if previous >= 0 and previous + 1 in found:
        return previous + 1
    return next((at - lag for lag in LAGS if at - lag in found), max(found))


def returning_share(bars: Sequence[Bar], bar_steps: int) -> dict[str, float]:
    """Share of the bars with two onsets or more that return: 0..1, 0 when there is no such bar.

    "notes": bars with the notes of an earlier bar. "rhythm": with the rhythm of one, whatever its
    notes; never below "notes".
    """
    kind, _ = echoes(bars, bar_steps)
    count = max(1, sum(sum(e.kind == FIRST_ONSET for e in events) >= 2 for events in bars))
    return {
        "notes": float((kind == NOTES).sum() / count),
        "rhythm": float((kind >= RHYTHM).sum() / count),
    }


def likeness(bars: Sequence[Bar], bar_steps: int) -> Floats:
    """Self-similarity of the melody (B, B), 0..1: shared onsets and shared sounding steps.

    Half is the share of onsets with the same place and pitch, half the share of sounding steps
    with the same pitch: a changed ending or an added passing note costs a part of a bar only.
    """
    lowest = min((e.pitch for events in bars for e in events), default=0)
    width = max((e.pitch for events in bars for e in events), default=0) - lowest + 1
    starts = np.zeros((len(bars), bar_steps, width), np.float32)
    sounds = np.zeros_like(starts)
    for b, events in enumerate(bars):
        for event in events:
            if event.kind == REST:
                continue
            at = event.step % bar_steps
            sounds[b, at : at + event.duration, event.pitch - lowest] = 1
            if event.kind != HOLD:
                starts[b, at, event.pitch - lowest] = 1
    total = np.zeros((len(bars), len(bars)))
    for rolls in (starts, sounds):
        flat = rolls.reshape(len(bars), -1)
        size = flat.sum(1)
        total += flat @ flat.T / np.maximum(1, (size[:, None] + size[None]) / 2)
    return total / 2


def _first_bar(bars: Sequence[Bar], bar_steps: int) -> int:
    """The first bar that is more than silence or an upbeat."""
    for b, events in enumerate(bars):
        onset = next((e for e in events if e.kind == FIRST_ONSET), None)
        if onset is not None:
            upbeat = onset.step % bar_steps >= bar_steps // 2
            return b + 1 if upbeat and b + 1 < len(bars) else b
    return 0


def boundary_strength(bars: Sequence[Bar], bar_steps: int) -> Floats:
    """How clearly a phrase ends in each bar: (B,), 0..1.5; the last bar has 1.5.

    The local boundary strength (0..1) of the strongest cut whose next note starts less than half
    a bar from the bar's end, so that an upbeat counts to the phrase it opens; half a point more
    when the bar breathes (`encode.closes`).
    """
    notes: list[list[int]] = []  # onset, end, pitch
    for event in (e for events in bars for e in events):
        if event.kind == FIRST_ONSET:
            notes.append([event.step, event.step + event.duration, event.pitch])
        elif event.kind == HOLD and notes:
            notes[-1][1] = event.step + event.duration
    out = np.zeros(len(bars))
    if len(notes) > 2:
        rows = list(pairwise(notes))
        strength = sum(
            weight * _local(np.array(values, float))
            for weight, values in (
                (0.25, [abs(b[2] - a[2]) for a, b in rows]),
                (0.5, [b[0] - a[0] for a, b in rows]),
                (0.25, [b[0] - a[1] for a, b in rows]),
            )
        )
        for (_, later), value in zip(rows, np.asarray(strength), strict=True):
            # The bar whose end is nearest to the later note.
            b = (later[0] + bar_steps // 2) // bar_steps - 1
            if 0 <= b < len(bars):
                out[b] = max(out[b], value)
    out += [0.5 * closes(events, bar_steps) for events in bars]
    if len(out):
        out[-1] = 1.5
    return out


def _local(values: Floats) -> Floats:
    """Cambouropoulos: each interval times its change from the one before and to the one after."""
    change = np.abs(np.diff(values)) / np.maximum(values[1:] + values[:-1], 1e-9)
    strength = values * (np.append(0, change) + np.append(change, 0))
    return strength / max(float(strength.max()), 1e-9)


def _best_cuts(worth: Floats) -> list[int]:
    """Where the parts of the best division of N bars start; `worth` (N, L): start, length - 1."""
    count, longest = worth.shape
    best, part = np.full(count + 1, -np.inf), np.zeros(count + 1, int)
    best[0] = 0
    for end in range(1, count + 1):
        lengths = np.arange(1, min(longest, end) + 1)
        values = best[end - lengths] + worth[end - lengths, lengths - 1]
        at = int(values.argmax())
        best[end], part[end] = values[at], lengths[at]
    starts, end = [], count
    while end > 0:
        end -= part[end]
        starts.append(int(end))
    return starts[::-1]


def phrases(bars: Sequence[Bar], bar_steps: int) -> tuple[int, ...]:
    """Bars a phrase ends in, in order, the last bar included; two to eight bars each, mostly four.

    The end of a section is one more reason to end a phrase. An upbeat or silence before the first
    full bar belongs to the first phrase.
    """
    if not bars:
        return ()
    first = _first_bar(bars, bar_steps)
    strength = boundary_strength(bars, bar_steps)
    strength[[s - 1 for s in sections(bars, bar_steps).starts[1:]]] += 1
    strength = strength[first:]
    costs = np.array([2.5, 0.8, 0.7, 0.4, 0.7, 0.8, 1.0, 1.0])  # of a phrase of 1..8 bars
    worth = np.full((len(strength), len(costs)), -np.inf)
    for length, cost in enumerate(costs[: len(strength)], 1):
        worth[: len(strength) - length + 1, length - 1] = strength[length - 1 :] - cost
    starts = _best_cuts(worth)
    return (*(first + s - 1 for s in starts[1:]), len(bars) - 1)


def sections(bars: Sequence[Bar], bar_steps: int) -> Form:
    """Sections by return: each 4 to 32 bars, mostly a multiple of 4; what returns shares a label.

    A melody below 8 bars is one section. An upbeat or silence before the first full bar belongs to
    the first section, silence after a section to that section.
    """
    if not bars:
        return Form((), ())
    first = _first_bar(bars, bar_steps)
    if len(bars) - first < 2 * SHORTEST:
        return Form(("A",), (0,))
    like = likeness(bars, bar_steps)[first:, first:]
    silent = np.array([all(e.kind == REST for e in events) for events in bars[first:]])
    after_silence = silent & ~np.append(silent[1:], False)
    ends = boundary_strength(bars, bar_steps)[first:] * 0.6 + 1.5 * after_silence
    starts = _best_cuts(_section_worth(like, ends))
    labels = _labels(like, [*starts, len(like)], silent)
    return Form(labels, (0, *(first + s for s in starts[1:])))


def _section_worth(like: Floats, ends: Floats) -> Floats:
    """What a section is worth by start and length - 1: (N, LONGEST)."""
    count = len(like)
    gain = like - _UNRELATED
    along = np.zeros((count + 1, count + 1))  # sums of `gain` down each diagonal
    for i in range(count):
        along[i + 1, 1:] = along[i, :-1] + gain[i]
    lag = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    worth = np.full((count, LONGEST), -np.inf)
    for length in range(SHORTEST, min(LONGEST, count) + 1):
        n = count - length + 1
        shared = along[length:, length:] - along[:n, :n]
        returns = np.where(lag[:n, :n] >= length, shared, 0).max(1).clip(0)
        odd = 0.0 if length % 8 == 0 else 0.5 if length % 4 == 0 else 1.0 + length % 2
        cost = _CUT_COST + odd + _LENGTH_COST * max(0, length - 8)
        inner = np.zeros(n)
        for back in range(8, length - 3):  # a section that holds its own return is two
            s = np.arange(n)
            inside = along[s + length, s + length - back] - along[s + back, s]
            inner = np.maximum(inner, inside)
        worth[:n, length - 1] = returns - 0.6 * inner - cost + ends[length - 1 :]
    return worth


def _labels(like: Floats, bounds: list[int], silent: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    labels: list[str] = []
    used = 0
    for i, (start, end) in enumerate(pairwise(bounds)):
        best, label = _RETURNS, ""
        for j in range(i):
            length = min(end - start, bounds[j + 1] - bounds[j])
            here, there = np.arange(start, start + length), np.arange(bounds[j], bounds[j] + length)
            heard = ~(silent[here] | silent[there])
            if 2 * heard.sum() < max(end - start, bounds[j + 1] - bounds[j]):
                continue
            shared = like[here, there][heard]
            mean = float(shared.mean())
            if mean >= best and shared[: (len(shared) + 1) // 2].mean() >= _OPENS:
                best, label = mean, labels[j]
        if not label:
            label = chr(ord("A") + used % 26) + (str(used // 26 + 1) if used >= 26 else "")
            used += 1
        labels.append(label)
    return tuple(labels)
