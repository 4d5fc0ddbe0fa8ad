"""The players of a piece written anew around what stays: in another style, density or bars.

In: a `Work`, the plan to follow, a melody, an arranger and a seed. Out: the work with every part
but the melody written again, in some bars only where these are named.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace

from models.arranger.editing import moved
from models.arranger.generate import Arranger, Redo
from models.arranger.whole import arrange
from models.composer.melody_track import skyline
from models.planner.plan import Plan
from models.reshape.work import Span, Work, holding, mapped, within
from models.score import Note, Score, Track, sorted_notes, without_overlaps
from models.verify import CHORD_TONE_SHARE


def tune(work: Work) -> tuple[Note, ...]:
    """The melody; of an ensemble its player also accompanies, and in chords (as in arranging)."""
    track, plan = work.score.track("melody"), work.plan
    if track is None or plan.ensemble is None:
        return track.notes if track else ()
    bar = plan.meter.bar_beats
    return skyline(
        [n for n in track.notes if "melody" in plan.section_at(int(n.onset // bar)).roles]
    )


def around(
    work: Work,
    plan: Plan,
    melody: tuple[Note, ...],
    arranger: Arranger,
    seed: int,
    *,
    span: Span | None = None,
    names: Collection[str] | None = None,
) -> Work:
    """The band of `plan` around a melody; with a span or names, only these are written again.

    Whatever is written again, the melody is as given.
    """
    if span is None and names is None:
        score = arrange(plan, melody, arranger, seed)
        names = {p.name for p in plan.parts if p.role != "melody"}
        return holding(_in_chords(work.planned(plan, score.tracks), names, (0, plan.bars - 1)))
    again = tuple(
        p.name for p in plan.parts if p.role != "melody" and (names is None or p.name in names)
    )
    first, last = span or work.whole
    base = _with_melody(work, plan, melody)
    if not again:
        return holding(work.planned(plan, base.tracks))
    score = arrange(plan, melody, arranger, seed, base=base, redo=Redo(again, first, last))
    return holding(_in_chords(work.planned(plan, score.tracks), again, (first, last)))


def _in_chords(work: Work, names: Collection[str], span: Span) -> Work:
    """Parts that hold chords, with tones that are not in them moved in, where there are many.

    A style that knows no bare fifths plays thirds over them; the chord symbols are what counts.
    """
    start, end = work.beats(span)
    onsets = [c.onset for c in work.plan.chords]

    def tones(note: Note) -> tuple[int, ...]:
        at = bisect_right(onsets, note.onset + 1e-6) - 1
        if at < 0:
            return ()
        chord = work.plan.chords[at].chord
        return (*chord.pcs, chord.bass_pc)

    def near(note: Note) -> Note:
        inside = tones(note)
        if not inside or note.pitch % 12 in inside:
            return note
        steps = [s for s in range(-6, 7) if (note.pitch + s) % 12 in inside]
        return replace(note, pitch=note.pitch + min(steps, key=abs))

    def true(track: Track) -> Track:
        notes = [n for n in track.notes if within(n, start, end)]
        right = sum(n.pitch % 12 in (*tones(n), -1) or not tones(n) for n in notes)
        if track.name not in names or track.role not in ("chords", "pad"):
            return track
        if right >= CHORD_TONE_SHARE * len(notes):
            return track
        return replace(track, notes=without_overlaps(mapped(track, near, start, end).notes))

    return work.with_tracks([true(t) for t in work.score.tracks])


def _with_melody(work: Work, plan: Plan, melody: tuple[Note, ...]) -> Score:
    """The score under a plan with another melody, for a band; an ensemble's leader keeps theirs."""
    if plan.ensemble is not None:
        return work.planned(plan).score
    tracks = [
        replace(t, notes=sorted_notes(melody)) if t.role == "melody" else t
        for t in work.score.tracks
    ]
    return work.planned(plan, tracks).score


def in_reach(melody: tuple[Note, ...], plan: Plan) -> tuple[Note, ...]:
    """The melody in octaves that the plan's player reaches."""
    part = plan.part("melody")
    if part is None or not melody:
        return melody
    return moved(Track("", "melody", 0, melody), part).notes
