"""Notes of a MIDI file that are begun and never ended.

In: the bytes of a file in which no note ends, which symusic reads as one without notes. Out: tracks
in which a note ends where its pitch is struck again on its channel, else where the file ends; and
for `karaoke` the bare events of a file.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

import symusic

_DRUMS = 9  # channel, from 0


def tracks(data: bytes) -> list[symusic.Track]:
    """One track for each channel of each track of the file; none where the bytes are damaged."""
    try:
        division = struct.unpack(">H", data[12:14])[0]
        chunks = [list(events_in(chunk)) for chunk in chunks_in(data)]
    except (IndexError, struct.error):
        return []
    # Where the file ends with its last note, that sounds for a beat.
    stated = (at for events in chunks for at, _, _ in events)
    struck = (at + division for events in chunks for at, kind, _ in events if kind >> 4 == 9)
    end = max(max(stated, default=0), max(struck, default=0))
    return [track for events in chunks for track in _ended(events, end)]


def _ended(events: list[tuple[int, int, bytes]], end: int) -> list[symusic.Track]:
    """A track's channels, each with its last stated program; `end` in ticks."""
    programs: dict[int, int] = {}
    struck: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for at, status, values in events:
        if status >> 4 == 0xC:
            programs[status & 15] = values[0]
        elif status >> 4 == 9 and values[1]:
            struck[status & 15][values[0]].append((at, values[1]))
    found = []
    for channel, pitches in struck.items():
        track = symusic.Track("", programs.get(channel, 0), channel == _DRUMS)
        for pitch, strokes in pitches.items():
            ends = [at for at, _ in strokes[1:]] + [end]
            for (at, velocity), stop in zip(strokes, ends, strict=True):
                if stop > at:
                    track.notes.append(symusic.Note(at, stop - at, pitch, velocity))
        found.append(track)
    return found


def chunks_in(data: bytes) -> Iterator[bytes]:
    """The contents of the tracks of a file."""
    at = 8 + int(struct.unpack(">I", data[4:8])[0])
    while at + 8 <= len(data):
        size = int(struct.unpack(">I", data[at + 4 : at + 8])[0])
        if data[at : at + 4] == b"MTrk":
            yield data[at + 8 : at + 8 + size]
        at += 8 + size


def events_in(chunk: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(tick, status, data) of every event of a track; of meta events the kind and then the data."""
    at = place = status = 0
    while place < len(chunk):
        delta, place = _number(chunk, place)
        at += delta
        if chunk[place] & 0x80:  # else the status before holds
            status = chunk[place]
            place += 1
        if status < 0xF0:
            size = 1 if status >> 4 in (0xC, 0xD) else 2
            yield at, status, chunk[place : place + size]
        else:
            kind = chunk[place : place + (status == 0xFF)]
            size, place = _number(chunk, place + len(kind))
            yield at, status, kind + chunk[place : place + size]
        place += size


def _number(chunk: bytes, place: int) -> tuple[int, int]:
    """A number of as many bytes as it takes, and where it ends."""
    value = 0
    while True:
        byte = chunk[place]
        value, place = value << 7 | byte & 0x7F, place + 1
        if byte < 0x80:
            return value, place
