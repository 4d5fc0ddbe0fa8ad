"""The arranger on held-out tunes in twelve families: every part of the evaluation, in one table.

In: the data sets, the bands in the cache and the installed weight. Out: a `Table` whose rows are
named "part: measure". `--only` runs some of the parts, `--quick` a quarter of the tunes, `--tunes`
so many. What is measured stands in `models.arranger.evaluation`; here is the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.bench import Table
from bot.bench.options import Options
from bot.bench.parts import chosen, rows_of
from models.arranger.evaluation.study import Study
from models.composer.evaluation.study import Figure
from models.errors import Refusal

_BANDS = (
    "There are no training bands yet; make them with `python -m bot train arranger --data DIR`."
)


def run(study: Study, options: Options) -> Table:
    """The table of all parts, or of those named.

    Raises
    ------
    Refusal
        When a part does not exist, or the bands were not made.
    """
    wanted = chosen(_parts(study), options.only)
    if not any(Path(study.cache).glob("*-train-*.npz")):
        raise Refusal(_BANDS)
    rows = rows_of(wanted, study.say)
    notes = [
        f"{len(study.tunes)} held-out test tunes, {len(study.grid)} arrangements by each maker; "
        f"{len(study.people)} tunes that people accompanied",
        *(f"{who} is missing: {why}" for who, why in study.missing.items()),
    ]
    return Table("arranger", len(study.grid), study.seed, rows, tuple(notes))


def _parts(study: Study) -> dict[str, Callable[[], Sequence[Figure]]]:
    """Every part by its name; modules are read when their part runs."""

    def notes() -> Sequence[Figure]:
        from models.arranger.evaluation.side_by_side import side_by_side

        return side_by_side(study)

    def style() -> Sequence[Figure]:
        from models.arranger.evaluation.styles import styles

        return styles(study)

    def distance() -> Sequence[Figure]:
        from models.arranger.evaluation.nearness import nearness

        return nearness(study)

    def drums() -> Sequence[Figure]:
        from models.arranger.evaluation.drumming import drumming

        return drumming(study)

    def playing() -> Sequence[Figure]:
        from models.arranger.evaluation.keeping import playability

        return playability(study)

    def kept() -> Sequence[Figure]:
        from models.arranger.evaluation.keeping import keeping

        return keeping(study)

    def speed() -> Sequence[Figure]:
        from models.arranger.evaluation.speed import speed as run_part

        return run_part(study)

    return {
        "notes": notes,
        "style": style,
        "distance": distance,
        "drums": drums,
        "playing": playing,
        "kept": kept,
        "speed": speed,
    }
