"""Spotify's two exports: the extended streaming history and the last year's account data.

In: one entry of `Streaming_History_Audio_*.json` (`endsong_*.json` before 2022) or of
`StreamingHistory_music_*.json`. Out: a `Play`, or why it is none. Only names, times and how the
play ended are looked at; addresses, devices, countries, user names and what was spoken are never
read. Which plays count is ListenBrainz' importer: no private sessions, nothing under 30 seconds
unless the track itself ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.listening.fields import moment, number, word
from models.listening.scrobble import SHORTEST
from models.listening.values import Play, Skip


def extended(entry: Mapping[str, Any]) -> Play | Skip:
    """One entry of the extended history; its "ts" is the end of the play, UTC."""
    if entry.get("incognito_mode") is True:
        return "private"
    title = word(entry.get("master_metadata_track_name"))
    artist = word(entry.get("master_metadata_album_artist_name"))
    if not title or not artist:
        spoken = ("episode_name", "spotify_episode_uri", "audiobook_title", "audiobook_uri")
        return "spoken" if any(entry.get(name) for name in spoken) else "nameless"
    end, played = moment(entry.get("ts")), number(entry.get("ms_played"))
    if end is None:
        return "date"
    if played is None or played < 0:
        return "damaged"
    seconds = played / 1000
    whole = entry.get("reason_end") == "trackdone" and entry.get("skipped") is not True
    if seconds < SHORTEST and not (whole and seconds > 0):
        return "short"
    album = word(entry.get("master_metadata_album_album_name"))
    return Play(artist, title, album, end - seconds, seconds)


def account(entry: Mapping[str, Any]) -> Play | Skip:
    """One entry of the account data; its "endTime" is in minutes, UTC."""
    artist, title = word(entry.get("artistName")), word(entry.get("trackName"))
    if not title or not artist:
        return "spoken" if entry.get("podcastName") else "nameless"
    end, played = moment(entry.get("endTime")), number(entry.get("msPlayed"))
    if end is None:
        return "date"
    if played is None or played < 0:
        return "damaged"
    if played / 1000 < SHORTEST:
        return "short"
    return Play(artist, title, "", end - played / 1000, played / 1000)
