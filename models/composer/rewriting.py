"""New bars in a piece: continue it, vary it, write some of its bars anew.

In: a `Source` (plan and melody), a `Composer` and a seed; the same arguments give the same music.
Out: a new `Source`, ready for the arranger. What is kept keeps its very notes. The network reads
what stands before and, for a gap, after; a variation also gets the latents of its bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.composer import phrases
from models.composer.encode import (
    BAR_FIELDS,
    COLUMN,
    ECHO_OPEN,
    ECHO_RHYTHM,
    FIRST_ONSET,
    HOLD,
    MOST_GAP,
    OPEN,
    Event,
    Wishes,
)
from models.composer.page import Bars, Composer, Page, Told, borders, fill, write
from models.composer.places import registers
from models.composer.reading import Reading, has_notes, onsets, read, rewritten
from models.composer.sketching import loosened, near_latents, page_of, seed_of
from models.composer.source import Source
from models.composer.structure import likeness
from models.errors import Refusal
from models.planner.rework import continued

#: Two variations that are more alike than this are one, and another is drawn.
_ALIKE = 0.9


def continue_(source: Source, bars: int, composer: Composer, seed: int) -> Source:
    """The piece with `bars` new bars after its end, in its manner, coming to a close of their own.

    Raises
    ------
    Refusal
        When there is no melody, or the piece would become too long.
    """
    before = read(source)
    plan = continued(source.plan, bars, seed)
    after = read(Source(plan, source.melody))
    first = source.plan.bars
    rng = np.random.default_rng(seed_of(seed, "continue"))
    told = before.wishes.attributes[[has_notes(b) for b in before.bars]]
    usual = phrases.Manner(
        notes=float(np.mean([onsets(b) for b in before.sung])),
        register=int(np.median(told[:, COLUMN["register"]])),
        within=registers(after.limits),
    )
    parts = [before.wishes]
    for part in after.grounds[len(before.grounds) :]:
        fresh = phrases.wishes(part.bars, usual, part.bar, rng)
        parts.append(phrases.honest_echoes(fresh, part.roots(), part.bar))
    wishes = Wishes.joined(parts)
    opening = next(b for b, events in enumerate(before.bars) if has_notes(events))
    for b in range(first, min(first + 2, plan.bars)):  # take up how the piece began
        if opening + b - first < first:
            wishes.echo[b], wishes.source[b] = ECHO_RHYTHM, opening + b - first
    ends = tuple(
        e for g in after.grounds[len(before.grounds) :] for e in phrases.phrase_ends(g.bars)
    )
    page = page_of(
        after, composer, wishes,
        ends=(*before.ends, *ends), final=True, fresh=frozenset({first}),
        told=Told(style=before.style),
    )  # fmt: skip
    given = dict(enumerate(before.bars))
    made = write(page, given, seed_of(seed, "continue"), first=first)
    return rewritten(after, made, range(first, plan.bars))


def vary(
    source: Source, distance: float, composer: Composer, seed: int, count: int = 4
) -> list[Source]:
    """Variations that differ from one another; `distance` 0 (near) to 1 (far).

    Near keeps the form, the chords, most openings of phrases and, in latent space, the
    neighbourhood of every bar; far keeps form, chords, and how busy and how high each bar is.

    Raises
    ------
    Refusal
        When there is no melody.
    """
    reading = read(source)
    made: list[Source] = []
    heard: list[Bars] = []
    for number in range(8 * count):
        # A short piece has few neighbours: each round of tries looks a little further away.
        further = min(1.0, distance + 0.12 * (number // count))
        bars, fresh = _variation(reading, further, composer, seed_of(seed, "vary", number))
        limit = _ALIKE if number < 4 * count else 0.9999  # at last: anything but the same again
        if any(_alike(bars, other, reading) > limit for other in heard):
            continue
        heard.append(bars)
        made.append(rewritten(reading, bars, fresh))
        if len(made) == count:
            break
    return made


def _variation(
    reading: Reading, distance: float, composer: Composer, seed: Sequence[int]
) -> tuple[Bars, list[int]]:
    rng = np.random.default_rng(seed)
    bars = reading.sheet.bars
    copies = reading.copies()
    sung = [b for b in range(bars) if has_notes(reading.bars[b]) and b not in copies]
    keep = {b for b in sung if rng.random() < 0.55 * (1 - distance)}
    keep -= {sung[int(rng.integers(len(sung)))]}  # something always changes
    given = {b: reading.bars[b] for b in range(bars) if b in keep or not has_notes(reading.bars[b])}
    page = page_of(
        reading, composer, loosened(reading.wishes, distance, rng),
        copies={b: s for b, s in copies.items() if b not in keep},
        told=near_latents(reading, composer, distance, rng),
        fresh=borders(given, bars),
        final=bars - 1 in sung,
    )  # fmt: skip
    made = write(page, given, seed)
    return made, [b for b in range(bars) if b not in given]


def _alike(a: Bars, b: Bars, reading: Reading) -> float:
    """Mean likeness of the bars of two melodies, 0..1."""
    both = likeness([*a, *b], reading.sheet.bar_steps)
    pairs = [both[k, len(a) + k] for k in range(len(a)) if has_notes(a[k])]
    return float(np.mean(pairs)) if pairs else 1.0


def infill(source: Source, first: int, last: int, composer: Composer, seed: int) -> Source:
    """The piece with bars first..last (from 0, inclusive) written anew to fit both sides.

    Raises
    ------
    Refusal
        When there is no melody, or no such bars.
    """
    reading = read(source)
    bars = reading.sheet.bars
    if not 0 <= first <= last < bars:
        raise Refusal(
            "“{title}” has {bars} bars; say which to rewrite, such as 5-8.",
            title=source.plan.title,
            bars=bars,
        )
    wishes = reading.wishes.copy()
    for b in range(first, last + 1):
        for name in ("motion", "syncopation", "contour"):
            wishes.column(name)[b] = OPEN[name]
        if not has_notes(reading.bars[b]):
            wishes.attributes[b] = [OPEN[name] for name in BAR_FIELDS]
        wishes.echo[b], wishes.source[b] = ECHO_OPEN, -1
    given = {b: e for b, e in enumerate(reading.bars) if not first <= b <= last}
    ends = tuple(e and not first <= b < last for b, e in enumerate(reading.ends))
    page = page_of(
        reading, composer, wishes,
        ends=ends, fresh=frozenset({first, last + 1}), final=last == bars - 1,
    )  # fmt: skip
    gap = max(first, last + 1 - MOST_GAP)
    if last < bars - 1:
        given |= _restruck(reading, last + 1)
    if first < gap or last == bars - 1:
        until = gap if last < bars - 1 else bars
        before = _page_to(page, until)
        made = write(before, {b: e for b, e in given.items() if b < until}, seed_of(seed, "infill"))
        given |= dict(enumerate(made))
    if last < bars - 1:
        made = fill(page, given, gap, last, seed_of(seed, "infill"))
    return rewritten(reading, made, range(first, last + 1))


def _page_to(page: Page, bars: int) -> Page:
    """The first bars of a page."""
    grounds, left = [], bars
    for part in page.grounds:
        if left > 0:
            grounds.append(part.first(left))
            left -= part.bars
    wishes = Wishes(*(getattr(page.wishes, f)[:bars] for f in ("attributes", "echo", "source")))
    return replace(page, grounds=tuple(grounds), wishes=wishes, ends=page.ends[:bars])


def _restruck(reading: Reading, bar: int) -> dict[int, list[Event]]:
    """A bar whose held beginning is struck again, since what held it is written anew."""
    events = list(reading.bars[bar])
    if events[0].kind == HOLD:
        events[0] = events[0]._replace(kind=FIRST_ONSET)
    return {bar: events}
