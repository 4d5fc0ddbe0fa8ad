"""A person's file on its way in: looked at, stored under its owner, and taken away a day later.

In: the bytes of an attachment and whose they are. Out: the path of the stored file relative to the
data folder, named by its content, so that the same file sent twice is stored once. Only the first
bytes are looked at here; reading the music is a worker's business (`models.composer.source`).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from models.errors import Refusal

#: The folder under the data folder; each owner has one in it.
UPLOADS = "uploads"
#: Seconds after its last use until an upload is deleted.
KEEP = 24 * 3600.0
#: Seconds to fetch a file from Discord: the person must be answered within three.
FETCH_SECONDS = 2.0
#: What a file may be called to be looked at.
SUFFIXES = (".mid", ".midi", ".kar", ".musicxml", ".mxl", ".xml")
_WRONG = "“{name}” is not music I can read; send a MIDI (.mid) or MusicXML (.musicxml, .mxl) file."


class Sent(Protocol):
    """What is needed of an attachment."""

    filename: str
    size: int

    async def read(self) -> bytes:
        """Fetch the bytes."""


def first_music(attachments: Iterable[Sent]) -> Sent | None:
    """The first attachment that is called like music, or None."""
    return next((a for a in attachments if a.filename.lower().endswith(SUFFIXES)), None)


async def take_in(sent: Sent, owner_id: int, data_dir: Path, most_bytes: int) -> str:
    """Fetch an attachment and store it; returns its path relative to the data folder.

    Raises
    ------
    Refusal
        When it is no MIDI or MusicXML file, empty, too large, or does not arrive in time.
    """
    if first_music([sent]) is None:
        raise Refusal(_WRONG, name=sent.filename[:60])
    if sent.size > most_bytes:  # before anything is fetched
        raise _too_large(sent.filename, most_bytes)
    try:
        data = await asyncio.wait_for(sent.read(), FETCH_SECONDS)
    except TimeoutError:
        raise Refusal(
            "Discord did not hand me “{name}” in time; please try again.", name=sent.filename[:60]
        ) from None
    return await asyncio.to_thread(store, data, sent.filename, owner_id, data_dir, most_bytes)


def store(data: bytes, name: str, owner_id: int, data_dir: Path, most_bytes: int) -> str:
    """Check the bytes of a file and write them under their owner.

    Raises
    ------
    Refusal
        As `take_in`.
    """
    if len(data) > most_bytes:
        raise _too_large(name, most_bytes)
    suffix = sniff(data, name)
    path = Path(UPLOADS, str(owner_id), hashlib.sha256(data).hexdigest()[:24] + suffix)
    target = data_dir / path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)  # a reader never sees half a file; its age starts again
    return path.as_posix()


def sniff(data: bytes, name: str) -> str:
    """The suffix that belongs to a file by its first bytes; `name` is what to call it.

    Raises
    ------
    Refusal
        When it is empty or no music.
    """
    if not data:
        raise Refusal("“{name}” is empty; send the file again.", name=name[:60])
    suffix = kind_of(data)
    if suffix is None:
        raise Refusal(_WRONG, name=name[:60])
    return suffix


def kind_of(data: bytes) -> str | None:
    """The suffix that belongs to a file by its first bytes; None for what is no music."""
    if data.startswith(b"MThd") or (data.startswith(b"RIFF") and data[8:12] == b"RMID"):
        return ".mid"
    if data.startswith(b"PK\x03\x04"):
        return ".mxl" if _holds_a_score(data) else None
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<") and (b"<score-partwise" in head or b"<score-timewise" in head):
        return ".musicxml"
    return None


def owned(path: str, user_id: int, data_dir: Path) -> str:
    """An upload named by a button, if it is this person's and still there; its age starts again.

    Raises
    ------
    Refusal
        When it is gone or someone else's.
    """
    file = data_dir / UPLOADS / path
    if not re.fullmatch(rf"{user_id}/[0-9a-f]{{24}}\.[a-z]+", path) or not file.is_file():
        raise Refusal("I do not have that file any more; please send it again.")
    os.utime(file)
    return f"{UPLOADS}/{path}"


def drop_stale(data_dir: Path, now: float) -> None:
    """Delete uploads that nobody has used for a day; `now` is UTC epoch seconds."""
    for file in (data_dir / UPLOADS).glob("*/*"):
        if now - file.stat().st_mtime > KEEP:
            file.unlink(missing_ok=True)


def kept(data_dir: Path, user_id: int) -> list[dict[str, Any]]:
    """A person's uploads as plain JSON values: name and bytes of each."""
    files = sorted((data_dir / UPLOADS / str(user_id)).glob("*"))
    return [{"name": file.name, "bytes": file.stat().st_size} for file in files]


def forget(data_dir: Path, user_id: int) -> int:
    """Delete a person's uploads; returns how many there were."""
    files = list((data_dir / UPLOADS / str(user_id)).glob("*"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def _holds_a_score(data: bytes) -> bool:
    """Whether a ZIP archive lists a score, as compressed MusicXML does."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.endswith((".xml", ".musicxml")) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return False


def _too_large(name: str, most_bytes: int) -> Refusal:
    return Refusal(
        "“{name}” is larger than the {most} kB I take; send a shorter piece.",
        name=name[:60],
        most=most_bytes // 1024,
    )
