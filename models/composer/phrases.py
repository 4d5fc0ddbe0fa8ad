"""Phrases and returns inside a section: which bars breathe, which look back at which.

In: a section's number of bars, density and place in the dynamics. Out: the bar attributes that the
network is told. The patterns are the sentence, the period and the repeated phrase of William
Caplin, *Classical Form* (1998), ch. 3-5, said as echoes at a lag of 1, 2, 4 or 8 bars.
"""

from __future__ import annotations

import numpy as np

from models.composer.encode import (
    ECHO_LAGS,
    ECHO_NEW,
    ECHO_OPEN,
    Ints,
    echo_lag,
    open_attributes,
)


def rhythm(lag: int) -> int:
    """The echo class "same rhythm as `lag` bars ago"."""
    return 2 + ECHO_LAGS.index(lag)


def notes(lag: int) -> int:
    """The echo class "same notes as `lag` bars ago"."""
    return rhythm(lag) + len(ECHO_LAGS)


_NEW, _OPEN = ECHO_NEW, ECHO_OPEN
#: Eight bars each; where a bar is open the network decides.
PATTERNS: dict[str, tuple[int, ...]] = {
    "period": (_NEW, _OPEN, rhythm(2), _OPEN, notes(4), notes(4), _OPEN, _OPEN),
    "sentence": (_NEW, _OPEN, rhythm(2), rhythm(2), _NEW, rhythm(1), _OPEN, _OPEN),
    "sequence": (_NEW, _OPEN, rhythm(2), _NEW, rhythm(4), _OPEN, rhythm(4), _OPEN),
    "answer": (_NEW, _OPEN, notes(2), _OPEN, _NEW, _OPEN, rhythm(2), _OPEN),
    "return": (_NEW, _NEW, _OPEN, _OPEN, notes(4), notes(4), _OPEN, _OPEN),
}
#: Register classes (four semitones) above the section's own, bar by bar.
CONTOURS: tuple[tuple[int, ...], ...] = (
    (0, 0, 1, 0, 0, 1, 2, 0),
    (1, 1, 0, 0, 1, 1, 0, 0),
    (0, 1, 1, 0, 0, 1, 2, 1),
    (0, 0, -1, -1, 0, 1, 1, 0),
)


def phrase_ends(bars: int) -> tuple[bool, ...]:
    """Which bars breathe: every fourth and the last; a remainder of one joins the phrase before."""
    ends = [(b + 1) % 4 == 0 for b in range(bars)]
    if bars % 4 == 1 and bars > 4:
        ends[bars - 2] = False
    ends[-1] = True
    return tuple(ends)


def echoes(bars: int, rng: np.random.Generator) -> list[int]:
    """An echo class for each bar; the second eight of sixteen starts like the first."""
    names = sorted(PATTERNS)
    name = names[int(rng.integers(len(names)))]
    out: list[int] = []
    while len(out) < bars:
        eight = list(PATTERNS[name])
        if out:
            eight[:4] = [notes(8), notes(8), _OPEN, _OPEN]
        out.extend(eight)
    return out[:bars]


def attributes(
    bars: int,
    density: float,
    register: int,
    within: tuple[int, int],
    pulses: float,
    rng: np.random.Generator,
) -> Ints:
    """Bar attributes for a section: (bars, len(BAR_FIELDS)).

    `density` is 0..1; how many notes a beat it means falls with the tempo, so that the notes a
    second stay those of a singer or a player; `pulses` are felt beats a minute. `register` is the
    section's class; bars wander around it `within` the lowest and highest class of the part.
    """
    out = open_attributes(bars)
    pace = 0.8 if pulses > 150 else 0.9 if pulses > 120 else 1.15 if pulses < 70 else 1.0
    wanted = (0.35 + 2.3 * density) * pace  # notes a beat
    level = int(np.clip(round(wanted * 2 + 0.3), 1, 6))
    ends = phrase_ends(bars)
    contour = CONTOURS[int(rng.integers(len(CONTOURS)))]
    for b, echo in enumerate(echoes(bars, rng)):
        close = ends[b]
        out[b, 0], out[b, 1] = min(b, 16), min(bars - b, 8)
        out[b, 2] = max(1, level - 1) if close else level
        out[b, 3] = int(np.clip(register + contour[b % 8], *within))
        out[b, 4] = int(close)
        out[b, 5] = echo if not (close and b == bars - 1) else ECHO_OPEN
    return out


def honest_echoes(attributes: Ints, roots: Ints, bar: int) -> Ints:
    """Turn "same notes" into "same rhythm" where the harmony of the two bars differs.

    `roots` is the chord root at each step; an echo that looks back before bar 0 becomes new.
    """
    out = attributes.copy()
    for b, echo in enumerate(attributes[:, 5]):
        lag = echo_lag(int(echo))
        if not lag:
            continue
        if lag > b:
            out[b, 5] = ECHO_NEW
            continue
        here, there = (roots[n * bar : (n + 1) * bar] for n in (b, b - lag))
        if int(echo) == notes(lag) and (here != there).any():
            out[b, 5] = rhythm(lag)
    return out
