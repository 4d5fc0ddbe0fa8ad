"""From words to a rhythm that they can be sung in, before there is a melody.

In: how much each syllable of each line stands out, a meter and a tempo. Out: for each line the
onsets and ends of its syllables in beats, an upbeat before its first bar line where it begins
weakly. All onsets of a line are chosen at once by dynamic programming over the places of the bar:
what stands out belongs on heavy places (J. Halle and F. Lerdahl, "A Generative Textsetting Model",
Current Musicology 55, 1993; B. Hayes, "Textsetting as Constraint Conflict", 2009), even lengths are
better than uneven ones, the line's end is held. Lines with equally many syllables share a rhythm
where that sets no word against the beat, since tunes are remembered by what returns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from models.errors import Refusal
from models.lyricist.asks import WrittenLine
from models.lyricist.corpus import function_words, words_of
from models.lyricist.metre import strength
from models.lyricist.pronounce import Pronouncer
from models.lyricist.stress import stresses_of
from models.score import Meter

#: Grid of onsets in beats, and seconds that a syllable takes when nobody hurries.
STEP, PACE = 0.5, 0.42
#: Syllables of the longest line that is set.
MOST = 14
#: How many bars a line may take, by meter, in the order tried.
LINE_BARS = {"4/4": (2, 4, 1), "3/4": (4, 2), "6/8": (2, 4), "2/4": (4, 2)}
#: How much a syllable stands out: a stressed one of a longer word, a word of meaning of one
#: syllable, a second stress, a small word, an unstressed syllable.
MAIN, WORD, SECOND, SMALL, LIGHT = 3.0, 2.4, 1.2, 0.6, 0.0
#: What misplacing costs: a pair of syllables in a word against the beat, or on a level with it; a
#: syllable that stands out, or does not, for each level that its place is too light or heavy.
_AGAINST, _LEVEL, _LIGHT, _HEAVY = 14.0, 5.0, 1.6, 1.1
#: Costs of lengths: a note of another length than the line's usual, a note held over a beat.
_UNEVEN, _TIED, _PACE = 0.9, 2.5, 6.0
#: Worth of the last syllable standing on a heavy place, and of each beat that it is held.
_END, _HELD = 1.2, 0.5
#: Cost of each beat of waiting beyond that.
_IDLE = 1.0
#: What a shared rhythm may cost a line more than its own.
_SHARED = 1.5


@dataclass(frozen=True)
class Scanned:
    """A line of words as syllables: how much each stands out, and which go together in a word.

    `joined` says of each syllable whether its word goes on in the next.
    """

    weights: tuple[float, ...]
    joined: tuple[bool, ...]


@dataclass(frozen=True)
class Timed:
    """A line's syllables in time: onset and end of each in beats from the line's first bar line.

    An upbeat has negative onsets.
    """

    spans: tuple[tuple[float, float], ...]


def scan(line: WrittenLine, pronouncer: Pronouncer) -> Scanned:
    """An English line that is cut into syllables."""
    weights: list[float] = []
    joined: list[bool] = []
    for syllables in line.words:
        word, count = "".join(words_of("".join(syllables))), len(syllables)
        if count == 1:
            small = word.lower() in function_words()
            weights.append(SMALL if small else WORD)
        else:
            known = {0: LIGHT, 1: MAIN, 2: SECOND}
            weights += [known[stress] for stress in stresses_of(word, count, pronouncer)]
        joined += [True] * (count - 1) + [False]
    return Scanned(tuple(weights), tuple(joined))


def scan_chinese(characters: int) -> Scanned:
    """A Chinese line: feet of two characters, the first of each heavier; a third closes the line.

    So verse of five and seven characters is read, 2+3 and 2+2+3 (Duanmu San, "A formal theory of
    Chinese verse meter", 2004).
    """
    weights = [WORD if n % 2 == 0 else SMALL for n in range(characters)]
    return Scanned(tuple(weights), (False,) * characters)


def scan_feet(syllables: int, upbeat: bool = True) -> Scanned:
    """A line of alternating syllables, nothing said yet: what a writer without a melody is asked.

    With an `upbeat` it is iambic, else trochaic.
    """
    weights = [WORD if (n % 2 == 1) == upbeat else SMALL for n in range(syllables)]
    return Scanned(tuple(weights), (False,) * syllables)


def bars_a_line(lines: Sequence[Scanned], meter: Meter, bpm: float) -> int:
    """How many bars each line takes so that they are sung at an easy pace.

    Raises
    ------
    Refusal
        When a line has more syllables than anybody sings in one.
    """
    longest = max(range(len(lines)), key=lambda i: len(lines[i].weights))
    if len(lines[longest].weights) > MOST:
        raise Refusal(
            "Line {line} has {syllables} syllables; break it into lines of at most {most}.",
            line=longest + 1,
            syllables=len(lines[longest].weights),
            most=MOST,
        )
    choices = LINE_BARS[str(meter)]
    costs = {n: sum(_best(line, meter, bpm, n)[0] for line in set(lines)) for n in choices}
    return min(choices, key=lambda n: costs[n])


def rhythm(
    lines: Sequence[Scanned], kinds: Sequence[str], meter: Meter, bpm: float, bars: int
) -> tuple[Timed, ...]:
    """The rhythm of each line over `bars` bars, so that all lines can follow one another.

    Lines of one of the `kinds` (of sections) share rhythms among themselves.
    """
    own = {line: _best(line, meter, bpm, bars) for line in set(lines)}
    groups: dict[tuple[str, int], list[Scanned]] = {}
    for line, kind in zip(lines, kinds, strict=True):
        groups.setdefault((kind, len(line.weights)), []).append(line)
    shared = {key: _together(group, meter, bpm, bars) for key, group in groups.items()}
    chosen = []
    for line, kind in zip(lines, kinds, strict=True):
        cost, best = own[line]
        together = shared[kind, len(line.weights)]
        extra = _cost(line, together, meter, bpm, bars) - cost
        chosen.append(together if extra <= _SHARED else best)
    return _timed(chosen, meter, bars)


def _together(group: Sequence[Scanned], meter: Meter, bpm: float, bars: int) -> tuple[int, ...]:
    """The rhythm that suits several lines best: the best of those that suit one of them."""
    found = {_best(line, meter, bpm, bars)[1] for line in set(group)}
    return min(
        sorted(found), key=lambda onsets: sum(_cost(x, onsets, meter, bpm, bars) for x in group)
    )


def _places(meter: Meter, bars: int) -> range:
    """Steps at which a syllable may begin: from within half a bar before the line to its last."""
    bar = round(meter.bar_beats / STEP)
    return range(1 - bar // 2, bars * bar - bar // 2 + 1)


@lru_cache(maxsize=64)
def _strengths(meter: Meter, bars: int) -> dict[int, int]:
    return {step: strength(step * STEP, meter) for step in _places(meter, bars)}


@lru_cache(maxsize=4096)
def _best(line: Scanned, meter: Meter, bpm: float, bars: int) -> tuple[float, tuple[int, ...]]:
    """The cheapest onsets of a line, in steps, and their cost."""
    places, heavy = _places(meter, bars), _strengths(meter, bars)
    count = len(line.weights)
    usual = _usual(count, meter, bpm, bars)
    costs = {p: _begins(p, meter) + _placed(line.weights[0], heavy[p]) for p in places}
    back: list[dict[int, int]] = []
    for number in range(1, count):
        step: dict[int, float] = {}
        origin: dict[int, int] = {}
        for here in places:
            alone = _placed(line.weights[number], heavy[here])
            for before, cost in costs.items():
                if before >= here:
                    continue
                total = cost + alone + _length(before, here, usual, meter)
                total += _pair(line, number, heavy[before], heavy[here])
                if total < step.get(here, math.inf):
                    step[here], origin[here] = total, before
        costs = step
        back.append(origin)
    if not costs:  # more syllables than places
        return math.inf, ()
    ends = {p: cost + _closes(p, heavy[p], meter, bars) for p, cost in costs.items()}
    last = min(ends, key=lambda p: (ends[p], p))
    onsets = [last]
    for origin in reversed(back):
        onsets.append(origin[onsets[-1]])
    onsets.reverse()
    return ends[last] + _hurry(onsets, meter, bpm), tuple(onsets)


def _cost(line: Scanned, onsets: tuple[int, ...], meter: Meter, bpm: float, bars: int) -> float:
    """What given onsets cost a line."""
    heavy = _strengths(meter, bars)
    if any(p not in heavy for p in onsets):
        return math.inf
    usual = _usual(len(onsets), meter, bpm, bars)
    total = _begins(onsets[0], meter) + _closes(onsets[-1], heavy[onsets[-1]], meter, bars)
    total += sum(_placed(w, heavy[p]) for w, p in zip(line.weights, onsets, strict=True))
    for number, (before, here) in enumerate(pairwise(onsets), 1):
        total += _length(before, here, usual, meter)
        total += _pair(line, number, heavy[before], heavy[here])
    return total + _hurry(onsets, meter, bpm)


def _usual(count: int, meter: Meter, bpm: float, bars: int) -> float:
    """Steps of the usual note: what the line has room for, at most what an easy pace takes."""
    room = (bars * meter.bar_beats - meter.pulse) / STEP / max(1, count)
    easy = 1.5 * PACE * bpm / 60 / STEP
    return max(1.0, min(room, easy))


def _begins(place: int, meter: Meter) -> float:
    """A line begins at its bar line or with a short upbeat; later costs."""
    if place < 0:
        return 0.15 * -place * STEP
    return 0.5 * place * STEP


def _placed(weight: float, level: int) -> float:
    """What it costs to put a syllable on a place; levels above 2 are where the bar leans."""
    wanted = 4.0 if weight >= WORD else 2.0 if weight >= SECOND else 1.0
    gap = wanted - level
    return _LIGHT * max(0.0, gap - 1) if gap > 0 else _HEAVY * max(0.0, -gap - 1)


def _pair(line: Scanned, number: int, before: int, here: int) -> float:
    """What two neighbours cost: in a word the stressed one is to be on the heavier place."""
    first, second = line.weights[number - 1], line.weights[number]
    if not line.joined[number - 1] or {first, second} != {MAIN, LIGHT}:
        return 0.0
    rise = (before - here) * (1 if first == MAIN else -1)
    return 0.0 if rise > 0 else _LEVEL if rise == 0 else _AGAINST


def _length(before: int, here: int, usual: float, meter: Meter) -> float:
    """What a note's length costs: unlike the usual one, or off the beat and tied over one."""
    cost = _UNEVEN * abs(math.log2((here - before) / usual)) ** 1.5
    pulse = round(meter.pulse / STEP)
    beat = pulse if meter.is_compound else max(1, round(1 / STEP))
    off = before % beat
    if off and before + (beat - off) < here:
        cost += _TIED if off * 2 >= beat or not meter.is_compound else 0.0
    return cost


def _closes(place: int, level: int, meter: Meter, bars: int) -> float:
    """What the last place costs: light, no time to be held before the next line, or too much."""
    room = bars * meter.bar_beats - place * STEP
    idle = max(0.0, room - max(meter.bar_beats, 4.0))
    return _END * max(0, 4 - level) - _HELD * min(room, meter.bar_beats) + _IDLE * idle


def _hurry(onsets: Sequence[int], meter: Meter, bpm: float) -> float:
    """What the pace costs: away from an easy one by more than a third."""
    if len(onsets) < 2:
        return 0.0
    seconds = (onsets[-1] - onsets[0]) * STEP * 60 / bpm / (len(onsets) - 1)
    return _PACE * max(0.0, abs(math.log2(seconds / PACE)) - 0.4)


def _timed(chosen: Sequence[tuple[int, ...]], meter: Meter, bars: int) -> tuple[Timed, ...]:
    """Onsets with ends: each note to the next, the last held, then a breath before the next line.

    What follows the last line is taken to begin like the first.
    """
    length = bars * meter.bar_beats
    out = []
    for number, steps in enumerate(chosen):
        following = chosen[(number + 1) % len(chosen)]
        onsets = [p * STEP for p in steps]
        room = length + min(0.0, following[0] * STEP) - onsets[-1]
        held = min(room, max(meter.bar_beats / 2, 2 * meter.pulse))
        if room - held < STEP and held > 1.0:
            held -= STEP  # to breathe
        ends = [*onsets[1:], onsets[-1] + held]
        out.append(Timed(tuple(zip(onsets, ends, strict=True))))
    return tuple(out)
