"""A small real piece, a real soundfont, and programs that misbehave on purpose."""

import os
import stat
from pathlib import Path

import pytest
from render_pieces import write_piece

from bot.render.soundfont import find_soundfont


@pytest.fixture(scope="session")
def soundfont() -> Path:
    return find_soundfont()


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    """Eight seconds of six parts."""
    return write_piece(tmp_path / "piece.mid", bars=4)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a shell script called `fluidsynth` first on PATH."""

    def make(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / "fluidsynth"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return path

    return make
