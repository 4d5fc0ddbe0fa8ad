"""Plan to melody: the composer at work.

In: a `Plan`, a loaded `Composer` and a seed. Out: `Note`s of the melody part, in beats. Each label
of the form is written once, eight bars at a time, the earlier labels read as context. Returning
sections repeat those notes; where the harmony differs, and in the last two bars of the piece, only
those bars are written again. A label's random numbers depend on the seed and the label alone: a
longer form leaves earlier music as it was.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.composer import phrases
from models.composer.encode import FIRST_ONSET, HOLD, Event, Wishes
from models.composer.features import Floats
from models.composer.page import Bars, Composer, Page, Told, borders, write
from models.composer.places import (
    Ground,
    ground,
    limits_of,
    manner,
    register_of,
    registers,
    shift_of,
)
from models.composer.rules import Limits
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, SUNG
from models.composer.sliders import Sliders
from models.errors import Refusal
from models.planner.plan import Plan, PlanSection
from models.score import Note


@dataclass(frozen=True)
class Motif:
    """Bars of a tune that a section starts with, in model space; `label` is the section's."""

    label: str
    bars: Bars


@dataclass(frozen=True)
class Wish:
    """What is asked of a melody beside its plan: `style` is a style vector (60,)."""

    style: Floats | None = None
    sliders: Sliders = field(default_factory=Sliders)
    motif: Motif | None = None


@dataclass(frozen=True)
class _Task:
    """What holds for all sections of one call."""

    plan: Plan
    composer: Composer
    limits: Limits
    seed: int
    candidates: int
    wish: Wish


def check_meter(plan: Plan) -> None:
    """Refuse a plan in a meter that the composer has not learned.

    Raises
    ------
    Refusal
        For any meter but 4/4, 3/4, 6/8 and 2/4.
    """
    if str(plan.meter) not in BAR_STEPS:
        raise Refusal(
            "I cannot write melodies in {meter} yet; ask for 4/4, 3/4, 6/8 or 2/4.",
            meter=str(plan.meter),
        )


def compose(
    plan: Plan,
    composer: Composer,
    seed: int,
    candidates: int = 8,
    wish: Wish | None = None,
) -> tuple[Note, ...]:
    """Write the melody of a plan.

    Returns
    -------
    tuple of Note
        Onsets and durations in beats, sorted, one voice, inside the melody part's range; () when
        the plan has no melody part.

    Raises
    ------
    Refusal
        When the meter is not one the composer has learned.
    """
    check_meter(plan)
    part = plan.part("melody")
    singing = [s for s in plan.sections if "melody" in s.roles]
    if part is None or not singing:
        return ()
    shift = shift_of(plan, part)
    limits = limits_of(plan, part, shift, composer.strictness)
    task = _Task(plan, composer, limits, seed & 0xFFFFFFFF, candidates, wish or Wish())
    known: dict[str, tuple[Ground, Bars]] = {}
    written: list[tuple[PlanSection, Bars]] = []
    for number, section in enumerate(singing):
        here, label = ground(plan, section), section.section.label
        if label not in known:
            known[label] = (here, _write(task, here, known, _hook(task, here)))
        original, bars = known[label]
        kept = {b: bars[b] for b in range(here.bars) if here.same_bar(b, original, b)}
        final = number + 1 == len(singing) and not plan.loop
        for b in range(max(0, here.bars - 2), here.bars) if final else ():
            kept.pop(b, None)
        if len(kept) < here.bars:
            earlier = {k: v for k, v in known.items() if k != label}
            bars = _write(task, here, earlier, _hook(task, here) | kept, final)
        written.append((section, bars))
    return notes_of(plan, written, shift)


def _hook(task: _Task, here: Ground) -> dict[int, Sequence[Event]]:
    """The motif at the head of its section, and again at the head of its second half."""
    motif = task.wish.motif
    if motif is None or motif.label != here.section.section.label:
        return {}
    given = {b: events for b, events in enumerate(motif.bars) if b < here.bars}
    half = here.bars // 8 * 4  # where a phrase starts, in twelve bars too
    if half >= max(4, len(motif.bars)):
        for b, events in enumerate(motif.bars):
            if here.same_bar(half + b, here, b):
                given[half + b] = events
    return given


