"""Exports as the services write them, from made-up plays; every field that tells who somebody is
holds `MARKS`, so that a test can look for them afterwards."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from models.listening.values import Love, Play

#: What must never come out of a parser: an address, a name, a device, a place, a podcast.
MARKS = (
    "203.0.113.77", "u5er-0f-the-exp0rt", "Mozilla/5.0 (marked)", "android OS 9 marked",
    "ZZ-marked", "An episode marked", "A show marked", "someone@marked.example",
)  # fmt: skip
_ADDRESS, _USER, _AGENT, _PLATFORM, _COUNTRY, _EPISODE, _SHOW, _MAIL = MARKS
NOW = datetime(2024, 6, 1, tzinfo=UTC).timestamp()


def history(count=200, seed=1, artists=12, first=2019):
    """Plays of a made-up listener, oldest first, none overlapping another."""
    rng = Random(seed)
    songs = [(f"Artist {n % artists}", f"Song {n}", f"Album {n % 7}") for n in range(4 * artists)]
    at = datetime(first, 3, 1, 8, tzinfo=UTC).timestamp()
    plays = []
    for _ in range(count):
        length = rng.randrange(120, 360)
        plays.append(Play(*rng.choice(songs), float(at), float(length), float(length)))
        at += length + rng.choice((1, 5, 600, 40_000))
    return plays


def iso(ts, form="%Y-%m-%dT%H:%M:%SZ"):
    return datetime.fromtimestamp(ts, UTC).strftime(form)


def extended_entry(play, **other):
    """One entry of Spotify's extended history."""
    return {
        "ts": iso(play.ts + (play.seconds_played or 0)),
        "username": _USER,
        "platform": _PLATFORM,
        "ms_played": int(1000 * (play.seconds_played or 0)),
        "conn_country": _COUNTRY,
        "ip_addr_decrypted": _ADDRESS,
        "user_agent_decrypted": _AGENT,
        "master_metadata_track_name": play.title,
        "master_metadata_album_artist_name": play.artist,
        "master_metadata_album_album_name": play.album,
        "spotify_track_uri": "spotify:track:4uLU6hMCjMI75M1A2tKUQC",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": int(play.ts),
        "incognito_mode": False,
    } | other


def podcast_entry(ts):
    nothing = Play("", "", "", ts, 1800.0)
    return extended_entry(
        nothing,
        master_metadata_track_name=None, master_metadata_album_artist_name=None,
        episode_name=_EPISODE, episode_show_name=_SHOW,
        spotify_episode_uri="spotify:episode:512ojhOuo1ktJprKbVcKyQ",
    )  # fmt: skip


def packed(path, files, method=zipfile.ZIP_DEFLATED):
    """An archive of {name: text or bytes}."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return Path(path)


def write_spotify_extended(path, plays, others=(), per_file=1000):
    """The zip that Spotify sends a month after one asks; `others` are further raw entries."""
    entries = [extended_entry(p) for p in plays] + list(others)
    parts = [entries[i : i + per_file] for i in range(0, len(entries), per_file)] or [[]]
    home = "Spotify Extended Streaming History"
    files = {
        f"{home}/Streaming_History_Audio_{iso(NOW, '%Y')}_{n}.json": json.dumps(part)
        for n, part in enumerate(parts)
    }
    video = json.dumps([podcast_entry(NOW)])
    files |= {
        f"{home}/ReadMeFirst_ExtendedStreamingHistory.pdf": b"%PDF",
        f"{home}/Streaming_History_Video_2019-2024.json": video,
    }
    return packed(path, files)


def write_spotify_account(path, plays):
    """The account data of the last year."""
    entries = [
        {
            "endTime": iso(p.ts + (p.seconds_played or 0), "%Y-%m-%d %H:%M"),
            "artistName": p.artist,
            "trackName": p.title,
            "msPlayed": int(1000 * (p.seconds_played or 0)),
        }
        for p in plays
    ]
    spoken = [{"endTime": iso(NOW, "%Y-%m-%d %H:%M"), "podcastName": _SHOW,
               "episodeName": _EPISODE, "msPlayed": 99000}]  # fmt: skip
    home = "Spotify Account Data"
    return packed(
        path,
        {
            f"{home}/StreamingHistory_music_0.json": json.dumps(entries, indent=2),
            f"{home}/StreamingHistory_podcast_0.json": json.dumps(spoken),
            f"{home}/Userdata.json": json.dumps({"username": _USER, "email": _MAIL}),
            f"{home}/Identity.json": json.dumps({"displayName": _USER}),
        },
    )


def listen_entry(play, **info):
    """One line of ListenBrainz' listens."""
    if play.seconds is not None:
        info.setdefault("duration_ms", int(1000 * play.seconds))
    if play.tags:
        info.setdefault("tags", list(play.tags))
    return {
        "listened_at": int(play.ts),
        "inserted_at": int(play.ts) + 9,
        "user_name": _USER,
        "track_metadata": {
            "artist_name": play.artist,
            "track_name": play.title,
            "release_name": play.album or None,
            "recording_msid": msid(play),
            "additional_info": {"submission_client": _AGENT, "ip": _ADDRESS, **info},
            "mbid_mapping": None,
        },
    }


