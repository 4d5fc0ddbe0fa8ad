"""What was suggested to whom, why, how likely it was, and what came of it.

In: lists as they are shown. Out: rows, for reactions on them, for the cooldown, and for comparing
policies by like rate (propensities allow counterfactual estimates: Bottou et al. 2013). Kept only
of people who agreed to "reactions".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from storage import consent, removal
from storage.db import write

LIKED = ("like", "save", "used")
DISLIKED = ("dislike", "never")


class Shown(NamedTuple):
    """One place of a list to be stored; `reason` is JSON, `place` counts from 0."""

    item_id: int
    place: int
    policy: str
    score: float
    parts: Mapping[str, float]
    propensity: float
    wildcard: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Impression:
    """One stored place of a list; `outcome` is the last reaction to it, or None."""

    id: int
    list_id: str
    user_id: int
    guild_id: int
    item_id: int
    kind: str
    key: str
    title: str
    artist: str
    place: int
    policy: str
    score: float
    parts: Mapping[str, float]
    propensity: float
    wildcard: bool
    reason: str
    created: float
    outcome: str | None

    @property
    def item(self) -> str:
        """The item's name in models: "kind:key"."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Rate:
    """How a policy does: places shown since a time, and how many were liked and disliked."""

    shown: int
    liked: int
    disliked: int


def log(
    db: Database,
    user_id: int,
    guild_id: int | None,
    list_id: str,
    rows: Iterable[Shown],
    now: float,
    people: Collection[int] = (),
) -> bool:
    """Store a list as it is shown; False without consent, then nothing is stored.

    `people` are those whose tastes it was made from, besides `user_id`: should one of them be
    forgotten, the list goes too, since its reasons may tell of them.
    """
    with write(db):
        scope = consent.scope(db, user_id, "reactions", guild_id)
        if scope is None:
            return False
        db.conn.executemany(
            "INSERT INTO impressions (list_id, user_id, guild_id, item_id, place, policy, score,"
            " parts, propensity, wildcard, reason, created)"
            " SELECT ?, ?, ?, id, ?, ?, ?, ?, ?, ?, ?, ? FROM items WHERE id = ?",
            (
                [list_id, user_id, scope, row.place, row.policy, float(row.score),
                 json.dumps(dict(row.parts)), float(row.propensity), int(row.wildcard), row.reason,
                 now, row.item_id]
                for row in rows
            ),
        )  # fmt: skip
        db.conn.executemany(
            "INSERT OR IGNORE INTO impression_people (user_id, list_id) VALUES (?, ?)",
            [[person, list_id] for person in people if person != user_id],
        )
        return True


def list_(db: Database, list_id: str) -> list[Impression]:
    """Return a list by place; what was deleted since is missing."""
    rows = db.query(
        "SELECT m.*, i.kind, i.key, i.title, i.artist FROM impressions AS m"
        " JOIN items AS i ON i.id = m.item_id WHERE m.list_id = ? ORDER BY m.place",
        [list_id],
    )
    return [
        Impression(**{**row, "parts": json.loads(row["parts"]), "wildcard": bool(row["wildcard"])})
        for row in rows
    ]


def outcome(db: Database, impression: int, type: str | None) -> bool:
    """Store what came of one place of a list (None: taken back); False when it is gone."""
    with write(db):
        cursor = db.conn.execute(
            "UPDATE impressions SET outcome = ? WHERE id = ?", [type, impression]
        )
        return bool(cursor.rowcount == 1)


def take_back(db: Database, user_id: int, item_id: int, type: str) -> None:
    """Forget an outcome that somebody took back, wherever they were shown the item."""
    with write(db):
        db.conn.execute(
            "UPDATE impressions SET outcome = NULL"
            " WHERE user_id = ? AND item_id = ? AND outcome = ?",
            [user_id, item_id, type],
        )


def shown_since(db: Database, user_id: int, ts: float) -> dict[str, float]:
    """Return when items ("kind:key") were last shown to a person since `ts`, for the cooldown."""
    rows = db.conn.execute(
        "SELECT i.kind || ':' || i.key, max(m.created) FROM impressions AS m"
        " JOIN items AS i ON i.id = m.item_id WHERE m.user_id = ? AND m.created >= ?"
        " GROUP BY m.item_id",
        [user_id, ts],
    )
    return {row[0]: row[1] for row in rows}


def like_rates(db: Database, since: float) -> dict[str, Rate]:
    """Return how each policy does since a time; everybody together, nobody by name."""
    liked, disliked = json.dumps(LIKED), json.dumps(DISLIKED)
    rows = db.conn.execute(
        "SELECT policy, count(*), coalesce(sum(outcome IN (SELECT value FROM json_each(?))), 0),"
        " coalesce(sum(outcome IN (SELECT value FROM json_each(?))), 0)"
        " FROM impressions WHERE created >= ? GROUP BY policy ORDER BY policy",
        [liked, disliked, since],
    )
    return {row[0]: Rate(*row[1:]) for row in rows}


def drop(db: Database, before: float) -> int:
    """Delete what was shown before a time; returns how many places of lists."""
    with write(db):
        gone = db.conn.execute(
            "DELETE FROM impressions WHERE created < ? RETURNING item_id", [before]
        ).fetchall()
        if gone:
            removal.drop_spare_people(db)
            if removal.sweep(db, removal.unshown(db, {row[0] for row in gone})):
                removal.mark_stale(db)
        return len(gone)
