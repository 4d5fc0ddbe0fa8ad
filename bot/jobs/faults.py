"""Fault points: named places where a test may kill the process, to prove that it loses nothing.

In: the FAULTS setting, such as "after_claim:2,before_mark:1". Out: a function the runner calls at
each named point; without the setting it does nothing. kill -9, not an exception: no `finally` runs,
exactly as when the machine kills the process.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable

POINTS = (
    "after_claim",  # the job is ours, nothing has run
    "on_progress",  # a worker is in the middle of it
    "before_finish",  # the result exists, the table does not know
    "after_finish",  # the table knows, the person does not
    "before_send",  # the answer is taken, not sent
    "after_send",  # the person has the answer, the table does not know
    "after_mark",  # everything is done
)

Fault = Callable[[str], None]


def faults(spec: str) -> Fault:
    """Return the function to call at each point.

    Raises
    ------
    ValueError
        The spec names an unknown point.
    """
    fatal: dict[str, int] = {}
    for item in filter(None, spec.split(",")):
        point, _, count = item.partition(":")
        if point not in POINTS:
            raise ValueError(f"FAULTS names {point!r}; the points are {', '.join(POINTS)}")
        fatal[point] = int(count or 1)
    passed: Counter[str] = Counter()

    def fault(point: str) -> None:
        passed[point] += 1
        if fatal.get(point) == passed[point]:
            os.kill(os.getpid(), signal.SIGKILL)

    return fault if fatal else lambda point: None
