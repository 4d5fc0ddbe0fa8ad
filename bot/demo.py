"""The same bot on a local page: what `make run` serves when there is no DISCORD_TOKEN.

In: a built `App`. Out: http://127.0.0.1:8787, a small Discord of one person. Every click goes
through the real cogs and the real discord.py: SimCord (MIT) replaces only the wire below them, this
module turns browser requests into its actors' verbs, and `page.html` draws the messages it keeps.
SimCord's own Preview was tried first; it shows an edit only after "Refresh", so progress stands
still. Only loopback may connect, and only pages served from here (checked by Host and by a header
that other sites cannot send).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import mimetypes
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from models.errors import Refusal

if TYPE_CHECKING:
    from bot.app import App

log = logging.getLogger(__name__)

_PAGE = Path(__file__).with_name("page.html")
_LAST = 60  # messages shown
_SETTLE_SECONDS = 20.0  # for one click, on a machine that is busy composing
_HEADER = "X-Segno"
_INTEGER, _NUMBER = 4, 10  # Discord option types
_MOST_BYTES = 2**23  # of one action: a file to work on, in base64


@asynccontextmanager
async def on_local_page(app: App, announce: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the page while the block runs.

    Raises
    ------
    Refusal
        When SimCord is not installed or the port is taken.
    """
    try:
        import simcord
    except ImportError:
        raise Refusal(
            "The local page needs SimCord: pip install 'segno[demo]'. Or set DISCORD_TOKEN."
        ) from None
    host, port = app.settings.demo_host, app.settings.demo_port
    async with simcord.run(app.client, check_errors=False, settle_timeout=_SETTLE_SECONDS) as env:
        stage = Stage(env)
        runner = web.AppRunner(stage.web_app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise Refusal(
                "Port {port} is taken. Stop what uses it, or set DEMO_PORT.", port=port
            ) from None
        announce(f"Segno plays on http://{host}:{runner.addresses[0][1]} (no DISCORD_TOKEN is set)")
        try:
            yield
        finally:
            await runner.cleanup()


class Stage:
    """One person, one server channel with its threads, and direct messages, in SimCord's world."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.one_at_a_time = asyncio.Lock()  # SimCord takes one action at a time
        self.modals: dict[str, Any] = {}
        self.locale = "en-US"
        # Made before the clock moves, so that the person owns the same library after a restart.
        self.user = env.create_user("you")
        server = env.create_guild("Segno", owner=self.user)
        channel = server.create_text_channel("studio")
        self.member = server.add_member(self.user)
        self.places = {"server": channel, "dm": self.user.dm_channel}
        # Ids carry the time: a world that always began on the same day would repeat its
        # interactions, and a repeated interaction is rightly taken for the same job.
        self._keep_time()
        self._speak()

    def _keep_time(self) -> None:
        behind = (datetime.now(UTC) - self.env.now()).total_seconds()
        self.env.backend.advance_clock(max(behind, 0.0))
        self.started = time.monotonic()

    def _speak(self) -> None:
        """Let interactions carry the page's language; SimCord's are always American English."""
        from simcord import interactions

        original = interactions.base_payload

        def localised(*args: Any, **kwargs: Any) -> Any:
            record, payload = original(*args, **kwargs)
            return record, payload | {"locale": self.locale, "guild_locale": self.locale}

        interactions.base_payload = localised

    def web_app(self) -> web.Application:
        """The page, its state, its actions and its files."""
        app = web.Application(middlewares=[_only_from_here], client_max_size=_MOST_BYTES)
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/api/commands", self.commands),
                web.get("/api/places", self.rooms),
                web.get("/api/state", self.state),
                web.post("/api/act", self.act),
                web.get("/files/{place}/{message}/{attachment}/{name}", self.file),
            ]
        )
        return app

    async def page(self, _: web.Request) -> web.StreamResponse:
        """The one HTML file."""
        return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html")

    async def commands(self, request: web.Request) -> web.StreamResponse:
        """Every command this person can run, one entry for each path, with its options."""
        from simcord.interactions import command_leaves

        channel = self._place(request.query.get("place", "server"))
        found = self.env.backend.visible_commands(user_id=self.user.id, channel_id=channel.id)
        leaves = [
            {**leaf, "path": " ".join(path), "root": root}
            for root in found
            for path, leaf in command_leaves(root)
        ]
        return web.json_response(leaves)

    async def rooms(self, _: web.Request) -> web.StreamResponse:
        """The threads that were opened, beside the channel and the direct messages."""
        threads = [{"id": str(t.id), "name": t.name} for t in self.places["server"].threads]
        return web.json_response(threads)

    def _place(self, name: str) -> Any:
        """A place by its name, or a thread by its number."""
        if name in self.places:
            return self.places[name]
        found = [t for t in self.places["server"].threads if str(t.id) == name]
        if not found:
            raise web.HTTPNotFound
        return found[0]

    async def state(self, request: web.Request) -> web.StreamResponse:
        """The newest messages, or 304 while nothing changed."""
        from simcord.backend.serializers import message_payload

        place = request.query.get("place", "server")
        channel = self._place(place)
        stored = list(self.env.backend.messages.get(channel.id, {}).values())
        shown = [m for m in stored if m.visible_to(self.user.id)][-_LAST:]
        messages = [
            dict(message_payload(self.env.backend, m, for_user=self.user.id)) for m in shown
        ]
        for message in messages:
            for file in message["attachments"]:
                file["path"] = f"/files/{place}/{message['id']}/{file['id']}/{file['filename']}"
        text = json.dumps(messages, ensure_ascii=False, default=str)
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.json_response(text=text, headers={"ETag": tag, "Cache-Control": "no-cache"})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One attachment; ranges are honoured, because players seek with them."""
        where = request.match_info
        channel = self._place(where["place"])
        message = self.env.backend.messages.get(channel.id, {}).get(int(where["message"]))
        files = message.attachments if message is not None else ()
        found = next((f for f in files if str(f["id"]) == where["attachment"]), None)
        data = found and self.env.backend.cdn.get(found["url"])
        if data is None:
            raise web.HTTPNotFound
        part = request.http_range
        start, stop, _ = part.indices(len(data))
        headers = {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
        if part.start is not None or part.stop is not None:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        kind = mimetypes.guess_type(where["name"])[0] or "application/octet-stream"
        status = 206 if "Content-Range" in headers else 200
        return web.Response(
            body=data[start:stop], status=status, headers=headers, content_type=kind
        )

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a person does: say something, run a command, press, choose, fill in, react."""
        wish = await request.json()
        verbs = {
            "say": self._say,
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "click": self._press,
            "select": self._press,
            "modal": self._modal,
            "react": self._react,
        }
        async with self.one_at_a_time:
            self.locale = "zh-CN" if wish.get("locale") == "zh" else "en-US"
            try:
                await self.env.advance_time(time.monotonic() - self.started)
                self.started = time.monotonic()
                return web.json_response(await verbs[wish["verb"]](wish))
            except web.HTTPException:
                raise
            except Exception as error:
                log.exception("the page asked for something that failed")
                return web.json_response({"error": str(error)}, status=400)

    def _actor(self, wish: Mapping[str, Any]) -> Any:
        return self.user if wish["place"] == "dm" else self.member

    def _message(self, wish: Mapping[str, Any]) -> Any:
        from simcord.results import ResponseMessage

        channel = self._place(wish["place"])
        stored = self.env.backend.get_message(channel.id, int(wish["message"]))
        return ResponseMessage(self.env, stored)

    async def _say(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A message: in person as it is, elsewhere with a mention, maybe as an answer."""
        channel, text = self._place(wish["place"]), str(wish["text"])
        files = [(str(f["name"]), base64.b64decode(f["data"])) for f in wish.get("files", ())]
        if wish["place"] == "dm":
            kept = self.env.backend.store_attachments(channel.id, files)
            await self.user.send_dm(text, attachments=kept)
            return {}
        text = f"<@{self.env.backend.bot_user.id}> {text}"
        answered = self._message(wish) if wish.get("message") else None
        await self.member.send(channel, text, reply_to=answered, attachments=files)
        return {}

    async def _slash(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        where = () if wish["place"] == "dm" else (self._place(wish["place"]),)
        options = _typed(wish["options"], wish["types"])
        return self._shown(await self._actor(wish).slash(*where, wish["path"], **options))

    async def _autocomplete(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        where = () if wish["place"] == "dm" else (self._place(wish["place"]),)
        ask = (*where, wish["path"], wish["option"], wish["value"])
        return {"choices": await self._actor(wish).autocomplete(*ask)}

    async def _press(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        actor, message = self._actor(wish), self._message(wish)
        if wish["verb"] == "click":
            return self._shown(await actor.click(message, custom_id=wish["custom_id"]))
        chosen = await actor.select(message, wish["values"], custom_id=wish["custom_id"])
        return self._shown(chosen)

    async def _modal(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        opened = self.modals.pop(wish["modal"])
        return self._shown(await self._actor(wish).submit_modal(opened, wish["values"]))

    async def _react(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        await self._actor(wish).set_reaction(
            self._message(wish), wish["emoji"], reacted=bool(wish["on"])
        )
        return {}

    def _shown(self, result: Any) -> dict[str, Any]:
        if result.modal is None:
            return {}
        handle = secrets.token_hex(8)
        self.modals[handle] = result
        return {"modal": result.modal, "handle": handle}


def _typed(options: Mapping[str, Any], types: Mapping[str, int]) -> dict[str, Any]:
    """Form values as the command declares them; what is no number stays text and is refused.

    A file is {"name": ..., "data": base64}.
    """
    typed: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, dict):
            typed[name] = (str(value["name"]), base64.b64decode(value["data"]))
        elif types[name] == _INTEGER and value.removeprefix("-").isdecimal():
            typed[name] = int(value)
        elif types[name] == _NUMBER:
            typed[name] = float(value)
        elif value in ("true", "false"):
            typed[name] = value == "true"
        else:
            typed[name] = value
    return typed


@web.middleware
async def _only_from_here(request: web.Request, handler: Any) -> web.StreamResponse:
    """Keep other sites out: their scripts can neither name this host nor send the header."""
    if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost", "[::1]"):
        raise web.HTTPForbidden
    if request.method != "GET" and _HEADER not in request.headers:
        raise web.HTTPForbidden
    answer: web.StreamResponse = await handler(request)
    return answer
