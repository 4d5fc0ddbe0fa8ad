"""The runner: from asked to answered, through everything that can happen in between."""

import asyncio
import json
import os
import subprocess
import sys
import time

import pytest

from bot.jobs.executor import InlineExecutor, PoolExecutor
from bot.jobs.identity import is_dead, worker_name
from bot.jobs.runner import Runner, TokenExpired, Undeliverable
from bot.jobs.worker import WorkerSetup
from bot.settings import Settings
from storage import deliveries, jobs, pieces, privacy
from storage.db import DbThread
from tests.storage.test_pieces import piece

TASK = "tests.jobs.fake_tasks:execute"


class Journal:
    """A Deliver that writes down what people would see; `troubles` are raised first."""

    def __init__(self):
        self.shown, self.answers, self.troubles = [], [], []

    async def progress(self, job, progress):
        self.shown.append((job.id, progress.label))
        if progress.label == "starting" and self.troubles[:1] == ["progress"]:
            raise OSError("no network")

    async def result(self, job, result):
        return self._answer(job, result)

    async def failure(self, job, template, values):
        return self._answer(job, template.format(**values))

    def _answer(self, job, what):
        if self.troubles and isinstance(self.troubles[0], Exception):
            raise self.troubles.pop(0)
        self.answers.append((job.id, job.token, what))
        return 5000 + job.id


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def db(tmp_path):
    async with DbThread(tmp_path / "segno.db") as thread:
        yield thread


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, data_dir=tmp_path, progress_interval=0, shutdown_grace=0.2)


@pytest.fixture
def house(db, settings):
    """A runner with an inline executor, and what it needs to be asked and looked at."""

    class House:
        clock, deliver, kept = Clock(), Journal(), []

        def __init__(self):
            self.executor = InlineExecutor(TASK)
            self.runner = self.new_runner("first")

        def new_runner(self, worker, executor=None, **more):
            return Runner(
                db, executor or self.executor, self.deliver, self.clock,
                settings.model_copy(update=more), keep=self.keep, worker=worker,
            )  # fmt: skip

        def keep(self, database, job, result):
            self.kept.append(job.id)
            pieces.save(database, piece(f"piece {job.id}", owner=job.user_id, job_id=job.id))

        async def ask(self, do, user=1, interaction=None, **more):
            return await db.run(
                lambda d: jobs.enqueue(
                    d, request=json.dumps({"do": do} | more), user_id=user, guild_id=10,
                    channel_id=1, interaction_id=interaction, token="tok", application_id=1,
                    locale="en", kind="compose", seed=42, now=self.clock(),
                )[0].id
            )  # fmt: skip

        async def job(self, id):
            return await db.run(jobs.get, id)

    return House()


