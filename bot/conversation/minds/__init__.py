"""A bigger mind, if the owner has one: a chat model that plans with the same tools and guard.

In: the settings CHAT_MODEL, CHAT_KEY and CHAT_TIMEOUT. Out: the minds that are asked before the
listener, none where CHAT_MODEL is not set.
"""

from __future__ import annotations

from bot.agent.values import Asker, Session
from bot.conversation.minds import view
from bot.conversation.minds.endpoint import Endpoint, address, is_address
from bot.conversation.minds.local import Local
from bot.conversation.minds.mind import Backend, ChatMind
from bot.settings import Settings
from storage.db import DbThread


def chosen(settings: Settings, db: DbThread) -> tuple[ChatMind, ...]:
    """The chat model of the settings as a mind.

    Raises
    ------
    Refusal
        When CHAT_MODEL is an address that cannot be one.
    """
    if settings.chat_model is None:
        return ()

    async def told(session: Session, asker: Asker) -> dict[str, object]:
        return await view.of(session, asker, db)

    return (ChatMind(backend(settings, settings.chat_model), told, settings.chat_timeout),)


def backend(settings: Settings, model: str) -> Backend:
    """Where a model runs: behind an address, or in a process of ours."""
    if is_address(model):
        return Endpoint(address(model), settings.chat_key)
    return Local(model, settings.threads_per_worker)
