"""What a stranger's export may hold, and its files as text: no bomb, no path, nothing on disk.

In: the path of an uploaded file. Out: the members of an archive, and bounded streams of text.
Members are read in place and never extracted, so a name cannot lead anywhere; sizes are checked as
stated and again while reading, since a statement can lie. The size of an archive's directory is
looked at before Python builds an object of every entry. Zip bombs: Fifield, WOOT 2019.
"""

from __future__ import annotations

import codecs
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TextIO

from models.errors import Refusal

#: Twenty years of heavy listening are 0.5 GB unpacked in some 40 files; ListenBrainz has one a
#: month, and Apple's archive a few hundred of other services.
MOST_UNPACKED = 1 << 30
MOST_MEMBERS = 2000
MOST_RATIO = 200  # real exports pack 10 to 40 times
MOST_PLAYS = 2_000_000
#: Characters of one line of a CSV or JSONL file, and of one value of a JSON file: a page of Last.fm
#: with a thousand plays has under 1 MB.
MOST_LINE = 1 << 18
MOST_VALUE = 24 << 20
_DIRECTORY = MOST_MEMBERS * 512  # bytes
_TAIL = 65_557 + 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
           struct.error, ValueError)  # fmt: skip
_INNER = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar")

DAMAGED = "“{name}” is damaged and cannot be unpacked; download your export again and resend it."
LOCKED = "“{name}” wants a password; unpack it and pack it again without one."
TOO_MUCH = "“{name}” unpacks to more than I take; send a part of it, such as one file at a time."
TOO_MANY = "“{name}” holds more than the {most} files I take; send only the listening history."
EMPTY = "“{name}” is empty; download your export again and resend it."
NESTED = "“{name}” holds another archive; unpack it and send me the archive or files inside."


class Budget:
    """Bytes that may still be unpacked of one upload."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, MOST_UNPACKED

    def take(self, count: int) -> None:
        """Count bytes that were read.

        Raises
        ------
        Refusal
            When that is too much.
        """
        self.left -= count
        if self.left < 0:
            raise Refusal(TOO_MUCH, name=self.name)


class _Counted(io.RawIOBase):
    """A stream whose bytes are paid for; `head` was read before."""

    def __init__(self, head: bytes, stream: IO[bytes], budget: Budget) -> None:
        self._head, self._stream, self._budget = head, stream, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._head[: len(buffer)]
        self._head = self._head[len(found) :]
        if not found:
            found = self._stream.read(len(buffer))
            self._budget.take(len(found))
        buffer[: len(found)] = found
        return len(found)


def is_zip(path: Path) -> bool:
    """Whether a file begins as a ZIP archive does, be it an empty one."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@contextmanager
def opened(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive within the limits; `name` is what the person calls it.

    Raises
    ------
    Refusal
        When it is damaged, locked, empty or too much; also from inside of the block.
    """
    try:
        _check_directory(path, name)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except Refusal:
        raise
    except _BROKEN as error:
        raise Refusal(DAMAGED, name=name) from error


def members(archive: zipfile.ZipFile, wanted: re.Pattern[str], name: str) -> list[zipfile.ZipInfo]:
    """The members whose paths match, by name.

    Raises
    ------
    Refusal
        When there are too many, they want a password or are too large, or there is only an archive
        inside.
    """
    every = [m for m in archive.infolist() if not m.is_dir() and _plain(m.filename)]
    if len(every) > MOST_MEMBERS:
        raise Refusal(TOO_MANY, name=name, most=MOST_MEMBERS)
    if not every:
        raise Refusal(EMPTY, name=name)
    found = sorted((m for m in every if wanted.search(m.filename)), key=lambda m: m.filename)
    if any(m.flag_bits & 1 for m in found or every):
        raise Refusal(LOCKED, name=name)
    if not found and any(m.filename.lower().endswith(_INNER) for m in every):
        raise Refusal(NESTED, name=name)
    if sum(m.file_size for m in found) > MOST_UNPACKED:
        raise Refusal(TOO_MUCH, name=name)
    if any(m.file_size > MOST_RATIO * max(1024, m.compress_size) for m in found):
        raise Refusal(TOO_MUCH, name=name)
    return found


def text(stream: IO[bytes], budget: Budget) -> TextIO:
    """A stream of bytes as text: UTF-8 or UTF-16 with or without a mark, else Windows-1252.

    What cannot be decoded is U+FFFD in the text.
    """
    head = stream.read(1 << 16)
    budget.take(len(head))
    raw = io.BufferedReader(_Counted(head, stream, budget), 1 << 16)
    return io.TextIOWrapper(raw, encoding=_encoding(head), errors="replace", newline="")


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1:2] == b"\0" or head[:1] == b"\0":
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _plain(name: str) -> bool:
    """Whether a member's path stays inside; nothing is written, but no export has others."""
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or "__MACOSX" in name)


def _check_directory(path: Path, name: str) -> None:
    """Refuse a directory of far too many entries before it is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            raise zipfile.BadZipFile
        (length,) = struct.unpack_from("<L", tail, at + 12)
        far = tail.rfind(b"PK\x06\x07", max(0, at - 20), at)
        if far >= 0:  # ZIP64: the directory's size stands elsewhere
            file.seek(struct.unpack_from("<Q", tail, far + 8)[0])
            (length,) = struct.unpack_from("<Q", file.read(56), 40)
    if length > _DIRECTORY:
        raise Refusal(TOO_MANY, name=name, most=MOST_MEMBERS)
