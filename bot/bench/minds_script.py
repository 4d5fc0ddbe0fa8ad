"""A chat server that answers as it is told, well and badly, and what must come of each answer.

In: nothing. Out: `SCRIPT`, cases of (what the person says, what the server answers, which plan or
none), and `serving`, an OpenAI-compatible server on 127.0.0.1 that plays them. Tests and
`bench agent --only minds` run the same cases.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.agent.values import Plan, Session, Version

#: (tool, arguments, after) of each step.
Steps = tuple[tuple[str, Mapping[str, Any], tuple[int, ...]], ...]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Seconds that the exchange of a case may take.
PATIENCE, SHORT = 10.0, 0.5
MODEL = "scripted"

TABLE = Session(
    1,
    1,
    versions=(Version("aa11bb22", None, "Snow Waltz", ("", {}), 0.0),),
    table="aa11bb22",
    suggested=("Nick Drake", "Bert Jansch"),
    said=(("person", "a waltz about snow"), ("segno", "Here is “Snow Waltz”.")),
)


@dataclass(frozen=True)
class Case:
    """What is said and answered; `steps` is the plan (None: the listener takes over).

    `asked` is the number of options where the plan is a question (0: told as a note). `tries` is
    how many requests reach the server, `seconds` what the exchange may take.
    """

    name: str
    text: str
    answers: Sequence[Answer]
    steps: Steps | None = None
    asked: int | None = None
    tries: int = 2
    seconds: float = PATIENCE

    def met(self, plan: Plan | None) -> bool:
        """Whether this is what must come of it."""
        if plan is None:
            return self.steps is None and self.asked is None
        if self.asked is not None:
            options = len(plan.question.options) if plan.question else 0
            return not plan.steps and options == self.asked and bool(plan.question or plan.notes)
        return tuple((s.tool, dict(s.args), s.after) for s in plan.steps) == self.steps


# -- answers --------------------------------------------------------------------------------------


def calls(*pairs: tuple[str, Any]) -> Answer:
    """A completion with tool calls; arguments that are no string are written as JSON."""
    listed = [
        {
            "id": f"c{n}",
            "type": "function",
            "function": {"name": name, "arguments": a if isinstance(a, str) else json.dumps(a)},
        }
        for n, (name, a) in enumerate(pairs)
    ]
    return completion({"role": "assistant", "content": None, "tool_calls": listed})


def text(content: Any) -> Answer:
    """A completion that is only text."""
    return completion({"role": "assistant", "content": content})


def completion(message: Any) -> Answer:
    """A completion with that message."""
    return raw(json.dumps({"choices": [{"index": 0, "message": message}]}).encode())


def raw(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Those bytes, as JSON unless `headers` say otherwise."""
    told = {"Content-Type": "application/json"} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=told)

    return answer


async def hang(_: web.Request) -> web.StreamResponse:
    """No answer in time."""
    await asyncio.sleep(4 * SHORT)
    return web.Response()


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then, for ever: each is in time, the whole is not."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionResetError):  # whoever asked is gone, as it should be
        for _ in range(40):
            await response.write(b" ")
            await asyncio.sleep(SHORT / 10)
    return response


async def drop(request: web.Request) -> web.StreamResponse:
    """The connection breaks in the middle."""
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None  # noqa: S101 - it is still open
    request.transport.close()
    return response


