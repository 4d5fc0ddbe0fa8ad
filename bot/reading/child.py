"""The inside of the limited process: `python -m bot.reading.child`.

In: lines of JSON on stdin, each `{"path": ..., "out": ...}`. Out: for each a line on stdout,
`{"kind": "ok" | "refused" | "memory" | "error", "text": ..., "values": {...}, "peak": bytes}`, and
for "ok" a MIDI file of ours at `out`, for a recording with what was heard beside it (.json). Before
anything that reads music is imported the process gives up what it does not need: memory beyond
1.5 GiB, processor time, the network, other programs, and writing anywhere but to `out`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

#: What was heard of a recording, beside our copy of it.
HEARD = ".json"
MEMORY = 1536 << 20  # bytes of address space
CPU_SECONDS = 20
_FILE_BYTES = 64 << 20
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # flags of unshare(2)
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system",
              "os.remove", "os.rename", "os.rmdir", "shutil.", "urllib.")  # fmt: skip


@dataclass
class _Door:
    """What may be written now."""

    out: Path = Path(os.devnull)

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit hook: called by the interpreter before it does anything of the outside world."""
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} in a reading process")
        if event == "open" and isinstance(args[2], int):
            writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            may = (str(self.out), str(self.out.with_suffix(HEARD)), os.devnull)
            if writes and str(args[0]) not in may:
                raise PermissionError("writing elsewhere in a reading process")


def main() -> None:
    """Answer lines until stdin ends."""
    sys.dont_write_bytecode = True
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    _no_network()
    door = _Door()
    sys.addaudithook(door.check)
    limit()
    serve(sys.stdin, answers, door)


def serve(asks: IO[str], answers: IO[str], door: _Door) -> None:
    """Read the file that each line asks for and answer with a line."""
    for line in asks:
        ask = json.loads(line)
        door.out = Path(ask["out"])
        _limit_time()
        found = answer(Path(ask["path"]), Path(ask["out"])) | {"peak": _peak()}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def answer(path: Path, out: Path) -> dict[str, Any]:
    """Read one file; whatever happens becomes plain values."""
    from models.errors import Refusal

    try:
        from bot.reading import road
        from models import midi

        score, words, heard = road.read(path)
        midi.keep(score, out, words)
        if heard is not None:
            out.with_suffix(HEARD).write_text(heard, encoding="utf-8")
    except Refusal as refusal:
        plain = {k: v if isinstance(v, int | float) else str(v) for k, v in refusal.values.items()}
        return {"kind": "refused", "text": refusal.template, "values": plain}
    except MemoryError:
        return {"kind": "memory", "text": "", "values": {}}
    except Exception as error:
        # C++ libraries report a failed allocation as a RuntimeError that says so.
        starved = "bad_alloc" in str(error) or "allocate memory" in str(error)
        kind = "memory" if starved else "error"
        return {"kind": kind, "text": traceback.format_exc()[-4000:], "values": {}}
    return {"kind": "ok", "text": "", "values": {}}


def limit() -> None:
    """Bound what this process may take; a system without such limits has the parent's clock."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _limit_time() -> None:
    """Processor seconds for the next file, after which the kernel ends this process."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = int(usage.ru_utime + usage.ru_stime)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS + 1, hard))


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    # Not `ru_maxrss`: a fresh process inherits there what its parent had when it forked.
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        rows = (line.split() for line in status.splitlines())
        return next((int(row[1]) << 10 for row in rows if row[0] == "VmHWM:"), 0)
    return 0


def _no_network() -> None:
    """Move into a network of our own with nothing in it, where the kernel allows that."""
    with suppress(Exception):
        import ctypes

        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET)


if __name__ == "__main__":
    main()
