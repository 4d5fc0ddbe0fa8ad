"""How fast the arranger plays, beside MMA and the rules.

In: a `Study`. Out: `Figure`s: bars per second of the network at batch 1 and 8, and seconds for an
arrangement of 32 bars and six parts from plan to playable score, without rendering. Ours runs on
one thread, and its time is processor time, as in the composer's bench; MMA is a program of its own,
so its time is the clock's, the least of some runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.arranger.evaluation.makers import maker
from models.arranger.evaluation.study import Study
from models.arranger.evaluation.tunes import BARS, Case, dressed
from models.arranger.playable import mend
from models.composer.evaluation.study import Figure
from models.errors import Refusal
from models.planner.orchestration import register
from models.planner.plan import Part
from models.score import Score
from models.vocabulary import load

_BATCHES = (1, 8)
_RUNS = 3


def speed(study: Study) -> list[Figure]:
    """Bars per second of ours, then seconds for the same arrangement by everyone."""
    case = six_parts(study)
    out = []
    try:
        out += _ours(case)
    except Refusal as error:
        study.missing["ours"] = str(error)
    for name in ("plain", "retrieval", "mma"):
        try:
            make = maker(name, study.cache)
            seconds = _least(lambda make=make: make(case), time.perf_counter)  # type: ignore[misc]
        except (Refusal, FileNotFoundError, RuntimeError) as error:
            study.missing[name] = str(error)
            continue
        out.append(Figure(f"{BARS} bars, six parts: {name}", seconds, "s", "", "the clock"))
    return out


def six_parts(study: Study) -> Case:
    """A pop arrangement of 32 bars for melody, counter-line, chords, pad, bass and drums."""
    words = load()
    tune = next(t for t in study.tunes if t.bars == BARS and str(t.meter) == "4/4")
    case = dressed(tune, words.styles["pop"])
    asked = {
        "counter": "violin", "chords": "piano", "pad": "strings", "bass": "bass_guitar",
    }  # fmt: skip
    parts = [case.plan.parts[0]]
    for role, name in asked.items():
        player = words.instruments[name]
        low, high = register(role, player)  # type: ignore[arg-type]
        parts.append(Part(role, name, player.name(), player.program, low, high))  # type: ignore[arg-type]
    kit = words.kits["room"]
    parts.append(Part("drums", kit.id, kit.name(), kit.program, 35, 81, is_drum=True))
    roles = tuple(p.role for p in parts)
    sections = tuple(replace(s, roles=roles) for s in case.plan.sections)
    return replace(case, plan=replace(case.plan, parts=tuple(parts), sections=sections))


def _least(run: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of a call: the least of some, after one that is not counted."""
    run()
    spent = []
    for _ in range(_RUNS):
        start = clock()
        run()
        spent.append(clock() - start)
    return min(spent)


def _ours(case: Case) -> list[Figure]:
    import torch

    from models.arranger import generate
    from models.arranger.decode import Player, Sheet
    from models.arranger.encode import Steps

    class Listening(Player):
        """A player that remembers what it was asked to play."""

        def __init__(self, player: Player) -> None:
            self.__dict__.update(player.__dict__)
            self.sheets: list[Sheet] = []

        def play(self, sheet: Sheet, rng: np.random.Generator, count: int) -> list[Steps]:
            self.sheets.append(sheet)
            return super().play(sheet, rng, count)

    arranger = generate.load_arranger()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        listening = Listening(arranger.player)

        def whole() -> Score:
            heard = replace(arranger, player=listening)
            return mend(generate.arrange(case.plan, case.melody, heard, 0), case.plan)

        seconds = _least(whole, time.process_time)
        sheet, rng = listening.sheets[0], np.random.default_rng(0)
        out = []
        for batch in _BATCHES:
            spent = _least(lambda n=batch: arranger.player.play(sheet, rng, n), time.process_time)  # type: ignore[misc]
            rate = batch * case.plan.bars / spent
            target = ">= 40" if batch == 1 else ""
            out.append(Figure(f"network, batch {batch}", rate, "bars/s", target, "one thread"))
    finally:
        torch.set_num_threads(threads)
    words = f"one thread, {generate.CANDIDATES} candidates, choosing and mending included"
    return [*out, Figure(f"{BARS} bars, six parts: ours", seconds, "s", "< 2", words)]
