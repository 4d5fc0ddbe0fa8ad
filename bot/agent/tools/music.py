"""The music that a tool works on: a piece on the shelf, or a file that lies on the table.

In: what a step calls it ("it", "the second one", a piece's id). Out: the stored piece, its folder
and plan; a refusal where the asker may not see it. Requests are finished here: limits, the learned
style that the asker composes in, what is remembered about the ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot import asking, intake, piece_deeds
from bot.agent import ordering, refer
from bot.agent.at import At
from bot.agent.meaning.words import fold
from bot.agent.values import Make, Sentence
from bot.asking import Ask
from bot.domain import Request
from bot.taste.whose import filled
from models.errors import Refusal
from models.planner.plan import Plan
from storage import pieces
from storage.pieces import Piece

_PLAN = TypeAdapter(Plan)
NOT_READ = "I did not understand: {words}"


@dataclass(frozen=True, slots=True)
class Music:
    """A piece of ours, or a file: `place` as `bot.domain.Rework.source` wants it."""

    place: str
    title: str
    piece: Piece | None = None


async def piece_of(at: At, which: str) -> Piece:
    """The piece that words mean; `refer` lets through only what the asker may see.

    Raises
    ------
    Refusal
        When there is none.
    """
    piece = await at.db.run(pieces.get, await refer.resolve(at, which or "it"))
    if piece is None:
        raise Refusal(refer.GONE)
    return piece


async def music_of(at: At, which: str) -> Music:
    """The piece or, where "it" is a file that was sent, that file.

    Raises
    ------
    Refusal
        When there is none, or the file is someone else's or gone.
    """
    words = fold(which)
    if at.session.file and (not words or ordering.IT.fullmatch(words)):
        path, _, title = at.session.file.partition(":")
        return Music(intake.owned(path, at.asker.user_id, at.settings.data_dir), title)
    piece = await piece_of(at, which)
    return Music(piece.folder, piece.title, piece)


def folder_of(at: At, piece: Piece) -> Path:
    """Where a piece's files are."""
    return at.settings.pieces_dir / piece.folder


def plan_of(piece: Piece) -> Plan:
    """The plan of a stored piece."""
    return _PLAN.validate_json(piece.plan)


def bars_in(piece: Piece) -> int:
    """How many bars a piece has."""
    return int(json.loads(piece.plan)["bars"])


async def make(at: At, ask: Ask, piece: Piece | None = None) -> Make:
    """A request as the slash commands place it: tastes fill what is open, the style is worn.

    `piece` is what something is made from; that somebody used it is remembered where they agreed.

    Raises
    ------
    Refusal
        When tastes are asked for and cannot be used here.
    """
    asker, request, notes = at.asker, ask.request, list(_notes(ask.desk))
    if ask.taste is not None:
        brief, told = await filled(
            at.taste, asker.user_id, asker.guild_id, request.brief, ask.taste, asker.locale
        )
        request, notes = replace(request, brief=brief), [*told, *notes]
    request, note = await asking.dressed(at.db, asker.user_id, asker.guild_id, request)
    if note is not None:
        notes.insert(0, note)
    if piece is not None:
        await piece_deeds.record(at, asker.user_id, asker.guild_id, piece, "used", source="pieces")
    seconds = ask.seconds or asking.seconds_of(request.brief)
    return Make(request, seconds, tuple(notes), dict(ask.desk.get("options", {})))


def _notes(desk: Mapping[str, Any]) -> Sequence[Sentence]:
    """What was taken for granted, and what was not understood."""
    notes: list[Sentence] = [(note["template"], note["values"]) for note in desk.get("notes", ())]
    if unknown := desk.get("unknown"):
        notes.append((NOT_READ, {"words": ", ".join(str(word)[:40] for word in unknown[:6])}))
    return notes


def about(at: At, piece: Piece, kind: Any, bars: int = 0, **more: Any) -> Ask:
    """A request about a piece that exists; see `bot.asking.about`."""
    return asking.about(kind, piece, at.asker.locale, bars, **more)


def seconds_of(piece: Piece, bars: int = 0) -> int:
    """How long a piece is once it has `bars` more, in whole seconds."""
    return round(piece.seconds * (1 + bars / bars_in(piece)))


def with_limit(request: Request, at: At) -> Request:
    """The request with the owner's limit where its task takes one."""
    longest = at.settings.max_seconds
    parts = {
        name: replace(part, longest=longest)
        for name in ("rework", "arrangement", "writing", "edit")
        if (part := getattr(request, name)) is not None
    }
    return replace(request, **parts)
