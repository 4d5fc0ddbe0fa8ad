"""Keeping the house: copies of the database, and removing what is no longer needed.

In: the clock and the settings. Out: old answered jobs and dead tokens gone, a checked copy of the
database when one is due; copies of the last day and one per day of the last week are kept, so what
a person had deleted is gone from the copies too after a week. Folders that an interrupted job left
behind go too, styles that were replaced, files that people sent a day ago, single plays that are
counted by day from now on, what was suggested long ago, and talks that nobody took up again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from bot import intake, wardrobe
from bot.files import remove_folders
from bot.settings import Settings
from storage import deliveries, jobs, pieces, retention, styles
from storage.db import DbThread, backup

log = logging.getLogger(__name__)

DAY = 24 * 3600.0
EVERY = 600.0  # seconds between two rounds
KEEP_DAYS = 7
ABANDONED_AFTER = 3600.0  # seconds; no job lives so long
BACKUP_NAME = "segno-%Y%m%dT%H%M%SZ.db"


async def tidy(db: DbThread, settings: Settings, now: float) -> None:
    """Do one round; `now` is UTC epoch seconds."""
    await db.run(deliveries.drop_stale_tokens, now)
    purged = await db.run(jobs.purge, now - settings.retention_days * DAY)
    if purged:
        log.info("deleted %d old jobs", purged)
    old = await db.run(retention.sweep, now, settings.presence_days, settings.session_days)
    if old:
        log.info("no longer kept: %s", old)
    await asyncio.to_thread(
        remove_folders, settings.pieces_dir, unfinished(settings.pieces_dir, now)
    )
    newest = max(backups(settings.backups_dir).values(), default=0.0)
    if settings.backup_hours and now - newest >= settings.backup_hours * 3600:
        name = datetime.fromtimestamp(now, UTC).strftime(BACKUP_NAME)
        await db.run(backup, settings.backups_dir / name)
    # Whether or not copies are still made: a week is what people were promised.
    for path in [*expired(backups(settings.backups_dir), now), *broken_off(settings, now)]:
        path.unlink(missing_ok=True)
    await asyncio.to_thread(intake.drop_stale, settings.data_dir, now)
    worn = await db.run(styles.folders)
    await asyncio.to_thread(wardrobe.drop_spare, settings.data_dir, worn, now)


def broken_off(settings: Settings, now: float) -> list[Path]:
    """Find copies that a death of the process left unfinished."""
    return [
        path
        for path in settings.backups_dir.glob("segno-*.db.part*")
        if now - path.stat().st_mtime > ABANDONED_AFTER
    ]


def unfinished(pieces_dir: Path, now: float) -> list[Path]:
    """Find folders of pieces that were never finished: no `piece.json`, and not touched lately."""
    return [
        folder
        for folder in pieces_dir.glob("*/")
        if not (folder / "piece.json").exists() and now - folder.stat().st_mtime > ABANDONED_AFTER
    ]


async def discard(db: DbThread, pieces_dir: Path, result: str) -> None:
    """Delete the files of a result nobody owns any more, except what belongs to a stored piece."""
    kept = await db.run(pieces.folders)
    made = json.loads(result)
    if learned := made.get("learned"):
        await asyncio.to_thread(wardrobe.remove, pieces_dir.parent, learned["folder"])
    if counted := made.get("listening"):
        (pieces_dir.parent / counted["rows"]).unlink(missing_ok=True)
    folders = [Path(clip["folder"]) for clip in made.get("clips", ())]
    await asyncio.to_thread(
        remove_folders, pieces_dir, [folder for folder in folders if folder.name not in kept]
    )


def backups(folder: Path) -> dict[Path, float]:
    """Find the copies in a folder, with the time each was made (UTC epoch seconds)."""
    found: dict[Path, float] = {}
    for path in sorted(folder.glob("segno-*.db")):
        try:
            made = datetime.strptime(path.name, BACKUP_NAME).replace(tzinfo=UTC)
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
