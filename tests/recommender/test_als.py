"""Factors from people and tags: implicit against its own equations, and its traps guarded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from models.recommender import als
from tests.recommender.planted import plant, recall

SMALL = als.Settings(factors=16, regularization=10.0)


@pytest.fixture(scope="module")
def planted():
    return plant()


@pytest.fixture(scope="module")
def fitted(planted):
    return als.fit(planted.train, planted.tags, planted.items, planted.tag_names, SMALL)


def normal_equations(factors, row):
    """Hu, Koren & Volinsky (2008), equation 4, written out; v < 0 is preference 0."""
    y = factors.item_factors.astype(np.float64)
    confidence = np.ones(len(y))
    confidence[row.indices] = np.abs(row.data)
    preference = np.zeros(len(y))
    preference[row.indices] = row.data > 0
    ridge = factors.settings.regularization * np.eye(y.shape[1])
    system = y.T @ (confidence[:, None] * y) + ridge
    return np.linalg.solve(system, y.T @ (confidence * preference))


def test_a_fold_in_solves_the_normal_equations(planted, fitted):
    serving = als.Serving(fitted)
    for user in range(0, 60, 7):
        row = planted.train[user]
        exact = normal_equations(fitted, row)
        found = serving.fold_in(row)
        assert np.abs(found - exact).max() <= 1e-4 * np.abs(exact).max()


def test_a_dislike_folds_in_as_preference_zero(planted, fitted):
    row = planted.train[0].copy()
    row.data[: len(row.data) // 2] *= -1
    exact = normal_equations(fitted, row)
    found = als.Serving(fitted).fold_in(row)
    assert np.abs(found - exact).max() <= 1e-4 * np.abs(exact).max()


def test_a_dislike_lowers_the_item(planted, fitted):
    serving = als.Serving(fitted)
    row = planted.train[0]
    liked = int(row.indices[0])
    against = row.copy()
    against.data[0] = -30.0
    before, after = (serving.scores(serving.fold_in(r))[liked] for r in (row, against))
    assert after < before


def test_the_same_fit_twice_is_the_same(planted, fitted):
    again = als.fit(planted.train, planted.tags, planted.items, planted.tag_names, SMALL)
    assert np.array_equal(again.item_factors, fitted.item_factors)
    assert np.array_equal(again.tag_factors, fitted.tag_factors)


def test_people_with_tags_beat_popularity_and_tags_alone(planted, fitted):
    serving = als.Serving(fitted)
    hybrid = recall(planted, lambda u: serving.scores(serving.fold_in(planted.train[u])))
    popular = recall(planted, lambda _: fitted.popularity)
    liked = (planted.train > 0).astype(np.float32)
    content = recall(
        planted, lambda u: np.asarray(((liked[u] @ planted.tags) @ planted.tags.T).todense())[0]
    )
    assert hybrid > 1.3 * popular
    assert hybrid > content


def test_a_declared_tag_finds_its_items(planted, fitted):
    serving = als.Serving(fitted)
    for group, tag in enumerate(planted.tag_names):
        vector = serving.declared({tag: 1.0})
        best = np.argsort(-serving.scores(vector))[:10]
        assert np.mean([planted.group_of[at] == group for at in best]) >= 0.8
    assert serving.declared({"unheard of": 1.0}) is None
    assert serving.declared({}) is None


# --- the traps of implicit, one by one (notes/recommendation.md, section 1) ----------------------


def test_nothing_is_padded_when_more_is_wanted_than_there_is(fitted):
    assert len(als.Serving(fitted).similar(0, 10_000)) == len(fitted.items) - 1


def test_somebody_without_events_gets_a_zero_vector(planted, fitted):
    serving = als.Serving(fitted)
    vector = serving.fold_in(csr_matrix((1, len(planted.items)), dtype=np.float32))
    assert vector.shape == (SMALL.factors,)
    assert not vector.any()
    assert not serving.scores(vector).any()


@pytest.mark.parametrize("wrong", [-1, 1])
def test_a_row_of_another_width_is_an_error(planted, fitted, wrong):
    row = csr_matrix((1, len(planted.items) + wrong), dtype=np.float32)
    serving = als.Serving(fitted)
    for use in (serving.fold_in, lambda r: serving.explain(r, 0)):
        with pytest.raises(ValueError, match="row of shape"):
            use(row)


def test_folding_in_somebody_unknown_changes_nothing(planted, fitted):
    """implicit's partial_fit_users would grow its arrays; recalculate_user does not."""
    before = fitted.item_factors.copy()
    serving = als.Serving(fitted)
    first = serving.fold_in(planted.train[3])
    serving.fold_in(planted.train[4])
    assert np.array_equal(serving.fold_in(planted.train[3]), first)
    assert np.array_equal(fitted.item_factors, before)


def test_an_explanation_adds_up_to_the_score(planted, fitted):
    serving = als.Serving(fitted)
    row = planted.train[5]
    score = serving.scores(serving.fold_in(row))
    item = int(next(at for at in np.argsort(-score) if at not in row.indices))
    parts = serving.explain(row, item, count=10_000)
    positive = sum(part for _, part in parts)
    assert parts == sorted(parts, key=lambda part: -part[1])
    assert positive >= score[item] - 1e-5  # entries that speak against it are left out
    assert {name for name, _ in parts} <= {planted.items[at] for at in row.indices}


def test_what_one_dislikes_explains_nothing(planted, fitted):
    row = planted.train[5].copy()
    row.data[:] = -np.abs(row.data)
    assert als.Serving(fitted).explain(row, 0) == []


@pytest.mark.parametrize(("people", "tagged"), [(0, True), (1, False), (0, False), (2, True)])
def test_small_worlds_fit(people, tagged):
    matrix = csr_matrix(np.full((people, 3), 10.0, np.float32))
    tags = csr_matrix(np.eye(3, 2, dtype=np.float32) if tagged else np.zeros((3, 2), np.float32))
    found = als.fit(matrix, tags, ("a", "b", "c"), ("x", "y"), SMALL)
    assert found.item_factors.shape == (3, 16)
    assert found.tag_factors.shape == (2, 16)
    assert np.isfinite(found.item_factors).all()
    assert found.popularity.tolist() == [float(people > 0)] * 3
    assert als.Serving(found).scores(np.zeros(16, np.float32)).shape == (3,)


def test_no_items_at_all_fit():
    found = als.fit(csr_matrix((0, 0)), csr_matrix((0, 0)), (), (), SMALL)
    assert als.Serving(found).fold_in(csr_matrix((1, 0), dtype=np.float32)).shape == (16,)


def test_shapes_that_do_not_match_are_an_error(planted):
    with pytest.raises(ValueError, match="items"):
        als.fit(planted.train, planted.tags[:-1], planted.items, planted.tag_names, SMALL)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=6))
def test_tfidf_rows_are_unit_or_empty(counts):
    found = als.tfidf(csr_matrix(np.array(counts, np.float64)))
    sizes = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    assert np.all(np.isclose(sizes, 1.0, atol=1e-5) | (sizes == 0))


def test_the_settings_follow_the_number_of_people():
    assert als.settings_for(299).factors == 64
    assert als.settings_for(300) == als.Settings()
