"""Chords for every bar: drawn per label, closed per section, placed in beats.

In: sections, a `Palette`, the meter. Out: `PlacedChord`s that tile the piece. Sections of one
letter share their chords; starts, half cadences, full cadences, the end and a loop's turn-around
hold exactly, because they are constraints of the draw and not wishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np

from models.planner.form import character
from models.planner.harmony import START, Array, draw
from models.planner.palette import Palette, home, leads_home
from models.planner.tokens import DOM7, MIN7
from models.score import Meter, PlacedChord, Section
from models.theory import Chord

#: A bar of harmony: (pulse, token) pairs, the first on pulse 0.
Bar = tuple[tuple[int, int], ...]

#: A chord shorter than this (seconds) is a passing event, not harmony.
_SHORTEST_CHORD = 0.6
_PERIOD = 8
#: Phrases drawn for each one that is kept.
_TRIES = 5
_I, _IV, _V = 0 + DOM7, 50 + DOM7, 70 + DOM7
_BLUES = (
    (_I, _I, _I, _I, _IV, _IV, _I, _I, _V, _IV, _I, _V),
    (_I, _IV, _I, _I, _IV, _IV, _I, _I, _V, _IV, _I, _V),
    (_I, _IV, _I, _I, _IV, _IV, _I, 90 + DOM7, 20 + MIN7, _V, _I, _V),
)
_i, _iv = 0 + MIN7, 50 + MIN7
_MINOR_BLUES = (
    (_i, _i, _i, _i, _iv, _iv, _i, _i, 80 + DOM7, _V, _i, _V),
    (_i, _iv, _i, _i, _iv, _iv, _i, _i, _V, _iv, _i, _V),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast harmony may move: pulses in a bar, seconds of a pulse, chords in a bar at most."""

    pulses: int
    seconds: float
    per_bar: int


def harmonise(
    palette: Palette, sections: Sequence[Section], meter: Meter, pace: Pace, loop: bool, rng: Random
) -> tuple[PlacedChord, ...]:
    """The chords of a piece.

    With `loop` the last bar leads into the first (it ends on what leads home) instead of closing
    on the tonic.
    """
    looped = rng.random() < palette.loops and not palette.is_blues
    letters = _shared_letters(sections, looped, rng)
    sizes: dict[str, int] = {}
    for section in sections:
        letter = letters[section.label]
        sizes[letter] = max(sizes.get(letter, 0), section.bars)
    music: dict[str, list[Bar]] = {}
    for section in sections:
        letter = letters[section.label]
        if letter not in music:
            first = not music or letter == "A"
            cadence = character(section.name).cadence
            music[letter] = _letter(palette, sizes[letter], cadence, first, looped, pace, rng)
    out: list[PlacedChord] = []
    for i, section in enumerate(sections):
        own = music[letters[section.label]]
        bars = [own[n % len(own)] for n in range(section.bars)]
        cadence = character(section.name).cadence
        if i == len(sections) - 2 and sections[-1].bars == 1:
            cadence = "half"  # the last bar has room for the tonic only
        if i == len(sections) - 1:
            bars = close(palette, bars, "half" if loop else "full", pace, rng)
        elif cadence == "half" or (cadence == "full" and not looped and not palette.is_blues):
            bars = close(palette, bars, cadence, pace, rng)
        out += _placed(palette, bars, section.start_bar, meter)
    return tuple(out)


def _shared_letters(sections: Sequence[Section], looped: bool, rng: Random) -> dict[str, str]:
    """Label -> letter whose chords it takes; looped intros and endings often ride on the verse."""
    letters = {s.label: s.label[0] for s in sections}
    if looped and "A" in letters.values() and rng.random() < 0.6:
        letters = {k: "A" if v in "IO" else v for k, v in letters.items()}
    return letters


def _letter(
    palette: Palette, size: int, cadence: str, first: bool, looped: bool, pace: Pace, rng: Random
) -> list[Bar]:
    """The bars of one letter, at most `size`; longer sections repeat them."""
    if palette.is_blues and size >= 8:
        choices = _MINOR_BLUES if palette.key.is_minor else _BLUES
        return [((0, token),) for token in rng.choice(choices)]
    if looped:
        return _looped(palette, min(4, size), first, pace, rng)
    # Sixteen bars are two periods, the second closing what the first left open.
    period = size if size <= _PERIOD + 3 else _PERIOD
    return _period(palette, period, cadence, first, pace, rng)


