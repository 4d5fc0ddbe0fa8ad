"""From "slower, and without drums" to a piece that can be recorded: edits of finished pieces.

In: a `Request` of kind "edit", a seed and the folder of all pieces. Out: a `PieceFile` and its
whole score; `done` has what was asked and what was measured, which the reply states
(`bot.editing_words`). All fields of a `Change` are carried out in one order: what decides which
notes there are before how they are played, the form and the length last. Runs in a worker or the
terminal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot import editing_sliders as sliders
from bot import editing_steps as steps
from bot.arranging import Makers, home_of
from bot.domain import Change, Request
from bot.editing_ask import given, place
from bot.editing_measures import measured
from bot.editing_steps import Act, Job
from bot.piece import Lineage, PieceFile
from bot.policy import TOO_LONG
from bot.rework import accepted
from bot.worded import fits
from models import midi
from models.errors import Refusal
from models.lyrics import Lyrics
from models.planner.brief import Brief
from models.reshape.words import moved_words
from models.reshape.work import Work
from models.score import Score

#: In which order the fields of a change are carried out, and by what.
_ORDER: tuple[tuple[tuple[str, ...], Act], ...] = (
    (("style",), steps.style),
    (("meter",), steps.meter),
    (("key",), steps.key),
    (("semitones",), steps.semitones),
    (("remove",), steps.remove),
    (("swap",), steps.swap),
    (("add",), steps.add),
    (("reroll",), steps.reroll),
    (("tempo", "pace", "faster"), steps.tempo),
    (("mood", "avoid"), steps.mood),
    (("intensity",), sliders.intensity),
    (("fullness",), sliders.fullness),
    (("register",), sliders.register),
    (("loudness",), sliders.loudness),
    (("cut", "repeat"), steps.form),
    (("seconds", "length_bars"), steps.length),
    (("title",), steps.title),
)


def draft(request: Request, seed: int, pieces: Path, makers: Makers) -> tuple[PieceFile, Score]:
    """Do what a request of kind "edit" asks; the same arguments give the same score.

    Raises
    ------
    Refusal
        When the piece is gone, or does not allow what is asked.
    """
    edit = request.edit
    if edit is None:
        raise ValueError("an edit says what to change")
    home = home_of(edit.source, pieces)
    if not home.is_dir():
        raise Refusal("I can change the players of a piece of mine; arrange your file first.")
    piece = PieceFile.load(home)
    first = Work.of(piece.plan, midi.read(home / "piece.mid"))
    where = place(edit.change, piece.plan)
    sung = piece.lyrics is not None
    job = Job(edit.change, first, where, seed, makers, request.locale, sung)
    work, same = carried_out(job)
    if (work.plan, work.score) == (first.plan, first.score):
        raise Refusal("“{title}” is like that already; ask for something else.",
                      title=piece.plan.title)  # fmt: skip
    if edit.longest is not None and work.plan.length > max(edit.longest, first.plan.length):
        raise Refusal(TOO_LONG, asked=f"{work.plan.length:.0f}", most=f"{edit.longest:g}")
    return _sketch(request, job, piece, work, same), work.score


def carried_out(job: Job) -> tuple[Work, bool]:
    """The work after all that was asked, and whether the rest of it stayed note for note."""
    asked, work, same = given(job.change), job.first, True
    for names, act in _ORDER:
        if asked.keys() & set(names):
            step = act(job, work)
            work, same = step.work, same and step.same
    return work, same


def _sketch(request: Request, job: Job, piece: PieceFile, work: Work, same: bool) -> PieceFile:
    """The result as a piece to record, with its words where they still fit."""
    done: dict[str, Any] = {
        "use": "edit",
        "title": piece.plan.title,
        "changes": _changes(job.change),
        "measured": measured(job, work),
        "same": same,
        "seed": job.seed,
    }
    lyrics = _words(piece.lyrics, job, work)
    if piece.lyrics is not None:
        done["words"] = "kept" if lyrics else "gone"
    told = piece.facts.get("words")
    return PieceFile(
        _brief(job, piece, work),
        work.plan,
        job.seed,
        Lineage(piece.id, "edit"),
        locale=request.locale,
        done=done,
        facts={"words": told} if told and lyrics else {},
        lyrics=lyrics,
    )


def _changes(change: Change) -> dict[str, Any]:
    """What was asked, as JSON, the place included."""
    found = {
        name: [list(v) if isinstance(v, tuple) else v for v in value]
        if isinstance(value, tuple)
        else value
        for name, value in given(change).items()
    }
    if change.part:
        found["part"] = change.part
    if change.bars:
        found["bars"] = list(change.bars)
    return found


def _words(lyrics: Lyrics | None, job: Job, work: Work) -> Lyrics | None:
    """The words on the bars that they belong to, where each syllable still has its note."""
    if lyrics is None:
        return None
    carried = moved_words(lyrics, job.first, work)
    return carried if carried and fits(carried, work.score) else None


def _brief(job: Job, piece: PieceFile, work: Work) -> Brief:
    """What could be asked for to get something like it: a start for "Again with changes"."""
    plan, change = work.plan, job.change
    base = {k: v for k, v in piece.brief.to_json().items() if k != "seed"}
    told: dict[str, Any] = {"title": plan.title} if change.title else {}
    if change.style:
        told["style"] = change.style
    if change.mood:
        told["mood"] = change.mood
    if plan.key != piece.plan.key:
        told["key"] = str(plan.key)
        base.pop("chords", None)
    if plan.meter != piece.plan.meter:
        told["meter"] = str(plan.meter)
    if plan.bars != piece.plan.bars or plan.seconds != piece.plan.seconds:
        for name in ("seconds", "bars", "form"):
            base.pop(name, None)
        told |= {"seconds": plan.seconds} if plan.seconds else {"bars": plan.bars}
    if plan.bpm != piece.plan.bpm:
        told["tempo"] = round(plan.bpm, 3)
    if change.add or change.remove or change.swap:
        base.pop("instruments", None)
        base.pop("without", None)
    return accepted(base, told)
