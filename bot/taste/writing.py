"""What the recommender writes: lists as they are shown, and what people do with them.

In: plain values. Out: rows, through the functions of storage that ask for consent themselves. Each
function here is one transaction on the database's thread.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from sqlite_utils import Database

from models.recommender.values import EventType, Item, Reason, Suggestion
from storage import consent, deeds, impressions, items
from storage.db import write
from storage.impressions import Impression, Shown

#: What making music is agreed to under; all other deeds are reactions.
_MAKING = {"made": "pieces", "used": "pieces", "replay": "pieces"}


def source_of(type: EventType) -> str:
    """The consent that a deed falls under."""
    return _MAKING.get(type, "reactions")


def log(
    db: Database,
    user_id: int,
    guild_id: int,
    list_id: str,
    suggestions: Sequence[Suggestion],
    reasons: Sequence[Sequence[Reason]],
    people: Collection[int],
    now: float,
) -> tuple[int, ...] | None:
    """Store a list; its items' row numbers, or None without consent: then nothing is stored."""
    with write(db):
        if consent.scope(db, user_id, "reactions", guild_id) is None:
            return None
        named = [(s.item.kind, s.item.key, s.item.title, s.item.artist) for s in suggestions]
        numbers = items.ensure(db, named)
        rows = [
            Shown(number, s.place, s.policy, s.score, s.parts, s.propensity, s.wildcard,
                  reasons_to_json(why))
            for number, s, why in zip(numbers, suggestions, reasons, strict=True)
        ]  # fmt: skip
        impressions.log(db, user_id, guild_id, list_id, rows, now, people)
        return tuple(numbers)


def react(
    db: Database, user_id: int, guild_id: int, list_id: str, item: Item, type: EventType, now: float
) -> bool:
    """Store what somebody did with an item of a list, and as the list's outcome if it is theirs."""
    with write(db):
        if not deed(db, user_id, guild_id, item, type, 1.0, source_of(type), now, {}):
            return False
        for row in impressions.list_(db, list_id):
            if row.user_id == user_id and row.item == item.id:
                impressions.outcome(db, row.id, type)
        return True


def deed(
    db: Database,
    user_id: int,
    guild_id: int,
    item: Item,
    type: EventType,
    value: float,
    source: str,
    now: float,
    tags: Mapping[str, float],
) -> bool:
    """Store a deed and the person's own tags; False without consent to the source here."""
    with write(db):
        if consent.scope(db, user_id, source, guild_id) is None:
            return False
        number = items.ensure(db, [(item.kind, item.key, item.title, item.artist)])[0]
        if tags:
            items.tag(db, number, tags, user_id, guild_id, source)
        if item.features:
            items.set_features(db, number, item.features)
        return deeds.record(db, user_id, guild_id, number, type, value, source, now)


def undo(db: Database, user_id: int, guild_id: int, item_id: str, type: EventType) -> bool:
    """Take a deed back; False when there was none."""
    with write(db):
        number = items.number(db, item_id)
        if number is None:
            return False
        impressions.take_back(db, user_id, number, type)
        return deeds.take_back(db, user_id, guild_id, number, type)


def declare(db: Database, user_id: int, guild_id: int, named: Sequence[Item], now: float) -> bool:
    """Store what somebody says they like in place of what they said; False without consent."""
    with write(db):
        if consent.scope(db, user_id, "reactions", guild_id) is None:
            return False
        deeds.clear(db, user_id, guild_id, "declared")
        return all(
            [
                deed(db, user_id, guild_id, item, "declared", 1.0, "reactions", now, {})
                for item in named
            ]
        )


def place_of(db: Database, list_id: str, place: int) -> Impression | None:
    """One place of a stored list."""
    return next((row for row in impressions.list_(db, list_id) if row.place == place), None)


def reasons_to_json(reasons: Sequence[Reason]) -> str:
    """The first reason as an object, the others under "more"."""
    first, *more = [{"kind": r.kind, "template": r.template, "values": dict(r.values)}
                    for r in reasons]  # fmt: skip
    return json.dumps(first | ({"more": more} if more else {}), ensure_ascii=False)


def reasons_of_json(text: str) -> tuple[Reason, ...]:
    """Read `reasons_to_json` back, the strongest first."""
    first = json.loads(text)
    rows = [first, *first.get("more", ())]
    return tuple(Reason(row["kind"], row["template"], row["values"]) for row in rows)
