"""What is wrong with this installation, and what to do about it.

In: the few settings that matter. Out: one `Finding` per check, in the order a person should put
them right. Nothing is changed except that the data folder is created, as the bot would do.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import math
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import symusic

from bot.conversation.minds.endpoint import Endpoint, address, is_address
from bot.conversation.values import MindError
from bot.render.audio import Rendered, render_clip
from bot.render.encode import encode_mp3
from bot.render.failures import RenderError
from bot.render.fonts import find_chinese, find_latin
from bot.render.soundfont import find_soundfont
from bot.render.trims import load_trims
from bot.settings import Settings
from bot.wardrobe import LEARNED
from models.errors import Refusal
from storage import styles
from storage.db import open_database

#: Import name -> name on the package index.
PACKAGES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "soundfile": "soundfile",
    "lameenc": "lameenc",
    "pyloudnorm": "pyloudnorm",
    "midi2audio": "midi2audio",
    "symusic": "symusic",
    "music21": "music21",
    "PIL": "pillow",
    "sqlite_utils": "sqlite-utils",
    "pebble": "pebble",
    "discord": "discord.py",
    "torch": "torch",
    "transformers": "transformers",
}
_LOWEST_SPACE = 1 << 30  # a day's pieces and a database copy


@dataclass(frozen=True, slots=True)
class Finding:
    """One check; when not `ok`, `remedy` says what to do. Without a `needed` one nothing works."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    needed: bool = True

    def to_json(self) -> dict[str, str | bool]:
        """For `--json`."""
        return asdict(self)


def examine(
    settings: Settings, *, weights: Path | None = None, env_file: Path = Path(".env")
) -> list[Finding]:
    """Look at everything Segno needs; takes some seconds, as it imports and renders for real.

    `weights` is another folder than the shipped `models/weights`.
    """
    return [
        _python(),
        _packages(),
        _fluidsynth(),
        _soundfont(settings.soundfont),
        *_sound(settings.soundfont),
        _fonts(),
        _data_folder(settings.data_dir),
        _space(settings.data_dir),
        _weights(weights),
        _weights(weights, "arranger"),
        _weights(weights, "lyricist"),
        _weights(weights, "wordbook"),
        _styles(settings),
        *_chat(settings),
        _token(settings.discord_token is not None),
        _env_file(env_file),
    ]


def _python() -> Finding:
    current = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", ok, current, "Use Python 3.11 or 3.12, then run make run again.")


def _packages() -> Finding:
    broken, torch = [], ""
    for module, package in PACKAGES.items():
        try:
            importlib.import_module(module)
            torch = version(package) if module == "torch" else torch
        except (ImportError, OSError, PackageNotFoundError) as error:
            broken.append(f"{package} ({type(error).__name__})")
    detail = ", ".join(broken) if broken else f"{len(PACKAGES)} import, torch {torch}"
    return Finding("packages", not broken, detail, "Run make run: it installs what is missing.")


def _fluidsynth() -> Finding:
    remedy = (
        "Install FluidSynth (Debian: apt install fluidsynth; macOS: brew install fluid-synth; "
        "Windows: choco install fluidsynth)."
    )
    path = shutil.which("fluidsynth")
    if path is None:
        return Finding("fluidsynth", False, "not on PATH", remedy)
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("fluidsynth", False, f"does not start ({type(error).__name__})", remedy)
    first = next(iter((told.stdout or told.stderr).splitlines()), "no version")
    return Finding("fluidsynth", told.returncode == 0, first.strip(), remedy)


def _soundfont(setting: str | Path | None) -> Finding:
    try:
        path = find_soundfont(setting)
    except Refusal as refusal:
        return Finding("soundfont", False, "not found", str(refusal))
    measured = "levels measured" if load_trims(path).programs else "levels not measured"
    size = path.stat().st_size / 1e6
    return Finding("soundfont", True, f"{path.resolve().name}, {size:.0f} MB, {measured}")


