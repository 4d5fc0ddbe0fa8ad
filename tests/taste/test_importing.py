"""An export as a job: read once, its file deleted, its rows stored in portions."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest

from bot.domain import Import, Request
from bot.jobs.tasks import execute, request_to_json
from bot.taste import importing
from models.errors import Refusal
from models.listening.aggregate import Track
from storage import consent, jobs
from storage.db import DbThread
from tests.recommender.export_files import NOW, history, write_lastfm_csv, write_listenbrainz


def asked(source):
    return Request("listening", listening=Import(source, "mine", everywhere=True, now=NOW))


def upload(folder, name="export-1.csv", count=300):
    home = folder / "uploads" / "7"
    home.mkdir(parents=True, exist_ok=True)
    write_lastfm_csv(home / name, history(count, first=2022))
    return f"uploads/7/{name}"


def test_a_job_that_broke_off_gives_the_same_again(tmp_path):
    request = request_to_json(asked(upload(tmp_path)))
    told = []
    first = execute(request, 1, str(tmp_path / "pieces"), told.append)
    again = execute(request, 1, str(tmp_path / "pieces"), told.append)
    assert first == again
    found = json.loads(first)["listening"]
    assert (found["plays"], found["artists"], found["service"]) == (300, 12, "lastfm")
    assert [(p.step, p.of) for p in told] == [(1, 2), (2, 2), (1, 2)]
    assert [f.name for f in (tmp_path / "uploads/7").iterdir()] == ["export-1.own.plays.jsonl"]


def test_what_is_no_export_is_deleted_all_the_same(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04")
    for _ in range(2):
        with pytest.raises(Refusal):
            importing.read(asked("x.zip"), tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_portions_are_small_and_lose_nothing():
    tracks = [
        Track(f"k{n}", "A", f"t{n}", tuple((d, 1) for d in range(n % 90))) for n in range(900)
    ]
    portions = list(importing._joined(tracks))
    assert [t for portion in portions for t in portion] == tracks
    assert max(sum(max(1, len(t.days)) for t in p) for p in portions) < 1600


async def test_storing_twice_counts_once_and_the_loop_goes_on(tmp_path):
    (tmp_path / "uploads/7").mkdir(parents=True)
    plays = [replace(p, tags=("rock",)) for p in history(6000, artists=400, first=2022)]
    write_listenbrainz(tmp_path / "uploads/7/export-1.zip", plays)
    late = NOW + 9e7
    request = Request("listening", listening=Import("uploads/7/export-1.zip", "m", True, late))
    result = importing.read(request, tmp_path, lambda _: None)
    rows = (tmp_path / result["rows"]).read_bytes()
    async with DbThread(tmp_path / "x.db") as db:
        await db.run(consent.grant, 7, ["listening"], 0, 1.0)
        job, _ = await db.run(lambda d: jobs.enqueue(
            d, request="{}", user_id=7, guild_id=None, channel_id=1, interaction_id=1, token=None,
            application_id=1, locale="en", kind="listening", seed=1, now=late))  # fmt: skip
        longest, done = 0.0, asyncio.Event()

        async def watch():
            nonlocal longest
            while not done.is_set():
                began = time.perf_counter()
                await asyncio.sleep(0.005)
                longest = max(longest, time.perf_counter() - began - 0.005)

        watching = asyncio.create_task(watch())
        assert await importing.store(db, tmp_path, job, result)
        done.set()
        await watching
        assert longest < 0.25  # 0.05 on a machine of its own
        assert not (tmp_path / result["rows"]).exists()
        (tmp_path / result["rows"]).write_bytes(rows)
        assert await importing.store(db, tmp_path, job, result)
        assert await importing.store(db, tmp_path, job, result)  # its file is gone: stored before
        sums = await db.run(lambda d: d.execute("SELECT sum(plays) FROM listens").fetchone())
        assert sums == (result["plays"],)
        await db.run(consent.withdraw, 7, ["listening"], 0)
        (tmp_path / result["rows"]).write_bytes(rows)
        assert not await importing.store(db, tmp_path, job, result)
        assert (await db.run(lambda d: d.execute("SELECT count(*) FROM items").fetchone())) == (0,)
        assert not (tmp_path / result["rows"]).exists()
