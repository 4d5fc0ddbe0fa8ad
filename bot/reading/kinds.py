"""What kinds of file there are: how each is told, called, and how large it may be.

In: the bytes of a file. Out: the suffix that belongs to it, by content and never by name. Only the
first bytes are looked at (of an archive its list of members, of ABC its header); whether the rest
is sound is `road`'s business.
"""

from __future__ import annotations

import io
import re
import zipfile

#: What files with notes in them are called, and files with sound in them.
SCORES = (".mid", ".midi", ".kar", ".rmi", ".musicxml", ".mxl", ".xml", ".abc")
AUDIO = (".wav", ".mp3", ".ogg", ".opus", ".flac")
#: Most bytes of each kind: a plain score may be as large as a compressed one unpacks to.
MOST_BYTES = {".mid": 1 << 20, ".musicxml": 8 << 20, ".mxl": 2 << 20, ".abc": 256 << 10}
MOST_AUDIO = 10 << 20

_ARCHIVE = (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError)
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# The key field ends the header of an ABC tune, so some other field is above it.
_FIELD, _KEY = (re.compile(pattern, re.MULTILINE) for pattern in (rb"^[XTMLQCR]:", rb"^K:"))


def kind_of(data: bytes) -> str | None:
    """The suffix that belongs to a file by its content; None for what is no music."""
    if data.startswith(b"MThd") or _is_riff(data, b"RMID"):
        return ".mid"
    if data.startswith(b"PK\x03\x04"):
        return ".mxl" if _holds_a_score(data) else None
    return _audio(data) or _text(data)


def most_bytes(kind: str) -> int:
    """Most bytes that a file of this kind may have."""
    return MOST_BYTES.get(kind, MOST_AUDIO)


def _is_riff(data: bytes, form: bytes) -> bool:
    return data.startswith((b"RIFF", b"RF64")) and data[8:12] == form


def _audio(data: bytes) -> str | None:
    """Sound by its magic: RIFF WAVE, fLaC, OggS (Vorbis or Opus), ID3 or an MPEG layer 3 frame."""
    if _is_riff(data, b"WAVE"):
        return ".wav"
    if data.startswith(b"fLaC"):
        return ".flac"
    if data.startswith(b"OggS"):
        return ".opus" if b"OpusHead" in data[:64] else ".ogg"
    frame = len(data) > 3 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2 and data[2] & 0xF0 != 0xF0
    return ".mp3" if frame or data.startswith(b"ID3") else None


def _text(data: bytes) -> str | None:
    head = data[:4096]
    if head[:2] in _BOMS:
        head = head.decode(_BOMS[head[:2]], "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        score = b"<score-partwise" in head or b"<score-timewise" in head
        return ".musicxml" if score else None
    plain = data[: MOST_BYTES[".abc"]].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    field = None if b"\0" in plain else _FIELD.search(plain)
    return ".abc" if field and _KEY.search(plain, field.end()) else None


def _holds_a_score(data: bytes) -> bool:
    """Whether a ZIP archive lists a score, as compressed MusicXML does."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(n.lower().endswith((".xml", ".musicxml")) for n in archive.namelist())
    except _ARCHIVE:
        return False
