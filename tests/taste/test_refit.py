"""Fits: who may influence which model, and what happens when a file is gone."""

from __future__ import annotations

import asyncio
import logging

import pytest
from taste_groups import DAY, GUILD, NOW, group_of, is_of, plant

from bot.taste import refit
from bot.taste.engine import Taste
from bot.taste.values import Wish
from models.recommender import artifact
from storage import consent, items, listens, privacy, taste_models
from storage.db import DbThread, write


def files(taste):
    return sorted(path.name for path in taste.folder.glob("*"))


def make_due(db):
    with write(db):
        db.conn.execute("UPDATE taste_models SET signals = 0")


def contents(folder):
    (path,) = folder.glob("*.npz")
    factors, extra = artifact.load_with_extra(path)
    return [
        factors.items,
        factors.item_factors.tobytes(),
        factors.tag_factors.tobytes(),
        factors.popularity.tobytes(),
        *(extra[name].tobytes() for name in sorted(extra)),
    ]


async def fit_of(taste, scope, name):
    gathered = await taste.db.run(refit.gather, scope)
    refit.fit(gathered, taste.folder / name, NOW)
    return contents(taste.folder / name)


async def test_rows_of_one_server_never_reach_another_model(taste):
    """Everybody's model and another server's are the same, byte for byte."""
    await taste.db.run(plant, 30, 0)
    await taste.db.run(plant, 12, GUILD + 1, 5, 200)
    before = {scope: await fit_of(taste, scope, f"a{scope}") for scope in (0, GUILD + 1)}
    await taste.db.run(plant, 12, GUILD, 6, 400)
    after = {scope: await fit_of(taste, scope, f"b{scope}") for scope in (0, GUILD + 1)}
    assert before == after
    inside = await fit_of(taste, GUILD, "inside")
    assert inside not in after.values()


async def test_a_servers_model_has_the_everywhere_rows_of_those_who_agreed_there(taste):
    await taste.db.run(plant, 12, 0)
    await taste.db.run(plant, 6, GUILD, 5, 200)
    gathered = await taste.db.run(refit.gather, GUILD)
    assert set(gathered.deeds) == set(range(200, 206))
    await taste.db.run(consent.grant, 3, ("together",), GUILD, NOW)
    gathered = await taste.db.run(refit.gather, GUILD)
    assert set(gathered.deeds) == {3, *range(200, 206)}


async def test_a_fit_in_a_process_is_the_fit_on_a_thread(taste, tmp_path):
    await taste.db.run(plant, 30)
    database = tmp_path / "segno.db"
    (found,) = await refit.in_process(database, tmp_path / "process", [0], NOW)
    await fit_of(taste, 0, "thread")
    assert contents(tmp_path / "process") == contents(taste.folder / "thread")
    assert found.metrics["people"] == 30
    with pytest.raises(RuntimeError):
        await refit.in_process(database, tmp_path / "process", ["nowhere"], NOW)


