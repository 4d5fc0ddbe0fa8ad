"""A benchmark in parts: the ones that were asked for, in order, as one table.

In: parts by name, each a function that measures. Out: a `Table` whose rows are named "part:
measure". Modules are read when their part runs, so the functions import inside.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from bot.bench import Row
from models.composer.evaluation.study import Figure
from models.errors import Refusal

Part = Callable[[], Sequence[Figure]]


def chosen(parts: Mapping[str, Part], only: Sequence[str]) -> dict[str, Part]:
    """The parts of those names, all when none is named.

    Raises
    ------
    Refusal
        When a part does not exist.
    """
    for name in only:
        if name not in parts:
            raise Refusal(
                "There is no part “{name}”; choose among {names}.",
                name=name,
                names=", ".join(parts),
            )
    return {name: parts[name] for name in only or parts}


def rows_of(parts: Mapping[str, Part], told: Callable[[str], None]) -> dict[str, Row]:
    """Run the parts; `told` hears how long each took."""
    rows: dict[str, Row] = {}
    for name, part in parts.items():
        start = time.monotonic()
        for figure in part():
            rows[f"{name}: {figure.name}"] = Row(
                round(figure.value, 4), figure.unit, figure.target, figure.reference
            )
        told(f"{name}: {time.monotonic() - start:.0f} s")
    return rows


def say(line: str) -> None:
    """Progress, on standard error: standard output is the table."""
    print(line, file=sys.stderr, flush=True)
