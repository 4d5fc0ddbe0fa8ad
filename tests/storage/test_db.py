"""The connection contract, the writer thread, copies."""

import asyncio
import sqlite3
import threading

import pytest

from storage.db import DbThread, backup, integrity_check, open_database, write


def count(db) -> int:
    return db.conn.execute("SELECT count(*) FROM preferences").fetchone()[0]


def add(db, user_id: int) -> None:
    with write(db):
        db.conn.execute("INSERT INTO preferences (user_id) VALUES (?)", [user_id])


def test_contract(tmp_path):
    db = open_database(tmp_path / "deep" / "segno.db", "FULL")
    pragma = {
        name: db.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    tables = [t for t in db.tables if not t.name.startswith(("_", "sqlite_", "pieces_fts"))]
    assert {t.name for t in tables} == {
        "jobs", "turns", "pieces", "preferences", "styles", "active_styles",
        "consents", "taste_settings", "items", "item_tags", "listens", "presence", "deeds",
        "comments", "impressions", "impression_people", "taste_models", "forgotten",
        "sessions", "conversation_turns", "readings", "guild_settings",
    }  # fmt: skip
    assert all(t.strict for t in tables)
    db.close()
    again = open_database(tmp_path / "deep" / "segno.db")
    assert again.conn.execute("PRAGMA synchronous").fetchone()[0] == 1
    again.close()


def test_strict_refuses_a_wrong_type(tmp_path):
    with open_database(tmp_path / "a.db") as db, pytest.raises(sqlite3.IntegrityError):
        db.conn.execute("INSERT INTO preferences (user_id) VALUES ('nobody')")


def test_write_rolls_back_and_nests(tmp_path):
    with open_database(tmp_path / "a.db") as db:
        with pytest.raises(ZeroDivisionError), write(db):
            add(db, 1)
            raise ZeroDivisionError
        assert count(db) == 0
        with write(db):
            add(db, 2)
            with pytest.raises(sqlite3.IntegrityError):
                add(db, 2)  # the inner block fails alone
        assert count(db) == 1


def test_two_writers_wait_for_each_other(tmp_path):
    """Read-then-write from two connections: deferred transactions fail here at once."""
    path = tmp_path / "a.db"
    open_database(path).close()
    with open_database(path) as db:
        add(db, 0)

    def bump() -> None:
        with open_database(path) as db:
            for _ in range(40):
                with write(db):
                    n = db.conn.execute("SELECT max(user_id) FROM preferences").fetchone()[0]
                    db.conn.execute("INSERT INTO preferences (user_id) VALUES (?)", [n + 1])

    threads = [threading.Thread(target=bump) for _ in range(2)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    with open_database(path) as db:
        assert count(db) == 81


def test_two_processes_open_at_once(tmp_path):
    errors = []

    def open_it() -> None:
        try:
            open_database(tmp_path / "a.db").close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert errors == []


def test_backup_is_a_working_copy_of_a_live_database(tmp_path):
    with open_database(tmp_path / "a.db") as db:
        add(db, 7)
        copy = backup(db, tmp_path / "copies" / "b.db")
        add(db, 8)
        assert integrity_check(db) == []
    with open_database(copy) as restored:  # the drill: what we keep can be opened and used
        assert count(restored) == 1
        assert integrity_check(restored) == []
    assert [p.name for p in copy.parent.iterdir()] == ["b.db"]


def test_integrity_check_sees_damage(tmp_path):
    with open_database(tmp_path / "a.db") as db:
        with write(db):
            for n in range(2000):
                db.conn.execute("INSERT INTO preferences (user_id) VALUES (?)", [n])
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[-3000:-1000] = b"\xff" * 2000
    (tmp_path / "a.db").write_bytes(data)
    db = sqlite3.connect(tmp_path / "a.db")
    from storage.db import _problems

    assert _problems(db)
    db.close()


async def test_thread_owns_the_connection(tmp_path):
    async with DbThread(tmp_path / "a.db") as db:
        await asyncio.gather(*(db.run(add, n) for n in range(300)))
        assert await db.run(count) == 300
        with pytest.raises(sqlite3.IntegrityError):
            await db.run(add, 5)
        assert await db.run(lambda d: threading.current_thread().name) == "db_0"
    assert not (tmp_path / "a.db-wal").exists()  # folded back on a clean close


async def test_unopened_thread_says_so(tmp_path):
    db = DbThread(tmp_path / "a.db")
    with pytest.raises(RuntimeError, match="open"):
        await db.run(count)
    await db.close()
