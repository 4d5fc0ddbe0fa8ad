"""A whole Segno in SimCord's Discord, with an executor that writes tiny real files.

Everything above the wire is the product: cogs, views, runner, delivery, SQLite. Two things are
doubles: Discord (SimCord) and the music (`TinyStudio`). On the way out, every request of the bot is
held against Discord's documented limits and, where the training data folder has it, its OpenAPI.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import logging
import time
import zipfile
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import soundfile
import torch
from discord_rules import broken_rules
from PIL import Image
from pydantic import TypeAdapter
from simcord import interactions
from simcord.env import Env

from bot.agent.understand import language
from bot.app import build
from bot.conversation.ear import crude
from bot.domain import Progress
from bot.files import NAMES, PAPER, files_in, kinds_of
from bot.hearing import picture_of
from bot.jobs.executor import JobCancelled, JobFailed
from bot.jobs.tasks import execute
from bot.settings import Settings
from bot.wardrobe import LEARNED
from models.errors import Refusal
from models.listener.heard import Heard, HeardFrame
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from storage.db import DbThread

STEPS = ("planning the piece", "writing the melody", "arranging the band", "recording")


def tiny_audio(kind):
    """A tenth of a second of a real tone."""
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(4800) / 48000)
    file = io.BytesIO()
    if kind == "ogg":
        soundfile.write(file, tone, 48000, format="OGG", subtype="OPUS")
    else:
        soundfile.write(file, tone, 48000, format=kind.upper())
    return file.getvalue()


@lru_cache(maxsize=1)
def song():
    """A real plan of 32 bars with named sections, as `piece.json` keeps it."""
    form = ("intro", "verse", "chorus", "verse", "chorus")
    plan = make_plan(Brief(style="pop", form=form, bars=32, meter="3/4"), 3)
    return TypeAdapter(Plan).dump_python(plan, mode="json")


class TinyStudio:
    """An executor that makes pieces of a tenth of a second; tests can hold it or break it."""

    def __init__(self, slots=1):
        self.slots = slots
        self.running = set()
        self.cancelled = {}
        self.requests = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.error = None
        self.audio_bytes = None  # pad the MP3 to this size

    async def start(self):
        pass

    async def close(self):
        pass

    def capacity(self):
        return self.slots - len(self.running)

    async def cancel(self, job_id):
        if job_id in self.cancelled:
            self.cancelled[job_id].set()

    async def submit(self, spec, on_progress):
        request = json.loads(spec.request)
        self.requests.append(request)
        self.running.add(spec.job_id)
        stop = self.cancelled[spec.job_id] = asyncio.Event()
        try:
            for step, label in enumerate(STEPS, 1):
                on_progress(Progress(step, len(STEPS), label))
                await asyncio.sleep(0)
            waits = [asyncio.ensure_future(e.wait()) for e in (self.hold, stop)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if stop.is_set():
                raise JobCancelled(spec.job_id)
            if self.error is not None:
                raise self.error
            if request["kind"] == "learn":
                return json.dumps({"learned": self.learn(spec, on_progress)})
            if request["kind"] == "listening":
                return await asyncio.to_thread(self.count, spec, on_progress)
            if request["kind"] == "hear":
                return json.dumps({"heard": self.hear(request, Path(spec.out_dir))})
            return json.dumps({"clips": self.make(request, spec.seed, Path(spec.out_dir))})
        finally:
            self.running.discard(spec.job_id)

    def make(self, request, seed, home):
        if request["kind"] == "export":
            return [self.export(home / request["parent"], request["formats"])]
        rework = request["rework"]
        for asked in filter(None, (rework, request["arrangement"], request.get("edit"))):
            self.look_for(asked["source"], home)
        count = rework["count"] if rework else request["takes"]
        return [self.piece(request, seed, take, home) for take in range(count)]

    def look_for(self, source, home):
        """Music must be where a worker will look for it."""
        found = source and (home / source, home.parent / source)
        assert not source or any(place.exists() for place in found), source

    def hear(self, request, home):
        """Four notes, whatever the recording says."""
        asked = request["arrangement"]
        self.look_for(asked["source"], home)
        drawn = picture_of(home.parent / asked["source"])
        Image.new("RGB", (8, 4)).save(drawn)
        return {
            "title": asked["title"], "key": "D minor", "tempo": 96.0, "meter": "3/4", "bars": 2,
            "seconds": 4.0, "count": 4, "sure": 72, "polyphonic": False,
            "notes": "D4:1 F4:1 A4:1 | D5:3", "picture": str(drawn),
        }  # fmt: skip

    def count(self, spec, on_progress):
        """The real thing: it needs no model."""
        return execute(spec.request, spec.seed, str(spec.out_dir), on_progress)

    def learn(self, spec, on_progress):
        """The real thing, beside a network whose melodies have middling features."""
        from bot.jobs.tasks import request_from_json
        from bot.styles import learn

        middle = SimpleNamespace(style_mean=torch.full((60,), 0.3), style_scale=torch.ones(60) / 9)
        composer = SimpleNamespace(decoder=SimpleNamespace(model=middle))
        asked = request_from_json(spec.request)
        return learn(asked, Path(spec.out_dir).parent, composer, on_progress)

    def worn(self, request, home):
        """The style a worker states, from the folder it would compose with."""
        if not request["style"]:
            return {}
        learned = json.loads((home.parent / "styles" / request["style"] / LEARNED).read_text())
        return {"learned_style": learned["name"]}

    def piece(self, request, seed, take, home):
        text = json.dumps(
            [request["text"], request["parent"], request["kind"], request["nonce"], seed, take]
        )
        name = hashlib.sha256(text.encode()).hexdigest()[:8]
        folder = home / name
        folder.mkdir(parents=True, exist_ok=True)
        brief = TypeAdapter(Brief).validate_python(request["brief"]).to_json()
        facts = {
            "title": f"Evening *{name}*",
            "style": request["brief"].get("style") or "waltz",
            "moods": request["brief"].get("moods") or ["calm"],
            "key": request["brief"].get("key") or "D minor",
            "tempo": request["brief"].get("tempo") or 96.0,
            "meter": "3/4",
            "bars": 32 + request["bars"],
            "seconds": 60.04,
            "instruments": ["piano", "violin"],
            "form": [],
            "chords": ["Dm"],
            "seed": seed,
            **({"rework": self.done(request)} if request["rework"] else {}),
            **({"rework": self.played(request)} if request["arrangement"] else {}),
            **({"rework": self.edited(request)} if request.get("edit") else {}),
            **self.worn(request, home),
            "verification": {"passed": 13, "of": 14, "failed": ["tempo: asked 96, found 97"]},
        }
        audio = tiny_audio("mp3")
        if self.audio_bytes:
            audio = audio.ljust(self.audio_bytes, b"\0")
        (folder / "piece.mp3").write_bytes(audio)
        Image.new("RGB", (8, 4)).save(folder / "piece.png")
        (folder / "piece.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0")
        (folder / "piece.musicxml").write_text("<score-partwise version='4.0'/>")
        lineage = {"parent": request["parent"], "how": "compose"}
        saved = {
            "id": name,
            "brief": brief,
            "plan": song(),
            "lineage": lineage,
            "facts": facts,
        }
        (folder / "piece.json").write_text(json.dumps(saved))
        if "voice" in request["formats"]:
            (folder / "voice.ogg").write_bytes(tiny_audio("ogg"))
        return self.clip(folder, facts)

    def done(self, request):
        """What a worker says was done, as far as the request alone tells."""
        rework = request["rework"]
        first, last = rework["bars"] or (None, None)
        names = ("style", "mood", "intensity", "polyphony", "register", "motion")
        return {
            "use": rework["use"],
            "title": rework["title"] or "Evening",
            "other": "Morning",
            "distance": rework["distance"],
            "bars": request["bars"],
            "first": first,
            "last": last,
            "share": round(100 * rework["share"]),
            "changes": {name: rework[name] for name in names if rework[name] is not None},
        }

    def played(self, request):
        """What a worker says was done to the players, as far as the request alone tells."""
        asked = request["arrangement"]
        told = {"use": asked["act"], "title": asked["title"] or "Evening", "part": asked["part"]}
        first, last = asked["bars"] or (None, None)
        if asked["act"] == "arrange":
            told |= {"kept": ["melody"], "new": ["Fingered bass", "Piano"]}
        else:
            told |= {"same": True, "first": first, "last": last, "by": asked["instrument"]}
            told["part"] = asked["part"] or asked["instrument"]
        return told | {n: asked[n] for n in ("style", "ensemble") if asked[n]}

    def edited(self, request):
        """What a worker says was changed, with measurements that hold."""
        changes = {k: v for k, v in request["edit"]["change"].items() if v not in (None, [], "")}
        measured = {
            k: {"asked": v, "before": 0, "after": v, "ok": True} for k, v in changes.items()
        }
        return {"use": "edit", "title": "Evening", "changes": changes, "measured": measured}

    def export(self, folder, formats):
        facts = json.loads((folder / "piece.json").read_text())["facts"]
        if "wav" in formats:
            (folder / "piece.wav").write_bytes(tiny_audio("wav"))
        if "voice" in formats:
            (folder / "voice.ogg").write_bytes(tiny_audio("ogg"))
        if "stems" in formats:
            with zipfile.ZipFile(folder / "stems.zip", "w") as stems:
                stems.writestr("piano.wav", tiny_audio("wav"))
        for kind in kinds_of(f for f in formats if f in PAPER):
            (folder / NAMES[kind][0]).write_bytes(b"paper")
        return self.clip(folder, facts)

    def clip(self, folder, facts):
        files = {kind: str(path) for kind, path in files_in(folder).items()}
        waveform = base64.b64encode(bytes(range(256))).decode()
        return {"piece_id": folder.name, "folder": str(folder), "files": files, "facts": facts,
                "waveform": waveform}  # fmt: skip


class ScriptedEar:
    """Hears what a test says it hears: text -> [(intent, {slot: words})]; else it is unsure."""

    def __init__(self):
        self.frames, self.heard, self.second = {}, [], {}

    def hears(self, text, *frames, second=None):
        """Understand a text from now on as these frames; as `second` just as well, if given."""
        self.frames[text], self.second[text] = frames, second

    async def listen(self, text):
        self.heard.append(text)
        if text not in self.frames:
            return crude(text)
        second = self.second[text]
        doubt = (0.99, "chat", 0.01, True) if second is None else (0.5, second, 0.5, False)
        frames = tuple(
            HeardFrame(intent, tuple(slots.items()), (0, len(text)), *doubt)
            for intent, slots in self.frames[text]
        )
        return Heard(text, language(text), frames)


class Complaints(logging.Handler):
    """Errors the bot logged: none may be there that a test did not ask for."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.found = []

    def emit(self, record):
        self.found.append(self.format(record))


