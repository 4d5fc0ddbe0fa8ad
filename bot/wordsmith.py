"""Requests with words, as the studio makes them: for a piece, for a file, words first, a song.

In: a `Studio`, a request of kind "lyrics" or "song", a seed and the folder of all pieces. Out: one
finished clip. Words for a piece of ours change nothing that sounds: its audio is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import arranging, hearing, worded, words_first, writing
from bot.domain import Clip, OnProgress, Progress, Request, Writing
from bot.files import remove_files
from bot.piece import Lineage, PieceFile
from bot.policy import TOO_LONG
from bot.reading import reader
from bot.recording import Recording
from bot.render.failures import disk_errors
from models import midi
from models.arranger.guest import open_guest
from models.errors import Refusal
from models.lyricist.prosody import read_melody
from models.lyrics import Lyrics
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.form import fitted
from models.planner.plan import Plan
from models.score import ROLES, Score, Section
from models.singing.espeak import require
from models.verify import Check, failed
from models.words_on_score import in_sections

if TYPE_CHECKING:
    from bot.studio import Studio, Words

#: Sections of forms that are played rather than sung.
_THEMES = {"intro", "theme", "contrast", "bridge", "variation", "solo", "outro"}
#: What a song goes through, and at which step each label of the studio then is.
_SONG = {"planning the piece": 1, "writing the melody": 2, "arranging the band": 3,
         "writing the words": 4, "recording": 5}  # fmt: skip
_FIRST = {"planning the piece": 1, "writing the words": 2, "writing the melody": 3,
          "arranging the band": 4, "recording": 5}  # fmt: skip


def make(
    studio: Studio,
    request: Request,
    seed: int,
    pieces: Path,
    folder: Path,
    on_progress: OnProgress,
) -> Clip:
    """Carry out a request with words; the piece lands in `folder`.

    Raises
    ------
    Refusal
        When it cannot be met; `writing.Misfits` when a person's own words do not fit.
    """
    asked = request.writing or Writing("write")
    if asked.sing:
        require()
        clip = make(
            studio, replace(request, writing=replace(asked, sing=False)), seed, pieces, folder,
            on_progress,
        )  # fmt: skip
        return replace(studio.export(folder, ("sung",)), stages=clip.stages, waveform=clip.waveform)
    voice = "voice" in request.formats
    brief = request.brief
    own_pace = brief.seconds is None and brief.bars is None
    # A line that is there before the melody gets one that fits it, where no length forbids it.
    if request.kind == "song" and not (asked.first_line and own_pace):
        steps = _counted(on_progress, _SONG)
        steps(Progress(1, 4, "planning the piece"))
        plain = _sketch(request, seed)
        task = _task(studio, request, asked, seed, steps)
        return studio.record(plain, folder, steps, voice=voice, words=_words(task))
    if request.kind == "song" or asked.source is None:
        steps = _counted(on_progress, _FIRST)
        steps(Progress(1, 4, "planning the piece"))
        task = _task(studio, request, asked, seed, steps)
        sketch, melody, lyrics = words_first.draft(task, request, studio.composer)
        told = _given(task.asked, lyrics)
        return studio.record(sketch, folder, steps, voice=voice, given=melody, words=told)
    home = arranging.home_of(asked.source, pieces)
    if home.is_dir():
        return _renewed(studio, request, asked, seed, home, folder, on_progress)
    on_progress(Progress(1, 4, "reading the melody"))
    sketch, score = _from_file(request, asked, seed, home)
    task = _task(studio, request, asked, seed, on_progress, (2, 4))
    return studio.record(sketch, folder, on_progress, voice=voice, given=score, words=_words(task))


def staying(request: Request, pieces: Path) -> Words | None:
    """The words that came with the music whose players change, where its melody still has them.

    Raises
    ------
    Refusal
        When the music is gone, or is a file that cannot be read.
    """
    asked = request.arrangement
    if asked is None:
        return None
    home = arranging.home_of(asked.source, pieces)
    facts = None
    if (home / "piece.json").is_file():
        parent = PieceFile.load(home)
        lyrics, facts = parent.lyrics, parent.facts.get("words")
    elif hearing.is_recording(home):
        return None
    else:
        lyrics = reader.words(home, keep=not Path(str(asked.source)).is_absolute())
    return _placed(lyrics, facts)


def carried(sketch: PieceFile) -> Words | None:
    """The words that a sketch brings along from the piece it was made of, if there are any."""
    return _placed(sketch.lyrics, sketch.facts.get("words"))


def _placed(lyrics: Lyrics | None, facts: Any) -> Words | None:
    """Puts words under a melody that has a note for each of their syllables, and under no other."""
    if lyrics is None:
        return None

    def words(sketch: PieceFile, score: Score) -> PieceFile:
        if not worded.fits(lyrics, score):
            return sketch
        said = replace(in_sections(lyrics, score), title=sketch.plan.title)
        return replace(sketch, lyrics=said, facts={"words": facts} if facts else {})

    return words


def _sketch(request: Request, seed: int) -> PieceFile:
    """A song decided: verses and choruses where its style would only have themes."""
    brief = replace(request.brief, seed=seed)
    plan = make_plan(request.brief, seed, request.locale)
    names = {section.section.name for section in plan.sections}
    twelve = any(section.section.bars % 12 == 0 for section in plan.sections)  # a blues stays one
    if names <= _THEMES and not brief.form and not plan.loop and not twelve:
        sections = fitted("song", plan.bars, len(brief.moods))[1]
        plan = make_plan(request.brief, seed, request.locale, sections)
    return PieceFile(brief, plan, seed, locale=request.locale)


def _task(
    studio: Studio,
    request: Request,
    asked: Writing,
    seed: int,
    on_progress: OnProgress,
    steps: tuple[int, int] = (4, 5),
) -> writing.Task:
    return writing.Task(asked, request.locale, seed, studio.writers, on_progress, steps)


def _counted(on_progress: OnProgress, steps: dict[str, int]) -> OnProgress:
    """Progress in the order of these steps, whatever the stages themselves count."""

    def show(progress: Progress) -> None:
        step = steps.get(progress.label, progress.step)
        on_progress(replace(progress, step=step, of=len(steps)))

    return show


def _words(task: writing.Task) -> Words:
    """Writes words for a score when it is there."""

    def words(sketch: PieceFile, score: Score) -> PieceFile:
        lyrics = writing.words_for(task, score, sketch)
        return _with(sketch, task.asked, lyrics)

    return words


def _given(asked: Writing, lyrics: Lyrics) -> Words:
    return lambda sketch, _: _with(sketch, asked, lyrics)


def _with(
    sketch: PieceFile, asked: Writing, lyrics: Lyrics, before: PieceFile | None = None
) -> PieceFile:
    piece = worded.titled(sketch, lyrics, asked)
    facts = writing.facts_of(asked, piece.lyrics or lyrics, before)
    return replace(piece, facts={**piece.facts, "words": facts})


def _renewed(
    studio: Studio,
    request: Request,
    asked: Writing,
    seed: int,
    home: Path,
    folder: Path,
    on_progress: OnProgress,
) -> Clip:
    """A piece of ours with new words: another piece that sounds the same."""
    on_progress(Progress(1, 3, "reading the melody"))
    parent, score = PieceFile.load(home), midi.read(home / "piece.mid")
    task = _task(studio, request, asked, seed, on_progress, (2, 3))
    lyrics = writing.words_for(task, score, parent)
    asked = writing.remembered(asked, parent)
    done: dict[str, Any] = {"use": asked.act, "title": parent.plan.title}
    if asked.act == "reline":
        done["first"] = asked.line
    sketch = replace(
        parent, id=folder.name, lineage=Lineage(parent.id, asked.act), locale=request.locale,
        done=done,
    )  # fmt: skip
    piece = _with(sketch, asked, lyrics, parent)
    on_progress(Progress(3, 3, "engraving the sheet"))
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        remove_files(folder)
        checks = worded.write(piece, score, folder)
        worded.copy_sound(home, folder)
        worded.engrave(piece, score, folder)
        worded.write_times(piece, score, folder, float(parent.facts["seconds"]))
    facts = {
        **piece.facts, "title": piece.plan.title, "seed": seed, "rework": done,
        "verification": _report(checks),
    }  # fmt: skip
    piece = replace(piece, verification=checks, facts=facts)
    return Recording(piece, folder, {}, b"").save()


def _report(checks: Sequence[Check]) -> dict[str, Any]:
    broken = failed(checks)
    return {
        "passed": len(checks) - len(broken),
        "of": len(checks),
        "failed": [f"{c.name}: asked {c.asked}, found {c.found}" for c in broken],
        "tries": 1,
    }


def _from_file(request: Request, asked: Writing, seed: int, path: Path) -> tuple[PieceFile, Score]:
    """A person's file as a piece: its own notes, players and tempo, its sections for words."""
    score = reader.read(path, keep=not Path(str(asked.source)).is_absolute())
    guest = open_guest(score, None, ROLES, seed)
    names = {track.name for track in guest.kept}
    plan = replace(
        guest.source.plan,
        title=asked.title.replace("_", " ").strip() or guest.source.plan.title,
        parts=tuple(p for p in guest.source.plan.parts if p.name in names),
        chords=guest.source.plan.chords if score.chords else (),  # stated, not guessed
        seed=seed,
    )
    if asked.longest is not None and plan.length > asked.longest:
        raise Refusal(TOO_LONG, asked=f"{plan.length:.0f}", most=f"{asked.longest:g}")
    if not score.sections:
        plan = _divided(plan, read_melody(score).sections)
    given = replace(
        score.with_tracks(guest.kept), title=plan.title, key=plan.key, meter=plan.meter,
        tempos=plan.tempos, bars=plan.bars, chords=plan.chords,
        sections=tuple(s.section for s in plan.sections),
    )  # fmt: skip
    brief = Brief(style=plan.style, key=str(plan.key), bars=plan.bars, title=plan.title, seed=seed)
    done = {"use": asked.act, "title": plan.title}
    lineage = Lineage(None, asked.act)
    return PieceFile(brief, plan, seed, lineage, locale=request.locale, done=done), given


def _divided(plan: Plan, sections: tuple[Section, ...]) -> Plan:
    """The plan in the sections that words found in its melody, where these fill it."""
    if not sections or sections[-1].start_bar + sections[-1].bars != plan.bars:
        return plan
    found = tuple(replace(plan.section_at(s.start_bar), section=s) for s in sections)
    return replace(plan, sections=found)
