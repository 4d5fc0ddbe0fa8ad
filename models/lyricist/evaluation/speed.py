"""How long the writing takes: a verse of four lines, and two verses with a chorus.

In seconds of wall clock, on the threads that torch was given here, and of processor time beside
them: on a machine that is busy otherwise only the second says something. Cold is a new process
that loads everything and writes one verse.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

import torch

from models.composer.evaluation.study import Figure
from models.lyricist.asks import LineAsk, SongAsk, StanzaAsk
from models.lyricist.evaluation.study import Study

_TIMES, _COLD = 7, 2
_COMMON = tuple(
    LineAsk(tuple((1.0, 4.0, 1.0, 3.0, 1.0, 4.0, 1.0, 3.0)[:count])) for count in (8, 6, 8, 6)
)
_THEMES = ("the sea", "a letter", "summer rain", "an old road", "my brother", "winter", "the city")
_START = """
import time
start = time.perf_counter()
import torch
torch.set_num_threads({threads})
from models.lyricist.evaluation.speed import verse
from models.lyricist.generate import load_lyricist
load_lyricist().write(verse("the sea"), 1)
print(time.perf_counter() - start)
"""


def speed(study: Study) -> list[Figure]:
    """Median and worst of several, with the model loaded; a cold start."""
    study.say("speed")
    times = study.few(_TIMES)
    study.lyricist.write(verse(_THEMES[0]), 0)
    makers = {"4 lines": (verse, "< 8"), "12 lines": (three, "< 20")}
    told = f"{times} times, {torch.get_num_threads()} threads"
    out = []
    for name, (ask, target) in makers.items():
        runs = [_timed(study, ask(theme), seed) for seed, theme in enumerate(_THEMES[:times])]
        clock, busy = zip(*runs, strict=True)
        out.append(Figure(f"{name}, median", median(clock), "s", target, told))
        out.append(Figure(f"{name}, worst", max(clock), "s"))
        out.append(Figure(f"{name}, processor time, median", median(busy), "s"))
    cold = [_cold() for _ in range(min(_COLD, times))]
    out.append(Figure("a new process to its first 4 lines, worst", max(cold), "s"))
    return out


def verse(theme: str) -> SongAsk:
    """Four lines in common metre."""
    return SongAsk((StanzaAsk("verse", _COMMON, "ABCB"),), (theme,), 0.4)


def three(theme: str) -> SongAsk:
    """Two verses and a chorus, four lines each."""
    kinds: Sequence[str] = ("verse", "chorus", "verse")
    return SongAsk(tuple(StanzaAsk(kind, _COMMON, "ABCB") for kind in kinds), (theme,), 0.4)


def _timed(study: Study, ask: SongAsk, seed: int) -> tuple[float, float]:
    """Seconds of wall clock and of processor time for one song."""
    start, busy = time.perf_counter(), time.process_time()
    study.lyricist.write(ask, seed)
    return time.perf_counter() - start, time.process_time() - busy


def _cold() -> float:
    code = _START.format(threads=torch.get_num_threads())
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)
