"""What goes when somebody's rows go: names nobody else listens to, and the models that knew them.

In: the items that deleted rows were about. Out: which of them are gone, and which files of models
must go with them. A rare track's name says who listened to it, so an item is kept only while
somebody's own row is about it; having been shown to somebody does not hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlite_utils import Database

#: Kinds whose items exist because of what people did; all others are our own vocabulary.
FROM_PEOPLE = ("track", "artist", "piece")
#: Tables whose rows are about an item, and are somebody's own.
ABOUT = ("listens", "presence", "deeds", "comments", "item_tags")
_SIGNALS = ("listens", "presence", "deeds", "item_tags")
_UNUSED = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM {table} WHERE item_id = items.id"  # noqa: S608
    f"{' AND user_id != 0' if table == 'item_tags' else ''})"
    for table in ABOUT
)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted: rows by table, items ("kind:key") that nobody refers to any more.

    `models` are the paths (as stored in `taste_models`) of files that may name such an item: the
    caller deletes them at once. `refit` says that factors were fitted on what is gone now.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    refit: bool = False


def items_of(
    db: Database, where: str, values: Sequence[object], tables: Sequence[str] = ABOUT
) -> set[int]:
    """The items that the rows of these tables which `where` picks are about."""
    parts = [f"SELECT item_id FROM {table} WHERE {where}" for table in tables]  # noqa: S608
    return {row[0] for row in db.conn.execute(" UNION ".join(parts), values)}


def settle(
    db: Database, rows: Mapping[str, int], touched: Set[int], shown: Set[int] = frozenset()
) -> Removed:
    """Delete what nobody refers to any more after `rows` were deleted; call it inside `write`.

    `touched` are the items these rows were about, `shown` those of lists that were deleted.
    Models that may name a track or an artist that is gone lose their row; others become stale.
    """
    gone = sweep(db, touched | unshown(db, shown))
    drop_spare_people(db)
    refit = bool(gone) or any(rows.get(table) for table in _SIGNALS)
    models: tuple[str, ...] = ()
    if refit:
        # A fit that began before, perhaps in another process, must not be used: see `taste_models`.
        db.conn.execute("UPDATE forgotten SET erased = erased + 1")
    if any(not item.startswith("piece:") for item in gone):
        found = db.conn.execute("SELECT path FROM taste_models ORDER BY version").fetchall()
        models = tuple(row[0] for row in found)
        db.conn.execute("DELETE FROM taste_models")
    elif refit:
        mark_stale(db)
    return Removed({table: count for table, count in rows.items() if count}, gone, models, refit)


def unshown(db: Database, ids: Set[int]) -> Set[int]:
    """Those of these items that no list shows."""
    shown = db.conn.execute(
        "SELECT item_id FROM impressions WHERE item_id IN (SELECT value FROM json_each(?))",
        [json.dumps(sorted(ids))],
    )
    return ids - {row[0] for row in shown}


def drop_spare_people(db: Database) -> None:
    """Forget whose tastes lists came from that are gone; call it inside `write`."""
    db.conn.execute(
        "DELETE FROM impression_people WHERE NOT EXISTS"
        " (SELECT 1 FROM impressions WHERE list_id = impression_people.list_id)"
    )


def mark_stale(db: Database) -> None:
    """Have every model fitted again; call it inside `write`."""
    db.conn.execute("UPDATE taste_models SET stale = 1 WHERE stale = 0")


def sweep(db: Database, touched: Iterable[int]) -> tuple[str, ...]:
    """Delete those of these items, and of their artists, that nobody's rows are about any more.

    Returns "kind:key" of each. Call it inside `write`. Our own tags and impressions go along.
    """
    ids = json.dumps(sorted(set(touched)))
    artists = [
        row[0]
        for row in db.conn.execute(
            "SELECT id FROM items WHERE kind = 'artist' AND title COLLATE NOCASE IN"
            " (SELECT artist FROM items WHERE id IN (SELECT value FROM json_each(?)))",
            [ids],
        )
    ]
    gone = _delete_unused(db, ids, ("track", "piece"), "")
    sung = " AND NOT EXISTS (SELECT 1 FROM items AS t WHERE t.artist != '' AND"
    sung += " t.artist = items.title COLLATE NOCASE)"
    for these in (ids, json.dumps(artists)):
        gone += _delete_unused(db, these, ("artist",), sung)
    return tuple(gone)


def _delete_unused(db: Database, ids: str, kinds: tuple[str, ...], more: str) -> list[str]:
    marks = ", ".join("?" * len(kinds))
    found = db.conn.execute(
        "DELETE FROM items WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
        f" AND kind IN ({marks}) AND {_UNUSED}{more} RETURNING kind || ':' || key",
        [ids, *kinds],
    )
    return [row[0] for row in found.fetchall()]
