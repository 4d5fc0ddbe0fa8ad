"""What an owner does by hand while the bot runs: copy the database, forget a person.

In: settings. Out: a checked copy, or a count of what was deleted. SQLite's WAL lets both happen
beside the running bot. `clear` removes the files of forgotten people for everybody who forgets one:
the owner, the person, and whoever opens a database that was restored from an older copy.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from bot import intake, wardrobe
from bot.files import remove_folders
from bot.jobs.housekeeping import BACKUP_NAME
from bot.settings import Settings
from storage import privacy
from storage.db import backup, open_database
from storage.privacy import Forgotten

log = logging.getLogger(__name__)


def back_up(settings: Settings, to: Path | None = None) -> Path:
    """Copy the database to `to`, or into the backups folder under today's time (UTC)."""
    target = to or settings.backups_dir / datetime.now(UTC).strftime(BACKUP_NAME)
    with opened(settings) as db:
        return backup(db, target)


def forget_user(settings: Settings, user_id: int) -> dict[str, int]:
    """Delete a person's rows and files; returns how many went of each kind."""
    with opened(settings) as db:
        gone = privacy.forget(db, user_id, settings.data_dir)
    return gone.rows | clear(settings, gone)


def clear(settings: Settings, gone: Forgotten) -> dict[str, int]:
    """Delete the files that go with deleted rows; returns how many went of each kind.

    The recommender must hear of it too (`Taste.forget`) where it runs; where it does not, the
    models' rows say what is due.
    """
    remove_folders(settings.pieces_dir, gone.folders)
    drop_models(settings, gone.models)
    return {
        "uploads": sum(intake.forget(settings.data_dir, person) for person in gone.people),
        "style files": sum(wardrobe.forget(settings.data_dir, person) for person in gone.people),
    }


def drop_models(settings: Settings, paths: Iterable[str]) -> None:
    """Delete files of fitted taste models, by their paths as `storage.taste_models` has them."""
    home = settings.taste_dir.resolve()
    for name in paths:
        path = (home / name).resolve()
        if path.parent == home:
            path.unlink(missing_ok=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, without anybody whom a restored copy brought back."""
    with closing(open_database(settings.database, settings.storage_synchronous)) as db:
        forget_again(db, settings)
        yield db


def forget_again(db: Database, settings: Settings) -> None:
    """Delete rows and files of people whom a restored copy of the database brought back."""
    gone = privacy.apply_tombstones(db, settings.data_dir)
    if gone is not None:
        clear(settings, gone)
        log.warning("an older database was restored: %d people forgotten again", len(gone.people))


def files_of(settings: Settings, user_id: int, folders: Iterable[str]) -> list[Path]:
    """Every file of a person: pieces (`folders` of `privacy.export`), uploads and styles."""
    home = settings.pieces_dir.resolve()
    roots = [home / folder for folder in folders]
    roots = [root for root in roots if root.resolve().parent == home]
    roots += [
        settings.data_dir / intake.UPLOADS / str(user_id),
        settings.styles_dir / str(user_id),
    ]
    return [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
