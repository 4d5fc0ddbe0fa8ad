"""Blends, short lists, wildcards and groups."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommender.blend import blend, zscore
from models.recommender.choose import WILD_TO, choose
from models.recommender.groups import together

RNG = np.random.default_rng
ALL = np.ones(100, bool)
SCORES = np.linspace(1, 0, 100)
APART = np.eye(100)


def test_the_best_come_first_and_the_last_is_a_labelled_wildcard():
    picks = choose(SCORES, APART, ALL, 5, RNG(1), mmr=0.0)
    assert [p.index for p in picks[:4]] == [0, 1, 2, 3]
    assert [p.wildcard for p in picks] == [False] * 4 + [True]
    assert 5 <= picks[4].index < WILD_TO
    assert picks[4].propensity == pytest.approx(1 / 60)


def test_a_wildcards_propensity_is_its_frequency():
    drawn = Counter(choose(SCORES, APART, ALL, 5, RNG(n), mmr=0.0)[4].index for n in range(6000))
    assert len(drawn) == 60
    assert max(abs(count / 6000 - 1 / 60) for count in drawn.values()) < 0.01


def test_variety_takes_the_second_best_of_another_kind():
    twins = np.repeat(np.eye(50), 2, axis=0)  # items 0 and 1 alike, 2 and 3 alike, ...
    plain = choose(SCORES, twins, ALL, 4, RNG(0), mmr=0.0, wildcard=False)
    varied = choose(SCORES, twins, ALL, 4, RNG(0), mmr=0.5, wildcard=False)
    assert [p.index for p in plain] == [0, 1, 2, 3]
    assert len({p.index // 2 for p in varied}) == 4
    assert varied[0].index == 0


def test_too_few_candidates_give_a_shorter_list_without_wildcard():
    allowed = np.zeros(100, bool)
    allowed[[7, 3]] = True
    picks = choose(SCORES, APART, allowed, 5, RNG(0))
    assert sorted(p.index for p in picks) == [3, 7]
    assert not any(p.wildcard for p in picks)
    assert choose(SCORES, APART, np.zeros(100, bool), 5, RNG(0)) == []


@given(
    st.integers(0, 40), st.integers(1, 8), st.floats(0, 1), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_lists_hold_what_is_allowed_once(able, count, mmr, wild, seed):
    rng = RNG(seed)
    allowed = np.zeros(40, bool)
    allowed[rng.permutation(40)[:able]] = True
    picks = choose(rng.random(40), rng.random((40, 3)), allowed, count, rng, mmr=mmr, wildcard=wild)
    chosen = [p.index for p in picks]
    assert len(chosen) == len(set(chosen)) == min(count, able)
    assert all(allowed[at] and 0 < p.propensity <= 1 for at, p in zip(chosen, picks, strict=True))


def test_a_standard_score_of_equals_is_zero():
    assert zscore(np.full(4, 3.0)).tolist() == [0.0] * 4
    assert zscore(np.array([])).size == 0
    assert zscore(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]


def test_popularity_counts_for_newcomers_only():
    parts = {"cf": np.array([1.0, 0.9, 0.0]), "popularity": np.array([0.0, 5.0, 0.0])}
    assert np.argmax(blend(parts, 1)) == 1
    assert np.argmax(blend({**parts, "cf": np.array([1.0, 0.5, 0.0])}, 100)) == 0
    with pytest.raises(ValueError, match="nothing"):
        blend({}, 0)


def test_least_misery_spares_whom_the_average_forgets():
    scores = np.array([[9.0, 5.0, 0.0], [8.0, 5.0, 0.0], [0.0, 5.0, 1.0]])
    assert np.argmax(together(scores, "least_misery")) == 1
    assert np.argmax(together(scores[:2], "average")) == 0
    assert together(scores, "average").shape == (3,)
