"""Each person's settings: language, voice messages, extra formats; and whether they know us.

In: a `Preferences` value. Out: the same, or the defaults for someone who never chose.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from storage.db import write


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` is "en" or "zh" (None: follow Discord); `formats` are extra files to attach."""

    user_id: int
    locale: str | None = None
    voice_message: bool = False
    formats: tuple[str, ...] = ()


def get(db: Database, user_id: int) -> Preferences:
    """Return the person's settings."""
    row = db.conn.execute(
        "SELECT locale, voice_message, formats FROM preferences WHERE user_id = ?", [user_id]
    ).fetchone()
    if row is None:
        return Preferences(user_id)
    return Preferences(user_id, row[0], bool(row[1]), tuple(json.loads(row[2])))


def save(db: Database, preferences: Preferences) -> None:
    """Store the person's settings whole."""
    with write(db):
        db.conn.execute(
            "INSERT INTO preferences (user_id, locale, voice_message, formats)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET locale = excluded.locale,"
            " voice_message = excluded.voice_message, formats = excluded.formats",
            [
                preferences.user_id,
                preferences.locale,
                int(preferences.voice_message),
                json.dumps(preferences.formats),
            ],
        )


def greet(db: Database, user_id: int) -> bool:
    """Remember that we introduced ourselves to a person; True the first time."""
    with write(db):
        cursor = db.conn.execute(
            "INSERT INTO preferences (user_id, formats, greeted) VALUES (?, '[]', 1)"
            " ON CONFLICT (user_id) DO UPDATE SET greeted = 1 WHERE NOT greeted",
            [user_id],
        )
    return bool(cursor.rowcount)
