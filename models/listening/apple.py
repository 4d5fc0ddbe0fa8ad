"""Apple Music's play activity: an event a row, of which the ends of plays count.

In: a row of "Apple Music Play Activity.csv". Out: a `Play`, why it is none, or None for events that
are no plays. Of some hundred columns seven are looked at; devices, addresses and accounts are never
read. Rows without an artist are common in older exports: they are counted, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.listening.fields import moment, number, word
from models.listening.scrobble import counts
from models.listening.values import Play, Skip

#: What says that a file is this one.
COLUMNS = ("Song Name", "Play Duration Milliseconds")
_ARTISTS = ("Artist Name", "Container Artist Name")
_TITLES = ("Song Name", "Content Name")
_ALBUMS = ("Album Name", "Container Album Name")
_TIMES = ("Event Start Timestamp", "Event End Timestamp", "Event Received Timestamp")


def row(cells: Mapping[str, str]) -> Play | Skip | None:
    """One row; the scrobble rule is applied with the track's own length."""
    kind = cells.get("Event Type", "PLAY_END")
    if kind not in ("PLAY_END", ""):
        return None
    if cells.get("Media Type", "AUDIO").upper() not in ("AUDIO", ""):
        return "spoken"
    artist, title = _first(cells, _ARTISTS), _first(cells, _TITLES)
    if not artist or not title:
        return "nameless"
    at = next((t for t in (moment(cells.get(name)) for name in _TIMES) if t is not None), None)
    if at is None:
        return "date"
    played = number(cells.get("Play Duration Milliseconds"))
    length = number(cells.get("Media Duration In Milliseconds"))
    if played is None or played < 0:
        return "damaged"
    seconds = None if not length or length < 0 else length / 1000
    if not counts(played / 1000, seconds):
        return "short"
    return Play(artist, title, _first(cells, _ALBUMS), at, played / 1000, seconds)


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := word(cells.get(name)))), "")
