"""A conversation put together: the minds that the settings ask for, over the shared parts.

In: settings and the parts that the caller has. Out: a `Conversation` whose front is still to be
set. A bigger mind is asked first where the owner has one; the listener always answers.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.engine import Conversation
from bot.conversation.listener_mind import ListenerMind, Listens
from bot.conversation.minds import chosen
from bot.conversation.values import Mind
from bot.settings import Settings
from bot.taste.engine import Taste
from storage.db import DbThread


def conversation(
    db: DbThread,
    settings: Settings,
    taste: Taste,
    ear: Listens,
    wake: Callable[[], None],
    now: Callable[[], float],
    first: tuple[Mind, ...] | None = None,
) -> Conversation:
    """The conversation of a process.

    `first` are minds that are asked before the listener; None is what the settings ask for.

    Raises
    ------
    Refusal
        When CHAT_MODEL is an address that cannot be one.
    """
    first = chosen(settings, db) if first is None else first
    return Conversation(db, settings, taste, (*first, ListenerMind(ear)), wake, now)
