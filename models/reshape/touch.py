"""How hard and how long notes are played: louder, softer, detached, tied.

In: a `Work` and steps. Out: the same notes with other velocities or lengths. Loudness goes where
the planner's dynamics put it: a step is `STEP` of the way from pianissimo to fortissimo of each
role, so that a drummer's soft strokes stay soft beside the accents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from models.arranger.stage import VELOCITIES
from models.planner.plan import PlanSection
from models.reshape.work import Span, Work, mapped, within
from models.score import Note, Track, on_grid

#: Dynamics (0..1) of one step; a part alone moves by `PART_STEP` in velocity.
STEP, PART_STEP = 0.16, 9
_SHORTEST = 0.125  # beats


def louder(work: Work, steps: float, span: Span | None = None) -> Work:
    """Everybody louder (or softer) by so many steps."""
    start, end = work.beats(span or work.whole)
    by = STEP * steps

    def change(track: Track) -> Track:
        low, high = VELOCITIES[track.role]
        return mapped(track, lambda n: _struck(n, (high - low) * by), start, end)

    first, last = span or work.whole
    sections = tuple(
        _dynamic(s, by)
        if first <= s.section.start_bar and s.section.start_bar + s.section.bars - 1 <= last
        else s
        for s in work.plan.sections
    )
    plan = replace(work.plan, sections=sections)
    return work.planned(plan, [change(t) for t in work.score.tracks])


def struck(work: Work, names: frozenset[str], steps: float, span: Span) -> Work:
    """Some parts played harder (or softer) by so many steps, the plan's dynamics as they are."""
    start, end = work.beats(span)

    def change(track: Track) -> Track:
        low, high = VELOCITIES[track.role]
        return mapped(track, lambda n: _struck(n, (high - low) * STEP * steps), start, end)

    return work.with_tracks([change(t) if t.name in names else t for t in work.score.tracks])


def forward(work: Work, names: frozenset[str], steps: float, span: Span | None = None) -> Work:
    """Some parts louder than the others; the others give way where these have no room left."""
    start, end = work.beats(span or work.whole)
    by = PART_STEP * steps
    meant = [n for t in work.score.tracks if t.name in names for n in t.notes]
    struck = sorted(n.velocity for n in meant if within(n, start, end)) or [80]
    loud, soft = struck[int(0.9 * (len(struck) - 1))], struck[int(0.1 * (len(struck) - 1))]
    own = min(by, max(0, 124 - loud)) if by > 0 else max(by, min(0, 24 - soft))
    rest = by - own

    def change(track: Track) -> Track:
        shift = own if track.name in names else -rest
        return mapped(track, lambda n: _struck(n, shift), start, end)

    return work.with_tracks([change(t) for t in work.score.tracks])


def _struck(note: Note, by: float) -> Note:
    return replace(note, velocity=max(12, min(127, round(note.velocity + by))))


def _dynamic(section: PlanSection, by: float) -> PlanSection:
    return replace(section, dynamics=round(min(1.0, max(0.1, section.dynamics + by)), 3))


def articulated(
    tracks: Sequence[Track], length: float, span: tuple[float, float]
) -> tuple[Track, ...]:
    """Pitched notes held for `length` of what they are: detached under 1, tied over 1.

    A longer note ends at the next onset of its track or the end of the span (in beats) at the
    latest.
    """
    found = []
    for track in tracks:
        onsets = sorted({n.onset for n in track.notes})
        following = dict(pairwise([*onsets, span[1]]))

        def held(note: Note, nexts: dict[float, float] = following) -> Note:
            wanted = note.duration * length
            if length > 1:
                room = min(nexts[note.onset], span[1]) - note.onset
                wanted = max(note.duration, min(wanted, room))
            return replace(note, duration=max(min(_SHORTEST, note.duration), on_grid(wanted)))

        found.append(track if track.is_drum else mapped(track, held, *span))
    return tuple(found)
