"""Bars and tempo: a length in seconds met exactly.

In: what was asked of tempo, bars and seconds, and what the style likes. Out: a meter, a number of
bars and a tempo with `bars * bar_beats * 60 / bpm == seconds`. MIDI stores whole microseconds per
quarter, which moves the end by at most half a microsecond a beat: under 1 ms in ten minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.errors import Refusal
from models.score import Meter

#: Shortest and longest piece, seconds.
SHORTEST, LONGEST = 3.0, 600.0
#: Slowest and fastest tempo, quarter notes per minute.
SLOWEST, FASTEST = 20.0, 400.0
#: How far an asked tempo may be moved to meet an asked length.
NUDGE = 0.03
_ANY_METER = (Meter(4, 4), Meter(3, 4), Meter(2, 4), Meter(6, 8))


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known before bars and tempo are chosen.

    `meters`: candidates, best first; `meter_fixed`: only those. `tempo`, `bars`, `seconds`: as
    asked, or None. `range`: (slowest, fastest) the style likes, `target`: the tempo it would take,
    in quarter notes per minute. `usual`: seconds to aim at when no length was asked. `strain`: how
    badly a number of bars suits the form (0 perfect, 1 poor).
    """

    meters: tuple[Meter, ...]
    meter_fixed: bool
    tempo: float | None
    bars: int | None
    seconds: float | None
    range: tuple[float, float]
    target: float
    usual: float
    strain: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Length:
    """The decision: `bpm` in quarter notes per minute."""

    meter: Meter
    bars: int
    bpm: float

    @property
    def seconds(self) -> float:
        """Length of the piece in seconds."""
        return self.bars * self.meter.bar_beats * 60 / self.bpm


def resolve(ask: Ask) -> Length:
    """Choose meter, bars and tempo.

    Raises
    ------
    Refusal
        When what was asked contradicts itself or lies outside the limits.
    """
    if ask.seconds is not None:
        _within(ask.seconds)
        found = _exact(ask, ask.seconds)
    elif ask.bars is not None:
        found = Length(ask.meters[0], ask.bars, ask.tempo or ask.target)
    else:
        found = _about(ask)
    if found.seconds > LONGEST + 1e-6:
        raise Refusal(
            "{bars} bars at {tempo:g} bpm last {seconds:.0f} seconds; "
            "a piece may last at most {limit:.0f}: ask for fewer bars or a faster tempo.",
            bars=found.bars,
            tempo=found.bpm,
            seconds=found.seconds,
            limit=LONGEST,
        )
    return found


def _within(seconds: float) -> None:
    if not SHORTEST <= seconds <= LONGEST:
        raise Refusal(
            "A piece lasts between {shortest:g} and {longest:g} seconds; {seconds:g} is outside.",
            shortest=SHORTEST,
            longest=LONGEST,
            seconds=seconds,
        )


def _exact(ask: Ask, seconds: float) -> Length:
    """The best of all whole numbers of bars that last exactly `seconds`."""
    others = () if ask.meter_fixed else tuple(m for m in _ANY_METER if m not in ask.meters)
    own = [o for meter in ask.meters for o in _options(ask, meter, seconds)]
    if own and (ask.tempo is not None or ask.bars is not None):
        return _best(ask, own)
    liked = [o for o in own if _liked(ask, o.bpm)]
    # A foreign meter is better than no way at all, and than a tempo foreign to the style.
    foreign = [o for meter in others for o in _options(ask, meter, seconds)]
    for options in (liked, [o for o in foreign if _liked(ask, o.bpm)], own, foreign):
        if options:
            return _best(ask, options)
    if ask.bars is not None and ask.tempo is not None:
        raise Refusal(
            "{bars} bars at {tempo:g} bpm do not last {seconds:g} seconds; leave one of them out.",
            bars=ask.bars,
            tempo=ask.tempo,
            seconds=seconds,
        )
    if ask.bars is not None:
        raise Refusal(
            "{bars} bars in {seconds:g} seconds would be too slow or too fast to play; "
            "change one of them.",
            bars=ask.bars,
            seconds=seconds,
        )
    raise Refusal(
        "{seconds:g} seconds at {tempo:g} bpm is no whole number of {meter} bars; "
        "try {lower:.1f} or {upper:.1f} bpm.",
        seconds=seconds,
        tempo=ask.tempo,
        meter=ask.meters[0],
        **_neighbours(ask, seconds),
    )


def _neighbours(ask: Ask, seconds: float) -> dict[str, float]:
    """The nearest tempi that would do."""
    per_bar = ask.meters[0].bar_beats * 60 / seconds
    bars = (ask.tempo or ask.target) / per_bar
    return {"lower": max(1, math.floor(bars)) * per_bar, "upper": (math.floor(bars) + 1) * per_bar}


def _options(ask: Ask, meter: Meter, seconds: float) -> list[Length]:
    """Every number of bars whose exact tempo is allowed."""
    slowest, fastest = SLOWEST, FASTEST
    if ask.tempo is not None:
        slowest, fastest = ask.tempo * (1 - NUDGE), ask.tempo * (1 + NUDGE)
    per_bar = meter.bar_beats * 60 / seconds  # bpm of a single bar
    first = max(1, math.ceil(slowest / per_bar - 1e-9))
    last = math.floor(fastest / per_bar + 1e-9)
    counts: Sequence[int] = range(first, last + 1)
    if ask.bars is not None:
        counts = [ask.bars] if first <= ask.bars <= last else []
    return [Length(meter, bars, bars * per_bar) for bars in counts]


def _about(ask: Ask) -> Length:
    """No length asked: the number of bars nearest the usual length that suits the form."""
    bpm, meter = ask.tempo or ask.target, ask.meters[0]
    bar = meter.bar_beats * 60 / bpm
    least, most = max(1, int(ask.usual / bar / 2)), int(min(LONGEST, ask.usual * 2) / bar)
    return _best(ask, [Length(meter, bars, bpm) for bars in range(least, max(least, most) + 1)])


def _best(ask: Ask, options: Sequence[Length]) -> Length:
    """The option most like the style whose bars suit the form."""
    # Fitting a form to every number of bars is slow; only the likeliest dozen are tried.
    likely = sorted(options, key=lambda o: (_cost(ask, o), o.bars))[:12]
    return min(likely, key=lambda o: (_cost(ask, o) + 3 * ask.strain(o.bars), o.bars))


def _liked(ask: Ask, bpm: float) -> bool:
    return ask.range[0] * 0.97 <= bpm <= ask.range[1] * 1.03


def _cost(ask: Ask, option: Length) -> float:
    """How unlike the wish an option is: tempo, length, odd bars, second meters."""
    cost = 6 * abs(math.log2(option.bpm / (ask.tempo or ask.target)))
    if ask.seconds is None:
        cost += 4 * abs(math.log2(option.seconds / ask.usual))
    elif ask.tempo is None:
        low, high = ask.range
        cost += 12 * max(math.log2(low / option.bpm), math.log2(option.bpm / high), 0.0)
    if option.meter in ask.meters:
        cost += 1.5 * ask.meters.index(option.meter)
    return cost + (0.0 if option.bars % 4 == 0 else 0.8 if option.bars % 2 == 0 else 2.0)
