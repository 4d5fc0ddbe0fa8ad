"""Opinions on candidates made one: scales, fading weights, and evenness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommender import als, blend
from tests.recommender.planted import plant

numbers = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=80)


@given(numbers, st.floats(0.01, 100), st.floats(-50, 50))
def test_a_part_counts_the_same_whatever_its_scale(raw, scale, shift):
    values = np.array(raw)
    one, other = blend.unit(values), blend.unit(scale * values + shift)
    if np.ptp(values) > 1e-3:
        assert np.allclose(one, other, atol=1e-5)


def test_the_best_have_one_on_average_in_large_and_small_catalogues():
    rng = np.random.default_rng(0)
    for count, best in ((17000, 20), (60, 3), (1, 1)):
        found = blend.unit(rng.exponential(size=count))
        assert found.mean() == pytest.approx(0, abs=1e-9)
        if count > 1:
            assert np.sort(found)[-best:].mean() == pytest.approx(1)
    assert not blend.unit(np.full(5, 3.0)).any()
    assert blend.unit(np.zeros(0)).size == 0


def test_what_many_like_and_what_was_declared_fade_with_evidence():
    for name in ("popularity", "declared"):
        weights = [blend.WEIGHTS[name].at(evidence) for evidence in (0, 1, 3, 10, 20, 500)]
        assert weights == sorted(weights, reverse=True)
        assert weights[0] > weights[-1]
    assert blend.WEIGHTS["popularity"].at(20) == 0
    assert blend.EVENNESS.at(0) == 0 < blend.EVENNESS.at(10) == blend.EVENNESS.at(99)


def test_evenness_lowers_what_everybody_has():
    planted = plant()
    settings = als.Settings(factors=16, regularization=10.0)
    fitted = als.fit(planted.train, planted.tags, planted.items, planted.tag_names, settings)
    serving = als.Serving(fitted)
    vector = serving.fold_in(planted.train[0])
    plain, even = serving.scores(vector), serving.scores(vector, 0.5)
    assert np.array_equal(plain, serving.scores(vector, 0.0))
    famous = np.argsort(-fitted.popularity)[:4]

    def rank(scores):
        return np.argsort(np.argsort(-scores))[famous].mean()

    assert rank(even) > rank(plain)


def test_nothing_known_of_an_item_scores_nothing():
    zero = np.zeros((2, 4), np.float32)
    factors = als.Factors(("a", "b"), zero, (), zero[:0], zero[:, 0], als.Settings(factors=4))
    assert not als.Serving(factors).scores(np.ones(4, np.float32), 0.2).any()
