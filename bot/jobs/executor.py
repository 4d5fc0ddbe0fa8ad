"""Where jobs are computed: one small interface, a process pool and an in-process double.

In: a `JobSpec`. Out: the task's JSON, or one of a few exceptions that say whose fault it was.
Executors are muscle: they know no database and never retry, so a job cannot run twice behind the
table's back. The pool is Pebble's (cancel and timeout kill the worker; stdlib's pool can do
neither), one pool per worker: a worker that dies at a bad moment can only take its own channel
with it, and that one is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from bot.domain import OnProgress, Progress
from bot.jobs.worker import Outcome, WorkerSetup, guarded, perform, prepare, warm
from models.errors import Refusal

log = logging.getLogger(__name__)

START_SECONDS = 300.0  # most a fresh worker may take to load models before it counts as dead
STOP_SECONDS = 10.0  # most a pool may take to stop a worker before it counts as stuck


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One attempt at one job; `timeout` in seconds counts from when a worker starts on it."""

    job_id: int
    request: str
    seed: int
    out_dir: Path
    timeout: float


class WorkerDied(Exception):
    """The worker process ended under the job; running it again may work."""


class JobTimeout(Exception):
    """The job computed longer than its timeout and was stopped."""


class JobCancelled(Exception):
    """`cancel` stopped the job."""


class OutOfMemory(Exception):
    """The job wanted more memory than a worker may have."""


class JobFailed(Exception):
    """The task raised something nobody expected; the message is the worker's traceback."""


class Executor(Protocol):
    """What the runner needs from whoever computes."""

    async def start(self) -> None:
        """Get workers ready; a worker that cannot get ready shows when it is given a job."""

    async def submit(self, spec: JobSpec, on_progress: OnProgress) -> str:
        """Compute a job and return the task's JSON; `on_progress` is called on the event loop.

        Raises
        ------
        Refusal, WorkerDied, JobTimeout, JobCancelled, OutOfMemory, JobFailed
        """

    async def cancel(self, job_id: int) -> None:
        """Stop a job: its `submit` raises `JobCancelled`. Unknown ids are ignored."""

    def capacity(self) -> int:
        """How many more jobs can start now."""

    async def close(self) -> None:
        """Stop every worker; jobs that still run are lost (the table has them)."""


def unwrap(outcome: Outcome) -> str:
    """Return the result of a task or raise what became of it."""
    match outcome.kind:
        case "ok":
            return outcome.text
        case "refused":
            raise Refusal(outcome.text, **outcome.values)
        case "memory":
            raise OutOfMemory(outcome.text)
        case _:
            raise JobFailed(outcome.text)


class InlineExecutor:
    """Runs tasks on a thread of this process: for tests."""

    def __init__(self, task: str, *, slots: int = 1) -> None:
        self._task = task
        self._slots = slots
        self._running: set[int] = set()
        self._cancelled: set[int] = set()

    async def start(self) -> None:
        """Nothing to get ready."""

    async def submit(self, spec: JobSpec, on_progress: OnProgress) -> str:
        """See `Executor.submit`; a cancelled task stops at its next progress report."""
        loop = asyncio.get_running_loop()
        self._running.add(spec.job_id)

        def report(progress: Progress) -> None:
            if spec.job_id in self._cancelled:
                raise JobCancelled(spec.job_id)
            loop.call_soon_threadsafe(on_progress, progress)

        try:
            outcome = await asyncio.to_thread(
                guarded,
                lambda: None,
                self._task,
                spec.request,
                spec.seed,
                str(spec.out_dir),
                report,
            )
        finally:
            self._running.discard(spec.job_id)
            cancelled = spec.job_id in self._cancelled
            self._cancelled.discard(spec.job_id)
        if cancelled:
            raise JobCancelled(spec.job_id)
        return unwrap(outcome)

    async def cancel(self, job_id: int) -> None:
        """See `Executor.cancel`."""
        if job_id in self._running:
            self._cancelled.add(job_id)

    def capacity(self) -> int:
        """See `Executor.capacity`."""
        return self._slots - len(self._running)

    async def close(self) -> None:
        """Nothing to close."""


