"""Ratings: what people's reactions say about pieces.

In: a reaction and the caller's table of what each emoji means. Out: one row per person, piece and
emoji; adding or removing twice changes nothing, because the gateway may repeat an event.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from storage.db import write


def add(
    db: Database,
    user_id: int,
    piece_id: str,
    emoji: str,
    values: Mapping[str, int],
    now: float,
) -> bool:
    """Store a reaction; False when the emoji says nothing, the piece is gone, or it is stored."""
    if emoji not in values:
        return False
    with write(db):
        cursor = db.conn.execute(
            "INSERT INTO ratings (user_id, piece_id, emoji, value, created)"
            " SELECT ?, id, ?, ?, ? FROM pieces WHERE id = ? AND deleted IS NULL"
            " ON CONFLICT DO NOTHING",
            [user_id, emoji, values[emoji], now, piece_id],
        )
    return bool(cursor.rowcount == 1)


def remove(db: Database, user_id: int, piece_id: str, emoji: str) -> bool:
    """Take a reaction back; False when it was not there."""
    with write(db):
        cursor = db.conn.execute(
            "DELETE FROM ratings WHERE user_id = ? AND piece_id = ? AND emoji = ?",
            [user_id, piece_id, emoji],
        )
    return bool(cursor.rowcount == 1)