class World:
    """What a scenario needs: people, places, the runner, and a look at what was said."""

    def __init__(self, app, db, env, studio, ear, locale):
        self.app, self.db, self.env, self.studio, self.locale = app, db, env, studio, locale
        self.ear = ear
        self.extra = {}  # what else Discord says about an interaction
        self.guild = env.create_guild("Club")
        self.channel = self.guild.create_text_channel("music")
        self.ann = self.guild.add_member(env.create_user("ann"))
        self.bob = self.guild.add_member(env.create_user("bob"))

    @property
    def me(self):
        """How the bot is mentioned."""
        return f"<@{self.env.backend.bot_user.id}>"

    async def work(self):
        """Let the runner and the turns that wait for each other do all there is to do."""
        for _ in range(500):
            await self.app.runner.drain()
            await self.env.settle()
            at_work = "SELECT 1 FROM conversation_turns WHERE state = 'running'"
            if not await self.rows(at_work):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("a turn does not end")

    async def rows(self, sql, *values):
        return await self.db.run(lambda db: db.conn.execute(sql, values).fetchall())

    async def compose(self, who=None, place=None, **options):
        """One finished piece: the interaction's result, after the runner is done."""
        options = options or {"text": "a calm waltz in D minor"}
        result = await (who or self.ann).slash(place or self.channel, "compose", **options)
        await self.work()
        return result

    def message(self, result):
        return result.response

    def newest(self, channel=None):
        """The last message of a channel as SimCord keeps it."""
        from simcord.results import ResponseMessage

        place = (channel or self.channel).id
        stored = list(self.env.backend.messages[place].values())[-1]
        return ResponseMessage(self.env, stored)

    def custom_id(self, message, action):
        """The custom id of the button or menu that does `action`."""
        return next(
            c["custom_id"]
            for row in message.components
            for c in row["components"]
            if c["custom_id"].split(":")[1] == action
        )

    async def press(self, who, message, action, values=None):
        custom_id = self.custom_id(message, action)
        if values is None:
            return await who.click(message, custom_id=custom_id)
        return await who.select(message, values, custom_id=custom_id)

    async def piece_id(self):
        return (await self.rows("SELECT id FROM pieces ORDER BY number DESC LIMIT 1"))[0][0]


