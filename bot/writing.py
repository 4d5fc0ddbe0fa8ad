"""From "words about winter" to words on a melody: what the studio does for requests with words.

In: a score with a melody (or words first: see `bot.words_first`), a `Writing`, a seed. Out:
`Lyrics`, the facts that a reply states about them, and their files. Loads the lyricists when they
are first needed; runs in a worker or the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from bot.domain import OnProgress, Progress, Writing
from bot.i18n import translate
from bot.lyrics_ask import NO_WORDS
from bot.piece import PieceFile
from models import vocabulary
from models.errors import Refusal
from models.lyricist.asks import SongAsk, WrittenSong
from models.lyricist.checking import Problem, check, lines_of_text
from models.lyricist.own_words import place_own, with_given
from models.lyricist.placed import grid_of, kept, numbered
from models.lyricist.placing import place
from models.lyricist.prosody import SongGrid, ask_of, read_melody
from models.lyrics import Language, Lyrics
from models.score import Score

if TYPE_CHECKING:
    from models.lyricist.voice import Voice

MISFITS = "{problems} Please change this, so that the words fit the melody."
#: Lines that were refused before and are remembered, so that no take returns.
MOST_REFUSED = 200
#: What of a `Writing` a piece remembers, for another take of its words.
_REMEMBERED = ("about", "themes", "mood", "scheme", "clean", "first_line", "required", "name")


class Writer(Protocol):
    """Who writes words: `models.lyricist.generate.Lyricist` and its Chinese colleague."""

    def write(
        self,
        ask: SongAsk,
        seed: int,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> WrittenSong:
        """The words of a song."""


def english(name: str | None = None) -> Writer:
    """SmolLM2 with Segno's adapter, or the causal model that the owner names."""
    from models.lyricist.generate import load_lyricist

    return load_lyricist(name)


def _chinese() -> Writer:
    from models.lyricist.chinese.generate import load_chinese

    return load_chinese()


@dataclass(frozen=True)
class Writers:
    """The lyricists, each loaded when its first words are asked for.

    `voice` is the learned one that English words are written in.
    """

    english: Callable[[], Writer] = english
    chinese: Callable[[], Writer] = _chinese
    voice: Voice | None = None

    def of(self, language: Language) -> Writer:
        """Who writes in a language.

        Raises
        ------
        Refusal
            When their weight is not installed.
        """
        return self.chinese() if language == "zh" else self.english()


class Misfits(Refusal):
    """Words by a person that do not fit; `problems` are sentences in their language."""

    def __init__(self, found: Sequence[Problem | Refusal], text: str, locale: str) -> None:
        self.text = text
        self.problems = tuple(translate(p.template, locale, **p.values) for p in found)
        joint = " " if locale == "en" else ""
        super().__init__(MISFITS, problems=joint.join(self.problems))


@dataclass(frozen=True)
class Task:
    """One request for words; `steps` is where the writing stands among the job's steps."""

    asked: Writing
    locale: str
    seed: int
    writers: Writers
    on_progress: OnProgress
    steps: tuple[int, int] = (2, 3)

    def told(self, done: int, of: int) -> None:
        """Say that the words are being written."""
        step, steps = self.steps
        self.on_progress(Progress(step, steps, "writing the words"))


def words_for(task: Task, score: Score, piece: PieceFile | None = None) -> Lyrics:
    """The words that are asked for on the melody of a score.

    Raises
    ------
    Refusal
        When there is no melody, no such line, no words to change, or no lyricist; `Misfits` when a
        person's own words do not fit.
    """
    old = piece.lyrics if piece else None
    task = replace(task, asked=remembered(task.asked, piece))
    asked = task.asked
    if asked.act in ("rewrite", "reline") and old is None:
        raise Refusal(NO_WORDS, title=score.title)
    task.told(0, 1)
    language = language_of(asked, task.locale, old)
    same = old is not None and (asked.act != "write") and old.language == language
    grid = grid_of(old, score) if old and same else read_melody(score, language)
    if asked.act == "own":
        return own_words(task, grid, score.title)
    if asked.act == "reline" and old:
        return _line_again(task, grid, old, piece)
    avoid = refused(piece) if asked.act == "rewrite" else ()
    return written(task, grid, valence_of(asked, piece), avoid)


def remembered(asked: Writing, piece: PieceFile | None) -> Writing:
    """What is asked, completed by what the piece's words were asked with."""
    facts = piece.facts.get("words") if piece else None
    if asked.act not in ("rewrite", "reline") or not facts:
        return asked
    before: Mapping[str, Any] = facts.get("asked", {})
    fresh = Writing(asked.act)
    old = {
        k: before[k] for k in _REMEMBERED if k in before and getattr(asked, k) == getattr(fresh, k)
    }
    for name in ("themes", "required"):
        if name in old:
            old[name] = tuple(old[name])
    return replace(asked, **old)


