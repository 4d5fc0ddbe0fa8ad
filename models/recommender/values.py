"""The values of the recommender: items, what people did with them, and what is suggested.

In: listens and events as plain values. Out: suggestions with a reason each. Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["track", "artist", "piece", "style", "mood", "instrument", "progression", "loop"]
#: Open catalogues that grow with listening: factorised together (`als`).
OPEN: tuple[Kind, ...] = ("track", "artist", "piece")
#: Closed vocabularies: item to item (`ease`); ALS is no better than popularity on these.
CLOSED: tuple[Kind, ...] = ("style", "mood", "instrument")
#: Materials to compose with: nearest by content (`content`).
MATERIALS: tuple[Kind, ...] = ("progression", "loop")
KINDS: tuple[Kind, ...] = (*OPEN, *CLOSED, *MATERIALS)

#: What somebody did with an item; weights are in `confidence.toml`. "listen" comes with a number of
#: plays, "rated" with stars 1..5, "comment" with a valence -1..1; the others speak for themselves.
EventType = Literal[
    "listen", "replay", "skip", "save", "like", "dislike", "never", "used", "made", "rated",
    "comment", "declared",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """Something to recommend.

    `key` is unique within its kind: a vocabulary id (style, mood, instrument), a piece's id, a name
    of `materials` (progression, loop), or folded names (see `names.artist_key`, `names.track_key`).
    `artist` is a track's. `tags` are genre-tree names, moods and instruments with weights >= 0.
    `features` are content features (see `content`), () where there are none.
    """

    kind: Kind
    key: str
    title: str
    artist: str = ""
    tags: Mapping[str, float] = field(default_factory=dict)
    features: tuple[float, ...] = ()

    @property
    def id(self) -> str:
        """Kind and key with a colon between, unique over all kinds."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Deed:
    """What one person did with one item: `value` as `EventType` says, `ts` in UTC epoch seconds."""

    item: str  # Item.id
    type: EventType
    value: float
    ts: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is suggested: an English gettext template and its values, as in a `Refusal`.

    `kind` says where the reason comes from: "because" (items of one's own), "tags" (what one leans
    to), "people" (a server of enough people), "content" (sounds like), "declared", "popular",
    "wildcard".
    """

    kind: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One place of a list.

    `place` counts from 0; `parts` are the score's parts before blending; `propensity` is the
    probability (0..1] that this item got this place under `policy`, for counterfactual evaluation.
    """

    item: Item
    place: int
    score: float
    policy: str
    propensity: float
    reason: Reason
    wildcard: bool = False
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TasteVector:
    """What a person (or a group) leans to, as weights >= 0 that sum to 1 within each map.

    `styles`, `moods` and `instruments` are vocabulary ids; `tempo` is quarter notes per minute and
    `density` 0..1 (None: nothing known). `evidence` counts the signals it rests on.
    """

    styles: Mapping[str, float] = field(default_factory=dict)
    moods: Mapping[str, float] = field(default_factory=dict)
    instruments: Mapping[str, float] = field(default_factory=dict)
    tempo: float | None = None
    density: float | None = None
    evidence: int = 0
