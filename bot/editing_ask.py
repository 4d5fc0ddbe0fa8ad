"""What a change asks for, checked against itself and against the piece before anything is done.

In: a `Change` and the plan of the piece. Out: where it holds, as bars and parts; or a refusal that
says in one sentence what contradicts what, or what this piece does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from bot.arrange_ask import span as place_of
from bot.domain import Change
from models import vocabulary
from models.arranger.editing import find_part
from models.errors import Refusal
from models.planner.bounds import BARS, METERS, SECONDS
from models.planner.names import require
from models.planner.plan import Plan
from models.reshape.work import Span
from models.score import ROLES
from models.theory import Key

NOTHING = "Tell me what to change: tempo, key, mood, players, length, or how a part plays."
_TWICE = "You ask for “{first}” and “{second}”, which contradict each other; choose one."
_WHOLE = (
    "Tempo, meter, length and title hold for the whole piece; leave the bars and the part out, "
    "or ask for them alone."
)
_ONE_PART = (
    "One part alone can become busier, fuller, higher or louder, move by octaves or be written "
    "again; leave the part out for anything else."
)
_SLIDERS = ("intensity", "fullness", "register", "loudness")
#: Fields that hold for all bars, and those that may name one part.
_OF_ALL = (
    "tempo", "pace", "faster", "meter", "title", "seconds", "length_bars", "cut", "repeat", "swap",
)  # fmt: skip
_OF_PART = (*_SLIDERS, "semitones", "reroll")
_SMALLEST_PACE, _LARGEST_PACE = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change holds: bars (None: all, from 0) and names of parts (empty: everybody)."""

    span: Span | None = None
    parts: frozenset[str] = frozenset()


def given(change: Change) -> dict[str, object]:
    """The fields that ask for something, without the place."""
    found = {f.name: getattr(change, f.name) for f in fields(change)}
    return {
        name: value
        for name, value in found.items()
        if name not in ("part", "bars")
        and value not in (None, (), "")
        and not (name in (*_SLIDERS, "semitones", "faster") and value == 0)
    }


def place(change: Change, plan: Plan) -> Place:
    """Where a change holds, once it is known to make sense.

    Raises
    ------
    Refusal
        When it asks for nothing, contradicts itself, or names what the piece does not have.
    """
    asked = given(change)
    if not asked:
        raise Refusal(NOTHING)
    _agreeing(change, asked)
    _bounded(change)
    span = None
    if change.bars is not None:
        first, last = change.bars
        if not 1 <= first <= last <= plan.bars:
            raise Refusal("This piece has {bars} bars; choose some of them.", bars=plan.bars)
        span = (first - 1, last - 1) if (first, last) != (1, plan.bars) else None
    names = parts_meant(plan, change.part) if change.part else frozenset()
    if span and set(asked) & set(_OF_ALL):
        raise Refusal(_WHOLE)
    if names and not set(asked) <= set(_OF_PART):
        raise Refusal(_ONE_PART if set(asked) - set(_OF_ALL) else _WHOLE)
    if names and change.semitones and change.semitones % 12:
        raise Refusal(
            "One part alone moves by whole octaves (12), or it would leave the key; move all parts "
            "or ask for 12 semitones."
        )
    return Place(span, names)


def _agreeing(change: Change, asked: dict[str, object]) -> None:
    """Refuse two fields that say the same thing differently."""
    for first, second in (
        ("tempo", "pace"), ("tempo", "faster"), ("pace", "faster"), ("key", "semitones"),
        ("seconds", "length_bars"),
    ):  # fmt: skip
        if first in asked and second in asked:
            raise Refusal(_TWICE, first=_shown(first, asked), second=_shown(second, asked))
    if change.mood and change.mood in change.avoid:
        raise Refusal(_TWICE, first=change.mood, second=f"-{change.mood}")
    out = {*change.remove, *(a for a, _ in change.swap)}
    into = {*change.add, *(b for _, b in change.swap)}
    for name in sorted(out & into):
        raise Refusal(_TWICE, first=f"+{name}", second=f"-{name}")
    for name in sorted(set(change.cut) & set(change.repeat)):
        raise Refusal(_TWICE, first=f"+{name}", second=f"-{name}")


def _shown(name: str, asked: dict[str, object]) -> str:
    return f"{name.replace('_', ' ')} {asked[name]}"


