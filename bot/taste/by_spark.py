"""Fitting everybody's factors on Spark, for when a machine is too small (extra `spark`).

In: this machine's database. Out: a table that names nobody, and from it the same npz and the same
row of `taste_models` as a fit of our own leaves; what serves does not notice. On a cluster, give
`models.recommender.spark.fit_spark` its session and the folder of the table.
"""

from __future__ import annotations

import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.settings import Settings
from bot.taste import fitting, refit
from bot.taste.refit import Design, Fitted, Gathered
from models.errors import Refusal
from models.recommender import spark
from storage.db import open_database

#: The scope that outgrows a machine: everybody's.
EVERYWHERE = 0
NO_SPARK = (
    "Spark is not installed here. Install it with “pip install 'segno[spark]'”; it needs Java 17 "
    "or newer."
)


def export(settings: Settings, folder: Path) -> int:
    """Write the table that `fit_spark` reads into `folder`; returns how many people it holds."""
    return _table(folder, _design(settings)[1])


def fit(settings: Settings) -> Fitted:
    """Fit on a Spark of this machine, and have the bot serve the result from its next list on.

    Raises
    ------
    Refusal
        Without pyspark.
    """
    if find_spec("pyspark") is None:
        raise Refusal(NO_SPARK)
    started = time.perf_counter()
    found, plan = _design(settings)
    with TemporaryDirectory() as table, spark.local_session() as session:
        _table(Path(table), plan)
        path = spark.fit_spark(session, Path(table), settings.taste_dir, f"taste-{EVERYWHERE}")
    fitted = refit.outcome(found, plan, path, time.perf_counter() - started)
    with closing(open_database(settings.database)) as db:
        for gone in fitting.take(db, [fitted], time.time()):
            (settings.taste_dir / gone).unlink(missing_ok=True)
    return fitted


def _design(settings: Settings) -> tuple[Gathered, Design]:
    with closing(open_database(settings.database)) as db:
        found = refit.gather(db, EVERYWHERE)
    return found, refit.design(found, time.time())


def _table(folder: Path, plan: Design) -> int:
    return spark.export_table(
        folder, plan.rows, plan.tags, plan.items, plan.names, plan.settings, plan.extra
    )