def _looped(palette: Palette, size: int, first: bool, pace: Pace, rng: Random) -> list[Bar]:
    """A loop whose end leads well into its start: the best linked of a few draws."""
    table = palette.table
    draws = [_drawn(palette, size, "open", first, pace, rng) for _ in range(_TRIES)]

    def link(bars: list[Bar]) -> float:
        flat = [token for bar in bars for _, token in bar]
        a, b = (table.index(t) for t in [START, *flat][-2:])
        return float(table.transition[a, b, table.index(flat[0])]) + 1e-6

    return rng.choices(draws, [link(d) * _variety(d) for d in draws])[0]


def _period(
    palette: Palette, bars: int, cadence: str, first: bool, pace: Pace, rng: Random
) -> list[Bar]:
    """A phrase group of 1..11 bars, one of a few draws, those with more chords likelier."""
    draws = [_drawn(palette, bars, cadence, first, pace, rng) for _ in range(_TRIES)]
    return rng.choices(draws, [_variety(d) for d in draws])[0]


def _variety(bars: Sequence[Bar]) -> float:
    """Weight of a phrase by its different roots: two chords to and fro tire within a minute."""
    roots = len({token // 10 for bar in bars for _, token in bar})
    return (0.02, 0.02, 0.1, 0.6)[roots] if roots < 4 else 1.0


def _rhythm(palette: Palette, bars: int, pace: Pace, rng: Random) -> set[tuple[int, int]]:
    """Chord onsets (bar, pulse) from the table's rhythms, none faster than the pace allows."""
    onsets: set[tuple[int, int]] = set()
    least = max(1, round(_SHORTEST_CHORD / pace.seconds + 0.49))

    def fits(mask: int) -> bool:
        places = [p for p in range(4 * pace.pulses) if mask >> p & 1]
        gaps = [b - a for a, b in pairwise(places)]
        bars = [[p for p in places if p // pace.pulses == bar] for bar in range(4)]
        # A chord held over the bar line sounds in the bar too.
        sounding = [len(own) + (own[:1] != [i * pace.pulses]) for i, own in enumerate(bars)]
        crowded = max(sounding) > pace.per_bar
        held = max([*gaps, 4 * pace.pulses - places[-1]]) > 2 * pace.pulses
        return places[0] == 0 and not crowded and not held and min(gaps, default=99) >= least

    usual = palette.rhythms.get(pace.pulses, {})
    masks = {m: n for m, n in usual.items() if m and fits(m)}
    # Without a fitting rhythm (slow counts, odd meters): a chord a bar.
    plain = sum(1 << (bar * pace.pulses) for bar in range(4))
    masks = masks or {plain: 1.0}
    first = rng.choices(list(masks), list(masks.values()))[0]
    for start in range(0, bars, 4):
        # The second four bars mostly answer in the rhythm of the first.
        mask = first if rng.random() < 0.7 else rng.choices(list(masks), list(masks.values()))[0]
        onsets |= {
            (start + p // pace.pulses, p % pace.pulses)
            for p in range(4 * pace.pulses)
            if mask >> p & 1
        }
    return {o for o in onsets if o[0] < bars} | {(0, 0)}


def _drawn(
    palette: Palette, bars: int, cadence: str, first: bool, pace: Pace, rng: Random
) -> list[Bar]:
    """One draw of a phrase group: tonic start if `first`, half cadence midway, own ending."""
    onsets = _rhythm(palette, bars, pace, rng)
    leads: set[tuple[int, int]] = set()
    if bars == 8 and cadence != "open":
        onsets |= {(4, 0)}
        leads.add(_lead_place(onsets, 3, pace))
    tonic = _end(onsets, leads, bars, cadence, pace)
    places = sorted(onsets | leads)
    opening = palette.tonic if first else palette.base * _contrast(palette)
    weights = [
        palette.lead
        if place in leads
        else palette.tonic
        if place == tonic
        else opening
        if place == (0, 0)
        else palette.base * palette.table.lift[place[0] % 4]
        for place in places
    ]
    tokens = draw(palette.table, weights, rng)
    return _bars(places, tokens, bars)


def _contrast(palette: Palette) -> Array:
    """Second themes rather start away from the tonic."""
    away = ~np.isin(np.array(palette.table.tokens), home(palette.key))
    return np.where(away, 1.0, 0.25)


def _lead_place(
    onsets: set[tuple[int, int]], bar: int, pace: Pace, keep_first: bool = True
) -> tuple[int, int]:
    """The last onset in a bar, made if there is none; not the first of all if that is kept."""
    place = max((o for o in onsets if o[0] == bar), default=(bar, 0))
    return (0, max(1, pace.pulses // 2)) if place == (0, 0) and keep_first else place


def _end(
    onsets: set[tuple[int, int]],
    leads: set[tuple[int, int]],
    bars: int,
    cadence: str,
    pace: Pace,
    keep_first: bool = True,
) -> tuple[int, int] | None:
    """Make room for the cadence in `onsets` and `leads`; return where the last tonic stands."""
    if cadence == "full":
        onsets -= {o for o in onsets if o[0] == bars - 1}
        onsets.add((bars - 1, 0))
        if bars > 1:
            leads.add(_lead_place(onsets, bars - 2, pace, keep_first))
        return (bars - 1, 0)
    if cadence == "half":
        leads.add(_lead_place(onsets, bars - 1, pace, keep_first))
    return None


def _bars(places: Sequence[tuple[int, int]], tokens: Sequence[int], bars: int) -> list[Bar]:
    """Onsets with tokens, cut into bars; a held chord is written again at the bar line."""
    out: list[Bar] = []
    held = tokens[0]
    for bar in range(bars):
        own = [(p, t) for (b, p), t in zip(places, tokens, strict=True) if b == bar]
        if not own or own[0][0] != 0:
            own.insert(0, (0, held))
        held = own[-1][1]
        out.append(tuple(own))
    return out


def close(palette: Palette, bars: list[Bar], cadence: str, pace: Pace, rng: Random) -> list[Bar]:
    """The same bars with the ending asked for; the last two are drawn anew only if they must be."""
    flat = [token for bar in bars for _, token in bar]
    homes, leads = home(palette.key), leads_home(palette.key)
    if cadence == "half" and flat[-1] in leads:
        return bars
    ends_home = len(bars[-1]) == 1 and flat[-1] in homes
    if cadence == "full" and ends_home and (len(flat) == 1 or flat[-2] in leads):
        return bars
    size = min(2 if cadence == "full" else 1, len(bars))
    kept = bars[:-size]
    before = [token for bar in kept for _, token in bar]
    onsets = {(i, p) for i, bar in enumerate(bars[-size:]) for p, _ in bar}
    fixed = bars[-size][0][1]  # the first of the redrawn bars keeps its chord where it can
    lead_places: set[tuple[int, int]] = set()
    # One chord a bar leaves no room beside the old one.
    keep_first = pace.per_bar > 1 or not kept
    tonic = _end(onsets, lead_places, size, cadence, pace, keep_first)
    places = sorted(onsets | lead_places)
    start = palette.tonic if not kept else palette.base
    if fixed not in leads and fixed in palette.table.tokens and fixed not in before[-1:]:
        start = np.where(np.array(palette.table.tokens) == fixed, 1.0, 0.0)
    weights = [
        palette.lead
        if place in lead_places
        else palette.tonic
        if place == tonic
        else start
        if place == (0, 0)
        else palette.base
        for place in places
    ]
    while (0, 0) in lead_places and before and before[-1] in leads:
        before.pop()  # the lead may simply go on; the draw knows changes only
    context = [START, START, *before][-2:]
    drawn = draw(palette.table, weights, rng, (context[0], context[1]))
    return kept + _bars(places, drawn, size)


def _placed(
    palette: Palette, bars: Sequence[Bar], start_bar: int, meter: Meter
) -> list[PlacedChord]:
    """Bars in beats; each bar states its chords, so that every reader sees them at the bar line."""
    out = []
    length = meter.bar_beats
    for i, bar in enumerate(bars):
        begin = (start_bar + i) * length
        named = [(pulse, palette.chord(token)) for pulse, token in bar]
        # Two tokens may be one symbol in a style (V and V7 both "G5"): the later is no new chord.
        kept = [n for k, n in enumerate(named) if k == 0 or n[1] != named[k - 1][1]]
        for (pulse, chord), (until, _) in pairwise([*kept, (0, kept[0][1])]):
            onset = pulse * meter.pulse
            stop = until * meter.pulse if until else length
            out.append(PlacedChord(begin + onset, stop - onset, chord))
    return out


def repeat_own(
    bars_of_chords: Sequence[Sequence[Chord]], bars: int, meter: Meter
) -> tuple[PlacedChord, ...]:
    """The person's chords, bar after bar, from the start again when they run out.

    Several chords share a bar in whole pulses, earlier ones longer where it does not divide; with
    more chords than pulses the pulse is halved (thirds in compound meters) until it suffices.
    """
    out = []
    for bar in range(bars):
        chords = bars_of_chords[bar % len(bars_of_chords)]
        unit, cut = meter.pulse, 3 if meter.is_compound else 2
        while meter.bar_beats / unit < len(chords):
            unit, cut = unit / cut, 2
        slots = round(meter.bar_beats / unit)
        share, extra = divmod(slots, len(chords))
        onset = bar * meter.bar_beats
        for i, chord in enumerate(chords):
            length = (share + (i < extra)) * unit
            out.append(PlacedChord(onset, length, chord))
            onset += length
    return tuple(out)
