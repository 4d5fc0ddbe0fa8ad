"""The mind that is always there: the listener hears, the planner plans.

In: words and the session. Out: a plan; see `bot.agent.planning`. It never fails: where the listener
cannot be had, the ear says so by being unsure, and the plan asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.agent import planning
from bot.agent.values import Asker, Plan, Session
from models.listener.heard import Heard


class Listens(Protocol):
    """What hears: `bot.conversation.ear.Ear`, or a double in tests."""

    async def listen(self, text: str) -> Heard:
        """What a text says."""


@dataclass(frozen=True)
class ListenerMind:
    """Implements `bot.conversation.values.Mind` with the listener."""

    ear: Listens

    async def plan(self, text: str, session: Session, asker: Asker, recalled: str | None) -> Plan:
        """What to do; see `Mind.plan`."""
        heard = await self.ear.listen(text)
        # What the listener is not sure of it says itself (`HeardFrame.sure`).
        return planning.plan(heard, session, asker, threshold=0.0, remembered=recalled)
