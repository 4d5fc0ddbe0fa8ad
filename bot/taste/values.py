"""What is asked of the recommender, and what it answers.

In: nothing. Out: frozen values that the engine, the cogs and the terminal share. Texts are pairs of
an English gettext template and its values; whoever talks to a person translates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.recommender.values import Kind, Suggestion, TasteVector

#: What can be asked for: one kind, or things for several people at once (artists, styles, pieces).
What = Kind | Literal["for-us"]
#: How several tastes become one: nobody suffers, or the most joy.
Mode = Literal["least_misery", "average"]
#: How a list was chosen: by one's taste, by what is popular (the holdout), or by what was declared
#: and imported at first, without feedback (for comparison only).
Policy = Literal["personal", "popular", "frozen"]
#: A gettext template and its values.
Note = tuple[str, Mapping[str, Any]]

#: Server-wide numbers are told from so many consenting people on (k-anonymity) ...
ENOUGH_PEOPLE = 5
#: ... and of an item only where so many of them listen to it.
ENOUGH_LISTENERS = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants what, and where.

    `guild_id` 0 is a direct message or the terminal. `member_ids` are the people of "for-us" (and
    may be given for any kind: then the list suits them all); those who did not agree to be counted
    together there are left out. `locale` ("en", "zh") is the language of titles. The same `seed`
    draws the same wildcard. `policy` None: as `policies.policy_of` decides. `known` True keeps what
    the person already plays a lot. `near` ("kind:key") asks for what is like one item.
    `declared` are style ids that a person just said they like without agreeing that anything is
    kept: they count for this list as declared, and nothing is stored.
    """

    user_id: int
    guild_id: int
    what: What
    count: int = 5
    member_ids: tuple[int, ...] = ()
    mode: Mode = "least_misery"
    seed: int = 0
    policy: Policy | None = None
    locale: str = "en"
    known: bool = False
    near: str | None = None
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of suggestions, best first; a wildcard stands last.

    `list_id` names it for `react` and `why` (they work only where impressions are kept, see
    `logged`). `item_ids` are the items' row numbers, one per suggestion, 0 where nothing was
    stored. `evidence` counts the signals it rests on; 0 is day one: then ask for three styles.
    `people` are those whose tastes were counted. `notes` say what was left out or taken for
    granted.
    """

    list_id: str
    suggestions: tuple[Suggestion, ...]
    item_ids: tuple[int, ...]
    policy: Policy
    evidence: int
    notes: tuple[Note, ...] = ()
    people: tuple[int, ...] = ()
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """An artist or track of a profile with what it counts (plays or signals, decayed)."""

    title: str
    artist: str
    weight: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of one person's taste here, for pictures.

    `styles` is the radar: (vocabulary style id, share 0..1), strongest first, at most eight.
    `trend` is (month "2026-11", plays) in order, without gaps, at most twelve. `counts` are signals
    by event type.
    """

    vector: TasteVector
    artists: tuple[Named, ...] = ()
    tracks: tuple[Named, ...] = ()
    styles: tuple[tuple[str, float], ...] = ()
    trend: tuple[tuple[str, float], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two tastes beside each other; `score` is 0..100 (100: the same).

    `artists` and `styles` are shared, strongest first; `only_a` and `only_b` are style ids that one
    leans to and the other hardly does.
    """

    score: int
    artists: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    a: Profile = field(default_factory=lambda: Profile(TasteVector()))
    b: Profile = field(default_factory=lambda: Profile(TasteVector()))


@dataclass(frozen=True, slots=True)
class ServerTaste:
    """A server's taste, from `people` who consented; artists have at least three listeners."""

    people: int
    vector: TasteVector
    styles: tuple[tuple[str, float], ...] = ()
    artists: tuple[Named, ...] = ()
    trend: tuple[tuple[str, float], ...] = ()
