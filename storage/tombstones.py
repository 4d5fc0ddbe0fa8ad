"""Who was forgotten, so that a copy of the database restored later forgets them again.

In: a person's id at the moment they are forgotten. Out: one line in a file beside the database:
a number that counts up and a salted hash (HMAC-SHA256), never the id. The table `forgotten` holds
the number of the last line that was applied to this very database, so an older copy has a lower
number. The lines lie outside the database because a restore must not take them back; the salt lies
in a file of its own that only the owner may read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from sqlite_utils import Database

log = logging.getLogger(__name__)

LINES, SALT = "forgotten.jsonl", "forgotten.salt"


def beside(db: Database) -> Path | None:
    """The folder the database's file lies in; None for one in memory."""
    path = db.conn.execute("PRAGMA database_list").fetchone()[2]
    return Path(path).parent if path else None


def applied(db: Database) -> int:
    """The number of the last line that was applied to this database."""
    return int(db.conn.execute("SELECT sequence FROM forgotten").fetchone()[0])


def set_applied(db: Database, sequence: int) -> None:
    """Remember the last line that was applied; call it inside `write`."""
    db.conn.execute("UPDATE forgotten SET sequence = ?", [sequence])


def bury(folder: Path, user_id: int, after: int) -> int:
    """Write a person's line to the disk and return its number, which is larger than `after`.

    Two processes must not do so at once: call it with the database's write lock held.
    """
    folder.mkdir(parents=True, exist_ok=True)
    salt = _salt(folder) or _make_salt(folder)
    path = folder / LINES
    sequence = max([after, *(number for number, _ in _lines(path))]) + 1
    line = json.dumps({"sequence": sequence, "hash": _hash(salt, user_id)}) + "\n"
    with path.open("a+b") as file:
        if file.tell() and not path.read_bytes().endswith(b"\n"):
            line = "\n" + line  # a crash broke the last line off
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return sequence


def newer(folder: Path, after: int) -> tuple[int, frozenset[str]]:
    """The number of the last line (`after` if none is newer) and the hashes of those after it."""
    found = [(number, hash) for number, hash in _lines(folder / LINES) if number > after]
    return max([after, *(number for number, _ in found)]), frozenset(hash for _, hash in found)


def among(folder: Path, hashes: frozenset[str], people: Iterable[int]) -> list[int]:
    """Those of these people whose hash is one of these."""
    salt = _salt(folder)
    if salt is None:
        if hashes:
            log.error("%s is missing: a restored database may keep forgotten people", folder / SALT)
        return []
    return [person for person in people if _hash(salt, person) in hashes]


def _lines(path: Path) -> list[tuple[int, str]]:
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            found.append((int(row["sequence"]), str(row["hash"])))
        except (ValueError, KeyError, TypeError):
            log.warning("a line of %s was broken off", path)
    return found


def _hash(salt: bytes, user_id: int) -> str:
    return hmac.new(salt, str(user_id).encode(), hashlib.sha256).hexdigest()


def _salt(folder: Path) -> bytes | None:
    path = folder / SALT
    return path.read_bytes() if path.exists() else None


def _make_salt(folder: Path) -> bytes:
    path = folder / SALT
    salt = secrets.token_bytes(32)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(salt)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return salt


def _sync(folder: Path) -> None:
    """Have the names of new files survive a loss of power, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
