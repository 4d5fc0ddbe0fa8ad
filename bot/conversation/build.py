"""A conversation put together: the minds that the settings ask for, over the shared parts.

In: settings and the parts that the caller has. Out: a `Conversation` whose front is still to be
set. A bigger mind is asked first where the owner has one; the listener always answers.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.engine import Conversation
from bot.conversation.listener_mind import ListenerMind, Listens
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
    first: tuple[Mind, ...] = (),
) -> Conversation:
    """The conversation of a process; `first` are minds that are asked before the listener."""
    return Conversation(db, settings, taste, (*first, ListenerMind(ear)), wake, now)
