"""Words first: the melody of a rhythm that the words ask for.

In: a `Plan` and the onsets and ends of all its notes, in beats, as a line of words is said
(`models.lyricist.rhythm`). Out: `Note`s with exactly these times; only their pitches are composed.
The network writes them in order, eight bars at a time, with every duration given, and the critic
chooses. Bars of a returning section that have the rhythm and the chords of its first time take that
time's notes, as in `compose`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from models.composer import phrases
from models.composer.compose import check_meter, notes_of
from models.composer.describe import density_class, syncopation_class
from models.composer.encode import (
    ECHO_NEW,
    ECHO_NOTES,
    ECHO_RHYTHM,
    FIRST_ONSET,
    Event,
    Wishes,
    bar_events,
    closes,
    events_of,
)
from models.composer.page import Bars, Composer, Page, write
from models.composer.places import (
    Ground,
    concatenated,
    ground,
    limits_of,
    manner,
    register_of,
    registers,
    shift_of,
)
from models.composer.rules import Limits
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, LeadSheet
from models.errors import Refusal
from models.planner.plan import Plan, PlanSection
from models.score import Note

Spans = Sequence[tuple[float, float]]
#: A bar's events without their pitches: place, kind and duration in steps.
Shape = tuple[tuple[int, int, int], ...]
#: What people sing without effort: model-space MIDI (the tonic is 60) and the widest leap.
_LOW, _HIGH, _LEAP = 57, 76, 9
_MIDDLE = 60  # a pitch to stand for those that are not written yet
_LAGS = (2, 4, 8, 1)


def set_words(
    plan: Plan, spans: Spans, composer: Composer, seed: int, candidates: int = 8
) -> tuple[Note, ...]:
    """The melody of a plan whose notes begin and end as `spans` say (beats, sorted, one voice).

    Raises
    ------
    Refusal
        When the meter is not one the composer has learned, or nobody plays the melody.
    ValueError
        When a span is not on the grid of sixteenths, or outside the plan.
    """
    check_meter(plan)
    part = plan.part("melody")
    if part is None:
        raise Refusal("Nobody in this piece sings or plays a melody; name an instrument that can.")
    shift = shift_of(plan, part)
    limits = _singable(limits_of(plan, part, shift, composer.strictness))
    grounds = tuple(ground(plan, section) for section in plan.sections)
    bars = _timed(plan, spans, grounds)
    page = _page(plan, grounds, bars, composer, limits, seed)
    made = write(page, {}, (seed & 0xFFFFFFFF, zlib.crc32(b"words")), candidates)
    return notes_of(plan, _by_section(plan, made, page.bar), shift)


def _singable(limits: Limits) -> Limits:
    """The player's range, no wider than a singer's where it has an octave of that."""
    low, high = max(limits.low, _LOW), min(limits.high, _HIGH)
    leap = min(limits.leap, _LEAP)
    return replace(limits, low=low, high=high, leap=leap) if high - low >= 12 else limits


def _timed(plan: Plan, spans: Spans, grounds: Sequence[Ground]) -> list[list[Event]]:
    """All bars as events whose pitches mean nothing yet."""
    notes = []
    for onset, end in spans:
        first, last = round(onset * STEPS_PER_BEAT), round(end * STEPS_PER_BEAT)
        if abs(first / STEPS_PER_BEAT - onset) > 1e-6 or last <= first:
            raise ValueError(f"a note from {onset} to {end} is not on the grid")
        notes.append((first, last - first, _MIDDLE))
    bar = BAR_STEPS[str(plan.meter)]
    inside = all(a[0] + a[1] <= b[0] for a, b in pairwise(notes))
    if not notes or not inside or notes[0][0] < 0 or sum(notes[-1][:2]) > plan.bars * bar:
        raise ValueError("notes overlap, are missing or lie outside the plan")
    style = manner(plan.style, str(plan.meter))
    sheet = LeadSheet(
        "", "", style, str(plan.meter), plan.key.is_minor, plan.bars, tuple(notes),
        concatenated(grounds),
    )  # fmt: skip
    return bar_events(events_of(sheet), bar, plan.bars)


def _page(
    plan: Plan,
    grounds: tuple[Ground, ...],
    bars: Sequence[Sequence[Event]],
    composer: Composer,
    limits: Limits,
    seed: int,
) -> Page:
    bar = grounds[0].bar
    shapes = [_shape(events, bar) for events in bars]
    copies = _copies(grounds, shapes)
    ends = [bool(closes(events, bar)) for events in bars]
    return Page(
        composer,
        str(plan.meter),
        plan.key.is_minor,
        composer.habits.manner if composer.habits else manner(plan.style, str(plan.meter)),
        grounds,
        _wishes(plan, grounds, bars, shapes, limits, seed),
        limits,
        (*ends[:-1], True),
        final=not plan.loop,
        copies=copies,
        rhythm=dict(enumerate(bars)),
        tension=_tension(grounds),
    )


def _shape(events: Sequence[Event], bar: int) -> Shape:
    return tuple((e.step % bar, e.kind, e.duration) for e in events)


def _copies(grounds: Sequence[Ground], shapes: Sequence[Shape]) -> dict[int, int]:
    """Bars of returning sections that sound as they did the first time, and which those are.

    The last two bars of the piece are its own: they close it.
    """
    found: dict[int, int] = {}
    first: dict[str, tuple[Ground, int]] = {}
    start = 0
    for here in grounds:
        label = here.section.section.label
        original, at = first.setdefault(label, (here, start))
        if at < start:
            for b in range(here.bars):
                same = here.same_bar(b, original, b) and shapes[start + b] == shapes[at + b]
                if same and start + b < len(shapes) - 2:
                    found[start + b] = at + b
        start += here.bars
    return found


def _wishes(
    plan: Plan,
    grounds: Sequence[Ground],
    bars: Sequence[Sequence[Event]],
    shapes: Sequence[Shape],
    limits: Limits,
    seed: int,
) -> Wishes:
    """What each bar should be like: as full as its words make it, looking back where they allow."""
    parts, start = [], 0
    for here in grounds:
        label = here.section.section.label
        rng = np.random.default_rng((seed & 0xFFFFFFFF, zlib.crc32(label.encode())))
        own = bars[start : start + here.bars]
        counts = [sum(e.kind == FIRST_ONSET for e in events) for events in own]
        usual = phrases.Manner(
            float(np.mean(counts)), register_of(here.section, limits), registers(limits), sung=True
        )
        wanted = phrases.wishes(here.bars, usual, here.bar, rng)
        for b, events in enumerate(own):
            wanted.column("density")[b] = density_class(counts[b], here.bar / 4)
            wanted.column("syncopation")[b] = syncopation_class(events, here.bar)
            wanted.column("close")[b] = closes(events, here.bar)
            _look_back(wanted, b, shapes[start : start + here.bars])
        parts.append(phrases.honest_echoes(wanted, here.roots(), here.bar))
        start += here.bars
    return Wishes.joined(parts)


def _look_back(wanted: Wishes, b: int, shapes: Sequence[Shape]) -> None:
    """An echo has the rhythm of what it repeats: another source with it is taken, or none."""
    kind, source = int(wanted.echo[b]), int(wanted.source[b])
    if kind < ECHO_RHYTHM or (source >= 0 and shapes[source] == shapes[b]):
        return
    same = [b - lag for lag in _LAGS if b - lag >= 0 and shapes[b - lag] == shapes[b]]
    wanted.echo[b] = (ECHO_NOTES if kind == ECHO_NOTES else ECHO_RHYTHM) if same else ECHO_NEW
    wanted.source[b] = same[0] if same else -1


def _tension(grounds: Sequence[Ground]) -> list[float]:
    """The wanted course, as `compose` has it: a section's level, rising over each phrase."""
    course = []
    for here in grounds:
        level = 0.5 * here.section.dynamics + 0.25 * (1 + here.section.arousal)
        course += [min(1.0, level * (0.85 + 0.1 * (b % 4))) for b in range(here.bars)]
    return course


def _by_section(plan: Plan, made: Bars, bar: int) -> list[tuple[PlanSection, Bars]]:
    """Bars of the whole piece by section, steps counted from each section's start."""
    out: list[tuple[PlanSection, Bars]] = []
    for section in plan.sections:
        start, count = section.section.start_bar, section.section.bars
        own = made[start : start + count]
        moved = [[e._replace(step=e.step - start * bar) for e in events] for events in own]
        out.append((section, moved))
    return out
