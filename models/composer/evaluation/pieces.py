"""Held-out lead sheets as pieces to work on, and pieces as bars to measure.

In: a `LeadSheet` with chords. Out: a `Plan` that asks for a melody over its chords, or a `Source`
with its own melody; and the way from `Note`s back to events by bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.composer.encode import FIRST_ONSET, Event, bar_events, events_of
from models.composer.harmonising import placed_chords
from models.composer.places import shift_of
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, LeadSheet
from models.composer.source import Source
from models.planner.plan import Part, Plan, PlanSection
from models.score import Meter, Note, Section
from models.theory import Key

#: The style of the vocabulary whose manner (`places.manner`) is nearest to a corpus's.
_STYLES = {
    "jig": "celtic_jig", "reel": "celtic_reel", "hornpipe": "polka", "waltz": "waltz",
    "morris": "march", "playford": "baroque", "carol": "christmas", "folk": "celtic_air",
    "pop": "pop", "chorale": "hymn", "lied": "classical", "game": "chiptune",
}  # fmt: skip


def cut(sheet: LeadSheet, bars: int) -> LeadSheet:
    """The first bars of a sheet."""
    end = bars * sheet.bar_steps
    notes = tuple((on, min(n, end - on), pitch) for on, n, pitch in sheet.notes if on < end)
    chords = tuple(c for c in sheet.chords if c[0] < end)
    return replace(sheet, bars=min(bars, sheet.bars), notes=notes, chords=chords)


def workable(sheet: LeadSheet, bars: int) -> bool:
    """Whether a sheet has so many bars, chords from its first bar on, and a note a bar."""
    chorded = bool(sheet.chords) and sheet.chords[0][0] < sheet.bar_steps
    return chorded and sheet.bars >= bars and len(cut(sheet, bars).notes) >= bars


def plan_of(sheet: LeadSheet) -> Plan:
    """A plan that asks for a new melody over the chords of a sheet, in its meter and mode."""
    meter = Meter.parse(sheet.meter)
    key = Key("C", "minor" if sheet.minor else "major")
    end = sheet.bars * sheet.bar_steps
    density = len(sheet.notes) / (end / STEPS_PER_BEAT)
    asked = min(1.0, max(0.05, (density - 0.35) / 2.3))  # the inverse of `phrases.notes_a_bar`
    section = PlanSection(Section("theme", "A", 0, sheet.bars), asked, 0.6, 0.0, 0.0, ("melody",))
    part = Part("melody", "piano", "Piano", 0, 40, 100)
    plan = Plan(
        sheet.id, _STYLES.get(sheet.style, "musical_theatre"), "song", key, meter, 110, sheet.bars,
        None, (section,), (), (part,), 0.5, False, None, 0,
    )  # fmt: skip
    chords = [(0, *sheet.chords[0][1:]), *sheet.chords[1:]]
    return replace(plan, chords=placed_chords(plan, chords))


def source_of(sheet: LeadSheet) -> Source:
    """A sheet with its own melody as a piece to work on, at the height it has in model space.

    The part reaches as far as the melody does, so that no use has to move what is there.
    """
    plan = plan_of(sheet)
    pitches = [pitch for _, _, pitch in sheet.notes]
    part = replace(plan.parts[0], low=min(55, *pitches), high=max(84, *pitches))
    notes = tuple(
        Note(on / STEPS_PER_BEAT, pitch, length / STEPS_PER_BEAT, 88)
        for on, length, pitch in sheet.notes
    )
    return Source(replace(plan, parts=(part,)), notes)


def bars_of(notes: Sequence[Note], plan: Plan) -> list[list[Event]]:
    """A melody as events by bar, in model space."""
    part = plan.part("melody")
    shift = shift_of(plan, part) if part else 0
    triples = tuple(
        (round(n.onset * STEPS_PER_BEAT), round(n.duration * STEPS_PER_BEAT), n.pitch - shift)
        for n in notes
    )
    meter = str(plan.meter)
    sheet = LeadSheet("", "", "unknown", meter, plan.key.is_minor, plan.bars, triples, ())
    return bar_events(events_of(sheet), sheet.bar_steps, plan.bars)


def sheet_bars(sheet: LeadSheet) -> list[list[Event]]:
    """A sheet's own melody as events by bar."""
    return bar_events(events_of(sheet), sheet.bar_steps, sheet.bars)


def bar_steps(plan: Plan) -> int:
    """Sixteenths in a bar of a plan."""
    return BAR_STEPS[str(plan.meter)]


def onset_steps(bars: Sequence[Sequence[Event]]) -> list[Event]:
    """The events that start a note."""
    return [e for events in bars for e in events if e.kind == FIRST_ONSET]
