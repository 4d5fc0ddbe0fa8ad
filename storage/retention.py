"""What is not kept for ever: single plays become plays per day, old impressions and talks go.

In: the clock. Out: how many rows went. How long is the owner's setting where it is one.
"""

from __future__ import annotations

from sqlite_utils import Database

from storage import impressions, listens, sessions, turns

DAY = 86400.0
PRESENCE_DAYS = 30
SESSION_DAYS = 14
#: A year and a month: long enough to compare a season with the last one.
IMPRESSION_DAYS = 400


def sweep(
    db: Database,
    now: float,
    presence_days: int = PRESENCE_DAYS,
    session_days: int = SESSION_DAYS,
) -> dict[str, int]:
    """Drop what is older than promised; returns counts of what went, {} for nothing."""
    talked = now - session_days * DAY
    gone = {
        "presence": listens.fold(db, now - presence_days * DAY),
        "impressions": impressions.drop(db, now - IMPRESSION_DAYS * DAY),
        "sessions": sessions.purge(db, talked),
        "conversation_turns": turns.purge(db, talked),
    }
    return {name: count for name, count in gone.items() if count}
