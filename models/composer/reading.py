"""A piece to work on, read into model space; and bars of it put back among its own notes.

In: a `Source` (plan and melody). Out: a `Reading`: the melody as events by bar over the grounds of
all its sections, what each bar is like, and the way back. Bars that are kept keep their very notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.composer.compose import check_meter, notes_of
from models.composer.describe import describe, encode
from models.composer.encode import (
    ECHO_NOTES,
    FIRST_ONSET,
    Encoded,
    Event,
    Wishes,
    bar_events,
    events_of,
)
from models.composer.features import Floats, profile
from models.composer.page import Bars
from models.composer.places import Ground, concatenated, ground, limits_of, manner, shift_of
from models.composer.rules import Limits
from models.composer.sheets import BAR_STEPS, LeadSheet, monophonic
from models.composer.source import Source
from models.errors import Refusal
from models.score import Note


@dataclass(frozen=True)
class Reading:
    """A source in model space: `bars` of events over `grounds`, with the player's `limits`."""

    source: Source
    grounds: tuple[Ground, ...]
    sheet: LeadSheet
    shift: int
    limits: Limits

    @cached_property
    def bars(self) -> list[list[Event]]:
        """Events by bar."""
        return bar_events(events_of(self.sheet), self.sheet.bar_steps, self.sheet.bars)

    @cached_property
    def wishes(self) -> Wishes:
        """What each bar is like and repeats."""
        return describe(self.bars, self.sheet.bar_steps)

    @cached_property
    def encoded(self) -> Encoded:
        """The melody as the network reads it."""
        return encode(self.sheet)

    @cached_property
    def style(self) -> Floats:
        """Its style vector, (60,)."""
        return profile(self.sung, self.sheet.bar_steps, self.sheet.minor)

    @property
    def sung(self) -> list[list[Event]]:
        """The bars that hold notes."""
        return [b for b in self.bars if has_notes(b)]

    @property
    def ends(self) -> tuple[bool, ...]:
        """Which bars breathe: those that do, and the last."""
        closed = [bool(c) for c in self.wishes.column("close") == 1]
        return (*closed[:-1], True)

    def copies(self) -> dict[int, int]:
        """Bars that repeat an earlier one over the same chords, and which."""
        roots = np.concatenate([g.roots() for g in self.grounds])
        bar = self.sheet.bar_steps
        out = {}
        for b in np.flatnonzero(self.wishes.echo == ECHO_NOTES):
            source = int(self.wishes.source[b])
            here, there = (roots[n * bar : (n + 1) * bar] for n in (b, source))
            if (here == there).all():
                out[int(b)] = source
        return out


def onsets(bar: Sequence[Event]) -> int:
    """How many notes start in a bar."""
    return sum(e.kind == FIRST_ONSET for e in bar)


def has_notes(bar: Sequence[Event]) -> bool:
    """Whether a bar has an onset."""
    return any(e.kind == FIRST_ONSET for e in bar)


def read(source: Source) -> Reading:
    """A source in model space.

    Raises
    ------
    Refusal
        When it has no melody, or a meter that the composer has not learned.
    """
    plan = source.plan
    check_meter(plan)
    part = plan.part("melody")
    if part is None or not source.melody:
        raise Refusal("I find no melody in this music; choose a piece or a file that has one.")
    shift = shift_of(plan, part)
    grounds = tuple(ground(plan, section) for section in plan.sections)
    meter = str(plan.meter)
    steps = monophonic([(n.onset, n.duration, n.pitch - shift) for n in source.melody])
    end = plan.bars * BAR_STEPS[meter]
    inside = [(on, min(length, end - on), pitch) for on, length, pitch in steps if on < end]
    name = manner(plan.style, meter)
    sheet = LeadSheet(
        "", "", name, meter, plan.key.is_minor, plan.bars, tuple(inside), concatenated(grounds)
    )
    return Reading(source, grounds, sheet, shift, limits_of(plan, part, shift, 0.2))


def rewritten(
    reading: Reading, bars: Bars, fresh: Sequence[int], source: Source | None = None
) -> Source:
    """The source (or another over the same bars) with the `fresh` ones of its bars written anew.

    Every other bar keeps its own notes, touched by nothing but a new bar's first note.
    """
    plan = (source or reading.source).plan
    length = plan.meter.bar_beats
    new = set(fresh)
    sections = [
        (
            section,
            [
                [e._replace(step=e.step - section.section.start_bar * reading.sheet.bar_steps)
                 for e in bars[b]]
                for b in range(
                    section.section.start_bar, section.section.start_bar + section.section.bars
                )
            ],
        )
        for section in plan.sections
    ]  # fmt: skip
    written = [
        n for n in notes_of(plan, sections, reading.shift) if int(n.onset / length + 1e-9) in new
    ]
    starts = sorted(n.onset for n in written)
    kept = [n for n in reading.source.melody if int(n.onset / length + 1e-9) not in new]
    cut = [_until(n, starts, [b * length for b in sorted(new)]) for n in kept]
    return Source(plan, tuple(sorted([*cut, *written])))


def _until(note: Note, starts: Sequence[float], bars: Sequence[float]) -> Note:
    """A kept note, not longer than to the first new bar or note after it."""
    limit = min((t for t in (*starts, *bars) if t > note.onset + 1e-9), default=note.end)
    return replace(note, duration=min(note.duration, limit - note.onset))
