"""What a person meant by words that could be read in two ways, so that they are asked only once.

In: the words of a question and the reading they chose. Out: that reading when the same words come
again. Words count as the same whatever their case, width (NFKC) and spaces.
"""

from __future__ import annotations

import unicodedata

from sqlite_utils import Database

from storage.db import write

#: Readings kept for one person; the oldest go first.
MOST = 200
#: Characters; what is longer will hardly be said again, word for word.
LONGEST = 300


def remember(db: Database, user_id: int, words: str, intent: str) -> None:
    """Keep what a person meant by these words; a later choice replaces an earlier one."""
    same = _same(words)
    if not same or len(same) > LONGEST:
        return
    with write(db):
        mine = [user_id, same]
        db.conn.execute("DELETE FROM readings WHERE user_id = ? AND words = ?", mine)
        db.conn.execute(
            "INSERT INTO readings (user_id, words, intent) VALUES (?, ?, ?)", [*mine, intent]
        )
        db.conn.execute(
            "DELETE FROM readings WHERE user_id = ?1 AND id NOT IN"
            " (SELECT id FROM readings WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2)",
            [user_id, MOST],
        )


def recall(db: Database, user_id: int, words: str) -> str | None:
    """Return what this person meant by these words before, or None."""
    row = db.conn.execute(
        "SELECT intent FROM readings WHERE user_id = ? AND words = ?", [user_id, _same(words)]
    ).fetchone()
    return None if row is None else str(row[0])


def _same(words: str) -> str:
    folded = unicodedata.normalize("NFKC", words).casefold()
    return " ".join(folded.split()).strip(" .,!?;:。，！？；：…")
