"""Compressed MusicXML (.mxl): the score inside the archive, and no bomb.

In: the bytes of a ZIP archive. Out: the bytes of the score that its META-INF/container.xml names,
else of the first one there is. Nothing is written to disk, so a member's path cannot lead
anywhere; sizes are checked as stated, and again while reading, since a statement can lie.
Format: https://www.w3.org/2021/06/musicxml40/tutorial/compressed-mxl-files/.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from models.errors import Refusal

MOST_UNPACKED = 8 << 20
_RATIO = 200  # real scores pack 10 to 40 times
_MEMBERS = 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
           ValueError, KeyError)  # fmt: skip
_CONTAINER = "META-INF/container.xml"


def score_in(data: bytes) -> bytes:
    """The MusicXML document in an archive.

    Raises
    ------
    Refusal
        When the archive is damaged, wants a password, or holds no score or too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check(members, len(data))
            return _read(archive, _named(archive, members))
    except Refusal:
        raise
    except _BROKEN as error:
        raise Refusal(
            "This .mxl file is damaged and cannot be unpacked; export it again and resend it."
        ) from error


def _check(members: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(m.file_size for m in members)
    if len(members) > _MEMBERS:
        raise Refusal(
            "This .mxl file holds {count} files, and a score needs few; export it again.",
            count=len(members),
        )
    if total > MOST_UNPACKED or total > _RATIO * packed:
        raise _too_much()
    if any(m.flag_bits & 1 for m in members):
        raise Refusal("This .mxl file wants a password; export it again without one.")


def _named(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The member that is the score."""
    by_name = {m.filename: m for m in members}
    if _CONTAINER in by_name:
        told = re.search(rb"full-path\s*=\s*[\"']([^\"']+)", _read(archive, by_name[_CONTAINER]))
        if told and (root := by_name.get(told[1].decode("utf-8", "replace"))):
            return root
    for name, member in by_name.items():
        if name.lower().endswith((".xml", ".musicxml")) and not name.startswith("META-INF"):
            return member
    raise Refusal("There is no MusicXML score in this .mxl file; export it again and resend it.")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        found = stream.read(MOST_UNPACKED + 1)
    if len(found) > MOST_UNPACKED:
        raise _too_much()
    return found


def _too_much() -> Refusal:
    return Refusal(
        "This .mxl file unpacks to more than the {most} MiB I take; send a shorter piece.",
        most=MOST_UNPACKED >> 20,
    )
