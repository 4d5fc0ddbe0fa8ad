"""What lies on the table, as a few hundred bytes of JSON that a chat model can read.

In: the session and the stored piece on its table. Out: plain values, bounded. All of it is data:
titles, file names and earlier turns may say anything, and are handed over as JSON strings.
"""

from __future__ import annotations

from typing import Any

from bot.agent.tools.music import plan_of
from bot.agent.values import Asker, Session
from storage import pieces
from storage.db import DbThread
from storage.pieces import Piece

#: Characters of one string; how many versions, choices, suggestions and turns are told.
_LONGEST, _MOST, _TURNS = 200, 10, 6


async def of(session: Session, asker: Asker, db: DbThread) -> dict[str, Any]:
    """The session as a chat model is told of it; what is empty is left out."""
    piece = await db.run(pieces.get, session.table) if session.table else None
    where = (asker.user_id, asker.guild_id, asker.channel_id)
    shown = _piece(piece) if piece is not None and piece.seen_by(*where) else None
    versions = [f"{v.piece_id}: {v.title}" for v in session.versions[-_MOST:]]
    told: dict[str, Any] = {
        "table": shown,
        "file_on_table": _cut((session.file or "").partition(":")[2]),
        "versions": [_cut(version) for version in versions],
        "choices": list(session.choices[:_MOST]),
        "suggested": [_cut(name) for name in session.suggested[:_MOST]],
        "last_turns": [f"{who}: {_cut(words)}" for who, words in session.said[-_TURNS:]],
    }
    return {name: value for name, value in told.items() if value}


def _piece(piece: Piece) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": piece.id, "title": _cut(piece.title), "style": piece.style, "mood": piece.mood,
        "key": piece.key, "seconds": round(piece.seconds),
    }  # fmt: skip
    try:
        plan = plan_of(piece)
    except ValueError:  # a piece without a plan, such as one that was found, has its row only
        return told
    told["tempo"] = round(plan.bpm, 1)
    told["meter"] = str(plan.meter)
    told["players"] = [part.name for part in plan.parts]
    told["sections"] = [f"{s.section.name} ({s.section.bars} bars)" for s in plan.sections[:20]]
    return told


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