def msid(song):
    """What ListenBrainz would call a recording."""
    return f"msid of {song.artist}: {song.title}"


def write_listenbrainz(path, plays, loves=(), extra_lines=()):
    """The zip of listenbrainz.org/settings/export; `extra_lines` go to the first month's end.

    `plays` may be (artist, title, ts, tags).
    """
    plays = [p if isinstance(p, Play) else Play(*p[:2], "", p[2], tags=tuple(p[3])) for p in plays]
    months: dict[str, list[str]] = {}
    for play in plays:
        when = datetime.fromtimestamp(play.ts, UTC)
        line = json.dumps(listen_entry(play))
        months.setdefault(f"listens/{when.year}/{when.month}.jsonl", []).append(line)
    if extra_lines:
        months.setdefault(next(iter(months), "listens/2020/1.jsonl"), []).extend(extra_lines)
    feedback = [
        json.dumps({"recording_msid": msid(one), "recording_mbid": None, "score": one.score,
                    "created": int(one.ts)})
        for one in loves
    ]  # fmt: skip
    files = {name: "\n".join(rows) + "\n" for name, rows in months.items()}
    files |= {
        "user.json": json.dumps({"user_id": 1, "username": _USER}),
        "feedback.jsonl": "\n".join(feedback),
        "pinned_recording.jsonl": "",
    }
    return packed(path, files)


def lastfm_csv(plays):
    """The text of lastfm.ghan.nl's CSV."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, quoting=csv.QUOTE_ALL)
    rows.writerow(
        ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]
    )
    for p in plays:
        when = iso(p.ts, "%d %b %Y, %H:%M")
        rows.writerow([int(p.ts), when, p.artist, "", p.album, "", p.title, ""])
    return text.getvalue()


def write_lastfm_csv(path, plays, encoding="utf-8"):
    Path(path).write_bytes(lastfm_csv(plays).encode(encoding, "replace"))
    return Path(path)


def write_lastfm_json(path, plays, per_page=200):
    """Pages of user.getRecentTracks, the first with what is playing at the moment."""
    tracks = [
        {
            "artist": {"mbid": "", "#text": p.artist},
            "streamable": "0",
            "name": p.title,
            "album": {"mbid": "", "#text": p.album},
            "url": f"https://marked.example/user/{_USER}",
            "date": {"uts": str(int(p.ts)), "#text": iso(p.ts, "%d %b %Y, %H:%M")},
        }
        for p in plays
    ]
    now = {"artist": {"#text": "Now"}, "name": "Playing", "@attr": {"nowplaying": "true"}}
    pages = [tracks[i : i + per_page] for i in range(0, len(tracks), per_page)] or [[]]
    pages[0] = [now, *pages[0]]
    about = {"user": _USER, "page": "1"}
    found = [{"recenttracks": {"track": page, "@attr": about}} for page in pages]
    Path(path).write_text(json.dumps(found), encoding="utf-8")
    return Path(path)


def apple_row(play, **other):
    """One event of Apple's play activity."""
    return {
        "Apple ID Number": _MAIL,
        "Client IP Address": _ADDRESS,
        "Device Identifier": _USER,
        "Device Type": _PLATFORM,
        "Store Front Name": _COUNTRY,
        "Event Type": "PLAY_END",
        "Media Type": "AUDIO",
        "Song Name": play.title,
        "Container Artist Name": play.artist,
        "Album Name": play.album,
        "Event Start Timestamp": iso(play.ts, "%Y-%m-%dT%H:%M:%S.000Z"),
        "Play Duration Milliseconds": str(int(1000 * (play.seconds_played or 0))),
        "Media Duration In Milliseconds": str(int(1000 * (play.seconds or 0))),
        "End Reason Type": "NATURAL_END_OF_TRACK",
    } | other


def write_apple(path, plays, others=()):
    """Apple's archive: the play activity among other services' files."""
    rows = [apple_row(p) for p in plays] + list(others)
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(apple_row(Play("", "", "", NOW))), quoting=csv.QUOTE_ALL)
    table.writeheader()
    table.writerows(rows)
    home = "Apple_Media_Services/Apple Music Activity"
    return packed(
        path,
        {
            f"{home}/Apple Music Play Activity.csv": text.getvalue(),
            f"{home}/Apple Music - Favorites.csv": f"Preference,{_MAIL}\n",
            "Apple_Media_Services/Account/Account.csv": f"{_USER},{_ADDRESS}\n",
        },
    )


WRITERS = {
    "extended.zip": write_spotify_extended,
    "account.zip": write_spotify_account,
    "listenbrainz.zip": write_listenbrainz,
    "scrobbles.csv": write_lastfm_csv,
    "recenttracks.json": write_lastfm_json,
    "apple.zip": write_apple,
}

__all__ = ["MARKS", "NOW", "WRITERS", "Love", "Play"]
