"""Keeping the house: copies of the database, and forgetting what is no longer needed.

In: the clock and the settings. Out: old answered jobs and dead tokens gone, a checked copy of the
database when one is due; copies of the last day and one per day of the last week are kept, so what
a person had deleted is gone from the copies too after a week.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import Settings
from storage import deliveries, jobs
from storage.db import DbThread, backup

log = logging.getLogger(__name__)

DAY = 24 * 3600.0
EVERY = 600.0  # seconds between two rounds
KEEP_DAYS = 7
_NAME = "segno-%Y%m%dT%H%M%SZ.db"


async def tidy(db: DbThread, settings: Settings, now: float) -> None:
    """Do one round; `now` is UTC epoch seconds."""
    await db.run(deliveries.drop_stale_tokens, now)
    purged = await db.run(jobs.purge, now - settings.retention_days * DAY)
    if purged:
        log.info("deleted %d old jobs", purged)
    copies = backups(settings.backups_dir)
    newest = max(copies.values(), default=0.0)
    if settings.backup_hours and now - newest >= settings.backup_hours * 3600:
        name = datetime.fromtimestamp(now, UTC).strftime(_NAME)
        await db.run(backup, settings.backups_dir / name)
        for path in expired(backups(settings.backups_dir), now):
            path.unlink(missing_ok=True)


def backups(folder: Path) -> dict[Path, float]:
    """Find the copies in a folder, with the time each was made (UTC epoch seconds)."""
    found: dict[Path, float] = {}
    for path in sorted(folder.glob("segno-*.db")):
        try:
            made = datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
        except ValueError:
            continue  # someone else's file
        found[path] = made.timestamp()
    return found


def expired(copies: dict[Path, float], now: float) -> list[Path]:
    """Choose the copies to delete: all but the last day's and each earlier day's newest, a week."""
    newest_of_day: dict[int, Path] = {}
    for path, made in sorted(copies.items(), key=lambda item: item[1]):
        newest_of_day[int(made // DAY)] = path
    kept_days = set(newest_of_day.values())
    return [
        path
        for path, made in copies.items()
        if now - made > DAY and (path not in kept_days or now - made > KEEP_DAYS * DAY)
    ]
