"""Where learned styles hang: names people may give them, and the folders that hold their files.

In: the data folder and an owner. Out: paths. A style's folder is `styles/OWNER/ID/` and is written
once: learning more pieces makes a new one, so a job that is already waiting composes in the style
it was asked with. No models here (`bot.styles` reads and writes what the folders hold).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.settings import Settings
from models.errors import Refusal
from storage import styles
from storage.db import open_database
from storage.styles import Style

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
TOO_MANY = "A style takes at most {most} pieces; this would make {count}."
NOTHING = (
    "{reasons} So there is nothing to learn from; give me MIDI or MusicXML with a melody, or your "
    "own words as .txt."
)
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


def require(db: Database, name: str, owner_id: int = TERMINAL) -> Style:
    """A person's style by its name.

    Raises
    ------
    Refusal
        When there is none; it names those there are.
    """
    style = styles.own(db, owner_id, name)
    if style is None:
        raise Refusal(
            "There is no style “{name}” here; there are: {names}. python -m bot style learn makes "
            "one.",
            name=name[:40],
            names=", ".join(s.name for s in styles.of(db, owner_id)) or "–",
        )
    return style


def folder_of(settings: Settings, name: str) -> Path:
    """The folder of a style that was learned on the command line.

    Raises
    ------
    Refusal
        When there is none of this name.
    """
    with closing(open_database(settings.database)) as db:
        return (settings.styles_dir / require(db, name).folder).resolve()


def row_of(learned: Mapping[str, Any], owner_id: int) -> dict[str, Any]:
    """What `storage.styles.save` wants, from what `bot.styles.learn` returns."""
    wanted = {name: learned[name] for name in ("name", "pieces", "kind", "folder")}
    return {**wanted, "owner_id": owner_id, "report": json.dumps(learned, ensure_ascii=False)}


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
