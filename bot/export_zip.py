"""A person's copy of everything stored about them, as one zip that Discord takes.

In: their rows (`storage.privacy.export`) and the paths of their files. Out: the bytes of a zip and
what did not fit. `data.json` always comes first and is complete; then what they sent and what was
learned from it, then the files of their pieces, as far as there is room.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import Refusal

DATA, MISSING = "data.json", "missing.txt"
#: Compressed already: packing them again takes time and gains nothing.
_PACKED = (".mp3", ".ogg", ".flac", ".png", ".zip", ".mxl", ".pdf")
#: Room for the list of what is missing and the zip's own directory.
_ROOM = 64 * 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """The zip, and the names of the files that it has no room for."""

    data: bytes
    missing: tuple[str, ...] = ()


def make(rows: Mapping[str, Any], files: Sequence[Path], home: Path, limit: int) -> Copy:
    """Pack a copy of at most `limit` bytes; call it on a thread.

    `files` are named in the zip as they lie under `home`.

    Raises
    ------
    Refusal
        When the rows alone are more than `limit`.
    """
    packed = io.BytesIO()
    missing: list[str] = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # Written as it is made: in one piece it would hold up every other thread.
        with io.TextIOWrapper(archive.open(DATA, "w"), "utf-8") as data:
            json.dump(rows, data, ensure_ascii=False, indent=1)
        if packed.tell() + _ROOM > limit:
            raise Refusal(
                "Your copy is larger than Discord takes here. Please ask the owner of this bot "
                "for it."
            )
        for path in files:
            name = path.relative_to(home).as_posix()
            try:
                # What is packed may be larger than what was packed, by a little.
                fits = packed.tell() + path.stat().st_size + _entry(name) + _ROOM <= limit
                if fits:
                    stored = path.suffix in _PACKED
                    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                    archive.write(path, name, kind)
                else:
                    missing.append(name)
            except FileNotFoundError:
                continue  # deleted meanwhile
        if missing:
            archive.writestr(MISSING, _listed(missing))
    return Copy(packed.getvalue(), tuple(missing))


def _entry(name: str) -> int:
    """Bytes that a file takes in a zip beside its own: its name stands there twice."""
    return 256 + 2 * len(name.encode())


def _listed(names: Sequence[str]) -> str:
    """The names, as far as there is room for them."""
    text = "\n".join(names)
    return text if len(text.encode()) < _ROOM // 2 else text[: _ROOM // 8] + "\n…"
