"""A history by day: what is kept of an export, and what a person is told about it.

In: an `Export`. Out: plays per track and day, ratings, and counts. Doubles are removed by (start,
artist, track), dates before 2002 (when Last.fm, the oldest of the services, began) and after today
are left out, and a history that nobody can have listened to is refused: .fmbot's rule, 650 plays a
day or 18 hours a day over eight days. What is older than three years counts by year, not by day:
with a half-life of half a year it weighs next to nothing (1.5 %), and twenty years by day are a
hundred thousand rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from models.errors import Refusal
from models.listening.limits import MOST_PLAYS
from models.listening.values import Export, Love, Play, Skip, Tally
from models.recommender.names import artist_key, track_key

DAY = 86400
OLDEST = datetime(2002, 1, 1, tzinfo=UTC).timestamp()
#: Clocks of players run ahead; what is a day ahead is wrong.
_AHEAD = float(DAY)
_WINDOW = 8  # days
_MOST_A_DAY = 650  # plays, over a window
_MOST_HOURS = 144.0  # in a window
_YEARS_BY_DAY = 3
_TELL_EVERY = 20_000

TOO_MANY = "“{name}” holds more than the {most} plays I take; send a part of it."
IMPLAUSIBLE = (
    "I do not take this history: around {date} it has more plays ({plays} in eight days) than "
    "anyone can listen to. Remove what was scrobbled by mistake and send it again."
)
NOTHING = "There is no play in “{name}” that I can count ({skipped} entries were left out)."


@dataclass(frozen=True, slots=True)
class Track:
    """What somebody played of one track: (days since 1970-01-01 UTC, plays), in order of days.

    Plays of a whole year stand at its first day, see above.
    """

    key: str
    artist: str
    title: str
    days: tuple[tuple[int, int], ...]
    tags: tuple[str, ...] = ()
    rating: int = 0
    rated: float = 0.0

    @property
    def plays(self) -> int:
        """Plays over all days."""
        return sum(count for _, count in self.days)


@dataclass(frozen=True, slots=True)
class History:
    """All that is kept of an export, and its figures.

    `first` and `last` are days since 1970-01-01; `skipped` counts entries by why they were left
    out, `notes` are templates and values.
    """

    service: str
    tracks: tuple[Track, ...]
    plays: int
    artists: int
    first: int
    last: int
    skipped: Mapping[Skip, int]
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()


@dataclass(slots=True)
class _Song:
    artist: str
    title: str
    days: Counter[int] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    love: Love | None = None


def aggregate(
    export: Export, now: float, name: str = "", tell: Callable[[int], None] = lambda _: None
) -> History:
    """Read an export through.

    Parameters
    ----------
    export : Export
        As `read_export` opened it.
    now : float
        UTC epoch seconds; plays after it are left out.
    name : str
        What the person calls the file.
    tell : callable
        Told the number of plays so far, now and then.

    Raises
    ------
    Refusal
        When the file is damaged, holds no play or too many, or nobody can have listened so much.
    """
    songs: dict[str, _Song] = {}
    first_days = _first_days(now)
    per_day: Counter[int] = Counter()
    seconds: Counter[int] = Counter()
    plays = 0
    for key, play in _single(export.plays, export.tally, now):
        song = songs.get(key)
        if song is None:
            song = songs[key] = _Song(play.artist, play.title)
        day = int(play.ts // DAY)
        song.days[first_days.get(day, day)] += 1
        song.tags.update(play.tags)
        per_day[day] += 1
        seconds[day] += int(_heard(play))
        plays += 1
        if plays > MOST_PLAYS:
            raise Refusal(TOO_MANY, name=name, most=MOST_PLAYS)
        if plays % _TELL_EVERY == 0:
            tell(plays)
    _check_plausible(per_day, seconds)
    _add_ratings(songs, export.tally.loves, now)
    if not songs:
        raise Refusal(NOTHING, name=name, skipped=export.tally.skipped.total())
    return History(
        service=export.service,
        tracks=tuple(_track(key, song) for key, song in songs.items()),
        plays=plays,
        artists=len({key.partition(" / ")[0] for key in songs}),
        first=min(per_day, default=0),
        last=max(per_day, default=0),
        skipped=dict(export.tally.skipped.most_common()),
        notes=tuple(export.tally.notes),
    )


def _single(plays: Iterable[Play], tally: Tally, now: float) -> Iterable[tuple[str, Play]]:
    """(track key, play) for each play at a possible time that was not there before."""
    seen: set[int] = set()
    keys: dict[tuple[str, str], str] = {}
    for play in plays:
        if not OLDEST <= play.ts <= now + _AHEAD:
            tally.skipped["date"] += 1
            continue
        names = play.artist, play.title
        key = keys.get(names)
        if key is None:
            key = keys[names] = track_key(*names)
        mark = hash((round(play.ts), key))  # 64 bits: a million plays collide once in 10**7 files
        if mark in seen:
            tally.skipped["twice"] += 1
            continue
        seen.add(mark)
        yield key, play


def _first_days(now: float) -> dict[int, int]:
    """Each day of the years that count by year -> that year's first day."""
    since = datetime.fromtimestamp(OLDEST, UTC).year
    fine = datetime.fromtimestamp(now, UTC).year - _YEARS_BY_DAY
    starts = [int(datetime(y, 1, 1, tzinfo=UTC).timestamp() // DAY) for y in range(since, fine + 1)]
    return {day: start for start, end in pairwise(starts) for day in range(start, end)}


def _heard(play: Play) -> float:
    """Seconds of a play as far as the export says, at most the track's."""
    known = [s for s in (play.seconds_played, play.seconds) if s is not None]
    return max(0.0, min(known, default=0.0))


def _check_plausible(plays: Mapping[int, int], seconds: Mapping[int, int]) -> None:
    """Refuse what no person can have listened to."""
    for day in plays:
        window = range(day, day + _WINDOW)
        total = sum(plays.get(d, 0) for d in window)
        hours = sum(seconds.get(d, 0) for d in window) / 3600
        if total >= _MOST_A_DAY * _WINDOW or hours >= _MOST_HOURS:
            date = datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
            raise Refusal(IMPLAUSIBLE, date=date, plays=total)


def _add_ratings(songs: dict[str, _Song], loves: Iterable[Love], now: float) -> None:
    """Put ratings to their tracks, the last of each."""
    for love in sorted(loves, key=lambda one: one.ts):
        if OLDEST <= love.ts <= now + _AHEAD:
            key = track_key(love.artist, love.title)
            songs.setdefault(key, _Song(love.artist, love.title)).love = love


def _track(key: str, song: _Song) -> Track:
    tags = tuple(tag for tag, _ in song.tags.most_common(8))
    days = tuple(sorted(song.days.items()))
    love = song.love
    rating, rated = (love.score, love.ts) if love else (0, 0.0)
    return Track(key, song.artist, song.title, days, tags, rating, rated)


def artist_of(track: Track) -> str:
    """The key of a track's artist."""
    return artist_key(track.artist)
