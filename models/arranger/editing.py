"""Changes to the players of a finished piece: in, out, another instrument.

In: a plan (and its score). Out: the plan with the part added, taken out or given to another
instrument, and the score where notes move with it. Writing notes is `whole.arrange`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models import vocabulary
from models.errors import Refusal
from models.planner.orchestration import register
from models.planner.plan import Part, Plan
from models.score import ROLES, Note, Role, Score, Track
from models.vocabulary import Instrument

#: What a new player does, first choice first, where its instrument can.
_JOINS: tuple[Role, ...] = ("bass", "chords", "pad", "counter")


def find_part(plan: Plan, name: str) -> Part:
    """The part that a person means: by its name, its instrument, or its role.

    Raises
    ------
    Refusal
        When no part is called so.
    """
    wanted = name.strip().casefold()
    for part in plan.parts:
        words = vocabulary.load()
        known = words.kits if part.is_drum else words.instruments
        names = {part.name, part.instrument, part.role}
        if part.instrument in known:
            names |= {known[part.instrument].name(code) for code in ("en", "zh")}
        if wanted in {n.casefold() for n in names}:
            return part
    raise Refusal(
        "There is no part “{name}” in this piece; it has {parts}.",
        name=name[:40],
        parts=", ".join(p.name for p in plan.parts),
    )


def with_player(plan: Plan, instrument: str) -> tuple[Plan, Part]:
    """The plan with one more part, in the role that it lacks and the instrument can play.

    Raises
    ------
    Refusal
        When there is no room for another player.
    """
    words = vocabulary.load()
    if len(plan.parts) >= 15:
        raise Refusal("Fifteen parts play already; take one out before another comes in.")
    if instrument in words.kits:
        if any(p.is_drum for p in plan.parts):
            raise Refusal("A drummer plays already; replace the drums instead.")
        kit = words.kits[instrument]
        part = Part("drums", kit.id, kit.name(), kit.program, 35, 81, is_drum=True)
        return _joined(plan, part), part
    player = words.instruments[instrument]
    taken = {p.role for p in plan.parts}
    able = [r for r in _JOINS if r in player.roles] or ["counter"]
    role = next((r for r in able if r not in taken), able[-1])
    part = _named_apart(plan, _part(role, player))
    return _joined(plan, part), part


def without_part(plan: Plan, name: str) -> Plan:
    """The plan without a part.

    Raises
    ------
    Refusal
        When it is the melody, or nobody else is left.
    """
    gone = next(p for p in plan.parts if p.name == name)
    if gone.role == "melody" or len(plan.parts) == 1:
        raise Refusal("The melody is the piece; take out another part.")
    parts = tuple(p for p in plan.parts if p.name != name)
    return _cast(plan, parts)


def given_to(plan: Plan, name: str, instrument: str) -> tuple[Plan, Part]:
    """The plan with a part given to another instrument of its kind.

    Raises
    ------
    Refusal
        When drums are asked to play pitches or the other way round.
    """
    words = vocabulary.load()
    old = next(p for p in plan.parts if p.name == name)
    if old.is_drum != (instrument in words.kits):
        raise Refusal("Drums can only be replaced by other drums, and an instrument by another.")
    rest = replace(plan, parts=tuple(p for p in plan.parts if p is not old))
    if old.is_drum:
        kit = words.kits[instrument]
        new = replace(old, instrument=kit.id, name=kit.name(), program=kit.program)
    else:
        new = _named_apart(rest, _part(old.role, words.instruments[instrument]))
    parts = tuple(new if p is old else p for p in plan.parts)
    return _cast(plan, parts), new


def moved(track: Track, part: Part) -> Track:
    """A track's notes for another part, moved by octaves as one to lie best in its range."""

    def outside(shift: int) -> int:
        return sum(not part.low <= n.pitch + shift <= part.high for n in track.notes)

    shift = 0
    if not part.is_drum:
        shift = min((12 * k for k in range(-4, 5)), key=lambda s: (outside(s), abs(s)))
    notes = tuple(sorted(replace(n, pitch=n.pitch + shift) for n in track.notes))
    return replace(track, name=part.name, program=part.program, notes=notes)


def silenced(track: Track, start: float, end: float) -> Track:
    """A track without the notes that begin in `start..end`, in beats; held ones stop there."""
    kept: list[Note] = []
    for n in track.notes:
        if not start <= n.onset < end:
            stops = min(n.end, start) if n.onset < start else n.end
            kept.append(replace(n, duration=stops - n.onset))
    return replace(track, notes=tuple(kept))


def same_hands(old: Part, new: Part) -> bool:
    """Whether what one instrument plays can be played by the other: both chords, or both lines."""
    if old.is_drum or new.is_drum:
        return True
    words = vocabulary.load()
    first, second = words.instruments[old.instrument], words.instruments[new.instrument]
    return second.polyphonic or not first.polyphonic


def replaced(score: Score, name: str, track: Track) -> Score:
    """The score with the track of a name exchanged."""
    return score.with_tracks(track if t.name == name else t for t in score.tracks)


def _part(role: Role, player: Instrument) -> Part:
    low, high = register(role, player)
    return Part(role, player.id, player.name(), player.program, low, high)


def _named_apart(plan: Plan, part: Part) -> Part:
    taken = {p.name for p in plan.parts}
    name, number = part.name, 2
    while name in taken:
        name, number = f"{part.name} {number}", number + 1
    return replace(part, name=name)


def _joined(plan: Plan, part: Part) -> Plan:
    parts = sorted([*plan.parts, part], key=lambda p: ROLES.index(p.role))
    return _cast(plan, tuple(parts), part.role)


def _cast(plan: Plan, parts: tuple[Part, ...], joining: Role | None = None) -> Plan:
    """The plan with other parts; nobody sits out a role that they alone have joined for."""
    roles = {p.role for p in parts}

    def playing(old: Sequence[Role]) -> tuple[Role, ...]:
        return tuple(r for r in ROLES if r in roles and (r in old or r == joining))

    sections = tuple(replace(s, roles=playing(s.roles)) for s in plan.sections)
    return replace(plan, parts=parts, sections=sections)
