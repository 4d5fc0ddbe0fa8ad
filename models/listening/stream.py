"""JSON and CSV piece by piece: a file of any length in the memory of one record.

In: text of an export. Out: its records, one after another; what is broken is counted and stepped
over where that is possible (lines), and ends the file where it is not (the middle of an array).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from models.listening.limits import MOST_LINE, MOST_VALUE
from models.listening.values import Tally

_CHUNK = 1 << 16
_BETWEEN = " \t\r\n,"
ENDS_EARLY = "“{name}” is cut off or damaged; what came before that is counted."


def values(text: TextIO, tally: Tally, name: str) -> Iterator[Any]:
    """The elements of a JSON array, or the values of a file that is no array, one by one."""
    decode = json.JSONDecoder().raw_decode
    held, step = "", _CHUNK
    inside, ended = False, False
    while True:
        held = held.lstrip(_BETWEEN)
        if not inside and held.startswith("["):
            inside, held = True, held[1:].lstrip(_BETWEEN)
        if inside and held.startswith("]"):
            return
        try:
            # A number at the very end may go on in the next chunk: no export has one there.
            found, end = decode(held)
        except (ValueError, RecursionError):
            more = "" if ended or len(held) > MOST_VALUE else text.read(step)
            if not more:
                if held or inside:
                    tally.skipped["damaged"] += 1
                    tally.notes.append((ENDS_EARLY, {"name": name}))
                return
            held, step = held + more, 2 * step  # geometric, so that a long value is read once
            ended = len(more) == 0
            continue
        held, step = held[end:], _CHUNK
        yield found


def lines(text: TextIO, tally: Tally) -> Iterator[Any]:
    """The values of a JSONL file; a line that is none is counted and left out."""
    for line in _bounded(text, tally):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            tally.skipped["damaged"] += 1


def rows(text: TextIO, tally: Tally) -> Iterator[list[str]]:
    """The rows of a CSV file, the header first; the separator is told from that."""
    source = _bounded(text, tally)
    first = next(source, "")
    separator = max(",;\t", key=first.count)

    def every() -> Iterator[str]:
        yield first
        yield from source

    reader = csv.reader(every(), delimiter=separator)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            tally.skipped["damaged"] += 1
            continue
        if row:
            yield row


def named(found: Iterator[list[str]], tally: Tally) -> Iterator[Mapping[str, str]]:
    """Rows as mappings, by a header that was read already."""
    header = [cell.strip() for cell in next(found, [])]
    for row in found:
        if len(row) < len(header) // 2:
            tally.skipped["damaged"] += 1
        else:
            yield dict(zip(header, row, strict=False))


def _bounded(text: TextIO, tally: Tally) -> Iterator[str]:
    """Lines, but none longer than `MOST_LINE`."""
    while line := text.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith("\n"):
            tally.skipped["damaged"] += 1
            while (rest := text.readline(MOST_LINE)) and not rest.endswith("\n"):
                pass
            continue
        yield line.replace("\0", "")
