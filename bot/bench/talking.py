"""A person's talk with the whole agent, for benches: real makers, a real database, no Discord.

In: what somebody says, line by line. Out: what lies on the table in the end, every piece that was
made, and what was answered. The studio and the listener run in this process, one after another;
everything else is the product: engine, runner, policy, SQLite, files.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bot import intake
from bot.agent import memory
from bot.agent.values import Asker, Session
from bot.app import OPEN_STUDIO, TASK
from bot.conversation import ear as ears
from bot.conversation.build import conversation
from bot.conversation.engine import Conversation
from bot.conversation.terminal import Hands
from bot.conversation.values import Message, Mind, Page, Place
from bot.jobs.executor import InlineExecutor
from bot.jobs.runner import Runner
from bot.jobs.worker import resolve
from bot.piece import PieceFile
from bot.settings import Settings
from bot.shelf import keep
from bot.taste.engine import Taste
from models import midi
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key
from storage import turns
from storage.db import DbThread

#: Steps above G of a folk-like tune of four bars, a beat each.
_TUNE = (0, 4, 7, 4, 5, 4, 2, 0, 2, 5, 9, 5, 7, 5, 4, 2)
#: Seconds that a line may take, a whole plan of makers included.
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class State:
    """After the last line: the session, the pieces in the order they were made, the answers.

    `asked` counts the questions put to the person, `jobs` what was sent to the makers.
    """

    session: Session
    pieces: tuple[PieceFile, ...]
    replies: tuple[str, ...]
    shown: tuple[Page, ...]
    asked: int
    jobs: int

    @property
    def table(self) -> PieceFile | None:
        """The piece on the table."""
        return next((p for p in self.pieces if p.id == self.session.table), None)


@dataclass
class Pages:
    """A front that remembers the last page of each turn."""

    last: dict[int, Page] = field(default_factory=dict)
    over: dict[int, asyncio.Event] = field(default_factory=dict)

    async def show(self, place: Place, page: Page) -> int | None:
        """Keep the page."""
        del place
        self.last[page.turn_id] = page
        if page.state != "working":
            self.over.setdefault(page.turn_id, asyncio.Event()).set()
        return page.turn_id


@dataclass
class Stage:
    """Where talks happen: each with a person and a place of its own, so that none hears another."""

    settings: Settings
    db: DbThread
    talk: Conversation
    runner: Runner
    pages: Pages
    places: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))

    async def perform(self, lines: list[str], locale: str, file: str = "") -> State:
        """Say the lines one after another, each when the one before is answered.

        Who is asked presses the first button, the likelier reading. With a `file`, a tune of eight
        bars called so comes with the first line.
        """
        place = next(self.places)
        asker = Asker(place, None, place, locale)
        key = self._tune(place, file) if file else None
        heard, asked = [], 0
        for line in lines:
            message = Message(asker, line, file=key)
            key = None
            turn = await self.talk.hear(message)
            heard.append(turn.id)
            await self.settle(turn.id)
            if self.pages.last[turn.id].state == "asking":
                asked += 1
                await self.talk.choose(turn.id, 0, place)
                await self.settle(turn.id)
        session = await memory.load(self.db, asker, False, time.time())
        shown = tuple(self.pages.last[t] for t in heard if t in self.pages.last)
        rows = await self.db.run(
            lambda db: db.conn.execute(
                "SELECT folder FROM pieces WHERE owner_id = ? ORDER BY number", [place]
            ).fetchall()
        )
        jobs = await self.db.run(
            lambda db: db.conn.execute(
                "SELECT count(*) FROM jobs WHERE user_id = ?", [place]
            ).fetchone()
        )
        made = tuple(PieceFile.load(self.settings.pieces_dir / row[0]) for row in rows)
        return State(session, made, tuple(p.text for p in shown), shown, asked, jobs[0])

    def _tune(self, user_id: int, name: str) -> str:
        """The key of an upload: eight bars of a tune in G major, as MIDI."""
        notes = tuple(Note(float(beat), 67 + step, 1.0, 90) for beat, step in enumerate(_TUNE * 2))
        score = Score(
            name, Key("G"), Meter(), (Tempo(0.0, 100.0),), 8, (Track("Tune", "melody", 0, notes),)
        )
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"{name}.mid"
            midi.write(score, path)
            stored = intake.store(
                path.read_bytes(), path.name, user_id, self.settings.data_dir, 2**20
            )
        return f"{stored.removeprefix(intake.UPLOADS + '/')}:{name}"

    async def settle(self, turn_id: int) -> None:
        """Until the turn is over, or asks."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            turn = await self.db.run(turns.get, turn_id)
            if turn is None or turn.state != "running":
                return
            await self.runner.drain()
            await asyncio.sleep(0.01)
        raise TimeoutError(f"turn {turn_id} did not end")


@asynccontextmanager
async def stage(folder: Path, first: tuple[Mind, ...] = ()) -> AsyncIterator[Stage]:
    """A stage over a fresh database in `folder`; limits are wide, since one asker asks for all."""
    settings = Settings(
        data_dir=folder,
        guild_per_hour=100_000,
        user_queued=1000,
        discord_token=SecretStr("tok-planted"),  # a benchmark looks whether it gets out
        _env_file=None,  # type: ignore[call-arg]
    )
    resolve(OPEN_STUDIO)()
    async with DbThread(settings.database) as db:
        taste = Taste(db, settings.taste_dir, time.time, database=settings.database)
        ear = ears.Ear(InlineExecutor(ears.TASK))
        wake: list[Runner] = []
        talk = conversation(db, settings, taste, ear, lambda: wake[0].wake(), time.time, first)
        runner = Runner(db, InlineExecutor(TASK), Hands(talk), settings=settings, keep=keep)
        wake.append(runner)
        pages = Pages()
        talk.front = pages
        yield Stage(settings, db, talk, runner, pages)
