"""The recommender on people's listening, classical rivals beside it, in one table.

In: the data sets. Out: a `Table` whose rows are named "part: measure". `--only` runs some of the
parts, `--split validation` is for tuning, `--quick` looks at one split and fewer people. What is
measured stands in `models.recommender.evaluation`; what it measures is the bot's own serving code.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from bot.bench import Table
from bot.bench.options import Options
from bot.bench.parts import Part, chosen, rows_of
from bot.bench.taste_served import Served
from bot.taste import listing, scoring
from bot.taste.listing import Closed, Scene
from models.composer.evaluation.study import Figure
from models.recommender.evaluation.latency import Answer
from models.recommender.evaluation.study import SEEDS, Study

_PROTOCOL = (
    "all artists ranked; taggings of held-out artists removed; tags of at least 10 people; "
    "Last.fm-2k and Deezer's genres are measured with and never shipped (non-commercial)"
)
_NO_SPARK = "spark: left out, pyspark is not installed (pip install pyspark, Java 17)"
_REQUESTS = 300
#: Any time that is not within a cooldown of the beginning of time.
_NOW = 1.8e9


def run(study: Study, options: Options) -> Table:
    """The table of all parts, or of those named.

    Raises
    ------
    Refusal
        When a part does not exist.
    """
    parts = _parts(study)
    notes = [f"{study.split} split, seeds {', '.join(map(str, study.seeds))}", _PROTOCOL]
    if find_spec("pyspark") is None and "spark" not in options.only:
        del parts["spark"]
        notes.append(_NO_SPARK)
    rows = rows_of(chosen(parts, options.only), study.say)
    return Table("recommender", len(study.seeds), SEEDS[0], rows, tuple(notes))


def _parts(study: Study) -> dict[str, Part]:
    """Every part by its name; modules are read when their part runs."""

    def warm() -> Sequence[Figure]:
        from models.recommender.evaluation.warm import warm as run_part

        return run_part(study)

    def cold() -> Sequence[Figure]:
        from models.recommender.evaluation.cold import cold as run_part

        return run_part(study)

    def servers() -> Sequence[Figure]:
        from models.recommender.evaluation.servers import servers as run_part

        return run_part(study)

    def deezer() -> Sequence[Figure]:
        from models.recommender.evaluation.deezer import deezer as run_part

        return run_part(study)

    def feedback() -> Sequence[Figure]:
        from models.recommender.evaluation.feedback import feedback as run_part

        return run_part(study)

    def latency() -> Sequence[Figure]:
        from models.recommender.evaluation.latency import latency as run_part

        answers = _answers(study)
        with threadpool_limits(1, "blas"):  # as `bot.app` runs
            return run_part(answers, 50 if study.quick else _REQUESTS)

    def spark() -> Sequence[Figure]:
        from models.recommender.evaluation.parity import parity

        return parity(study)

    return {
        "warm": warm,
        "cold": cold,
        "servers": servers,
        "deezer": deezer,
        "feedback": feedback,
        "latency": latency,
        "spark": spark,
    }


def _answers(study: Study) -> dict[str, Answer]:
    """What the bot does after a reaction, for a list and for a reason, each for other people."""
    split = study.warm(SEEDS[0])
    ours = study.fitted(SEEDS[0])
    if not isinstance(ours, Served):
        raise TypeError("only what the bot serves can be timed")
    rows = [split.train[at] for at in range(min(_REQUESTS, split.train.shape[0]))]
    people = [ours.person(csr_matrix(row)) for row in rows if row.nnz]
    none = np.zeros(0, np.float32)
    closed = Closed((), none.reshape(0, 0), none)

    def scene(number: int) -> Scene:
        person = people[number % len(people)]
        fields = (ours.field,)
        return Scene((person,), fields, closed, "personal", 5, "least_misery", number, _NOW)

    def fold_in(number: int) -> object:
        row = scoring.taste_row(people[number % len(people)], ours.main)
        return ours.main.serving.fold_in(row)

    def explain(number: int) -> object:
        row = scoring.taste_row(people[number % len(people)], ours.main)
        return ours.main.serving.explain(row, number)

    return {
        "fold-in after a reaction": fold_in,
        "a list of five with its reasons": lambda number: listing.make(scene(number)),
        "explain": explain,
    }
