"""The sliders of an edit: busier, fuller, higher, louder, by one or two steps either way.

In: a `Job` and the `Work` so far. Out: a `Step`, as `bot.editing_steps`. A slider is about
everybody or about the parts that were named, everywhere or in some bars.
"""

from __future__ import annotations

from bot.editing_steps import Job, Step, must_move, rewritten, untouched, with_melody
from models.reshape import compare, lines, pitch, texture, touch
from models.reshape.work import Span, Work

#: What a slider must move at least at each step, as a share of what was there.
_LEAST = 0.08


def loudness(job: Job, work: Work) -> Step:
    """Louder or softer: everybody, or some parts against the others."""
    steps, place = job.change.loudness or 0, job.place
    if place.parts:
        after = touch.forward(work, place.parts, steps, place.span)
    else:
        after = touch.louder(work, steps, place.span)
    return Step(after, compare.same_elsewhere(work.score, after.score, frozenset()))


def intensity(job: Job, work: Work) -> Step:
    """Busier or sparser: the players meant, and the melody unless there are words under it."""
    steps, place, made = job.change.intensity or 0, job.place, work
    names = frozenset(p.name for p in work.plan.parts if p.name in job.meant or not place.parts)
    leads = {p.name for p in work.plan.parts if p.role == "melody"}
    if names & leads and (place.parts or not job.sung) and work.melody:
        melody = lines.busier(work, steps, job.makers.composer, job.seed, place.span)
        made = with_melody(job, made, melody)
    else:
        names -= leads
    made = texture.busier(
        made, steps, names, job.makers.arranger, job.seed, place.span, _LEAST
    )  # fmt: skip
    way, where = 1 if steps > 0 else -1, place.span or work.whole
    bars_meant = range(where[0], where[1] + 1)
    counts = [
        compare.onsets_a_bar(compare.excerpt(w.score, bars_meant), place.parts or None)
        for w in (work, made)
    ]
    if way * (counts[1] - counts[0]) < _LEAST * counts[0]:  # the band made up for the melody
        made = texture.restruck(made, names - leads, way, where)
    touched = rewritten(work, names)
    return Step(made, untouched(work, made, touched, place.span if touched is not None else None))


def fullness(job: Job, work: Work) -> Step:
    """Fuller or thinner: players join or leave, a part alone has more or fewer voices."""
    steps, place = job.change.fullness or 0, job.place
    if place.parts:
        made = texture.voiced(work, steps, place.parts, place.span)
        return Step(made, untouched(work, made, place.parts, place.span))
    made = texture.fuller(work, steps, job.makers.arranger, job.seed, place.span)
    if steps > 0:
        return Step(made, untouched(work, made, frozenset(), None))
    stays = [t.name for t in work.score.tracks if t.role in ("bass", "drums")]
    touched = frozenset(t.name for t in work.score.tracks) - set(stays)
    return Step(made, untouched(work, made, touched, place.span))


def register(job: Job, work: Work) -> Step:
    """Higher or lower by octaves: the melody (or the parts named), by two steps all but the bass.

    Raises
    ------
    Refusal
        When nobody meant can go further.
    """
    steps, place = job.change.register or 0, job.place
    up = 1 if steps > 0 else -1
    lead = {p.name for p in work.plan.parts if p.role == "melody"}
    others = {p.name for p in work.plan.parts if not p.is_drum and p.role != "bass"}
    names = place.parts or frozenset(lead if abs(steps) == 1 else others)
    names = frozenset(p.name for p in work.plan.parts if p.name in names and not p.is_drum)
    after = pitch.octaves(work, names, up, place.span)
    if not _height(work, after, names & lead or names, up, place.span) and names & lead:
        melody = lines.higher(work, steps, job.makers.composer, job.seed, place.span)
        after = with_melody(job, work, melody)
    must_move(work, after, up)
    touched = rewritten(work, names)
    span = place.span if touched is not None else None
    return Step(after, untouched(work, after, touched, span))


def _height(before: Work, after: Work, names: frozenset[str], up: int, span: Span | None) -> bool:
    """Whether some parts lie higher (or lower) than they did."""
    first, last = span or before.whole
    places = list(range(first, last + 1))
    old, new = (compare.height(compare.excerpt(w.score, places), names) for w in (before, after))
    return (new - old) * up >= 1
