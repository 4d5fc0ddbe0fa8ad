"""Where the sounds come from: finding a General MIDI soundfont and checking that it is one.

In: the `SOUNDFONT` setting (may be empty). Out: the path of a file that starts like a SoundFont.
FluidSynth itself is no judge: given a missing or junk font it renders with another one and says
nothing (measured on 2.3.1), so the check happens here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bot.render.failures import SoundfontInvalid, SoundfontMissing

#: Best first: FluidR3 is balanced, stereo and light to render; TimGM6mb is the last resort.
_SF2_NAMES = ("FluidR3_GM", "MuseScore_General_Full", "default-GM", "TimGM6mb")
_SF3_NAMES = ("MuseScore_General", "MuseScore_General_Lite", "default-GM")


def own_folder() -> Path:
    """Where a person can drop a soundfont for Segno on any system."""
    return Path.home() / ".local" / "share" / "segno" / "soundfonts"


def candidates() -> Iterator[Path]:
    """Every place a soundfont may lie, best first; most of them do not exist."""
    yield from sorted(own_folder().glob("*.sf[23]"))
    for name in _SF2_NAMES:
        yield Path("/usr/share/sounds/sf2", f"{name}.sf2")
    for name in _SF3_NAMES:
        yield Path("/usr/share/sounds/sf3", f"{name}.sf3")
    for name in ("FluidR3_GM.sf2", "default.sf2"):  # Fedora, Arch
        yield Path("/usr/share/soundfonts", name)
    for prefix in ("/opt/homebrew", "/usr/local"):
        for folder in ("share/soundfonts", "share/fluid-synth/sf2"):
            yield from sorted(Path(prefix, folder).glob("*.sf[23]"))
    if sys.platform == "win32":
        yield from (
            Path(r"C:\soundfonts\default.sf2"),
            Path(r"C:\ProgramData\soundfonts\default.sf2"),
        )


def is_soundfont(path: Path) -> bool:
    """Whether a file begins as SoundFont files do: RIFF, a length, sfbk."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def find_soundfont(setting: str | Path | None = None) -> Path:
    """The soundfont to render with, as an absolute path.

    Raises
    ------
    SoundfontMissing, SoundfontInvalid
        A font named in the settings is never replaced by another one in silence.
    """
    if setting:
        named = Path(setting).expanduser().absolute()
        if not named.is_file():
            raise SoundfontMissing(
                "The soundfont {name} is not there. Correct SOUNDFONT in .env, or clear it to use "
                "the one installed with the system.",
                name=named.name,
            )
        return check_soundfont(named)
    for path in candidates():
        if is_soundfont(path):
            return path.absolute()
    raise SoundfontMissing(
        "No soundfont is installed, so there are no instruments to play with. Install one "
        "(Debian: apt install fluid-soundfont-gm) or set SOUNDFONT in .env to a .sf2 file."
    )


def check_soundfont(path: Path) -> Path:
    """The path itself when it is a soundfont, else `SoundfontInvalid`."""
    if not is_soundfont(path):
        raise SoundfontInvalid(
            "{name} is not a soundfont. Set SOUNDFONT in .env to an .sf2 or .sf3 file.",
            name=path.name,
        )
    return path
