"""The process that `bench crash` kills: the real runner, table and workers, and a Discord on paper.

In: a folder with `inbox.jsonl` (what people will ask). Out: lines in `journal.jsonl`, which stands
for Discord's side: it survives the process, an edit of the same message replaces what it said, and
a nonce posts once. `python -m bot.bench.crash_world FOLDER` asks, computes and answers until the
inbox is done, or until somebody kills it. Requests the journal does not call acknowledged are sent
again with the same interaction id, as a gateway replays them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.domain import OnProgress, Progress
from bot.jobs.executor import PoolExecutor
from bot.jobs.runner import Runner
from bot.jobs.worker import WorkerSetup
from bot.settings import Settings
from models.errors import Refusal
from storage import jobs
from storage.db import DbThread
from storage.deliveries import nonce

TASK = "bot.bench.crash_world:execute"
STEPS = 3


def execute(request_json: str, seed: int, out_dir: str, on_progress: OnProgress) -> str:
    """Work a little, write a file, and give a result that only depends on request and seed.

    Raises
    ------
    Refusal
        When the request says so.
    """
    request = json.loads(request_json)
    for step in range(1, STEPS + 1):
        on_progress(Progress(step, STEPS, "working"))
        time.sleep(request["seconds"] / STEPS)
    if request["refuse"]:
        raise Refusal("I do not do {what}.", what="that")
    folder = Path(out_dir) / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "piece.txt").write_text(str(seed), encoding="utf-8")
    return json.dumps({"seed": seed, "folder": str(folder)})


class Journal:
    """What Discord has seen, one JSON object a line; small appends are whole or absent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, **line: object) -> None:
        """Append a line; it survives the death of this process at any later instant."""
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, data)
        finally:
            os.close(file)

    def read(self) -> list[dict[str, Any]]:
        """Return every line."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text("utf-8").splitlines()]


class PaperDelivery:
    """A `Deliver` onto the journal: edits go to the reply, new messages carry the nonce."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def progress(self, job: jobs.Job, progress: Progress) -> None:
        """See `Deliver.progress`."""
        self._journal.write(what="progress", interaction=job.interaction_id, step=progress.step)

    async def result(self, job: jobs.Job, result: dict[str, Any]) -> int | None:
        """See `Deliver.result`."""
        return await self._answer(job, f"result {result['seed']}")

    async def failure(self, job: jobs.Job, template: str, values: Mapping[str, Any]) -> int | None:
        """See `Deliver.failure`."""
        return await self._answer(job, template.format(**values))

    async def _answer(self, job: jobs.Job, text: str) -> int | None:
        await asyncio.sleep(0.01)  # the upload
        edits = job.token is not None or job.reply_id is not None
        message = f"reply to {job.interaction_id}" if edits else nonce(job)
        self._journal.write(
            what="answer", interaction=job.interaction_id, message=message, text=text
        )
        return job.reply_id


async def ask_all(
    inbox: list[dict[str, Any]], db: DbThread, journal: Journal, wake: Callable[[], None]
) -> None:
    """Send every request not yet acknowledged: store it, then acknowledge it."""
    acknowledged = {line["interaction"] for line in journal.read() if line["what"] == "ack"}
    for ask in inbox:
        interaction = ask["interaction_id"]
        if interaction in acknowledged:
            continue
        token_age = ask.pop("token_age")
        reply = ask.pop("reply_id")
        job, _ = await db.run(partial(jobs.enqueue, **ask, now=time.time() - token_age))
        journal.write(what="ack", interaction=interaction, job=job.id)
        if reply is not None:
            await db.run(jobs.set_reply, job.id, reply)
        wake()
        await asyncio.sleep(0.05)


async def main(folder: Path) -> None:
    """Live once: ask, run until nothing is left, stop."""
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    journal = Journal(folder / "journal.jsonl")
    inbox = [json.loads(line) for line in (folder / "inbox.jsonl").read_text("utf-8").splitlines()]
    async with DbThread(settings.database) as db:
        executor = PoolExecutor(WorkerSetup(TASK), workers=settings.workers)
        runner = Runner(db, executor, PaperDelivery(journal), time.time, settings)
        stop = asyncio.Event()
        serving = asyncio.create_task(runner.run(stop))
        await ask_all(inbox, db, journal, runner.wake)
        left = 1
        while left and not serving.done():
            left = await db.run(_unanswered)
            await asyncio.sleep(0.05)
        stop.set()
        await serving


def _unanswered(db: Database) -> int:
    sql = "SELECT count(*) FROM jobs WHERE delivery NOT IN ('delivered', 'abandoned')"
    return int(db.conn.execute(sql).fetchone()[0])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
