"""Five talks with Segno, held and written down as they went: `python -m bot transcripts`.

In: `transcripts.toml`, what people say and press. Out: one Markdown file a talk, with every answer
as it was shown, the buttons and files that came with it, and what the sound of each piece measures;
nothing is edited. Makers, listener, database and discord.py are the real ones: the terminal talks
are the command `python -m bot chat`, in the others SimCord (MIT) stands in for Discord's servers.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import soundfile

from bot.app import App, build, listening, workers
from bot.conversation.listener_mind import Listens
from bot.gallery_arrangements import tune
from bot.gallery_files import put
from bot.jobs.executor import Executor
from bot.piece import PieceFile
from bot.render.mastering import loudness, true_peak_db
from bot.settings import Settings
from models.errors import Refusal
from storage.db import DbThread

SCRIPTS = Path(__file__).with_name("transcripts.toml")
_MARKS = {"dm": "a direct message", "channel": "the channel #music"}
#: Seconds in which SimCord must have carried an event through the bot.
_SETTLE = 120.0
_ROUNDS = 500  # looks at whether a turn is over


@dataclass(frozen=True, slots=True)
class Act:
    """What one person does: says something (with a file), reacts or presses a button.

    `meant` is the button that they press where Segno asks what they mean.
    """

    by: str = "ann"
    say: str = ""
    file: str = ""
    react: str = ""
    press: str = ""
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One talk; `front` is terminal, dm or channel."""

    name: str
    title: str
    front: str
    acts: tuple[Act, ...]


def scripts() -> tuple[Script, ...]:
    """The talks, in order."""
    told = tomllib.loads(SCRIPTS.read_text(encoding="utf-8"))["sessions"]
    return tuple(
        Script(each["name"], each["title"], each["front"], tuple(map(_act, each["lines"])))
        for each in told
    )


def _act(line: str | Mapping[str, str]) -> Act:
    return Act(say=line) if isinstance(line, str) else Act(**line)


