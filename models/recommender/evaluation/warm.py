"""People the model knows: a fifth of everybody's artists held out, all artists ranked.

In: a `Study`. Out: recall in the first 20 and NDCG of the first 10, beside the rivals', means over
the splits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from models.composer.evaluation.study import Figure
from models.recommender.evaluation import rivals
from models.recommender.evaluation.lastfm import Split
from models.recommender.evaluation.measures import Quality, Scorer, evaluate
from models.recommender.evaluation.study import Study, each

TARGETS = {"recall": ">= 0.291", "ndcg": ">= 0.254"}
RIVALS: Mapping[str, Callable[[Split], Scorer]] = {
    "popularity": lambda split: rivals.popularity(split.train),
    "content": lambda split: rivals.content(split.tags),
    "ALS defaults": lambda split: rivals.library_defaults(split.train),
    "ItemKNN": lambda split: rivals.item_neighbours(split.train),
    "EASE": lambda split: rivals.shallow(split.train),
}


def warm(study: Study) -> list[Figure]:
    """Recall@20, NDCG@10 and coverage of ours, and a row for each rival."""
    found: dict[str, list[Quality]] = {}
    for seed in study.seeds:
        split = study.warm(seed)
        ours = study.fitted(seed)
        found.setdefault("ours", []).append(
            evaluate(lambda rows, ours=ours: each(ours, rows), split.train, split.test)  # type: ignore[misc]
        )
        for name, rival in RIVALS.items():
            if not (study.quick and name == "EASE"):  # inverts 7,000 by 7,000
                found.setdefault(name, []).append(evaluate(rival(split), split.train, split.test))
            study.say(f"warm {seed}: {name}")
    return _figures(found)


def _figures(found: Mapping[str, list[Quality]]) -> list[Figure]:
    recall = {name: _mean([q.recall for q in rows]) for name, rows in found.items()}
    ndcg = {name: _mean([q.ndcg for q in rows]) for name, rows in found.items()}
    ours = found["ours"]
    beside = [
        ", ".join(f"{name} {value[name]:.3f}" for name in RIVALS if name in value)
        for value in (recall, ndcg)
    ]
    spread = float(np.std([q.recall for q in ours]))
    return [
        Figure("Recall@20", recall["ours"], "", TARGETS["recall"], beside[0]),
        Figure("NDCG@10", ndcg["ours"], "", TARGETS["ndcg"], beside[1]),
        Figure("Recall@20, spread over splits", spread, "", "", f"{len(ours)} splits"),
        Figure(
            "coverage@10", _mean([q.coverage for q in ours]), "", "",
            ", ".join(
                f"{name} {_mean([q.coverage for q in found[name]]):.3f}"
                for name in RIVALS if name in found
            ),
        ),
    ]  # fmt: skip


def _mean(values: list[float]) -> float:
    return float(np.mean(values))
