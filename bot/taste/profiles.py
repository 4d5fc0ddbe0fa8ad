"""The numbers behind the pictures: one person's taste, two beside each other, a server's.

In: people and names. Out: `Profile`, `Comparison`, `ServerTaste`. Runs on a thread.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.taste.person import Person
from bot.taste.values import ENOUGH_LISTENERS, Comparison, Named, Profile, ServerTaste
from models.recommender.values import Deed, Item, TasteVector
from storage.servers import Favourite

#: Names of each kind that are looked up, styles on the radar, months of the trend.
_TOP, _RADAR, _MONTHS = 10, 8, 12
#: A style counts as somebody's own from this share on, and as hardly theirs below a third of it.
_OWN = 0.08
#: What a comparison rests on: artists, styles, moods.
_WEIGHTS = (0.45, 0.4, 0.15)


def strongest_of(person: Person) -> tuple[str, ...]:
    """The ids of somebody's top artists and tracks, strongest first."""
    ids = sorted((k for k, v in person.net.items() if v > 0), key=lambda k: -person.net[k])
    return tuple(
        key
        for kind in ("artist", "track")
        for key in [k for k in ids if k.startswith(f"{kind}:")][: 2 * _TOP]
    )


def profile(
    person: Person, deeds: Sequence[Deed], top: Sequence[str], stored: Mapping[str, Item]
) -> Profile:
    """One person's picture; what has no stored name is left out."""

    def names(kind: str) -> tuple[Named, ...]:
        found = [stored[key] for key in top if key in stored and stored[key].kind == kind]
        return tuple(Named(i.title, i.artist, round(person.net[i.id], 2)) for i in found[:_TOP])

    return Profile(
        person.vector,
        names("artist"),
        names("track"),
        _radar(person.vector),
        trend(deeds),
        dict(person.counts),
    )


def trend(deeds: Sequence[Deed]) -> tuple[tuple[str, float], ...]:
    """Plays by month, without gaps, the last twelve."""
    plays: dict[int, float] = defaultdict(float)
    for deed in deeds:
        if deed.type == "listen":
            day = datetime.fromtimestamp(deed.ts, UTC)
            plays[day.year * 12 + day.month - 1] += deed.value
    if not plays:
        return ()
    last = max(plays)
    first = max(min(plays), last - _MONTHS + 1)
    return tuple(
        (f"{month // 12}-{month % 12 + 1:02}", plays.get(month, 0.0))
        for month in range(first, last + 1)
    )


def compare(a: Person, b: Person, one: Profile, other: Profile) -> Comparison:
    """How much two people share; sides of which either tells nothing do not count."""
    artists = _of_kind(a, "artist"), _of_kind(b, "artist")
    sides = (
        artists,
        (a.vector.styles, b.vector.styles),
        (a.vector.moods, b.vector.moods),
    )
    total = weights = 0.0
    for weight, (mine, theirs) in zip(_WEIGHTS, sides, strict=True):
        if mine and theirs:
            total += weight * _cosine(mine, theirs)
            weights += weight
    shared = [k for k in artists[0] if k in artists[1]]
    shared.sort(key=lambda k: -min(artists[0][k], artists[1][k]))
    names = {**_titles(a), **_titles(b)}
    styles = [s for s in a.vector.styles if b.vector.styles.get(s)]
    styles.sort(key=lambda s: -min(a.vector.styles[s], b.vector.styles[s]))
    return Comparison(
        round(100 * total / weights) if weights else 0,
        tuple(names[k] for k in shared if k in names)[:_TOP],
        tuple(styles[:_RADAR]),
        _only(a.vector, b.vector),
        _only(b.vector, a.vector),
        one,
        other,
    )


def server(
    count: int,
    people: Sequence[Person],
    artists: Sequence[Favourite],
    months: Sequence[tuple[str, float]],
) -> ServerTaste:
    """A server's picture: the mean of its people, without what fewer than three share."""
    known = [p.vector for p in people if p.vector.evidence]
    styles = _common([v.styles for v in known])
    moods = _common([v.moods for v in known])
    sounds = _common([v.instruments for v in known])
    vector = TasteVector(styles, moods, sounds, evidence=sum(v.evidence for v in known))
    return ServerTaste(
        count,
        vector,
        _radar(vector),
        tuple(Named(f.title, f.artist, f.weight) for f in artists),
        tuple(months)[-_MONTHS:],
    )


def _common(sides: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean share of what at least three people lean to, as shares of 1."""
    total: dict[str, float] = {}
    for name in {name for side in sides for name in side}:
        told = [side[name] for side in sides if side.get(name)]
        if len(told) >= ENOUGH_LISTENERS:
            total[name] = sum(told)
    size = sum(total.values())
    order = sorted(total, key=lambda name: (-total[name], name))
    return {name: total[name] / size for name in order}


def _radar(vector: TasteVector) -> tuple[tuple[str, float], ...]:
    order = sorted(vector.styles.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((style, round(share, 4)) for style, share in order[:_RADAR])


def _of_kind(person: Person, kind: str) -> dict[str, float]:
    return {k: math.log1p(v) for k, v in person.net.items() if v > 0 and k.startswith(f"{kind}:")}


def _titles(person: Person) -> dict[str, str]:
    return {key: item.title for key, item in person.items.items()}


def _only(mine: TasteVector, theirs: TasteVector) -> tuple[str, ...]:
    return tuple(
        style
        for style, share in sorted(mine.styles.items(), key=lambda pair: -pair[1])
        if share >= _OWN and theirs.styles.get(style, 0.0) < _OWN / 3
    )[:_RADAR]


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    dot = sum(w * b.get(k, 0.0) for k, w in a.items())
    size = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return dot / size if size else 0.0
