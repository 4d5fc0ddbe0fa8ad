"""`python -m bot chat`: the same conversation in a terminal, over the same database.

In: lines that a person types (or a script pipes in); a path to a MIDI, MusicXML or sound file in a
line puts that file on the table. Out: pages as text, progress on one line, and the paths of the
files that were made. Ctrl-C while something is at work stops that, otherwise it ends the talk.
"""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import intake, wording
from bot.agent.understand import language
from bot.agent.values import Asker
from bot.app import workers
from bot.conversation.build import conversation
from bot.conversation.ear import Ear
from bot.conversation.engine import Conversation
from bot.conversation.minds import chosen
from bot.conversation.placing import turn_of
from bot.conversation.values import Message, Page, Place
from bot.domain import Progress
from bot.i18n import translate
from bot.jobs.executor import Executor
from bot.jobs.runner import Runner
from bot.recipe import players, recipe
from bot.settings import Settings
from bot.shelf import clip_of, keep
from bot.taste.engine import Taste
from models.errors import Refusal
from storage.db import DbThread
from storage.jobs import Job
from storage.turns import Turn

#: Who speaks in a terminal: Discord's ids are far larger.
USER, CHANNEL = 1, 1
HELLO = (
    "Hi, I am Segno. Tell me what to play, such as “a wistful waltz in D minor, then words about "
    "winter”, name a MIDI file, or say “help”. Ctrl-D ends our talk."
)
BYE = "Goodbye. Your pieces are in {folder}."
_MUSIC = (*intake.SCORES, *intake.AUDIO)


@dataclass
class Screen:
    """A front of text: the last page of each turn is written once, when its state is final."""

    pieces: Path
    over: dict[int, asyncio.Event] = field(default_factory=dict)
    live: bool = field(default_factory=lambda: sys.stdout.isatty())

    async def show(self, place: Place, page: Page) -> int | None:
        """Write a final page; keep the progress of others on one line."""
        if page.state == "working":
            if self.live:
                print(f"\r\x1b[2K{page.text.splitlines()[-1]}", end="", flush=True)
            return page.turn_id
        print("\r\x1b[2K" * self.live + plain(page.text))
        for piece_id in page.show.pieces:
            print(card(clip_of(self.pieces / piece_id), page.show.kinds, place.asker.locale))
        if page.show.command:
            print(f"  {page.show.command}")
        self.over.setdefault(page.turn_id, asyncio.Event()).set()
        return page.turn_id


def plain(text: str) -> str:
    """A page without the markup that only Discord draws."""
    lines = (line.removeprefix("-# ") for line in text.splitlines())
    return "\n".join(lines).replace("**", "").replace("\\", "")


def card(clip: Mapping[str, Any], kinds: tuple[str, ...], locale: str) -> str:
    """A piece in a few lines, with the files that it has (or those of `kinds`)."""
    facts = clip["facts"]
    lines = [f"  {facts['title']} · {recipe(facts, locale)}", f"  {players(facts, locale)}"]
    if done := wording.done(facts, locale, lambda text, length: text[:length]):
        lines.append(f"  {done}")
    lines.append(f"  {wording.checked(facts, locale)}")
    files = {k: v for k, v in clip["files"].items() if not kinds or k in kinds}
    return "\n".join([*lines, *(f"    {path}" for path in files.values())])


@dataclass(frozen=True)
class Hands:
    """The runner's `Deliver` where every job belongs to a turn."""

    talk: Conversation

    async def progress(self, job: Job, progress: Progress) -> None:
        """See `Deliver`."""
        if (turn := turn_of(job.request)) is not None:
            await self.talk.progress(job, turn, progress)

    async def result(self, job: Job, result: dict[str, Any]) -> int | None:
        """See `Deliver`."""
        turn = turn_of(job.request)
        return None if turn is None else await self.talk.finished(job, turn, result)

    async def failure(self, job: Job, template: str, values: Mapping[str, Any]) -> int | None:
        """See `Deliver`."""
        turn = turn_of(job.request)
        return None if turn is None else await self.talk.failed(job, turn, template, values)


