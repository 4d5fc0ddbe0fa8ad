"""Another meter: the tune laid on other bars, the accompaniment to be written again.

In: a `Work` and a meter. Out: a plan in that meter and the melody on its bars. What is in two is
what is in four with twice the bar lines, so that nothing but these moves. Between two and three a
bar keeps its downbeat and its order, and one of its beats takes twice or half its time: as a march
becomes a waltz, by the long note where the tune has the fewest. Between simple and compound meters
each pair of beats becomes long-short, as an even tune becomes a jig. Which way a bar goes is chosen
bar by bar from how many notes it would crowd, so that bars of one rhythm go one way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from models.planner.plan import PlanSection
from models.reshape.work import Work
from models.score import Meter, Note, PlacedChord, on_grid

_EPSILON = 1e-6
_SIXTEENTH = 0.25
#: A way to lay a bar: (beat in the old bar, beat in the new one), from 0 to the length of both.
Way = tuple[tuple[float, float], ...]
#: Ways from one meter to another, the plainest first.
_WAYS: dict[tuple[str, str], tuple[Way, ...]] = {
    ("4/4", "3/4"): (
        ((0, 0), (2, 2), (4, 3)),
        ((0, 0), (1, 1), (3, 2), (4, 3)),
        ((0, 0), (2, 1), (4, 3)),
    ),
    ("3/4", "4/4"): (
        ((0, 0), (2, 2), (3, 4)),
        ((0, 0), (1, 2), (3, 4)),
        ((0, 0), (1, 1), (2, 3), (3, 4)),
    ),
    ("4/4", "6/8"): (((0, 0), (1, 1), (2, 1.5), (3, 2.5), (4, 3)),),
    ("6/8", "4/4"): (((0, 0), (1, 1), (1.5, 2), (2.5, 3), (3, 4)),),
    ("3/4", "6/8"): (((0, 0), (1, 1), (2, 1.5), (3, 3)), ((0, 0), (1, 1.5), (2, 2.5), (3, 3))),
    ("6/8", "3/4"): (((0, 0), (1, 1), (1.5, 2), (3, 3)), ((0, 0), (1.5, 1), (2.5, 2), (3, 3))),
    ("2/4", "3/4"): (((0, 0), (1, 2), (2, 3)), ((0, 0), (1, 1), (2, 3))),
    ("3/4", "2/4"): (((0, 0), (2, 1), (3, 2)), ((0, 0), (1, 1), (3, 2))),
    ("2/4", "6/8"): (((0, 0), (0.5, 1), (1, 1.5), (1.5, 2.5), (2, 3)),),
    ("6/8", "2/4"): (((0, 0), (1, 0.5), (1.5, 1), (2.5, 1.5), (3, 2)),),
}


@dataclass(frozen=True, slots=True)
class Laid:
    """A piece on other bar lines: its melody, and whether the whole score still holds."""

    work: Work
    melody: tuple[Note, ...]
    whole: bool


def in_meter(work: Work, meter: Meter) -> Laid:
    """The piece in another meter; where `whole` is False the band is to be written for it again.

    Chords fall on the beats they had, the tempo keeps the beat (to and from compound meters: the
    bar). An exact length is given up.
    """
    old = work.plan.meter
    if old == meter:
        return Laid(work, work.melody, True)
    pair = (str(old), str(meter))
    if pair == ("4/4", "2/4"):
        return _rebarred(work, meter, 2)
    if pair == ("2/4", "4/4"):
        if all(s.section.bars % 2 == 0 for s in work.plan.sections):
            return _rebarred(work, meter, 0.5)
        return _doubled(work, meter)
    ways = _chosen(work.melody, work.plan.bars, old.bar_beats, _WAYS[pair])
    times = _Times(ways, old.bar_beats, meter.bar_beats)
    plan = replace(
        work.plan,
        meter=meter,
        bpm=_tempo(work.plan.bpm, old, meter),
        seconds=None,
        last_bpm=None,
        swing=0.5 if meter.is_compound else work.plan.swing,
        chords=_chords(work.plan.chords, times, meter),
    )
    return Laid(replace(work, plan=plan), _melody(work.melody, times), False)


def _tempo(bpm: float, old: Meter, new: Meter) -> float:
    if old.is_compound == new.is_compound:
        return bpm
    return round(bpm * new.bar_beats / old.bar_beats, 3)


# --- the same notes on other bar lines ------------------------------------------------------------


def _rebarred(work: Work, meter: Meter, times: float) -> Laid:
    """Bars halved (`times` 2) or joined in pairs (0.5); every note stays where it is."""
    plan = replace(
        work.plan,
        meter=meter,
        bars=round(work.plan.bars * times),
        sections=tuple(_resized(s, times) for s in work.plan.sections),
        last_bpm=None,
        seconds=None,
    )
    origin = tuple(work.bars[int(b / times)] for b in range(plan.bars))
    changed = replace(work.planned(plan), bars=origin)
    return Laid(changed, work.melody, True)


def _resized(planned: PlanSection, times: float) -> PlanSection:
    section = planned.section
    start, bars = round(section.start_bar * times), round(section.bars * times)
    return replace(planned, section=replace(section, start_bar=start, bars=bars))


def _doubled(work: Work, meter: Meter) -> Laid:
    """Every note twice as long at twice the tempo, where bars cannot be joined in pairs."""

    def longer(n: Note) -> Note:
        return replace(n, onset=on_grid(2 * n.onset), duration=on_grid(2 * n.duration))

    chords = tuple(replace(c, onset=2 * c.onset, duration=2 * c.duration) for c in work.plan.chords)
    bpm = min(300.0, 2 * work.plan.bpm)
    plan = replace(
        work.plan, meter=meter, bpm=bpm, chords=chords, seconds=None, last_bpm=None, swing=0.5
    )
    tracks = [replace(t, notes=tuple(longer(n) for n in t.notes)) for t in work.score.tracks]
    changed = work.planned(plan, tracks)
    return Laid(changed, changed.melody, True)


# --- bars of other lengths ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Times:
    """Beats of the old piece as beats of the new one; `ways` has one way for each bar."""

    ways: Sequence[Way]
    old: float
    new: float

    def __call__(self, beat: float) -> float:
        bar = min(len(self.ways) - 1, int((beat + _EPSILON) // self.old))
        way, inside = self.ways[bar], beat - bar * self.old
        at = min(len(way) - 2, max(0, bisect_right([a for a, _ in way], inside + _EPSILON) - 1))
        (a, x), (b, y) = way[at], way[at + 1]
        return bar * self.new + x + (inside - a) * (y - x) / (b - a)


def _chosen(
    melody: Sequence[Note], bars: int, length: float, ways: tuple[Way, ...]
) -> tuple[Way, ...]:
    """For each bar the way that crowds its notes least, the plainer one where two are equal."""
    onsets: list[list[float]] = [[] for _ in range(bars)]
    for n in melody:
        bar = int((n.onset + _EPSILON) // length)
        if bar < bars:
            onsets[bar].append(n.onset - bar * length)
    found = []
    for here in onsets:
        costs = [_crowding(here, way) for way in ways]
        found.append(ways[costs.index(min(costs))])
    return tuple(found)


def _crowding(onsets: Sequence[float], way: Way) -> float:
    """How badly a way treats a bar: notes nearer than a sixteenth, and notes inside a squeeze."""
    times = _Times((way,), way[-1][0], way[-1][1])
    placed = [times(o) for o in onsets]
    close = sum(b - a < _SIXTEENTH - _EPSILON for a, b in pairwise(placed))
    inside = sum(
        abs((y - x) / (b - a) - 1) > _EPSILON
        for o in onsets
        for (a, x), (b, y) in pairwise(way)
        if a + _EPSILON < o < b - _EPSILON
    )
    return 3 * close + inside


def _melody(melody: Sequence[Note], times: _Times) -> tuple[Note, ...]:
    """The tune at its new places, on sixteenths; of notes that fall together the first stays."""
    found: list[Note] = []
    for n in melody:
        # Down, not to the nearest: what leads into a bar must not become its downbeat.
        start = int(times(n.onset) / _SIXTEENTH + _EPSILON) * _SIXTEENTH
        end = round(times(n.end) / _SIXTEENTH) * _SIXTEENTH
        if found and found[-1].onset == start and found[-1].pitch != n.pitch:
            continue
        found.append(replace(n, onset=start, duration=max(_SIXTEENTH, end - start)))
    return tuple(
        replace(n, duration=min(n.duration, following.onset - n.onset))
        if following and following.onset > n.onset
        else n
        for n, following in zip(found, [*found[1:], None], strict=True)
    )


def _chords(chords: Sequence[PlacedChord], times: _Times, meter: Meter) -> tuple[PlacedChord, ...]:
    """Each chord on the nearest pulse of its new bar; of two that meet the first stays."""
    found: dict[float, PlacedChord] = {}
    for placed in chords:
        bar = int((placed.onset + _EPSILON) // times.old)
        inside = times(placed.onset) - bar * times.new
        pulse = min(round(inside / meter.pulse) * meter.pulse, times.new - meter.pulse)
        found.setdefault(bar * times.new + pulse, placed)
    last = chords[-1]
    end = round((last.onset + last.duration) / times.old) * times.new
    onsets = [*sorted(found), end]
    return tuple(PlacedChord(a, b - a, found[a].chord) for a, b in pairwise(onsets) if b > a)