class PoolExecutor:
    """Runs tasks in spawned worker processes, each of which holds the models.

    Parameters
    ----------
    setup : WorkerSetup
        What each worker runs and prepares.
    workers : int
        Number of processes.
    max_tasks : int
        Jobs after which a worker is replaced (0: never): bounds what leaks and fragments.
    """

    def __init__(self, setup: WorkerSetup, *, workers: int = 1, max_tasks: int = 200) -> None:
        self._setup = setup
        self._max_tasks = max_tasks
        self._slots: list[_Slot | None] = [None] * workers
        self._busy: dict[int, int] = {}  # job id -> slot number
        self._cancelled: set[int] = set()

    async def start(self) -> None:
        """Start every worker and wait until its models are loaded."""

        async def ready(number: int) -> None:
            try:
                await asyncio.wait_for(_wrap(self._slot(number).schedule(warm)), START_SECONDS)
            except (ProcessExpired, BrokenProcessPool, TimeoutError):
                log.exception("worker %d did not start; its next job will try again", number)
                self._replace(number)

        await asyncio.gather(*(ready(number) for number in range(len(self._slots))))

    async def submit(self, spec: JobSpec, on_progress: OnProgress) -> str:
        """See `Executor.submit`."""
        number = next((n for n in range(len(self._slots)) if n not in self._busy.values()), None)
        if number is None:
            raise RuntimeError("submit() beyond capacity()")
        self._busy[spec.job_id] = number
        try:
            return unwrap(await self._compute(number, spec, on_progress))
        finally:
            del self._busy[spec.job_id]
            self._cancelled.discard(spec.job_id)

    async def _compute(self, number: int, spec: JobSpec, on_progress: OnProgress) -> Outcome:
        args = (spec.job_id, spec.request, spec.seed, str(spec.out_dir))
        try:
            slot = self._slot(number)
            future = slot.schedule(perform, *args, timeout=spec.timeout)
        except RuntimeError as error:  # the idle worker was killed, and its pool broke with it
            log.warning("worker %d was gone (%s); replacing it", number, error)
            self._replace(number)
            slot = self._slot(number)
            future = slot.schedule(perform, *args, timeout=spec.timeout)
        slot.future = future
        slot.listen(spec.job_id, on_progress)
        try:
            # Pebble's own timeout starts with the work; this one is for a worker that never starts.
            return await asyncio.wait_for(
                _wrap(future), START_SECONDS + spec.timeout + STOP_SECONDS
            )
        except asyncio.CancelledError:
            if spec.job_id in self._cancelled:
                raise JobCancelled(spec.job_id) from None
            raise
        except TimeoutError:
            if not future.done() or future.cancelled():
                self._replace(number)
                raise WorkerDied("the worker never answered") from None
            raise JobTimeout(spec.timeout) from None
        except (ProcessExpired, BrokenProcessPool) as error:
            self._replace(number)
            raise WorkerDied(str(error)) from None
        finally:
            slot.future = None
            slot.listen(None, None)

    async def cancel(self, job_id: int) -> None:
        """See `Executor.cancel`; the worker is killed and a fresh one loads the models."""
        slot = self._slots[self._busy[job_id]] if job_id in self._busy else None
        if slot is not None and slot.future is not None:
            self._cancelled.add(job_id)
            slot.future.cancel()

    def capacity(self) -> int:
        """See `Executor.capacity`."""
        return len(self._slots) - len(self._busy)

    async def close(self) -> None:
        """See `Executor.close`."""
        slots = [slot for slot in self._slots if slot is not None]
        self._slots = [None] * len(self._slots)
        await asyncio.gather(*(asyncio.to_thread(slot.stop) for slot in slots))

    def _slot(self, number: int) -> _Slot:
        slot = self._slots[number]
        if slot is None:
            slot = _Slot(self._setup, self._max_tasks, asyncio.get_running_loop())
            self._slots[number] = slot
        return slot

    def _replace(self, number: int) -> None:
        slot, self._slots[number] = self._slots[number], None
        if slot is not None:
            # In the background: a pool whose worker died inside its channel may never finish.
            threading.Thread(target=slot.stop, name="pool-stop", daemon=True).start()


class _Slot:
    """One worker process: its Pebble pool, and the pipe its progress comes back through."""

    def __init__(self, setup: WorkerSetup, max_tasks: int, loop: asyncio.AbstractEventLoop) -> None:
        context = multiprocessing.get_context("spawn")
        self._loop = loop
        self._receiver, self._sender = context.Pipe(duplex=False)
        self._listener: tuple[int | None, OnProgress | None] = (None, None)
        self.future: Future[Outcome] | None = None
        self._pool = ProcessPool(
            max_workers=1,
            max_tasks=max_tasks,
            initializer=prepare,
            initargs=(setup, self._sender),
            context=context,
        )
        pump = threading.Thread(
            target=_pump, args=(self._receiver, self._hear), name="progress", daemon=True
        )
        pump.start()

    def schedule(
        self, function: Callable[..., Any], *args: object, timeout: float | None = None
    ) -> Future[Any]:
        future: Future[Any] = self._pool.schedule(function, args=args, timeout=timeout)
        return future

    def listen(self, job_id: int | None, on_progress: OnProgress | None) -> None:
        self._listener = (job_id, on_progress)

    def _hear(self, job_id: int, progress: Progress) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._tell, job_id, progress)

    def _tell(self, job_id: int, progress: Progress) -> None:
        listening, on_progress = self._listener
        if on_progress is not None and job_id == listening:
            on_progress(progress)

    def stop(self) -> None:
        self._sender.send(None)
        self._pool.stop()
        with suppress(Exception):
            self._pool.join()


def _pump(receiver: Connection, hear: Callable[[int, Progress], None]) -> None:
    with suppress(EOFError, OSError):
        while (message := receiver.recv()) is not None:
            job_id, step, of, label = message
            hear(job_id, Progress(step, of, label))


def _wrap(future: Future[Any]) -> asyncio.Future[Any]:
    return asyncio.wrap_future(future)
