"""What a server as a whole listens to, told only where nobody can be picked out.

In: a server. Out: its favourites and months, from people who agreed to be counted together there;
None under five of them, and without what fewer than three of them listen to (k-anonymity: Sweeney
2002; the numbers are those of the notes).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from storage import consent
from storage.items import ENOUGH_LISTENERS
from storage.listens import by_day

ENOUGH_PEOPLE = 5
_GOOD = "type IN ('replay', 'save', 'like', 'used', 'made') OR type = 'rated' AND value >= 4"


class Favourite(NamedTuple):
    """An item that several people like; `weight` adds plays and deeds, no person's above 100."""

    title: str
    artist: str
    weight: float
    people: int


def server_top(db: Database, guild_id: int, kind: str, limit: int = 10) -> list[Favourite] | None:
    """Return a server's favourites by the number of people, then weight; None if too few agreed.

    An artist's plays are those of their tracks as well.
    """
    people = _counted(db, guild_id)
    if people is None:
        return None
    where = "user_id IN (SELECT value FROM json_each(?1)) AND guild_id IN (0, ?2)"
    named = "i.kind = ?3"
    title, artist = "i.title", "i.artist"
    if kind == "artist":
        named = "i.kind IN ('artist', 'track') AND (i.kind = 'artist' OR i.artist != '')"
        title, artist = "CASE i.kind WHEN 'artist' THEN i.title ELSE i.artist END", "''"
    rows = db.conn.execute(
        f"WITH signals AS (SELECT user_id, item_id, plays AS weight FROM ({by_day(where)})"  # noqa: S608
        f" UNION ALL SELECT user_id, item_id, 1 FROM deeds WHERE {where} AND ({_GOOD})),"
        f" liked AS (SELECT s.user_id, {title} AS title, {artist} AS artist,"
        f"  min(100, sum(s.weight)) AS weight FROM signals AS s JOIN items AS i ON i.id = s.item_id"
        f"  WHERE {named} GROUP BY s.user_id, lower({title}), lower({artist}))"
        " SELECT title, artist, sum(weight), count(*) FROM liked"
        " GROUP BY lower(title), lower(artist) HAVING count(*) >= ?4"
        " ORDER BY count(*) DESC, sum(weight) DESC, title LIMIT ?5",
        [people, guild_id, kind, ENOUGH_LISTENERS, limit],
    )
    return [Favourite(*row) for row in rows]


def listeners(
    db: Database, guild_id: int, items: Iterable[str]
) -> tuple[dict[str, int], int] | None:
    """Return (people who listen to or liked each of "kind:key", people counted) of a server.

    Items of too few people are left out; None if too few agreed.
    """
    people = _counted(db, guild_id)
    if people is None:
        return None
    mine = "user_id IN (SELECT value FROM json_each(?1)) AND guild_id IN (0, ?2)"
    rows = db.conn.execute(
        "SELECT i.kind || ':' || i.key, count(DISTINCT s.user_id) FROM items AS i JOIN"  # noqa: S608
        f" (SELECT user_id, item_id FROM listens WHERE {mine} UNION"
        f"  SELECT user_id, item_id FROM deeds WHERE {mine} AND ({_GOOD})) AS s ON s.item_id = i.id"
        " WHERE i.kind || ':' || i.key IN (SELECT value FROM json_each(?3))"
        " GROUP BY i.id HAVING count(DISTINCT s.user_id) >= ?4",
        [people, guild_id, json.dumps(list(items)), ENOUGH_LISTENERS],
    )
    return {row[0]: row[1] for row in rows}, len(json.loads(people))


def lately(db: Database, guild_id: int, limit: int) -> tuple[int, ...]:
    """Return who agreed to be counted together in a server, those who did something last first."""
    rows = db.conn.execute(
        "SELECT c.user_id FROM consents AS c LEFT JOIN"
        " (SELECT user_id, max(created) AS last FROM deeds WHERE guild_id IN (0, ?1)"
        "  GROUP BY user_id) AS d ON d.user_id = c.user_id"
        " WHERE c.guild_id = ?1 AND c.source = 'together'"
        " ORDER BY d.last DESC NULLS LAST, c.user_id LIMIT ?2",
        [guild_id, limit],
    )
    return tuple(row[0] for row in rows)


def server_months(db: Database, guild_id: int) -> list[tuple[str, float]] | None:
    """Return ("2026-11", plays) of months in which five listened; None if too few agreed."""
    people = _counted(db, guild_id)
    if people is None:
        return None
    where = "user_id IN (SELECT value FROM json_each(?1)) AND guild_id IN (0, ?2)"
    rows = db.conn.execute(
        "SELECT strftime('%Y-%m', day * 86400, 'unixepoch') AS month, sum(plays)"  # noqa: S608
        f" FROM ({by_day(where)}) GROUP BY month HAVING count(DISTINCT user_id) >= ?3"
        " ORDER BY month",
        [people, guild_id, ENOUGH_PEOPLE],
    )
    return [(row[0], row[1]) for row in rows]


def _counted(db: Database, guild_id: int) -> str | None:
    """Who may be counted, as JSON, if they are enough."""
    people = consent.together(db, guild_id)
    return json.dumps(people) if len(people) >= ENOUGH_PEOPLE else None