def _bounded(change: Change) -> None:
    words = vocabulary.load()
    if change.meter is not None and change.meter not in METERS:
        raise Refusal(
            "I cannot write in {meter} yet; choose {meters}.",
            meter=change.meter[:20],
            meters=", ".join(METERS),
        )
    if change.pace is not None and not _SMALLEST_PACE <= change.pace <= _LARGEST_PACE:
        raise Refusal(
            "I cannot play it {pace} times as fast; ask for a tempo instead.",
            pace=f"{change.pace:g}",
        )
    if change.semitones is not None and abs(change.semitones) > 36:
        raise Refusal(
            "{semitones} semitones are further than instruments reach; ask for 36 at most.",
            semitones=change.semitones,
        )
    if change.seconds is not None and not SECONDS[0] <= change.seconds <= SECONDS[1]:
        raise Refusal(
            "A piece lasts between {low} and {high} seconds (ten minutes); {value} seconds is "
            "outside that.",
            value=f"{change.seconds:g}", low=f"{SECONDS[0]:g}", high=f"{SECONDS[1]:g}",
        )  # fmt: skip
    if change.length_bars is not None and not BARS[0] <= change.length_bars <= BARS[1]:
        raise Refusal(
            "A piece has between {low} and {high} bars; {value} is outside that.",
            value=change.length_bars, low=BARS[0], high=BARS[1],
        )  # fmt: skip
    if change.style is not None:
        require(words.styles, change.style)
    for mood in (*filter(None, [change.mood]), *change.avoid):
        require(words.moods, mood)


def parts_meant(plan: Plan, name: str, *, missing: bool = False) -> frozenset[str]:
    """Names of all parts that somebody means by a role, an instrument, a group, or a part's name.

    Where there may be none (`missing`), none is an answer.

    Raises
    ------
    Refusal
        When the piece has none.
    """
    words = vocabulary.load()
    wanted = name.strip().casefold()
    named = {p.name for p in plan.parts if wanted in (p.name.casefold(), p.instrument)}
    if named:
        return frozenset(named)
    if wanted in ROLES and (found := {p.name for p in plan.parts if p.role == wanted}):
        return frozenset(found)
    group = words.groups.find(name)
    members = set(group.members) if group else set()
    found = {p.name for p in plan.parts if p.instrument in members}
    drums = wanted in ("percussion", "kit") or words.kits.find(name) is not None
    if drums or members & {k.id for k in words.kits}:
        found |= {p.name for p in plan.parts if p.is_drum}
    if not found and missing:
        known = {n for p in plan.parts for n in (p.name.casefold(), p.instrument, p.role)}
        if wanted not in known:
            return frozenset()
    return frozenset(found or {find_part(plan, name).name})


def player_meant(plan: Plan, name: str) -> str:
    """The instrument or kit (its id) that somebody wants in: itself, or the style's for a role.

    Raises
    ------
    Refusal
        When nothing is called so.
    """
    words = vocabulary.load()
    if name in words.instruments or name in words.kits:
        return name
    style = words.styles[plan.style]
    taken = {p.instrument for p in plan.parts}
    of_role: dict[str, Sequence[str]] = {
        "drums": (style.kit or "standard",), "percussion": (style.kit or "standard",),
        "bass": style.bass, "pad": style.pad, "chords": style.chords, "counter": style.melody,
    }  # fmt: skip
    group = words.groups.find(name)
    choice = of_role.get(name.casefold()) or (group.members if group else ())
    free = [one for one in choice if one not in taken] or list(choice)
    if free:
        return free[0]
    if kit := words.kits.find(name):
        return kit.id
    return require(words.instruments, name).id


def key_meant(text: str, present: Key) -> Key:
    """A key as said: "G minor", "G" in the present mode, "minor" on the present tonic.

    Raises
    ------
    Refusal
        When the text names no key.
    """
    plain = text.strip()
    if len(plain.rstrip("#b♯♭")) == 1 and plain[:1].isalpha():
        return replace(Key.parse(plain), mode=present.mode)
    try:
        return Key(present.tonic, Key.parse(f"C {plain}").mode)
    except Refusal:
        return Key.parse(plain)


def sections_meant(names: Sequence[str], plan: Plan, locale: str) -> list[Span]:
    """The bars (from 0) of sections by name or number, or of bars such as "5-8", in order.

    Raises
    ------
    Refusal
        When the piece has no such section, or several.
    """
    found = {place_of(name, plan, locale) for name in names}
    return sorted((first - 1, last - 1) for first, last in found)
