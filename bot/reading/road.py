"""From the bytes of any upload to a score: which reader a file goes to. Runs in the limited child.

In: the path of a file (MIDI, RIFF MIDI, MusicXML, .mxl, ABC, audio), told by its content. Out: a
`Score` inside the limits of `models.file_limits`, the words under its notes where it has some, and
of a recording what was heard as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from bot.reading.kinds import AUDIO, kind_of
from models import abc, file_limits, midi, musicxml_reader
from models.errors import Refusal
from models.lyrics import Lyrics
from models.score import Score


def read(path: Path) -> tuple[Score, Lyrics | None, str | None]:
    """The music of a file in one meter, its words, and what was heard of a recording.

    The last is that of `hearing.to_json`.

    Raises
    ------
    Refusal
        When it is damaged, of another kind, or more than we take.
    """
    data = path.read_bytes()
    kind = kind_of(data)
    if kind in AUDIO:
        score, heard = _heard(path)
        return score, None, heard
    score, words = _score(data, kind, path)
    return file_limits.bounded(score), words, None


def _score(data: bytes, kind: str | None, path: Path) -> tuple[Score, Lyrics | None]:
    if kind == ".mid":
        plain = _unwrapped(data)
        score = midi.from_bytes(plain, path.stem, one_meter=True)
        return score, midi.words_in(plain, path.stem)
    if kind in (".musicxml", ".mxl"):
        return musicxml_reader.read_both(path, one_meter=True)
    if kind == ".abc":
        return abc.read(path), None
    raise Refusal("That is not a MIDI, MusicXML or ABC file; export the music as one of these.")


def _unwrapped(data: bytes) -> bytes:
    """The MIDI file inside a RIFF file (RP-029 of the MIDI Association); others as they are."""
    if not data.startswith(b"RIFF"):
        return data
    for name, body in _chunks(data[12:]):
        if name == b"data" and body.startswith(b"MThd"):
            return body
    raise Refusal("There is no MIDI inside this RIFF file; export it again as .mid.")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _heard(path: Path) -> tuple[Score, str]:
    from bot.reading import hearing  # scipy, and more for chords: not for files of notes
    from models.transcriber.hear import hear

    heard = hear(path)
    return file_limits.bounded(hearing.score_of(heard, path.stem)), hearing.to_json(heard)
