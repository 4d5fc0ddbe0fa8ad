"""Where learned styles hang: names people may give them, and the folders that hold their files.

In: the data folder and an owner. Out: paths. A style's folder is `styles/OWNER/ID/` and is written
once: learning more pieces makes a new one, so a job that is already waiting composes in the style
it was asked with. No models here (`bot.styles` reads and writes what the folders hold).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from models.errors import Refusal

#: The folder under the data folder.
STYLES = "styles"
#: The network part of a style; what it was learned from and how that went. The last is the mark
#: that the folder is whole.
WEIGHT, LEARNED = "style.safetensors", "learned.json"
#: Pieces one style may be learned from, and how many styles one person may keep.
MOST_PIECES, MOST_STYLES = 20, 20
#: Who owns what was learned on the command line.
TERMINAL = 0
#: What takes a style off again; no style may be called so.
NONE = ("none", "无")
#: A folder that no style owns goes after this many seconds: a job may still wait to compose in it.
_SPARE = 3600.0
# Words without markup: a name is shown in other people's messages.
_NAME = re.compile(r"[^\W_](?:[^\W_]|[ '’.&-]){0,31}")


def named(text: str) -> str:
    """A name for a style as a person typed it, with its spaces put right.

    Raises
    ------
    Refusal
        When it is no name.
    """
    name = " ".join(text.split())
    if not _NAME.fullmatch(name) or name.lower() in NONE:
        raise Refusal(
            "Call the style by 1 to 32 letters, digits and spaces, such as “my waltzes”; "
            "I cannot use “{name}”.",
            name=name[:40],
        )
    return name


def forget(data_dir: Path, owner_id: int) -> int:
    """Delete the files of all styles of a person; returns how many there were."""
    home = data_dir / STYLES / str(owner_id)
    files = [path for path in home.rglob("*") if path.is_file()]
    shutil.rmtree(home, ignore_errors=True)
    return len(files)


def remove(data_dir: Path, folder: str) -> None:
    """Delete the files of one style."""
    home = (data_dir / STYLES).resolve()
    path = (home / folder).resolve()
    if path.parent.parent == home:
        shutil.rmtree(path, ignore_errors=True)


def drop_spare(data_dir: Path, kept: Collection[str], now: float) -> None:
    """Delete the folders that belong to no style (any more); `now` is UTC epoch seconds."""
    for folder in (data_dir / STYLES).glob("*/*/"):
        name = f"{folder.parent.name}/{folder.name}"
        if name not in kept and now - folder.stat().st_mtime > _SPARE:
            shutil.rmtree(folder, ignore_errors=True)


def kept(data_dir: Path, owner_id: int) -> list[dict[str, Any]]:
    """The files of a person's styles as plain JSON values: name and bytes of each."""
    home = data_dir / STYLES / str(owner_id)
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return [{"name": f"{p.parent.name}/{p.name}", "bytes": p.stat().st_size} for p in files]
