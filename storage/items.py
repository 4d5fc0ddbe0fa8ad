"""Items: everything that can be listened to, liked or recommended, and what it is tagged with.

In: kinds, keys and names. Out: rows. A name that only one person's listening brought in is never
shown to another (`find`), and a tag counts for others from three distinct taggers on: a tag used by
one person acts as that person's name (notes: k-anonymity, "personal tags").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from storage import consent
from storage.db import write

#: Whose tags are ours: true for everybody.
OURS = 0
#: Distinct people who must use a tag, or listen to an item, before others see it.
ENOUGH_TAGGERS = 3
ENOUGH_LISTENERS = 3
_LOOKED_AT = 200
_OPEN = ("track", "artist", "piece")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A stored item; `tags` are those that whoever asked may see, with weights."""

    id: int
    kind: str
    key: str
    title: str
    artist: str
    features: tuple[float, ...] = ()
    tags: Mapping[str, float] = field(default_factory=dict)

    @property
    def item(self) -> str:
        """Its name in models: "kind:key"."""
        return f"{self.kind}:{self.key}"


def ensure(db: Database, items: Sequence[tuple[str, str, str, str]]) -> list[int]:
    """Return the row numbers of (kind, key, title, artist), which are created where needed.

    Store what is about them in the same `write` block, or soon: nobody's rows hold them yet.
    """
    with write(db):
        db.conn.executemany(
            "INSERT INTO items (kind, key, title, artist) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, key) DO NOTHING",
            items,
        )
        return [
            db.conn.execute(
                "SELECT id FROM items WHERE kind = ? AND key = ?", [kind, key]
            ).fetchone()[0]
            for kind, key, *_ in items
        ]


def number(db: Database, item: str) -> int | None:
    """Return the row number of "kind:key", or None."""
    kind, _, key = item.partition(":")
    row = db.conn.execute("SELECT id FROM items WHERE kind = ? AND key = ?", [kind, key]).fetchone()
    return None if row is None else int(row[0])


def numbers(db: Database, items: Iterable[str]) -> dict[str, int]:
    """Return the row numbers of those of "kind:key" that exist."""
    found = {item: number(db, item) for item in items}
    return {item: id for item, id in found.items() if id is not None}


def artist_of_tracks(db: Database, key: str) -> str | None:
    """Return an artist's name as their tracks have it, for one that has no row of their own.

    A track's key begins with its artist's (`models.recommender.names.track_key`).
    """
    row = db.conn.execute(
        "SELECT artist FROM items WHERE kind = 'track' AND key >= ?1 || ' / '"
        " AND key < ?1 || ' /!' AND artist != '' LIMIT 1",
        [key],
    ).fetchone()
    return None if row is None else str(row[0])


def tag(
    db: Database,
    item_id: int,
    tags: Mapping[str, float],
    user_id: int = OURS,
    guild_id: int | None = None,
    source: str = "reactions",
) -> bool:
    """Tag an item, in place of the same tags before; False when the person did not agree.

    `user_id` `OURS` tags for everybody; then `guild_id` and consent do not matter.
    """
    with write(db):
        scope = 0 if user_id == OURS else consent.scope(db, user_id, source, guild_id)
        if scope is None:
            return False
        db.conn.executemany(
            "INSERT INTO item_tags (item_id, tag, user_id, guild_id, weight, source)"
            " SELECT id, ?, ?, ?, ?, ? FROM items WHERE id = ?"
            " ON CONFLICT DO UPDATE SET weight = excluded.weight, source = excluded.source",
            [[name, user_id, scope, w, source, item_id] for name, w in tags.items()],
        )
        return True


