"""A chat model on this machine, in one worker process of its own; no torch here.

In: chat messages. Out: the calls that the model writes, in a form that cannot be wrong
(`bot.conversation.minds.local_task`). It never runs in the Discord process, never behind a piece
that is being composed, and gives up at its deadline by itself, so that the process with the loaded
model lives on.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from bot.conversation.minds import prompt
from bot.conversation.minds.reading import Call, of_text
from bot.conversation.values import MindError
from bot.jobs.executor import (
    Executor,
    JobFailed,
    JobSpec,
    JobTimeout,
    OutOfMemory,
    PoolExecutor,
    WorkerDied,
)
from bot.jobs.worker import WorkerSetup
from models.errors import Refusal

log = logging.getLogger(__name__)

TASK = "bot.conversation.minds.local_task:answer"
OPEN = "bot.conversation.minds.local_task:open_model"
#: Seconds beyond its deadline after which a worker counts as stuck and is replaced.
_GRACE = 30.0


class Local:
    """Implements `Backend` with a model of transformers.

    Parameters
    ----------
    model : str
        A folder, or a name on the Hugging Face hub.
    threads : int
        CPU threads of its process.
    executor : Executor, optional
        Where it runs; by default one worker process.
    """

    #: The tools are added where the model is: only there it is known whether its template has them.
    as_text = False

    def __init__(self, model: str, threads: int = 1, executor: Executor | None = None) -> None:
        setup = WorkerSetup(TASK, init=OPEN, init_args=(model, threads), threads=threads)
        self._executor = executor or PoolExecutor(setup, workers=1, max_tasks=0)
        self._one_at_a_time = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._running: set[asyncio.Task[str]] = set()

    async def start(self) -> None:
        """Load the model ahead of the first message."""
        await self._executor.start()

    async def ask(self, messages: Sequence[prompt.Message], seconds: float) -> tuple[Call, ...]:
        """See `Backend.ask`."""
        # A message that no longer waits must not cancel the worker: it would load the model anew.
        task = asyncio.create_task(self._run(list(messages), time.monotonic() + seconds))
        self._running.add(task)
        task.add_done_callback(self._over)
        try:
            text = await asyncio.shield(task)
        except (Refusal, WorkerDied, JobTimeout, JobFailed, OutOfMemory) as error:
            why = str(error).strip().splitlines() or [""]
            log.warning("the local chat model failed: %s: %s", type(error).__name__, why[-1][:200])
            raise MindError("the local chat model failed") from None
        return of_text(text)

    async def _run(self, messages: list[prompt.Message], deadline: float) -> str:
        async with self._one_at_a_time:
            left = deadline - time.monotonic()
            if left <= 0:
                raise MindError("the local chat model is busy")
            request = json.dumps({"messages": messages, "seconds": left})
            spec = JobSpec(next(self._numbers), request, 0, Path(), left + _GRACE)
            return await self._executor.submit(spec, lambda _: None)

    def _over(self, task: asyncio.Task[str]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # read, so that nobody is warned of an answer nobody waited for

    async def close(self) -> None:
        """Stop the process."""
        await self._executor.close()
