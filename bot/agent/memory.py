"""Sessions kept across turns and restarts: JSON in the database, `Session` in memory.

In: who speaks where. Out: the session of that place. Saving merges with what somebody else may have
saved meanwhile (`bot.agent.session.merge`), in one transaction: versions and what was said are
united, of the rest the last to save is right. A session that was cleared or forgotten meanwhile has
another number, so saving the old one does nothing. Fields that another version of this code wrote
are ignored, and what cannot be read at all is begun anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Set
from dataclasses import replace

from pydantic import TypeAdapter
from sqlite_utils import Database

from bot.agent import session as sessions_
from bot.agent.values import Asker, Session, Version
from storage import pieces, sessions
from storage.db import DbThread, write
from storage.pieces import Piece
from storage.sessions import Row

log = logging.getLogger(__name__)

_SESSION = TypeAdapter(Session)
#: What the row says itself.
_OF_ROW = {"id", "owner_id"}


def to_json(session: Session) -> str:
    """A session's state as the database keeps it."""
    return _SESSION.dump_json(session, exclude=_OF_ROW, exclude_defaults=True).decode()


def from_row(row: Row) -> Session:
    """The session that a row keeps; an empty one where its state cannot be read."""
    try:
        state = {**json.loads(row.state), "id": row.id, "owner_id": row.owner_id}
        return _SESSION.validate_python(state)
    except (TypeError, ValueError):  # pydantic's errors are ValueErrors
        # Not the state itself: it holds people's words.
        log.warning("the state of session %d cannot be read; it begins anew", row.id)
        return Session(row.id, row.owner_id)


async def load(db: DbThread, asker: Asker, shared: bool, now: float) -> Session:
    """The session of this place, begun if there is none; `now` is UTC epoch seconds."""
    row = await db.run(sessions.open_, asker.user_id, asker.guild_id, asker.channel_id, shared, now)
    return from_row(row)


async def load_id(db: DbThread, session_id: int, now: float) -> Session:
    """A session by its number; an empty one that nothing is saved to when it is gone."""
    row = await db.run(sessions.get, session_id)
    return Session(session_id, 0) if row is None else from_row(row)


async def save(db: DbThread, session: Session, now: float) -> Session:
    """Store a session, united with what was stored meanwhile; returns it as it is stored now."""
    return await db.run(store, session, now)


def store(db: Database, session: Session, now: float) -> Session:
    """What `save` does, where a `Database` is at hand."""
    with write(db):
        row = sessions.get(db, session.id)
        if row is None:
            return session
        stored = from_row(row)
        merged = _with_library(db, sessions_.merge(stored, session), stored)
        sessions.save(db, session.id, to_json(merged), now)
    return merged


def _with_library(db: Database, session: Session, stored: Session) -> Session:
    """What the library knows of new versions; those that were deleted meanwhile are left out."""
    before = {version.piece_id for version in stored.versions}
    known = {version.piece_id for version in session.versions}
    if known <= before:
        return session
    versions: list[Version] = []
    gone: set[str] = set()
    for version in session.versions:
        if version.piece_id not in before:
            piece = pieces.get(db, version.piece_id)
            if piece is None and pieces.was_deleted(db, version.piece_id):
                gone.add(version.piece_id)
                continue
            version = _completed(version, piece, known)
        versions.append(version)
    table = None if session.table in gone else session.table
    return replace(session, versions=tuple(versions), table=table)


def _completed(version: Version, piece: Piece | None, known: Set[str]) -> Version:
    if piece is None:
        return version
    above = version.parent or piece.parent
    return replace(
        version, title=version.title or piece.title, parent=above if above in known else None
    )
