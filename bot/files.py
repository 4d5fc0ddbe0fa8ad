"""Which files a finished piece has, by kind: one table for the studio, the terminal and Discord.

In: a piece's folder. Out: the kinds that exist there, in the order they are shown.
"""

from __future__ import annotations

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
}


def files_in(folder: Path) -> dict[str, Path]:
    """The finished files of a piece by kind."""
    return {
        kind: folder / name
        for kind, names in NAMES.items()
        for name in names
        if (folder / name).is_file()
    }
