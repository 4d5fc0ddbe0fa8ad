"""Reactions to lists, simulated: whether answering changes what is shown for the better.

In: a `Study`. Out: likes and dislikes per person under each policy. Newcomers tell three artists
and see twelve lists of five. They like what is in their own held-out list, and dislike what
somebody who knew all their artists would put below nine tenths of everything; anything else they
pass over. The simulation cannot reward finding something new, so it speaks against exploring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.composer.evaluation.study import Figure
from models.recommender import confidence
from models.recommender.choose import choose
from models.recommender.evaluation import lastfm, rivals
from models.recommender.evaluation.cold import first
from models.recommender.evaluation.lastfm import Newcomer
from models.recommender.evaluation.measures import Scorer
from models.recommender.evaluation.study import SEEDS, Recommender, Study

_PEOPLE, _KNOWN, _ROUNDS, _PLACES = 250, 3, 12, 5
#: What is disliked: below this share of all artists, as somebody who knew everything ranks them.
_PERCENTILE = 90.0
_MMR = 0.3


@dataclass(frozen=True, slots=True)
class Policy:
    """What a list learns from, and how it is chosen."""

    name: str
    likes: bool = False
    dislikes: bool = False
    mmr: float = 0.0
    wildcard: bool = False
    popular: bool = False


POLICIES = (
    Policy("popularity", popular=True),
    Policy("no feedback"),
    Policy("likes", likes=True),
    Policy("likes and dislikes", likes=True, dislikes=True),
    Policy("the same, varied", likes=True, dislikes=True, mmr=_MMR),
    Policy("the same, with a wildcard", likes=True, dislikes=True, mmr=_MMR, wildcard=True),
)
_AIMED_AT = "the same, varied"


@dataclass(frozen=True)
class Taste:
    """What a simulated person likes and what they dislike, both (N,) bool."""

    likes: NDArray[np.bool_]
    dislikes: NDArray[np.bool_]


def feedback(study: Study) -> list[Figure]:
    """Likes and dislikes by policy."""
    split = study.cold(SEEDS[0])
    ours = study.fit(split.train, split.tags, split.tag_names)
    people = split.newcomers[: 40 if study.quick else _PEOPLE]
    tastes = _tastes(study, people)
    popular = rivals.popularity(split.train)
    found = {}
    for policy in POLICIES:
        rng = np.random.default_rng(SEEDS[0])
        found[policy.name] = np.mean(
            [
                simulate(person, taste, ours, popular, policy, rng).sum(axis=0)
                for person, taste in zip(people, tastes, strict=True)
            ],
            axis=0,
        )
        study.say(f"feedback: {policy.name} {found[policy.name]}")
    return [figure for policy in POLICIES for figure in _figures(policy, found, len(people))]


def simulate(
    person: Newcomer,
    taste: Taste,
    ours: Recommender,
    popular: Scorer,
    policy: Policy,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """(rounds, 2): likes and dislikes of each list."""
    net = np.zeros(len(taste.likes), np.float32)
    net[person.artists[:_KNOWN]] = person.plays[:_KNOWN]
    free = net == 0
    worth = confidence.weights()
    counts = np.zeros((_ROUNDS, 2), np.int64)
    for round_ in range(_ROUNDS):
        row = csr_matrix(net[None, :])
        scores = popular(row)[0] if policy.popular else ours.scores(row)
        picks = choose(
            scores, ours.vectors, free, _PLACES, rng, mmr=policy.mmr, wildcard=policy.wildcard
        )
        for at in (pick.index for pick in picks):
            free[at] = False
            counts[round_] += (taste.likes[at], taste.dislikes[at])
            if policy.likes and taste.likes[at]:
                net[at] = worth.plays["like"]
            if policy.dislikes and taste.dislikes[at]:
                net[at] = worth.against["dislike"]
    return counts


def _tastes(study: Study, people: Sequence[Newcomer]) -> list[Taste]:
    """What each likes and dislikes; the all-knowing model is fitted to everybody."""
    everything = study.listeners
    plays = everything.plays
    if study.split == "validation":
        plays = lastfm.warm(everything, SEEDS[0]).train
    tags, names, _ = lastfm.tag_counts(everything, everything.taggings)
    knowing = study.fit(plays, tags, names)
    found = []
    for person in people:
        likes = np.zeros(plays.shape[1], dtype=bool)
        likes[person.artists[_KNOWN:]] = True
        scores = knowing.scores(first(person, len(person.artists), plays.shape[1]))
        dislikes = (scores < np.percentile(scores, _PERCENTILE)) & ~likes
        found.append(Taste(likes, dislikes))
    return found


def _figures(policy: Policy, found: dict[str, NDArray[np.float64]], people: int) -> list[Figure]:
    likes, dislikes = found[policy.name]
    aimed = policy.name == _AIMED_AT
    beside = f"{people} people, {_ROUNDS} lists of {_PLACES}" if aimed else ""
    return [
        Figure(f"likes, {policy.name}", float(likes), "", ">= 16.0" if aimed else "", beside),
        Figure(f"dislikes, {policy.name}", float(dislikes), "", "<= 1.6" if aimed else ""),
    ]
