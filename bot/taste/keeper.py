"""The taste department's housekeeping, in the background of the running bot.

In: the clock, and a nudge after somebody was forgotten. Out: factors that are fresh, weekly
letters, and no rows scoped to a server of people who left it. Members are looked up over HTTP, a
few a round, because the bot asks for no privileged intent. Old rows go with
`bot.jobs.housekeeping`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import discord

from bot.taste import digest
from bot.taste.engine import Taste
from storage import consent, privacy

log = logging.getLogger(__name__)

#: Seconds between two rounds.
EVERY = 600.0
#: Members looked up in a round: a request each.
LOOKED_UP = 3


class TasteKeeper:
    """Looks after `taste` while the block runs (`async with`).

    Parameters
    ----------
    taste : Taste
    client : discord.Client
        Who writes letters and looks members up.
    every : float
        Seconds between two rounds.
    """

    def __init__(self, taste: Taste, client: discord.Client, every: float = EVERY) -> None:
        self.taste, self.client, self.every = taste, client, every
        self._task: asyncio.Task[None] | None = None
        self._last = (0, 0)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="taste-keeper")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            await self.round()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.taste.due.wait(), self.every)

    async def round(self) -> None:
        """Do what is due now; what fails is logged and does not stop the rest."""
        for duty in (self._refit, self._letters, self._look_for_leavers):
            await _guarded(duty)

    async def _refit(self) -> None:
        await self.taste.refit_if_due()

    async def _letters(self) -> None:
        if self.client.is_ready():
            await digest.send_due(self.client, self.taste, self.taste.now())

    async def _look_for_leavers(self) -> None:
        """Take turns over everybody with rows scoped to a server."""
        if not self.client.is_ready():
            return
        people = await self.taste.db.run(consent.members)
        later = [who for who in people if who > self._last]
        for user_id, guild_id in (later + people)[: min(LOOKED_UP, len(people))]:
            self._last = user_id, guild_id
            if await self._left(user_id, guild_id):
                await self.taste.db.run(privacy.leave_member, user_id, guild_id)
                await self.taste.forget(user_id)

    async def _left(self, user_id: int, guild_id: int) -> bool:
        """Whether somebody is certainly not a member any more."""
        guild = self.client.get_guild(guild_id)
        if guild is None:
            return False  # the bot is not there: `on_guild_remove` is the one to act on that
        try:
            await guild.fetch_member(user_id)
        except discord.NotFound:
            return True
        except discord.HTTPException as error:
            log.info("could not look a member up: %s", error)
        return False


async def _guarded(duty: Callable[[], Awaitable[None]]) -> None:
    try:
        await duty()
    except Exception:
        log.exception("the taste keeper's %s failed", duty.__name__.strip("_"))
