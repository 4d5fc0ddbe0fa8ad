"""The inside of a worker process: prepare once, then turn requests into outcomes.

In: dotted paths of the functions to run and plain values. Out: an `Outcome` of plain values, never
a pickled exception, so nothing a task raises can break the pool. Progress goes back through a pipe
in messages under 4 KiB, which the kernel writes whole: a worker killed at any instant leaves no
torn message. This module imports no model; the task does.
"""

from __future__ import annotations

import errno
import importlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Literal

from bot.domain import OnProgress, Progress
from models.errors import Refusal

DISK_FULL = (
    "The disk of the machine I run on is full, so I could not keep the piece. "
    "Please tell whoever runs me, and ask again later."
)
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MESSAGE_LIMIT = 1000  # characters of a label; at most 4 bytes each, so the message fits 4 KiB


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker prepares before its first task.

    `task` is the dotted path "package.module:function" of
    `(request: str, seed: int, out_dir: str, on_progress) -> str`; `init`, called with `init_args`,
    loads the models ahead of it. `memory_mib` caps the data segment (0: no cap).
    """

    task: str
    init: str | None = None
    init_args: tuple[Any, ...] = ()
    threads: int = 1
    memory_mib: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: `text` is the result, a refusal's template or an error's traceback."""

    kind: Literal["ok", "refused", "memory", "error"]
    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Self:
    """What this process is: set up by `prepare`, read by `perform`."""

    setup: WorkerSetup
    sender: Connection
    ready: bool = False

    def get_ready(self) -> None:
        if not self.ready and self.setup.init is not None:
            resolve(self.setup.init)(*self.setup.init_args)
        self.ready = True


# A pool hands a process its initializer and its tasks as separate calls; this is the way between.
_SELF: ContextVar[_Self] = ContextVar("worker")


def resolve(path: str) -> Callable[..., Any]:
    """Import "package.module:function"."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def prepare(setup: WorkerSetup, sender: Connection) -> None:
    """Run once in a new worker; `sender` takes progress to the parent.

    What `init` raises is kept for the first task, which meets it again and can tell the asker.
    """
    for name in _THREAD_SETTINGS:
        os.environ[name] = str(setup.threads)
    _own_group()
    _limit_memory(setup.memory_mib)
    threading.Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()
    worker = _Self(setup, sender)
    _SELF.set(worker)
    with suppress(Exception):
        worker.get_ready()


def warm() -> None:
    """Do nothing, in a worker that is prepared: awaiting it is awaiting the models."""


def perform(job_id: int, request: str, seed: int, out_dir: str) -> Outcome:
    """Run the task of this worker on one request."""
    worker = _SELF.get()

    def report(progress: Progress) -> None:
        label = progress.label[:_MESSAGE_LIMIT]
        worker.sender.send((job_id, progress.step, progress.of, label))

    return guarded(lambda: worker.get_ready(), worker.setup.task, request, seed, out_dir, report)


def guarded(
    before: Callable[[], None],
    task: str,
    request: str,
    seed: int,
    out_dir: str,
    on_progress: OnProgress,
) -> Outcome:
    """Call a task and turn whatever it raises into an `Outcome`."""
    try:
        before()
        return Outcome("ok", resolve(task)(request, seed, out_dir, on_progress))
    except Refusal as refusal:
        return Outcome("refused", refusal.template, _plain(refusal.values))
    except MemoryError:
        return Outcome("memory", traceback.format_exc())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Outcome("refused", DISK_FULL)
        return Outcome("error", traceback.format_exc())
    except Exception as error:
        # torch reports a failed allocation as a RuntimeError that says so.
        starved = isinstance(error, RuntimeError) and "allocate memory" in str(error)
        return Outcome("memory" if starved else "error", traceback.format_exc())


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    simple = (str, int, float, bool, type(None))
    return {name: v if isinstance(v, simple) else str(v) for name, v in values.items()}


def _own_group() -> None:
    # FluidSynth and other children of a worker must go when it goes, and Ctrl-C in the owner's
    # terminal must not reach them: a clean stop lets running jobs finish.
    if hasattr(os, "setsid"):
        with suppress(OSError):
            os.setsid()
        signal.signal(signal.SIGTERM, lambda *_: _end_group())


def _end_group() -> None:
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _die_with_parent() -> None:
    # After kill -9 of the bot its worker would compute on, next to the one that gets the job again.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _end_group()


def _limit_memory(mib: int) -> None:
    # RLIMIT_DATA turns a runaway allocation into a MemoryError in the task, where the alternative
    # is the kernel's OOM killer choosing a victim.
    if mib == 0:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (mib * 2**20, mib * 2**20))
