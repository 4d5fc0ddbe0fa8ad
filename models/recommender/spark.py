"""The same fit on a Spark cluster, for when a machine is too small; serving does not notice.

In: a folder that `export_table` wrote, or a cluster's own parquet of the same columns. Out: the npz
that `artifact` reads. Spark MLlib's ALS is Hu, Koren & Volinsky (ICDM 2008) too, with the ridge of
each person and item scaled by how many entries it has (Zhou et al., "Large-scale parallel
collaborative filtering for the Netflix Prize", AAIM 2008), so its strength is another number.
Needs pyspark and Java 17, which are no part of the bot.

The table names nobody: people are numbers in the order they were given.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from models.recommender import artifact
from models.recommender.als import Array, Factors, Settings

COLUMNS = ("user", "item", "confidence")
#: The least a confidence may exceed what is missing by: Spark takes 0 for "not liked".
_LEAST = 1e-3


def export_table(
    folder: Path,
    rows: Iterable[csr_matrix],
    tags: csr_matrix,
    items: Sequence[str],
    tag_names: Sequence[str],
    settings: Settings,
    extra: Mapping[str, Any] | None = None,
) -> int:
    """Write what a fit needs into `folder`; returns how many people there are.

    Parameters
    ----------
    folder : Path
        Gets `confidences.csv` (user, item, confidence), `names.json` and `extra.npz`.
    rows : csr matrices (1, N)
        One person's confidences each (see `confidence.row`), read once and one at a time.
    tags : csr matrix (N, T)
        Unit rows (see `als.tfidf`); they follow as users of their own.
    items, tag_names : sequences of str
        Names of the columns, N and T of them.
    settings : Settings
        What to fit with.
    extra : mapping of arrays
        Goes into the artifact untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = 0
    with (folder / "confidences.csv").open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for people, row in enumerate(rows, 1):
            table.writerows(_entries(people - 1, row))
        by_tag = csr_matrix(settings.tag_weight * tags.T)
        for at in range(len(tag_names)):
            table.writerows(_entries(people + at, by_tag[at]))
    names = {
        "people": people, "items": list(items), "tags": list(tag_names),
        "settings": asdict(settings),
    }  # fmt: skip
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    np.savez_compressed(folder / "extra.npz", **dict(extra or {}))
    return people


def _entries(user: int, row: csr_matrix) -> Iterator[tuple[int, int, float]]:
    for item, value in zip(row.indices, row.data, strict=True):
        yield user, int(item), round(float(value), 6)


def fit_spark(session: Any, table: Path, folder: Path, name: str, seed: int = 0) -> Path:
    """Fit the table in `table` and save it as the next number of `name` in `folder`.

    `session` is a `SparkSession` of any cluster that reads `table`. A parquet there
    (`confidences.parquet`) is preferred to the csv.

    Raises
    ------
    OSError, ValueError, KeyError
        When the table is not one of `export_table`.
    """
    names = json.loads((table / "names.json").read_text(encoding="utf-8"))
    settings = Settings(**names["settings"])
    people, items, tags = names["people"], names["items"], names["tags"]
    ratings = _read(session, table).cache()
    liked = ratings.where((ratings.user < people) & (ratings.rating > 0)).groupBy("item").count()
    popularity = np.zeros(len(items), np.float32)
    for row in liked.toLocalIterator():
        popularity[row["item"]] = row["count"] / people
    item_factors = np.zeros((len(items), settings.factors), np.float32)
    tag_factors = np.zeros((len(tags), settings.factors), np.float32)
    fitted = _with_likes(ratings)
    if not fitted.isEmpty():
        model = _als(session, fitted, settings, seed).fit(fitted)
        _fill(item_factors, model.itemFactors)
        # People's vectors stay on the cluster.
        _fill(tag_factors, model.userFactors.where(f"id >= {int(people)}"), people)
    ratings.unpersist()
    factors = Factors(tuple(items), item_factors, tuple(tags), tag_factors, popularity, settings)
    with np.load(table / "extra.npz", allow_pickle=False) as extra:
        return artifact.save(folder, name, factors, dict(extra))


@contextmanager
def local_session(cores: int = 2, memory: str = "4g") -> Iterator[Any]:
    """A Spark of one's own on this machine, not reachable from outside; ends with the block.

    Raises
    ------
    ImportError
        Without pyspark.
    """
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(f"local[{cores}]")
        .appName("segno-taste")
        .config("spark.driver.memory", memory)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", str(cores))
        .getOrCreate()
    )
    try:
        yield session
    finally:
        session.stop()


def _read(session: Any, table: Path) -> Any:
    """user, item, rating: Spark adds the 1 that everything has, and takes the sign for the like."""
    parquet = table / "confidences.parquet"
    if parquet.exists():
        raw = session.read.parquet(str(parquet)).select(*COLUMNS)
    else:
        schema = "user INT, item INT, confidence FLOAT"
        raw = session.read.csv(str(table / "confidences.csv"), header=True, schema=schema)
    rating = f"signum(confidence) * greatest(abs(confidence) - 1, {_LEAST})"
    return raw.where("confidence != 0").selectExpr("user", "item", f"float({rating}) AS rating")


def _with_likes(ratings: Any) -> Any:
    """Without the people and items that have dislikes only.

    Their vectors are zero and change nobody's, but Spark gives them no ridge, and so may fail.
    """
    likes = ratings.where("rating > 0")
    for side in ("user", "item"):
        ratings = ratings.join(likes.select(side).distinct(), side, "left_semi")
    return ratings


def _als(session: Any, ratings: Any, settings: Settings, seed: int) -> Any:
    from pyspark.ml.recommendation import ALS

    users = ratings.where("rating > 0").groupBy("user").count()
    entries = users.agg({"count": "avg"}).first()[0]
    blocks = session.sparkContext.defaultParallelism
    return ALS(
        rank=settings.factors,
        maxIter=settings.iterations,
        # Spark multiplies by the number of entries: the average row gets what it has here.
        regParam=settings.regularization / entries,
        implicitPrefs=True,
        alpha=1.0,  # confidences come weighted
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
        userCol="user",
        itemCol="item",
        ratingCol="rating",
    )


def _fill(rows: Array, factors: Any, first: int = 0) -> None:
    """Spark's (id, features) into the rows of an array; what was in no entry stays zero."""
    for row in factors.toLocalIterator():
        rows[row["id"] - first] = row["features"]
