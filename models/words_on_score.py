"""Words against the notes of a score, for everything that writes them into a file or reads them.

In: `Lyrics` and the score they belong to, or the bare syllables that a stranger's file has under
its notes. Out: the track that sings and each syllable's place in its word and line; or `Lyrics`,
with lines where the file states them and else where a singer would end one. What a file says is
data: control characters are taken out, and lengths and counts are bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal

from models.lyrics import Language, Line, Lyrics, Sung
from models.score import TICKS_PER_BEAT, Note, Score, on_grid

Syllabic = Literal["single", "begin", "middle", "end"]
#: What follows a syllable: the rest of its word, another word, a new line, a new stanza.
After = Literal["", "word", "line", "stanza"]

MOST_SYLLABLES = 5_000
LONGEST_SYLLABLE = 40  # characters
_LONGEST_LINE = 16  # syllables that nobody sings in one breath
_SHORTEST_LINE = 3
_LONG_HELD = 1.9  # a note of so many medians ends a line, before a capital letter
_ENDS = (".", "!", "?", ";", ":", "。", "！", "？", "；")
_PAUSES = (*_ENDS, ",", "，", "、", "—", "-")
_NEAR = 0.13  # beats between a syllable and its note in a file that was played in
_I = ("I", "I'm", "I'll", "I've", "I'd", "I’m", "I’ll", "I’ve", "I’d", "O", "Oh")


@dataclass(frozen=True, slots=True)
class Placed:
    """A syllable with its place: in its word, and what follows it."""

    sung: Sung
    syllabic: Syllabic
    after: After


@dataclass(frozen=True, slots=True)
class Found:
    """A syllable as a file has it, by its onset in beats; `after` None where the file is silent."""

    onset: float
    text: str
    joined: bool
    after: After | None = None


def placed(lyrics: Lyrics) -> tuple[Placed, ...]:
    """Every syllable in the order it is sung."""
    found: list[Placed] = []
    following = [*lyrics.lines[1:], None]
    for line, onward in zip(lyrics.lines, following, strict=False):
        inside = False
        for number, sung in enumerate(line.sung, start=1):
            goes_on = sung.joined and number < len(line.sung)
            after: After = "" if goes_on else "word"
            if number == len(line.sung):
                after = "line" if onward and onward.section == line.section else "stanza"
            found.append(Placed(sung, _syllabic(inside, goes_on), after))
            inside = goes_on
    return tuple(found)


def _syllabic(inside: bool, goes_on: bool) -> Syllabic:
    if inside:
        return "middle" if goes_on else "end"
    return "begin" if goes_on else "single"


def singer(score: Score, lyrics: Lyrics) -> int | None:
    """The track (its index) whose notes the words stand under; None where none has their onsets."""
    wanted = Counter(_tick(p.sung.onset) for p in placed(lyrics))

    def meets(index: int) -> tuple[int, bool, int]:
        track = score.tracks[index]
        met = sum(wanted[tick] for tick in {_tick(n.onset) for n in track.notes})
        return met, track.role == "melody", -len(track.notes)

    pitched = [i for i, t in enumerate(score.tracks) if t.notes and not t.is_drum]
    best = max(pitched, key=meets, default=None)
    return best if best is not None and meets(best)[0] else None


def _tick(beats: float) -> int:
    return round(beats * TICKS_PER_BEAT)


def clean(text: str, longest: int = LONGEST_SYLLABLE) -> str:
    """A stranger's text on one line, without characters that print nothing or steer a terminal."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    return " ".join(shown.split())[:longest]


def lyrics_of(syllables: Sequence[Found], notes: Sequence[Note], score: Score) -> Lyrics | None:
    """The words of a file over the notes of their part; None where there are no words.

    A note without a syllable that follows one without a rest is sung on that syllable.
    """
    starts = {n.onset for n in notes}
    kept = {s.onset: s for s in syllables[:MOST_SYLLABLES] if s.text and s.onset in starts}
    rows = [kept[onset] for onset in sorted(kept)]
    if not rows:
        return None
    language = _language(rows)
    if language == "zh":  # each character is a word
        rows = [replace(row, joined=False) for row in rows]
    sung = _held(rows, notes, score)
    cut = _cuts(rows, sung, language)
    lines = [_line(sung[a:b], score, language) for a, b in pairwise([0, *cut, len(sung)]) if a < b]
    return Lyrics(clean(score.title, 200), language, tuple(lines), by="")


