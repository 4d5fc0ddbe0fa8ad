"""The values of listening: one play, and one person's history as an export tells it.

In: nothing. Out: frozen values. None of them has a field for who somebody is, where they were or
what they played it on: a parser has nowhere to put that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

#: Where an export comes from, as `storage.listens.SOURCES` names it.
Service = Literal["spotify", "listenbrainz", "lastfm", "apple"]
#: Why an entry of an export is no play.
Skip = Literal["short", "private", "spoken", "nameless", "date", "twice", "damaged"]


@dataclass(frozen=True, slots=True)
class Play:
    """One play: `ts` is its start in UTC epoch seconds.

    `seconds_played` and `seconds` (of the whole track) are None where the export does not say.
    `tags` are genres or the like that the person's player noted.
    """

    artist: str
    title: str
    album: str
    ts: float
    seconds_played: float | None = None
    seconds: float | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Love:
    """A rating in an export: `score` 1 is a love, -1 a hate; `ts` in UTC epoch seconds."""

    artist: str
    title: str
    score: int
    ts: float


@dataclass(slots=True)
class Tally:
    """What happened while an export was read: entries that are no plays, and notes for the person.

    Mutable, because reading is a stream; `notes` are English templates and their values.
    """

    skipped: Counter[Skip] = field(default_factory=Counter)
    notes: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    loves: list[Love] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Export:
    """An export on its way: `tally` is complete when `plays` has been gone through, once."""

    service: Service
    plays: Iterable[Play]
    tally: Tally
