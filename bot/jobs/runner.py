"""The runner: claims jobs, has them computed, and sees each answered once.

In: the job table, an executor, and a `Deliver` that can reach people. Out: finished rows and sent
answers. The order is the promise: a result is committed before it is sent and marked after, so a
process killed at any instant loses nothing, and what it repeats is repeatable. `step()` does what
can be done now, `drain()` steps until nothing is left (tests), `run()` steps until told to stop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from sqlite_utils import Database

from bot.domain import Progress
from bot.jobs import housekeeping
from bot.jobs.deliver import DELIVERY_TIMEOUT, Deliver, TokenExpired, Undeliverable
from bot.jobs.executor import (
    Executor,
    JobCancelled,
    JobFailed,
    JobSpec,
    JobTimeout,
    OutOfMemory,
    WorkerDied,
)
from bot.jobs.faults import faults
from bot.jobs.identity import is_dead, worker_name
from bot.jobs.progress import ProgressPump
from bot.settings import Settings
from models.errors import Refusal
from storage import deliveries, jobs
from storage.db import DbThread, write
from storage.jobs import Job

__all__ = ["Deliver", "Runner", "TokenExpired", "Undeliverable"]

log = logging.getLogger(__name__)

Keep = Callable[[Database, Job, dict[str, Any]], None]

POLL_SECONDS = 1.0  # how soon a retry or another process's job is noticed; `wake()` is at once
ANSWERS_AT_ONCE = 8
STOP_SECONDS = 5.0  # what a cancelled job gets to give itself back to the queue
GIVE_UP_AFTER = 24 * 3600.0  # seconds after the ask; nobody waits for an answer longer

TOOK_TOO_LONG = (
    "This took longer than {seconds} seconds, so I stopped it. "
    "Please ask for a shorter piece or for fewer instruments."
)
LEARNED_TOO_LONG = (
    "Learning took longer than {seconds} seconds, so I stopped it. "
    "Please give me fewer or shorter pieces."
)
COUNTED_TOO_LONG = (
    "Counting this took longer than {seconds} seconds, so I stopped it. "
    "Please send a part of it, such as one file at a time."
)
TOO_MUCH_MEMORY = (
    "This piece needs more memory than I may use, so I stopped it. "
    "Please ask for a shorter piece or for fewer instruments."
)
BROKE = (
    "Something broke while I made this, and it is not your fault. Please try again; "
    "if it breaks again, tell whoever runs me that it was job {job}."
)


class Runner:
    """Moves jobs from asked to answered, on one event loop.

    Parameters
    ----------
    db : DbThread
        Open database.
    executor : Executor
        Where jobs are computed.
    deliver : Deliver
        How progress and answers reach people.
    clock : () -> float
        UTC epoch seconds.
    settings : Settings
    keep : (db, job, result) -> None, optional
        Called in the transaction that finishes a job, to store what the result holds (pieces).
    worker : str, optional
        The name leases are held under; by default it tells host and process.
    """

    def __init__(
        self,
        db: DbThread,
        executor: Executor,
        deliver: Deliver,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
        *,
        keep: Keep | None = None,
        worker: str | None = None,
    ) -> None:
        self._db = db
        self._executor = executor
        self._deliver = deliver
        self._clock = clock
        self._settings = settings or Settings()
        self._keep = keep
        self.worker = worker or worker_name()
        self._fault = faults(self._settings.faults)
        self._wake = asyncio.Event()
        self._working: dict[int, asyncio.Task[None]] = {}
        self._answering: dict[int, asyncio.Task[None]] = {}
        self._launching = 0  # claimed, but the executor does not count them yet
        self._recovered = False
        self._stopping = False
        self._next_tidy = 0.0

    def wake(self) -> None:
        """Look at the table at once: something was enqueued or cancelled."""
        self._wake.set()

    async def step(self) -> bool:
        """Start everything that can be started now; False when there was nothing."""
        if not self._recovered:
            await self._recover()
        for job_id in await self._db.run(jobs.to_cancel, self.worker):
            if job_id in self._working:
                await self._executor.cancel(job_id)
        started = False
        while not self._stopping and self._executor.capacity() > self._launching:
            job = await self._claim()
            if job is None:
                break
            started = True
            if job.id not in self._working:  # else: ours already, after the machine slept
                self._launching += 1
                self._start(self._working, job.id, self._work(job))
        for job in await self._db.run(deliveries.pending_delivery, self._clock()):
            if len(self._answering) >= ANSWERS_AT_ONCE:
                break
            if job.id not in self._answering:
                started = True
                self._start(self._answering, job.id, self._answer(job.id))
        return started

    async def drain(self) -> None:
        """Step until nothing runs, waits or is due; postponed answers are left for later."""
        while await self.step() or self._working or self._answering:
            if self._working or self._answering:
                await self._pause()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then stop claiming, wait a grace, and give the rest back."""
        stopped = asyncio.create_task(stop.wait())
        stopped.add_done_callback(lambda _: self.wake())
        try:
            await self._executor.start()
            while not stop.is_set():
                try:
                    await self.step()
                    await self._tidy_when_due()
                except Exception:  # a full disk or a locked file must not end the service
                    log.exception("the runner could not step; trying again")
                await self._pause()
        finally:
            stopped.cancel()
            await self._shut_down()

    async def _recover(self) -> None:
        # Leases would run out by themselves; a process known to be dead need not be waited for.
        dead = [name for name in await self._db.run(jobs.owners) if is_dead(name)]
        freed = await self._db.run(jobs.recover, dead)
        if freed:
            log.info("took back %d jobs and answers of a process that died", freed)
        self._recovered = True

    async def _claim(self) -> Job | None:
        return await self._db.run(
            jobs.claim,
            self.worker,
            self._settings.lease,
            self._clock(),
            per_user=self._settings.user_running,
            max_attempts=self._settings.max_attempts,
        )

    def _start(
        self, tasks: dict[int, asyncio.Task[None]], job_id: int, work: Coroutine[Any, Any, None]
    ) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            del tasks[job_id]
            self.wake()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error(
                    "job %d was dropped; its lease will bring it back", job_id, exc_info=error
                )

        tasks[job_id] = asyncio.create_task(work)
        tasks[job_id].add_done_callback(ended)

    async def _pause(self, most: float = POLL_SECONDS) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), most)
        self._wake.clear()

    # -- one job --------------------------------------------------------------------------------

    async def _work(self, job: Job) -> None:
        beat = asyncio.create_task(self._beat(job))
        progress = ProgressPump(
            lambda latest: self._show(job, latest), self._settings.progress_interval
        )
        try:
            end = await self._compute(job, progress)
        finally:
            beat.cancel()
            await progress.close()  # an edit still on its way must not overtake the answer
        await end

    async def _compute(self, job: Job, progress: ProgressPump) -> Coroutine[Any, Any, object]:
        """Have the job computed; return what to do about its end."""
        learns = job.kind == "learn"
        late = {"learn": LEARNED_TOO_LONG, "listening": COUNTED_TOO_LONG}
        most = self._settings.learn_timeout if learns else self._settings.job_timeout
        spec = JobSpec(job.id, job.request, job.seed, self._settings.pieces_dir, most)
        self._launching -= 1
        self._fault("after_claim")
        try:
            text = await self._executor.submit(spec, progress.put)
        except Refusal as refusal:
            return self._fail(job, refusal.template, refusal.values)
        except JobTimeout:
            sentence = late.get(job.kind, TOOK_TOO_LONG)
            return self._fail(job, sentence, {"seconds": f"{spec.timeout:g}"})
        except OutOfMemory:
            return self._fail(job, TOO_MUCH_MEMORY, {})
        except JobFailed as error:
            log.error("job %d broke:\n%s", job.id, error)
            return self._fail(job, BROKE, {"job": job.id})
        except WorkerDied as error:
            log.warning("the worker died under job %d: %s", job.id, error)
            return self._db.run(jobs.release, job.id, self.worker, refund=False)
        except JobCancelled:
            return self._cancelled(job)
        self._fault("before_finish")
        return self._finish(job, text)

    async def _beat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            try:
                owned = await self._db.run(
                    jobs.heartbeat, job.id, self.worker, self._settings.lease, self._clock()
                )
            except Exception:
                log.exception("no heartbeat for job %d", job.id)
                continue
            if not owned:  # forgotten by its owner, or taken over
                await self._executor.cancel(job.id)
                return

    async def _show(self, job: Job, progress: Progress) -> None:
        await self._db.run(
            jobs.set_progress, job.id, self.worker, progress.step, progress.of, progress.label
        )
        self._fault("on_progress")
        fresh = await self._db.run(deliveries.with_live_token, job.id, self._clock())
        if fresh is not None:
            await self._deliver.progress(fresh, progress)

    async def _finish(self, job: Job, text: str) -> None:
        try:
            owned = await self._db.run(self._finish_row, job, text, self._clock())
        except Exception:
            log.exception("the result of job %d could not be stored", job.id)
            if await self._fail(job, BROKE, {"job": job.id}):  # else another makes the same files
                await housekeeping.discard(self._db, self._settings.pieces_dir, text)
            return
        if not owned:
            log.warning("job %d is no longer ours; its result is dropped", job.id)
            if await self._db.run(jobs.get, job.id) is None:  # forgotten, not taken over
                await housekeeping.discard(self._db, self._settings.pieces_dir, text)
        self._fault("after_finish")

    def _finish_row(self, db: Database, job: Job, text: str, now: float) -> bool:
        with write(db):
            owned = jobs.finish(db, job.id, self.worker, text, now)
            if owned and self._keep is not None:
                self._keep(db, job, json.loads(text))
        return owned

    async def _fail(self, job: Job, template: str, values: Mapping[str, Any]) -> bool:
        return await self._db.run(jobs.fail, job.id, self.worker, template, values, self._clock())

    async def _cancelled(self, job: Job) -> None:
        now = await self._db.run(jobs.get, job.id)
        if now is not None and now.cancel_requested:
            await self._db.run(
                jobs.fail, job.id, self.worker, jobs.CANCELLED, {}, self._clock(), state="cancelled"
            )
        else:  # we are stopping: the attempt was not the job's fault
            await self._db.run(jobs.release, job.id, self.worker)

    # -- one answer -----------------------------------------------------------------------------

    async def _answer(self, job_id: int) -> None:
        now = self._clock()
        job = await self._db.run(
            deliveries.begin_delivery, job_id, self.worker, 2 * DELIVERY_TIMEOUT, now
        )
        if job is None:
            return
        self._fault("before_send")
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT):
                message_id = await self._send(job)
        except TokenExpired:
            await self._db.run(deliveries.postpone_delivery, job_id, now, drop_token=True)
        except Undeliverable as error:
            log.warning("nobody can be told about job %d: %s", job_id, error)
            await self._db.run(deliveries.abandon_delivery, job_id)
        except Exception:
            await self._retry_answer(job)
        else:
            self._fault("after_send")
            await self._db.run(deliveries.mark_delivered, job_id, message_id)
            self._fault("after_mark")

    async def _send(self, job: Job) -> int | None:
        if job.state == "done" and job.result is not None:
            return await self._deliver.result(job, json.loads(job.result))
        return await self._deliver.failure(job, job.error or BROKE, job.error_values)

    async def _retry_answer(self, job: Job) -> None:
        now = self._clock()
        if now > job.created + GIVE_UP_AFTER:
            log.exception("giving up on answering job %d", job.id)
            await self._db.run(deliveries.abandon_delivery, job.id)
            return
        wait = min(2.0**job.delivery_tries, 300.0)
        log.warning("answering job %d failed; again in %.0f s", job.id, wait, exc_info=True)
        await self._db.run(deliveries.postpone_delivery, job.id, now + wait)

    # -- the end --------------------------------------------------------------------------------

    async def _shut_down(self) -> None:
        self._stopping = True
        end = time.monotonic() + self._settings.shutdown_grace
        try:
            # Still answers and cancels, no longer claims.
            while await self.step() or self._working or self._answering:
                left = end - time.monotonic()
                if left <= 0:
                    break
                await self._pause(min(POLL_SECONDS, left))
            for job_id in list(self._working):
                await self._executor.cancel(job_id)
            for task in self._answering.values():
                task.cancel()  # still pending in the table; the next start sends it again
            tasks = [*self._working.values(), *self._answering.values()]
            if tasks:
                await asyncio.wait(tasks, timeout=STOP_SECONDS)
        finally:
            await self._executor.close()

    async def _tidy_when_due(self) -> None:
        now = self._clock()
        if now >= self._next_tidy:
            self._next_tidy = now + housekeeping.EVERY
            await housekeeping.tidy(self._db, self._settings, now)
