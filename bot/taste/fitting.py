"""The models in use, and when to fit them again.

In: the clock, counts of signals, deletions. Out: each scope's model, and fits in a process of their
own whose result is swapped in by a row of `taste_models`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlite_utils import Database

from bot.taste import refit
from bot.taste.library import Library, Model
from bot.taste.refit import Fitted
from storage import taste_models
from storage.db import DbThread, write
from storage.taste_models import Model as Row

log = logging.getLogger(__name__)

#: A fit is due with so many new or deleted signals: as a share, and at least.
NEWS, LEAST_NEWS = 0.01, 10
#: ... or when the last is so many seconds old and anything is new.
NIGHTLY = 24 * 3600.0
#: A fit that failed is not tried again for so many seconds.
_REST = 3600.0
Models = tuple[Model | None, Model | None]


class Fitting:
    """Holds the models of each scope and fits those that are due."""

    def __init__(
        self, db: DbThread, folder: Path, now: Callable[[], float], database: Path | None
    ) -> None:
        self._db, self._folder, self._now, self._database = db, folder, now, database
        self._library = Library(folder)
        self._one_at_a_time = asyncio.Lock()
        self._forgotten = 0  # counts up: a fit that began before must not be used
        self._failed = 0.0
        self._said: set[int] = set()  # versions that could not be read
        self.due = asyncio.Event()

    async def models(self, guild_id: int, versions: Mapping[int, Sequence[Row]]) -> Models:
        """(everybody's model, the server's), None where there is none that can be read."""
        everybody = await asyncio.to_thread(self._library.get, 0, versions.get(0, ()))
        rows = versions.get(guild_id, ()) if guild_id else ()
        server = await asyncio.to_thread(self._library.get, guild_id, rows) if rows else None
        for found in versions.values():
            if self._library.broken(found) and found[0].version not in self._said:
                self._said.add(found[0].version)  # once: a fit that fails is not asked for again
                self.due.set()
        return everybody, server

    async def if_due(self) -> bool:
        """Fit the scopes that are due; True when any was."""
        async with self._one_at_a_time:
            self.due.clear()
            now = self._now()
            if now - self._failed < _REST:
                return False
            scopes = await self._db.run(due_scopes, now)
            scopes += [s for s in await self._broken() if s not in scopes]
            fitted = False
            while scopes:
                began = self._forgotten
                try:
                    found = await self._fit(scopes, now)
                except Exception:
                    self._failed = now
                    log.exception("the factors could not be fitted; those in use stay")
                    return fitted
                if began != self._forgotten:  # somebody was forgotten meanwhile: once more
                    for each in found:
                        (self._folder / each.path).unlink(missing_ok=True)
                    scopes = await self._db.run(due_scopes, now)
                    continue
                for path in await self._db.run(take, found, now):
                    (self._folder / path).unlink(missing_ok=True)
                fitted = True
                break
            await self.sweep()
            return fitted

    async def _fit(self, scopes: Sequence[int], now: float) -> list[Fitted]:
        if self._database is not None:
            return await refit.in_process(self._database, self._folder, scopes, now)
        found = []
        for scope in scopes:
            gathered = await self._db.run(refit.gather, scope)
            found.append(await asyncio.to_thread(refit.fit, gathered, self._folder, now))
        return found

    async def _broken(self) -> list[int]:
        rows = await self._db.run(taste_models.all_)
        newest = {row.guild_id: row for row in rows}
        return [scope for scope, row in newest.items() if self._library.broken([row])]

    async def forget(self) -> None:
        """Rows were deleted: delete files that no row names, and have the others fitted again."""
        self._forgotten += 1
        self._library.drop()
        await self.sweep()
        self.due.set()

    async def sweep(self) -> None:
        """Delete files of factors that no row names."""
        named = {row.path for row in await self._db.run(taste_models.all_)}
        await asyncio.to_thread(_delete_others, self._folder, named)


def due_scopes(db: Database, now: float) -> list[int]:
    """Scopes to fit: stale, with enough news, or not fitted for a day and changed since."""
    newest = {row.guild_id: row for row in taste_models.all_(db)}
    stale = {row.guild_id for row in taste_models.all_(db) if row.stale}
    found = []
    for scope in taste_models.scopes(db):
        signals, row = taste_models.signals(db, scope), newest.get(scope)
        fresh = abs(signals - row.signals) if row is not None else signals
        wanted = max(LEAST_NEWS, NEWS * row.signals) if row is not None else 1
        old = row is not None and now - row.created >= NIGHTLY and fresh > 0
        if scope in stale or fresh >= wanted or old:
            found.append(scope)
    return found


def take(db: Database, fitted: Sequence[Fitted], now: float) -> list[str]:
    """Make fits the newest of their scopes; returns the paths of files that are not kept.

    What was fitted on rows that are deleted since goes too, however new, and a fit that began
    before they were deleted (by whichever process) is not taken at all.
    """
    gone: list[str] = []
    with write(db):
        for each in fitted:
            stale = any(m.stale for m in taste_models.all_(db) if m.guild_id == each.guild_id)
            version = taste_models.add(
                db, each.guild_id, each.path, each.params, each.metrics, each.signals, now,
                each.erased,
            )  # fmt: skip
            if version is None:
                gone.append(each.path)
                continue
            gone += taste_models.prune(db, each.guild_id, 1 if stale else taste_models.KEPT)
    return gone


def _delete_others(folder: Path, named: set[str]) -> None:
    for path in folder.glob("taste-*"):
        if path.name not in named:
            path.unlink(missing_ok=True)
