"""The same fit on Spark; most of it needs pyspark and Java.

Real listeners: `python -m bot bench recommender --data DIR`.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.recommender import als, artifact, spark
from tests.recommender.planted import plant, recall

SETTINGS = als.Settings(factors=16, regularization=10.0)
#: Recall at 20 may differ by so much on 120 made-up people: implicit's own seeds span 0.03.
NEAR = 0.03


@pytest.fixture(scope="module")
def planted():
    return plant()


def export(folder, planted, **more):
    rows = (planted.train[person] for person in range(planted.train.shape[0]))
    return spark.export_table(
        folder, rows, planted.tags, planted.items, planted.tag_names, SETTINGS, **more
    )


def test_a_table_holds_people_then_tags_by_number(tmp_path, planted):
    assert export(tmp_path, planted, extra={"more": np.arange(3)}) == planted.train.shape[0]
    names = json.loads((tmp_path / "names.json").read_text())
    assert als.Settings(**names["settings"]) == SETTINGS
    assert tuple(names["items"]) == planted.items
    with (tmp_path / "confidences.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == spark.COLUMNS
    shape = (names["people"] + len(names["tags"]), len(names["items"]))
    users, items, values = (
        np.array([kind(row[at]) for row in rows]) for at, kind in enumerate((int, int, float))
    )
    table = csr_matrix((values, (users, items)), shape=shape)
    people = names["people"]
    assert np.allclose(table[:people].toarray(), planted.train.toarray())
    expected = SETTINGS.tag_weight * planted.tags.T.toarray()
    assert np.allclose(table[people:].toarray(), expected)


def test_an_empty_table(tmp_path):
    nothing = csr_matrix((2, 1), dtype=np.float32)
    assert spark.export_table(tmp_path, [], nothing, ("a", "b"), ("x",), SETTINGS) == 0
    assert (tmp_path / "confidences.csv").read_text().splitlines() == ["user,item,confidence"]


@pytest.fixture(scope="module")
def session():
    pytest.importorskip("pyspark", reason="needs pyspark: pip install pyspark")
    if shutil.which("java") is None:
        pytest.skip("needs Java 17: apt install openjdk-17-jre-headless")
    with spark.local_session() as session:
        yield session


def test_spark_finds_what_implicit_finds(tmp_path, planted, session):
    export(tmp_path / "table", planted, extra={"more": np.arange(3)})
    path = spark.fit_spark(session, tmp_path / "table", tmp_path / "models", "taste-0", seed=1)
    found, extra = artifact.load_with_extra(path)
    here = als.fit(planted.train, planted.tags, planted.items, planted.tag_names, SETTINGS)
    assert np.allclose(found.popularity, here.popularity)
    assert extra["more"].tolist() == [0, 1, 2]

    def of(factors):
        serving = als.Serving(factors)
        return recall(planted, lambda u: serving.scores(serving.fold_in(planted.train[u])))

    assert of(found) == pytest.approx(of(here), abs=NEAR)
    for group, tag in enumerate(planted.tag_names):
        serving = als.Serving(found)
        best = np.argsort(-serving.scores(serving.declared({tag: 1.0})))[:10]
        assert np.mean([planted.group_of[at] == group for at in best]) >= 0.8


def test_spark_takes_dislikes_and_items_that_nobody_has(tmp_path, planted, session):
    """Item 0 has dislikes only, item 1 nothing, person 0 dislikes all: Spark alone would fail."""
    people = planted.train.toarray()
    people[:, 0], people[:, 1] = -31.0, 0.0
    people[0] *= -np.sign(people[0])
    tags = planted.tags.toarray()
    tags[:2] = 0.0
    changed = replace(planted, train=csr_matrix(people), tags=csr_matrix(tags))
    export(tmp_path / "table", changed)
    found = artifact.load(spark.fit_spark(session, tmp_path / "table", tmp_path, "taste-0"))
    here = als.fit(changed.train, changed.tags, planted.items, planted.tag_names, SETTINGS)
    assert np.allclose(found.popularity, here.popularity)
    assert found.popularity[:2].tolist() == [0.0, 0.0]
    assert not found.item_factors[:2].any()
    assert found.item_factors[2:].any(axis=1).all()


def test_spark_fits_nothing_at_all(tmp_path, session):
    nothing = csr_matrix((2, 1), dtype=np.float32)
    spark.export_table(tmp_path / "table", [], nothing, ("a", "b"), ("x",), SETTINGS)
    found = artifact.load(spark.fit_spark(session, tmp_path / "table", tmp_path, "taste-0"))
    assert found.item_factors.shape == (2, 16)
    assert not found.popularity.any()
