"""From a pitch track to notes: where each begins and ends, and at what pitch.

In: a `PitchTrack`. Out: `SungNote`s in seconds with the pitch that was sung, the singer's own
tuning (estimated, drift included) beside them. A hidden Markov model has for every semitone a
chain of frames (so that no note is shorter than its chain) and one silent state; the first frames
of a chain forgive a pitch that is still sliding. Its costs are bounded, so vibrato and glides are
cheaper than extra notes; going on to another note is cheaper where the sound breaks or swells.
Idea: notes as a hidden Markov model over a pitch track, after Ryynanen & Klapuri 2004 and Mauch et
al., "Computer-aided melody note transcription using the Tony software", TENOR 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from models.transcriber.pitch import FRAME, Floats, PitchTrack


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note as it was sung: seconds, MIDI pitch with fractions, the singer's tuning removed.

    `loud` is its mean level in dB under the loudest moment.
    """

    onset: float
    offset: float
    pitch: float
    loud: float = 0.0


@dataclass(frozen=True)
class Weights:
    """Costs of the model, in nats; tuned on validation voices.

    `spread` is the deviation in semitones inside a note; a frame costs at most `sliding` while a
    note begins (`attack` of its `shortest` frames) and `far` later. `unvoiced` is the cost of
    a frame without pitch inside a note, `lost` of one with pitch outside. Another note costs
    `change`,
    `repeat` on the same pitch, `silence` after a rest; to go on through a break of the sound costs
    `ignore` times how clear it is, 0 up to a dip of `ripple` dB and 1 from one of `dip` dB on.
    """

    spread: float = 0.4
    sliding: float = 0.8
    far: float = 3.0
    attack: int = 5
    shortest: int = 8
    unvoiced: float = 0.9
    lost: float = 1.5
    change: float = 7.0
    repeat: float = 9.0
    silence: float = 3.0
    ignore: float = 16.0
    quiet: float = -32.0
    ripple: float = 3.0
    dip: float = 10.0


@dataclass(frozen=True)
class Segmented:
    """Notes in order; `tuning` in cents is the singer's at the middle, `drift` from start to end.

    `wander` is the mean bounded cost of a voiced frame: low where pitch stands still in notes,
    high in speech and noise.
    """

    notes: tuple[SungNote, ...]
    tuning: float
    drift: float
    wander: float


def segment(heard: PitchTrack, weights: Weights | None = None) -> Segmented:
    """Notes of one voice; none where nothing is voiced."""
    w = weights or Weights()
    audible = heard.voiced & (heard.loud > w.quiet)
    if audible.sum() < w.shortest:
        return Segmented((), 0.0, 0.0, 1.0)
    pitch = np.where(audible, heard.pitch, np.nan)
    breaks = onset_cues(np.maximum(heard.loud, w.quiet), w)
    pitch = without_vibrato(pitch)
    tuning = _tuning(pitch)
    line = np.full(len(pitch), tuning)
    spans: list[tuple[int, int, int]] = []
    wander = 1.0
    for _ in range(2):
        spans, wander = _decode(pitch - line, breaks, w)
        line = _tuning_line(pitch, spans, line)
    notes = _finished(heard, pitch - line, spans, breaks, w)
    middle, slope = line[len(line) // 2], line[-1] - line[0]
    return Segmented(notes, round(100 * float(middle), 1), round(100 * float(slope), 1), wander)


def onset_cues(loud: Floats, w: Weights) -> Floats:
    """How clearly the sound breaks and returns at each frame, 0..1, (T,); 0 but where it returns.

    A dip is as deep as the smaller of its fall and its rise, each within 80 ms.
    """
    before = maximum_filter1d(loud, 9, origin=4)  # of this frame and the eight before
    after = maximum_filter1d(loud, 9, origin=-4)
    depth = np.minimum(before, after) - loud
    cue = np.zeros(len(loud))
    lowest = (depth == maximum_filter1d(depth, 9)) & (depth > w.ripple)
    for t in np.flatnonzero(lowest):
        rising = np.diff(loud[t : t + 7])
        if len(rising):
            cue[t + 1 + int(rising.argmax())] = min(
                1.0, float(depth[t] - w.ripple) / (w.dip - w.ripple)
            )
    return cue


def without_vibrato(pitch: Floats) -> Floats:
    """The pitch with vibrato replaced by the middle between its crests and troughs.

    Vibrato is at least three turns in a row, 50 to 150 ms apart and 20 to 180 cents high: P.
    Herrera & J. Bonada, "Vibrato extraction and parameterization in the spectral modeling synthesis
    framework", DAFx 1998.
    """
    out = pitch.copy()
    known = ~np.isnan(pitch)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if b - a >= 20:
            out[a:b] = _steadied(pitch[a:b])
    return out


def _steadied(pitch: Floats) -> Floats:
    smooth = uniform_filter1d(pitch, 5)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(smooth)))) + 1
    gaps, heights = np.diff(turns), np.abs(np.diff(smooth[turns]))
    swing = (gaps >= 5) & (gaps <= 15) & (heights > 0.2) & (heights < 1.8)
    out, at = pitch.copy(), 0
    while at < len(swing):
        end = at
        while end < len(swing) and swing[end]:
            end += 1
        if end - at >= 2:
            t = turns[at : end + 1]
            middles = (smooth[t[:-1]] + smooth[t[1:]]) / 2
            where = np.arange(t[0], t[-1] + 1)
            out[where] = np.interp(where, (t[:-1] + t[1:]) / 2, middles)
        at = end + 1
    return out


