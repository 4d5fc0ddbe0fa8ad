"""A person's file on its way in: looked at, stored under its owner, and taken away a day later.

In: the bytes of an attachment and whose they are. Out: the path of the stored file relative to the
data folder, named by its content, so that the same file sent twice is stored once. Only its kind
and size are looked at here (`bot.reading.kinds`); what is in it a process of its own finds out
(`bot.reading.reader`), whose copy of the music lies beside the upload and goes with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Protocol

from bot.reading.kinds import AUDIO, MOST_AUDIO, SCORES, kind_of, most_bytes
from models.errors import Refusal

__all__ = ["AUDIO", "MOST_AUDIO", "SCORES", "SUFFIXES", "kind_of", "store", "take_in"]

#: The folder under the data folder; each owner has one in it.
UPLOADS = "uploads"
#: Seconds after its last use until an upload is deleted.
KEEP = 24 * 3600.0
#: Seconds to fetch a file from Discord: the person must be answered within three.
FETCH_SECONDS = 2.0
#: What a file may be called to be looked at, where nothing else is said: files of notes.
SUFFIXES = SCORES
_WRONG = (
    "“{name}” is not music I can read; send a MIDI (.mid), MusicXML (.musicxml, .mxl) or ABC "
    "(.abc) file."
)
_WRONG_SOUND = (
    "“{name}” is not music I can read; send notes (.mid, .musicxml, .mxl, .abc) or sound (.wav, "
    ".mp3, .ogg, .flac)."
)


class Sent(Protocol):
    """What is needed of an attachment."""

    filename: str
    size: int

    async def read(self) -> bytes:
        """Fetch the bytes."""


def first_music(attachments: Iterable[Sent], kinds: Collection[str] = SCORES) -> Sent | None:
    """The first attachment that is called like music of these kinds, or None."""
    endings = tuple(kinds)
    return next((a for a in attachments if a.filename.lower().endswith(endings)), None)


async def take_in(
    sent: Sent,
    owner_id: int,
    data_dir: Path,
    most: int,
    kinds: Collection[str] = SCORES,
    seconds: float | None = None,
) -> str:
    """Fetch an attachment and store it; returns its path relative to the data folder.

    Parameters
    ----------
    sent : Sent
        The attachment.
    owner_id : int
        Whose it is.
    data_dir : Path
        The data folder.
    most : int
        Bytes that the owner of the bot takes for a file of notes; each kind has its own cap beside
        (`bot.reading.kinds.MOST_BYTES`), and sound just that.
    kinds : collection of str
        Suffixes that the caller can use: `SCORES`, or `SCORES + AUDIO`.
    seconds : float, optional
        Most to wait for the bytes; more than `FETCH_SECONDS` only where the person has an answer.

    Raises
    ------
    Refusal
        When it is of no such kind, empty, too large, or does not arrive in time.
    """
    if first_music([sent], kinds) is None:
        raise _wrong(sent.filename, kinds)
    sounds = sent.filename.lower().endswith(AUDIO)
    most_here = MOST_AUDIO if sounds else most
    if sent.size > most_here:  # before anything is fetched
        raise _too_large(sent.filename, most_here)
    try:
        data = await asyncio.wait_for(sent.read(), FETCH_SECONDS if seconds is None else seconds)
    except TimeoutError:
        raise Refusal(
            "Discord did not hand me “{name}” in time; please try again.", name=sent.filename[:60]
        ) from None
    return await asyncio.to_thread(store, data, sent.filename, owner_id, data_dir, most, kinds)


def store(
    data: bytes,
    name: str,
    owner_id: int,
    data_dir: Path,
    most: int,
    kinds: Collection[str] = SCORES,
) -> str:
    """Check the bytes of a file and write them under their owner.

    Raises
    ------
    Refusal
        As `take_in`.
    """
    suffix = sniff(data, name, most, kinds)
    path = Path(UPLOADS, str(owner_id), hashlib.sha256(data).hexdigest()[:24] + suffix)
    target = data_dir / path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)  # a reader never sees half a file; its age starts again
    return path.as_posix()


def sniff(data: bytes, name: str, most: int | None = None, kinds: Collection[str] = SCORES) -> str:
    """The suffix that belongs to a file by its content; `name` is what to call it.

    Raises
    ------
    Refusal
        When it is empty, too large, or not of these kinds.
    """
    if not data:
        raise Refusal("“{name}” is empty; send the file again.", name=name[:60])
    if most is not None and len(data) > max(most, MOST_AUDIO):  # not even looked at
        raise _too_large(name, max(most, MOST_AUDIO))
    suffix = kind_of(data)
    if suffix is None or suffix not in kinds:
        raise _wrong(name, kinds)
    cap = most_bytes(suffix)
    if most is not None and suffix not in AUDIO:
        cap = min(cap, most)
    if len(data) > cap:
        raise _too_large(name, cap)
    return suffix


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
        if file.exists() and now - file.stat().st_mtime > KEEP:
            file.unlink(missing_ok=True)
            for ours in file.parent.glob(f"{file.stem}.own.*"):
                ours.unlink(missing_ok=True)


def kept(data_dir: Path, user_id: int) -> list[dict[str, Any]]:
    """A person's uploads as plain JSON values: name and bytes of each."""
    files = sorted((data_dir / UPLOADS / str(user_id)).glob("*"))
    return [{"name": f.name, "bytes": f.stat().st_size} for f in files if not _is_ours(f)]


def forget(data_dir: Path, user_id: int) -> int:
    """Delete a person's uploads; returns how many there were."""
    files = list((data_dir / UPLOADS / str(user_id)).glob("*"))
    for file in files:
        file.unlink(missing_ok=True)
    return sum(not _is_ours(file) for file in files)


def _is_ours(file: Path) -> bool:
    """Whether it is our copy of the music of an upload (`bot.reading`)."""
    return ".own." in file.name


def _wrong(name: str, kinds: Collection[str]) -> Refusal:
    sounds = any(kind in AUDIO for kind in kinds)
    return Refusal(_WRONG_SOUND if sounds else _WRONG, name=name[:60])


def _too_large(name: str, most_bytes: int) -> Refusal:
    return Refusal(
        "“{name}” is larger than the {most} kB I take; send a shorter piece.",
        name=name[:60],
        most=most_bytes // 1024,
    )