def write(out: Path, say: Callable[[str], None], only: Sequence[str] = ()) -> None:
    """Hold the talks (those whose names begin so, if any are given) and write their files.

    Raises
    ------
    Refusal
        When SimCord is not installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(_index(), encoding="utf-8")
    for script in scripts():
        if only and not script.name.startswith(tuple(only)):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            home = Path(scratch)
            if script.front == "terminal":
                told = _in_terminal(script, home)
            else:
                told = asyncio.run(_in_discord(script, home))
            text = f"# {script.title}\n\n{told}\n\n{measured(home / 'data' / 'pieces')}"
        (out / f"{script.name}.md").write_text(text, encoding="utf-8")
        say(f"{script.name}: {len(text.encode())} bytes")


def _index() -> str:
    """What the folder holds."""
    lines = [
        "# Five talks, unedited", "",
        "`python -m bot transcripts --out docs/sessions` held these talks and wrote down every "
        "answer as it was shown, what was misunderstood included. Each file ends with what the "
        "sound of its pieces measures. Pieces are drawn anew, so another run is another talk.", "",
    ]  # fmt: skip
    each = (f"- [{s.title}]({s.name}.md), {len(s.acts)} turns" for s in scripts())
    return "\n".join([*lines, *each]) + "\n"


def _in_terminal(script: Script, home: Path) -> str:
    """What `python -m bot chat` prints when the lines are typed into it."""
    here = Path(__file__).parents[1]
    env = {k: v for k, v in os.environ.items() if k not in ("CHAT_MODEL", "DISCORD_TOKEN")}
    env |= {"DATA_DIR": "data", "PYTHONPATH": str(here), "PYTHONIOENCODING": "utf-8"}
    typed = "\n".join(act.say for act in script.acts)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        input=typed, stdout=subprocess.PIPE, cwd=home, env=env, check=True, encoding="utf-8",
    )  # fmt: skip
    above = "`python -m bot chat`; lines that begin with `>` were typed."
    return f"{above}\n\n{_fenced(done.stdout)}"


def _fenced(text: str) -> str:
    """Text as it is, in a block that it cannot end."""
    fence = "````" if "```" in text else "```"
    return f"{fence}text\n{text.strip()}\n{fence}"


@dataclass
class World:
    """Two people, a channel and direct messages in SimCord, with the whole bot behind them.

    `seen` keeps how each of our messages looked when it was last written down.
    """

    app: App
    db: DbThread
    env: Any
    people: dict[str, Any] = field(default_factory=dict)
    channel: Any = None
    seen: dict[int, str] = field(default_factory=dict)

    def place(self, script: Script) -> Any:
        """Where the talk is held."""
        return self.people["ann"].user.dm_channel if script.front == "dm" else self.channel

    async def work(self) -> None:
        """Until no turn can go on by itself."""
        at_work = "SELECT 1 FROM conversation_turns WHERE state = 'running'"
        for _ in range(_ROUNDS):
            await self.app.runner.drain()
            await self.env.settle()
            if not await self.db.run(lambda db: db.conn.execute(at_work).fetchall()):
                return
        raise TimeoutError("a turn does not end")

    async def hold(self, script: Script, scratch: Path) -> list[str]:
        """The whole talk: who did what, and every answer after it."""
        told, place = [], self.place(script)
        for act in script.acts:
            told.append(await self.do(act, script, scratch))
            told += self.answers(place)
            if act.meant and act.meant in _buttons(place.last_message):
                told.append(await self.do(Act(act.by, press=act.meant), script, scratch))
                told += self.answers(place)
        return told

    async def do(self, act: Act, script: Script, scratch: Path) -> str:
        """Carry out one act and wait for what comes of it; the act in words."""
        place = self.place(script)
        person = self.people[act.by].user if script.front == "dm" else self.people[act.by]
        if act.react:
            await self.people[act.by].react(place.last_message, act.react)
            told = f"**{act.by}** reacts with {act.react}"
        elif act.press:
            await person.click(place.last_message, label=act.press)
            told = f"**{act.by}** presses [{act.press}]"
        else:
            text = act.say if script.front == "dm" else f"{self.mention} {act.say}"
            files = [(act.file, _tune(scratch))] if act.file else []
            if script.front == "dm":
                kept = self.env.backend.store_attachments(place.id, files)
                await person.send_dm(text, attachments=kept)
            else:
                await person.send(place, text, attachments=files)
            with_file = f" with `{act.file}`" if act.file else ""
            told = f"**{act.by}** says{with_file}:\n\n{_fenced(text)}"
        await self.work()
        return told

    @property
    def mention(self) -> str:
        """How the bot is addressed in a channel."""
        return f"<@{self.env.backend.bot_user.id}>"

    def answers(self, place: Any) -> list[str]:
        """Our messages that are new or look otherwise than when they were last written down."""
        found = []
        for message in place.history():
            if not message.author.bot:
                continue
            shown = self._shown(message)
            if self.seen.get(message.id) != shown:
                who = self._grown(message.id, "changes that message" * (message.id in self.seen))
                found.append(f"{who}:\n\n{shown}")
            self.seen[message.id] = shown
        return found

    def _shown(self, message: Any) -> str:
        """A message as a person sees it: text, embeds, files, buttons, reactions."""
        parts = [_fenced(message.content)] if message.content else []
        for embed in message.embeds:
            named = (f"{each.name}: {each.value}" for each in embed.fields)
            written = (embed.title, embed.description, *named)
            parts.append("In a box:\n\n" + _fenced("\n".join(str(w) for w in written if w)))
        if message.attachments:
            files = (f"`{a.filename}` ({a.size / 1000:.0f} kB)" for a in message.attachments)
            parts.append("Files: " + ", ".join(files))
        if pressed := _buttons(message):
            parts.append("Buttons: " + " ".join(f"[{label}]" for label in pressed))
        if offered := [str(each.emoji) for each in message.reactions if each.me]:
            parts.append("Reactions: " + " ".join(offered))
        return "\n\n".join(parts)

    def _grown(self, message_id: int, does: str) -> str:
        """Who speaks, and how often the message was edited while its answer came about."""
        if does:
            return f"**Segno** {does}"
        ending = f"/messages/{message_id}"
        count = sum(r.method == "PATCH" and r.path.endswith(ending) for r in self.env.http_requests)
        return f"**Segno** (one message, edits: {count})" if count else "**Segno**"


def _buttons(message: Any) -> list[str]:
    """Labels of buttons, and what menus are about, in their order."""
    found = []
    for row in message.components:
        for each in row.children:
            emoji = f"{each.emoji} " if getattr(each, "emoji", None) else ""
            label = getattr(each, "label", None) or getattr(each, "placeholder", None) or ""
            found.append(f"{emoji}{label}".strip())
    return found


def _tune(scratch: Path) -> bytes:
    """Auld Lang Syne as MIDI: the tune alone, as the gallery has it."""
    sketch, notes = tune()
    folder = scratch / "tune"
    put(sketch, sketch.plan, notes, folder)
    return (folder / "piece.mid").read_bytes()


async def _in_discord(script: Script, home: Path) -> str:
    """The talk as the people in it see it, with workers of its own."""
    settings = Settings(
        data_dir=home / "data",
        chat_model=None,
        _env_file=None,  # type: ignore[call-arg]
    )
    executor = workers(settings)
    await executor.start()
    try:
        async with world(settings, executor) as scene:
            told = await scene.hold(script, home)
    finally:
        await executor.close()
    above = f"Held in {_MARKS[script.front]}; texts are as they are sent, with Discord's own marks."
    return "\n\n".join([above, *told])


@asynccontextmanager
async def world(
    settings: Settings, executor: Executor, ear: Listens | None = None
) -> AsyncIterator[World]:
    """Two people, a server and the bot, over a fresh database.

    Raises
    ------
    Refusal
        When SimCord is not installed.
    """
    try:
        import simcord
    except ImportError:
        raise Refusal("This needs SimCord: pip install 'segno[demo]'.") from None
    async with DbThread(settings.database) as db:
        app = build(settings, db, executor, ear, shard_count=1)
        async with (
            simcord.run(app.client, check_errors=False, settle_timeout=_SETTLE) as env,
            listening(app),
        ):
            scene = World(app, db, env)
            server = env.create_guild("Club")
            scene.channel = server.create_text_channel("music")
            for name in ("ann", "bob"):
                scene.people[name] = server.add_member(env.create_user(name))
            yield scene


def measured(pieces: Path) -> str:
    """What the pieces sound like in figures, read from the MP3s that people got."""
    lines = [
        "## What was made", "",
        "Measured on the decoded MP3 (BS.1770 loudness, 4x oversampled peak); checks are what is "
        "read back from the files against what was asked.", "",
        "| piece | title | key | seconds | LUFS | true peak, dBTP | checks |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    made = [path.parent for path in pieces.glob("*/piece.mp3")]
    for folder in sorted(made, key=lambda path: (path / "piece.json").stat().st_mtime):
        facts = PieceFile.load(folder).facts
        audio, rate = soundfile.read(folder / "piece.mp3", dtype="float32", always_2d=True)
        report = facts.get("verification") or {}
        title = str(facts["title"]).replace("|", "\\|").replace("@", "\\@")
        lines.append(
            f"| `{folder.name}` | {title} | {facts['key']} | {len(audio) / rate:.2f} "
            f"| {loudness(audio, rate):.2f} | {true_peak_db(audio, rate):.2f} "
            f"| {report.get('passed', 0)} of {report.get('of', 0)} |"
        )
    return "\n".join(lines) + "\n"
