"""Plans made from plans: more bars at the end, the parallel mode, another style over its chords.

In: a `Plan` (and a `Brief` of what should change). Out: a new one; the form, and what was not asked
to change, stays.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from models import vocabulary as words
from models.planner.brief import Brief
from models.planner.form import fill, own_form, place
from models.planner.make import make_plan, seconds_with
from models.planner.palette import palette
from models.planner.plan import Plan, PlanSection
from models.planner.progression import Pace, harmonise
from models.score import Meter, PlacedChord, Section
from models.theory import Chord, Key

#: Degrees that differ between the parallel major and minor: third, sixth, seventh.
_LOWERED = {4: 3, 9: 8, 11: 10}
_RAISED = {low: high for high, low in _LOWERED.items()}
#: What the triad on a degree of the major scale is in the parallel minor (the fifth stays major).
_IN_MINOR = {0: "m", 2: "dim", 4: "", 5: "m", 7: "", 9: "", 11: ""}
_IN_MAJOR = {0: "", 2: "m", 3: "m", 5: "", 7: "", 8: "m", 10: "dim", 11: "dim"}


def continued(plan: Plan, bars: int, seed: int) -> Plan:
    """The same piece with `bars` new bars after its end, over chords of their own.

    Raises
    ------
    Refusal
        When `bars` is not positive or the piece would last more than 600 seconds.
    """
    seconds_with(plan, bars)
    total = plan.bars + bars
    last = plan.sections[-1]
    names = ["theme"] * max(1, round(bars / 8))
    used = {s.section.label for s in plan.sections}
    slots = own_form(names)
    placed = place(slots, fill(slots, bars)[1])
    free = [letter for letter in "XYZWVUTSRQPONMLKJIHGFEDCBA" if letter not in used] or ["X1"]
    sections = [
        Section("theme", free[n % len(free)], plan.bars + s.start_bar, s.bars)
        for n, s in enumerate(placed)
    ]
    style = words.load().styles[plan.style]
    rng = Random(f"{seed}:continued")
    colours = palette(style, plan.key, last.valence, plan.grade, rng)
    pulses = round(plan.meter.bar_beats / plan.meter.pulse)
    pace = Pace(pulses, plan.meter.pulse * 60 / plan.bpm, 2)
    local = [replace(s, start_bar=s.start_bar - plan.bars) for s in sections]
    chords = harmonise(colours, local, plan.meter, pace, False, rng)
    start = plan.bars * plan.meter.bar_beats
    moved = tuple(replace(c, onset=c.onset + start) for c in chords)
    roles = max((s.roles for s in plan.sections), key=len)
    return replace(
        plan,
        bars=total,
        seconds=None,
        last_bpm=None,
        loop=False,
        sections=(*plan.sections, *(replace(last, section=s, roles=roles) for s in sections)),
        chords=(*plan.chords, *moved),
    )


def parallel(plan: Plan) -> Plan:
    """The plan in the parallel minor (or major): the same tonic, the chords of the other mode."""
    minor = not plan.key.is_minor
    key = Key(plan.key.tonic, "minor" if minor else "major")
    chords = tuple(replace(c, chord=_borrowed(c.chord, plan.key, key)) for c in plan.chords)
    return replace(plan, key=key, chords=chords)


def parallel_pitch(pitch: int, old: Key, new: Key) -> int:
    """A pitch moved to the same degree of the other mode; what both modes share stays."""
    degree = (pitch - old.tonic_pc) % 12
    table = _LOWERED if new.is_minor else _RAISED
    return pitch + table.get(degree, degree) - degree


def _borrowed(chord: Chord, old: Key, new: Key) -> Chord:
    degree = (chord.root_pc - old.tonic_pc) % 12
    triads = _IN_MINOR if new.is_minor else _IN_MAJOR
    if degree not in triads:
        return chord
    moved = (_LOWERED if new.is_minor else _RAISED).get(degree, degree)
    if degree == 11 and new.is_minor:  # the leading-tone chord stays: it leads
        return chord
    quality = triads[degree]
    if chord.quality_class in ("dom7", "maj7", "min7", "hdim7"):
        quality = {"": "7" if degree == 7 else "maj7", "m": "m7", "dim": "m7b5"}[quality]
    return Chord(new.spell((new.tonic_pc + moved) % 12), quality)


def restyled(plan: Plan, brief: Brief, seed: int, language: str = "en") -> Plan:
    """The plan's form and chords as another style, mood, meter or tempo would have them.

    `brief` names what changes; key, bars and form stay, and the tempo of a piece of exact length.
    When the style is not played in the plan's meter its own first meter is taken, bar for bar.
    """
    style = words.load().styles[brief.style or plan.style]
    meter = brief.meter or (str(plan.meter) if str(plan.meter) in style.meters else style.meters[0])
    wanted = replace(
        brief,
        style=style.id,
        key=str(plan.key),
        meter=meter,
        bars=plan.bars,
        purpose=brief.purpose or plan.purpose,
        grade=plan.grade,
        seconds=None,
        chords=(),
        form=(),
        title=plan.title,
    )
    fresh = make_plan(wanted, seed, language)
    sections = tuple(_dressed(s, fresh) for s in plan.sections)
    if plan.seconds is not None and fresh.meter == plan.meter:
        fresh = replace(fresh, bpm=plan.bpm, last_bpm=plan.last_bpm, seconds=plan.seconds)
    else:
        fresh = replace(fresh, last_bpm=None, seconds=None)
    return replace(
        fresh,
        title=plan.title,
        key=plan.key,
        sections=sections,
        chords=rebarred(plan.chords, plan.meter, fresh.meter),
        loop=plan.loop,
    )


def _dressed(old: PlanSection, fresh: Plan) -> PlanSection:
    """A section with the density, dynamics, mood and players of a fresh plan at its place."""
    middle = min(old.section.start_bar + old.section.bars // 2, fresh.bars - 1)
    like = fresh.section_at(middle)
    sung = "melody" in old.roles
    roles = tuple(r for r in like.roles if r != "melody" or sung)
    if sung and "melody" not in roles:
        roles = ("melody", *roles)
    return replace(like, section=old.section, roles=roles)


def rebarred(chords: tuple[PlacedChord, ...], old: Meter, new: Meter) -> tuple[PlacedChord, ...]:
    """Chords moved bar for bar to another meter: each to the nearest pulse of the new bar."""
    if old == new:
        return chords
    onsets: dict[float, Chord] = {}
    for placed in chords:
        bar, inside = divmod(placed.onset, old.bar_beats)
        pulse = round(inside / old.bar_beats * new.bar_beats / new.pulse) * new.pulse
        onset = bar * new.bar_beats + min(pulse, new.bar_beats - new.pulse)
        onsets.setdefault(onset, placed.chord)
    end = max(c.onset + c.duration for c in chords) / old.bar_beats * new.bar_beats
    starts = sorted(onsets)
    return tuple(
        PlacedChord(start, stop - start, onsets[start])
        for start, stop in zip(starts, [*starts[1:], end], strict=True)
    )
