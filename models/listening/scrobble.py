"""When a play counts, and plays told from what Discord shows as playing.

In: seconds, or sights of "listening to Spotify" with their times. Out: listens and skips.
The rule is Last.fm's (last.fm/api/scrobbling), which ListenBrainz shares: a track longer than 30
seconds counts when half of it, or four minutes, were heard. What a presence shows: a start and an
end that move when somebody seeks, nothing while it is paused, and the same thing once for every
server that the person shares with the bot (notes/recommendation.md section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHORTEST = 30.0
ENOUGH = 240.0
#: A track that goes on within this many seconds after it vanished was paused.
PAUSE = 1800.0
#: A position of at most so many seconds is the beginning of a track.
_BEGINNING = 10.0


def counts(played: float, length: float | None) -> bool:
    """Whether a play is a listen; both in seconds.

    Without a length 30 seconds are enough, which is what Spotify itself counts as a stream.
    """
    if length is None or length <= 0:
        return played >= SHORTEST
    return length > SHORTEST and played >= min(length / 2, ENOUGH)


@dataclass(frozen=True, slots=True)
class Playing:
    """What a presence shows; `start` and `end` are UTC epoch seconds, `track_id` is Spotify's."""

    track_id: str
    artist: str
    title: str
    album: str
    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds of the whole track."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Heard:
    """One play that is over: `started` in UTC epoch seconds, `seconds` heard."""

    playing: Playing
    kind: Literal["listen", "skip"]
    started: float
    seconds: float


@dataclass(slots=True)
class _Session:
    """A track as it is being heard; `since` is from when the present stretch counts."""

    playing: Playing
    started: float
    since: float
    seconds: float = 0.0
    told: bool = False

    def heard(self, now: float) -> float:
        return self.seconds + max(0.0, min(now, self.playing.end) - self.since)


@dataclass(slots=True)
class NowPlaying:
    """What one person plays, in one scope; drop it and nothing of it is left.

    Feed it every sight (`see`), also the same one from several servers, and whatever it returns is
    to be stored. After a restart the first sight has the track's true start, so a play under way
    keeps its length and its identity (person, track, start).
    """

    current: _Session | None = None
    paused: _Session | None = None
    paused_at: float = 0.0
    over: tuple[str, float] | None = None

    def see(self, playing: Playing | None, now: float) -> list[Heard]:
        """Take one sight at `now` (UTC epoch seconds); returns what is over because of it."""
        before = self.current
        known = before is not None or (self.paused is not None and now - self.paused_at < PAUSE)
        if before is not None and playing is not None:
            if (playing.track_id, playing.start) == self.over:
                return []  # an older sight that came late
            if playing.track_id == before.playing.track_id:
                if abs(playing.start - before.playing.start) < 1.0:
                    return []  # another server shows the same
                if now - playing.start > _BEGINNING and not _follows(playing, before):
                    _seek(before, playing, now)
                    return []
        ended = self._end(now, playing)
        if playing is not None:
            whole = not known or (before is not None and _follows(playing, before))
            self._begin(playing, now, whole=whole)
        return ended

    def _begin(self, playing: Playing, now: float, *, whole: bool) -> None:
        held, self.paused = self.paused, None
        late = now - playing.start > _BEGINNING
        same = held is not None and held.playing.track_id == playing.track_id
        if held is not None and same and late and now - self.paused_at < PAUSE:
            _seek(held, playing, now)
            self.current = held
            return
        # Met under way (`whole`), as after a restart: it has played from its start. After another
        # track a late position is a seek, and only what follows is heard.
        since = playing.start if whole or not late else now
        self.current = _Session(playing, playing.start, since)

    def _end(self, now: float, then: Playing | None) -> list[Heard]:
        session, self.current = self.current, None
        if session is None:
            return []
        track = session.playing
        self.over = track.track_id, track.start
        session.seconds, session.since = session.heard(now), track.end
        if then is None:
            self.paused, self.paused_at = session, now
        if session.told:
            return []
        if counts(session.seconds, track.length):
            session.told = True
            return [Heard(track, "listen", session.started, session.seconds)]
        skipped = session.seconds < SHORTEST < track.length
        if then is not None and skipped and then.track_id != track.track_id:
            return [Heard(track, "skip", session.started, session.seconds)]
        return []


def _seek(session: _Session, playing: Playing, now: float) -> None:
    """The track goes on at another place, or after a pause: what was heard so far stays heard."""
    session.seconds, session.since = session.heard(now), now
    session.playing = playing


def _follows(playing: Playing, before: _Session) -> bool:
    """Whether one began where the other ended, as on repeat."""
    return playing.start > before.playing.end - 2.0
