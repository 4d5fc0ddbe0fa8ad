"""A finished piece on the bench: its plan, its score, and where each of its bars comes from.

In: the plan and the score of a piece. Out: values that every change takes and gives back. The
head of the score (key, meter, tempi, chords, sections) always follows from the plan, so that the
files say what `models.verify` expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from models.planner.plan import Plan
from models.score import Note, PlacedChord, Score, Track, on_grid

_EPSILON = 1e-6
#: The first and last bar of a place, counted from 0, both included.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Work:
    """A plan with its score; `bars` has for each bar the bar of the first piece it comes from."""

    plan: Plan
    score: Score
    bars: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, score: Score) -> Work:
        """A piece that nothing has been done to yet."""
        return cls(plan, headed(plan, score.tracks), tuple(range(plan.bars)))

    def planned(self, plan: Plan, tracks: Iterable[Track] | None = None) -> Work:
        """The same bars under another plan, with other tracks where these are given."""
        played = self.score.tracks if tracks is None else tracks
        return replace(self, plan=plan, score=headed(plan, played))

    def with_tracks(self, tracks: Iterable[Track]) -> Work:
        """The same plan with other tracks."""
        return replace(self, score=self.score.with_tracks(tracks))

    @property
    def whole(self) -> Span:
        """The span of all bars."""
        return 0, self.plan.bars - 1

    def beats(self, span: Span) -> tuple[float, float]:
        """Where a span begins and ends, in beats."""
        bar = self.plan.meter.bar_beats
        return span[0] * bar, (span[1] + 1) * bar

    @property
    def melody(self) -> tuple[Note, ...]:
        """The notes of the part that has the melody; () where there is none."""
        track = self.score.track("melody")
        return track.notes if track else ()


def headed(plan: Plan, tracks: Iterable[Track]) -> Score:
    """Tracks under the head that the plan states; those of parts that are gone are left out."""
    names = {(p.name, p.is_drum) for p in plan.parts}
    return Score(
        title=plan.title,
        key=plan.key,
        meter=plan.meter,
        tempos=plan.tempos,
        bars=plan.bars,
        tracks=tuple(t for t in tracks if (t.name, t.is_drum) in names),
        chords=plan.chords,
        sections=tuple(s.section for s in plan.sections),
    )


def within(note: Note, start: float, end: float) -> bool:
    """Whether a note begins in `start..end` (beats)."""
    return start - _EPSILON <= note.onset < end - _EPSILON


def mapped(track: Track, change: Callable[[Note], Note], start: float, end: float) -> Track:
    """A track with its notes that begin in `start..end` changed one by one."""
    notes = (change(n) if within(n, start, end) else n for n in track.notes)
    return replace(track, notes=tuple(sorted(notes)))


def holding(work: Work) -> Work:
    """The work with parts whose ranges hold what they play."""
    pitches = {t.name: [n.pitch for n in t.notes] for t in work.score.tracks if not t.is_drum}
    parts = tuple(
        replace(p, low=min(p.low, *found), high=max(p.high, *found))
        if not p.is_drum and (found := pitches.get(p.name))
        else p
        for p in work.plan.parts
    )
    return work.planned(replace(work.plan, parts=parts))


def split_chords(chords: Sequence[PlacedChord], edges: Iterable[float]) -> list[PlacedChord]:
    """The chords, those that sound over an edge (in beats) cut in two there."""
    found = list(chords)
    for edge in edges:
        cut: list[PlacedChord] = []
        for placed in found:
            end = placed.onset + placed.duration
            if placed.onset + _EPSILON < edge < end - _EPSILON:
                cut.append(replace(placed, duration=on_grid(edge - placed.onset)))
                cut.append(replace(placed, onset=on_grid(edge), duration=on_grid(end - edge)))
            else:
                cut.append(placed)
        found = cut
    return found
