"""Which benchmarks there are, and how each is opened.

In: a name from the command line. Out: its `Table`. Imports happen per benchmark, since some need
torch and others only a database.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bench import Row, Table
from bot.bench.options import Options
from bot.bench.parts import say
from models.errors import Refusal

if TYPE_CHECKING:
    from bot.studio import Studio

#: Where parsed data sets are kept between runs.
CACHE = Path(".cache")


def run_bench(
    name: str, *, quick: bool = False, data: Path | None = None, options: Options | None = None
) -> Table:
    """Run a benchmark by name; `options` are those of the makers.

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
        "composer": lambda few, folder: _composer(few, folder, options or Options()),
        "agent": lambda few, _: _agent(few, options or Options()),
        "arranger": lambda few, folder: _arranger(few, folder, options or Options()),
        "harmony": _harmony,
        "hum": _hum,
        "intake": lambda few, _: _intake(few, options or Options()),
        "listener": lambda _, folder: _listener(folder, options or Options()),
        "lyricist": lambda few, folder: _lyricist(few, folder, options or Options()),
        "playing": _playing,
        "recommender": lambda few, folder: _recommender(few, folder, options or Options()),
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
    return Studio.of(settings)


def _control(quick: bool, _: Path | None) -> Table:
    from bot.bench import control

    return control.run(_studio(), cases=10 if quick else 100)


def _speed(quick: bool, _: Path | None) -> Table:
    from bot.bench import speed

    return speed.run(_studio(), cases=2 if quick else 6)


def _agent(quick: bool, options: Options) -> Table:
    from bot.bench import agent

    return agent.run(quick, options)


def _loudness(quick: bool, _: Path | None) -> Table:
    from bot.bench import loudness

    return loudness.run(_studio(), cases=5 if quick else 30)


def _intake(quick: bool, options: Options) -> Table:
    from bot.bench import intake

    return intake.run(files=options.files or (60 if quick else 1000))


def _crash(quick: bool, _: Path | None) -> Table:
    from bot.bench import crash

    return crash.run(kills=10 if quick else 50)


def _composer(quick: bool, data: Path | None, options: Options) -> Table:
    from bot.bench import composer
    from models.composer.data import load_sheets
    from models.composer.evaluation.study import Study
    from models.composer.generate import load_composer

    folder = _needed(data)
    sheets = load_sheets(folder, CACHE / "composer")
    return composer.run(Study(load_composer(), sheets, quick, say=say), options, folder)


def _arranger(quick: bool, data: Path | None, options: Options) -> Table:
    from bot.bench import arranger
    from models.arranger.evaluation.study import TUNES, Study
    from models.composer.data import load_sheets

    sheets = load_sheets(_needed(data), CACHE / "composer")
    number = options.tunes or TUNES
    return arranger.run(Study(sheets, CACHE / "arranger", number, quick, say=say), options)


def _listener(data: Path | None, options: Options) -> Table:
    from bot.bench import listener

    return listener.run(data, options)


def _lyricist(quick: bool, data: Path | None, options: Options) -> Table:
    from bot.bench import lyricist
    from models.lyricist.evaluation.study import Study

    limit = options.limit or (16 if quick else None)
    return lyricist.run(Study(_needed(data), CACHE, options.split, limit, say), options)


def _recommender(quick: bool, data: Path | None, options: Options) -> Table:
    from bot.bench import recommender, taste_served
    from models.recommender.evaluation.study import Study

    study = Study(_needed(data), taste_served.fit, options.split, quick, say)
    return recommender.run(study, options)


def _harmony(_: bool, data: Path | None) -> Table:
    from models.planner.learn import perplexities

    rows: dict[str, Row] = {}
    songs = 0
    for table, number, chords, found in perplexities(_needed(data)):
        songs += number
        others = f"unigram {found['unigram']:.2f}, bigram {found['bigram']:.2f}; {chords} chords"
        rows[table] = Row(round(found["placed"], 2), "", reference=others)
    notes = ("perplexity per chord change on held-out songs, 120 chord tokens",)
    return Table("harmony", songs, 0, rows, notes)


def _playing(quick: bool, data: Path | None) -> Table:
    from bot.bench import playing

    return playing.run(_needed(data), cases=8 if quick else None)


def _hum(quick: bool, data: Path | None) -> Table:
    from bot.bench import hum
    from bot.render.soundfont import find_soundfont
    from bot.settings import Settings
    from models.composer.data import load_sheets

    sheets = None if data is None else load_sheets(_needed(data), CACHE / "composer")["test"]
    return hum.run(sheets, find_soundfont(Settings().soundfont), quick=quick)


def _needed(data: Path | None) -> Path:
    if data is None or not data.is_dir():
        raise Refusal("This benchmark needs the data sets; name their folder with --data DIR.")
    return data