@dataclass
class Talk:
    """One person's talk: says a line and waits until its turn is over."""

    settings: Settings
    talk: Conversation
    screen: Screen
    user_id: int = USER
    channel_id: int = CHANNEL

    async def say(self, line: str) -> Turn:
        """Take a line, with the file that it names, and return when it is answered.

        Raises
        ------
        Refusal
            When the file cannot be read.
        """
        text, file = await asyncio.to_thread(_split, line, self.user_id, self.settings)
        asker = Asker(self.user_id, None, self.channel_id, language(text))
        turn = await self.talk.hear(Message(asker, text, file=file))
        with self._stoppable(turn):
            await self.screen.over.setdefault(turn.id, asyncio.Event()).wait()
        return turn

    @contextmanager
    def _stoppable(self, turn: Turn) -> Iterator[None]:
        """Let Ctrl-C stop the turn instead of the talk while the block runs."""
        loop = asyncio.get_running_loop()
        stopping: set[asyncio.Task[None]] = set()

        def stop() -> None:
            stopping.add(asyncio.create_task(self.talk.cancel(turn.id, self.user_id)))

        try:
            loop.add_signal_handler(signal.SIGINT, stop)
        except (NotImplementedError, RuntimeError):  # Windows; or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)


def _split(line: str, user_id: int, settings: Settings) -> tuple[str, str | None]:
    """The words of a line and the key of the file that it names, if any."""
    try:
        words = shlex.split(line, posix=False)
    except ValueError:  # an apostrophe is no quotation mark to people
        words = line.split()
    for word in words:
        path = Path(word.strip("'\"")).expanduser()
        if path.suffix.lower() in _MUSIC and path.is_file():
            most = settings.max_upload_kb * 1024
            data = path.read_bytes()
            stored = intake.store(data, path.name, user_id, settings.data_dir, most, _MUSIC)
            key = f"{stored.removeprefix(intake.UPLOADS + '/')}:{path.stem}"
            return line.replace(word, "").strip() or path.stem, key
    return line.strip(), None


@asynccontextmanager
async def talking(
    settings: Settings, executor: Executor | None = None, ear: Any = None
) -> AsyncIterator[Talk]:
    """A talk over the database of `settings`, with workers of its own while the block runs."""
    stop = asyncio.Event()
    async with DbThread(settings.database, settings.storage_synchronous) as db:
        taste = Taste(db, settings.taste_dir, time.time, database=settings.database)
        listens = ear or Ear()
        wake: list[Any] = []
        minds = chosen(settings, db)
        talk = conversation(db, settings, taste, listens, lambda: wake[0](), time.time, minds)
        hands = Hands(talk)
        runner = Runner(db, executor or workers(settings), hands, settings=settings, keep=keep)
        wake.append(runner.wake)
        screen = Screen(settings.pieces_dir)
        talk.front = screen
        serving = asyncio.create_task(runner.run(stop))
        try:
            await talk.resume()
            yield Talk(settings, talk, screen)
        finally:
            stop.set()
            await serving
            if isinstance(listens, Ear):
                await listens.close()
            for mind in minds:
                await mind.close()


async def chat(settings: Settings) -> None:
    """Talk until the input ends."""
    print(translate(HELLO, "en"))
    async with talking(settings) as talk:
        while (line := await asyncio.to_thread(_read)) is not None:
            if not line.strip():
                continue
            if not sys.stdin.isatty():
                print(f"> {line.strip()}")
            try:
                await talk.say(line)
            except Refusal as refusal:
                print(wording.refusal(refusal.template, refusal.values, language(line)))
        print(translate(BYE, "en", folder=settings.pieces_dir))


def _read() -> str | None:
    """A line, or None at the end."""
    prompt = "> " if sys.stdin.isatty() else ""
    try:
        return input(prompt)
    except EOFError:
        return None