def _tuning(pitch: Floats) -> float:
    """The singer's offset in semitones, -0.5..0.5: the circular mean of frames that stand still."""
    known = np.flatnonzero(~np.isnan(pitch))
    moving = np.abs(np.gradient(pitch[known])) if len(known) > 1 else np.zeros(len(known))
    weight = np.exp(-((moving / 0.08) ** 2)) + 1e-3
    angle = np.angle(np.sum(weight * np.exp(2j * np.pi * pitch[known])))
    return float(angle / (2 * np.pi))


def _tuning_line(pitch: Floats, spans: list[tuple[int, int, int]], line: Floats) -> Floats:
    """Tuning at every frame: a straight line through the notes' deviations, robustly."""
    if len(spans) < 4:
        return line
    at = np.array([(a + b) / 2 for a, b, _ in spans])
    off = np.array([_centre(pitch[a:b]) - p for a, b, p in spans])
    weight = np.array([min(b - a, 60) for a, b, _ in spans], float)
    known = ~np.isnan(off)
    at, off, weight = at[known], off[known], weight[known]
    middle = len(pitch) / 2
    slope, level = 0.0, float(np.average(off, weights=weight))
    for _ in range(5):  # iteratively reweighted; a slope of more than 1 semitone is not believed
        rest = off - (level + slope * (at - middle))
        near = weight / (0.05 + np.abs(rest))
        x = at - middle
        ridge = near.sum() * (0.15 * len(pitch)) ** 2 * 0.3
        mean_x, mean_y = np.average(x, weights=near), np.average(off, weights=near)
        slope = float((near * (x - mean_x) * (off - mean_y)).sum()
                      / ((near * (x - mean_x) ** 2).sum() + ridge))  # fmt: skip
        level = float(mean_y - slope * mean_x)
    slope = float(np.clip(slope, -1 / len(pitch), 1 / len(pitch)))
    return np.asarray(level + slope * (np.arange(len(pitch)) - middle))


