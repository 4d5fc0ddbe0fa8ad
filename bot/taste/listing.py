"""From scores to a list: what may be shown, which of it is, and what speaks for each.

In: people, candidates by kind, what was shown of late (`Scene`). Out: `Chosen` places without
names, which the engine looks up. Nothing here reads storage; it runs on a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.taste import grounds
from bot.taste.grounds import Found
from bot.taste.person import Person
from bot.taste.scoring import Field, Scored, popular, score_closed, score_open, score_own
from bot.taste.values import Mode, Policy
from models.recommender import confidence
from models.recommender.choose import choose
from models.recommender.groups import together
from models.recommender.values import CLOSED, OPEN, Kind

#: Seconds that something that was shown stays away.
COOLDOWN = 14 * 24 * 3600.0
#: What lists for several people are made of, and how many places of five each kind gets.
MIXED: tuple[tuple[Kind, int], ...] = (("artist", 2), ("style", 2), ("piece", 1))
#: A wildcard takes the last of so many places.
WILD_EVERY = 5
_MMR = 0.3


@dataclass(frozen=True, slots=True)
class Closed:
    """The item-to-item model of the closed vocabularies: `weights` (n, n) over `ids`."""

    ids: tuple[str, ...]
    weights: NDArray[np.float32]
    popularity: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a list is made from; `people` are those whose tastes count, the asker first.

    `barred` are the item ids nobody may be shown here; `shown` those of the last days by time.
    """

    people: tuple[Person, ...]
    fields: tuple[Field, ...]
    closed: Closed
    policy: Policy
    count: int
    mode: Mode
    seed: int
    now: float
    known: bool = False
    near: bool = False
    shown: Mapping[str, float] = field(default_factory=dict)
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """One place of a list; `found` is what speaks for it."""

    item_id: str
    score: float
    parts: Mapping[str, float]
    propensity: float
    wildcard: bool
    found: Found


def make(scene: Scene) -> tuple[Chosen, ...]:
    """Choose the places, best first, a wildcard last; fewer where there are not enough items."""
    fields = [f for f in scene.fields if f.ids]
    if not fields:
        return ()
    quotas = _quotas(fields, scene.count)
    rng = np.random.default_rng([scene.seed, scene.people[0].user_id % 2**63])
    wild = (
        max(range(len(fields)), key=lambda i: len(fields[i].ids))
        if scene.count >= WILD_EVERY and scene.policy != "popular" and not scene.near
        else -1
    )
    each = [
        _of_field(scene, f, count, rng, wildcard=i == wild)
        for i, (f, count) in enumerate(zip(fields, quotas, strict=True))
    ]
    plain = [[c for c in row if not c.wildcard] for row in each]
    woven = [row[at] for at in range(scene.count) for row in plain if at < len(row)]
    return (*woven, *(c for row in each for c in row if c.wildcard))[: scene.count]


def _quotas(fields: Sequence[Field], count: int) -> list[int]:
    """Places by kind: all for one kind, else as `MIXED` says, what is left to the first."""
    if len(fields) == 1:
        return [count]
    shares = dict(MIXED)
    weights = [shares.get(f.kind, 1) for f in fields]
    quotas = [count * w // sum(weights) for w in weights]
    at = 0
    while sum(quotas) < count:
        quotas[at % len(quotas)] += 1
        at += 1
    return [min(q, len(f.ids)) for q, f in zip(quotas, fields, strict=True)]


def _of_field(
    scene: Scene, field: Field, count: int, rng: np.random.Generator, *, wildcard: bool
) -> list[Chosen]:
    scored = [score(person, field, scene.closed) for person in scene.people]
    if scene.policy == "popular":
        scored = [popular(field, s.parts) for s in scored]
    totals = np.stack([s.total for s in scored])
    total = totals[0] if len(scored) == 1 else together(totals, scene.mode)
    if not scored[0].parts:  # nothing is known: any order is as good, but not always the same
        total = rng.random(len(field.ids))
    allowed = _allowed(scene, field, count)
    mmr = 0.0 if scene.policy == "popular" or scene.near else _MMR
    picks = choose(total, field.vectors, allowed, count, rng, mmr=mmr, wildcard=wildcard)
    return [
        Chosen(
            field.ids[p.index],
            float(total[p.index]),
            _parts_of(scored, p.index),
            p.propensity,
            p.wildcard,
            grounds.find(scene.people, field, p.index, scored, scene.closed),
        )
        for p in picks
    ]


def score(person: Person, field: Field, closed: Closed) -> Scored:
    """One person's scores of one kind."""
    if field.kind in CLOSED:
        return score_closed(person, field, closed.ids, closed.weights)
    if field.kind in OPEN and not field.items:
        return score_open(person, field)
    return score_own(person, field)


def _parts_of(scored: Sequence[Scored], index: int) -> dict[str, float]:
    """The parts of one candidate's score, the mean over people."""
    names = dict.fromkeys(name for s in scored for name in s.parts)
    return {
        name: round(float(np.mean([s.parts[name][index] for s in scored if name in s.parts])), 3)
        for name in names
    }


def _allowed(scene: Scene, field: Field, count: int) -> NDArray[np.bool_]:
    """Who may be chosen: nobody's "never again" or dislike, nothing known, nothing shown of late.

    Where too little is left, what was shown longest ago may come back.
    """
    barred = set(scene.barred)
    for person in scene.people:
        barred |= person.never | person.disliked
    # An artist nobody may be shown takes their tracks along.
    if field.kind == "track" and any(key.startswith("artist:") for key in barred):
        barred |= {key for key in field.ids if confidence.artist_of(key) in barred}
    if not scene.known:
        barred |= frozenset.intersection(*(person.known for person in scene.people))
    resting = {key for key, shown in scene.shown.items() if scene.now - shown < COOLDOWN}
    # Few are out of tens of thousands: those are looked up, not the others.
    place = field.place or {key: i for i, key in enumerate(field.ids)}
    fresh = np.ones(len(field.ids), dtype=np.bool_)
    fresh[[place[key] for key in barred | resting if key in place]] = False
    missing = count - int(fresh.sum())
    if missing > 0:
        again = sorted(place[key] for key in resting - barred if key in place)
        again.sort(key=lambda i: scene.shown[field.ids[i]])
        fresh[again[:missing]] = True
    return fresh
