"""The composition root: settings in, a running bot out.

In: `Settings`. Out: the database thread, the worker processes, the job runner and a front - Discord
when there is a token, otherwise the same bot on a local page - started in order, stopped in the
reverse order on SIGTERM or Ctrl-C (discord.py leaves SIGTERM to us, its issue 8998).
"""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import discord
from threadpoolctl import threadpool_limits

from bot import upkeep
from bot.client import Segno
from bot.conversation.build import conversation
from bot.conversation.ear import Ear
from bot.conversation.listener_mind import Listens
from bot.conversation.minds import chosen
from bot.conversation.minds.mind import ChatMind
from bot.delivery import Delivery
from bot.jobs.executor import Executor, PoolExecutor
from bot.jobs.runner import Runner
from bot.jobs.worker import WorkerSetup
from bot.settings import Settings
from bot.shelf import keep
from bot.taste.keeper import TasteKeeper
from models.errors import Refusal
from storage.db import DbThread

log = logging.getLogger(__name__)

#: What a worker process runs, by name: naming it keeps torch out of this process.
TASK = "bot.jobs.tasks:execute"
OPEN_STUDIO = "bot.jobs.tasks:open_studio"
_REPLY_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?]+")


@dataclass(frozen=True, slots=True)
class App:
    """The parts that live as long as the process."""

    settings: Settings
    client: Segno
    runner: Runner
    ear: Listens
    minds: tuple[ChatMind, ...] = ()


def build(
    settings: Settings,
    db: DbThread,
    executor: Executor | None = None,
    ear: Listens | None = None,
    **client: Any,
) -> App:
    """Put the parts together; nothing is started. `client` goes to discord.py's client."""
    if settings.discord_proxy:
        client.setdefault("proxy", settings.discord_proxy)
    bot = Segno(db=db, settings=settings, **client)
    ear = ear or Ear()
    minds = chosen(settings, db)
    bot.conversation = conversation(
        db, settings, bot.taste, ear, lambda: bot.wake(), bot.now, minds
    )
    runner = Runner(db, executor or workers(settings), Delivery(bot), bot.now, settings, keep=keep)
    bot.wake = runner.wake
    return App(settings, bot, runner, ear, minds)


def workers(settings: Settings) -> PoolExecutor:
    """Worker processes that hold the models and the soundfont."""
    soundfont = str(settings.soundfont) if settings.soundfont else None
    setup = WorkerSetup(
        task=TASK,
        init=OPEN_STUDIO,
        init_args=(soundfont, settings.threads_per_worker, settings.lyrics_model),
        threads=settings.threads_per_worker,
        memory_mib=settings.worker_memory_mib,
    )
    return PoolExecutor(setup, workers=settings.workers, max_tasks=settings.worker_max_tasks)


def main(settings: Settings) -> None:
    """Run the bot until SIGTERM or Ctrl-C (the command `python -m bot run`)."""
    set_up_logging(settings)
    # A fold-in is a small sum: on a busy machine BLAS's threads wait for each other, not for it.
    with threadpool_limits(1, "blas"):
        asyncio.run(run(settings))


class WithoutTokens(logging.Filter):
    """Cuts reply tokens out of the addresses that discord.py names when it is rate limited."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, without the tokens."""
        if record.name.startswith("discord."):
            record.msg, record.args = _REPLY_TOKEN.sub(r"\1…", record.getMessage()), ()
        return True


def set_up_logging(settings: Settings) -> None:
    """Log to stderr: no tokens, and nobody's messages."""
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(WithoutTokens())
    # discord.py's DEBUG prints whole events and requests. Without a connection it only warns of
    # what it does not need here.
    least = logging.ERROR if settings.discord_token is None else logging.INFO
    logging.getLogger("discord").setLevel(max(least, logging.getLogger().level))


async def run(settings: Settings, announce: Callable[[str], None] = print) -> None:
    """Serve until told to stop.

    Raises
    ------
    Refusal
        When Discord cannot be reached or does not take the token.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C still ends asyncio.run
            loop.add_signal_handler(number, stop.set)
    async with DbThread(settings.database, settings.storage_synchronous) as db:
        await db.run(upkeep.forget_again, settings)
        front: AbstractAsyncContextManager[None]
        if settings.discord_token is not None:
            app = build(settings, db)
            front = on_discord(app, stop, announce)
        else:
            from bot.demo import on_local_page

            app = build(settings, db, shard_count=1)
            front = on_local_page(app, announce)
        async with front, TasteKeeper(app.client.taste, app.client), listening(app):
            await app.runner.run(stop)


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[None]:
    """Have ear and minds ready, and go on with what was being talked about, in the block."""
    if not isinstance(app.ear, Ear):
        yield
        return
    starting = asyncio.gather(app.ear.start(), *(mind.start() for mind in app.minds))
    try:
        await app.client.conversation.resume()
        yield
    finally:
        starting.cancel()
        await app.ear.close()
        for mind in app.minds:
            await mind.close()


@asynccontextmanager
async def on_discord(
    app: App, stop: asyncio.Event, announce: Callable[[str], None]
) -> AsyncIterator[None]:
    """Hold the connection to Discord while the block runs; losing it for good sets `stop`."""
    assert app.settings.discord_token is not None  # noqa: S101 - the caller looked
    try:
        await app.client.login(app.settings.discord_token.get_secret_value())
    except discord.LoginFailure:
        await app.client.close()
        raise Refusal(
            "Discord does not take this DISCORD_TOKEN. Copy it again from the Bot page of your "
            "application (docs/discord-setup.md)."
        ) from None
    except OSError:
        await app.client.close()
        raise Refusal(
            "I cannot reach Discord. Check this machine's network, or set DISCORD_PROXY in .env; "
            "without DISCORD_TOKEN Segno runs on a local page."
        ) from None
    announce("Segno is connected to Discord as " + str(app.client.user))
    connection = asyncio.create_task(app.client.connect())
    connection.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        await app.client.close()
        await connection
