"""Which benchmarks there are, and how each is opened.

In: a name from the command line. Out: its `Table`. Imports happen per benchmark, since some need
torch and others only a database.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.bench import Table
from models.errors import Refusal


def run_bench(name: str, *, quick: bool = False, data: Path | None = None) -> Table:
    """Run a benchmark by name.

    Raises
    ------
    Refusal
        When there is no such benchmark, or it needs `--data` and none was given.
    """
    runners: dict[str, Callable[[bool, Path | None], Table]] = {
        "control": _control,
        "speed": _speed,
        "loudness": _loudness,
        "crash": _crash,
        "composer": _composer,
        "harmony": _harmony,
    }
    if name not in runners:
        raise Refusal(
            "There is no benchmark “{name}”; choose one of {names}.",
            name=name,
            names=", ".join(runners),
        )
    return runners[name](quick, data)


def _studio() -> Studio:
    from bot.settings import Settings
    from bot.studio import Studio

    settings = Settings()
    return Studio.open(settings.soundfont, settings.threads_per_worker)


def _control(quick: bool, _: Path | None) -> Table:
    from bot.bench import control

    return control.run(_studio(), cases=10 if quick else 100)


def _speed(quick: bool, _: Path | None) -> Table:
    from bot.bench import speed

    return speed.run(_studio(), cases=2 if quick else 6)


def _loudness(quick: bool, _: Path | None) -> Table:
    from bot.bench import loudness

    return loudness.run(_studio(), cases=5 if quick else 30)


def _crash(quick: bool, _: Path | None) -> Table:
    from bot.bench import crash

    return crash.run(kills=10 if quick else 50)
