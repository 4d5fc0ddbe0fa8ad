"""`python -m bot export`: paper for a piece that was made before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import export_cli, studio
from bot.__main__ import app
from bot.files import NAMES, kinds_of
from models.errors import Refusal


@pytest.fixture
def piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished piece's folder, and an engraver that only writes the files."""
    (tmp_path / "piece.json").write_text("{}")

    def engrave(folder: Path, formats: tuple[str, ...]) -> None:
        for kind in kinds_of(formats):
            (folder / NAMES[kind][0]).write_bytes(b"paper")

    monkeypatch.setattr(studio, "put_on_paper", engrave)
    return tmp_path


def test_paper_needs_no_models(piece: Path):
    done = CliRunner().invoke(app, ["export", str(piece), "--formats", "score,lead", "--json"])
    assert done.exit_code == 0
    files = json.loads(done.stdout)["files"]
    assert list(files) == ["score", "score_png", "lead", "lead_png", "lead_xml"]
    assert all(Path(path).is_file() for path in files.values())


def test_the_score_is_what_is_made_without_a_word(piece: Path):
    done = CliRunner().invoke(app, ["export", str(piece)])
    assert done.stdout.split() == [str(piece / "score.pdf"), str(piece / "score.png")]


def test_strange_formats_and_empty_folders_are_refused(piece: Path, tmp_path: Path):
    with pytest.raises(Refusal, match="no file called “tabs”"):
        export_cli.export(piece, ["tabs"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="holds no piece"):
        export_cli.export(tmp_path / "empty", ["score"])