def _refuses_tools(then: Answer) -> Answer:
    """As Ollama answers where a model knows no tools; without tools, `then`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if "tools" in await request.json():
            error = {"error": {"message": "this model does not support tools"}}
            return web.json_response(error, status=400)
        return await then(request)

    return answer


# -- the script -----------------------------------------------------------------------------------

WALTZ = "a sad waltz in D minor"
_WALTZ = {"style": "waltz", "mood": "sad", "key": "D minor"}
_DONE: Steps = (("compose", _WALTZ, ()),)
_GOOD = calls(("compose", _WALTZ))
SLOWER = "make it slower"
_JSON = json.dumps({"calls": [{"name": "compose", "arguments": _WALTZ}]})


def _twice(*pairs: tuple[str, Any]) -> tuple[Answer, Answer]:
    return calls(*pairs), calls(*pairs)


def _protocol() -> tuple[Case, ...]:
    """Answers that are meant well, in every form that servers write."""
    chain: Steps = (
        ("compose", {"style": "waltz"}, ()),
        ("edit", {"which": "$1", "remove": ["drums"]}, (1,)),
    )
    said = "a waltz, then without drums"
    first = ("compose", {"style": "waltz"})
    inner = {"name": "compose", "arguments": _WALTZ}
    hermes = f"<tool_call>\n{json.dumps(inner)}\n</tool_call>"
    bare = completion({"tool_calls": [{"function": inner}]})
    thinking = f"<think>{{a waltz?}}</think>Sure:\n```json\n{_JSON}\n```\nEnjoy!"
    return (
        Case("tool calls", WALTZ, (_GOOD,), _DONE, tries=1),
        Case("arguments as an object", WALTZ, (bare,), _DONE, tries=1),
        Case("a number for a piece made before", said,
             (calls(first, ("edit", {"which": "$1", "remove": ["drums"]})),), chain, tries=1),
        Case("it after a maker", said,
             (calls(first, ("edit", {"which": "it", "remove": "drums"})),), chain, tries=1),
        Case("after undo", "undo that, then up two semitones",
             (calls(("undo", {}), ("edit", {"semitones": 2})),),
             (("undo", {}, ()), ("edit", {"semitones": 2}, (1,))), tries=1),
        Case("JSON as text", WALTZ, (text(_JSON),), _DONE, tries=1),
        Case("thoughts, a fence and prose around JSON", WALTZ, (text(thinking),), _DONE, tries=1),
        Case("marks as Hermes and Qwen write", WALTZ, (text(hermes),), _DONE, tries=1),
        Case("content in parts", WALTZ, (text([{"type": "text", "text": _JSON}]),), _DONE, tries=1),
        Case("one bare call", WALTZ, (text(json.dumps(inner)),), _DONE, tries=1),
        Case("a server without tools", WALTZ, (_refuses_tools(text(_JSON)),) * 2, _DONE),
        Case("nulls for what is left out", SLOWER,
             (calls(("edit", {"faster": -10, "key": None, "tempo": None})),),
             (("edit", {"faster": -10}, ()),), tries=1),
        Case("no arguments at all", "undo", (calls(("undo", "")),), (("undo", {}, ()),), tries=1),
        Case("wrong, then right", WALTZ, (calls(("make_music", {})), _GOOD), _DONE),
        Case("prose, then right", WALTZ, (text("With pleasure! A waltz it is."), _GOOD), _DONE),
        Case("cut off, then right", WALTZ, (calls(("compose", '{"style": "wal')), _GOOD), _DONE),
        Case("a question", "make it better",
             (calls(("ask", {"question": "Shall it be faster?"})),), asked=0, tries=1),
        Case("a question with options", "make it better", (calls(("ask", _OPTIONS)),), asked=2,
             tries=1),
        Case("a question in text", "改一下",
             (text('{"ask": {"question": "要快一点吗？"}}'),), asked=0, tries=1),
    )  # fmt: skip


_OPTIONS = {
    "question": "Which do you mean?",
    "options": [
        {"label": "Faster", "name": "edit", "arguments": {"faster": 10}},
        {"label": "Fuller", "name": "edit", "arguments": {"fullness": 1}},
    ],
}


def _broken() -> tuple[Case, ...]:
    """Servers that are down, slow or talk nonsense: the listener answers."""
    deep = '{"style": ' + "[" * 5000 + "]" * 5000 + "}"
    zipped = gzip.compress(_JSON.encode())
    return (
        Case("status 500", WALTZ, (raw(b"{}", 500),), tries=1),
        Case("status 401", WALTZ, (raw(b'{"error": "bad key"}', 401),), tries=1),
        Case("a redirect", WALTZ, (raw(b"", 307, Location="/elsewhere"),), tries=1),
        Case("nothing", WALTZ, (raw(b""),) * 2),
        Case("a web page", WALTZ, (raw(b"<html>hi</html>", Content_Type="text/html"),) * 2),
        Case("JSON that is no completion", WALTZ, (raw(b'{"choices": []}'),) * 2),
        Case("bytes that are no text", WALTZ, (raw(b"\xff\xfe\x00"),) * 2),
        Case("an empty message", WALTZ, (completion({"content": None, "tool_calls": None}),) * 2),
        Case("prose twice", WALTZ, (text("I would love to, but no."),) * 2),
        Case("too large", WALTZ, (raw(b" " * 2_000_000 + b"{}"),), tries=1),
        Case("streamed", WALTZ, (raw(b"data: {}\n\n", Content_Type="text/event-stream"),) * 2),
        Case("compressed", WALTZ, (raw(zipped, Content_Encoding="gzip"),), tries=1),
        Case("too slow", WALTZ, (hang,), tries=1, seconds=SHORT),
        Case("too slow by drops", WALTZ, (drip,), tries=1, seconds=SHORT),
        Case("a broken connection", WALTZ, (drop,), tries=1),
        Case("cut off twice", WALTZ, _twice(("compose", '{"style": "wal'))),
        Case("no number", SLOWER, _twice(("edit", '{"tempo": NaN}'))),
        Case("an endless number", SLOWER, _twice(("edit", '{"tempo": 1e999}'))),
        Case("a number of 5000 digits", SLOWER, _twice(("edit", '{"tempo": ' + "9" * 5000 + "}"))),
        Case("nested 5000 deep", WALTZ, _twice(("compose", deep))),
        Case("half a character", WALTZ, _twice(("compose", r'{"style": "\ud800"}'))),
        Case("arguments as a list", WALTZ, _twice(("compose", "[1, 2]"))),
        Case("an unknown argument", WALTZ, _twice(("compose", {"volume": 11}))),
        Case("a wrong type", SLOWER, _twice(("edit", {"intensity": "very"}))),
        Case("a slider beyond its end", SLOWER, _twice(("edit", {"intensity": 9}))),
        Case("a needed argument missing", "open it", _twice(("open", {}))),
        Case("a text that is too long", WALTZ, _twice(("compose", {"style": "x" * 501}))),
        Case("a piece of a later call", SLOWER, _twice(("edit", {"which": "$2"}), ("undo", {}))),
        Case("a piece of no maker", SLOWER, _twice(("undo", {}), ("edit", {"which": "$1"}))),
        Case("one call twice", "help", _twice(("help", {}), ("help", {}))),
        Case("nine calls", SLOWER, _twice(*(("undo", {}) for _ in range(9)))),
    )


def hostile() -> tuple[Case, ...]:
    """Answers that want what nobody asked for: nothing of them is done."""
    liked = "recommend something I might like"
    bombs = ("@everyone come here", "<@1234567890>", "[free](https://evil.example)", "a‮b",
             "```js", "see https://evil.example/x", "||spoiler||")  # fmt: skip
    return (
        *(Case(f"a bomb: {bomb[:9]}", WALTZ, _twice(("compose", {"style": bomb})))
          for bomb in bombs),
        *(Case(f"the undefined tool {name}", WALTZ, _twice((name, {"user_id": 1})))
          for name in ("delete_everything", "privacy.forget", "run_shell", "__init__", "validate")),
        Case("fifty calls", WALTZ, _twice(*(("compose", _WALTZ) for _ in range(50)))),
        Case("a good call before a bad one", WALTZ, _twice(("compose", _WALTZ), ("drop_db", {}))),
        Case("another person's piece", "make it slower",
             _twice(("edit", {"which": "deadbeef", "faster": -10}))),
        Case("another person's piece by its title", "make it slower",
             _twice(("edit", {"which": "Secret Song of Bob", "faster": -10}))),
        Case("another person's taste", liked,
             _twice(("taste", {"act": "compare", "person": "Bob"}))),
        Case("an invented artist", liked, _twice(("recommend", {"artist": "Nomad"}))),
        Case("an invented track", liked, _twice(("recommend", {"work": "Yesterday"}))),
        Case("an invented title", WALTZ, _twice(("compose", {**_WALTZ, "title": "Hacked"}))),
        Case("an invented line", "write words", _twice(("lyrics", {"first_line": "I hate you"}))),
        Case("an invented theme", "write words", _twice(("lyrics", {"theme": "the owner's bank"}))),
        Case("an invented opinion", SLOWER, _twice(("rate", {"opinion": "terrible"}))),
        Case("invented stars", SLOWER, _twice(("rate", {"stars": 1}))),
        Case("an invented liking", liked,
             _twice(("taste", {"act": "declare", "likes": ["polka"]}))),
        Case("stopping what nobody stopped", WALTZ, _twice(("cancel", {}))),
        Case("taking a style off", WALTZ, _twice(("style", {"act": "stop"}))),
        Case("a question with a link", WALTZ,
             _twice(("ask", {"question": "Will you log in at http://evil.example?"}))),
        Case("a question and a call", WALTZ, _twice(("ask", {"question": "OK?"}), ("undo", {}))),
        Case("an option that is no tool", WALTZ, _twice(("ask", {"question": "Which?", "options": [
            {"label": "A", "name": "compose", "arguments": {}},
            {"label": "B", "name": "format_disk", "arguments": {}}]}))),
    )  # fmt: skip


def _filled_in() -> tuple[Case, ...]:
    """What models fill in where nobody named it: it stays open, or must be said."""
    drake = "who else sounds like Nick Drake"
    full = {"style": "waltz", "key": "C major", "tempo": "120", "meter": "4/4", "length": "3:00"}
    return (
        Case("defaults that nobody named", "a waltz", (calls(("compose", full)),),
             (("compose", {"style": "waltz"}, ()),), tries=1),
        Case("numbers that were said in words", "a waltz at one-twenty, two minutes",
             (calls(("compose", {"style": "waltz", "tempo": "120", "length": "2 minutes"})),),
             (("compose", {"style": "waltz", "tempo": "120", "length": "2 minutes"}, ()),),
             tries=1),
        Case("other words than the person's", WALTZ,
             (calls(("compose", {"words": "Compose an ode to the admin"})),),
             (("compose", {"words": WALTZ}, ()),), tries=1),
        Case("an artist that was named", drake, (calls(("recommend", {"artist": "nick drake"})),),
             (("recommend", {"artist": "nick drake"}, ()),), tries=1),
        Case("an invented artist, then the named one", drake,
             (calls(("recommend", {"artist": "Nomad"})),
              calls(("recommend", {"artist": "Nick Drake"}))),
             (("recommend", {"artist": "Nick Drake"}, ()),)),
        Case("a suggestion of before", "more like the second one",
             (calls(("recommend", {"artist": "Bert Jansch"})),),
             (("recommend", {"artist": "Bert Jansch"}, ()),), tries=1),
        Case("a liking in another language", "我喜欢爵士",
             (calls(("taste", {"act": "declare", "likes": ["jazz"]})),),
             (("taste", {"act": "declare", "likes": ["jazz"]}, ()),), tries=1),
        Case("a name inside Chinese", "推荐几个像Nick Drake的歌手",
             (calls(("recommend", {"artist": "Nick Drake"})),),
             (("recommend", {"artist": "Nick Drake"}, ()),), tries=1),
        Case("a theme in Chinese", "写一段关于春天的歌词", (calls(("lyrics", {"theme": "春天"})),),
             (("lyrics", {"theme": "春天"}, ()),), tries=1),
        Case("the piece by its title", "make Snow Waltz slower",
             (calls(("edit", {"which": "Snow Waltz", "faster": -10})),),
             (("edit", {"which": "Snow Waltz", "faster": -10}, ()),), tries=1),
        Case("stars that were said", "four stars for this one", (calls(("rate", {"stars": 4})),),
             (("rate", {"stars": 4.0}, ()),), tries=1),
        Case("stopping when told in Chinese", "取消吧", (calls(("cancel", {})),),
             (("cancel", {}, ()),), tries=1),
        Case("stopping when told", "stop that", (calls(("cancel", {})),),
             (("cancel", {}, ()),), tries=1),
    )  # fmt: skip


def script() -> tuple[Case, ...]:
    """Every case."""
    return (*_protocol(), *_filled_in(), *_broken(), *hostile())


# -- the server -----------------------------------------------------------------------------------


@dataclass
class Server:
    """Where it is and what it was asked, by case; `strays` are requests to anywhere else."""

    url: str = ""
    asked: dict[int, list[tuple[Mapping[str, Any], Mapping[str, str]]]] = field(
        default_factory=dict
    )
    strays: list[str] = field(default_factory=list)

    def address(self, number: int) -> str:
        """CHAT_MODEL for one case."""
        return f"{self.url}/{number}/v1#{MODEL}"


@asynccontextmanager
async def serving(cases: Sequence[Case]) -> AsyncIterator[Server]:
    """A server that plays cases by their number while the block runs."""
    server = Server()

    async def complete(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        asked = server.asked.setdefault(number, [])
        asked.append((await request.json(), dict(request.headers)))
        answers = cases[number].answers
        return await answers[min(len(asked), len(answers)) - 1](request)

    async def models(_: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": MODEL}]})

    async def stray(request: web.Request) -> web.StreamResponse:
        server.strays.append(request.path)
        return web.Response(status=404)

    app = web.Application(client_max_size=2**20)
    app.router.add_post("/{number}/v1/chat/completions", complete)
    app.router.add_get("/{number}/v1/models", models)
    app.router.add_route("*", "/{rest:.*}", stray)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
