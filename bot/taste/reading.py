"""What storage knows of a person or a place, read in one go on the database's thread.

In: ids. Out: plain rows; making something of them happens elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlite_utils import Database

from models.recommender.values import Deed, Item
from storage import consent, deeds, impressions, items, pieces, taste_models
from storage.pieces import Piece

#: Pieces of a server that are looked at, newest first.
_PIECES = 500


@dataclass(frozen=True, slots=True)
class Rows:
    """A person's rows as seen in one place; `stamp` changes when they do."""

    stamp: tuple[object, ...]
    deeds: tuple[Deed, ...]
    never: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """What a list needs besides people: models, pieces, and what the asker was shown of late."""

    versions: Mapping[int, Sequence[taste_models.Model]]
    pieces: tuple[Piece, ...]
    shown: Mapping[str, float]
    together: tuple[int, ...]
    consented: bool


def stamp(db: Database, user_id: int) -> tuple[object, ...]:
    """Something that is equal only while a person's rows are the same; cheap."""
    return deeds.stamp(db, user_id)


def rows(db: Database, user_id: int, guild_id: int) -> Rows:
    """Everything a person's taste is known by in a place."""
    # A signal has a deed's fields; an import has too many to make them over.
    signals = cast("list[Deed]", deeds.of(db, user_id, guild_id))
    return Rows(
        stamp(db, user_id),
        tuple(signals),
        frozenset(deeds.blocked(db, user_id)),
    )


def place(db: Database, user_id: int, guild_id: int, since: float, *, with_pieces: bool) -> Place:
    """The surroundings of a list."""
    everything = taste_models.all_(db)
    found = (
        pieces.search(db, user_id=user_id, guild_id=guild_id or None, limit=_PIECES).pieces
        if with_pieces
        else ()
    )
    return Place(
        {
            scope: [m for m in reversed(everything) if m.guild_id == scope]
            for scope in {0, guild_id}
        },
        tuple(found),
        impressions.shown_since(db, user_id, since),
        consent.together(db, guild_id) if guild_id else (),
        consent.scope(db, user_id, "reactions", guild_id) is not None,
    )


def described(db: Database, ids: Collection[str], user_id: int, guild_id: int) -> dict[str, Item]:
    """Those of "kind:key" that are stored, with names and the tags this person may see."""
    numbers = items.numbers(db, ids)
    found = items.get(db, numbers.values(), user_id, guild_id)
    named = {
        key: Item("artist", key.partition(":")[2], name)
        for key in ids
        if key not in numbers
        and key.startswith("artist:")
        and (name := items.artist_of_tracks(db, key.partition(":")[2]))
    }
    return named | {
        row.item: Item(row.kind, row.key, row.title, row.artist, row.tags, row.features)  # type: ignore[arg-type]
        for row in found.values()
    }
