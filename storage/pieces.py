"""The library: every finished piece, who asked for it, where it was answered, and a search.

In: `Piece` values from the runner. Out: pieces, one page at a time. What a person may see is theirs
and their server's. The search is SQLite FTS5 over a column of words made by `searchable`: the
default tokenizer takes a run of Chinese for one word, so runs are stored as their characters and
pairs (bigrams), the usual cure for languages without spaces.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from sqlite_utils import Database

from storage import sessions
from storage.db import write


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished piece. `brief` and `plan` are JSON, `folder` holds its files, `parent` its origin.

    `deleted` is when its owner deleted it; only the tombstone (ids and lineage) is left then.
    """

    id: str
    owner_id: int
    guild_id: int | None
    channel_id: int
    message_id: int | None
    title: str
    style: str
    mood: str
    key: str
    seconds: float
    brief: str
    plan: str
    folder: str
    parent: str | None
    job_id: int | None
    created: float
    deleted: float | None = None

    def seen_by(self, user_id: int, guild_id: int | None, channel_id: int | None) -> bool:
        """Whether this person may see it here: it is theirs, their server's, or this channel's."""
        here = self.guild_id is not None and self.guild_id == guild_id
        return self.owner_id == user_id or here or self.channel_id == channel_id


@dataclass(frozen=True, slots=True)
class Page:
    """Some pieces, newest or best first, out of `total`."""

    pieces: tuple[Piece, ...]
    total: int


_COLUMNS = tuple(Piece.__dataclass_fields__)
_SELECT = ", ".join(f"pieces.{name}" for name in _COLUMNS)
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_RUN = re.compile(rf"[{_CJK}]+|[^\W{_CJK}]+")


def save(db: Database, piece: Piece, *, words: str = "") -> bool:
    """Store a piece; False when its id is already there (a retried job saves once).

    `words` are further words to find it by, such as the style's name in the asker's language.
    """
    text = " ".join((piece.id, piece.title, piece.style, piece.mood, piece.key, words))
    marks = ", ".join("?" * (len(_COLUMNS) + 1))
    with write(db):
        cursor = db.conn.execute(
            f"INSERT INTO pieces ({', '.join(_COLUMNS)}, words) VALUES ({marks})"  # noqa: S608
            " ON CONFLICT (id) DO NOTHING",
            [*astuple(piece), searchable(text)],
        )
    return bool(cursor.rowcount == 1)


def get(db: Database, id: str) -> Piece | None:
    """Return the piece, or None when there is none or its owner deleted it."""
    found = _pieces(db, "WHERE id = ? AND deleted IS NULL", [id])
    return found[0] if found else None


def of_ids(db: Database, ids: Sequence[str]) -> tuple[Piece, ...]:
    """Return those of these pieces that are there, in the order of the ids."""
    where = "WHERE id IN (SELECT value FROM json_each(?)) AND deleted IS NULL"
    found = {piece.id: piece for piece in _pieces(db, where, [json.dumps(list(ids))])}
    return tuple(found[id] for id in ids if id in found)


def was_deleted(db: Database, id: str) -> bool:
    """Whether there was such a piece and its owner deleted it."""
    found = db.conn.execute("SELECT 1 FROM pieces WHERE id = ? AND deleted IS NOT NULL", [id])
    return found.fetchone() is not None


def by_message(db: Database, message_id: int) -> tuple[Piece, ...]:
    """Return the pieces answered in a message, in the order they were made."""
    return _pieces(db, "WHERE message_id = ? AND deleted IS NULL ORDER BY number", [message_id])


def search(
    db: Database,
    *,
    user_id: int,
    guild_id: int | None,
    query: str = "",
    since: float = 0.0,
    until: float = math.inf,
    limit: int = 10,
    offset: int = 0,
) -> Page:
    """Return what `user_id` may see in `guild_id` (None: direct messages) that matches every word.

    Best match first; an empty query lists everything, newest first. Words match from their start.
    Only what was made from `since` up to `until` (UTC epoch seconds).
    """
    join, where = "", "WHERE (owner_id = ? OR guild_id = ?) AND created >= ? AND created < ?"
    values: list[Any] = [user_id, guild_id, since, until]
    order = "ORDER BY created DESC, number DESC"
    terms = [f'"{term}"*' for term in query_terms(query)]
    if terms:
        join = "JOIN pieces_fts ON pieces_fts.rowid = pieces.number"
        where += " AND pieces_fts MATCH ?"
        values.append(" AND ".join(terms))
        order = "ORDER BY pieces_fts.rank, created DESC"
    elif query.strip():
        return Page((), 0)  # punctuation alone matches nothing rather than everything
    return _page(db, join, where + " AND deleted IS NULL", values, order, limit, offset)


def folders(db: Database) -> set[str]:
    """Every folder that belongs to a piece."""
    return {row[0] for row in db.conn.execute("SELECT folder FROM pieces WHERE folder != ''")}


def set_message(db: Database, id: str, message_id: int) -> None:
    """Remember the newest message that shows a piece, so that reactions to it count."""
    with write(db):
        db.conn.execute("UPDATE pieces SET message_id = ? WHERE id = ?", [message_id, id])


def delete(db: Database, id: str, owner_id: int, now: float) -> Piece | None:
    """Empty the owner's piece and return what it was, so that the caller removes its `folder`.

    None when there is no such piece or it is someone else's.
    """
    with write(db):
        piece = get(db, id)
        if piece is None or piece.owner_id != owner_id:
            return None
        db.conn.execute(
            "UPDATE pieces SET title = '', brief = '{}', plan = '{}', folder = '', words = '',"
            " message_id = NULL, deleted = ? WHERE id = ?",
            [now, id],
        )
        sessions.drop_pieces(db, [id])
        # What people did with it goes along.
        db.conn.execute("DELETE FROM items WHERE kind = 'piece' AND key = ?", [id])
    return piece


def searchable(text: str) -> str:
    """Text as the index sees it: folded words, and for Chinese every character and every pair."""
    words: list[str] = []
    for run in _runs(text):
        words += [*run, *_pairs(run)] if _is_cjk(run) else [run]
    return " ".join(dict.fromkeys(words))


def query_terms(query: str) -> list[str]:
    """Terms that must all match: words as typed, Chinese runs as their pairs (or one character)."""
    terms: list[str] = []
    for run in _runs(query):
        terms += (_pairs(run) or [run]) if _is_cjk(run) else [run]
    return terms


def _runs(text: str) -> list[str]:
    # "_" counts as a word character for re but separates words in ids such as "bossa_nova".
    folded = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    return _RUN.findall(folded)


def _is_cjk(run: str) -> bool:
    return re.match(f"[{_CJK}]", run) is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _page(
    db: Database, join: str, where: str, values: list[Any], order: str, limit: int, offset: int
) -> Page:
    count = f"SELECT count(*) FROM pieces {join} {where}"  # noqa: S608
    total = db.conn.execute(count, values).fetchone()[0]
    tail = f"{join} {where} {order} LIMIT ? OFFSET ?"
    return Page(_pieces(db, tail, [*values, limit, offset]), total)


def _pieces(db: Database, tail: str, values: list[Any]) -> tuple[Piece, ...]:
    rows = db.conn.execute(f"SELECT {_SELECT} FROM pieces {tail}", values)  # noqa: S608
    return tuple(Piece(*row) for row in rows)
