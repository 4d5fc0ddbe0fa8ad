"""The recommender's bench: parts by name, what is missing is said, and figures on the real data."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bot.bench import recommender, taste_served
from bot.bench.options import Options
from bot.bench.registry import run_bench
from models.composer.evaluation.study import Figure
from models.errors import Refusal
from models.recommender.evaluation import feedback, latency
from models.recommender.evaluation.feedback import Policy, Taste
from models.recommender.evaluation.lastfm import Newcomer
from models.recommender.evaluation.study import Study
from tests.recommender.planted import plant, recall


def test_only_the_parts_named_run(tmp_path, monkeypatch):
    rows = {"cold": lambda: [Figure("1 artist", 0.25123, "", ">= .2", "x")], "spark": None}
    monkeypatch.setattr(recommender, "_parts", lambda _: dict(rows))
    study = Study(tmp_path, taste_served.fit, quick=True)
    table = recommender.run(study, Options(only=("cold",)))
    assert list(table.rows) == ["cold: 1 artist"]
    assert (table.rows["cold: 1 artist"].value, table.seed) == (0.2512, 42)
    assert any("seeds 42" in note for note in table.notes)


def test_without_spark_its_row_is_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr(recommender, "_parts", lambda _: {"spark": None})
    monkeypatch.setattr(recommender, "find_spec", lambda _: None)
    table = recommender.run(Study(tmp_path, taste_served.fit), Options())
    assert not table.rows
    assert any("pyspark is not installed" in note for note in table.notes)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(Refusal, match="choose among warm, cold, servers, deezer"):
        recommender.run(Study(tmp_path, taste_served.fit), Options(only=("nothing",)))
    with pytest.raises(Refusal, match="--data DIR"):
        run_bench("recommender", options=Options())


@pytest.fixture(scope="module")
def planted():
    return plant()


def test_what_is_served_finds_planted_groups(planted):
    plays = planted.train.copy()
    plays.data[:] = 3.0
    ours = taste_served.fit(plays, planted.tags, planted.tag_names)
    popularity = np.asarray((plays > 0).sum(axis=0)).ravel()
    found = recall(planted, lambda person: ours.scores(csr_matrix(plays[person])))
    assert found > 1.3 * recall(planted, lambda _: popularity)
    declared = ours.scores(csr_matrix((1, len(planted.items))), (2,))
    best = np.argsort(-declared)[:10]
    assert np.mean([planted.group_of[at] == 2 for at in best]) >= 0.6


def test_reactions_are_counted_and_change_the_lists(planted):
    plays = planted.train.copy()
    plays.data[:] = 3.0
    ours = taste_served.fit(plays, planted.tags, planted.tag_names)
    groups = np.array(planted.group_of)
    known = np.array([1, 2, 3])  # one each of three groups; only the first is liked from now on
    likes = groups == 1
    likes[known] = False
    taste = Taste(likes, groups == 3)
    person = Newcomer(known, np.full(3, 3.0, np.float32), ())

    def run(policy):
        rng = np.random.default_rng(0)
        return feedback.simulate(person, taste, ours, lambda _: np.zeros((1, 160)), policy, rng)

    deaf, hears = run(Policy("no")), run(Policy("yes", likes=True, dislikes=True))
    assert deaf.shape == hears.shape == (12, 2)
    assert (deaf.sum(axis=1) <= 5).all()
    assert hears[:, 0].sum() > deaf[:, 0].sum()
    assert hears[:, 1].sum() < deaf[:, 1].sum()


def test_a_blocked_loop_shows():
    free = asyncio.run(latency.lag({"free": lambda _: time.sleep(0.03)}, 5))
    assert free < 30

    async def blocking():
        watched = asyncio.create_task(latency.lag({"free": lambda _: time.sleep(0.03)}, 5))
        await asyncio.sleep(0.05)
        time.sleep(0.12)  # noqa: ASYNC251 - this is what has to show
        return await watched

    assert asyncio.run(blocking()) > 60


def test_answers_are_timed_in_milliseconds():
    rows = latency.latency({"nap": lambda _: time.sleep(0.004)}, 5)
    assert [row.name for row in rows] == ["nap, p95", "event loop late at most"]
    assert rows[0].value >= 4
    assert rows[0].unit == "ms"


def test_the_real_data_gives_the_figures_of_the_notes(data_dir):
    """The control shows that the split is the notes'; the rest are its thresholds for one split."""
    from models.recommender.evaluation import rivals
    from models.recommender.evaluation.measures import evaluate
    from models.recommender.evaluation.study import each

    study = Study(data_dir, taste_served.fit, quick=True)
    split = study.warm(42)
    control = evaluate(rivals.popularity(split.train), split.train, split.test)
    assert control.recall == pytest.approx(0.1016, abs=0.0005)
    ours = study.fitted(42)
    found = evaluate(lambda rows: each(ours, rows), split.train[:600], split.test[:600])
    assert found.people > 550
    assert found.recall >= 0.28
