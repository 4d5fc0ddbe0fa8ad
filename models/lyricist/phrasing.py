"""The notes that carry a syllable, and the lines they make.

In: a melody in one voice with its meter and tempo. Out: `Slot`s, one per sung syllable, and where
lines of words end. Two rules decide which notes carry one, both about what a tongue can do:

1. A note that the next follows within `_TONGUE` seconds is an ornament: it is sung on the syllable
   of the note before or, after a breath, opens the next one's.
2. In a run of notes each within `_QUICK` seconds of the next, every second one carries a syllable,
   those on the stronger places; the others are melismas.

Lines end where a singer can breathe: at rests and long notes, near every second and fourth bar
line of the section, with 3 to 11 syllables in each, mostly 5 to 9. All line ends of a section are
chosen at once by dynamic programming, as Temperley's Grouper does (*The Cognition of Basic Musical
Structures*, 2001, ch. 3: gaps, a preferred number of notes, metrical parallelism).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from models.lyricist.metre import strength, weights
from models.score import Note, Score

#: Seconds between two onsets: below the first no syllable can be said, below the second no two.
_TONGUE, _QUICK = 0.11, 0.17
#: What the reasons to begin a line are worth, and what one more line costs. Chosen on the hymnal's
#: train and validation tunes, where the metre tells how people divided them.
_REST, _HELD, _PERIOD, _HEAVY, _HURRY, _LINE = 1.4, 0.9, 0.6, 0.15, 1.5, 2.0
_ODD, _AGAIN = 0.5, 0.6
_APART = 0.55  # beats by which corresponding lines of two sections may begin apart
#: Syllables that a line may have.
SYLLABLES = range(3, 12)
_LONGEST = 16  # syllables that a line is ever tried with
#: What a line of so many syllables costs; see `_length_cost`.
_LENGTHS = (9.0, 9.0, 6.0, 0.8, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 1.0)


@dataclass(frozen=True)
class Slot:
    """What one syllable is sung on: onset and end in beats, how many notes, how heavy.

    `weight` is as in `asks.LineAsk`. It and `pitch` (MIDI) are those of the first note that is no
    ornament.
    """

    onset: float
    end: float
    notes: int
    weight: float
    pitch: int


def slots_of(melody: Sequence[Note], score: Score) -> tuple[Slot, ...]:
    """One slot for each syllable that the melody (one voice, sorted) can carry."""
    if not melody:
        return ()
    times = [score.seconds_at(n.onset) for n in melody]
    gaps = [after - at for at, after in pairwise(times)] + [math.inf]
    carries = _carriers(melody, gaps, score)
    groups: list[list[Note]] = []
    leads: list[Note] = []  # of each group the note that is felt as its syllable's place
    waiting: list[Note] = []
    for note, carries_one in zip(melody, carries, strict=True):
        if carries_one:
            groups.append([*waiting, note])
            leads.append(note)
            waiting = []
        elif groups and not waiting and not _breathes(groups[-1][-1], note):
            groups[-1].append(note)
        else:
            waiting.append(note)
    if waiting:
        groups.append(waiting)
        leads.append(waiting[0])
    spans = [(lead.onset, group[-1].end) for lead, group in zip(leads, groups, strict=True)]
    return tuple(
        Slot(group[0].onset, end, len(group), heavy, lead.pitch)
        for group, lead, (_, end), heavy in zip(
            groups, leads, spans, weights(spans, score.meter), strict=True
        )
    )


def _carriers(melody: Sequence[Note], gaps: Sequence[float], score: Score) -> list[bool]:
    """Which notes carry a syllable of their own, by the two rules above."""
    carries = [gap >= _TONGUE for gap in gaps]
    index = 0
    while index < len(melody):
        stop = index
        while stop < len(melody) and gaps[stop] < _QUICK:
            stop += 1
        if stop - index >= 2:
            run = range(index, stop)
            levels = [strength(melody[i].onset, score.meter) for i in run]
            odd = sum(levels[1::2]) > sum(levels[::2]) and index > 0
            for i in run:
                carries[i] = carries[i] and (i - index) % 2 == int(odd)
        index = stop + 1
    return carries


def _breathes(before: Note, after: Note) -> bool:
    return after.onset - before.end > 0.2


def merged(slots: Sequence[Slot], index: int) -> tuple[Slot, ...]:
    """Slots with `index` and the one after it as one: a melisma over both."""
    first, second = slots[index], slots[index + 1]
    one = replace(first, end=second.end, notes=first.notes + second.notes)
    return (*slots[:index], one, *slots[index + 2 :])


def lines_of(slots: Sequence[Slot], score: Score) -> tuple[tuple[Slot, ...], ...]:
    """A section's slots as lines."""
    count = len(slots)
    if count == 0:
        return ()
    cuts = cut_strengths(slots, score)
    costs = {
        (a, b): _line_cost(slots[a:b], score)
        for a in range(count)
        for b in range(a + 1, min(count, a + _LONGEST) + 1)
    }
    most = max(1, count // 3)
    # best[k][i]: worth of the first i slots as k lines, with where the last line starts.
    best = [[-math.inf] * (count + 1) for _ in range(most + 1)]
    back = [[0] * (count + 1) for _ in range(most + 1)]
    best[0][0] = 0.0
    for lines in range(1, most + 1):
        for end in range(1, count + 1):
            for begin in range(max(0, end - _LONGEST), end):
                worth = best[lines - 1][begin] - costs[begin, end] + cuts[begin]
                if worth > best[lines][end]:
                    best[lines][end], back[lines][end] = worth, begin
    found = [lines for lines in range(1, most + 1) if best[lines][count] > -math.inf]
    if not found:
        return (tuple(slots),)
    lines = max(found, key=lambda k: best[k][count] + _count_worth(k))
    bounds = [count]
    for number in range(lines, 0, -1):
        bounds.append(back[number][bounds[-1]])
    bounds.reverse()
    return tuple(tuple(slots[a:b]) for a, b in pairwise(bounds))


def lines_like(
    slots: Sequence[Slot], start: float, model: Sequence[Sequence[Slot]], begun: float, bar: float
) -> tuple[tuple[Slot, ...], ...] | None:
    """Slots cut where another section's lines are cut, None where they do not correspond.

    `start` and `begun` are where the section and the other one begin, in beats; where the two are
    told to begin is believed to a bar (`bar` beats).
    """
    tries = [
        _cut_like(slots, [line[0].onset + start - begun + shift for line in model])
        for shift in (0.0, bar, -bar)
    ]
    cuts, _ = min(tries, key=lambda tried: tried[1])
    if not cuts:
        return None
    lines = tuple(tuple(slots[a:b]) for a, b in pairwise([*cuts, len(slots)]))
    return lines if all(len(line) in SYLLABLES for line in lines) else None


def _cut_like(slots: Sequence[Slot], places: Sequence[float]) -> tuple[list[int], float]:
    """The slots nearest to places in beats, the first slot for the first, and how far off they are.

    No slots when one is further off than `_APART` or two places have the same.
    """
    cuts, off = [0], 0.0
    for place in places[1:]:
        index = min(range(len(slots)), key=lambda i: abs(slots[i].onset - place))
        away = abs(slots[index].onset - place)
        if away > _APART or index <= cuts[-1]:
            return [], math.inf
        cuts.append(index)
        off += away
    return cuts, off


def _count_worth(lines: int) -> float:
    """People write four lines, or eight, or two."""
    if lines == 1:
        return -1.0
    if lines % 4 == 0:
        return 0.7
    return 0.3 if lines % 2 == 0 else -0.4


def _line_cost(line: Sequence[Slot], score: Score) -> float:
    """What a line costs: its own being, its number of syllables, and breath beyond six seconds."""
    count = len(line)
    cost = _LENGTHS[count] if count < len(_LENGTHS) else 6.0 + 2.0 * (count - len(_LENGTHS))
    seconds = score.seconds_at(line[-1].end) - score.seconds_at(line[0].onset)
    return _LINE + cost + 0.7 * max(0.0, seconds - 6.0)


def cut_strengths(slots: Sequence[Slot], score: Score) -> list[float]:
    """How well a line may begin at each slot: breath, length of the note before, place in form.

    Places in the form are 2 and 4 bars apart, counted from the section's first note: lines tend to
    begin with the same upbeat. A line rather ends on a heavy note, where its rhyme is heard.
    """
    bar = score.meter.bar_beats
    gaps = [b.onset - a.onset for a, b in pairwise(slots)]
    out = [0.0]
    for index in range(1, len(slots)):
        before, after = slots[index - 1], slots[index]
        near = median(gaps[max(0, index - 6) : index + 5])
        ratio = max(gaps[index - 1], 1e-6) / max(near, 1e-6)
        rest = score.seconds_at(after.onset) - score.seconds_at(before.end)
        seconds = score.seconds_at(after.onset) - score.seconds_at(before.onset)
        value = _REST * min(1.0, max(0.0, rest) / 0.4)
        value += _HELD * min(1.5, max(0.0, math.log2(ratio)))
        value += _PERIOD * _period((after.onset - slots[0].onset) / bar)
        value += _AGAIN * _begins_like_first(slots, index, bar)
        value += _HEAVY * (before.weight - 2.0)
        out.append(value - (_HURRY if seconds < 0.3 else 0.0))
    return out


def _period(bars: float) -> float:
    """How near a place is to a whole number of bars: 0..1, most at every fourth, then second."""
    whole = round(bars)
    near = max(0.0, 1.0 - 4 * abs(bars - whole))
    return near * (1.2 if whole % 4 == 0 else 1.0 if whole % 2 == 0 else _ODD)


def _begins_like_first(slots: Sequence[Slot], index: int, bar: float) -> bool:
    """Whether what begins here has the rhythm of the section's first four notes."""
    if index + 4 > len(slots):
        return False
    start, first = slots[index].onset, slots[0].onset
    if abs((start - first) / bar - round((start - first) / bar)) * bar > 0.01:
        return False
    pairs = zip(slots[index : index + 4], slots[:4], strict=True)
    return all(abs((a.onset - start) - (b.onset - first)) < 0.01 for a, b in pairs)
