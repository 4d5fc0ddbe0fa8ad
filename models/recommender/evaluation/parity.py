"""Whether factors from Spark find what factors from implicit find.

In: a `Study`, pyspark and Java. Out: the difference of Recall@20 on one split; people are folded
into both by the same serving code.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.composer.evaluation.study import Figure
from models.recommender import als, artifact, spark
from models.recommender.evaluation.measures import evaluate
from models.recommender.evaluation.rivals import confidences
from models.recommender.evaluation.study import SEEDS, Study

TARGET = "within 0.01"


def parity(study: Study) -> list[Figure]:
    """Spark's recall less implicit's."""
    split = study.warm(SEEDS[0])
    settings = als.Settings()
    rows = confidences(split.train, settings.alpha)
    tags = als.tfidf(split.tags)
    items = [f"artist:{at}" for at in range(rows.shape[1])]
    here = als.fit(rows, tags, items, split.tag_names, settings)
    with tempfile.TemporaryDirectory() as folder, spark.local_session() as session:
        table = Path(folder) / "table"
        spark.export_table(table, rows, tags, items, split.tag_names, settings)
        there = artifact.load(spark.fit_spark(session, table, Path(folder), "taste-0"))
    found = []
    for factors in (there, here):
        serving = als.Serving(factors)

        def scores(some: csr_matrix, serving: als.Serving = serving) -> NDArray[np.floating]:
            known = confidences(some, settings.alpha)
            return np.stack([serving.scores(serving.fold_in(csr_matrix(row))) for row in known])

        found.append(evaluate(scores, split.train, split.test).recall)
    beside = f"Spark {found[0]:.4f}, implicit {found[1]:.4f}; seed {SEEDS[0]}"
    return [Figure("Recall@20, Spark less implicit", found[0] - found[1], "", TARGET, beside)]
