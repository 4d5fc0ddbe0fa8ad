"""What speaks for one candidate: which own items, tags and words its score rests on.

In: the people, the candidates and one place among them. Out: `Found`, in ids and tags; names and
counts of listeners come later (`reasons.Grounds`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.taste.library import Model
from bot.taste.person import Person
from bot.taste.scoring import Field, Scored, closed_row
from models.recommender import content
from models.recommender.values import CLOSED

if TYPE_CHECKING:
    from bot.taste.listing import Closed

_MOST = 3
#: From so many standard deviations on, something is called popular.
_POPULAR = 1.0
#: From this likeness (0..1) on, something is said to sound like something else.
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Found:
    """Ids and tags, strongest first; see `reasons.Grounds` for what each says."""

    because: tuple[str, ...] = ()
    sounds_like: str = ""
    goes_with: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    popular: bool = False


def find(
    people: Sequence[Person], field: Field, at: int, scored: Sequence[Scored], closed: Closed
) -> Found:
    """What speaks for candidate `at` of a field."""
    tags = _tags(field, at)
    shared: Counter[str] = Counter()
    because: Counter[str] = Counter()
    goes_with: Counter[str] = Counter()
    declared: dict[str, None] = {}
    for person, mine in zip(people, scored, strict=True):
        shared.update({t: w * person.tags[t] for t, w in tags.items() if person.tags.get(t, 0) > 0})
        because.update(_because(mine, field, at))
        goes_with.update(_goes_with(person, field, at, closed))
        declared.update(dict.fromkeys(_declared(person, tags)))
    popularity = [s.parts["popularity"][at] for s in scored if "popularity" in s.parts]
    return Found(
        tuple(key for key, _ in because.most_common(_MOST)),
        _sounds_like(people, field, at),
        tuple(key for key, _ in goes_with.most_common(_MOST)),
        tuple(declared)[:_MOST],
        tuple(tag for tag, _ in shared.most_common(_MOST)),
        # A vocabulary's popularity comes from the genre tree too, which is not many people.
        bool(popularity) and popularity[0] > _POPULAR and field.kind not in CLOSED,
    )


def _tags(field: Field, at: int) -> Mapping[str, float]:
    if field.items:
        return field.items[at].tags
    for held in (field.main, field.server):
        if held is not None and held[1][at] >= 0:
            row = held[0].tags[int(held[1][at])]
            names = held[0].factors.tags
            return {names[c]: float(v) for c, v in zip(row.indices, row.data, strict=True)}
    return {}


def _because(scored: Scored, field: Field, at: int) -> dict[str, float]:
    """Own items that add most to the score of the factors."""
    if field.main is None or field.main[1][at] < 0 or scored.row is None:
        return {}
    model: Model = field.main[0]
    item = int(field.main[1][at])
    return dict(model.serving.explain(scored.row, item, _MOST, scored.inverse))


def _goes_with(person: Person, field: Field, at: int, closed: Closed) -> dict[str, float]:
    """Own styles, moods and instruments that add most to the score of a closed kind."""
    if field.ids[at] not in closed.ids:
        return {}
    row = closed_row(person, closed.ids)
    added = row * closed.weights[:, closed.ids.index(field.ids[at])]
    order = np.argsort(-added)[:_MOST]
    return {closed.ids[i]: float(added[i]) for i in order if added[i] > 0 and row[i] > 0}


def _declared(person: Person, tags: Mapping[str, float]) -> list[str]:
    """What somebody named that this carries the tags of."""
    found = []
    for key in person.declared:
        own = person.items.get(key)
        if own is not None and any(w >= 1.0 and tags.get(t, 0.0) > 0 for t, w in own.tags.items()):
            found.append(key)
    return found


def _sounds_like(people: Sequence[Person], field: Field, at: int) -> str:
    """The own item that is most like it in content, if any is."""
    if not field.items or not field.items[at].features:
        return ""
    best, most = "", _ALIKE
    for person in people:
        for key, item in person.items.items():
            if person.net.get(key, 0.0) > 0 and len(item.features) == content.SIZE:
                rows = np.array([field.items[at].features])
                near = float(content.similarity(rows, item.features)[0])
                if near > most and key != field.ids[at]:
                    best, most = key, near
    return best
