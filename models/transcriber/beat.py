"""The beat under a tune: tempo, meter, where the bar begins, and every note on a 16th.

In: onsets in seconds. Out: a `Rhythm`. Hypotheses, each a meter, a place in its bar and a Kalman
filter over (time of the next 16th, its length), take the notes one by one: a note may follow after
any number of 16ths, as likely as tunes do that from this place (`habits.steps`) and as the filter
expects it then. Those that agree on meter, place and tempo are merged, the best go on. Source: A.
T. Cemgil & B. Kappen, "Monte Carlo methods for tempo tracking and rhythm quantization", *JAIR* 18,
2003; the habits as in C. Raphael, "A hybrid graphical model for rhythmic parsing", *Artificial
Intelligence* 137, 2002. A pickup is a first note late in its bar, so it needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.composer.sheets import BAR_STEPS, METERS
from models.score import Meter
from models.transcriber.habits import LONGEST, Habits, step_class
from models.transcriber.pitch import Floats

Ints = NDArray[np.int64]

_UNEVEN = 3.0  # dB: deviation of a note's loudness


@dataclass(frozen=True)
class Belief:
    """What is expected of a performer; tuned on validation voices.

    `jitter` is the deviation of an onset in seconds, `drift` that of the tempo over a beat, as
    a share. Tempo is a normal distribution of octaves around `pulse` felt beats a minute,
    around `compound` where they have three parts. A note that differs by more than `misses`
    deviations costs no more: it may be an error of hearing. `trust` weighs what tunes do
    against what is heard, `tonal` which scale steps they have where in the bar. A downbeat is
    `accent` dB louder, give or take `_UNEVEN`. `common` (nats) speaks for 4/4 beyond what tunes do:
    2/4 is heard alike, and written by few who hum.
    """

    jitter: float = 0.028
    drift: float = 0.02
    pulse: float = 110.0
    compound: float = 85.0
    octaves: float = 0.22
    misses: float = 4.5
    trust: float = 0.7
    tonal: float = 0.5
    accent: float = 1.2
    common: float = 2.0
    beam: int = 800


@dataclass(frozen=True)
class Rhythm:
    """Meter, quarter notes per minute, and the 16th from the first bar line of each onset.

    `seconds_per_step` is the mean length of a 16th, `sure` (0..1) the share of this meter against
    the others.
    """

    meter: Meter
    bpm: float
    steps: tuple[int, ...]
    seconds_per_step: float
    sure: float


@dataclass(frozen=True)
class _Beam:
    """H hypotheses after a note, best first.

    Meter, place in its bar, the filter's mean (H, 2) and covariance (H, 2, 2), score, which of the
    hypotheses before each comes from, and by how many 16ths.
    """

    meter: Ints
    place: Ints
    mean: Floats
    spread: Floats
    score: Floats
    origin: Ints
    moved: Ints


def find_rhythm(
    onsets: Sequence[float],
    habits: Habits,
    *,
    louds: Sequence[float] | None = None,
    degrees: Sequence[int] | None = None,
    minor: bool = False,
    meter: Meter | None = None,
    bpm: float | None = None,
    belief: Belief | None = None,
) -> Rhythm:
    """The likeliest rhythm of ascending onsets; in `meter` and near `bpm` where they are given.

    `louds` (dB) and `degrees` (pitch classes above the tonic) of the notes help to find the bar.

    Raises
    ------
    ValueError
        When there are fewer than two onsets, or the meter is none of ours.
    """
    if len(onsets) < 2:
        raise ValueError("a rhythm needs two onsets")
    if meter is not None and str(meter) not in METERS:
        raise ValueError(f"no habits for {meter}")
    b = belief or Belief()
    signs = _signs(len(onsets), louds, degrees, minor, habits, b)
    beam = _started(float(onsets[0]), habits, meter, bpm, b)
    beam = replace(beam, score=beam.score + signs[0, beam.meter, beam.place])
    trail = [beam]
    for onset, sign in zip(onsets[1:], signs[1:], strict=True):
        beam = _advanced(beam, float(onset), sign, habits, b)
        trail.append(beam)
    ends = np.array(
        [habits.ends[METERS[m]][p] for m, p in zip(beam.meter, beam.place, strict=True)]
    )
    total = beam.score + ends
    best = int(total.argmax())
    share = np.exp(total - total.max())
    sure = float(share[beam.meter == beam.meter[best]].sum() / share.sum())
    steps = _walked(trail, best)
    length = _step_length(np.asarray(onsets, float), np.array(steps))
    chosen = Meter.parse(METERS[int(beam.meter[best])])
    return Rhythm(chosen, round(15 / length, 2), tuple(steps), length, sure)


def _signs(
    count: int,
    louds: Sequence[float] | None,
    degrees: Sequence[int] | None,
    minor: bool,
    habits: Habits,
    b: Belief,
) -> Floats:
    """What loudness and scale step of each note say for each place of each meter, (N, 4, 16)."""
    signs = np.zeros((count, len(METERS), max(BAR_STEPS.values())))
    if louds is not None:
        extra = np.clip(np.asarray(louds) - np.median(louds), -9, 9)
        signs[:, :, 0] += ((extra * b.accent - b.accent**2 / 2) / _UNEVEN**2)[:, None]
    if degrees is not None:
        for index, name in enumerate(METERS):
            bar = BAR_STEPS[name]
            signs[:, index, :bar] += b.tonal * habits.degrees[name][int(minor)][:, list(degrees)].T
    return signs


def _started(
    first: float, habits: Habits, meter: Meter | None, bpm: float | None, b: Belief
) -> _Beam:
    """Every meter, place and tempo that may be, with what speaks for it beforehand."""
    tempos = np.geomspace(34, 300, 48) if bpm is None else bpm * np.array([0.97, 1.0, 1.03])
    rows: list[tuple[int, int, float, float]] = []
    for index, name in enumerate(METERS):
        if meter is not None and str(meter) != name:
            continue
        felt = Meter.parse(name)
        usual = (b.compound if felt.is_compound else b.pulse) * felt.pulse
        for tempo in tempos:
            prior = -((np.log2(tempo / usual) / b.octaves) ** 2) / 2
            prior = prior * (bpm is None) + habits.meters[name] + b.common * (name == "4/4")
            for place in range(BAR_STEPS[name]):
                rows.append((index, place, 15 / tempo, prior + habits.starts[name][place]))
    table = np.array(rows)
    size = len(rows)
    spread = np.zeros((size, 2, 2))
    spread[:, 0, 0] = b.jitter**2
    spread[:, 1, 1] = (table[:, 2] * (0.03 if bpm is None else 0.02)) ** 2
    mean = np.column_stack([np.full(size, first), table[:, 2]])
    none = np.full(size, -1)
    return _Beam(table[:, 0].astype(int), table[:, 1].astype(int), mean, spread, table[:, 3],
                 none, none)  # fmt: skip


def _advanced(beam: _Beam, onset: float, sign: Floats, habits: Habits, b: Belief) -> _Beam:
    """All hypotheses after one more note: every number of 16ths from each, the best kept."""
    size = len(beam.score)
    counts = np.arange(1, LONGEST + 1)
    prior, bonus = np.empty((size, LONGEST)), np.empty((size, LONGEST))
    for index, name in enumerate(METERS):
        mine = beam.meter == index
        prior[mine] = habits.steps[name][step_class(beam.moved[mine]), beam.place[mine]]
        arrived = (beam.place[mine][:, None] + counts) % BAR_STEPS[name]
        bonus[mine] = sign[index, arrived]
    time, length = beam.mean[:, :1], beam.mean[:, 1:]
    p = beam.spread
    wander = (b.drift * length) ** 2 * counts / 4  # of the length of a 16th, over `counts` of them
    var_time = (p[:, 0, 0, None] + 2 * counts * p[:, 0, 1, None] + counts**2 * p[:, 1, 1, None]
                + wander * counts**2 / 3)  # fmt: skip
    cross = p[:, 0, 1, None] + counts * p[:, 1, 1, None] + wander * counts / 2
    var_length = p[:, 1, 1, None] + wander
    surprise = onset - (time + counts * length)
    total = var_time + b.jitter**2
    misfit = np.minimum(surprise**2 / total, b.misses**2)
    score = (
        beam.score[:, None]
        + b.trust * prior
        + bonus
        - 0.5 * misfit
        - 0.5 * np.log(total / b.jitter**2)
    )
    flat = np.argpartition(-score.ravel(), min(4 * b.beam, score.size - 1))[: 4 * b.beam]
    flat = flat[np.argsort(-score.ravel()[flat], kind="stable")]
    h, k = np.divmod(flat, LONGEST)
    bars = np.array([BAR_STEPS[m] for m in METERS])
    place = (beam.place[h] + counts[k]) % bars[beam.meter[h]]
    gain_time, gain_length = (var_time / total)[h, k], (cross / total)[h, k]
    wrong = np.clip(surprise[h, k], -2 * b.jitter, 2 * b.jitter)
    new_time = time[h, 0] + counts[k] * length[h, 0] + gain_time * surprise[h, k]
    new_length = length[h, 0] + gain_length * wrong
    kind = step_class(counts[k])
    grid = np.rint(np.log2(np.maximum(new_length, 1e-3)) * 24).astype(int)
    label = ((beam.meter[h] * 64 + place) * 8 + kind) * 4096 + grid + 2048
    _, first = np.unique(label, return_index=True)  # of equals the first, which scores best
    keep = np.sort(first)[: b.beam]
    h, k = h[keep], k[keep]
    spread = np.empty((len(keep), 2, 2))
    spread[:, 0, 0] = var_time[h, k] * (1 - gain_time[keep])
    spread[:, 0, 1] = spread[:, 1, 0] = cross[h, k] * (1 - gain_time[keep])
    spread[:, 1, 1] = var_length[h, k] - gain_length[keep] * cross[h, k]
    mean = np.column_stack([new_time[keep], np.clip(new_length[keep], 0.04, 0.6)])
    return _Beam(beam.meter[h], place[keep], mean, spread, score[h, k], h, counts[k])


def _walked(trail: Sequence[_Beam], best: int) -> list[int]:
    """Place of each onset in 16ths from the bar line before the first."""
    moves: list[int] = []
    at = best
    for beam in reversed(trail[1:]):
        moves.append(int(beam.moved[at]))
        at = int(beam.origin[at])
    return [int(v) for v in np.cumsum([int(trail[0].place[at]), *reversed(moves)])]


def _step_length(onsets: Floats, steps: Ints) -> float:
    """Seconds per 16th: the line through onsets over steps, far ones weighing less."""
    weight = np.ones(len(steps))
    slope = float((onsets[-1] - onsets[0]) / max(1, steps[-1] - steps[0]))
    for _ in range(5):
        x, y = (
            steps - np.average(steps, weights=weight),
            onsets - np.average(onsets, weights=weight),
        )
        slope = float((weight * x * y).sum() / max((weight * x * x).sum(), 1e-9))
        weight = 1 / (0.03 + np.abs(y - slope * x))
    return float(np.clip(slope, 0.03, 1.0))