async def until(condition, seconds=15.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


async def test_an_ask_is_answered_and_kept(house, db):
    job = await house.ask("sleep", seconds=0)
    await house.runner.drain()
    ((answered, token, result),) = house.deliver.answers
    assert (answered, token, result["seed"]) == (job, "tok", 42)
    row = await house.job(job)
    assert (row.state, row.delivery, row.reply_id, row.token) == (
        "done",
        "delivered",
        5000 + job,
        None,
    )
    (linked,) = await db.run(pieces.by_message, 5000 + job)
    assert (linked.id, house.kept) == (f"piece {job}", [job])
    await house.runner.drain()
    assert len(house.deliver.answers) == 1


async def test_every_way_to_fail_has_a_sentence(house):
    asks = {
        "refuse": "Zydecoo is not a style I know; try zydeco.",
        "bug": "Something broke while I made this",
        "disk_full": "disk of the machine",
    }
    ids = {await house.ask(do, user): sentence for user, (do, sentence) in enumerate(asks.items())}
    await house.runner.drain()
    assert {id: ids[id] in said for id, _, said in house.deliver.answers} == dict.fromkeys(
        ids, True
    )
    assert {(await house.job(id)).state for id in ids} == {"failed"}


async def test_progress_is_shown_stored_and_never_after_the_answer(house, settings):
    runner = house.new_runner("slow", progress_interval=0.2)
    job = await house.ask("steps", seconds=1)
    await runner.drain()
    labels = [label for _, label in house.deliver.shown]
    assert labels[0] == "starting"
    assert 3 <= len(labels) <= 8  # twenty reports, at most one edit per 0.2 s
    assert (await house.job(job)).label != ""
    shown = len(house.deliver.shown)
    await asyncio.sleep(0.3)
    assert len(house.deliver.shown) == shown


async def test_progress_that_cannot_be_shown_does_not_matter(house):
    house.deliver.troubles = ["progress"]
    await house.ask("sleep", seconds=0)
    await house.runner.drain()
    assert len(house.deliver.answers) == 1


async def test_answers_are_tried_again_later(house):
    house.deliver.troubles = [OSError("503"), OSError("503")]
    job = await house.ask("sleep", seconds=0)
    await house.runner.drain()
    await house.runner.drain()  # not due yet
    assert house.deliver.answers == []
    house.clock.now += 2
    await house.runner.drain()
    assert house.deliver.answers == []
    house.clock.now += 3
    await house.runner.drain()
    assert house.deliver.answers == []  # the wait doubles
    house.clock.now += 1
    await house.runner.drain()
    assert [id for id, _, _ in house.deliver.answers] == [job]


async def test_an_expired_token_falls_back_at_once(house):
    house.deliver.troubles = [TokenExpired()]
    await house.ask("sleep", seconds=0)
    await house.runner.drain()
    assert [token for _, token, _ in house.deliver.answers] == [None]


async def test_a_job_that_waited_a_quarter_hour_has_no_token(house):
    await house.ask("sleep", seconds=0)
    house.clock.now += 901
    await house.runner.drain()
    assert [token for _, token, _ in house.deliver.answers] == [None]


async def test_the_unreachable_are_left_in_peace(house):
    house.deliver.troubles = [Undeliverable("the channel is gone")]
    job = await house.ask("sleep", seconds=0)
    await house.runner.drain()
    assert (await house.job(job)).delivery == "abandoned"
    house.deliver.troubles = [OSError("still down")]
    late = await house.ask("sleep", seconds=0)
    house.clock.now += 25 * 3600
    await house.runner.drain()
    assert (await house.job(late)).delivery == "abandoned"


async def test_cancel_a_running_job(house, db):
    job = await house.ask("steps", seconds=30)
    draining = asyncio.create_task(house.runner.drain())
    await until(lambda: house.deliver.shown)
    assert await db.run(jobs.request_cancel, job, 1) == "stopping"
    house.runner.wake()
    await draining
    assert [said for _, _, said in house.deliver.answers] == [jobs.CANCELLED]
    assert (await house.job(job)).state == "cancelled"


async def test_forgetting_someone_stops_their_job_and_drops_the_result(house, db, settings):
    runner = house.new_runner("w", lease=1.0)
    await house.ask("steps", seconds=30)
    draining = asyncio.create_task(runner.drain())
    await until(lambda: house.deliver.shown)
    await db.run(privacy.forget, 1)
    await asyncio.wait_for(draining, 10)  # the heartbeat finds out
    assert (house.deliver.answers, house.kept) == ([], [])


@pytest.mark.parametrize("someone_else_has_it", [False, True])
async def test_what_a_forgotten_job_wrote_is_deleted(house, db, settings, someone_else_has_it):
    await house.ask("write", seconds=0.5)
    draining = asyncio.create_task(house.runner.drain())
    await until(lambda: house.deliver.shown)
    await db.run(privacy.forget, 1)
    if someone_else_has_it:
        await db.run(pieces.save, piece("other", owner=2, folder="42"))
    await draining
    assert house.deliver.answers == []
    assert (settings.pieces_dir / "42").exists() == someone_else_has_it


async def test_a_result_that_cannot_be_kept_is_a_failure_not_a_loss(house):
    job = await house.ask("sleep", seconds=0)
    house.runner._keep = lambda *_: 1 / 0
    await house.runner.drain()
    row = await house.job(job)
    assert (row.state, row.delivery, row.result) == ("failed", "delivered", None)


async def test_what_cannot_be_kept_does_not_stay_on_disk(house, settings):
    job = await house.ask("write", seconds=0)
    house.runner._keep = lambda *_: 1 / 0
    await house.runner.drain()
    assert (await house.job(job)).state == "failed"
    assert list(settings.pieces_dir.iterdir()) == []  # the task did write a folder


async def test_a_killed_worker_is_tried_again_and_a_poison_job_ends(house):
    pool = PoolExecutor(WorkerSetup(TASK))
    runner = house.new_runner("w", pool)
    poison, unlucky = await house.ask("crash", user=1), await house.ask("crash_once", user=2)
    await runner.drain()
    await pool.close()
    said = {id: what for id, _, what in house.deliver.answers}
    assert said[unlucky]["seed"] == 42
    assert "tried this 3 times" in said[poison]
    assert (await house.job(poison)).attempts == 3
    assert (await house.job(unlucky)).attempts == 2


async def test_too_slow_is_stopped(house):
    pool = PoolExecutor(WorkerSetup(TASK))
    runner = house.new_runner("w", pool, job_timeout=0.5)
    await house.ask("sleep", seconds=60)
    await runner.drain()
    await pool.close()
    assert "longer than 0.5 seconds" in house.deliver.answers[0][2]


async def test_stop_gives_running_jobs_back_and_the_next_start_answers(house):
    pool = PoolExecutor(WorkerSetup(TASK))
    runner = house.new_runner("w", pool)
    slow = await house.ask("steps", user=1, seconds=1)
    quick = await house.ask("sleep", user=2, seconds=0)
    stop = asyncio.Event()
    serving = asyncio.create_task(runner.run(stop))
    await until(lambda: house.deliver.shown)
    stop.set()
    await asyncio.wait_for(serving, 10)
    assert house.deliver.answers == []
    assert [((await house.job(n)).state, (await house.job(n)).attempts) for n in (slow, quick)] == [
        ("queued", 0),
        ("queued", 0),
    ]
    await house.new_runner("next").drain()
    assert sorted(id for id, _, _ in house.deliver.answers) == [slow, quick]


async def test_a_stop_lets_short_jobs_finish(house):
    runner = house.new_runner("w", shutdown_grace=10)
    job = await house.ask("sleep", seconds=0.5)
    stop = asyncio.Event()
    serving = asyncio.create_task(runner.run(stop))
    await until(lambda: house.deliver.shown)
    stop.set()
    await asyncio.wait_for(serving, 5)
    assert [id for id, _, _ in house.deliver.answers] == [job]


async def test_run_answers_what_is_asked_meanwhile_and_keeps_copies(house, settings):
    house.clock.now = 1.8e9
    stop = asyncio.Event()
    serving = asyncio.create_task(house.runner.run(stop))
    await asyncio.sleep(0.05)
    start = time.monotonic()
    await house.ask("sleep", seconds=0)
    house.runner.wake()
    await until(lambda: house.deliver.answers)
    assert time.monotonic() - start < 0.9  # woken, not polled
    stop.set()
    await serving
    assert len(list(settings.backups_dir.glob("segno-*.db"))) == 1


async def test_leases_of_a_dead_process_are_taken_back_at_once(house, db):
    code = "from bot.jobs.identity import worker_name as w; print(w())"
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE
    )
    name = (await command.communicate())[0].decode().strip()
    assert is_dead(name)
    assert not is_dead(worker_name())
    assert is_dead(worker_name().replace(worker_name().split("/")[-1], "1.0"))  # pid used again
    assert not is_dead(f"elsewhere/{os.getpid()}/1.0")
    assert not is_dead("w")
    running, ended = await house.ask("sleep", user=1, seconds=0), await house.ask("sleep", user=2)
    for _ in range(2):
        await db.run(jobs.claim, name, 9e9, 0.0)
    await db.run(jobs.finish, ended, name, '{"seed": 1}', 0.0)
    await db.run(deliveries.begin_delivery, ended, name, 9e9, 0.0)
    await house.runner.drain()
    assert sorted(id for id, _, _ in house.deliver.answers) == [running, ended]
