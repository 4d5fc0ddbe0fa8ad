"""How much is going on: busier or sparser players, a fuller or thinner sound.

In: a `Work` and steps from -2 to 2. Out: the work with other densities, voices or players. What the
arranger writes at another density is taken where it is denser or sparser indeed; else strokes are
left out by the weight of their place in the bar, or long ones are struck again in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from models import vocabulary
from models.arranger import editing
from models.arranger.generate import Arranger, spliced
from models.composer.voices import thicken
from models.planner.plan import Part, Plan
from models.reshape import compare, pitch
from models.reshape.band import around, tune
from models.reshape.work import Span, Work, within
from models.score import Note, Role, Track, on_grid, without_overlaps

_EPSILON, _SIXTEENTH = 1e-6, 0.25
#: Density (0..1) of one step.
DENSITY = 0.16
#: Who leaves first when it is to be thinner, and who comes when it is to be fuller.
_LEAVING: tuple[Role, ...] = ("other", "pad", "counter", "drums", "chords")
_COMING = ("strings", "warm_pad", "choir", "clarinet", "french_horn", "vibraphone", "flute")
_DRAWS = 104_729


def denser_plan(plan: Plan, by: float, span: Span) -> Plan:
    """The plan with the density of every section that lies in a span moved by so much."""
    sections = tuple(
        replace(s, density=round(min(1.0, max(0.05, s.density + by)), 3))
        if span[0] <= s.section.start_bar <= span[1]
        or s.section.start_bar <= span[0] < s.section.start_bar + s.section.bars
        else s
        for s in plan.sections
    )
    return replace(plan, sections=sections)


def busier(
    work: Work,
    steps: float,
    names: Collection[str],
    arranger: Arranger,
    seed: int,
    span: Span | None,
    least: float,
) -> Work:
    """The parts of those names (not the melody) with more, or fewer, strokes in a bar.

    `least` is the share by which their strokes have to change; what comes nearest is taken where
    nothing does.
    """
    names = frozenset(p.name for p in work.plan.parts if p.name in names and p.role != "melody")
    if not names:
        return work
    place, way = span or work.whole, 1 if steps > 0 else -1
    before = _strokes(work, names, place)
    best, gained = work, 0.0
    for draw in range(3):
        by = DENSITY * (steps + way * draw)
        plan = denser_plan(work.plan, by, place)
        made = around(
            work, plan, tune(work), arranger, seed + _DRAWS * draw, span=place, names=names
        )
        gain = way * (_strokes(made, names, place) / max(before, _EPSILON) - 1)
        if gain > gained:
            best, gained = made, gain
        if gained >= least * abs(steps):
            break
    if span is not None:
        best = best.planned(work.plan)
    if gained < least * abs(steps):
        best = restruck(best, names, way, place)
    return best


def _strokes(work: Work, names: Collection[str], place: Span) -> float:
    bars = range(place[0], place[1] + 1)
    return compare.onsets_a_bar(compare.excerpt(work.score, list(bars)), names)


def restruck(work: Work, names: Collection[str], way: int, place: Span) -> Work:
    """Parts with strokes put in half-way through long notes, or those off the beat left out."""
    start, end = work.beats(place)
    pulse = work.plan.meter.pulse

    def changed(track: Track) -> Track:
        if track.name not in names:
            return track
        if way < 0:
            return _sparser(track, start, end, pulse)
        return _filled(track, start, end, pulse)

    made = work.with_tracks([changed(t) for t in work.score.tracks])
    return pitch.playable(made, work, place)


def _sparser(track: Track, start: float, end: float, pulse: float) -> Track:
    """Strokes off the beat are left out; where all lie on beats, every other beat."""
    inside = sorted({n.onset for n in track.notes if within(n, start, end)})
    off = {o for o in inside if abs(o / pulse - round(o / pulse)) > 0.01}
    if not off:
        off = {o for o in inside if round(o / pulse) % 2 == 1}
    kept = [n for n in track.notes if n.onset not in off]
    if not kept:
        return track
    if track.is_drum:
        return replace(track, notes=tuple(kept))
    return replace(track, notes=tuple(_held(kept, track.notes, off)))


def _held(kept: list[Note], old: tuple[Note, ...], off: Collection[float]) -> list[Note]:
    """Notes held over what was left out right after them."""
    ends = {o: max(n.end for n in old if n.onset == o) for o in off}
    return [
        replace(n, duration=on_grid(ends[n.end] - n.onset)) if n.end in ends else n for n in kept
    ]


def _filled(track: Track, start: float, end: float, pulse: float) -> Track:
    """Notes of a pulse or more are struck a second time half-way; drums as `_beaten`."""
    if track.is_drum:
        return _beaten(track, start, end, pulse)
    half = pulse / 2
    notes: list[Note] = []
    for n in track.notes:
        if not within(n, start, end - half) or n.duration < pulse - _EPSILON:
            notes.append(n)
            continue
        again = _softer(n, n.onset + half)
        notes += [replace(n, duration=half), replace(again, duration=n.duration - half)]
    return replace(track, notes=without_overlaps(notes))


def _beaten(track: Track, start: float, end: float, pulse: float) -> Track:
    """Drums with softer strokes half-way between those of what is struck most, down to 16ths."""
    inside = [n for n in track.notes if within(n, start, end)]
    if not inside:
        return track
    counts = Counter(n.pitch for n in inside)
    time = sorted(
        (n for n in inside if n.pitch == max(counts, key=lambda p: (counts[p], p))),
        key=lambda n: n.onset,
    )
    added = []
    for n, following in zip(time, [*time[1:], None], strict=True):
        until = min(end, following.onset if following else end, n.onset + 2 * pulse)
        half = on_grid((until - n.onset) / 2)
        if half >= _SIXTEENTH - _EPSILON:
            added.append(replace(_softer(n, n.onset + half), duration=min(n.duration, half)))
    return replace(track, notes=without_overlaps([*track.notes, *added]))


def _softer(note: Note, onset: float) -> Note:
    return replace(note, onset=on_grid(onset), velocity=max(20, note.velocity - 14))


# --- how many sound -------------------------------------------------------------------------------


def fuller(work: Work, steps: int, arranger: Arranger, seed: int, span: Span | None) -> Work:
    """As many more players as steps (or fewer), in some bars only where these are named.

    Raises
    ------
    Refusal
        When there is no room for another player.
    """
    for step in range(abs(steps)):
        work = _joined(work, arranger, seed + step, span) if steps > 0 else _thinned(work, span)
    return work


def _joined(work: Work, arranger: Arranger, seed: int, span: Span | None) -> Work:
    """One more player, of the style where it has one left, in a role that holds notes."""
    style = vocabulary.load().styles[work.plan.style]
    taken = {p.instrument for p in work.plan.parts}
    free = [i for i in (*style.pad, *_COMING) if i not in taken]
    plan, part = editing.with_player(work.plan, free[0])
    if work.plan.ensemble is None:
        plan, part = _as_pad(plan, part)
    made = around(work, plan, tune(work), arranger, seed, span=work.whole, names={part.name})
    if span is None:
        return made
    start, end = work.beats(span)
    tracks = [
        replace(t, notes=tuple(n for n in t.notes if within(n, start, end)))
        if t.name == part.name
        else t
        for t in made.score.tracks
    ]
    heard = any(t.notes for t in tracks if t.name == part.name)
    return made.with_tracks(tracks) if heard else work


def _as_pad(plan: Plan, part: Part) -> tuple[Plan, Part]:
    """The newcomer holding chords, in all sections."""
    pad = replace(part, role="pad")
    parts = tuple(pad if p.name == part.name else p for p in plan.parts)
    sections = tuple(
        replace(s, roles=tuple(dict.fromkeys((*s.roles, "pad")))) for s in plan.sections
    )
    return replace(plan, parts=parts, sections=sections), pad


def _thinned(work: Work, span: Span | None) -> Work:
    """Without the part that is missed least; where only what is needed is left, fewer voices."""
    start, end = work.beats(span or work.whole)
    for role in _LEAVING:
        part = next((p for p in work.plan.parts if p.role == role), None)
        roles = [p.role for p in work.plan.parts if not p.is_drum]
        if part is None or role == "drums" or (role == "chords" and roles.count("chords") < 2):
            continue
        if span is None:
            return work.planned(editing.without_part(work.plan, part.name))
        old = next(t for t in work.score.tracks if t.name == part.name)
        quiet = editing.silenced(old, start, end)
        if quiet.notes and quiet.notes != old.notes:
            return work.with_tracks(quiet if t is old else t for t in work.score.tracks)
    tracks = [
        _fewer_voices(t, start, end) if t.role in ("chords", "pad", "counter", "melody") else t
        for t in work.score.tracks
    ]
    return work.with_tracks(tracks)


def voiced(work: Work, steps: int, names: Collection[str], span: Span | None) -> Work:
    """Some parts with chord tones added below their single notes, or with voices left out."""
    start, end = work.beats(span or work.whole)

    def changed(track: Track) -> Track:
        if track.name not in names or track.is_drum:
            return track
        if steps < 0:
            return _fewer_voices(track, start, end)
        part = next(p for p in work.plan.parts if p.name == track.name)
        share = min(1.0, 0.34 * steps)
        thick = thicken(
            track.notes, replace(work.plan, parts=(replace(part, role="melody"),)), share
        )
        if span is None:
            return replace(track, notes=thick)
        return spliced(track, replace(track, notes=thick), start, end)

    made = work.with_tracks([changed(t) for t in work.score.tracks])
    return pitch.playable(made, work, span)


def _fewer_voices(track: Track, start: float, end: float) -> Track:
    """Chords with their inner notes left out down to two, and two down to the upper one.

    Single notes of an accompaniment are let go earlier.
    """
    chords: dict[float, list[Note]] = {}
    for n in track.notes:
        chords.setdefault(n.onset, []).append(n)
    kept: list[Note] = []
    for notes in chords.values():
        ordered = sorted(notes, key=lambda n: n.pitch)
        if not within(ordered[0], start, end) or (len(ordered) == 1 and track.role == "melody"):
            kept += ordered
        elif len(ordered) > 2:
            kept += [ordered[0], ordered[-1]]
        elif len(ordered) == 2:
            kept.append(ordered[-1])
        else:
            kept.append(replace(ordered[0], duration=max(0.25, on_grid(0.6 * ordered[0].duration))))
    return replace(track, notes=tuple(sorted(kept)))
