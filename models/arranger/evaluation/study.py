"""What every part of the arranger's evaluation is given.

In: the composer's sheets by split and the folder of bands. Out: tunes, cases and what each maker
wrote for them, made once. Two sets of cases: the grid, every tune in a style of each family with
the players that the planner calls; and people's, the tunes of human bands with just the parts that
the people played, so that makers and people can be compared part for part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from models.arranger.band import Band
from models.arranger.evaluation import makers
from models.arranger.evaluation.makers import Take, shards
from models.arranger.evaluation.tunes import Case, Tune, chosen, grid, like_people, of_band
from models.arranger.evaluation.view import labels
from models.composer.sheets import LeadSheet
from models.errors import Refusal

#: 60 tunes in two or four, so that families without a triple meter have 60 as well, and 12 more.
TUNES = 72
#: People who play a band or a piano with a tune; the others play drums or a bass alone.
_PEOPLE = ("pop909", "game")


@dataclass
class Study:
    """The sheets by split, the folder of bands, and what was made so far.

    `quick` asks for a quarter of the tunes; `say` takes one line of progress at a time.
    """

    sheets: Mapping[str, Sequence[LeadSheet]]
    cache: Path
    number: int = TUNES
    quick: bool = False
    seed: int = 0
    say: Callable[[str], None] = lambda _: None
    missing: dict[str, str] = field(default_factory=dict)
    _takes: dict[tuple[str, str], list[Take] | None] = field(default_factory=dict)

    @cached_property
    def people(self) -> list[Tune]:
        """The held-out tunes that people played with, one stretch of each file."""
        read = (of_band(band) for band in shards(self.cache, "test", _PEOPLE))
        first: dict[str, Tune] = {}
        for tune in read:
            if tune is not None and tune.human is not None:
                first.setdefault(tune.human.tune.partition("#")[0], tune)
        return list(first.values())

    @cached_property
    def tunes(self) -> list[Tune]:
        """The tunes of the grid."""
        number = max(12, self.number // 4) if self.quick else self.number
        return chosen(self.sheets["test"], self.people, number)

    @cached_property
    def grid(self) -> list[Case]:
        """Every tune in a style of each family."""
        return grid(self.tunes)

    @cached_property
    def alike(self) -> list[Case]:
        """The tunes of human bands with the parts that people played, in the order of `people`."""
        return [case for tune in self.people if (case := like_people(tune)) is not None]

    @cached_property
    def humans(self) -> list[Band]:
        """What people played, in the order of `people`."""
        return [tune.human for tune in self.people if tune.human is not None]

    def takes(self, maker: str, which: str = "grid") -> list[Take] | None:
        """What a maker writes for the cases "grid" or "alike"; None when it cannot be asked.

        Why not is kept in `missing`.
        """
        if (maker, which) not in self._takes:
            cases = self.grid if which == "grid" else self.alike
            try:
                self._takes[maker, which] = makers.takes(maker, cases, self.cache, self.say)
            except (Refusal, FileNotFoundError, RuntimeError) as error:
                self.missing[maker] = str(error)
                self._takes[maker, which] = None
        return self._takes[maker, which]

    def present(self, which: str = "grid") -> dict[str, list[Take]]:
        """What every maker wrote that could be asked."""
        found = {name: self.takes(name, which) for name in makers.MAKERS}
        return {name: takes for name, takes in found.items() if takes is not None}


def bar_labels(case: Case) -> tuple[str, ...]:
    """The label of the section of each bar of a case."""
    return labels([s.section for s in case.plan.sections])