async def test_a_fit_is_due_with_one_percent_of_news_or_after_a_day(crowd):
    assert not await crowd.refit_if_due()
    first = "SELECT min(id) FROM items"
    (number,) = await crowd.db.run(lambda db: db.conn.execute(first).fetchone())

    def listen(db, day):
        listens.add(db, 1, 0, "lastfm", [(number, int(NOW // DAY) - day, 2.0)], NOW)

    for day in range(100, 109):
        await crowd.db.run(listen, day)
    assert not await crowd.refit_if_due()
    await crowd.db.run(listen, 99)
    assert await crowd.refit_if_due()
    await crowd.db.run(listen, 98)
    assert not await crowd.refit_if_due()
    crowd.now.time += DAY
    assert await crowd.refit_if_due()
    crowd.now.time += DAY
    assert not await crowd.refit_if_due()  # nothing is new


async def test_three_versions_are_kept_and_no_others(crowd):
    for _ in range(4):
        await crowd.db.run(make_due)
        assert await crowd.refit_if_due()
    rows = await crowd.db.run(taste_models.all_)
    assert len(rows) == 3
    assert files(crowd) == sorted(row.path for row in rows)


@pytest.mark.parametrize("damage", ["cut", "gone", "rubbish"])
async def test_a_damaged_file_is_said_once_and_serving_goes_on(crowd, tmp_path, caplog, damage):
    await crowd.db.run(make_due)
    await crowd.refit_if_due()  # a second version, so that there is one to fall back to
    newest = crowd.folder / (await crowd.db.run(taste_models.latest, 0)).path
    if damage == "gone":
        newest.unlink()
    else:
        newest.write_bytes(newest.read_bytes()[:500] if damage == "cut" else b"rubbish")
    again = Taste(crowd.db, crowd.folder, crowd.now, holdout=0.0)  # as after a restart
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            listing = await again.recommend(Wish(2, 0, "artist"))
            assert sum(is_of(s.item.id, group_of(2)) for s in listing.suggestions) >= 3
    assert sum("cannot be read" in record.message for record in caplog.records) == 1
    assert again.due.is_set()
    assert await again.refit_if_due()
    assert (crowd.folder / (await crowd.db.run(taste_models.latest, 0)).path).stat().st_size > 1000


async def test_with_no_readable_file_at_all_closed_kinds_still_serve(crowd):
    for path in crowd.folder.glob("*"):
        path.write_bytes(b"")
    again = Taste(crowd.db, crowd.folder, crowd.now, holdout=0.0)
    assert (await again.recommend(Wish(2, 0, "artist"))).suggestions == ()
    assert len((await again.recommend(Wish(2, 0, "style"))).suggestions) == 5
    assert await again.refit_if_due()
    assert (await again.recommend(Wish(2, 0, "artist"))).suggestions


async def test_a_restart_changes_nothing(crowd):
    first = await crowd.recommend(Wish(1, 0, "artist", seed=4))
    again = Taste(crowd.db, crowd.folder, crowd.now, holdout=0.0)
    assert await again.react(1, 0, first.list_id, 0, "never")
    assert await again.why(1, 0, first.list_id, 1) == await crowd.why(1, 0, first.list_id, 1)
    shown = {s.item.id for s in first.suggestions}
    second = await again.recommend(Wish(1, 0, "artist", seed=4))
    assert not shown & {s.item.id for s in second.suggestions}


async def test_forgetting_deletes_files_that_name_what_is_gone(crowd):
    def private(db):
        consent.grant(db, 77, ("listening",), 0, NOW)
        (number,) = items.ensure(db, [("artist", "my garage band", "My Garage Band", "")])
        listens.add(db, 77, 0, "lastfm", [(number, int(NOW // DAY) - 2, 9.0)], NOW)

    await crowd.db.run(private)
    crowd.now.time += DAY
    await crowd.refit_if_due()
    (latest,) = [crowd.folder / (await crowd.db.run(taste_models.latest, 0)).path]
    assert "artist:my garage band" in artifact.load(latest).items
    await crowd.db.run(privacy.forget, 77)
    await crowd.forget(77)
    assert files(crowd) == []
    assert await crowd.refit_if_due()
    (name,) = files(crowd)
    assert "artist:my garage band" not in artifact.load(crowd.folder / name).items


async def test_forgetting_during_a_fit_throws_that_fit_away(crowd, monkeypatch):
    people = []
    fit = refit.fit

    def slow(found, folder, now):
        people.append(len(found.deeds))
        if len(people) == 1:
            work = asyncio.run_coroutine_threadsafe(forget(), loop)
            work.result(10)
        return fit(found, folder, now)

    async def forget():
        await crowd.db.run(privacy.forget, 1)
        await crowd.forget(1)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(refit, "fit", slow)
    await crowd.db.run(make_due)
    assert await crowd.refit_if_due()
    assert people == [60, 59]
    row = await crowd.db.run(taste_models.latest, 0)
    assert row.metrics["people"] == 59
    assert files(crowd) == [row.path]


async def test_nobody_at_all(tmp_path):
    async with DbThread(tmp_path / "segno.db") as db:
        taste = Taste(db, tmp_path / "taste", lambda: NOW)
        assert not await taste.refit_if_due()
        assert (await taste.recommend(Wish(1, 0, "track"))).suggestions == ()
