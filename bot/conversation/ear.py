"""The ear: one small worker process that holds the listener and nothing else.

In: a text. Out: the `Heard` that the network makes of it. It has a process of its own so that a
message never waits behind a piece that is being composed. Where the listener cannot be had (its
weights are missing, the process dies twice), the vocabulary reader of `bot.agent.understand` says
what it can, and every such reading is unsure.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from pathlib import Path

from bot.agent.understand import language, read
from bot.jobs.executor import Executor, JobFailed, JobSpec, JobTimeout, PoolExecutor, WorkerDied
from bot.jobs.worker import WorkerSetup
from models.errors import Refusal
from models.listener.heard import Heard, HeardFrame, from_json

log = logging.getLogger(__name__)

TASK = "bot.conversation.ear_task:listen"
OPEN = "bot.conversation.ear_task:open_listener"
#: Seconds for one text; a fresh process also loads the network.
SECONDS = 20.0
#: What the vocabulary reader is sure of, where it has nothing but its words to go by.
_CRUDE = 0.5
_WANTS = {"lyrics": "song", "arrange": "arrange", "recommend": "recommend", "edit": "edit"}


class Ear:
    """Listens, one text after another.

    Parameters
    ----------
    executor : Executor, optional
        Where the listener runs; by default one worker process.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        setup = WorkerSetup(TASK, init=OPEN)
        self._executor = executor or PoolExecutor(setup, workers=1, max_tasks=0)
        self._one_at_a_time = asyncio.Lock()
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Load the network ahead of the first message."""
        await self._executor.start()

    async def listen(self, text: str) -> Heard:
        """What a text says; never fails, at worst it is unsure."""
        async with self._one_at_a_time:
            for _attempt in range(2):
                spec = JobSpec(next(self._numbers), text, 0, Path(), SECONDS)
                try:
                    told = await self._executor.submit(spec, lambda _: None)
                    return from_json(json.loads(told))
                except WorkerDied:
                    log.warning("the ear died; listening again")
                except (Refusal, JobFailed, JobTimeout) as error:
                    log.warning("the listener did not answer: %s", error)
                    break
        return crude(text)

    async def close(self) -> None:
        """Stop the process."""
        await self._executor.close()


def crude(text: str) -> Heard:
    """What the vocabulary alone makes of a text, as one unsure frame."""
    spoken = language(text)
    try:
        wants = read(text).wants
    except Refusal:
        wants = ()
    intent = next((_WANTS[want] for want in wants if want in _WANTS), "compose")
    other = "edit" if intent == "compose" else "compose"
    frame = HeardFrame(intent, (), (0, len(text)), _CRUDE, other, 1 - _CRUDE, sure=False)
    return Heard(text, spoken, (frame,))
