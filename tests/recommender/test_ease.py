"""Item-to-item weights: the closed form, and a prior that serves alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.recommender import ease

NOBODY = csr_matrix((0, 4), dtype=np.float32)
#: Two families: 0 with 1, 2 with 3.
FAMILIES = csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 1, 1]], np.float32))


def test_it_is_ridge_regression_of_each_item_on_the_others():
    people = csr_matrix((np.random.default_rng(2).random((30, 4)) < 0.5).astype(np.float32))
    weights = ease.fit_ease(people, FAMILIES, 0.0, 3.0)
    dense = people.toarray()
    for item in range(4):
        others = [at for at in range(4) if at != item]
        x, y = dense[:, others], dense[:, item]
        exact = np.linalg.solve(x.T @ x + 3.0 * np.eye(3), x.T @ y)
        assert np.allclose(weights[others, item], exact, atol=1e-5)
        assert weights[item, item] == 0.0


def test_the_prior_serves_before_anybody_is_there():
    weights = ease.fit_ease(NOBODY, FAMILIES, 2.0, 1.0)
    found = ease.scores(weights, np.array([1, 0, 0, 0], np.float32))
    assert found[1] > 0.5
    assert abs(found[2]) < 1e-6


def test_people_outvote_the_prior():
    crossed = csr_matrix(np.tile(np.array([[1, 0, 1, 0]], np.float32), (200, 1)))
    few = ease.scores(ease.fit_ease(crossed[:1], FAMILIES, 5.0, 1.0), np.eye(4)[0])
    many = ease.scores(ease.fit_ease(crossed, FAMILIES, 5.0, 1.0), np.eye(4)[0])
    assert np.argmax(few) == 1
    assert np.argmax(many) == 2


def test_an_unwanted_item_pulls_its_family_down():
    weights = ease.fit_ease(NOBODY, FAMILIES, 2.0, 1.0)
    assert ease.scores(weights, np.array([-1, 0, 0, 0], np.float32))[1] < 0


def test_other_items_than_the_priors_are_an_error():
    with pytest.raises(ValueError, match="items"):
        ease.fit_ease(csr_matrix((1, 3)), FAMILIES, 1.0, 1.0)
