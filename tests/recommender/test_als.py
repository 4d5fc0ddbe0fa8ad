"""Factors from people and tags: implicit against its own equations, and its traps guarded."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from models.recommender import als
from models.recommender.choose import choose
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


def contributions(factors, row, item):
    """Item -> its part of a score, by folding in one liked item at a time in the same weights."""
    y = factors.item_factors.astype(np.float64)
    confidence = np.ones(len(y))
    confidence[row.indices] = np.abs(row.data)
    system = y.T @ (confidence[:, None] * y) + factors.settings.regularization * np.eye(y.shape[1])
    return {
        factors.items[at]: float(y[item] @ np.linalg.solve(system, value * y[at]))
        for at, value in zip(row.indices, row.data, strict=True)
        if value > 0
    }


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


def test_a_fold_in_is_the_one_of_implicit(planted, fitted):
    """Ours against `recalculate_user`, dislikes and all."""
    model = AlternatingLeastSquares(
        factors=SMALL.factors, regularization=SMALL.regularization, alpha=1.0, num_threads=1
    )
    model.item_factors = fitted.item_factors
    model.user_factors = np.zeros((1, SMALL.factors), np.float32)
    for user in range(0, 60, 7):
        row = planted.train[user].copy()
        row.data[::3] *= -1.5
        theirs = np.asarray(model.recalculate_user(0, row)).ravel()
        ours = als.Serving(fitted).fold_in(row)
        assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_a_stored_zero_is_no_entry(planted, fitted):
    serving = als.Serving(fitted)
    row = planted.train[0].copy()
    row.data[0] = 0.0
    without = row.copy()
    without.eliminate_zeros()
    assert np.allclose(serving.fold_in(row), serving.fold_in(without))


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
    """implicit fills up with item 0 and with filtered items at -3.4e38."""
    allowed = np.zeros(len(fitted.items), bool)
    allowed[[3, 8]] = True
    picks = choose(-fitted.popularity, fitted.item_factors, allowed, 10, np.random.default_rng(0))
    assert sorted(pick.index for pick in picks) == [3, 8]


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


def test_nobody_has_a_number(planted, fitted):
    """implicit: an unknown number is an IndexError, and partial_fit_users grows its arrays with
    empty rows. Here people have no number: whoever comes is folded in, and nothing is kept."""
    before = fitted.item_factors.copy()
    serving = als.Serving(fitted)
    first = serving.fold_in(planted.train[3])
    serving.fold_in(planted.train[4])
    assert np.array_equal(serving.fold_in(planted.train[3]), first)
    assert np.array_equal(fitted.item_factors, before)
    held = [value for value in vars(fitted).values() if hasattr(value, "shape")]
    assert {len(value) for value in held} == {len(planted.items), len(planted.tag_names)}


def test_a_disliked_item_keeps_its_score(planted, fitted):
    """implicit's filter takes negative entries off the list; who may be shown is not decided here,
    so that a replay can rank what was disliked."""
    row = planted.train[0].copy()
    row.data[0] = -30.0
    serving = als.Serving(fitted)
    assert np.isfinite(serving.scores(serving.fold_in(row))).all()


def test_the_model_can_fold_in():
    """implicit's BPR and LMF cannot recalculate a user; only ALS is fitted."""
    assert hasattr(als._model(SMALL, 0), "recalculate_user")


def test_serving_does_not_wait_for_a_second_thread(planted, fitted):
    """implicit on two threads waits 16 ms for the scheduler at times."""
    assert als._model(SMALL, 0).num_threads == 1
    serving = als.Serving(fitted)
    serving.fold_in(planted.train[0])
    times = []
    for user in range(60):
        started = time.perf_counter()
        vector = serving.fold_in(planted.train[user])
        serving.scores(vector)
        serving.explain(planted.train[user], 0)
        times.append(time.perf_counter() - started)
    assert np.median(times) < 5e-3


@pytest.mark.parametrize("dislikes", [0, 4])
def test_an_explanation_adds_up_to_the_score(planted, fitted, dislikes):
    """implicit's `explain` skips dislikes, also where they weigh against the others."""
    serving = als.Serving(fitted)
    row = planted.train[5].copy()
    row.data[:dislikes] *= -1
    score = serving.scores(serving.fold_in(row))
    item = int(next(at for at in np.argsort(-score) if at not in row.indices))
    exact = contributions(fitted, row, item)
    assert sum(exact.values()) == pytest.approx(score[item], abs=1e-4)
    speak_for = {name: part for name, part in exact.items() if part > 0}
    found = serving.explain(row, item, count=10_000)
    assert dict(found) == pytest.approx(speak_for, abs=1e-4)
    assert found == sorted(found, key=lambda part: -part[1])
    assert serving.explain(row, item, count=2) == found[:2]


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
    assert als.settings_for(299, 400).tag_weight == 15
    assert als.settings_for(300, 400) == als.Settings()
    assert als.settings_for(300) == als.Settings()