def get(
    db: Database, ids: Iterable[int], user_id: int = OURS, guild_id: int | None = None
) -> dict[int, ItemRow]:
    """Return those of these items that exist, with the tags that a person may see in a server.

    That is ours, the person's own, and those of at least `ENOUGH_TAGGERS` people there. A weight
    is ours or one's own where there is one, else the mean of the others'.
    """
    wanted = json.dumps(sorted(set(ids)))
    tags: dict[int, dict[str, float]] = {}
    for id, name, weight in db.conn.execute(
        "SELECT item_id, tag, coalesce(max(CASE WHEN user_id IN (0, ?2) THEN weight END),"
        " avg(weight)) FROM item_tags"
        " WHERE item_id IN (SELECT value FROM json_each(?1)) AND guild_id IN (0, ?3)"
        " GROUP BY item_id, tag HAVING max(user_id IN (0, ?2))"
        " OR count(DISTINCT user_id) >= ?4",
        [wanted, user_id, guild_id or 0, ENOUGH_TAGGERS],
    ):
        tags.setdefault(id, {})[name] = weight
    rows = db.conn.execute(
        "SELECT id, kind, key, title, artist, features FROM items"
        " WHERE id IN (SELECT value FROM json_each(?))",
        [wanted],
    )
    return {row[0]: _row(row, tags.get(row[0], {})) for row in rows}


def of_kinds(
    db: Database, kinds: Iterable[str], user_id: int = OURS, guild_id: int | None = None
) -> dict[int, ItemRow]:
    """Return every item of these kinds, as `get`."""
    ids = db.conn.execute(
        "SELECT id FROM items WHERE kind IN (SELECT value FROM json_each(?))",
        [json.dumps(list(kinds))],
    )
    return get(db, [row[0] for row in ids], user_id, guild_id)


def find(
    db: Database,
    kind: str,
    typed: str,
    limit: int = 25,
    *,
    user_id: int = OURS,
    guild_id: int | None = None,
) -> list[ItemRow]:
    """Return items whose title, artist or key holds what was typed, for autocomplete.

    Of tracks, artists and pieces only the person's own, and those that at least
    `ENOUGH_LISTENERS` people have rows about there; titles that begin so come first.
    """
    plain = typed.strip().casefold().replace("\\", r"\\")
    plain = plain.replace("%", r"\%").replace("_", r"\_")
    rows = db.conn.execute(
        "SELECT id, kind, key, title, artist, features FROM items WHERE kind = ?1 AND"
        " (title LIKE ?2 ESCAPE '\\' OR artist LIKE ?2 ESCAPE '\\' OR key LIKE ?2 ESCAPE '\\')"
        " ORDER BY title NOT LIKE ?3 ESCAPE '\\', length(title), id LIMIT ?4",
        [kind, f"%{plain}%", f"{plain}%", _LOOKED_AT],
    ).fetchall()
    if kind in _OPEN:
        seen = _may_be_shown(db, [row[0] for row in rows], user_id, guild_id or 0)
        rows = [row for row in rows if row[0] in seen]
    return [_row(row, {}) for row in rows[:limit]]


def _may_be_shown(db: Database, ids: list[int], user_id: int, guild_id: int) -> set[int]:
    own = " UNION ".join(
        f"SELECT item_id, user_id FROM {table} WHERE guild_id IN (0, ?2)"  # noqa: S608
        " AND item_id IN (SELECT value FROM json_each(?1))"
        for table in ("listens", "presence", "deeds")
    )
    found = db.conn.execute(
        f"SELECT item_id FROM ({own}) GROUP BY item_id"  # noqa: S608
        " HAVING max(user_id = ?3) OR count(DISTINCT user_id) >= ?4",
        [json.dumps(ids), guild_id, user_id, ENOUGH_LISTENERS],
    )
    return {row[0] for row in found}


def set_features(db: Database, item_id: int, features: Sequence[float]) -> None:
    """Store an item's content features."""
    with write(db):
        db.conn.execute(
            "UPDATE items SET features = ? WHERE id = ?", [json.dumps(list(features)), item_id]
        )


def _row(row: tuple[Any, ...], tags: Mapping[str, float]) -> ItemRow:
    id, kind, key, title, artist, features = row
    return ItemRow(id, kind, key, title, artist, tuple(json.loads(features)), tags)