def _write(
    task: _Task,
    here: Ground,
    known: Mapping[str, tuple[Ground, Bars]],
    kept: Mapping[int, Sequence[Event]],
    final: bool = False,
) -> list[list[Event]]:
    """Bars of one section, steps counted from its start; `kept` bars are taken as they are."""
    page = _page(task, [g for g, _ in known.values()], here, kept, final)
    first = page.bars - here.bars
    given = dict(enumerate(events for _, bars in known.values() for events in bars))
    given |= {first + b: events for b, events in kept.items()}
    bars = write(page, given, (task.seed, _number(here)), task.candidates, first)[first:]
    offset = first * here.bar
    return [[event._replace(step=event.step - offset) for event in events] for events in bars]


def _number(part: Ground) -> int:
    return zlib.crc32(part.section.section.label.encode())


def _page(
    task: _Task,
    known: Sequence[Ground],
    here: Ground,
    kept: Mapping[int, Sequence[Event]],
    final: bool,
) -> Page:
    plan, grounds, habits = task.plan, (*known, here), task.composer.habits
    meter = str(plan.meter)
    told = [_wishes(task, part) for part in grounds]
    first = sum(g.bars for g in known)
    wanted = task.wish.sliders.notes(_manner(task, here).notes, here.bar, task.limits.shortest)
    counted = task.wish.sliders.intensity is not None
    counts = phrases.spread(wanted, here.bars) if counted else []
    return Page(
        task.composer,
        meter,
        plan.key.is_minor,
        habits.manner if habits else manner(plan.style, meter),
        grounds,
        Wishes.joined(told),
        task.limits,
        tuple(end for g in grounds for end in phrases.phrase_ends(g.bars)),
        final,
        fresh=frozenset(first + b for b in borders(kept, here.bars)),
        targets={first + b: count for b, count in enumerate(counts)},
        told=Told(style=task.wish.style),
        tension=[0.0] * first + _tension(here),
    )


def _tension(part: Ground) -> list[float]:
    """The wanted course of tension in a section, 0..1 a bar: its level, rising over each phrase."""
    level = 0.5 * part.section.dynamics + 0.25 * (1 + part.section.arousal)
    return [min(1.0, level * (0.85 + 0.1 * (b % 4))) for b in range(part.bars)]


def _manner(task: _Task, part: Ground) -> phrases.Manner:
    plan, section, habits = task.plan, part.section, task.composer.habits
    pulses, beats = plan.bpm / plan.meter.pulse, plan.meter.bar_beats
    notes = phrases.notes_a_bar(section.density, pulses, beats)
    sung = manner(plan.style, str(plan.meter)) in SUNG
    register, within = register_of(section, task.limits), registers(task.limits)
    found = phrases.Manner(notes, register, within, sung=sung)
    if habits is None:
        return found
    mean = float(np.mean([s.density for s in plan.sections if "melody" in s.roles]))
    return habits.applied(found, phrases.notes_a_bar(mean, pulses, beats), beats)


def _wishes(task: _Task, part: Ground) -> Wishes:
    """What the bars of a section should be like: the same wherever it is read or written."""
    rng = np.random.default_rng((task.seed, _number(part)))
    manner_ = task.wish.sliders.applied(_manner(task, part), part.bar, task.limits.shortest)
    wanted = phrases.wishes(part.bars, manner_, part.bar, rng)
    return phrases.honest_echoes(wanted, part.roots(), part.bar)


def notes_of(
    plan: Plan, written: Sequence[tuple[PlanSection, Bars]], shift: int
) -> tuple[Note, ...]:
    """Bars of sections, in model space, as sounding notes in beats with velocities."""
    notes: list[Note] = []
    for section, bars in written:
        start = section.section.start_bar * plan.meter.bar_beats
        phrase = 4 * plan.meter.bar_beats
        for event in (e for events in bars for e in events):
            length = event.duration / STEPS_PER_BEAT
            if event.kind == FIRST_ONSET:
                inside = event.step / STEPS_PER_BEAT
                loud = _velocity(section.dynamics, inside, phrase, plan.meter.bar_beats)
                notes.append(Note(start + inside, event.pitch + shift, length, loud))
            elif event.kind == HOLD and notes:
                held = notes[-1]
                notes[-1] = Note(held.onset, held.pitch, held.duration + length, held.velocity)
    return tuple(notes)


def _velocity(dynamics: float, beat: float, phrase: float, bar: float) -> int:
    """70..105 over a phrase (swelling to two thirds of it), times 0.6 to 1.2 by dynamics."""
    place = (beat % phrase) / phrase
    arch = 1 - abs(place - 0.62) / 0.62
    accent = 1.0 if beat % bar == 0 else 0.5 if beat % 1 == 0 else 0.0
    return round((70 + 25 * arch + 10 * accent) * (0.58 + 0.6 * dynamics))
