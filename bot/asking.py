"""What is asked for, before it is placed: words and options become a request.

In: a person's words, options as typed, a piece. Out: an `Ask`, for Discord's desk and for the
agent's tools alike. No Discord: whoever places it knows where the answer goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot import lyrics_ask
from bot.agent.understand import read
from bot.domain import Request
from bot.taste.whose import Whose
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.planner.quantities import find_bars
from models.score import Meter
from storage import styles
from storage.db import DbThread
from storage.pieces import Piece

#: What a learned style is heard in.
_COMPOSED = ("compose", "takes", "extend", "rework")
#: What the reader says of words that ask for taste (`Reading.wants`).
TASTES: Mapping[str, Whose] = {"taste": "mine", "taste-us": "ours"}
NOT_HERE = "The style “{name}” is shared in another server only, so this is made without it."


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, what should be remembered about how it was asked, and how much music it means.

    `seconds` is None where that is left to us. `taste` says whose tastes fill what is left open.
    """

    request: Request
    desk: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    taste: Whose | None = None


def understand(text: str | None, options: Mapping[str, Any], locale: str) -> Ask:
    """Read words and options into one request; an option overrides what the words said.

    It is a song where the words ask for words, else a piece. "taste" among the options, or words
    such as "something I would like", ask for a taste to fill what is left open.

    Raises
    ------
    Refusal
        When there is nothing to go by, or something asked for cannot be.
    """
    words = (text or "").strip()
    given = {name: value for name, value in options.items() if value not in (None, "")}
    if not words and not given:
        raise Refusal(
            "Tell me what to compose: a few words such as “a wistful waltz in D minor, one "
            "minute”, or pick a style."
        )
    taste = given.pop("taste") if given.get("taste") in TASTES.values() else None
    reading = read(words, locale) if words else None
    if reading and taste is None:
        taste = next((TASTES[want] for want in reading.wants if want in TASTES), None)
    fields = reading.brief.to_json() if reading else {}
    exact = _exact(given)
    if {"bars", "seconds"} & exact.keys():
        fields = {k: v for k, v in fields.items() if k not in ("bars", "seconds")}
    for one, other in (("instruments", "ensemble"), ("ensemble", "instruments")):
        if one in exact:
            fields.pop(other, None)
    brief = brief_from_json({**fields, **exact})
    request = Request("compose", brief=brief, text=words, locale=locale)
    if reading and "lyrics" in reading.wants:
        request = replace(request, kind="song", writing=lyrics_ask.writing(reading.about))
    desk: dict[str, Any] = {"options": exact}
    if reading:
        desk["unknown"] = reading.leftover
        desk["notes"] = [{"template": t, "values": values} for t, values in reading.notes]
    return Ask(request, desk, taste=taste)


def _exact(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as fields of the public brief file: "length" is bars or seconds."""
    exact = dict(given)
    if (length := exact.pop("length", None)) is not None:
        bars = find_bars(str(length).lower())
        exact |= {"bars": int(bars.value)} if bars else {"seconds": str(length)}
    return exact


async def dressed(
    db: DbThread, user_id: int, guild_id: int | None, request: Request
) -> tuple[Request, tuple[str, dict[str, Any]] | None]:
    """The request in the style its asker chose; a note where that style is not theirs to use."""
    set_to_music = request.writing is not None and not request.writing.source
    if request.kind not in _COMPOSED and not set_to_music:
        return request, None
    style = await db.run(styles.active, user_id)
    if style is None:
        return request, None
    if style.usable(user_id, guild_id):
        return replace(request, style=style.folder), None
    return request, (NOT_HERE, {"name": style.name})


def seconds_of(brief: Brief) -> float | None:
    """How long a piece is asked to be, as far as the asker said it; None leaves it to us."""
    if brief.bars is None or brief.tempo is None or brief.meter is None:
        return brief.seconds
    return brief.bars * Meter.parse(brief.meter).bar_beats * 60 / brief.tempo


def about(kind: Any, piece: Piece, locale: str, bars: int = 0, **more: Any) -> Ask:
    """A request about a piece that exists: takes, extend (by `bars`) or export."""
    seconds = piece.seconds * (1 + bars / json.loads(piece.plan)["bars"]) if bars else None
    request = Request(kind, locale=locale, parent=piece.id, bars=bars, **more)
    return Ask(request, seconds=seconds and round(seconds))
