"""Chords for a tune, a tune for chords, and a piece around a hook.

In: a `Source`, or a motif and a `Plan`; a `Composer` and a seed. Out: a new `Source`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.composer.compose import Motif, Wish, compose
from models.composer.harmony.harmoniser import harmonise as find_harmony
from models.composer.page import Composer
from models.composer.reading import read
from models.composer.sheets import STEPS_PER_BEAT
from models.composer.source import Source
from models.errors import Refusal
from models.planner.plan import Plan, PlanSection
from models.score import Note, PlacedChord
from models.theory import QUALITY_CLASSES, Chord

_SYMBOLS = {
    "maj": "", "min": "m", "sus": "sus4", "dom7": "7", "min7": "m7", "hdim7": "m7b5",
}  # fmt: skip


def harmonise(source: Source, composer: Composer, seed: int) -> Source:
    """The melody over new chords.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    reading = read(source)
    plan = source.plan
    sheet = reading.sheet
    chords = find_harmony(
        sheet.notes, sheet.meter, sheet.minor, sheet.bars, sheet.style, composer.harmoniser,
        seed=seed, temperature=0.7 if plan.chords else 0.0,
    )  # fmt: skip
    return Source(replace(plan, chords=placed_chords(plan, chords)), source.melody)


def placed_chords(plan: Plan, chords: Sequence[tuple[int, int, int]]) -> tuple[PlacedChord, ...]:
    """Chords (step, root above the tonic, quality) as the plan's, up to its last bar line."""
    end = plan.bars * plan.meter.bar_beats
    onsets = [step / STEPS_PER_BEAT for step, _, _ in chords]
    return tuple(
        PlacedChord(onset, following - onset, _chord(plan, root, quality))
        for onset, following, (_, root, quality) in zip(
            onsets, [*onsets[1:], end], chords, strict=True
        )
        if following > onset
    )


def _chord(plan: Plan, root: int, quality: int) -> Chord:
    name = QUALITY_CLASSES[quality]
    return Chord(plan.key.spell((plan.key.tonic_pc + root) % 12), _SYMBOLS.get(name, name))


def remelodise(source: Source, composer: Composer, seed: int) -> Source:
    """A new melody over the chords and the form of a piece.

    Raises
    ------
    Refusal
        When the piece has no chords.
    """
    plan = source.plan
    if not plan.chords:
        raise Refusal("This music has no chords to write over; ask me to harmonise it first.")
    if not any("melody" in s.roles for s in plan.sections):
        raise Refusal("I find no melody in this music; choose a piece or a file that has one.")
    return Source(plan, compose(plan, composer, seed))


def develop(motif: Sequence[Note], plan: Plan, composer: Composer, seed: int) -> Source:
    """A piece whose hook is the motif: it opens every chorus (else the first theme).

    `motif` counts beats from its first bar line and sounds as written, moved by octaves into the
    part's range. Where the plan's chords do not bear it, its bars get chords that do.

    Raises
    ------
    Refusal
        When the motif is empty or the plan has no melody.
    """
    part = plan.part("melody")
    singing = [s for s in plan.sections if "melody" in s.roles]
    if not motif or part is None or not singing:
        raise Refusal("I need a tune of at least one note, and an instrument to play it.")
    middle = float(np.mean([n.pitch for n in motif]))
    centre = (part.low + part.high) / 2
    octaves = 12 * round((centre - middle) / 12)
    tune = tuple(replace(n, pitch=n.pitch + octaves) for n in motif)
    length = plan.meter.bar_beats
    size = max(1, int(-(-max(n.end for n in tune) // length)))
    chorus = next((s for s in singing if s.section.name == "chorus"), singing[0])
    label = chorus.section.label
    placed = replace(
        plan,
        chords=_bearing(
            plan, [s for s in singing if s.section.label == label], tune, size, composer
        ),
    )
    start = chorus.section.start_bar
    moved = tuple(replace(n, onset=n.onset + start * length) for n in tune)
    reading = read(Source(placed, moved))
    bars = [
        [e._replace(step=e.step - start * reading.sheet.bar_steps) for e in reading.bars[start + k]]
        for k in range(min(size, chorus.section.bars))
    ]
    return Source(placed, compose(placed, composer, seed, wish=Wish(motif=Motif(label, bars))))


def _bearing(
    plan: Plan, sections: Sequence[PlanSection], tune: Sequence[Note], size: int, composer: Composer
) -> tuple[PlacedChord, ...]:
    """The plan's chords, those under the motif changed where most of it lies outside them."""
    length = plan.meter.bar_beats
    chords = list(plan.chords)
    notes = [
        (
            round(n.onset * STEPS_PER_BEAT),
            max(1, round(n.duration * STEPS_PER_BEAT)),
            n.pitch - plan.key.tonic_pc,
        )
        for n in tune
    ]
    hook = find_harmony(
        notes, str(plan.meter), plan.key.is_minor, size, "unknown", composer.harmoniser
    )
    fitting = placed_chords(replace(plan, bars=size), hook)
    for section in sections:
        start = section.section.start_bar * length
        inside = [c for c in chords if start - 1e-9 <= c.onset < start + size * length - 1e-9]
        held = sum(
            n.duration
            for n in tune
            for c in inside
            if c.onset <= n.onset + start < c.onset + c.duration and n.pitch % 12 in c.chord.pcs
        )
        if held < 0.5 * sum(n.duration for n in tune):
            moved = [replace(c, onset=c.onset + start) for c in fitting]
            chords = sorted(
                [*(c for c in chords if c not in inside), *moved], key=lambda c: c.onset
            )
    return tuple(chords)
