"""Who was forgotten stays forgotten when an older copy of the database comes back."""

import json
import logging
import shutil
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import pytest

from bot import app, upkeep
from bot.settings import Settings
from storage import consent, deeds, preferences, privacy, tombstones
from storage.db import backup, open_database
from tests.storage.taste_rows import ANN, BOB, CAT, HERE, NOW, agree, everything
from tests.storage.test_privacy import FRIEND, PERSON, cells, live_through_everything


@pytest.fixture
def home(tmp_path):
    """A data folder with two people, and a copy of the database from that time."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    with upkeep.opened(settings) as db:
        live_through_everything(db, PERSON, FRIEND)
        backup(db, tmp_path / "copy.db")
    return settings


def restore(settings, copy):
    for file in settings.data_dir.glob("segno.db*"):
        file.unlink()
    shutil.copy(copy, settings.database)


def lines(folder):
    return [json.loads(line) for line in (folder / tombstones.LINES).read_text().splitlines()]


def test_a_restored_copy_forgets_again_with_its_files(home, tmp_path):
    upkeep.forget_user(home, PERSON)
    restore(home, tmp_path / "copy.db")
    upload = home.data_dir / "uploads" / str(PERSON) / "a.mid"
    made = home.pieces_dir / "piece 1" / "piece.json"
    model = home.taste_dir / "taste-0.npz"
    for file in (upload, made, model):
        file.parent.mkdir(parents=True)
        file.touch()
    with closing(open_database(home.database)) as db:
        assert cells(db, PERSON)  # the copy brought them back
        db["pieces"].update(1, {"folder": "piece 1"})
        models = {"guild_id": 0, "params": "{}", "metrics": "{}", "signals": 1, "created": NOW}
        db["taste_models"].insert({"path": model.name, **models})
    with upkeep.opened(home) as db:
        assert cells(db, PERSON) == []
        assert tombstones.applied(db) == 1
        assert preferences.get(db, FRIEND).locale == "zh"
    assert not upload.exists()
    assert not made.parent.exists()
    assert not model.exists()


def test_what_came_after_the_forgetting_stays(home, tmp_path):
    upkeep.forget_user(home, PERSON)
    with upkeep.opened(home) as db:
        agree(db, PERSON, guild=HERE)  # they came back
        backup(db, tmp_path / "later.db")
    upkeep.forget_user(home, FRIEND)
    restore(home, tmp_path / "later.db")
    with upkeep.opened(home) as db:
        assert cells(db, FRIEND) == []
        assert consent.scope(db, PERSON, "reactions", HERE) == HERE
    restore(home, tmp_path / "copy.db")
    with upkeep.opened(home) as db:
        assert cells(db, PERSON) == cells(db, FRIEND) == []


def test_no_id_is_kept(home):
    upkeep.forget_user(home, PERSON)
    text = (home.data_dir / tombstones.LINES).read_text()
    assert lines(home.data_dir) == [{"sequence": 1, "hash": lines(home.data_dir)[0]["hash"]}]
    assert len(lines(home.data_dir)[0]["hash"]) == 64
    assert str(PERSON) not in text
    salt = home.data_dir / tombstones.SALT
    assert len(salt.read_bytes()) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE(salt.stat().st_mode) == 0o600


def test_a_death_before_the_rows_are_deleted_is_made_good(home, monkeypatch):
    with closing(open_database(home.database)) as db:
        monkeypatch.setattr(privacy, "_erase", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            privacy.forget(db, PERSON)
        monkeypatch.undo()
        assert cells(db, PERSON)  # rolled back, but the line is on the disk
        assert len(lines(home.data_dir)) == 1
        gone = privacy.forget(db, FRIEND)  # somebody else's turn comes first
        assert cells(db, PERSON) == cells(db, FRIEND) == []
        assert gone.people == (FRIEND, PERSON)
        assert set(gone.folders) == {f"/pieces/piece {n}" for n in (1, 2, 3, 4)}
        assert tombstones.applied(db) == 2
        assert privacy.apply_tombstones(db) is None


def test_a_broken_line_does_not_hide_the_others(home, tmp_path):
    with (home.data_dir / tombstones.LINES).open("a") as file:
        file.write('{"sequence": 1, "ha')
    upkeep.forget_user(home, PERSON)
    upkeep.forget_user(home, FRIEND)
    restore(home, tmp_path / "copy.db")
    with upkeep.opened(home) as db:
        assert cells(db, PERSON) == cells(db, FRIEND) == []


def test_numbers_go_on_when_the_file_is_lost(home, tmp_path):
    upkeep.forget_user(home, PERSON)
    with upkeep.opened(home) as db:
        backup(db, tmp_path / "later.db")
    (home.data_dir / tombstones.LINES).unlink()
    upkeep.forget_user(home, FRIEND)
    assert [line["sequence"] for line in lines(home.data_dir)] == [2]
    restore(home, tmp_path / "later.db")
    with upkeep.opened(home) as db:
        assert cells(db, FRIEND) == []


def test_a_lost_salt_is_said(home, tmp_path, caplog):
    upkeep.forget_user(home, PERSON)
    (home.data_dir / tombstones.SALT).unlink()
    restore(home, tmp_path / "copy.db")
    with caplog.at_level(logging.ERROR), upkeep.opened(home) as db:
        assert cells(db, PERSON)
    assert "forgotten.salt is missing" in caplog.text


def _forget(path, person):
    with closing(open_database(path)) as db:
        return privacy.forget(db, person).people


def test_two_processes_forget_at_once(tmp_path):
    path = tmp_path / "segno.db"
    people = range(10**17, 10**17 + 24)
    with open_database(path) as db:
        agree(db, *people, ANN)
        backup(db, tmp_path / "copy.db")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        gone = list(pool.map(_forget, [path] * len(people), people))
    assert sorted(id for one in gone for id in one) == list(people)
    assert [line["sequence"] for line in lines(tmp_path)] == list(range(1, len(people) + 1))
    shutil.copy(tmp_path / "copy.db", tmp_path / "other.db")
    with open_database(tmp_path / "other.db") as db:
        again = privacy.apply_tombstones(db)
        assert sorted(again.people) == list(people)
        assert consent.members(db) == [(ANN, HERE)]


def test_a_database_in_memory_leaves_no_file(db, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agree(db, BOB, CAT)
    everything(db, BOB)
    privacy.forget(db, BOB)
    assert privacy.apply_tombstones(db) is None
    assert deeds.of(db, BOB, HERE) == []
    assert list(tmp_path.iterdir()) == []


async def test_the_bot_forgets_again_before_it_does_anything(home, tmp_path, monkeypatch):
    upkeep.forget_user(home, PERSON)
    restore(home, tmp_path / "copy.db")
    monkeypatch.setattr(app, "build", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await app.run(home)
    with closing(open_database(home.database)) as db:
        assert cells(db, PERSON) == []
        assert cells(db, FRIEND)
