"""People in memory: each read once, and again only when their rows have changed.

In: ids. Out: `Person`s. What is held is what storage holds, decayed; it goes when a person is
forgotten, when their rows change, after an hour, or when others need the room.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.taste import catalogue, person, reading
from bot.taste.person import Person
from bot.taste.reading import Rows
from models.recommender.values import Item
from storage.db import DbThread

#: People who are held, and for how many seconds: decay is slow.
MOST, LONGEST = 256, 3600.0
Key = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class _Held:
    stamp: tuple[object, ...]
    since: float
    person: Person
    rows: Rows


class People:
    """Reads and holds people as seen from one place each."""

    def __init__(self, db: DbThread, now: Callable[[], float]) -> None:
        self._db, self._now = db, now
        self._held: OrderedDict[Key, _Held] = OrderedDict()

    async def get(self, user_id: int, guild_id: int, *, initial: bool = False) -> Person:
        """A person; `initial` leaves out what they did with suggestions."""
        return (await self._get(user_id, guild_id, initial)).person

    async def rows(self, user_id: int, guild_id: int) -> Rows:
        """The rows behind a person."""
        return (await self._get(user_id, guild_id, False)).rows

    async def _get(self, user_id: int, guild_id: int, initial: bool) -> _Held:
        key = (user_id, guild_id, initial)
        held = self._held.get(key)
        stamp = await self._db.run(reading.stamp, user_id)
        if held is not None and held.stamp == stamp and self._now() - held.since < LONGEST:
            self._held.move_to_end(key)
            return held
        rows = await self._db.run(reading.rows, user_id, guild_id)
        net = await asyncio.to_thread(person.nets, rows.deeds, self._now(), initial)
        ids = person.strongest(net)
        items = await self._db.run(reading.described, ids, user_id, guild_id)
        found = await asyncio.to_thread(
            person.of, user_id, rows.deeds, net, _ours(ids, items), rows.never
        )
        held = self._held[key] = _Held(rows.stamp, self._now(), found, rows)
        while len(self._held) > MOST:
            self._held.popitem(last=False)
        return held

    def drop(self, user_id: int) -> None:
        """Forget a person here."""
        for key in [key for key in self._held if key[0] == user_id]:
            del self._held[key]


def _ours(ids: tuple[str, ...], stored: dict[str, Item]) -> dict[str, Item]:
    """Items with the tags that our own catalogue knows of them."""
    found: dict[str, Item] = {}
    for item_id in ids:
        kind, _, key = item_id.partition(":")
        own = catalogue.item(kind, key)  # type: ignore[arg-type]
        item = own or stored.get(item_id)
        if item is not None:
            found[item_id] = item
    return found
