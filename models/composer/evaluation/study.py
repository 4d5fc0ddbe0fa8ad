"""What every part of the evaluation is given, and what it gives back.

In: a loaded `Composer` and the sheets by split. Out: `Figure`s. A part measures test pieces only;
what has to be fitted (n-grams, a classifier of styles) is fitted on training pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.composer.page import Composer
from models.composer.sheets import LeadSheet


@dataclass(frozen=True)
class Figure:
    """One measure; `target` and `reference` are words for a table."""

    name: str
    value: float
    unit: str = ""
    target: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Study:
    """The composer and the sheets by split; `quick` asks for a quarter of the cases.

    `say` takes one line of progress at a time.
    """

    composer: Composer
    sheets: Mapping[str, Sequence[LeadSheet]]
    quick: bool = False
    seed: int = 0
    say: Callable[[str], None] = lambda _: None

    def cases(self, number: int) -> int:
        """How many cases to look at, of the number that the full bench has."""
        return max(4, number // 4) if self.quick else number


def spread(sheets: Sequence[LeadSheet], number: int) -> list[LeadSheet]:
    """So many of the sheets, taken in turn from each source, in their order."""
    by_source: dict[str, list[LeadSheet]] = defaultdict(list)
    for sheet in sheets:
        by_source[sheet.source].append(sheet)
    out: list[LeadSheet] = []
    depth = 0
    while len(out) < min(number, len(sheets)):
        out += [members[depth] for members in by_source.values() if depth < len(members)]
        depth += 1
    return out[:number]


def mean(values: Sequence[float] | np.ndarray) -> float:
    """The mean, NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


def correlation(asked: Sequence[float], found: Sequence[float]) -> float:
    """Spearman's rank correlation, 0 when one side never changes."""
    from scipy.stats import spearmanr

    if len(set(asked)) < 2 or len(set(found)) < 2:
        return 0.0
    return float(spearmanr(asked, found).statistic)
