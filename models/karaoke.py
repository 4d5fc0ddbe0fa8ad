"""Words in Standard MIDI Files: events for players that sing along, and back.

In: `Lyrics`, or the bytes of a file. Out: lyric events (0x05) as the MIDI Association's RP-017 has
them: a syllable each, a space after a word, a carriage return after a line, a line feed after a
stanza; or a Soft Karaoke file (.kar), which more players show: text events (0x01) on a track
"Words", "@" for the title and its makers, a slash before a line and a backslash before a stanza,
as the files of that program have them. Text is UTF-8. Reading takes both, and what people mix.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

from models import midi_hanging
from models.lyrics import Lyrics
from models.words_on_score import After, Found, clean, placed

_TEXT, _NAME, _LYRIC, _END = 0x01, 0x03, 0x05, 0x2F
_AFTER = {"": "", "word": " ", "line": "\r", "stanza": "\n"}
_LINE, _STANZA = "/\r", "\\\n"
_ABOUT = ("@", "{")  # what is said of the file: titles, and the tags of RP-026
_KARAOKE = ("@", "/", "\\")
_LANGUAGE = {"en": "@LENGL", "zh": "@LCHIN"}


def events(lyrics: Lyrics) -> list[tuple[float, str]]:
    """(onset in beats, text) of every lyric event."""
    found = []
    for one in placed(lyrics):
        space = one.after == "word" and lyrics.language == "zh"
        found.append((one.sung.onset, one.sung.text + ("" if space else _AFTER[one.after])))
    return found


def soft(midi: bytes, lyrics: Lyrics, ticks: int) -> bytes:
    """A .kar file: our MIDI file of a piece without words, and its words on tracks of their own.

    `ticks` per quarter note are those of the file.
    """
    head = ["@KMIDI KARAOKE FILE", "@V0100"]
    titles = [_LANGUAGE[lyrics.language], f"@T{lyrics.title}"]
    titles += [f"@T{lyrics.by}"] if lyrics.by else []
    rows = [(0, text) for text in titles]
    before: After = "stanza"
    for one in placed(lyrics):
        sign = {"line": "/", "stanza": "\\"}.get(before, "")
        space = " " if one.after != "" and lyrics.language != "zh" else ""
        rows.append((round(one.sung.onset * ticks), f"{sign}{one.sung.text}{space}"))
        before = one.after
    chunks = [_chunk("Soft Karaoke", [(0, text) for text in head]), _chunk("Words", rows)]
    kind, tracks, division = struct.unpack(">HHH", midi[8:14])
    header = b"MThd" + struct.pack(">IHHH", 6, kind, tracks + len(chunks), division)
    first = 22 + int(struct.unpack(">I", midi[18:22])[0])  # the conductor's track comes first
    return header + midi[14:first] + b"".join(chunks) + midi[first:]


def _chunk(name: str, rows: Iterable[tuple[int, str]]) -> bytes:
    """A track of text events at their ticks."""
    body = b"\0" + _meta(_NAME, name)
    every = [(0, ""), *rows]
    for (before, _), (at, text) in pairwise(every):
        body += _number(at - before) + _meta(_TEXT, text)
    body += b"\0" + _meta(_END, "")
    return b"MTrk" + struct.pack(">I", len(body)) + body


def _meta(kind: int, text: str) -> bytes:
    data = text.encode()
    return bytes((0xFF, kind)) + _number(len(data)) + data


def _number(value: int) -> bytes:
    """A number of as many bytes as it takes, seven bits in each."""
    found = bytes([value & 0x7F])
    while value := value >> 7:
        found = bytes([value & 0x7F | 0x80]) + found
    return found


def read(data: bytes) -> list[tuple[int, Found]]:
    """(tick, syllable) of the words in a MIDI file, whose `onset` is not yet known.

    Lyric events before text events, and the track that has most of them. A file that is damaged
    or has no words gives none.
    """
    try:
        chunks = [list(midi_hanging.events_in(c)) for c in midi_hanging.chunks_in(data)]
    except (IndexError, struct.error):
        return []
    for kind in (_LYRIC, _TEXT):
        tracks = [_texts(chunk, kind) for chunk in chunks]
        most = max(tracks, key=len, default=[])
        if len(most) > 1:
            return _syllables(most)
    return []


def _texts(chunk: Sequence[tuple[int, int, bytes]], kind: int) -> list[tuple[int, str]]:
    """The events of one kind that are sung; text events only where their signs say so."""
    rows = [
        (at, _decoded(values[1:]))
        for at, status, values in chunk
        if status == 0xFF and values[:1] == bytes([kind])
    ]
    if kind == _TEXT and not any(text.startswith(_KARAOKE) for _, text in rows):
        return []  # remarks
    return [(at, text) for at, text in rows if not text.startswith(_ABOUT)]


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _syllables(rows: Sequence[tuple[int, str]]) -> list[tuple[int, Found]]:
    """Signs before and after the syllables as what follows each; spaces on either side part words.

    Signs that stand alone end what was sung before them.
    """
    found: list[tuple[int, Found]] = []
    for number, (at, text) in enumerate(rows):
        head = text[: len(text) - len(text.lstrip(_LINE + _STANZA))]
        tail = text[len(text.rstrip("\r\n/\\")) :] if text.strip(_LINE + _STANZA) else ""
        if found and (began := _broken(head)):
            found[-1] = found[-1][0], _with(found[-1][1], began)
        bare = text.strip(_LINE + _STANZA)
        shown = clean(bare)
        if not shown:
            continue
        onward = rows[number + 1][1] if number + 1 < len(rows) else " "
        hyphen = shown.endswith("-") and len(shown) > 1
        joined = hyphen or not (bare.endswith(" ") or onward[:1] in " /\\\r\n" or tail)
        syllable = Found(0.0, shown.rstrip("-") if hyphen else shown, joined, "")
        found.append((at, _with(syllable, _broken(tail)) if tail else syllable))
    return found


def _broken(signs: str) -> After:
    """What a run of signs ends."""
    if any(c in _STANZA for c in signs):
        return "stanza"
    return "line" if any(c in _LINE for c in signs) else ""


def _with(syllable: Found, after: After) -> Found:
    if syllable.after == "stanza" or not after:
        return syllable
    return Found(syllable.onset, syllable.text, False, after)
