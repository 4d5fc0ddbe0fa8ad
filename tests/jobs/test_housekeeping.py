"""Copies are made when due, and the right ones are kept."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.jobs.housekeeping import BACKUP_NAME, backups, expired, tidy, unfinished
from bot.settings import Settings
from storage import consent, deliveries, items, jobs, listens
from storage.db import DbThread

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_the_last_day_whole_then_one_a_day_for_a_week():
    hours = [NOW - timedelta(hours=n) for n in range(24 * 10)]
    copies = {Path(f"{made:%m%dT%H}"): made.timestamp() for made in hours}
    kept = sorted(set(copies) - set(expired(copies, NOW.timestamp())))
    last_day = [p for p in kept if copies[p] >= (NOW - timedelta(days=1)).timestamp()]
    assert len(last_day) == 25
    assert [p.name for p in kept if p not in last_day] == [
        "1115T23", "1116T23", "1117T23", "1118T23", "1119T23", "1120T23",
    ]  # fmt: skip


def test_unfinished_folders_are_the_old_ones_without_a_piece(tmp_path):
    for name in ("done", "fresh", "stale"):
        (tmp_path / name).mkdir()
    (tmp_path / "done" / "piece.json").touch()
    for name in ("done", "stale"):
        os.utime(tmp_path / name, (1000.0, 1000.0))
    os.utime(tmp_path / "fresh", (5000.0, 5000.0))
    assert unfinished(tmp_path, 5000.0) == [tmp_path / "stale"]
    assert unfinished(tmp_path / "missing", 5000.0) == []


async def test_a_round(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, retention_days=1)
    now = NOW.timestamp()
    async with DbThread(settings.database) as db:
        for n in range(2):
            await db.run(
                lambda d, n=n: jobs.enqueue(
                    d, request=json.dumps({}), user_id=n, guild_id=None, channel_id=1,
                    interaction_id=n, token="t", application_id=1, locale="en", kind="compose",
                    seed=1, now=now - 2 * 86400,
                )
            )  # fmt: skip
        job = await db.run(jobs.claim, "w", 30.0, now)
        await db.run(jobs.finish, job.id, "w", "{}", now)
        await db.run(deliveries.mark_delivered, job.id, 1)
        for later in (0, 600, 3600):
            await tidy(db, settings, now + later)
        assert await db.run(jobs.get, job.id) is None
        assert (await db.run(jobs.get, 2)).token is None
    assert list(backups(settings.backups_dir).values()) == [now, now + 3600]


async def test_old_copies_and_broken_off_ones_go_even_when_no_new_ones_are_made(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, backup_hours=0)
    settings.backups_dir.mkdir()
    now = NOW.timestamp()
    kept, old = (
        settings.backups_dir / (NOW - timedelta(days=days)).strftime(BACKUP_NAME) for days in (6, 8)
    )
    partial = settings.backups_dir / (kept.name + ".part")
    fresh = settings.backups_dir / (NOW.strftime(BACKUP_NAME) + ".part")
    for path, age in ((kept, 0), (old, 0), (partial, 7200), (fresh, 60)):
        path.touch()
        os.utime(path, (now - age, now - age))
    async with DbThread(settings.database) as db:
        await tidy(db, settings, now)
    assert set(settings.backups_dir.iterdir()) == {kept, fresh}


async def test_single_plays_are_counted_by_day_when_they_are_old(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, presence_days=2, backup_hours=0)
    now = NOW.timestamp()

    def listen(db):
        consent.grant(db, 1, ["presence"], 10, 0.0)
        [id] = items.ensure(db, [("track", "a / b", "B", "A")])
        for days in (1, 4, 4.01):
            assert listens.heard(db, 1, 10, id, now - days * 86400, 200.0)

    async with DbThread(settings.database) as db:
        await db.run(listen)
        await tidy(db, settings, now)
        found = await db.run(listens.counts, 1)
    assert found == {(10, "presence"): (1, 2.0), (10, "now playing"): (1, 1.0)}
