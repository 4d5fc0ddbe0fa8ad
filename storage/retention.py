"""What is not kept for ever: single plays become plays per day, old impressions go.

In: the clock. Out: how many rows went. How long is the owner's setting where it is one.
"""

from __future__ import annotations

from sqlite_utils import Database

from storage import impressions, listens

DAY = 86400.0
PRESENCE_DAYS = 30
#: A year and a month: long enough to compare a season with the last one.
IMPRESSION_DAYS = 400


def sweep(db: Database, now: float, presence_days: int = PRESENCE_DAYS) -> dict[str, int]:
    """Drop what is older than promised; returns counts of what went, {} for nothing."""
    gone = {
        "presence": listens.fold(db, now - presence_days * DAY),
        "impressions": impressions.drop(db, now - IMPRESSION_DAYS * DAY),
    }
    return {name: count for name, count in gone.items() if count}
