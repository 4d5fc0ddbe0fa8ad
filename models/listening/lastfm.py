"""Last.fm's history as its two known exporters write it, CSV or the pages of its own API as JSON.

In: a row of `uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid`
(lastfm.ghan.nl/export), a row of `artist,album,track,date` without a header (benjaminbenben's
lastfm-to-csv), or pages of user.getRecentTracks. Out: a `Play` or why it is none. Scrobbles have
been through Last.fm's rule already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.listening.fields import mapping, moment, word
from models.listening.values import Play, Skip


def row(cells: Mapping[str, str]) -> Play | Skip:
    """One row of the CSV with a header."""
    return _play(
        cells.get("artist"),
        cells.get("track"),
        cells.get("album"),
        cells.get("uts") or cells.get("utc_time"),
    )


def bare(cells: Sequence[str]) -> Play | Skip:
    """One row of the CSV without a header: artist, album, track, date."""
    if len(cells) < 4:
        return "damaged"
    return _play(cells[0], cells[2], cells[1], cells[3])


def is_bare(cells: Sequence[str]) -> bool:
    """Whether a first row is no header but a play."""
    return len(cells) == 4 and moment(cells[3]) is not None


def track(entry: Mapping[str, Any]) -> Play | Skip | None:
    """One track of a page; None for what is playing at the moment, which is no scrobble yet."""
    if mapping(entry.get("@attr")).get("nowplaying"):
        return None
    return _play(
        _text(entry.get("artist")),
        entry.get("name"),
        _text(entry.get("album")),
        mapping(entry.get("date")).get("uts"),
    )


def each(value: Any) -> Iterator[Mapping[str, Any]]:
    """The tracks of one value of a file: a page, a page's inside, or a track itself."""
    found = mapping(value)
    page = mapping(found.get("recenttracks")) or found
    inside = page.get("track")
    if isinstance(inside, dict):  # a page of one
        yield inside
    elif isinstance(inside, list):
        yield from (mapping(one) for one in inside)
    elif "name" in page:
        yield page


def _text(value: object) -> object:
    """A name that the API writes as {"#text": ...} or {"name": ...}."""
    inside = mapping(value)
    return inside.get("#text") or inside.get("name") or value


def _play(artist: object, title: object, album: object, at: object) -> Play | Skip:
    named, song, when = word(artist), word(title), moment(at)
    if not named or not song:
        return "nameless"
    return "date" if when is None else Play(named, song, word(album), when)
