"""What should become different about a piece: names and numbers as typed become a `Change`.

In: a piece and the arguments of `edit`. Out: a `Change` of vocabulary ids, parts of the piece and
bars that it has; a refusal where a name is unknown, before any worker is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.agent.meaning import spans
from bot.agent.places import bars_of
from bot.agent.tools.music import bars_in, plan_of
from bot.domain import Change
from models import vocabulary
from models.arranger.editing import find_part
from models.errors import Refusal
from models.planner import names
from models.planner.intake import brief_from_json
from models.planner.plan import Plan
from models.theory import MODES, Key
from storage.pieces import Piece

NOTHING = "Say what should change: faster, higher, sadder, other instruments, another style."
#: Bounds of relative changes; what is beyond is a slip, not a wish.
_MOST_SEMITONES, _LEAST_PACE, _MOST_PACE, _MOST_FASTER = 36, 0.25, 4.0, 200.0
_SLIDERS = ("intensity", "fullness", "register", "loudness")
_BARE = re.compile(r"\s*[A-Ga-g](?:#|b|♯|♭)?\s*")


def build(
    piece: Piece, locale: str, *, section: str = "", bars: str = "", part: str = "", **told: Any
) -> Change:
    """The change that arguments of `edit` ask of a piece; what is empty stays.

    Raises
    ------
    Refusal
        When nothing is to change, a name is unknown, or the piece has no such part or place.
    """
    plan = plan_of(piece)
    given = {name: value for name, value in told.items() if value not in (None, "", 0, (), [])}
    if not given:
        raise Refusal(NOTHING)
    fields = {**_speed(given), **_pitch(given), **_manner(given), **_players(given, plan)}
    fields |= _length(given, piece)
    for name in ("cut", "repeat"):
        if name in given:
            fields[name] = tuple(given[name])
            for text in given[name]:  # a section that it has not is said now, not by the worker
                bars_of(plan, text)
    place = section or bars
    return Change(
        **fields,
        part=find_part(plan, part).name if part else None,
        bars=bars_of(plan, place) if place else None,
    )


def more_bars(text: str, piece: Piece | None) -> int:
    """Bars to add for a length: "+8 bars", "30 seconds more", or the whole ("2 minutes").

    A whole that is not longer than the piece can only be meant as more. 0 where nothing is said.

    Raises
    ------
    Refusal
        When it is no length.
    """
    if not text:
        return 0
    found = spans.length(text)
    if found is None:
        raise Refusal("I cannot read “{text}” as a length; say bars, seconds or minutes.",
                      text=text[:40])  # fmt: skip
    now = bars_in(piece) if piece else 0
    bar = piece.seconds / now if piece else 2.0
    if found.times is not None:
        return max(round((found.times - 1) * now), 1)
    asked = found.bars or max(round((found.seconds or 0) / bar), 1)
    return asked if found.more or asked <= now else asked - now


def _speed(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "tempo" in given:
        fields["tempo"] = brief_from_json({"tempo": given["tempo"]}).tempo
    if "pace" in given:
        if not _LEAST_PACE <= given["pace"] <= _MOST_PACE:
            raise Refusal("I make music up to four times as fast or as slow at once.")
        fields["pace"] = float(given["pace"])
    if "faster" in given:
        if abs(given["faster"]) > _MOST_FASTER:
            raise Refusal("That is no tempo to play; say by how many beats per minute.")
        fields["faster"] = float(given["faster"])
    if "meter" in given:
        fields["meter"] = brief_from_json({"meter": given["meter"]}).meter
    return fields


def _pitch(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "semitones" in given:
        if abs(given["semitones"]) > _MOST_SEMITONES:
            raise Refusal("I transpose by at most {most} semitones.", most=_MOST_SEMITONES)
        fields["semitones"] = given["semitones"]
    if "key" in given:
        text = str(given["key"])
        if text.lower() in MODES:
            fields["key"] = text.lower()
        else:
            key = Key.parse(text)
            fields["key"] = key.tonic if _BARE.fullmatch(text) else str(key)
    return fields


def _manner(given: Mapping[str, Any]) -> dict[str, Any]:
    words = vocabulary.load()
    fields: dict[str, Any] = {name: given[name] for name in _SLIDERS if name in given}
    if "style" in given:
        fields["style"] = names.require(words.styles, given["style"]).id
    if "mood" in given:
        fields["mood"] = names.require(words.moods, given["mood"]).id
    if "avoid" in given:
        fields["avoid"] = tuple(names.require(words.moods, mood).id for mood in given["avoid"])
    if "title" in given:
        fields["title"] = brief_from_json({"title": given["title"]}).title
    return fields


def _players(given: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    words = vocabulary.load()

    def wanted(name: str) -> tuple[str, ...]:
        return names.wanted(words, name, plan.style)

    fields: dict[str, Any] = {}
    if "add" in given:
        fields["add"] = tuple(dict.fromkeys(i for name in given["add"] for i in wanted(name)))
    if "remove" in given:
        fields["remove"] = _leaving(given, plan)
    if "reroll" in given:
        fields["reroll"] = tuple(
            dict.fromkeys(p for name in given["reroll"] for p in _parts(plan, name))
        )
    if "swap_out" in given or "swap_in" in given:
        if not ("swap_out" in given and "swap_in" in given):
            raise Refusal("Say which part is replaced, and by which instrument.")
        out = _parts(plan, given["swap_out"])[0]
        fields["swap"] = ((out, wanted(given["swap_in"])[0]),)
    return fields


def _leaving(given: Mapping[str, Any], plan: Plan) -> tuple[str, ...]:
    """The parts to take out; who does not play anyway spoils no other change."""
    found: list[str] = []
    for name in given["remove"]:
        try:
            found += _parts(plan, name)
        except Refusal:
            if len(given) == 1 and len(given["remove"]) == 1:
                raise
    return tuple(dict.fromkeys(found))


def _parts(plan: Plan, name: str) -> Sequence[str]:
    """Names of the parts that a name means: one part, a role, or all of a group ("strings")."""
    roles = [part.name for part in plan.parts if part.role == name.strip().lower()]
    if roles:
        return roles
    try:
        return [find_part(plan, name).name]
    except Refusal as unknown:
        try:
            ids = names.refused(vocabulary.load(), name)
        except Refusal:
            raise unknown from None
        found = [part.name for part in plan.parts if part.instrument in ids]
        if not found:
            raise
        return found


def _length(given: Mapping[str, Any], piece: Piece) -> dict[str, Any]:
    if "length" not in given:
        return {}
    found = spans.length(given["length"])
    if found is None:
        raise Refusal("I cannot read “{text}” as a length; say bars, seconds or minutes.",
                      text=given["length"][:40])  # fmt: skip
    if found.times is not None:
        return {"length_bars": max(round(found.times * bars_in(piece)), 1)}
    if found.bars is not None:
        return {"length_bars": found.bars + (bars_in(piece) if found.more else 0)}
    return {"seconds": (found.seconds or 0) + (piece.seconds if found.more else 0)}
