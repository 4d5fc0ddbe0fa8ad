"""The connection contract: how every part of Segno opens, writes, copies and checks its database.

In: a path. Out: a `sqlite_utils.Database` with WAL, foreign keys and a busy timeout, migrated to
the newest schema; `DbThread` owns the one writer connection of a process and lends it to async
code one call at a time. Facts behind the numbers: docs/adr/0004-jobs-in-sqlite.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

from sqlite_utils import Database

from storage.migrations import migrations

P = ParamSpec("P")
T = TypeVar("T")

Synchronous = Literal["NORMAL", "FULL"]

BUSY_MILLISECONDS = 5000
# More calls in flight than this only grow the queue: 3,000 at once held the event loop for 235 ms.
MAX_IN_FLIGHT = 64


def open_database(path: Path | str, synchronous: Synchronous = "NORMAL") -> Database:
    """Open (or create) the database at `path` and bring its schema up to date.

    Parameters
    ----------
    path : Path | str
        The file, or ":memory:" for tests. Missing parent folders are created.
    synchronous : "NORMAL" or "FULL"
        NORMAL survives the death of the process at any instant; FULL also the loss of power, at
        about a seventieth of the write rate.
    """
    if str(path) != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    db = Database(path)
    connection: sqlite3.Connection = db.conn
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        "secure_delete = ON",  # what a person asks us to forget is overwritten, not just unlinked
    ):
        connection.execute(f"PRAGMA {pragma}")
    # IMMEDIATE around all of them: two processes that start together must not both migrate.
    with write(db):
        migrations.apply(db)
    return db


@contextmanager
def write(db: Database) -> Iterator[Database]:
    """Run a block as one transaction that holds the write lock from its first statement.

    `Database.atomic()` begins deferred, and a deferred read-then-write fails at once with
    "database is locked" when another connection commits in between, whatever the busy timeout.
    Inside an open transaction this is a savepoint, so storage functions can be combined.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield db
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def backup(db: Database, path: Path) -> Path:
    """Copy the live database to `path` while it is in use; the copy is checked before it counts.

    Raises
    ------
    sqlite3.DatabaseError
        The copy failed its integrity check; nothing is left at `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(path.suffix + ".part")
    copy = sqlite3.connect(unfinished)
    try:
        db.conn.backup(copy)
        problems = _problems(copy)
    finally:
        copy.close()
    if problems:
        unfinished.unlink()
        raise sqlite3.DatabaseError(f"the backup is damaged: {problems[0]}")
    return unfinished.replace(path)


def integrity_check(db: Database) -> list[str]:
    """Problems SQLite finds in the file, foreign keys included; an empty list means sound."""
    return _problems(db.conn)


def _problems(connection: sqlite3.Connection) -> list[str]:
    rows = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    broken = [f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    return [row for row in rows if row != "ok"] + broken


class DbThread:
    """One thread that owns one connection; async code hands it functions that take a Database."""

    def __init__(self, path: Path | str, synchronous: Synchronous = "NORMAL") -> None:
        self._path = path
        self._synchronous: Synchronous = synchronous
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="db")
        self._room = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._db: Database | None = None

    async def open(self) -> DbThread:
        """Open the database on the thread; call once, or use `async with`."""
        self._db = await asyncio.get_running_loop().run_in_executor(
            self._thread, open_database, self._path, self._synchronous
        )
        return self

    async def run(
        self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `function(db, *args, **kwargs)` on the thread and return what it returns."""
        if self._db is None:
            raise RuntimeError("DbThread.open() has not been called")
        db = self._db
        async with self._room:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: function(db, *args, **kwargs)
            )

    async def close(self) -> None:
        """Fold the write-ahead log into the file and close; calling it twice is fine."""
        if self._db is not None:
            await self.run(_close)
            self._db = None
        self._thread.shutdown(wait=False)

    async def __aenter__(self) -> DbThread:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _close(db: Database) -> None:
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
