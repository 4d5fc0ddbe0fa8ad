"""A conversation whose mind says what a test tells it to, and makers that write tiny files."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager

from discord_world import TinyStudio

from bot.agent.values import Asker
from bot.conversation.engine import Conversation
from bot.conversation.terminal import Hands
from bot.conversation.values import Message
from bot.jobs.runner import Runner
from bot.settings import Settings
from bot.shelf import keep
from bot.taste.engine import Taste
from storage import turns
from storage.db import DbThread

ANN, BOB, ROOM = 11, 12, 7


class ScriptedMind:
    """Plans by text; `heard` is what it was asked, with what was recalled."""

    def __init__(self, plans):
        self.plans, self.heard = dict(plans), []

    async def plan(self, text, session, asker, recalled):
        self.heard.append((text, recalled))
        found = self.plans[text]
        if isinstance(found, Exception):
            raise found
        return found


class Pages:
    """Every page in order."""

    def __init__(self):
        self.shown = []

    async def show(self, place, page):
        self.shown.append(page)
        return 5000 + page.turn_id

    def last(self, turn):
        return next(page for page in reversed(self.shown) if page.turn_id == turn.id)


class Scene:
    """A talk over a database in a folder; `reopen` is a restart."""

    def __init__(self, db, settings, minds):
        self.db, self.settings = db, settings
        self.time = 1_000_000.0
        self.studio, self.pages = TinyStudio(), Pages()
        taste = Taste(db, settings.taste_dir, self.now, database=settings.database)
        self.talk = Conversation(db, settings, taste, minds, self.wake, self.now)
        self.talk.front = self.pages
        self.runner = Runner(db, self.studio, Hands(self.talk), self.now, settings, keep=keep)
        self.numbers = itertools.count(1)

    def now(self):
        self.time += 0.01
        return self.time

    def wake(self):
        self.runner.wake()

    async def say(self, text, who=ANN, *, shared=False, work=True, **more):
        asker = Asker(who, None, ROOM, "en")
        more.setdefault("message_id", next(self.numbers))
        turn = await self.talk.hear(Message(asker, text, shared=shared, **more))
        if work:
            await self.work()
        return await self.turn(turn)

    async def work(self):
        """Until no turn can go on by itself."""
        for _ in range(20):
            await self.runner.drain()
            await asyncio.sleep(0)
            if not [t for t in await self.db.run(turns.unfinished) if t.state == "running"]:
                break

    async def turn(self, turn):
        return await self.db.run(turns.get, turn.id)


@asynccontextmanager
async def scene(folder, *minds):
    """A scene whose minds are asked in order."""
    settings = Settings(data_dir=folder, _env_file=None)
    async with DbThread(settings.database) as db:
        yield Scene(db, settings, minds)
