"""Words timed to the recording, as .lrc files that music players follow.

In: a score with its plan, its `Lyrics` and how long the recording is. Out: text: [ti:], [ar:],
[length:], a line per line with [mm:ss.xx] where it begins in the sound and <mm:ss.xx> before every
word (the "enhanced" or A2 form; players that know only lines skip those). The times are those of
the performance that was rendered, swing and slips included, not of the score; the recording starts
where the performance does, and a loop's is one pass of it (`bot.render.cutting`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from models.lyrics import Lyrics
from models.performance import perform
from models.planner.plan import Plan
from models.score import Note, Score
from models.words_on_score import Placed, placed, singer

_CLEARED = 4.0  # seconds of silence after a line from which on an empty line takes it away


def lrc(score: Score, plan: Plan, lyrics: Lyrics, seconds: float) -> str:
    """The words of a piece as a .lrc file; `seconds` is the length of its recording.

    Words that the recording ends before are left out.
    """
    rows = [f"[ti:{_plain(lyrics.title or score.title)}]", f"[ar:{_plain(lyrics.by or 'Segno')}]"]
    rows += [f"[length:{int(seconds) // 60:02d}:{int(seconds) % 60:02d}]", "[re:Segno]"]
    starts = onsets(score, plan, lyrics)
    following = [line[0] for line in starts[1:]] + [seconds]
    lines = _lines(lyrics)
    for line, times, after in zip(lines, starts, following, strict=True):
        if times[0] >= seconds:
            break
        end = min(score.seconds_at(line[-1].sung.end), after, seconds)
        end = max(end, times[-1])
        rows.append(_line(line, times, end, lyrics.language == "zh"))
        if after - end > _CLEARED:
            rows.append(f"[{stamp(end)}]")
    return "\n".join(rows) + "\n"


def onsets(score: Score, plan: Plan, lyrics: Lyrics) -> list[list[float]]:
    """Seconds in the recording at which each syllable of each line begins, as it is played."""
    index = singer(score, lyrics)
    played: dict[float, float] = {}
    if index is not None:
        player = perform(score, plan, plan.seed).players[index]
        played = _played(score.tracks[index].notes, player.track.notes)
    return [
        [score.seconds_at(played.get(one.sung.onset, one.sung.onset)) for one in line]
        for line in _lines(lyrics)
    ]


def _played(written: Sequence[Note], performed: Sequence[Note]) -> dict[float, float]:
    """Written onset -> onset as performed (beats); a note the player left out has none.

    A player keeps the pitches and the order of each pitch, and moves every note by less than the
    distance to the next of its pitch, or drops one of two that came together.
    """
    by_pitch: defaultdict[int, list[float]] = defaultdict(list)
    for n in performed:
        by_pitch[n.pitch].append(n.onset)
    groups: defaultdict[int, list[float]] = defaultdict(list)
    for n in written:
        groups[n.pitch].append(n.onset)
    found: dict[float, float] = {}
    for pitch, places in groups.items():
        there = sorted(by_pitch[pitch])
        if len(there) != len(places):
            there = [min(there, key=lambda x: abs(x - at), default=at) for at in sorted(places)]
        for at, heard in zip(sorted(places), there, strict=True):
            found[at] = min(found.get(at, heard), heard)
    return found


def _lines(lyrics: Lyrics) -> list[list[Placed]]:
    """The syllables of each line that has some."""
    every = iter(placed(lyrics))
    return [[next(every) for _ in line.sung] for line in lyrics.lines if line.sung]


def _line(line: Sequence[Placed], times: Sequence[float], end: float, chinese: bool) -> str:
    """One row: where it begins, each word with its stamp, and where the last one ends."""
    space = "" if chinese else " "
    words = [f"<{stamp(at)}>{space}{_plain(word)}" for at, word in _words(line, times, chinese)]
    return f"[{stamp(times[0])}]{space}{space.join(words)}{space}<{stamp(end)}>"


def _words(
    line: Sequence[Placed], times: Sequence[float], chinese: bool
) -> Iterator[tuple[float, str]]:
    """(seconds, word); a Chinese character is a word."""
    at, word = times[0], ""
    for one, time in zip(line, times, strict=True):
        at = at if word else time
        word += one.sung.text
        if chinese or one.syllabic in ("single", "end"):
            yield at, word
            word = ""


def _plain(text: str) -> str:
    """Text without the brackets that would be read as stamps."""
    return " ".join(text.translate(str.maketrans("[]<>", "()()")).split())


def stamp(seconds: float) -> str:
    """mm:ss.xx."""
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
