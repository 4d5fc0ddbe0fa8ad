"""Sixty numbers that say what a melody is like: a style vector, and the axes of a distance.

In: events by bar (key-relative, `encode.bar_events`). Out: (60,) float32, each about 0 to 1. The
kinds of features are those of jSymbolic (McKay, Cumming and Fujinaga, 2018: pitch, melodic
intervals, rhythm), FANTASTIC (Mullensiefen, 2009: entropies, contour, phrases) and mgeval (Yang and
Lerch, *On the evaluation of generative models in music*, 2018: histograms of pitch class and note
length); the arch of phrases is Huron's (*The melodic arch*, 1996). Six features know the order of
bars: moves over bar lines, closes of every fourth bar, what comes again at once, and what comes
again after four or eight bars. They are what tells a tune from its own bars shuffled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.composer.encode import FIRST_ONSET, HOLD, REST, Event

Floats = npt.NDArray[np.float32]
_Doubles = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

#: Lower edges, in semitones, of the melodic interval bins after the first.
_MOVES = np.array([-7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 8])
#: Lower edges, in sixteenths, of the note length bins after the first.
_LENGTHS = np.array([2, 3, 4, 5, 8, 12])
_SCALES = (
    np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)),
    np.isin(np.arange(12), (0, 2, 3, 5, 7, 8, 10, 11)),  # natural with the leading tone
)
_PHRASE = 4  # bars that one arch spans, and after which bars close and come again

NAMES: tuple[str, ...] = (
    *(f"pitch_class_{i}" for i in range(12)),
    "move_down_8_or_more", "move_down_5_to_7", "move_down_4", "move_down_3", "move_down_2",
    "move_down_1", "move_0", "move_up_1", "move_up_2", "move_up_3", "move_up_4",
    "move_up_5_to_7", "move_up_8_or_more",
    "length_1", "length_2", "length_3", "length_4", "length_5_to_7", "length_8_to_11",
    "length_12_or_more",
    *(f"onset_eighth_{i}_of_bar" for i in range(8)),
    "rest_share", "notes_per_beat", "density_variation", "off_beat", "syncopation", "register",
    "range", "chromatic", "direction_changes", "mean_move", "move_over_bar_line", "arch",
    "phrase_length", "phrase_close", "rhythm_repeats", "rhythm_returns", "notes_repeat",
    "notes_return", "pitch_entropy", "rhythm_entropy",
)  # fmt: skip


def profile(bars: Sequence[Sequence[Event]], bar_steps: int, minor: bool) -> Floats:
    """The features `NAMES` of a melody.

    Parameters
    ----------
    bars
        Events of each bar, tiling it; steps may count from anywhere, tonic at C.
    bar_steps
        Sixteenths in a bar.
    minor
        Which scale the chromatic share is counted against.

    Returns
    -------
    ndarray
        (60,) float32, within 0..1; zeros (but `rest_share`) when nothing is played.
    """
    out = np.zeros(len(NAMES))
    flat = [
        (number * bar_steps + event.step % bar_steps, event.kind, event.pitch, event.duration)
        for number, events in enumerate(bars)
        for event in events
    ]
    if not flat:
        return out.astype(np.float32)
    step, kind, pitch, duration = np.array(flat, np.int64).T
    place = len(NAMES) - 20
    out[place] = duration[kind == REST].sum() / (len(bars) * bar_steps)
    starts = np.flatnonzero(kind == FIRST_ONSET)
    if len(starts):
        onset, height = step[starts], pitch[starts]
        length = _lengths(kind, duration, starts)
        out[:place] = _histograms(onset, height, length, bar_steps)
        out[place + 1 : place + 5] = _rhythm(onset, length, len(bars), bar_steps)
        out[place + 5 : place + 8] = _heights(height, minor)
        out[place + 8 : place + 12] = _motion(onset, height, bar_steps)
        out[place + 12] = _phrase_length(onset, length, bar_steps)
        out[place + 13] = _phrase_close(bars, bar_steps)
        out[place + 14 : place + 18] = _returns(bars, bar_steps)
        out[place + 18] = _entropy(height - height.min(), 24)
        out[place + 19] = _entropy(np.minimum(np.diff(onset), 16), 17)
    return np.clip(out, 0.0, 1.0).astype(np.float32)


def _lengths(kind: _Ints, duration: _Ints, starts: _Ints) -> _Ints:
    """Steps that each note sounds, what is held over bar lines included."""
    sounding = np.where(kind == REST, 0, duration)
    # A hold after a rest (an excerpt cut inside a note) belongs to no onset.
    sounding[np.flatnonzero((kind[1:] == HOLD) & (kind[:-1] == REST)) + 1] = 0
    return np.asarray(np.add.reduceat(sounding, starts))


def _share(bins: _Ints, size: int, weights: _Ints | None = None) -> _Doubles:
    counts = np.bincount(bins, weights, size).astype(np.float64)
    return counts / max(1.0, counts.sum())


def _histograms(onset: _Ints, height: _Ints, length: _Ints, bar: int) -> _Doubles:
    moves = np.searchsorted(_MOVES, np.diff(height), "right")
    return np.concatenate(
        [
            _share(height % 12, 12, length),
            _share(moves, len(_MOVES) + 1),
            _share(np.searchsorted(_LENGTHS, length, "right"), len(_LENGTHS) + 1),
            _share(onset % bar * 8 // bar, 8),
        ]
    )


def _rhythm(onset: _Ints, length: _Ints, bars: int, bar: int) -> tuple[float, ...]:
    per_bar = np.bincount(onset // bar, minlength=bars)
    off = onset % bar % 4
    crossing = (off != 0) & (off + length > 4)
    return (
        4 * len(onset) / (bars * bar) / 4,
        float(per_bar.std() / (per_bar.mean() + per_bar.std())),
        float(np.mean(off != 0)),
        float(np.mean(crossing)),
    )


def _heights(height: _Ints, minor: bool) -> tuple[float, ...]:
    return (
        float(height.mean() - 48) / 24,
        float(np.ptp(height)) / 24,
        float(np.mean(~_SCALES[minor][height % 12])),
    )


def _motion(onset: _Ints, height: _Ints, bar: int) -> tuple[float, ...]:
    """Turns, mean move, mean move over bar lines, and how each four bars arch (0.5 is level)."""
    moves = np.abs(np.diff(height))
    if not len(moves):
        return 0.0, 0.0, 0.0, 0.5
    ways = np.sign(np.diff(height))
    ways = ways[ways != 0]
    over = moves[np.diff(onset // bar) > 0]
    span = _PHRASE * bar
    phrase = onset // span
    level = np.bincount(phrase, height) / np.maximum(1, np.bincount(phrase))
    at = (onset % span) / span * 2 - 1
    return (
        float(np.mean(ways[1:] != ways[:-1])) if len(ways) > 1 else 0.0,
        float(moves.mean()) / 12,
        float(over.mean()) / 12 if len(over) else 0.0,
        _slope(height - level[phrase], 1 - at**2) / 24 + 0.5,
    )


def _slope(values: _Doubles, along: _Doubles) -> float:
    """Semitones that the values rise as `along` goes up by one."""
    centred = along - along.mean()
    return float(np.dot(values, centred) / (np.dot(centred, centred) + 1.0))


def _phrase_length(onset: _Ints, length: _Ints, bar: int) -> float:
    """Mean bars from breath to breath, in eighths; a breath is a rest or a long note."""
    end = onset + length
    gap = np.concatenate((onset[1:] - end[:-1], [bar]))
    breath = np.flatnonzero((gap >= 2) | (length >= bar // 2))
    first = np.concatenate(([0], breath[:-1] + 1))
    return float(np.mean(end[breath] - onset[first])) / (2 * _PHRASE * bar)


def _phrase_close(bars: Sequence[Sequence[Event]], bar: int) -> float:
    """How much longer the last note or rest of every fourth bar is than of others; 0.5 is equal."""
    last = np.array([events[-1].duration / bar if events else 1.0 for events in bars])
    closing = last[_PHRASE - 1 :: _PHRASE]
    return float(closing.mean() - last.mean()) / 2 + 0.5 if len(closing) else 0.5


def _returns(bars: Sequence[Sequence[Event]], bar: int) -> tuple[float, ...]:
    """Bars like the one before, and like the one 4 or 8 before: by rhythm, then by notes.

    Shares of the played bars that have such a bar before them.
    """
    rhythms = [tuple((e.step % bar, e.kind) for e in events) for events in bars]
    pitches = [tuple(e.pitch for e in events if e.kind == FIRST_ONSET) for events in bars]
    played = [b for b, heard in enumerate(pitches) if heard]
    later = [b for b in played if b >= _PHRASE]
    out = []
    for same in (rhythms, list(zip(rhythms, pitches, strict=True))):
        again = sum(same[b] == same[b - 1] for b in played if b)
        back = sum(
            same[b] == same[b - _PHRASE] or (b >= 2 * _PHRASE and same[b] == same[b - 2 * _PHRASE])
            for b in later
        )
        out += [again / max(1, len(played) - 1), back / max(1, len(later))]
    return tuple(out)


def _entropy(values: _Ints, kinds: int) -> float:
    """Shannon entropy as a share of that of `kinds` equal ones."""
    counts = np.bincount(values)
    share = counts[counts > 0] / max(1, counts.sum())
    return float(-(share * np.log(share)).sum() / np.log(kinds)) if len(share) else 0.0
