"""Learned styles: whose they are, where their files are, and who composes in which.

In: what a worker learned, and choices. Out: frozen `Style` rows. A style belongs to the person it
was learned for; others may use it only in the one server it is shared with. Deleting a style takes
everyone's choice of it along.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from sqlite_utils import Database

from storage.db import write

StyleKind = Literal["vector", "embedding", "adapter"]


@dataclass(frozen=True, slots=True)
class Style:
    """One learned style; `folder` lies under the styles folder, `report` is JSON.

    `name` is unique among its owner's, whatever the case.
    """

    id: int
    owner_id: int
    name: str
    pieces: int
    kind: StyleKind
    folder: str
    report: str
    shared_guild: int | None
    created: float

    def usable(self, user_id: int, guild_id: int | None) -> bool:
        """Whether this person may compose in it here."""
        shared_here = self.shared_guild is not None and self.shared_guild == guild_id
        return self.owner_id == user_id or shared_here


_COLUMNS = ", ".join(field.name for field in fields(Style))


def save(
    db: Database,
    *,
    owner_id: int,
    name: str,
    pieces: int,
    kind: StyleKind,
    folder: str,
    report: str,
    now: float,
) -> Style:
    """Store what was learned under this name; learning again replaces it and keeps its sharing."""
    with write(db):
        db.conn.execute(
            "INSERT INTO styles (owner_id, name, pieces, kind, folder, report, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner_id, name) DO UPDATE SET"
            " pieces = excluded.pieces, kind = excluded.kind, folder = excluded.folder,"
            " report = excluded.report",
            [owner_id, name, pieces, kind, folder, report, now],
        )
        return _select(db, "owner_id = ? AND name = ?", owner_id, name)[0]


def get(db: Database, id: int) -> Style | None:
    """Return a style by its number."""
    return next(iter(_select(db, "id = ?", id)), None)


def own(db: Database, owner_id: int, name: str) -> Style | None:
    """Return a person's style by its name, whatever the case."""
    return next(iter(_select(db, "owner_id = ? AND name = ?", owner_id, name.strip())), None)


def of(db: Database, owner_id: int) -> list[Style]:
    """Return a person's own styles by name."""
    return _select(db, "owner_id = ? ORDER BY name", owner_id)


def usable(db: Database, user_id: int, guild_id: int | None) -> list[Style]:
    """Return what a person may compose in here: their own first, then what others share."""
    return _select(
        db,
        "owner_id = ? OR shared_guild = ? ORDER BY owner_id != ?, name",
        user_id,
        guild_id,
        user_id,
    )


def choose(db: Database, user_id: int, style_id: int | None) -> None:
    """Let a person compose in a style from now on; None: in none."""
    with write(db):
        db.conn.execute("DELETE FROM active_styles WHERE user_id = ?", [user_id])
        if style_id is not None:
            db.conn.execute(
                "INSERT INTO active_styles (user_id, style_id) VALUES (?, ?)", [user_id, style_id]
            )


def active(db: Database, user_id: int) -> Style | None:
    """Return the style a person chose; whether it may be used here is `Style.usable`."""
    found = _select(db, "id = (SELECT style_id FROM active_styles WHERE user_id = ?)", user_id)
    return found[0] if found else None


def share(db: Database, id: int, guild_id: int | None) -> None:
    """Share a style with one server, or with none: then nobody else's choice of it is left."""
    with write(db):
        db.conn.execute("UPDATE styles SET shared_guild = ? WHERE id = ?", [guild_id, id])
        if guild_id is None:
            db.conn.execute(
                "DELETE FROM active_styles WHERE style_id = ?1"
                " AND user_id != (SELECT owner_id FROM styles WHERE id = ?1)",
                [id],
            )


def delete(db: Database, id: int, owner_id: int) -> Style | None:
    """Delete a person's own style; returns it, so that its files can go, or None."""
    with write(db):
        found = _select(db, "id = ? AND owner_id = ?", id, owner_id)
        db.conn.execute("DELETE FROM styles WHERE id = ? AND owner_id = ?", [id, owner_id])
    return found[0] if found else None


def folders(db: Database) -> set[str]:
    """Folders that belong to a stored style."""
    return {row[0] for row in db.conn.execute("SELECT folder FROM styles")}


def _select(db: Database, where: str, *values: object) -> list[Style]:
    sql = f"SELECT {_COLUMNS} FROM styles WHERE {where}"  # noqa: S608
    return [Style(*row) for row in db.conn.execute(sql, list(values))]
