"""Crash bench: kill -9 at every named fault point and at random, then count what was lost.

In: a number of kills and a seed. Out: requests lost, doubled or wrongly answered, database
integrity, and how often each place was hit. The process under test is `bot.bench.crash_world`: the
real runner, job table and worker processes; only the music and Discord are stand-ins.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bot.bench import Row, Table
from bot.bench.crash_world import Journal
from bot.jobs.faults import POINTS
from storage import jobs
from storage.db import integrity_check, open_database

ASKS_PER_LIFE = 4
LIFE_SECONDS = 60.0  # a life that outlasts this is stuck
RANDOM_KILLS = ("bot", "worker", "idle worker")


@dataclass(slots=True)
class Bench:
    """One run: its folder, its dice, and what has been done so far."""

    folder: Path
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    asked: list[dict[str, Any]] = field(default_factory=list)
    orphans: int = 0
    lives: int = 0

    @property
    def total(self) -> int:
        """Processes killed so far."""
        return sum(self.kills.values())


def run(kills: int = 50, seed: int = 14) -> Table:
    """The table of `python -m bot bench crash`."""
    found = bench_crash(kills, seed)
    none = {"target": "0"}
    rows = {
        "lost requests": Row(found["lost"], **none),
        "doubled answers": Row(found["doubled"], **none),
        "wrong answers": Row(found["wrong"], **none),
        "answers overwritten by progress": Row(found["overwritten"], **none),
        "jobs given up": Row(found["gave_up"], **none),
        "integrity problems": Row(found["integrity_problems"], **none),
        "workers left behind": Row(found["orphans"], **none),
        "requests": Row(found["requests"]),
        "kill -9": Row(found["kills"]),
        "answers sent again after a crash (same message)": Row(found["repeated"]),
        "seconds": Row(found["seconds"], "s"),
    }
    return Table(
        "crash", found["requests"], seed, rows, details={"killed at": found["kills_by_place"]}
    )


def bench_crash(kills: int = 50, seed: int = 14) -> dict[str, Any]:
    """Kill processes until `kills` have died, let the rest finish, and count.

    Returns a dict of plain numbers: `lost` (acknowledged, never answered), `doubled` (answered in
    two messages, or with two different texts), `wrong` (not the answer of that request),
    `overwritten` (progress shown after the answer), `gave_up`, `integrity_problems`, `orphans`.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="segno-crash-") as folder:
        bench = Bench(Path(folder), random.Random(seed))
        places = [*POINTS, *RANDOM_KILLS]
        while bench.total < kills:
            if bench.lives > 3 * kills + 10:
                raise RuntimeError(f"{bench.lives} lives gave {bench.total} kills of {kills}")
            live(bench, places[bench.lives % len(places)])
        live(bench, None)
        found = judge(bench)
    return found | {"seconds": round(time.monotonic() - start, 1)}


def live(bench: Bench, place: str | None) -> None:
    """Run the process once with new requests, and kill it (or a worker) at `place`."""
    bench.lives += 1
    for _ in range(ASKS_PER_LIFE):
        bench.asked.append(new_ask(bench))
    lines = "".join(json.dumps(ask) + "\n" for ask in bench.asked)
    (bench.folder / "inbox.jsonl").write_text(lines, encoding="utf-8")
    fault = f"{place}:{bench.dice.randint(1, 4)}" if place in POINTS else ""
    process = start_world(bench.folder, fault)
    try:
        if place == "bot":
            kill_bot(bench, process)
        elif place in RANDOM_KILLS:
            kill_worker(bench, process, idle=place == "idle worker")
        status = process.wait(LIFE_SECONDS)
    finally:
        process.kill()
        process.wait()
    if place in POINTS and status == -signal.SIGKILL:
        bench.kills[str(place)] += 1
    elif place != "bot" and status != 0:
        said = (bench.folder / "stderr.log").read_text("utf-8", "replace")[-2000:]
        raise RuntimeError(f"the process under test ended with {status} at {place}: {said}")


