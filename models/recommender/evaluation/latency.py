"""How long one answer takes, and whether the event loop stays free meanwhile.

In: calls that answer the n-th request. Out: p50 and p95 in milliseconds (and of the processor's
time, which other work on the machine does not add to), and the longest that a timer on the loop
was late while answers were made on threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import numpy as np

from models.composer.evaluation.study import Figure

Answer = Callable[[int], object]
TARGET, LAG_TARGET = "< 5", "< 50"
_TICK = 0.005


def latency(answers: Mapping[str, Answer], times: int) -> list[Figure]:
    """Each alone, then the loop's lag while all are answered on threads."""
    rows = []
    for name, answer in answers.items():
        answer(0)  # what is made once is not what a request costs
        took, worked = zip(*(_milliseconds(answer, n) for n in range(times)), strict=True)
        median, late = np.percentile(took, [50, 95])
        beside = (
            f"p50 {median:.2f} ms; p95 of the processor's time "
            f"{np.percentile(worked, 95):.2f} ms; {times} requests"
        )
        rows.append(Figure(f"{name}, p95", float(late), "ms", TARGET, beside))
    late = asyncio.run(lag(answers, times))
    return [*rows, Figure("event loop late at most", late, "ms", LAG_TARGET, "on threads")]


async def lag(answers: Mapping[str, Answer], times: int) -> float:
    """The longest a timer was late, in milliseconds, while requests were answered in turns."""
    done = asyncio.Event()
    watching = asyncio.create_task(_watch(done))
    for number in range(times):
        await asyncio.gather(*(asyncio.to_thread(answer, number) for answer in answers.values()))
    done.set()
    return await watching


async def _watch(done: asyncio.Event) -> float:
    worst = 0.0
    while not done.is_set():
        start = time.perf_counter()
        await asyncio.sleep(_TICK)
        worst = max(worst, time.perf_counter() - start - _TICK)
    return 1000 * worst


def _milliseconds(answer: Answer, number: int) -> tuple[float, float]:
    """How long the answer took, and how long it had the processor for itself."""
    start, worked = time.perf_counter(), time.thread_time()
    answer(number)
    return 1000 * (time.perf_counter() - start), 1000 * (time.thread_time() - worked)
