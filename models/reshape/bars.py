"""Bars taken out, played again, or put in another order; a form made shorter or longer.

In: a `Work` and blocks of its bars. Out: the work with just those bars in that order, notes, chords
and sections moved with them. The last bar stays the last bar: a piece that ends goes on ending, and
what grows grows before its last section, as `models.planner.extend_plan` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.errors import Refusal
from models.planner.make import extension_order, seconds_with
from models.planner.plan import Plan, PlanSection
from models.reshape.work import Span, Work, split_chords
from models.score import Note, PlacedChord, Section, Track, on_grid

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Block:
    """`bars` bars of a piece from bar `start` (from 0) on, all in one section of it."""

    section: PlanSection
    start: int
    bars: int


def without(work: Work, spans: Sequence[Span]) -> Work:
    """The piece without some bars.

    Raises
    ------
    Refusal
        When nothing would be left.
    """
    gone = {b for first, last in spans for b in range(first, last + 1)}
    kept = [b for b in range(work.plan.bars) if b not in gone]
    if not kept:
        raise Refusal("That would take out all of the piece; name fewer sections.")
    return ordered(work, _ending(work.plan, blocks_of(work.plan, kept)))


def again(work: Work, spans: Sequence[Span]) -> Work:
    """The piece with some of its bars played twice in a row.

    Raises
    ------
    Refusal
        When the piece would last too long.
    """
    order: list[int] = []
    for b in range(work.plan.bars):
        order.append(b)
        for first, last in spans:
            if b == last:
                order += range(first, last + 1)
    added = len(order) - work.plan.bars
    seconds_with(work.plan, added)
    return ordered(work, blocks_of(work.plan, order))


def resized(work: Work, bars: int) -> Work:
    """The piece with `bars` bars: sections left out, or coming round again, before the ending.

    Raises
    ------
    Refusal
        When the piece would last too long.
    """
    plan = work.plan
    if bars == plan.bars:
        return work
    if bars > plan.bars:
        seconds_with(plan, bars - plan.bars)
        order = extension_order(plan, bars - plan.bars)
        return ordered(work, [Block(s, s.section.start_bar, size) for s, size in order])
    return ordered(work, blocks_of(plan, _shorter(plan, bars)))


def _shorter(plan: Plan, bars: int) -> list[int]:
    """Which bars to keep: the beginning, the ending, and between them what is heard first."""
    sections = [s.section for s in plan.sections]
    last = sections[-1]
    tail = last.bars if 3 * last.bars <= bars or len(sections) == 1 else min(4, max(1, bars // 4))
    tail = min(tail, bars, last.bars)
    end = list(range(plan.bars - tail, plan.bars))
    body = sections[:-1] if tail < last.bars or len(sections) > 1 else []
    if not body:
        return [*range(bars - tail), *end]
    chosen = _best_sum(body, bars - tail)
    kept = [b for i in sorted(chosen) for b in range(body[i].start_bar, _end(body[i]))]
    missing = bars - tail - len(kept)
    if missing:
        free = [b for b in range(plan.bars - tail) if b not in set(kept)]
        # What leads into the ending anyway is the best filler.
        kept = sorted({*kept, *free[len(free) - missing :]})
    return [*kept, *end]


def _best_sum(sections: Sequence[Section], target: int) -> frozenset[int]:
    """The sections that fill `target` bars best: the first of all, what is new, in order."""
    seen: set[str] = set()
    value = []
    for number, section in enumerate(sections):
        value.append((5 if number == 0 else 0) + (1 if section.label in seen else 8))
        seen.add(section.label)
    best: dict[int, tuple[float, frozenset[int]]] = {0: (0.0, frozenset())}
    for i, section in enumerate(sections):
        for total, (worth, chosen) in sorted(best.items(), reverse=True):
            size = total + section.bars
            if size <= target:
                told = (worth + value[i], chosen | {i})
                best[size] = max(best.get(size, (-1.0, frozenset())), told, key=lambda t: t[0])
    return best[max(best)][1]


def _end(section: Section) -> int:
    return section.start_bar + section.bars


def blocks_of(plan: Plan, bars: Sequence[int]) -> list[Block]:
    """Bars in order as blocks, each inside one section and without a gap."""
    blocks: list[Block] = []
    for b in bars:
        section = plan.section_at(b)
        previous = blocks[-1] if blocks else None
        if (
            previous is not None
            and previous.section is section
            and previous.start + previous.bars == b
        ):
            blocks[-1] = replace(previous, bars=previous.bars + 1)
        else:
            blocks.append(Block(section, b, 1))
    return blocks


def _ending(plan: Plan, blocks: list[Block]) -> list[Block]:
    """Blocks whose last bar is the last of the piece, where a piece ends at all."""
    last = blocks[-1]
    if plan.loop or last.start + last.bars == plan.bars:
        return blocks
    close = Block(last.section, plan.bars - 1, 1)
    if last.bars == 1:
        return [*blocks[:-1], close]
    return [*blocks[:-1], replace(last, bars=last.bars - 1), close]


def ordered(work: Work, blocks: Sequence[Block]) -> Work:
    """The piece made of these blocks, one after the other."""
    bar = work.plan.meter.bar_beats
    starts: list[int] = []
    at = 0
    for block in blocks:
        starts.append(at)
        at += block.bars
    plan = replace(
        work.plan,
        bars=at,
        seconds=None,
        sections=_sections(blocks, starts),
        chords=_chords(work.plan, blocks, starts),
    )
    tracks = [_laid(t, blocks, starts, bar) for t in work.score.tracks]
    silent = {t.name for t in tracks if not t.notes and t.role != "melody"}
    if silent:  # who played only in what was taken out has gone with it
        parts = tuple(p for p in plan.parts if p.name not in silent)
        roles = {p.role for p in parts}
        sections = tuple(
            replace(s, roles=tuple(r for r in s.roles if r in roles)) for s in plan.sections
        )
        plan = replace(plan, parts=parts, sections=sections)
    plan = replace(plan, sections=_singing(plan, tracks))
    origin = tuple(work.bars[b] for k in blocks for b in range(k.start, k.start + k.bars))
    return replace(work.planned(plan, tracks), bars=origin)


def _sections(blocks: Sequence[Block], starts: Sequence[int]) -> tuple[PlanSection, ...]:
    """One section for each block; what goes on inside the section before belongs to it."""
    found: list[PlanSection] = []
    before: Block | None = None
    for block, at in zip(blocks, starts, strict=True):
        old = block.section.section
        inside = before is not None and before.section is block.section
        if inside and block.start != old.start_bar:
            longer = found[-1].section.bars + block.bars
            found[-1] = replace(found[-1], section=replace(found[-1].section, bars=longer))
        else:
            section = replace(old, start_bar=at, bars=block.bars)
            found.append(replace(block.section, section=section))
        before = block
    return tuple(found)


def _singing(plan: Plan, tracks: Sequence[Track]) -> tuple[PlanSection, ...]:
    """The melody among the roles of just those sections in which it still plays half of the bars.

    A section cut down to the bars before a tune begins has others playing.
    """
    played = {
        int((n.onset + _EPSILON) // plan.meter.bar_beats)
        for t in tracks
        if t.role == "melody"
        for n in t.notes
    }
    found = []
    for planned in plan.sections:
        start, size = planned.section.start_bar, planned.section.bars
        others = tuple(r for r in planned.roles if r != "melody")
        silent = 2 * sum(b in played for b in range(start, start + size)) < size
        found.append(replace(planned, roles=others) if silent and others else planned)
    return tuple(found)


def _chords(plan: Plan, blocks: Sequence[Block], starts: Sequence[int]) -> tuple[PlacedChord, ...]:
    bar = plan.meter.bar_beats
    edges = sorted({e * bar for k in blocks for e in (k.start, k.start + k.bars)})
    cut, whole = split_chords(plan.chords, edges), set(plan.chords)
    found: list[PlacedChord] = []
    for block, at in zip(blocks, starts, strict=True):
        begin, stop = block.start * bar, (block.start + block.bars) * bar
        for placed in cut:
            if begin - _EPSILON <= placed.onset < stop - _EPSILON:
                onset = on_grid(placed.onset + at * bar - begin)
                end = found[-1].onset + found[-1].duration if found else -1.0
                held = placed not in whole and abs(end - onset) < _EPSILON
                if held and found[-1].chord == placed.chord:  # over a bar line, as it was
                    length = on_grid(found[-1].duration + placed.duration)
                    found[-1] = replace(found[-1], duration=length)
                else:
                    found.append(replace(placed, onset=onset))
    return tuple(found)


def _laid(track: Track, blocks: Sequence[Block], starts: Sequence[int], bar: float) -> Track:
    """A track's notes block by block; one that sounds out of its block stops at its end."""
    notes: list[Note] = []
    for i, (block, at) in enumerate(zip(blocks, starts, strict=True)):
        begin, stop = block.start * bar, (block.start + block.bars) * bar
        end, j = stop, i
        while j + 1 < len(blocks) and blocks[j + 1].start * bar == end:
            end += blocks[j + 1].bars * bar
            j += 1
        for note in track.notes:
            if begin - _EPSILON <= note.onset < stop - _EPSILON:
                held = min(note.duration, end - note.onset)
                moved = on_grid(note.onset + at * bar - begin)
                notes.append(replace(note, onset=moved, duration=on_grid(held)))
    return replace(track, notes=tuple(sorted(notes)))
