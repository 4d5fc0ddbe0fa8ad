"""What people do with pieces made here, as deeds: made, liked, saved, taken, rated.

In: a piece and somebody's act. Out: a deed of theirs, only where they agreed to its source; the
piece becomes an item with its style, moods, instruments and content features at that moment and not
before, so that nothing is kept of pieces that nobody who agreed had to do with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from sqlite_utils import Database

from bot.taste import catalogue
from bot.taste.engine import Taste
from models.recommender.values import EventType, Item
from storage import consent, deeds, items
from storage.db import DbThread
from storage.pieces import Piece

if TYPE_CHECKING:
    from bot.client import Segno
    from bot.ui import Interaction

#: Our own tags: nobody's in particular, everywhere.
_OURS = 0


class Rooms(Protocol):
    """Who holds the database and the tastes: the client, or where a tool of the agent stands."""

    @property
    def db(self) -> DbThread:
        """The database."""

    @property
    def taste(self) -> Taste:
        """The tastes."""


def shelve(db: Database, item: Item) -> int:
    """Store what a piece is like; its row."""
    (row_id,) = items.ensure(db, [(item.kind, item.key, item.title, item.artist)])
    items.tag(db, row_id, item.tags, _OURS, 0)
    if item.features:
        items.set_features(db, row_id, item.features)
    return row_id


def made(db: Database, piece: Piece, now: float) -> None:
    """Record that its owner made a piece; runs in the transaction that stores it."""
    scope = consent.scope(db, piece.owner_id, "pieces", piece.guild_id)
    if scope is not None:
        row_id = shelve(db, catalogue.of_piece(piece))
        deeds.record(db, piece.owner_id, scope, row_id, "made", 1.0, "pieces", now)


async def record(
    rooms: Rooms,
    user_id: int,
    guild_id: int | None,
    piece: Piece,
    type: EventType,
    value: float = 1.0,
    source: str = "reactions",
    tags: Mapping[str, float] | None = None,
) -> bool:
    """Record what somebody did with a piece; False where they did not agree to that."""
    if await rooms.db.run(consent.scope, user_id, source, guild_id) is None:
        return False
    item = await asyncio.to_thread(catalogue.of_piece, piece)
    await rooms.db.run(shelve, item)
    return await rooms.taste.deed(
        user_id, guild_id or 0, "piece", piece.id, piece.title, type, value, source, tags=tags
    )


async def used(client: Segno, interaction: Interaction, piece: Piece) -> None:
    """Record that somebody took a file of a piece or made something from it."""
    user_id, guild_id = interaction.user.id, interaction.guild_id
    await record(client, user_id, guild_id, piece, "used", source="pieces")
