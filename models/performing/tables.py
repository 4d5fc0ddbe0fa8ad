"""The measured tables of `models/playing.toml`, and which of them a style is played with.

In: a `Style`. Out: its drummers' timing and touch, and the figures that hold for everyone. Groove
MIDI knows sixteen kinds of drumming; `_OF_STYLE`, else `_OF_FAMILY`, says which is nearest, and
"any" is the mean of all drummers, for styles whose own drummers nobody recorded.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.vocabulary import Style

_FILE = Path(__file__).parent.parent / "playing.toml"

_OF_FAMILY = {
    "pop": "pop", "rock": "rock", "electronic": "dance", "hiphop": "hiphop", "rnb": "soul",
    "jazz": "jazz", "blues": "shuffle", "latin": "latin",
}  # fmt: skip
_OF_STYLE = {
    "musical_theatre": "any", "christmas": "jazz", "city_pop": "funk", "synthpop": "dance",
    "dance_pop": "dance", "indie_pop": "rock", "punk": "punk", "rock_and_roll": "shuffle",
    "downtempo": "hiphop", "funk": "funk", "disco": "dance", "dixieland": "neworleans",
    "ragtime": "any", "fusion": "funk", "bossa_nova": "brazil", "samba": "brazil",
    "salsa": "afrocuban", "mambo": "afrocuban", "cha_cha": "afrocuban", "bolero": "afrocuban",
    "tango": "any", "reggae": "reggae", "ska": "reggae", "afrobeat": "afrobeat",
    "calypso": "afrocuban", "country": "rock", "western": "rock",
}  # fmt: skip
#: From this looseness on, players are people; below it they approach a machine.
_HUMAN = 0.35


@dataclass(frozen=True)
class Group:
    """How the drummers of a kind of music play: rows are limbs, columns places in the bar.

    `sixteenth` is where an off-sixteenth falls in its half beat, `timing` milliseconds after the
    beat that the kick gives, `touch` loudness in normal scores inside a limb and level.
    """

    sixteenth: float
    timing: tuple[tuple[float, ...], ...]
    touch: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Tables:
    """Figures of all drummers, by limb (and level), the other players, and the groups.

    `pulse` (ms), `colour` and `knee` are the band's shared wander; `take_*` how far one piece
    differs from its style at a sixteenth of the bar, `limb_*` how far one stroke does from the
    next, `hold` what of that stays; `loudness[limb][level]` are quantiles of velocity.
    """

    pulse: float
    colour: float
    knee: float
    take_timing: tuple[float, ...]
    limb_timing: tuple[tuple[float, ...], ...]
    hold: tuple[float, ...]
    take_touch: tuple[float, ...]
    limb_touch: tuple[tuple[float, ...], ...]
    loudness: tuple[tuple[tuple[float, ...], ...], ...]
    swing: tuple[float, float]  # at 140 bpm; change per 100 bpm
    bass: dict[str, float]
    piano: dict[str, Any]
    groups: dict[str, Group]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """What `tools/fit_playing.py` measured."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    timing, touch = raw["timing"], raw["touch"]
    return Tables(
        timing["pulse"], timing["colour"], timing["knee"],
        tuple(timing["take"]), _rows(timing["limb"]), tuple(timing["hold"]),
        tuple(v / 100 for v in touch["take"]), _rows(touch["limb"], 0.01),
        tuple(_rows(levels) for levels in raw["loudness"].values()),
        (raw["swing"]["at_140"], raw["swing"]["per_100_bpm"]),
        raw["bass"], raw["piano"],
        {
            name: Group(g["sixteenth"], _rows(g["timing"]), _rows(g["touch"], 0.01))
            for name, g in raw["group"].items()
        },
    )  # fmt: skip


def group_of(style: Style) -> Group:
    """The drummers nearest to a style."""
    name = _OF_STYLE.get(style.id) or _OF_FAMILY.get(style.family, "any")
    return tables().groups[name]


def humanity(style: Style) -> float:
    """How much of what people do a style's players do: 0 a machine, 1 people."""
    return min(1.0, style.looseness / _HUMAN)


def _rows(raw: list[list[float]], factor: float = 1.0) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(v * factor for v in row) for row in raw)
