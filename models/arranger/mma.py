"""MMA as an arranger of plans: the rule baseline that a learned arranger must not lose to.

In: a `Plan` and its melody. Out: a `Score` whose chords, bass, drums, pad and counter-line MMA
plays in a groove of the style (`mma_styles.toml`), louder sections in the groove's fuller variant,
with the groove's own fills, intro and ending. The melody, and parts that the groove has no voice
for, are the plain arranger's.
"""

from __future__ import annotations

import random
from collections import Counter

from models.arranger import plain
from models.arranger.band import ROLE_OF, SLOTS
from models.arranger.mma_parts import Groove, Rows, Variants, gridded, grooves, slots, variants
from models.arranger.mma_run import ChartBar, MmaFailed, MmaMissing, render, style_file
from models.arranger.stage import nearest
from models.planner.plan import Part, Plan
from models.score import Note, Role, Score, Track, without_overlaps
from models.theory import Chord
from models.vocabulary import load

__all__ = ["MmaFailed", "MmaMissing", "arrange", "groove_for"]


def arrange(
    plan: Plan, melody: tuple[Note, ...], groove: Groove | None = None, seed: int | None = None
) -> Score:
    """Let MMA write the accompaniment of a melody.

    Parameters
    ----------
    plan : Plan
        Whose chords, parts, sections and style are obeyed.
    melody : tuple of Note
        In beats, sorted.
    groove : Groove, optional
        Of the plan's meter; one of the plan's style by default.
    seed : int, optional
        The plan's own by default; the same seed gives the same score.

    Raises
    ------
    MmaMissing
        When MMA is not installed.
    MmaFailed
        When the table has no groove in the plan's meter, or MMA refuses the chords.
    """
    rng = random.Random(plan.seed if seed is None else seed)
    groove = groove or groove_for(plan, rng)
    names = _names(plan, groove.span, variants(groove, rng))
    beats = style_file(groove.path).beats
    bars = [
        ChartBar(f"{groove.path}:{name}", _chords(plan, number, groove.span, beats))
        for number, name in enumerate(names)
    ]
    number = rng.randrange(10**6)
    voices = render(bars, bpm=plan.bpm, seed=number)
    if groove.drums:
        drums = render([ChartBar(groove.drums, b.chords) for b in bars], bpm=plan.bpm, seed=number)
        voices = (*(v for v in voices if not v.is_drum), *(v for v in drums if v.is_drum))
    rows, _ = gridded(slots(voices, beats), groove, beats, len(bars))
    whole = plain.arrange(plan, melody)
    seen: Counter[Role] = Counter()
    tracks = []
    for part, track in zip(plan.parts, whole.tracks, strict=True):
        notes = () if part.role == "melody" else _notes(plan, part, rows, seen[part.role])
        seen[part.role] += 1
        tracks.append(Track(track.name, track.role, track.program, notes, track.is_drum))
        if not notes:
            tracks[-1] = track
    return whole.with_tracks(tracks)


def groove_for(plan: Plan, rng: random.Random) -> Groove:
    """A groove of the plan's meter: of its style, else of its family, else of any.

    Grooves whose bars are two of the plan's are left out where a section has an odd number of bars.

    Raises
    ------
    MmaFailed
        When the table has none in that meter.
    """
    odd = any(s.section.bars % 2 or s.section.start_bar % 2 for s in plan.sections)
    fitting = [g for g in grooves() if g.meter == str(plan.meter) and not (odd and g.span == 2)]
    family = load().styles[plan.style].family
    for chosen in (
        [g for g in fitting if g.style == plan.style],
        [g for g in fitting if g.family == family],
        fitting,
    ):
        if chosen:
            return rng.choice(chosen)
    raise MmaFailed(f"the table has no groove in {plan.meter}")


def _names(plan: Plan, span: int, chosen: Variants) -> list[str]:
    """The groove of each of MMA's bars."""
    middle = sum(s.dynamics for s in plan.sections) / len(plan.sections)
    found: list[str] = []
    for planned in plan.sections:
        bars = planned.section.bars // span
        loud = planned.dynamics > middle
        name, fill = chosen.verse, chosen.verse_fill
        if loud:
            name, fill = chosen.chorus, chosen.chorus_fill
        if planned.section.name == "intro" and chosen.intro:
            name, fill = chosen.intro, ""
        found += [name] * bars
        if fill and bars > 1:
            found[-1] = fill
    if chosen.end and 0 < chosen.end_bars < len(found) and not plan.loop:
        found[-chosen.end_bars :] = [chosen.end] * chosen.end_bars
    return found


def _chords(plan: Plan, number: int, span: int, beats: int) -> tuple[tuple[float, Chord], ...]:
    """The chords of one of MMA's bars, in its beats; the bar opens with the chord that sounds."""
    length = plan.meter.bar_beats * span
    start = number * length
    here: dict[float, Chord] = {}
    for placed in plan.chords:
        if placed.onset < start + length and placed.onset + placed.duration > start:
            at = max(0.0, placed.onset - start) * beats / length
            here[round(at, 3)] = placed.chord
    if here and min(here) > 0:
        here[0.0] = here.pop(min(here))
    return tuple(sorted(here.items()))


def _notes(plan: Plan, part: Part, rows: Rows, order: int) -> tuple[Note, ...]:
    """What a part plays: the slot of its role, the second one for a second player.

    In its range, moved by octaves, and only in the sections that let it in; louder in louder ones.
    """
    mine = [slot for slot in SLOTS if ROLE_OF[slot] == part.role]
    if not mine:
        return ()
    slot = SLOTS.index(mine[min(order, len(mine) - 1)])
    found = []
    for number, onset, length, pitch, velocity in rows:
        if number != slot:
            continue
        bar = min(plan.bars - 1, int(onset / 4 // plan.meter.bar_beats))
        planned = plan.section_at(bar)
        fitted: int | None = pitch
        if not part.is_drum and not part.low <= pitch <= part.high:
            fitted = nearest([pitch], pitch, part.low, part.high)
        if part.role in planned.roles and fitted is not None:
            loud = max(1, min(127, round(velocity * (0.8 + 0.4 * planned.dynamics))))
            found.append(Note(onset / 4, fitted, length / 4, loud))
    return without_overlaps(found)
