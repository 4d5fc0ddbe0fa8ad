"""The CRF against all taggings written out."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from models.listener.crf import Crf

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


@pytest.fixture
def crf():
    torch.manual_seed(3)
    crf = Crf(TAGS)
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.normal_()
    return crf


def weight(crf, scores, path):
    steps, first = crf.steps + crf.never, crf.first + crf.never_first
    total = first[path[0]] + scores[0, path[0]] + crf.last[path[-1]]
    for at in range(1, len(path)):
        total = total + steps[path[at - 1], path[at]] + scores[at, path[at]]
    return float(total.detach())


def every(size):
    return itertools.product(range(len(TAGS)), repeat=size)


def log_sum(values):
    return math.log(sum(math.exp(value) for value in values))


def test_loss_is_that_of_the_whole_sum(crf):
    scores = torch.randn(1, 4, len(TAGS))
    gold = (1, 2, 0, 3)
    allowed = torch.nn.functional.one_hot(torch.tensor([gold]), len(TAGS)).bool()
    loss = crf.loss(scores, allowed, torch.ones(1, 4, dtype=torch.bool))
    everything = log_sum(weight(crf, scores[0], path) for path in every(4))
    assert float(loss.detach()) * 4 == pytest.approx(
        everything - weight(crf, scores[0], gold), abs=1e-3
    )


def test_an_open_word_sums_over_what_it_may_be(crf):
    scores = torch.randn(1, 3, len(TAGS))
    allowed = torch.zeros(1, 3, len(TAGS), dtype=torch.bool)
    allowed[0, 0, 1] = allowed[0, 2, 0] = True
    allowed[0, 1, [0, 2]] = True
    loss = crf.loss(scores, allowed, torch.ones(1, 3, dtype=torch.bool))
    may = [path for path in every(3) if path[0] == 1 and path[1] in (0, 2) and path[2] == 0]
    everything = log_sum(weight(crf, scores[0], path) for path in every(3))
    fits = log_sum(weight(crf, scores[0], path) for path in may)
    assert float(loss.detach()) * 3 == pytest.approx(everything - fits, abs=1e-3)


def test_padding_costs_nothing(crf):
    scores = torch.randn(1, 5, len(TAGS))
    allowed = torch.ones(1, 5, len(TAGS), dtype=torch.bool)
    allowed[0, :2] = torch.tensor([False, True, False, False, False])
    words = torch.tensor([[True, True, False, False, False]])
    short = crf.loss(scores[:, :2], allowed[:, :2], words[:, :2])
    padded = crf.loss(scores, allowed, words)
    assert float(padded.detach()) == pytest.approx(float(short.detach()))


@pytest.mark.parametrize("seed", range(5))
def test_best_is_the_heaviest_and_allowed(crf, seed):
    scores = torch.randn(4, len(TAGS), generator=torch.Generator().manual_seed(seed)) * 3
    best = tuple(crf.best(scores.numpy()))
    assert best == max(every(4), key=lambda path: weight(crf, scores, path))
    names = [TAGS[tag] for tag in best]
    for before, tag in itertools.pairwise(["O", *names]):
        assert not tag.startswith("I-") or before[2:] == tag[2:]
