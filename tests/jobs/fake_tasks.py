"""Tasks that behave: what a worker can meet, on demand. The request is JSON {"do": ..., ...}."""

import json
import os
import signal
import time
from pathlib import Path

from bot.domain import Progress
from models.errors import Refusal


def init(log: str) -> None:
    """Load the models: leave a line, so that tests can count how often."""
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")


def broken_init() -> None:
    raise Refusal("The soundfont {name} is missing.", name="Great.sf2")


def execute(request_json, seed, out_dir, on_progress):
    request = json.loads(request_json)
    on_progress(Progress(1, 2, "starting"))
    result = DO[request["do"]](request, seed, Path(out_dir), on_progress) or {}
    on_progress(Progress(2, 2, "ending"))
    return json.dumps({"clips": [], "seed": seed, "pid": os.getpid()} | result)


def sleep(request, *_):
    time.sleep(request["seconds"])


def steps(request, _, __, on_progress):
    for n in range(request["seconds"] * 20):
        time.sleep(0.05)
        on_progress(Progress(n, 0, "working"))


def refuse(*_):
    raise Refusal("{style} is not a style I know; try {near}.", style="Zydecoo", near="zydeco")


def crash(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def crash_once(_, __, out_dir, ___):
    marker = out_dir / "crashed"
    if not marker.exists():
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        crash()


def bug(*_):
    raise KeyError("nobody expected this")


class Odd(Exception):
    def __init__(self, a, b):
        super().__init__(a)
        self.keep = lambda: b  # cannot be pickled


def odd_error(*_):
    raise Odd(1, 2)


def disk_full(*_):
    raise OSError(28, "No space left on device")


def hog(*_):
    return {"size": len(bytearray(8 * 2**30))}


def write(request, seed, out_dir, on_progress):
    """Leave a finished piece on disk, after a while in which nothing is reported."""
    folder = out_dir / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "piece.json").write_text("{}")
    time.sleep(request["seconds"])
    return {"clips": [{"folder": str(folder)}]}


def threads(*_):
    return {"threads": os.environ["OMP_NUM_THREADS"]}


def child(_, __, out_dir, ___):
    """A worker whose own child (FluidSynth) outlives it unless somebody cares."""
    import subprocess

    process = subprocess.Popen(["sleep", "60"])
    (out_dir / "child").write_text(str(process.pid))
    time.sleep(60)


DO = {f.__name__: f for f in (
    sleep, steps, refuse, crash, crash_once, bug, odd_error, disk_full, hog, threads,
    child, write,
)}  # fmt: skip
