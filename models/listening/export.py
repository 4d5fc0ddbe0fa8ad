"""A person's export of any service, told by its content: one road for archives and single files.

In: the path of an upload and what the person calls it. Out: an `Export` whose plays are read as
they are asked for. Formats: notes/recommendation.md section 4; the parsers are `spotify`,
`listenbrainz`, `lastfm` and `apple`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from models.errors import Refusal
from models.listening import apple, lastfm, limits, listenbrainz, spotify, stream
from models.listening.fields import mapping
from models.listening.limits import Budget
from models.listening.listenbrainz import Ratings
from models.listening.values import Export, Play, Service, Skip, Tally

Found = Iterator[Play | Skip | None]

UNKNOWN = (
    "“{name}” is no listening history that I know: send a Spotify, ListenBrainz or Apple Music "
    "export (.zip), or a Last.fm history (.csv or .json)."
)
NO_LISTENS = (
    "“{name}” holds no listening history; in a Spotify export that is the “extended streaming "
    "history” or “account data”, in Apple's “Apple Music Play Activity.csv”."
)
UNNAMED = (
    "{count} ratings are of tracks that are not in this history, so I cannot tell their names."
)

_BEGINNING = 4096  # characters
_MEMBERS = re.compile(
    r"(?:^|/)(?:Streaming_History_Audio_[^/]*\.json|endsong_[^/]*\.json"
    r"|StreamingHistory(?:_music_)?_?\d+\.json|feedback\.jsonl|listens/[^/]+/[^/]+\.jsonl"
    r"|Apple Music (?:- )?Play Activity\.csv|[^/]*(?:scrobbles|recent_?tracks|lastfm|last\.fm)"
    r"[^/]*\.(?:csv|json))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _File:
    """One text of an upload."""

    name: str
    text: TextIO
    tally: Tally
    ratings: Ratings


def read_export(path: Path, name: str) -> Export:
    """Open an export; its plays stream, and the archive stays open until they are through.

    Parameters
    ----------
    path : Path
        The upload.
    name : str
        What the person calls it, for sentences only.

    Raises
    ------
    Refusal
        When it is not an export, damaged, locked or too much; the plays raise it as well.
    """
    name = name[:60]
    if path.stat().st_size == 0:
        raise Refusal(limits.EMPTY, name=name)
    tally = Tally()
    found = _archive(path, name, tally) if limits.is_zip(path) else _single(path, name, tally)
    service = next(found)  # opens it and tells which it is, or refuses
    assert isinstance(service, str)  # noqa: S101 - both generators begin with it
    plays = (one for one in found if isinstance(one, Play))
    return Export(service, plays, tally)  # type: ignore[arg-type]


def _archive(path: Path, name: str, tally: Tally) -> Iterator[str | Play]:
    budget, ratings, told = Budget(name), Ratings(), ""
    with limits.opened(path, name) as archive:
        found = limits.members(archive, _MEMBERS, name)
        # Ratings first: the listens then tell what they are of.
        found.sort(key=lambda m: not m.filename.endswith("feedback.jsonl"))
        for member in found:
            with closing(_text(archive, member, budget)) as text:
                short = member.filename.rpartition("/")[2][:60]
                service, plays = _told(_File(short, text, tally, ratings))
                if service and not told:
                    told = service
                    yield service
                if service == told:  # one person's history of one service
                    yield from plays
        if not told:
            raise Refusal(NO_LISTENS, name=name)
    _rate(ratings, tally)


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget) -> TextIO:
    return limits.text(archive.open(member), budget)


def _single(path: Path, name: str, tally: Tally) -> Iterator[str | Play]:
    ratings = Ratings()
    with path.open("rb") as raw, closing(limits.text(raw, Budget(name))) as text:
        service, plays = _told(_File(name, text, tally, ratings))
        if not service:
            raise Refusal(UNKNOWN, name=name)
        yield service
        yield from plays
    _rate(ratings, tally)


def _rate(ratings: Ratings, tally: Tally) -> None:
    tally.loves.extend(ratings.found)
    if ratings.unnamed:
        tally.notes.append((UNNAMED, {"count": ratings.unnamed}))


def _told(file: _File) -> tuple[Service | None, Iterator[Play]]:
    """Which service a text is from, by its beginning, and its plays."""
    start = file.text.read(_BEGINNING)
    rest = _Again(start, file.text)
    if start.lstrip()[:1] in ("[", "{"):
        service, found = _json(file, rest)
    else:
        service, found = _csv(file, rest)
    return service, _counted(found, file.tally)


class _Again:
    """A text whose beginning was looked at."""

    def __init__(self, start: str, text: TextIO) -> None:
        self._start, self._text = io.StringIO(start, newline=""), text

    def read(self, size: int) -> str:
        return self._start.read(size) or self._text.read(size)

    def readline(self, size: int) -> str:
        line = self._start.readline(size)
        return line if line.endswith("\n") else line + self._text.readline(size)


def _json(file: _File, text: Any) -> tuple[Service | None, Found]:
    ends = file.name.lower().endswith
    values = stream.lines if ends(".jsonl") else stream.values
    arguments = (file.tally,) if ends(".jsonl") else (file.tally, file.name)
    found = values(text, *arguments)
    first = next(found, None)
    every = chain(() if first is None else (first,), found)
    head = mapping(first)
    if "master_metadata_track_name" in head or ("ts" in head and "ms_played" in head):
        return "spotify", _each(every, spotify.extended)
    if "endTime" in head and "msPlayed" in head:
        return "spotify", _each(every, spotify.account)
    if "score" in head:
        return "listenbrainz", _feedback(every, file.ratings)
    if "track_metadata" in head or "payload" in head:
        return "listenbrainz", _listens(every, file.ratings)
    if "recenttracks" in head or isinstance(head.get("track"), list) or "artist" in head:
        return "lastfm", (lastfm.track(one) for value in every for one in lastfm.each(value))
    return None, iter(())


def _csv(file: _File, text: Any) -> tuple[Service | None, Found]:
    rows = stream.rows(text, file.tally)
    first = next(rows, [])
    every = chain([first], rows)
    header = {cell.strip() for cell in first}
    if set(apple.COLUMNS) <= header:
        return "apple", (apple.row(row) for row in stream.named(every, file.tally))
    if {"artist", "track"} <= header and header & {"uts", "utc_time"}:
        return "lastfm", (lastfm.row(row) for row in stream.named(every, file.tally))
    if lastfm.is_bare(first):
        return "lastfm", (lastfm.bare(row) for row in every)
    return None, iter(())


def _each(values: Iterator[Any], parse: Callable[[Mapping[str, Any]], Play | Skip]) -> Found:
    for value in values:
        yield parse(value) if isinstance(value, dict) else "damaged"


def _listens(values: Iterator[Any], ratings: Ratings) -> Found:
    for value in values:
        if not isinstance(value, dict):
            yield "damaged"
            continue
        for entry in listenbrainz.each(value):
            play = listenbrainz.listen(entry)
            if isinstance(play, Play):
                ratings.meet(entry, play)
            yield play


def _feedback(values: Iterator[Any], ratings: Ratings) -> Found:
    for value in values:
        ratings.rate(mapping(value))
    yield from ()


def _counted(found: Found, tally: Tally) -> Iterator[Play]:
    for one in found:
        if isinstance(one, Play):
            yield one
        elif one is not None:
            tally.skipped[one] += 1