def _sound(setting: str | Path | None) -> Iterator[Finding]:
    """Render one second, master it, encode it."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = _one_second(Path(folder), find_soundfont(setting))
            peak = encode_mp3(made.audio, Path(folder, "a.mp3"))
            size = Path(folder, "a.mp3").stat().st_size
    except (Refusal, RenderError, OSError) as error:
        remedy = str(error) if isinstance(error, Refusal) else "See the findings above."
        yield Finding("test render", False, type(error).__name__, remedy)
        return
    sound = f"{made.lufs:.1f} LUFS, peak {made.true_peak_db:.1f} dBTP"
    loud = math.isclose(made.lufs, -14, abs_tol=0.5) and made.true_peak_db < -1
    yield Finding("test render", loud, sound, "Try another soundfont (SOUNDFONT in .env).")
    yield Finding(
        "mp3", size > 1000 and peak <= -1, f"{size} bytes", "Run make run to reinstall lameenc."
    )


def _one_second(folder: Path, soundfont: Path) -> Rendered:
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 120))
    track = symusic.Track("test", 0)
    for pitch in (60, 64, 67):
        track.notes.append(symusic.Note(0, 960, pitch, 90))
    score.tracks.append(track)
    path = folder / "test.mid"
    path.write_bytes(score.dumps_midi())
    return render_clip(path, soundfont=soundfont, seconds=1.0, asked=1.0, timeout=30.0)


def _fonts() -> Finding:
    latin, chinese = find_latin(), find_chinese()
    missing = [n for n, f in (("music signs", latin), ("Chinese", chinese)) if f is None]
    found = ", ".join(p.name for p in (latin, chinese[0] if chinese else None) if p)
    return Finding(
        "fonts",
        not missing,
        found + (f"; none for {' and '.join(missing)}" if missing else ""),
        "Pictures leave these characters out. Debian: apt install fonts-dejavu-core "
        "fonts-wqy-microhei.",
        needed=False,
    )


def _data_folder(folder: Path) -> Finding:
    remedy = "Give the user who runs Segno the right to write there, or set DATA_DIR in .env."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0" * 4096)
    except OSError as error:
        return Finding("data folder", False, f"{folder}: {error.strerror}", remedy)
    return Finding("data folder", True, f"{folder} is writable")


def _space(folder: Path) -> Finding:
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free
    return Finding(
        "disk space",
        free >= _LOWEST_SPACE,
        f"{free / 1e9:.1f} GB free",
        "Free some space: below 1 GB finished pieces may not be saved.",
    )


def _weights(folder: Path | None, model: str = "composer") -> Finding:
    """Load a model as the workers do: by its manifest, with its hash checked."""
    name, remedy = f"{model} weights", "Fetch the repository again: the weights are part of it."
    try:
        from models import hub

        tensors, _ = hub.load(model, folder or hub.WEIGHTS)
    except Refusal:
        return Finding(name, False, "missing, or not the file its manifest names", remedy)
    except ImportError as error:  # torch: the finding about packages says more
        return Finding(name, False, f"not read ({type(error).__name__})", "See packages above.")
    size = sum(t.nbytes for t in tensors.values()) / 1e6
    return Finding(name, True, f"{len(tensors)} tensors, {size:.0f} MB")


def _styles(settings: Settings) -> Finding:
    """Compare the learned styles with their files, and say whether files from Discord train."""
    name, trains = "learned styles", settings.train_on_discord_files
    policy = "files sent through Discord are " + ("trained on" if trains else "not trained on")
    if not settings.database.exists():
        return Finding(name, True, f"0; {policy}")
    try:
        with closing(open_database(settings.database)) as db:
            folders = styles.folders(db)
    except sqlite3.DatabaseError as error:
        remedy = "Put the newest copy in its place; copies lie in the backups folder."
        return Finding(name, False, f"the database cannot be read: {error}", remedy)
    lost = [f for f in folders if not (settings.styles_dir / f / LEARNED).is_file()]
    if not lost:
        return Finding(name, True, f"{len(folders)}; {policy}")
    detail = f"{len(lost)} of {len(folders)} without their files; {policy}"
    return Finding(name, False, detail, "Bring the styles folder back, or learn them again.", False)


def _chat(settings: Settings) -> Iterator[Finding]:
    """Whether the chat model of the settings can be had; nothing where there is none."""
    if settings.chat_model is None:
        return
    remedy = "Until then Segno's own listener answers, as without CHAT_MODEL."
    try:
        if is_address(settings.chat_model):
            ok, detail = True, asyncio.run(_served(settings, settings.chat_model))
        else:
            ok, detail = _local_chat(settings.chat_model)
    except (Refusal, MindError) as error:
        ok, detail = False, str(error)
    yield Finding("chat model", ok, detail, remedy, needed=False)


async def _served(settings: Settings, model: str) -> str:
    """What the chat server has; raises where it does not answer or lacks the model."""
    where = address(model)
    names = await Endpoint(where, settings.chat_key).models(min(settings.chat_timeout, 5.0))
    if where.model not in names:
        raise MindError(f"the server answers, but has no model “{where.model[:60]}”")
    host = urlsplit(where.url).hostname
    open_air = where.url.startswith("http:") and host not in ("127.0.0.1", "::1", "localhost")
    warning = "; CHAT_KEY travels unencrypted" if open_air and settings.chat_key else ""
    return f"{where.model[:60]} answers{warning}"


def _local_chat(model: str) -> tuple[bool, str]:
    if importlib.util.find_spec("llguidance") is None:
        return False, "a local model needs: pip install llguidance"
    folder = Path(model)
    if folder.is_dir():
        return (folder / "config.json").is_file(), f"the folder {folder.name}"
    return True, f"{model[:60]}, fetched from the hub at first use"


def _token(present: bool) -> Finding:
    if present:
        return Finding("token", True, "set: make run is the Discord bot")
    detail = "not set: make run is the local page"
    remedy = "For Discord, put DISCORD_TOKEN into .env (see README, Discord set-up)."
    return Finding("token", False, detail, remedy, needed=False)


def _env_file(path: Path) -> Finding:
    if not path.exists():
        return Finding(".env", True, "none")
    if sys.platform != "win32" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        detail, remedy = "other users can read it", f"Keep the token private: chmod 600 {path}"
        return Finding(".env", False, detail, remedy, needed=False)
    return Finding(".env", True, "only its owner can read it")
