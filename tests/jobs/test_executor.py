"""One contract for both executors, and what only real processes can do."""

import asyncio
import json
import os
import time
from pathlib import Path

import psutil
import pytest

from bot.domain import Progress
from bot.jobs.executor import (
    InlineExecutor,
    JobCancelled,
    JobFailed,
    JobSpec,
    JobTimeout,
    OutOfMemory,
    PoolExecutor,
    WorkerDied,
)
from bot.jobs.worker import DISK_FULL, WorkerSetup
from models.errors import Refusal

TASK = "tests.jobs.fake_tasks:execute"


def spec(out: Path, do: str, job_id: int = 1, timeout: float = 20.0, **more) -> JobSpec:
    return JobSpec(job_id, json.dumps({"do": do} | more), 7, out, timeout)


def ignore(_: Progress) -> None:
    pass


@pytest.fixture
async def pool(tmp_path):
    executor = PoolExecutor(WorkerSetup(TASK, threads=2, memory_mib=2048))
    yield executor
    await executor.close()


@pytest.fixture(params=["inline", "pool"])
async def executor(request):
    made = InlineExecutor(TASK) if request.param == "inline" else PoolExecutor(WorkerSetup(TASK))
    yield made
    await made.close()


async def until(condition, seconds=15.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.02)


async def test_contract(executor, tmp_path):
    await executor.start()
    seen = []
    assert executor.capacity() == 1
    running = asyncio.create_task(
        executor.submit(spec(tmp_path, "sleep", seconds=0.3), seen.append)
    )
    await until(lambda: seen)
    assert executor.capacity() == 0
    assert json.loads(await running)["seed"] == 7
    assert executor.capacity() == 1
    assert seen[0] == Progress(1, 2, "starting")

    with pytest.raises(Refusal) as refusal:
        await executor.submit(spec(tmp_path, "refuse"), ignore)
    assert refusal.value.values == {"style": "Zydecoo", "near": "zydeco"}
    assert str(refusal.value) == "Zydecoo is not a style I know; try zydeco."
    for do in ("bug", "odd_error"):
        with pytest.raises(JobFailed, match="Traceback"):
            await executor.submit(spec(tmp_path, do), ignore)
    with pytest.raises(Refusal, match="disk") as full:
        await executor.submit(spec(tmp_path, "disk_full"), ignore)
    assert full.value.template == DISK_FULL

    seen.clear()
    doomed = asyncio.create_task(
        executor.submit(spec(tmp_path, "steps", 9, seconds=30), seen.append)
    )
    await until(lambda: seen)
    await executor.cancel(12345)  # unknown: ignored
    await executor.cancel(9)
    with pytest.raises(JobCancelled):
        await doomed
    assert executor.capacity() == 1
    assert json.loads(await executor.submit(spec(tmp_path, "sleep", 9, seconds=0), ignore))


async def test_a_worker_keeps_its_models(tmp_path):
    log = tmp_path / "loads"
    pool = PoolExecutor(WorkerSetup(TASK, "tests.jobs.fake_tasks:init", (str(log),)), max_tasks=0)
    await pool.start()
    pids = {
        json.loads(await pool.submit(spec(tmp_path, "threads", n), ignore))["pid"] for n in range(4)
    }
    await pool.close()
    assert log.read_text().split() == [str(pid) for pid in pids]
    assert len(pids) == 1


async def test_a_worker_is_replaced_after_max_tasks(tmp_path):
    pool = PoolExecutor(WorkerSetup(TASK), max_tasks=2)
    pids = [
        json.loads(await pool.submit(spec(tmp_path, "threads", n), ignore))["pid"] for n in range(4)
    ]
    await pool.close()
    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_missing_models_are_told_to_the_asker(tmp_path):
    pool = PoolExecutor(WorkerSetup(TASK, "tests.jobs.fake_tasks:broken_init"))
    await pool.start()
    with pytest.raises(Refusal, match="soundfont Great"):
        await pool.submit(spec(tmp_path, "sleep", seconds=0), ignore)
    await pool.close()


async def test_death_timeout_memory_and_life_after(pool, tmp_path):
    await pool.start()
    start = time.monotonic()
    with pytest.raises(WorkerDied):
        await pool.submit(spec(tmp_path, "crash"), ignore)
    assert time.monotonic() - start < 5
    with pytest.raises(JobTimeout):
        await pool.submit(spec(tmp_path, "sleep", seconds=30, timeout=0.5), ignore)
    with pytest.raises(OutOfMemory):
        await pool.submit(spec(tmp_path, "hog"), ignore)
    assert json.loads(await pool.submit(spec(tmp_path, "threads"), ignore))["threads"] == "2"


async def test_an_idle_worker_may_be_killed(pool, tmp_path):
    first = json.loads(await pool.submit(spec(tmp_path, "threads"), ignore))["pid"]
    psutil.Process(first).kill()
    await asyncio.sleep(0.5)  # pebble notices, and calls its pool broken
    second = json.loads(await pool.submit(spec(tmp_path, "threads"), ignore))["pid"]
    assert first != second


async def test_cancel_takes_the_workers_children_along(pool, tmp_path):
    task = asyncio.create_task(pool.submit(spec(tmp_path, "child"), ignore))
    await until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
    child = int((tmp_path / "child").read_text())
    await pool.cancel(1)
    with pytest.raises(JobCancelled):
        await task
    await until(lambda: not psutil.pid_exists(child) or zombie(child))


def zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_workers_compute_side_by_side(tmp_path):
    pool = PoolExecutor(WorkerSetup(TASK), workers=2)
    await pool.start()
    assert pool.capacity() == 2
    seen = {1: [], 2: []}
    results = await asyncio.gather(
        *(pool.submit(spec(tmp_path, "sleep", n, seconds=0.4), seen[n].append) for n in seen)
    )
    assert len({json.loads(text)["pid"] for text in results} | {os.getpid()}) == 3
    assert all(reports[0].label == "starting" for reports in seen.values())
    with pytest.raises(RuntimeError, match="capacity"):
        await asyncio.gather(
            *(pool.submit(spec(tmp_path, "sleep", n, seconds=0.1), ignore) for n in range(3))
        )
    await pool.close()