def sung_on(
    syllables: Sequence[Found], tracks: Iterable[Sequence[Note]], score: Score
) -> Lyrics | None:
    """The words of a file that stand apart from its notes, on the track they fit best.

    A syllable belongs to a note that begins with it, or nearly; None where most have no note.
    """
    best: list[Found] = []
    under: Sequence[Note] = ()
    for notes in tracks:
        onsets = sorted({n.onset for n in notes})
        moved = [replace(s, onset=_near(onsets, s.onset)) for s in syllables] if onsets else []
        kept = [
            m for m, s in zip(moved, syllables, strict=False) if abs(m.onset - s.onset) <= _NEAR
        ]
        if (len(kept), -len(notes)) > (len(best), -len(under)):
            best, under = kept, notes
    return lyrics_of(best, under, score) if 2 * len(best) > len(syllables) else None


def _near(onsets: Sequence[float], place: float) -> float:
    at = bisect_left(onsets, place)
    return min(onsets[max(0, at - 1) : at + 1], key=lambda onset: abs(onset - place))


def _held(rows: Sequence[Found], notes: Sequence[Note], score: Score) -> list[Sung]:
    """The syllables with the notes that they are held over: to a rest or the section's end."""
    by_onset: dict[float, float] = {}
    for n in notes:
        by_onset[n.onset] = max(by_onset.get(n.onset, 0.0), n.end)
    onsets = sorted(by_onset)
    bar = score.meter.bar_beats
    doors = [*(s.start_bar * bar for s in score.sections), score.beats]
    nexts = [row.onset for row in rows[1:]] + [score.beats]
    stops = [
        min([after, *(d for d in doors if d > row.onset)])
        for row, after in zip(rows, nexts, strict=True)
    ]
    found = []
    for row, stop in zip(rows, stops, strict=True):
        end, count = row.onset, 0
        for onset in onsets[bisect_left(onsets, row.onset) : bisect_left(onsets, stop)]:
            if count and onset > end + 1 / TICKS_PER_BEAT:
                break  # after a rest the voice is silent, or another player's
            end, count = max(end, by_onset[onset]), count + 1
        found.append(Sung(row.text, row.onset, on_grid(min(end, stop)), count, row.joined))
    return found


def _language(rows: Iterable[Found]) -> Language:
    letters = [c for row in rows for c in row.text if c.isalpha()]
    return "zh" if 2 * sum("\u4e00" <= c <= "\u9fff" for c in letters) > len(letters) else "en"


def _cuts(rows: Sequence[Found], sung: Sequence[Sung], language: Language) -> list[int]:
    """Where lines begin after the first: as the file states, else by breath and capital letters."""
    if any(row.after in ("line", "stanza") for row in rows):
        return [i for i, row in enumerate(rows[:-1], 1) if row.after in ("line", "stanza")]
    held = median(s.end - s.onset for s in sung)
    found: list[int] = []
    begun = 0
    for i in range(1, len(sung)):
        before, here = sung[i - 1], sung[i]
        if before.joined and language == "en":
            continue
        rest = here.onset - before.end
        breath = rest > 1e-6 or before.end - before.onset >= _LONG_HELD * held
        capital = here.text[:1].isupper() and here.text.strip(",.!?") not in _I
        ends = before.text.endswith(_ENDS) or (
            capital and (breath or before.text.endswith(_PAUSES))
        )
        long = i - begun >= _SHORTEST_LINE
        if (long and (ends or rest >= 1.0)) or (i - begun >= _LONGEST_LINE and breath):
            found.append(i)
            begun = i
    return found


def _line(sung: Sequence[Sung], score: Score, language: Language) -> Line:
    """A line in the section that most of its syllables lie in."""
    own = (*sung[:-1], replace(sung[-1], joined=False))
    return Line(line_text(own, language), _section(own, score), own)


def in_sections(lyrics: Lyrics, score: Score) -> Lyrics:
    """The same words in the sections of another score with their melody."""
    lines = tuple(replace(x, section=_section(x.sung, score)) for x in lyrics.lines if x.sung)
    return lyrics if lines == lyrics.lines else replace(lyrics, lines=lines, schemes={})


def _section(sung: Sequence[Sung], score: Score) -> int:
    bar = score.meter.bar_beats
    inside = Counter(
        next(
            (
                i
                for i, s in enumerate(score.sections)
                if s.start_bar * bar <= one.onset < (s.start_bar + s.bars) * bar
            ),
            0,
        )
        for one in sung
    )
    return inside.most_common(1)[0][0]


def line_text(sung: Sequence[Sung], language: Language) -> str:
    """Syllables as a line is written."""
    space = "" if language == "zh" else " "
    return "".join(s.text + ("" if s.joined else space) for s in sung).strip()
