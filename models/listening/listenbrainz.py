"""ListenBrainz' export: a listen a line, and what the person loves and hates.

In: one line of `listens/YYYY/M.jsonl` (or of a list sent to its API), lines of `feedback.jsonl`.
Out: a `Play` or why it is none; ratings by recording, whose names only the listens tell. Of
"additional_info" only the length, what was heard and the tags are looked at; players, services and
addresses are never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.listening.fields import mapping, moment, number, word
from models.listening.scrobble import counts
from models.listening.values import Love, Play, Skip

_MOST_TAGS = 8
_LONGEST_TAG = 40


def listen(entry: Mapping[str, Any]) -> Play | Skip:
    """One listen; ListenBrainz keeps what counted, so it counts unless it says otherwise."""
    about = mapping(entry.get("track_metadata"))
    artist, title = word(about.get("artist_name")), word(about.get("track_name"))
    if not artist or not title:
        return "nameless"
    at = moment(entry.get("listened_at"))
    if at is None:
        return "date"
    info = mapping(about.get("additional_info"))
    length = number(info.get("duration_ms"))
    length = number(info.get("duration")) if length is None else length / 1000
    played = number(info.get("duration_played"))
    if played is not None and not counts(played, length):
        return "short"
    return Play(artist, title, word(about.get("release_name")), at, played, length, _tags(info))


def _tags(info: Mapping[str, Any]) -> tuple[str, ...]:
    found = info.get("tags")
    named = (word(tag)[:_LONGEST_TAG] for tag in found) if isinstance(found, list) else ()
    return tuple(dict.fromkeys(tag.casefold() for tag in named if tag))[:_MOST_TAGS]


def each(value: Any) -> Iterator[Mapping[str, Any]]:
    """The listens of one value of a file: itself, or the payload of a submission."""
    found = mapping(value)
    payload = found.get("payload")
    if isinstance(payload, list) and found.get("listen_type") != "playing_now":
        yield from (mapping(one) for one in payload)
    elif payload is None:
        yield found


@dataclass(slots=True)
class Ratings:
    """Ratings by recording, until a listen tells the recording's names.

    Feed it every line of the feedback (`rate`), then every listen (`meet`); `found` is what it
    comes to, `unnamed` how many ratings no listen named.
    """

    count: int = 0
    wanted: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    names: dict[int, Love] = field(default_factory=dict)

    def rate(self, entry: Mapping[str, Any]) -> None:
        """Take one line of the feedback; a score of 0 is none."""
        score, at = number(entry.get("score")), moment(entry.get("created"))
        about = mapping(entry.get("track_metadata"))
        if score not in (1, -1) or at is None:
            return
        self.count += 1
        artist, title = word(about.get("artist_name")), word(about.get("track_name"))
        if artist and title:
            self.names[self.count] = Love(artist, title, int(score), at)
        for name in ("recording_msid", "recording_mbid"):
            if isinstance(id := entry.get(name), str) and id:
                self.wanted[id] = self.count, int(score), at

    def meet(self, entry: Mapping[str, Any], play: Play) -> None:
        """Name a rating, if this listen is of its recording."""
        if not self.wanted:
            return
        about = mapping(entry.get("track_metadata"))
        info, known = mapping(about.get("additional_info")), mapping(about.get("mbid_mapping"))
        for id in (
            entry.get("recording_msid"), about.get("recording_msid"), info.get("recording_msid"),
            info.get("recording_mbid"), known.get("recording_mbid"),
        ):  # fmt: skip
            rating = self.wanted.get(id) if isinstance(id, str) else None
            if rating is not None and rating[0] not in self.names:
                self.names[rating[0]] = Love(play.artist, play.title, *rating[1:])

    @property
    def found(self) -> list[Love]:
        """The ratings whose tracks are known."""
        return list(self.names.values())

    @property
    def unnamed(self) -> int:
        """How many ratings are of tracks that no listen names."""
        return len({number for number, *_ in self.wanted.values()} - self.names.keys())