def language_of(asked: Writing, locale: str, old: Lyrics | None = None) -> Language:
    """The language words are written in: as asked, as they are, as their asker speaks."""
    if asked.language:
        return asked.language
    if old and asked.act != "write":
        return old.language
    return "zh" if locale == "zh" else "en"


def valence_of(asked: Writing, piece: PieceFile | None) -> float | None:
    """How glad the words are, -1..1: by the mood asked for, else the piece's own."""
    moods = vocabulary.load().moods
    if asked.mood and asked.mood in moods:
        return moods[asked.mood].valence
    if piece is None:
        return None
    if piece.brief.moods:
        own = [moods[m].valence for m in piece.brief.moods]
        return sum(own) / len(own)
    if piece.brief.valence is not None:
        return piece.brief.valence
    return sum(s.valence for s in piece.plan.sections) / len(piece.plan.sections)


def refused(piece: PieceFile | None) -> tuple[str, ...]:
    """The lines that a piece has, and those its takes before had."""
    if piece is None or piece.lyrics is None:
        return ()
    before = (piece.facts.get("words") or {}).get("refused", ())
    lines = dict.fromkeys([*before, *(line.text for line in piece.lyrics.lines)])
    return tuple(lines)[-MOST_REFUSED:]


def written(task: Task, grid: SongGrid, valence: float | None, avoid: Sequence[str] = ()) -> Lyrics:
    """New words for a grid.

    Raises
    ------
    Misfits
        When a person's own lines do not fit; else as `words_for`.
    """
    asked = task.asked
    given = dict(asked.lines)
    if asked.first_line:
        given.setdefault(1, asked.first_line)
    try:
        fitting = with_given(grid, given)
    except Refusal as refusal:
        typed = "\n".join(text for _, text in sorted(given.items()))
        raise Misfits([refusal], typed, task.locale) from None
    return _placed(task, fitting, given, valence, avoid)


def _placed(
    task: Task,
    grid: SongGrid,
    given: Mapping[int, str],
    valence: float | None,
    avoid: Sequence[str],
) -> Lyrics:
    asked = task.asked
    ask = ask_of(
        grid, themes=asked.themes, valence=valence, scheme=asked.scheme, clean=asked.clean,
        given=given, required=asked.required, avoid=avoid,
    )  # fmt: skip
    if len({slot.pitch for line in grid.lines for slot in line}) == 1:
        ask = _without_tune(ask)
    if grid.language == "en":
        ask = replace(ask, voice=task.writers.voice)
    song = task.writers.of(grid.language).write(ask, task.seed, task.told)
    lyrics = place(grid, song, themes=asked.themes, mood=asked.mood or "", ask=ask)
    return replace(lyrics, title=asked.name or lyrics.title)


def _without_tune(ask: SongAsk) -> SongAsk:
    """The ask of words that come before their melody."""
    stanzas = (
        replace(stanza, lines=tuple(replace(line, contour=()) for line in stanza.lines))
        for stanza in ask.stanzas
    )
    return replace(ask, stanzas=tuple(stanzas))


def _line_again(task: Task, grid: SongGrid, old: Lyrics, piece: PieceFile | None) -> Lyrics:
    """The same words with one line written again to rhyme with the others."""
    number = task.asked.line or 0
    lines = numbered(old, grid)
    if not 1 <= number <= len(lines):
        raise Refusal(
            "There is no line {line}; this melody has {lines} lines of words.",
            line=number,
            lines=len(lines),
        )
    given = {n: text for n, text in enumerate(lines, 1) if n != number}
    avoid = tuple(dict.fromkeys([*refused(piece), lines[number - 1]]))
    task = replace(task, asked=replace(task.asked, scheme=None, required=()))
    return kept(old, _placed(task, grid, given, valence_of(task.asked, piece), avoid))


def own_words(task: Task, grid: SongGrid, title: str) -> Lyrics:
    """A person's own words on a grid.

    Raises
    ------
    Misfits
        When they do not fit.
    """
    texts = lines_of_text(task.asked.text)
    problems = [p for p in check(texts, grid) if not p.soft]
    if problems:
        raise Misfits(problems, task.asked.text, task.locale)
    return place_own(texts, grid, title=task.asked.name or title)


def facts_of(asked: Writing, lyrics: Lyrics, before: PieceFile | None = None) -> dict[str, Any]:
    """What a reply may state about words, what they were asked with, and what was refused."""
    return {
        "title": lyrics.title,
        "hook": lyrics.hook,
        "by": lyrics.by,
        "language": lyrics.language,
        "themes": list(lyrics.themes),
        "mood": lyrics.mood,
        "lines": len(lyrics.lines),
        "syllables": sum(len(line.sung) for line in lyrics.lines),
        "asked": {name: getattr(asked, name) for name in _REMEMBERED},
        "refused": list(refused(before)),
    }