def _decode(pitch: Floats, breaks: Floats, w: Weights) -> tuple[list[tuple[int, int, int]], float]:
    """Best (first frame, frame after the last, semitone) of each note, and the mean cost."""
    low, high = int(np.floor(np.nanmin(pitch))), int(np.ceil(np.nanmax(pitch)))
    steps = np.arange(low, high + 1)
    frames, count, chain = len(pitch), len(steps), w.shortest
    known = ~np.isnan(pitch)
    miss = ((np.nan_to_num(pitch)[:, None] - steps[None]) / w.spread) ** 2 / 2
    settled = np.where(known[:, None], np.minimum(miss, w.far), w.unvoiced)  # (T, P)
    sliding = np.where(known[:, None], np.minimum(miss, w.sliding), w.unvoiced)
    silent = np.where(known, w.lost, 0.0)
    # cost[p, k]: in the k-th frame of a note on p; the last k is where it may stay.
    cost = np.full((count, chain), np.inf)
    cost[:, 0] = sliding[0]
    rest = float(silent[0])
    stay = np.zeros((frames, count), bool)
    origin = np.full((frames, count), -2, np.int64)  # -1 silence, else the note before
    rest_from = np.full(frames, -1, np.int64)
    for t in range(1, frames):
        done = cost[:, -1]
        first, second = _two_least(done)
        least = np.full(count, done[first])
        source = np.full(count, first)
        least[first], source[first] = done[second], second
        options = np.stack([least + w.change, done + w.repeat, np.full(count, rest + w.silence)])
        pick = options.argmin(axis=0)
        origin[t] = np.where(pick == 0, source, np.where(pick == 1, np.arange(count), -1))
        enter = options.min(axis=0)
        ended = int(done.argmin())
        rest_from[t] = -1 if rest <= done[ended] else ended
        rest = min(rest, float(done[ended])) + float(silent[t])
        cost = cost + w.ignore * breaks[t]  # from here on for what goes on
        done, moved = cost[:, -1], cost[:, -2]
        stay[t] = done <= moved
        new = np.empty_like(cost)
        new[:, 0] = enter + sliding[t]
        new[:, 1 : w.attack] = cost[:, : w.attack - 1] + sliding[t][:, None]
        new[:, w.attack : -1] = cost[:, w.attack - 1 : -2] + settled[t][:, None]
        new[:, -1] = np.minimum(done, moved) + settled[t]
        cost = new
    spans = _traced(cost, rest, stay, origin, rest_from, chain)
    inside = [settled[a:b, p][known[a:b]] for a, b, p in spans]
    paid = np.concatenate(inside) if inside else np.ones(1)
    out = int(known.sum()) - sum(len(i) for i in inside)
    wander = (float(paid.sum()) + w.far * max(0, out)) / max(1, int(known.sum()))
    return [(a, b, int(steps[p])) for a, b, p in spans], wander


def _two_least(values: Floats) -> tuple[int, int]:
    first = int(values.argmin())
    if len(values) == 1:
        return first, first
    others = values.copy()
    others[first] = np.inf
    return first, int(others.argmin())


def _traced(
    cost: Floats,
    rest: float,
    stay: np.ndarray,
    origin: np.ndarray,
    rest_from: np.ndarray,
    chain: int,
) -> list[tuple[int, int, int]]:
    """Walk back from the cheapest end."""
    spans: list[tuple[int, int, int]] = []
    note = int(cost[:, -1].argmin())
    state = note if cost[note, -1] < rest else -1
    t = len(rest_from) - 1
    while t > 0:
        if state < 0:
            state = int(rest_from[t])
            t -= 1
            continue
        end = t + 1
        while t > 0 and stay[t, state]:
            t -= 1
        t -= chain - 1  # the frame in which the chain began
        if t <= 0:
            spans.append((0, end, state))
            break
        spans.append((t, end, state))
        state = int(origin[t, state])
        t -= 1
    return spans[::-1]


def _centre(pitch: Floats) -> float:
    """The pitch that a note settles on: the median of its middle part, NaN where there is none."""
    inner = pitch[len(pitch) // 4 : max(len(pitch) // 4 + 1, len(pitch) - len(pitch) // 10)]
    known = inner[~np.isnan(inner)]
    return float(np.median(known)) if len(known) else float("nan")


def _finished(
    heard: PitchTrack,
    pitch: Floats,
    spans: list[tuple[int, int, int]],
    breaks: Floats,
    w: Weights,
) -> tuple[SungNote, ...]:
    """Spans as notes: onsets at the break beside them, ends where the voice does, no specks."""
    notes: list[SungNote] = []
    for a, b, _ in spans:
        centre = _centre(pitch[a:b])
        known = ~np.isnan(pitch[a:b])
        if np.isnan(centre) or known.sum() < w.shortest // 2:
            continue
        near = breaks[max(0, a - 5) : a + 6]
        first = a - min(5, a) + int(near.argmax()) if near.size and near.max() > 0.2 else a
        last = a + int(np.flatnonzero(known)[-1]) + 1
        loud = float(np.mean(heard.loud[a:b][known]))
        notes.append(SungNote(first * FRAME, max(last, first + 4) * FRAME, centre, loud))
    if not notes:
        return ()
    usual = float(np.median([n.loud for n in notes]))
    return tuple(n for n in notes if n.loud > usual - 18)
