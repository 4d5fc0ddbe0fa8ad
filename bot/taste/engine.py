"""The recommender as the bot holds it: `client.taste`.

In: wishes, reactions, declarations. Out: lists with a reason on every item, profiles, briefs. It
holds caches and the fitted factors, nothing that a person could not have deleted: no vector of a
person is ever stored. Everything that computes runs on a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.taste.values import (
    Comparison,
    Listing,
    Mode,
    Named,
    Note,
    Policy,
    Profile,
    ServerTaste,
    What,
    Wish,
)
from models.planner.brief import Brief
from models.recommender.values import EventType, Kind, Reason
from storage.db import DbThread

__all__ = [
    "Comparison",
    "Listing",
    "Mode",
    "Named",
    "Note",
    "Policy",
    "Profile",
    "ServerTaste",
    "Taste",
    "What",
    "Wish",
]


class Taste:
    """Recommends, learns from what people do with it, and forgets.

    Parameters
    ----------
    db : DbThread
        The database.
    folder : Path
        Where fitted factors lie (npz); created when first written.
    now : callable
        UTC epoch seconds.
    database : Path | None
        The database's file: refits run in a process of their own. None: on a thread.
    holdout : float
        Share of (person, week) pairs that get the popular list (0..1).
    """

    def __init__(
        self,
        db: DbThread,
        folder: Path,
        now: Callable[[], float] = time.time,
        *,
        database: Path | None = None,
        holdout: float = 0.1,
    ) -> None:
        self.db, self.folder, self.now = db, folder, now
        self.database, self.holdout = database, holdout

    async def recommend(self, wish: Wish) -> Listing:
        """Choose a list; impressions are kept only of people who consented to reactions.

        Raises
        ------
        Refusal
            For a group of fewer than two who agreed to be counted together there.
        """
        raise NotImplementedError

    async def react(
        self, user_id: int, guild_id: int, list_id: str, place: int, type: EventType
    ) -> bool:
        """Take what somebody did with an item of a list; the next list uses it.

        `guild_id` is where it was pressed. Returns whether it was stored: False without consent, or
        when the list is not known any more. The one who pressed need not be the one who asked.
        """
        raise NotImplementedError

    async def deed(
        self,
        user_id: int,
        guild_id: int,
        kind: Kind,
        key: str,
        title: str,
        type: EventType,
        value: float = 1.0,
        source: str = "reactions",
        artist: str = "",
        tags: Mapping[str, float] | None = None,
    ) -> bool:
        """Record what somebody did with an item; False without consent to `source` here.

        `source` is one of `storage.consent.SOURCES`. `tags` are the person's own for the item.
        """
        raise NotImplementedError

    async def undo(
        self, user_id: int, guild_id: int, kind: Kind, key: str, type: EventType
    ) -> bool:
        """Take a deed back, wherever it was stored; False when there was none."""
        raise NotImplementedError

    async def why(
        self, user_id: int, guild_id: int, list_id: str, place: int
    ) -> tuple[Reason, ...]:
        """Every reason that counts for an item of a list, the strongest first; () if unknown."""
        raise NotImplementedError

    async def declare(
        self,
        user_id: int,
        guild_id: int,
        styles: Sequence[str] = (),
        moods: Sequence[str] = (),
        instruments: Sequence[str] = (),
    ) -> bool:
        """Keep what somebody says they like (vocabulary ids), in place of what they said before.

        False without consent to "reactions" here: nothing is kept then.
        """
        raise NotImplementedError

    async def profile(self, user_id: int, guild_id: int) -> Profile:
        """What is known of a person's taste here."""
        raise NotImplementedError

    async def compare(self, a: int, b: int, guild_id: int) -> Comparison:
        """Two tastes beside each other.

        Raises
        ------
        Refusal
            Unless both agreed to be compared there.
        """
        raise NotImplementedError

    async def server(self, guild_id: int) -> ServerTaste:
        """A server's taste.

        Raises
        ------
        Refusal
            With fewer than five consenting people.
        """
        raise NotImplementedError

    async def brief_for(
        self, user_ids: Sequence[int], guild_id: int, brief: Brief, mode: Mode = "least_misery"
    ) -> tuple[Brief, tuple[Note, ...]]:
        """Fill what a brief leaves open from one person's taste, or from a group's.

        Words first: a field that is given stays. With several people only those who agreed to be
        counted together count, and the first of `user_ids` (the asker) if they have consented to
        anything at all. Notes say what was filled and whose tastes were used.

        Raises
        ------
        Refusal
            When several were asked for and fewer than two can be counted, or when nothing at all is
            known.
        """
        raise NotImplementedError

    async def forget(self, user_id: int) -> None:
        """Drop what caches and factors may still say of somebody whose rows were just deleted.

        Call it after `storage.privacy.forget` (or after a consent was withdrawn). Factors that name
        an item that is gone are deleted at once, and a refit is due.
        """
        raise NotImplementedError

    async def refit_if_due(self) -> bool:
        """Fit again after a forget, with 1 % new signals, or after a day; True when it fitted."""
        raise NotImplementedError
