"""A chat model as a mind: asked with the tools, checked by the guard, told once what was wrong.

In: what a person said and the session. Out: a plan, or `MindError`, upon which the listener takes
over. It never waits longer than `seconds` for both tries together, and after two failures of its
backend in a row it rests, so that a server that hangs does not slow every message.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.agent.values import Asker, Plan, Session
from bot.conversation.minds import guard, prompt
from bot.conversation.minds.reading import Call, Mistaken
from bot.conversation.values import MindError

#: Failures of a backend in a row, and the seconds that it is then left alone.
_FAILURES, REST = 2, 60.0
View = Callable[[Session, Asker], Awaitable[dict[str, Any]]]


class Backend(Protocol):
    """Whoever runs the model."""

    @property
    def as_text(self) -> bool:
        """Whether the tools must be spelled out in the prompt, because it knows none."""

    async def ask(self, messages: Sequence[prompt.Message], seconds: float) -> tuple[Call, ...]:
        """One answer.

        Raises
        ------
        Mistaken
            When the answer cannot be read.
        ToolsUnknown
            When it turns out to know no tools; from then on `as_text`.
        MindError
            When there is none.
        """

    async def start(self) -> None:
        """Get ready ahead of the first question."""

    async def close(self) -> None:
        """Let go of whatever it holds."""


class ToolsUnknown(Exception):
    """A server refuses tools; ask again in words."""


@dataclass(slots=True)
class _Health:
    failures: int = 0
    rests_until: float = 0.0


class ChatMind:
    """Implements `bot.conversation.values.Mind` with a chat model.

    Parameters
    ----------
    backend : Backend
    view : (Session, Asker) -> JSON
        What the model is told of the session.
    seconds : float
        For the whole exchange.
    now : () -> float
        Monotonic seconds.
    """

    def __init__(
        self,
        backend: Backend,
        view: View,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend, self._view, self._seconds, self._now = backend, view, seconds, now
        self._health = _Health()

    async def plan(self, text: str, session: Session, asker: Asker, recalled: str | None) -> Plan:
        """What to do; see `Mind.plan`. Every failure is a `MindError`."""
        if self._now() < self._health.rests_until:
            raise MindError("the chat model rests after failures")
        try:
            async with asyncio.timeout(self._seconds):
                view = await self._view(session, asker)
                plan = await self._tried(text, session, asker, recalled, view)
        except Mistaken:  # it answers, only not well: no reason to leave it alone
            self._health = _Health()
            raise MindError("the chat model's answer was refused twice") from None
        except TimeoutError:
            self._failed()
            raise MindError("the chat model took too long") from None
        except MindError:
            self._failed()
            raise
        self._health = _Health()
        return plan

    async def start(self) -> None:
        """See `Backend.start`."""
        await self._backend.start()

    async def close(self) -> None:
        """See `Backend.close`."""
        await self._backend.close()

    def _failed(self) -> None:
        failures = self._health.failures + 1
        rests = self._now() + REST if failures >= _FAILURES else 0.0
        self._health = _Health(failures, rests)

    async def _tried(
        self, text: str, session: Session, asker: Asker, recalled: str | None, view: dict[str, Any]
    ) -> Plan:
        """Two tries at most, the second with the reason why the first was refused."""
        told: list[prompt.Message] = []
        end = self._now() + self._seconds
        for last in (False, True):
            calls: tuple[Call, ...] = ()
            try:
                calls = await self._asked(text, view, asker, recalled, told, end)
                return guard.plan_of(calls, text, session)
            except Mistaken as error:
                if last:
                    raise
                told = prompt.again(_written(calls), str(error))
        raise AssertionError("unreachable")

    async def _asked(
        self,
        text: str,
        view: dict[str, Any],
        asker: Asker,
        recalled: str | None,
        told: list[prompt.Message],
        end: float,
    ) -> tuple[Call, ...]:
        for _known in range(2):
            as_text = self._backend.as_text
            messages = prompt.messages(text, view, asker, recalled, as_text=as_text)
            try:
                return await self._backend.ask([*messages, *told], end - self._now())
            except ToolsUnknown:
                continue
        raise MindError("the server refuses the question")


def _written(calls: tuple[Call, ...]) -> str:
    """Calls as the model is shown them again."""
    plain = [{"name": call.name, "arguments": dict(call.args)} for call in calls]
    return json.dumps({"calls": plain}, ensure_ascii=True)
