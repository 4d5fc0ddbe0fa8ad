"""People the model never saw: what one, three, ten artists or three words are worth.

In: a `Study`. Out: what was found among the first 20, of what could have been there, as means over
newcomers and splits. A fifth of those who listen much are left out of the fit with all they said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.composer.evaluation.study import Figure
from models.recommender.evaluation import rivals
from models.recommender.evaluation.lastfm import ColdSplit, Newcomer
from models.recommender.evaluation.measures import Quality, Scorer, quality, top
from models.recommender.evaluation.study import Recommender, Study

#: Artists told -> normalised Recall@20 wanted.
TARGETS = {0: ">= 0.305", 1: ">= 0.249", 3: ">= 0.354", 10: ">= 0.403"}
Scores = Callable[[Newcomer, csr_matrix], NDArray[np.floating]]


def cold(study: Study) -> list[Figure]:
    """One row for three declared tags and one for each number of artists told."""
    found: dict[tuple[int, str], list[Quality]] = {}
    for seed in study.seeds:
        split = study.cold(seed)
        ours = study.fit(split.train, split.tags, split.tag_names)
        popular = rivals.popularity(split.train)
        for told in TARGETS:
            people = [n for n in split.newcomers if told or n.words]
            rows = {
                "ours": measured(people, told, split, _ours(ours, told)),
                "popularity": measured(people, told, split, _popular(popular)),
            }
            for name, row in rows.items():
                found.setdefault((told, name), []).append(row)
        study.say(f"cold {seed}: {len(split.newcomers)} newcomers")
    return [_figure(told, found) for told in TARGETS]


def measured(people: Sequence[Newcomer], told: int, split: ColdSplit, scores: Scores) -> Quality:
    """How well `scores` finds the rest of people's artists when so many are told."""
    width = split.train.shape[1]
    lists, held = [], []
    for person in people:
        row = first(person, told, width)
        lists += top(np.asarray(scores(person, row))[None, :], row, 20)
        held.append(person.artists[told:])
    return quality(lists, held, width)


def first(person: Newcomer, told: int, width: int) -> csr_matrix:
    """Plays of the first artists that are told, (1, width)."""
    at = (np.zeros(told, np.int64), person.artists[:told])
    return csr_matrix((person.plays[:told], at), shape=(1, width))


def _ours(ours: Recommender, told: int) -> Scores:
    return lambda person, row: ours.scores(row, () if told else person.words)


def _popular(popular: Scorer) -> Scores:
    return lambda _, row: popular(row)[0]


def _figure(told: int, found: dict[tuple[int, str], list[Quality]]) -> Figure:
    ours, popular = found[told, "ours"], found[told, "popularity"]
    name = {0: "3 declared tags", 1: "1 artist"}.get(told, f"{told} artists")
    beside = (
        f"popularity {np.mean([q.found for q in popular]):.3f}; NDCG@10 "
        f"{np.mean([q.ndcg for q in ours]):.3f}; {sum(q.people for q in ours)} newcomers"
    )
    value = float(np.mean([q.found for q in ours]))
    return Figure(f"nR@20, {name}", value, "", TARGETS[told], beside)
