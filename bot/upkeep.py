"""What an owner does by hand while the bot runs: copy the database, forget a person.

In: settings. Out: a checked copy, or a count of what was deleted. SQLite's WAL lets both happen
beside the running bot.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot import intake, wardrobe
from bot.files import remove_folders
from bot.jobs.housekeeping import BACKUP_NAME
from bot.settings import Settings
from storage import privacy
from storage.db import backup, open_database


def back_up(settings: Settings, to: Path | None = None) -> Path:
    """Copy the database to `to`, or into the backups folder under today's time (UTC)."""
    target = to or settings.backups_dir / datetime.now(UTC).strftime(BACKUP_NAME)
    with closing(open_database(settings.database)) as db:
        return backup(db, target)


def forget_user(settings: Settings, user_id: int) -> dict[str, int]:
    """Delete a person's rows and files; returns how many went of each kind."""
    with closing(open_database(settings.database)) as db:
        gone = privacy.forget(db, user_id)
    remove_folders(settings.pieces_dir, gone.folders)
    files = {
        "uploads": intake.forget(settings.data_dir, user_id),
        "style files": wardrobe.forget(settings.data_dir, user_id),
    }
    return gone.rows | files
