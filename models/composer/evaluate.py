"""How good the composer is on held-out tunes, in figures beside their comparisons.

In: the data directory and the cache. Out: a flat dict of measures. Likelihood is in nats per melody
note (all events, rests and held notes included, divided by the onsets), told only chords, meter,
mode and manner, against the same network without chords and a 5-gram. What it writes is measured
over the chords of the test tunes and set beside what people wrote over them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.composer import generate, novelty
from models.composer.data import bare, load_sheets
from models.composer.encode import (
    FIRST_ONSET,
    Encoded,
    Event,
    bar_events,
    describe,
    encode,
    events_of,
)
from models.composer.ngram import Ngram
from models.composer.places import ground, shift_of
from models.composer.sheets import STEPS_PER_BEAT, LeadSheet
from models.composer.train import nats, windows_of
from models.planner.plan import Part, Plan, PlanSection
from models.score import Meter, Note, PlacedChord, Section
from models.theory import QUALITY_CLASSES, Chord, Key

_SYMBOLS = {
    "maj": "", "min": "m", "sus": "sus4", "dom7": "7", "min7": "m7", "hdim7": "m7b5",
}  # fmt: skip
_LENGTH = 320


def evaluate(data: Path, cache: Path, tunes: int = 60, seed: int = 0) -> dict[str, float]:
    """All measures: likelihood by source, and generated against human melodies."""
    sheets = load_sheets(data, cache)
    composer = generate.load_composer()
    out = likelihood(composer, sheets["train"], sheets["test"])
    return out | writing(composer, sheets["test"], tunes, seed)


def likelihood(
    composer: generate.Composer, train: Sequence[LeadSheet], test: Sequence[LeadSheet]
) -> dict[str, float]:
    """Nats per note by source and model."""
    model = composer.decoder.model
    ngrams = {order: Ngram(order).fit(train) for order in (2, 5)}  # 2 is the best of 2..5 here
    groups: dict[str, list[LeadSheet]] = defaultdict(list)
    for sheet in test:
        groups[sheet.source].append(sheet)
        groups["all"].append(sheet)
    out: dict[str, float] = {}
    for source, members in sorted(groups.items()):
        notes = sum(len(s.notes) for s in members)
        steps = sum(s.bars * s.bar_steps for s in members)
        full = windows_of([encode(s) for s in members], _LENGTH)
        without = windows_of([encode(s, with_chords=False) for s in members], _LENGTH)

        def per_note(windows: list[Encoded], latent: bool = False, count: int = notes) -> float:
            token, duration, _ = nats(model, windows, latent)
            return (token + duration) / count

        told = per_note([bare(w) for w in full])
        out[f"nats_per_note/{source}/composer"] = told
        out[f"nats_per_note/{source}/without_chords"] = per_note([bare(w) for w in without])
        for order, ngram in ngrams.items():
            out[f"nats_per_note/{source}/{order}-gram"] = sum(map(ngram.nats, members)) / notes
        out[f"nats_per_note/{source}/told_bar_attributes"] = per_note(full)
        out[f"nats_per_note/{source}/told_latents_too"] = per_note(full, latent=True)
        out[f"nats_per_step/{source}/composer"] = told * notes / steps
        out[f"notes/{source}"] = notes
    return out


def plan_of(sheet: LeadSheet, bars: int) -> Plan:
    """A plan that asks for a new melody over the first `bars` bars of a tune's chords."""
    meter = Meter.parse(sheet.meter)
    key = Key("C", "minor" if sheet.minor else "major")
    end = bars * sheet.bar_steps
    starts = [c[0] for c in sheet.chords]
    placed = tuple(
        PlacedChord(
            onset / STEPS_PER_BEAT,
            (min(following, end) - onset) / STEPS_PER_BEAT,
            Chord(key.spell(root), _SYMBOLS.get(name, name)),
        )
        for (onset, root, quality), following in zip(sheet.chords, [*starts[1:], end], strict=True)
        for name in [QUALITY_CLASSES[quality]]
        if onset < end
    )
    density = len([n for n in sheet.notes if n[0] < end]) / (end / STEPS_PER_BEAT)
    section = PlanSection(
        Section("theme", "A", 0, bars),
        min(1.0, max(0.05, (density - 0.35) / 2.3)),
        0.6,
        0.0,
        0.0,
        ("melody",),
    )
    style = {"pop909": "pop", "openewld": "musical_theatre", "nottingham": "folk"}[sheet.source]
    part = Part("melody", "flute", "Flute", 73, 60, 88)
    return Plan(
        sheet.id, style, "song", key, meter, 110, bars, None, (section,), placed, (part,),
        0.5, False, None, 0,
    )  # fmt: skip


