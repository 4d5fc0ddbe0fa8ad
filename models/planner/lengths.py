"""Bars and tempo: a length in seconds met exactly.

In: what was asked of tempo, bars and seconds, and what the style likes. Out: a meter, a number of
bars and a tempo with `bars * bar_beats * 60 / bpm == seconds`. MIDI stores whole microseconds per
quarter, which moves the end by at most half a microsecond a beat: under 1 ms in ten minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.errors import Refusal
from models.planner.bounds import METERS, NUDGE, SECONDS, TEMPO
from models.score import Meter

#: Shortest and longest piece, seconds; slowest and fastest tempo, quarter notes per minute.
SHORTEST, LONGEST = SECONDS
SLOWEST, FASTEST = TEMPO
_ANY_METER = tuple(Meter.parse(m) for m in METERS)
#: What it costs to leave the style's own meters.
_FOREIGN = 4.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known before bars and tempo are chosen.

    `meters`: candidates, best first; `meter_fixed`: only those. `tempo`, `bars`, `seconds`: as
    asked, or None. `range`: (slowest, fastest) the style likes, `target`: the tempo it would take,
    in quarter notes per minute. `usual`: seconds to aim at when no length was asked. `strain`: how
    badly a number of bars suits the form (0 perfect, 1 poor). `least`: the form's sections.
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
    least: int = 1


@dataclass(frozen=True, slots=True)
class Length:
    """The decision: `bpm` in quarter notes per minute, `last_bpm` in a last bar that is held."""

    meter: Meter
    bars: int
    bpm: float
    last_bpm: float | None = None

    @property
    def seconds(self) -> float:
        """Length of the piece in seconds."""
        bar = self.meter.bar_beats * 60
        return (self.bars - 1) * bar / self.bpm + bar / (self.last_bpm or self.bpm)


def resolve(ask: Ask) -> Length:
    """Choose meter, bars and tempo.

    Raises
    ------
    Refusal
        When what was asked contradicts itself or lies outside the limits.
    """
    if ask.seconds is not None:
        _within(ask.seconds)
        return _exact(ask, ask.seconds)
    return _about(ask) if ask.bars is None else _counted(ask, ask.bars)


def _foreign(ask: Ask) -> tuple[Meter, ...]:
    """Meters to fall back on when nobody asked for one."""
    return () if ask.meter_fixed else tuple(m for m in _ANY_METER if m not in ask.meters)


def _counted(ask: Ask, bars: int) -> Length:
    """That many bars at the tempo asked for, or the style's unless it would take too long."""
    options = []
    for meter in (*ask.meters, *_foreign(ask)):
        least = bars * meter.bar_beats * 60 / LONGEST  # bpm that just fits
        bpm = ask.tempo or max(ask.target, math.ceil(least))
        if least <= bpm + 1e-9 and bpm <= FASTEST:
            options.append(Length(meter, bars, bpm))
    if not options:
        tempo = ask.tempo or FASTEST
        raise Refusal(
            "{bars} bars at {tempo:g} bpm last {seconds:.0f} seconds; "
            "a piece may last at most {limit:.0f}: ask for fewer bars or a faster tempo.",
            bars=bars,
            tempo=tempo,
            seconds=Length(ask.meters[0], bars, tempo).seconds,
            limit=LONGEST,
        )
    return min(options, key=lambda o: _cost(ask, o))


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
    own = [o for meter in ask.meters for o in _options(ask, meter, seconds)]
    if own and (ask.tempo is not None or ask.bars is not None):
        return _best(ask, own)
    liked = [o for o in own if _liked(ask, o.bpm)]
    # A foreign meter is better than no way at all, and than a tempo foreign to the style.
    foreign = [o for meter in _foreign(ask) for o in _options(ask, meter, seconds)]
    for options in (liked, [o for o in foreign if _liked(ask, o.bpm)], own, foreign):
        if options:
            return _best(ask, options)
    held = [o for m in (*ask.meters, *_foreign(ask)) for o in _held(ask, m, seconds)]
    if held:
        return held[0]
    raise _impossible(ask, seconds)


def _held(ask: Ask, meter: Meter, seconds: float) -> list[Length]:
    """The tempo asked for, with the last bar held (a fermata) until exactly `seconds`."""
    if ask.tempo is None or ask.bars is not None:
        return []
    bar = meter.bar_beats * 60 / ask.tempo
    bars = math.floor(seconds / bar)
    if bars < max(2, ask.least):
        return []
    last = meter.bar_beats * 60 / (seconds - (bars - 1) * bar)
    return [Length(meter, bars, ask.tempo, last)]


def _impossible(ask: Ask, seconds: float) -> Refusal:
    """Why no number of bars lasts exactly `seconds`, and what to do."""
    if (
        ask.bars is None
        and ask.least > 1
        and any(_options(replace(ask, least=1), m, seconds) for m in ask.meters)
    ):
        return Refusal(
            "{sections} sections do not fit into {seconds:g} seconds; "
            "ask for a longer piece or fewer sections.",
            sections=ask.least,
            seconds=seconds,
        )
    if ask.bars is not None and ask.tempo is not None:
        return Refusal(
            "{bars} bars at {tempo:g} bpm do not last {seconds:g} seconds; leave one of them out.",
            bars=ask.bars,
            tempo=ask.tempo,
            seconds=seconds,
        )
    if ask.bars is not None:
        return Refusal(
            "{bars} bars in {seconds:g} seconds would be too slow or too fast to play; "
            "change one of them.",
            bars=ask.bars,
            seconds=seconds,
        )
    return Refusal(
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
    first = max(ask.least, math.ceil(slowest / per_bar - 1e-9))
    last = math.floor(fastest / per_bar + 1e-9)
    counts: Sequence[int] = range(first, last + 1)
    if ask.bars is not None:
        counts = [ask.bars] if first <= ask.bars <= last else []
    return [Length(meter, bars, bars * per_bar) for bars in counts]


def _about(ask: Ask) -> Length:
    """No length asked: the number of bars nearest the usual length that suits the form."""
    bpm, meter = ask.tempo or ask.target, ask.meters[0]
    bar = meter.bar_beats * 60 / bpm
    least, most = max(ask.least, int(ask.usual / bar / 2)), int(min(LONGEST, ask.usual * 2) / bar)
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
    if ask.seconds is None and ask.bars is None:
        cost += 4 * abs(math.log2(option.seconds / ask.usual))
    if ask.tempo is None:
        low, high = ask.range
        cost += 12 * max(math.log2(low / option.bpm), math.log2(option.bpm / high), 0.0)
    own = option.meter in ask.meters
    cost += 1.5 * ask.meters.index(option.meter) if own else _FOREIGN
    return cost + (0.0 if option.bars % 4 == 0 else 0.8 if option.bars % 2 == 0 else 2.0)