def new_ask(bench: Bench) -> dict[str, Any]:
    """Make up a request: one in six is refused, one in four has waited past its token's life."""
    dice, number = bench.dice, len(bench.asked)
    late = dice.random() < 0.25
    # A late one may have no message to edit: a reply we could not learn the id of.
    reply = None if late and dice.random() < 0.5 else 10_000 + number
    guild = dice.choice([1, 1, 1, 2, 3, None])
    request = {"seconds": round(dice.uniform(0.05, 0.25), 3), "refuse": dice.random() < 1 / 6}
    return {
        "request": json.dumps(request), "user_id": number, "guild_id": guild, "channel_id": 5,
        "interaction_id": 500_000 + number, "token": "token", "application_id": 1, "locale": "en",
        "kind": "compose", "seed": 70_000 + number, "token_age": 1000.0 if late else 0.0,
        "reply_id": reply,
    }  # fmt: skip


def start_world(folder: Path, fault: str) -> subprocess.Popen[bytes]:
    """Start the process under test."""
    settings = {
        "FAULTS": fault, "WORKERS": "2", "LEASE": "30", "PROGRESS_INTERVAL": "0",
        "JOB_TIMEOUT": "30", "SHUTDOWN_GRACE": "5", "BACKUP_HOURS": "0", "USER_RUNNING": "1",
        "MAX_ATTEMPTS": "3",
    }  # fmt: skip
    with (folder / "stderr.log").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.bench.crash_world", str(folder)],
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )


def kill_bot(bench: Bench, process: subprocess.Popen[bytes]) -> None:
    """Kill the bot at a random moment once its workers are up; they must follow."""
    workers = wait_for_workers(process)
    time.sleep(bench.dice.uniform(0.0, 1.5))
    workers += workers_of(process)
    if process.poll() is not None:
        return  # it had finished
    process.kill()
    process.wait()
    bench.kills["bot"] += 1
    _, alive = psutil.wait_procs(set(workers), timeout=10)
    bench.orphans += len(alive)


def kill_worker(bench: Bench, process: subprocess.Popen[bytes], *, idle: bool) -> None:
    """Kill a worker as it starts (idle) or at a random moment of its work."""
    workers = wait_for_workers(process)
    time.sleep(0.0 if idle else bench.dice.uniform(0.2, 1.2))
    workers = workers_of(process) or workers
    victim = bench.dice.choice(workers) if workers else None
    if victim is None or process.poll() is not None:
        return
    with suppress(psutil.NoSuchProcess):
        victim.kill()
        bench.kills["idle worker" if idle else "worker"] += 1


def wait_for_workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Wait until the process under test has started its workers."""
    end = time.monotonic() + LIFE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        workers = workers_of(process)
        if len(workers) == 2:
            return workers
        time.sleep(0.02)
    return []


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Find its worker processes (spawned ones; the resource tracker is none)."""
    try:
        children = psutil.Process(process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def judge(bench: Bench) -> dict[str, Any]:
    """Compare what people were told with what they were promised."""
    answers: dict[int, list[tuple[str, str]]] = defaultdict(list)
    acknowledged, overwritten = set(), set()
    for line in Journal(bench.folder / "journal.jsonl").read():
        interaction = line["interaction"]
        if line["what"] == "ack":
            acknowledged.add(interaction)
        elif line["what"] == "answer":
            answers[interaction].append((line["message"], line["text"]))
        elif interaction in answers:
            overwritten.add(interaction)
    with open_database(bench.folder / "segno.db") as db:
        problems = integrity_check(db)
        rows = db["jobs"].count
        gave_up = db["jobs"].count_where("error = ?", [jobs.GAVE_UP])
    given_up_text = jobs.GAVE_UP.split("{")[0]
    wrong = sum(
        any(text != expected(ask) and not text.startswith(given_up_text) for _, text in told)
        for ask in bench.asked
        if (told := answers.get(ask["interaction_id"]))
    )
    return {
        "kills": bench.total,
        "kills_by_place": dict(bench.kills),
        "lives": bench.lives,
        "requests": len(bench.asked),
        "acknowledged": len(acknowledged),
        "jobs_beyond_requests": rows - len(bench.asked),
        "lost": len(acknowledged - answers.keys()) + len(bench.asked) - len(acknowledged),
        "doubled": sum(len(set(told)) > 1 for told in answers.values()) + rows - len(bench.asked),
        "wrong": wrong,
        "overwritten": len(overwritten),
        "repeated": sum(len(told) - len(set(told)) for told in answers.values()),
        "gave_up": gave_up,
        "integrity_problems": len(problems),
        "orphans": bench.orphans,
    }


def expected(ask: dict[str, Any]) -> str:
    """Say what the request should have been answered."""
    refused = json.loads(ask["request"])["refuse"]
    return "I do not do that." if refused else f"result {ask['seed']}"
