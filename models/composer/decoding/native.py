"""The decoder's step in C, compiled where it runs.

In: `Layout` weights. Out: hidden states and logits. `decode.c` is compiled once with the machine's
own C compiler (under a second) for its own processor, and kept in the user's cache folder. Where
there is no compiler, or the compiled step does not agree with `decode_numpy`, `Decoder` uses the
latter. A small own kernel, because at one to eight rows no library measured came as near to what
the memory allows (docs/lab.md, "decoding").
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.composer.decoding.plain import Cache, Floats, Indices, Layout

_SOURCE = Path(__file__).with_name("decode.c")
_FLAGS = ("-O3", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
_OWN_PROCESSOR = (("-march=native",), ("-mcpu=native",), ())
_TABLES = ("conditions", "turn", "parts", "norm", "token_head", "token_bias", "token_embed")
_ENDS = ("mix", "mix_bias", "duration_head", "duration_bias")


class _Net(ctypes.Structure):
    _fields_ = (
        *((n, ctypes.c_int) for n in ("width", "heads", "inner", "layers")),
        *((n, ctypes.c_int) for n in ("fields", "tokens", "durations")),
        ("epsilon", ctypes.c_float),
        *((n, ctypes.c_void_p) for n in ("sizes", *_TABLES, *_ENDS)),
    )


def compiled(folder: Path | None = None) -> ctypes.CDLL | None:
    """The kernel as a library, compiled if need be; None where that is not possible.

    `folder` keeps the library (the user's cache folder when none is named).
    """
    try:
        folder = folder or _cache_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / f"decode-{_fingerprint()}.so"
        if not target.is_file() and not _compile(target):
            return None
        return ctypes.CDLL(str(target))
    except (OSError, RuntimeError, subprocess.SubprocessError):
        return None


def _cache_folder() -> Path:
    told = os.environ.get("XDG_CACHE_HOME")
    return (Path(told) if told else Path.home() / ".cache") / "segno"


def _fingerprint() -> str:
    """Of the source and the processor: a home folder may be shared by different machines."""
    facts = Path("/proc/cpuinfo")
    processor = platform.processor() + platform.machine()
    if facts.is_file():
        lines = facts.read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = ("flags", "Features", "model name")
        processor += "".join(sorted({s for s in lines if s.startswith(wanted)}))
    text = _SOURCE.read_bytes() + processor.encode() + " ".join(_FLAGS).encode()
    return hashlib.sha256(text).hexdigest()[:16]


def _compile(target: Path) -> bool:
    names = (os.environ.get("CC", ""), "cc", "gcc", "clang")
    compiler = next((found for n in names if n and (found := shutil.which(n))), None)
    if compiler is None:
        return False
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        made = Path(work) / target.name
        for own in _OWN_PROCESSOR:
            command = [compiler, *_FLAGS, *own, str(_SOURCE), "-o", str(made), "-lm"]
            if (
                subprocess.run(command, capture_output=True, timeout=60, check=False).returncode
                == 0
            ):
                made.replace(target)  # at once: two workers may compile at the same time
                return True
    return False


class NativeKernel:
    """Steps of one model through the compiled library. Safe to share between threads."""

    name = "C"

    def __init__(self, layout: Layout, library: ctypes.CDLL) -> None:
        self.layout = layout
        self._library = library
        library.space.restype = ctypes.c_long
        pointer, number = ctypes.c_void_p, ctypes.c_int
        library.space.argtypes = [pointer, number, number]
        library.step.argtypes = [*[pointer] * 5, number, number, *[pointer] * 5]
        library.durations.argtypes = [*[pointer] * 3, number, *[pointer] * 2]
        self._block = 2 * library.lanes()
        self._kept: list[np.ndarray] = []  # what the pointers point at
        self._net = self._made(layout)
        self._at = ctypes.addressof(self._net)

    def _made(self, layout: Layout) -> _Net:
        parts = [self._packed(part) for layer in layout.parts for part in layer]
        listed = {
            "parts": self._held(np.array(parts, np.uintp)),
            "sizes": self._held(np.array(layout.sizes, np.int32)),
        }
        for name in ("token_head", "mix", "duration_head"):
            listed[name] = self._packed(getattr(layout, name))
        for name in (*_TABLES, *_ENDS):
            if name not in listed:
                listed[name] = self._held(np.ascontiguousarray(getattr(layout, name)))
        return _Net(
            width=layout.width, heads=layout.heads, inner=layout.inner,
            layers=len(layout.parts), fields=len(layout.sizes),
            tokens=layout.token_head.shape[1], durations=layout.duration_head.shape[1],
            epsilon=layout.epsilon, **listed,
        )  # fmt: skip

    def _held(self, array: np.ndarray) -> int:
        self._kept.append(array)
        return int(array.ctypes.data)

    def _packed(self, weight: Floats) -> int:
        """(K, N) as (N / block, K, block), filled up with zeros."""
        inputs, outputs = weight.shape
        blocks = -(-outputs // self._block)
        wide = np.zeros((inputs, blocks * self._block), np.float32)
        wide[:, :outputs] = weight
        return self._held(np.ascontiguousarray(wide.reshape(inputs, blocks, -1).transpose(1, 0, 2)))

    def step(
        self, inputs: Indices, shares: Floats, slots: Indices, places: Indices, cache: Cache
    ) -> tuple[Floats, Floats]:
        """See `NumpyKernel.step`."""
        rows = len(inputs)
        hidden = np.empty((rows, self._net.width), np.float32)
        logits = np.empty((rows, self._net.tokens), np.float32)
        length = cache.length
        work = np.empty(self._library.space(self._at, rows, length), np.float32)
        wrong = self._library.step(
            self._at, *_addresses(inputs, shares, slots, places), rows, length,
            *_addresses(cache.keys, cache.values, hidden, logits, work),
        )  # fmt: skip
        if wrong:
            raise IndexError("an input is outside its field")
        return logits, hidden

    def durations(self, hidden: Floats, tokens: Indices) -> Floats:
        """See `NumpyKernel.durations`."""
        rows = len(tokens)
        logits = np.empty((rows, self._net.durations), np.float32)
        work = np.empty(self._library.space(self._at, rows, 0), np.float32)
        if self._library.durations(
            self._at, *_addresses(hidden, tokens), rows, *_addresses(logits, work)
        ):
            raise IndexError("no such token")
        return logits


def _addresses(*arrays: np.ndarray) -> Sequence[int]:
    return [array.ctypes.data for array in arrays]