def bars_of(notes: Sequence[Note], plan: Plan) -> list[list[Event]]:
    """A composed melody as events by bar, in model space."""
    part = plan.part("melody")
    shift = shift_of(plan, part) if part else 0
    triples = tuple(
        (round(n.onset * STEPS_PER_BEAT), round(n.duration * STEPS_PER_BEAT), n.pitch - shift)
        for n in notes
    )
    meter = str(plan.meter)
    sheet = LeadSheet("", "", "unknown", meter, plan.key.is_minor, plan.bars, triples, ())
    return bar_events(events_of(sheet), sheet.bar_steps, plan.bars)


def measures(bars: Sequence[Sequence[Event]], plan: Plan, index: novelty.Keys) -> dict[str, float]:
    """What a melody over a plan's chords is like."""
    under = ground(plan, plan.sections[0])
    onsets = [e for events in bars for e in events if e.kind == FIRST_ONSET]
    hits = [bool(under.chord_tones[e.step, e.pitch % 12]) for e in onsets]
    strong = [
        h for h, e in zip(hits, onsets, strict=True) if e.step % under.bar in (0, under.bar // 2)
    ]
    moves = np.array([b.pitch - a.pitch for a, b in pairwise(onsets)])
    found, looked = novelty.copied(bars, under.bar, index)
    echoes = describe(bars, under.bar)[:, 5]
    pulse = round(plan.meter.pulse * STEPS_PER_BEAT)
    rhythms = {tuple((e.step % under.bar, e.kind, e.duration) for e in events) for events in bars}
    return {
        "chord_tones_on_strong_beats": float(np.mean(strong)),
        "chord_tones": float(np.mean(hits)),
        "notes_per_bar": len(onsets) / len(bars),
        "steps": float(np.mean((np.abs(moves) <= 2) & (moves != 0))),
        "repeated_notes": float(np.mean(moves == 0)),
        "leaps_of_a_fifth": float(np.mean(np.abs(moves) >= 7)),
        "off_the_pulse": float(np.mean([e.step % under.bar % pulse != 0 for e in onsets])),
        "different_rhythms": len(rhythms) / len(bars),
        "range_semitones": float(np.ptp([e.pitch for e in onsets])),
        "bars_that_echo": float(np.mean(echoes > 1)),
        "two_bars_known_from_training": found / max(1, looked),
    }


def writing(
    composer: generate.Composer, test: Sequence[LeadSheet], tunes: int, seed: int
) -> dict[str, float]:
    """Generated and human melodies over the same chords, means over tunes of 16 bars."""
    chosen = [s for s in test if s.bars >= 16 and s.chords and s.chords[0][0] < s.bar_steps][:tunes]
    rows: dict[str, list[dict[str, float]]] = {"composer": [], "human": []}
    for number, sheet in enumerate(chosen):
        plan = plan_of(sheet, 16)
        end = 16 * sheet.bar_steps
        human = bar_events([e for e in events_of(sheet) if e.step < end], sheet.bar_steps, 16)
        if sum(e.kind == FIRST_ONSET for events in human for e in events) < 16:
            continue
        rows["human"].append(measures(human, plan, composer.index))
        notes = generate.compose(plan, composer, seed + number)
        rows["composer"].append(measures(bars_of(notes, plan), plan, composer.index))
    out: dict[str, float] = {"tunes": len(rows["human"])}
    for who, values in rows.items():
        for name in values[0]:
            out[f"{name}/{who}"] = float(np.mean([v[name] for v in values]))
    return out
