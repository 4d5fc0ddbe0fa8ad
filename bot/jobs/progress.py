"""Progress to people: the latest state wins, and edits keep a distance.

In: progress as fast as a worker reports it. Out: at most one send per interval, the first at once.
Discord allows about five edits in five seconds per channel; a queue of stale ones helps nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.domain import Progress

log = logging.getLogger(__name__)

SEND_SECONDS = 10.0


class ProgressPump:
    """Sends the newest progress through `send`, at most once per `interval` seconds."""

    def __init__(self, send: Callable[[Progress], Awaitable[None]], interval: float) -> None:
        self._send = send
        self._interval = interval
        self._latest: Progress | None = None
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._task = asyncio.create_task(self._pump())

    def put(self, progress: Progress) -> None:
        """Take note of progress; never waits."""
        self._latest = progress
        self._news.set()

    async def close(self) -> None:
        """Send nothing more; a send already under way is waited for."""
        async with self._sending:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _pump(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._sending:
                if self._latest is not None:
                    await self._try(self._latest)
            await asyncio.sleep(self._interval)

    async def _try(self, progress: Progress) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(progress)
        except Exception:
            log.warning("progress was not shown", exc_info=True)