@asynccontextmanager
async def open_world(
    folder, *, locale="en-US", studio=None, ear=None, spec=None, expect=(), clock=time.time,
    **settings,
):  # fmt: skip
    """Open a world; on leaving, hold what was sent to the rules and what was logged to `expect`.

    `clock` is what the bot takes for the time (UTC epoch seconds).
    """
    studio, ear = studio or TinyStudio(), ear or ScriptedEar()
    chosen = Settings(_env_file=None, data_dir=folder, progress_interval=0, **settings)
    complaints = Complaints()
    logging.getLogger("bot").addHandler(complaints)
    logging.getLogger("discord").addHandler(complaints)
    original = interactions.base_payload

    def localised(*args, **kwargs):
        record, payload = original(*args, **kwargs)
        return record, payload | {"locale": world.locale} | world.extra

    interactions.base_payload = localised
    try:
        async with DbThread(chosen.database) as db:
            app = build(chosen, db, studio, ear, shard_count=1, now=clock)
            # Not `simcord.run`: its context variables cannot cross from a fixture into a test.
            env = Env(app.client, check_errors=False)
            await env.start()
            try:
                world = World(app, db, env, studio, ear, locale)
                yield world
                broken = broken_rules(env.http_requests, spec)
                assert broken == [], broken
            finally:
                await env.shutdown()
    finally:
        interactions.base_payload = original
        logging.getLogger("bot").removeHandler(complaints)
        logging.getLogger("discord").removeHandler(complaints)
    unexpected = [c for c in complaints.found if not any(e in c for e in expect)]
    assert unexpected == []


async def copy_of(result):
    """The files of an export, by name."""
    with zipfile.ZipFile(io.BytesIO(await result.response.attachments[0].read())) as archive:
        assert archive.namelist()[0] == "data.json"
        return {name: archive.read(name) for name in archive.namelist()}


__all__ = [
    "JobFailed", "Refusal", "ScriptedEar", "TinyStudio", "World", "copy_of", "open_world",
    "tiny_audio",
]  # fmt: skip
