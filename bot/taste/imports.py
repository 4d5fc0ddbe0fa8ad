"""A person's export of their listening, from a file to rows.

In: a file and whose it is. Out: plays per track and day, artists beside them, ratings as likes and
"not this", the player's genres as the person's own tags; nothing without consent to "listening".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlite_utils import Database

from models.listening.aggregate import History, Track, aggregate, artist_of
from models.listening.export import read_export
from models.recommender import tree
from storage import consent, deeds, items, listens
from storage.db import write

#: Tracks of one transaction: others may write in between.
_PORTION = 500


def read(
    path: Path, name: str, now: float, tell: Callable[[int], None] = lambda _: None
) -> History:
    """Read an export through; takes seconds, so call it off the event loop.

    Raises
    ------
    Refusal
        When it is no export, damaged, too large or not to be believed.
    """
    return aggregate(read_export(path, name), now, name, tell)


def portions(history: History) -> list[Sequence[Track]]:
    """The history in pieces to be stored one after another."""
    tracks = history.tracks
    return [tracks[at : at + _PORTION] for at in range(0, len(tracks), _PORTION)]


def store(
    db: Database, user_id: int, guild_id: int, service: str, tracks: Sequence[Track], now: float
) -> int:
    """Store a portion; returns how many (track, day)s are new, 0 without consent."""
    with write(db):
        if consent.scope(db, user_id, "listening", guild_id) is None:
            return 0
        numbers = items.ensure(db, [("track", t.key, t.title, t.artist) for t in tracks])
        items.ensure(db, [("artist", artist_of(t), t.artist, "") for t in tracks])
        days = [
            (number, day, float(plays))
            for number, track in zip(numbers, tracks, strict=True)
            for day, plays in track.days
        ]
        new = listens.add(db, user_id, guild_id, service, days, now)
        for number, track in zip(numbers, tracks, strict=True):
            tags = {g: 1.0 for g in map(tree.load().canonical, track.tags) if g}
            if tags:
                items.tag(db, number, tags, user_id, guild_id, "listening")
            if track.rating:
                type = "like" if track.rating > 0 else "dislike"
                deeds.record(
                    db, user_id, guild_id, number, type, 1.0, "listening", track.rated or now
                )
        return new
