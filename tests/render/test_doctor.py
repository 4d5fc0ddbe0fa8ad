"""The doctor: sound on a sound machine, and each fault found with its remedy."""

import shutil
from pathlib import Path

import pytest

from bot import doctor
from bot.settings import Settings
from models import hub
from storage import styles
from storage.db import open_database


def settings(tmp_path, **values):
    return Settings(_env_file=None, **{"data_dir": tmp_path / "data", **values})


def named(findings, name):
    return next(f for f in findings if f.name == name)


@pytest.fixture
def fast(monkeypatch):
    """Without the slow imports, which one test does for real."""
    monkeypatch.setattr(doctor, "PACKAGES", {"numpy": "numpy"})


def test_a_sound_installation(tmp_path):
    findings = doctor.examine(settings(tmp_path), env_file=tmp_path / ".env")
    assert [f for f in findings if f.needed and not f.ok] == []
    assert "LUFS" in named(findings, "test render").detail
    assert "2." in named(findings, "fluidsynth").detail
    assert named(findings, "composer weights").ok
    assert not named(findings, "token").ok
    assert named(findings, "token").to_json()["needed"] is False
    assert (tmp_path / "data").is_dir()


def test_no_fluidsynth(tmp_path, monkeypatch, fast):
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = doctor.examine(settings(tmp_path))
    assert not named(findings, "fluidsynth").ok
    assert "apt install fluidsynth" in named(findings, "fluidsynth").remedy
    assert not named(findings, "test render").ok


def test_silent_fluidsynth(tmp_path, program, fast):
    program('case "$*" in *--version*) echo "FluidSynth 9";; *) head -c 900000 /dev/zero;; esac')
    findings = doctor.examine(settings(tmp_path))
    assert named(findings, "fluidsynth").detail == "FluidSynth 9"
    assert named(findings, "test render").detail == "RenderError"


def test_soundfont_that_is_none(tmp_path, fast):
    (tmp_path / "song.sf2").write_text("not a font")
    findings = doctor.examine(settings(tmp_path, soundfont=tmp_path / "song.sf2"))
    assert "song.sf2 is not a soundfont" in named(findings, "soundfont").remedy
    assert "song.sf2 is not a soundfont" in named(findings, "test render").remedy


def test_learned_styles_without_their_files(tmp_path, fast):
    chosen = settings(tmp_path)
    found = named(doctor.examine(chosen), "learned styles")
    assert (found.ok, found.detail) == (True, "0; files sent through Discord are not trained on")
    with open_database(chosen.database) as db:
        for folder in ("1/a", "1/b"):
            styles.save(db, owner_id=1, name=folder, pieces=1, kind="vector", folder=folder,
                        report="{}", now=0.0)  # fmt: skip
    (chosen.styles_dir / "1" / "a").mkdir(parents=True)
    (chosen.styles_dir / "1" / "a" / "learned.json").touch()
    found = named(doctor.examine(chosen), "learned styles")
    assert not found.ok
    assert not found.needed
    assert "1 of 2 without their files" in found.detail
    chosen.database.write_bytes(b"no database" * 1000)
    found = named(doctor.examine(settings(tmp_path, train_on_discord_files=True)), "learned styles")
    assert "the database cannot be read" in found.detail
    assert found.needed


def test_missing_package(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", {"numpy": "numpy", "no_such_thing": "no-such-thing"})
    found = doctor._packages()
    assert not found.ok
    assert found.detail == "no-such-thing (ModuleNotFoundError)"


def test_weights_missing_or_changed(tmp_path):
    assert not doctor._weights(tmp_path).ok
    shutil.copytree(hub.WEIGHTS / "composer", tmp_path / "composer")
    assert doctor._weights(tmp_path).ok
    file = next((tmp_path / "composer").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    assert not doctor._weights(tmp_path).ok


def test_data_folder_that_is_a_file(tmp_path, fast):
    (tmp_path / "data").write_text("")
    findings = doctor.examine(settings(tmp_path))
    assert "DATA_DIR" in named(findings, "data folder").remedy
    assert not named(findings, "data folder").ok


def test_little_space(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1_000_000))
    assert not doctor._space(tmp_path / "not" / "yet").ok


def test_no_fonts(monkeypatch):
    monkeypatch.setattr(doctor, "find_chinese", lambda: None)
    found = doctor._fonts()
    assert not found.ok
    assert not found.needed
    assert "none for Chinese" in found.detail


@pytest.mark.parametrize(("mode", "ok"), [(0o600, True), (0o644, False), (0o640, False)])
def test_token_file_that_others_can_read(tmp_path, mode, ok):
    path = tmp_path / ".env"
    path.write_text("DISCORD_TOKEN=x")
    path.chmod(mode)
    found = doctor._env_file(path)
    assert found.ok is ok
    assert ok or "chmod 600" in found.remedy
    assert doctor._env_file(Path("nowhere/.env")).ok


def test_token_is_never_shown(tmp_path, fast):
    findings = doctor.examine(settings(tmp_path, discord_token="s3cret"))
    assert named(findings, "token").ok
    assert "s3cret" not in repr(findings)
