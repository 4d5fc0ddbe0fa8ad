"""Plays that Discord shows, of people who agreed to that: only with `SPOTIFY_PRESENCE`.

In: raw presence updates; no member is cached. Out: listens and skips in the database. What is told
of anybody else is dropped at once. Who agreed is looked up every minute, and once more by the
database when a play is stored; what a person plays at the moment is held in memory only.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import discord
from discord.ext import commands, tasks
from sqlite_utils import Database

from bot.client import Segno
from models.listening.scrobble import Heard, NowPlaying, Playing
from models.recommender.names import artist_key, clean, track_key
from storage import consent, deeds, items, listens
from storage.db import write

log = logging.getLogger(__name__)


class Presence(commands.Cog):
    """Listens to what people's status says they play."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        self._scopes: dict[int, set[int]] = {}
        self._playing: dict[tuple[int, int], NowPlaying] = {}

    async def cog_load(self) -> None:
        """Begin to look up who agreed."""
        self._look.start()

    async def cog_unload(self) -> None:
        """Stop looking."""
        self._look.cancel()

    @tasks.loop(minutes=1)
    async def _look(self) -> None:
        try:
            await self.refresh()
        except Exception:  # a locked file must not end the loop
            log.exception("cannot look up who agreed to presence")

    async def refresh(self) -> None:
        """Look up who agreed, and forget what others play."""
        self._scopes = await self.bot.db.run(consent.scopes, "presence")
        self._playing = {
            (user_id, scope): state
            for (user_id, scope), state in self._playing.items()
            if scope in self._scopes.get(user_id, ())
        }

    @commands.Cog.listener()
    async def on_raw_presence_update(self, event: discord.RawPresenceUpdateEvent) -> None:
        """Take one sight of one person in one server."""
        agreed = self._scopes.get(event.user_id)
        if not agreed:
            return
        scope = consent.EVERYWHERE if consent.EVERYWHERE in agreed else event.guild_id
        if scope not in agreed:
            return
        state = self._playing.setdefault((event.user_id, scope), NowPlaying())
        for heard in state.see(playing_of(event.activities), self.bot.now()):
            await self.bot.db.run(_keep, event.user_id, scope, heard, self.bot.now())


def playing_of(activities: Sequence[Any]) -> Playing | None:
    """What a presence shows as playing on Spotify, or None; local files have no id and are none."""
    for activity in activities:
        if not isinstance(activity, discord.Spotify):
            continue
        try:
            start, end = activity.start.timestamp(), activity.end.timestamp()
            track_id, artist = activity.track_id, clean(activity.artists[0])
            title, album = clean(activity.title), clean(activity.album)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            continue  # Discord left something out
        if track_id and artist and title and end > start:
            return Playing(track_id, artist, title, album, start, end)
    return None


def _keep(db: Database, user_id: int, scope: int, heard: Heard, now: float) -> None:
    track = heard.playing
    with write(db):
        if consent.scope(db, user_id, "presence", scope) != scope:
            return
        number, _ = items.ensure(
            db,
            [
                ("track", track_key(track.artist, track.title), track.title, track.artist),
                ("artist", artist_key(track.artist), track.artist, ""),
            ],
        )
        if heard.kind == "listen":
            listens.heard(db, user_id, scope, number, heard.started, heard.seconds)
        else:
            deeds.record(db, user_id, scope, number, "skip", 1.0, "presence", now)


async def setup(bot: Segno) -> None:
    """Add the cog, where the owner wants it."""
    if bot.settings.spotify_presence:
        await bot.add_cog(Presence(bot))
