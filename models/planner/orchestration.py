"""Who plays: instruments for the roles, in comfortable registers.

In: the style's preferences, or the instruments that the person named and those they ruled out.
Out: `Part`s. Named instruments are used all and only they; one of them takes the melody. An
ensemble has seats of its own (`ensembles.toml`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from models.errors import Refusal
from models.planner.grades import limits
from models.planner.plan import Part
from models.score import ROLES, Role
from models.vocabulary import Ensemble, Instrument, Kit, Style, Vocabulary

#: Comfortable register of a role, MIDI notes (low, high), before the instrument narrows it.
_REGISTERS: dict[Role, tuple[int, int]] = {
    "melody": (60, 84),
    "counter": (55, 79),
    "chords": (48, 76),
    "pad": (48, 79),
    "bass": (28, 50),
    "drums": (35, 81),
    "other": (48, 84),
}
#: A part needs this many semitones to move in; a register is widened to it where it can be.
_ROOM: dict[Role, int] = {"melody": 17, "counter": 14, "chords": 19, "pad": 19, "bass": 14}
_ORDER: tuple[Role, ...] = ("melody", "counter", "chords", "pad", "bass", "drums", "other")


def orchestrate(
    style: Style,
    named: Sequence[str],
    without: Sequence[str],
    arousal: float,
    grade: int | None,
    vocabulary: Vocabulary,
    rng: Random,
) -> tuple[Part, ...]:
    """The parts of a piece, melody first.

    Raises
    ------
    Refusal
        When nothing is left to play.
    """
    barred = frozenset(without)
    if named:
        asked = list(dict.fromkeys(n for n in named if n not in barred))
        cast = _named(asked, vocabulary)
    else:
        cast = _preferred(style, barred, arousal, grade, vocabulary, rng)
    if not cast:
        raise Refusal("There is no instrument left to play; leave at least one in.")
    cast.sort(key=lambda member: _ORDER.index(member[0]))
    return tuple(_part(role, name, cast, grade, vocabulary) for role, name in cast)


def _pick(names: Sequence[str], taken: frozenset[str], rng: Random) -> str | None:
    """One of the preferred instruments that is free, the first ones more often."""
    free = [n for n in names if n not in taken]
    return rng.choices(free, [0.5**i for i in range(len(free))])[0] if free else None


def _preferred(
    style: Style,
    barred: frozenset[str],
    arousal: float,
    grade: int | None,
    vocabulary: Vocabulary,
    rng: Random,
) -> list[tuple[Role, str]]:
    cast: list[tuple[Role, str]] = []
    taken = barred
    # Pads thin out as pieces get lively; a lesson is for one or two players.
    wants_pad = grade is None and rng.random() < 0.75 - 0.25 * arousal
    roles: list[tuple[Role, Sequence[str]]] = [("melody", style.melody), ("chords", style.chords)]
    if wants_pad:
        roles.append(("pad", style.pad))
    if grade is None:
        roles.append(("bass", style.bass))
    for role, names in roles:
        name = _pick(names, taken, rng)
        if name is None and role in ("melody", "chords"):
            # Everything of the style is ruled out or taken: any plain instrument that can do it.
            plain = [i.id for i in vocabulary.instruments if role in i.roles]
            name = _pick(plain, taken, rng) or _pick(plain, barred, rng)
        if name is not None:
            cast.append((role, name))
            taken = taken | {name}
    if style.kit and grade is None and style.kit not in barred:
        cast.append(("drums", style.kit))
    return cast


def _named(names: Sequence[str], vocabulary: Vocabulary) -> list[tuple[Role, str]]:
    """Roles for exactly these instruments and kits.

    The melody goes to the first that is rather a lead than an accompanist, the bass to one that is
    at home there, chords to what can play them; the rest make counter-lines and pads. Where nobody
    is left for the chords, a polyphonic melody instrument plays them too, as a second part.
    """
    kits = [n for n in names if n in vocabulary.kits]
    pool = [vocabulary.instruments[n] for n in names if n in vocabulary.instruments]
    cast: list[tuple[Role, str]] = [("drums", kit) for kit in kits]
    if not pool:
        return cast
    lead = _lead(pool)
    cast.append(("melody", lead.id))
    rest = [i for i in pool if i is not lead]
    bass = next((i for i in rest if i.family == "bass" or i.roles[:1] == ("bass",)), None)
    bass = bass or next((i for i in rest if "bass" in i.roles and "chords" not in i.roles), None)
    if bass is not None:
        cast.append(("bass", bass.id))
        rest.remove(bass)
    chords = next((i for i in rest if "chords" in i.roles and i.polyphonic), None)
    chords = chords or next((i for i in rest if "pad" in i.roles and i.polyphonic), None)
    if chords is not None:
        cast.append(("chords", chords.id))
        rest.remove(chords)
    elif lead.polyphonic and "chords" in lead.roles:
        cast.append(("chords", lead.id))
    cast += [(_side_role(i), i.id) for i in rest]
    return cast


def _lead(pool: Sequence[Instrument]) -> Instrument:
    """Who takes the melody: a pure lead before an all-rounder before a bass; then in order."""

    def rank(i: Instrument) -> int:
        if "melody" not in i.roles:
            return 9
        if i.family == "bass":
            return 5
        if "pad" in i.roles and "chords" in i.roles and len(i.roles) == 3:
            return 3
        return 0 if not i.polyphonic or "chords" not in i.roles else 1

    return min(pool, key=rank)


def _side_role(instrument: Instrument) -> Role:
    if "counter" in instrument.roles and not instrument.polyphonic:
        return "counter"
    for role in ("pad", "counter", "chords", "bass"):
        if role in instrument.roles:
            return role
    return "counter" if "melody" in instrument.roles else "other"


def _part(
    role: Role,
    name: str,
    cast: Sequence[tuple[Role, str]],
    grade: int | None,
    vocabulary: Vocabulary,
) -> Part:
    if role == "drums":
        kit: Kit = vocabulary.kits[name]
        low, high = _REGISTERS["drums"]
        return Part(role, kit.id, kit.name(), kit.program, low, high, is_drum=True)
    instrument = vocabulary.instruments[name]
    low, high = register(role, instrument)
    if grade is not None and role == "melody":
        narrow = limits(grade)
        octave = _octave(narrow.low, narrow.high, instrument)
        low, high = narrow.low + octave, narrow.high + octave
        low, high = max(low, instrument.low), min(high, instrument.high)
    twice = sum(other == name for _, other in cast) > 1
    shown = instrument.name() + (" (accompaniment)" if twice and role != "melody" else "")
    return Part(role, instrument.id, shown, instrument.program, low, high)


def register(role: Role, instrument: Instrument) -> tuple[int, int]:
    """Where an instrument plays in a role, as MIDI notes.

    The role's register, moved by octaves into the instrument's range, clipped to it, and widened
    again where clipping left too little room.
    """
    low, high = _REGISTERS[role]
    shift = _octave(low, high, instrument)
    low, high = max(low + shift, instrument.low), min(high + shift, instrument.high)
    room = min(_ROOM.get(role, 12), instrument.high - instrument.low)
    while high - low < room:
        low, high = max(low - 1, instrument.low), min(high + 1, instrument.high)
    return low, high


def _octave(low: int, high: int, instrument: Instrument) -> int:
    """Octaves (in semitones) that bring a register best into an instrument's range."""

    def outside(shift: int) -> int:
        return max(0, instrument.low - low - shift) + max(0, high + shift - instrument.high)

    return min((0, 12, -12, 24, -24, 36, -36), key=lambda s: (outside(s), abs(s)))


def seated(ensemble: Ensemble, without: Sequence[str], vocabulary: Vocabulary) -> tuple[Part, ...]:
    """One part for each seat of an ensemble that nobody ruled out; the first of them leads.

    Raises
    ------
    Refusal
        When nothing is left to play.
    """
    seats = [seat for seat in ensemble.seats if seat.instrument not in without]
    if not any(seat.role != "drums" for seat in seats):
        raise Refusal("There is no instrument left to play; leave at least one in.")
    if not any(seat.role == "melody" for seat in seats):
        seats[0] = replace(seats[0], role="melody")
    parts = []
    for seat in seats:
        drums = seat.role == "drums"
        catalogue: Kit | Instrument = (
            vocabulary.kits[seat.instrument] if drums else vocabulary.instruments[seat.instrument]
        )
        role = next(r for r in ROLES if r == seat.role)
        parts.append(
            Part(role, seat.instrument, seat.name, catalogue.program, seat.low, seat.high, drums)
        )
    return tuple(parts)
