"""One person as the recommender sees them for one list: rows in, net evidence and leanings out.

In: what storage holds of somebody for one place. Out: a frozen `Person`, kept in memory until their
rows change and never stored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.taste import catalogue
from bot.taste.policies import INITIAL
from models.recommender import confidence, taste
from models.recommender.values import Deed, Item, TasteVector

#: From this net on an item counts as known: two plays of late.
KNOWN = 1.5
#: What is said for good: an item that somebody likes is no news, however long ago that was.
SETTLED = frozenset({"like", "save", "declared"})
#: Items whose tags describe somebody: the strongest say it, the rest costs time.
MOST_ITEMS = 400


@dataclass(frozen=True, slots=True)
class Person:
    """What one person did, as seen from one place.

    `net` is decayed evidence by item id, `items` the strongest of them with tags; `tags` sums what
    those say, largest 1; `declared` are item ids they named themselves. `never` and `disliked` are
    item ids to leave out, `liked` those they have spoken for.
    """

    user_id: int
    net: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    tags: Mapping[str, float] = field(default_factory=dict)
    declared: tuple[str, ...] = ()
    vector: TasteVector = field(default_factory=TasteVector)
    never: frozenset[str] = frozenset()
    disliked: frozenset[str] = frozenset()
    liked: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def evidence(self) -> int:
        """Items that speak for something, declared ones included."""
        return sum(1 for value in self.net.values() if value > 0)

    @property
    def known(self) -> frozenset[str]:
        """Items they know well."""
        return self.liked | {key for key, value in self.net.items() if value >= KNOWN}


def nets(deeds: Iterable[Deed], now: float, initial: bool = False) -> dict[str, float]:
    """Net evidence by item; `initial` leaves out everything but listening and declarations."""
    return confidence.net([d for d in deeds if not initial or d.type in INITIAL], now)


def strongest(net: Mapping[str, float], most: int = MOST_ITEMS) -> tuple[str, ...]:
    """The ids that say most about somebody, for or against."""
    return tuple(sorted(net, key=lambda key: -abs(net[key]))[:most])


def of(
    user_id: int,
    deeds: Iterable[Deed],
    net: Mapping[str, float],
    items: Mapping[str, Item],
    never: frozenset[str] = frozenset(),
) -> Person:
    """Put a person together; `items` as `strongest` chose them."""
    deeds = tuple(deeds)
    return Person(
        user_id,
        net,
        items,
        tags_of(net, items),
        tuple(dict.fromkeys(d.item for d in deeds if d.type == "declared")),
        taste.vector(net, items),
        never,
        frozenset(d.item for d in deeds if d.type == "dislike"),
        frozenset(d.item for d in deeds if d.type in SETTLED),
        Counter(d.type for d in deeds),
    )


def tags_of(net: Mapping[str, float], items: Mapping[str, Item]) -> dict[str, float]:
    """What the items of a person say together; negative evidence takes away."""
    total: dict[str, float] = {}
    for key, item in items.items():
        value = net.get(key, 0.0)
        weight = math.copysign(math.log1p(abs(value)), value)
        size = math.sqrt(sum(w * w for w in item.tags.values())) or 1.0
        for tag, share in item.tags.items():
            total[tag] = total.get(tag, 0.0) + weight * share / size
    most = max((abs(v) for v in total.values()), default=1.0) or 1.0
    return {tag: v / most for tag, v in total.items() if abs(v) > 0.01 * most}


def with_declared(person: Person, styles: Iterable[str]) -> Person:
    """The same person, who also just named some styles; nothing is stored."""
    named = {f"style:{style}": catalogue.item("style", style) for style in styles}
    items = {key: item for key, item in named.items() if item is not None}
    if not items:
        return person
    return _with(person, items, declared=(*person.declared, *items))


def only(person: Person, item: Item) -> Person:
    """Somebody who likes just one item: what is near to it is what they would like."""
    alone = Person(person.user_id, never=person.never, disliked=person.disliked)
    return _with(alone, {item.id: item})


def _with(person: Person, items: Mapping[str, Item], declared: tuple[str, ...] = ()) -> Person:
    net = {**person.net, **{key: max(person.net.get(key, 0.0), DECLARED) for key in items}}
    every = {**person.items, **items}
    return replace(
        person,
        net=net,
        items=every,
        tags=tags_of(net, every),
        declared=declared or person.declared,
        vector=taste.vector(net, every),
    )


#: What it is worth to name something (see `confidence.toml`).
DECLARED = 4.0
