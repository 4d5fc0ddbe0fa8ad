"""Lists of the last hours, in memory only.

In: lists as they are shown. Out: what a button under one needs where nothing may be stored, and
what somebody was shown of late. It is gone with the process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.taste.values import Listing
from models.recommender.values import Reason

_MOST = 512


@dataclass(frozen=True, slots=True)
class Held:
    """A list, who asked for it and when (UTC epoch seconds), and all reasons of each place."""

    user_id: int
    listing: Listing
    reasons: tuple[tuple[Reason, ...], ...]
    since: float


class Recent:
    """The newest lists by their id."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, Held] = OrderedDict()

    def add(
        self, user_id: int, listing: Listing, reasons: tuple[tuple[Reason, ...], ...], now: float
    ) -> None:
        """Hold a list; the oldest goes when there are too many."""
        self._lists[listing.list_id] = Held(user_id, listing, reasons, now)
        while len(self._lists) > _MOST:
            self._lists.popitem(last=False)

    def get(self, list_id: str) -> Held | None:
        """A list by its id."""
        return self._lists.get(list_id)

    def shown(self, user_id: int, since: float) -> dict[str, float]:
        """When items were last shown to somebody whose lists are not stored."""
        return {
            suggestion.item.id: held.since
            for held in self._lists.values()
            if held.user_id == user_id and held.since >= since and not held.listing.logged
            for suggestion in held.listing.suggestions
        }

    def drop(self, user_id: int) -> None:
        """Forget the lists that somebody asked for or whose taste they came from."""
        for list_id, held in list(self._lists.items()):
            if user_id == held.user_id or user_id in held.listing.people:
                del self._lists[list_id]
