"""Who holds a lease: a name that tells whether its process still lives.

In: nothing, or a name found in the table. Out: "host/pid/start", and whether that process is gone.
The start time tells a process from a later one with the same number, as in containers where the bot
is always process 1. Names from other hosts are never called dead: their lease decides.
"""

from __future__ import annotations

import os
import platform

import psutil

# The kernel's idea of when it booted, which start times are counted from, may drift this much.
_DRIFT_SECONDS = 2.0


def worker_name() -> str:
    """Name this process."""
    return f"{platform.node()}/{os.getpid()}/{psutil.Process().create_time():.1f}"


def is_dead(name: str) -> bool:
    """Whether `name` is a process of this host that has ended."""
    host, _, rest = name.rpartition("/")[0].rpartition("/")
    start = name.rpartition("/")[2]
    if host != platform.node() or not rest.isdigit():
        return False
    try:
        process = psutil.Process(int(rest))
        alive_since: float = process.create_time()
        return abs(alive_since - float(start)) > _DRIFT_SECONDS or (
            process.status() == psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
