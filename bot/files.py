"""Which files a finished piece has, by kind: one table for the studio, the terminal and Discord.

In: a piece's folder. Out: the kinds that exist there, in the order they are shown; or the files or
the folder gone, when another piece takes its place or its piece is deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

#: Kind -> file names, of which at most one exists. Lossless audio is FLAC where WAV is too large.
NAMES = {
    "mp3": ("piece.mp3",),
    "loop": ("loop.flac", "loop.ogg"),
    "png": ("piece.png",),
    "mid": ("piece.mid",),
    "musicxml": ("piece.musicxml",),
    "json": ("piece.json",),
    "wav": ("piece.wav", "piece.flac"),
    "voice": ("voice.ogg",),
    "stems": ("stems.zip",),
    "score": ("score.pdf",),
    "score_png": ("score.png",),
    "parts": ("parts.zip",),
    "lead": ("lead-sheet.pdf",),
    "lead_png": ("lead-sheet.png",),
    "lead_xml": ("lead-sheet.musicxml",),
    "lyrics": ("lyrics.txt",),
    "lrc": ("lyrics.lrc",),
    "karaoke": ("karaoke.kar",),
    "sung": ("sung-robot-demo.mp3",),
}

#: What a person asks for -> the kinds it makes, in the order shown, where it is more than itself.
MADE = {
    "score": ("score", "score_png"),
    "lead": ("lead", "lead_png", "lead_xml"),
    "txt": ("lyrics",),
    "kar": ("karaoke",),
}
#: What goes on paper (`bot.render.sheet`) and needs no sound.
PAPER = ("score", "parts", "lead")
#: What a piece with words has of them (`bot.worded`), and needs no sound either.
WORDS = ("txt", "lrc", "kar")


def kinds_of(formats: Iterable[str]) -> tuple[str, ...]:
    """The kinds of files that answer a request for these formats."""
    return tuple(kind for name in formats for kind in MADE.get(name, (name,)))


def files_in(folder: Path) -> dict[str, Path]:
    """The finished files of a piece by kind."""
    return {
        kind: folder / name
        for kind, names in NAMES.items()
        for name in names
        if (folder / name).is_file()
    }


def remove_files(folder: Path) -> None:
    """Delete the files of the piece that was in a folder, the mark of a finished one first."""
    for name in ("piece.json", *(name for names in NAMES.values() for name in names)):
        (folder / name).unlink(missing_ok=True)


def remove_folders(home: Path, folders: Iterable[str | Path]) -> None:
    """Delete piece folders (names or paths); only what lies directly inside `home`."""
    home = home.resolve()
    for name in folders:
        folder = (home / name).resolve()
        if folder.parent == home:
            shutil.rmtree(folder, ignore_errors=True)
