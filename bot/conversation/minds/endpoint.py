"""A chat model behind an OpenAI-compatible address: Ollama, vLLM, llama.cpp, `transformers serve`.

In: chat messages. Out: the calls of one completion. Plain aiohttp, which discord.py brings. The
owner's key goes nowhere but into the header; redirects, compressed and endless answers are refused,
and what is logged or raised never holds an address, a key or anybody's words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from pydantic import SecretStr

from bot.conversation.minds import prompt
from bot.conversation.minds.mind import ToolsUnknown
from bot.conversation.minds.reading import MOST_BYTES, Call, Mistaken, of_body
from bot.conversation.values import MindError
from models.errors import Refusal

#: Tokens of an answer: eight calls with their arguments.
_MOST_TOKENS = 1024
#: What servers answer that know this address but no `tools` (Ollama: 400; others: 404, 422, 501).
_NO_TOOLS = frozenset({400, 404, 422, 501})
BAD_ADDRESS = (
    "CHAT_MODEL must look like http://127.0.0.1:11434/v1#model-name, with the model's name after "
    "the #; a key belongs into CHAT_KEY."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the model is: `url` ends before "/chat/completions"; `model` is its name there."""

    url: str
    model: str


def is_address(setting: str) -> bool:
    """Whether CHAT_MODEL names a server, not a folder or a model on the hub."""
    return setting.lower().startswith(("http://", "https://"))


def address(setting: str) -> Address:
    """Read "http://host:port/v1#model".

    Raises
    ------
    Refusal
        When the model's name is missing, or the address holds a password or a query.
    """
    try:
        parts = urlsplit(setting.strip())
        known = parts.hostname and (parts.port or True)
    except ValueError:
        raise Refusal(BAD_ADDRESS) from None
    if not known or not parts.fragment or parts.username or parts.password or parts.query:
        raise Refusal(BAD_ADDRESS)
    url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    return Address(url, parts.fragment)


class Endpoint:
    """Implements `Backend`; a session per question, so that nothing is held between messages."""

    def __init__(self, where: Address, key: SecretStr | None = None) -> None:
        self._where, self._key = where, key
        self._knows_tools = True

    @property
    def as_text(self) -> bool:
        """See `Backend.as_text`."""
        return not self._knows_tools

    async def ask(self, messages: Sequence[prompt.Message], seconds: float) -> tuple[Call, ...]:
        """See `Backend.ask`."""
        body: dict[str, Any] = {
            "model": self._where.model, "messages": list(messages), "stream": False,
            "temperature": 0, "max_tokens": _MOST_TOKENS,
        }  # fmt: skip
        if self._knows_tools:
            body["tools"] = prompt.tools()
        status, answer = await self._fetch("/chat/completions", seconds, body)
        if status in _NO_TOOLS and self._knows_tools and b"tool" in answer.lower():
            self._knows_tools = False
            raise ToolsUnknown
        if status != 200:
            raise MindError(f"the chat server answered with status {status}")
        return of_body(answer)

    async def models(self, seconds: float) -> tuple[str, ...]:
        """The names of the models that the server has.

        Raises
        ------
        MindError
            When it does not answer, or not as such servers do.
        """
        status, answer = await self._fetch("/models", seconds, None)
        if status != 200:
            raise MindError(f"the chat server answered with status {status}")
        try:
            return tuple(str(each["id"]) for each in json.loads(answer)["data"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise MindError("the chat server's list of models cannot be read") from None

    async def start(self) -> None:
        """Nothing to get ready."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _fetch(
        self, path: str, seconds: float, body: dict[str, Any] | None
    ) -> tuple[int, bytes]:
        """The status and body of one request; POST with a body, else GET."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        time = aiohttp.ClientTimeout(total=max(0.01, seconds))
        method, url = ("GET" if body is None else "POST"), self._where.url + path
        try:
            async with (
                aiohttp.ClientSession(timeout=time, auto_decompress=False) as session,
                session.request(
                    method, url, json=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return response.status, await _read(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise MindError(f"the chat server does not answer ({type(error).__name__})") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, of a bounded size and as it is.

    Raises
    ------
    Mistaken
        When it is streamed, compressed, or larger than an answer is.
    """
    if response.content_type == "text/event-stream":
        raise Mistaken("Streams are not read.")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise MindError("the chat server compresses, which it was asked not to")
    read = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        read += chunk
        if len(read) > MOST_BYTES:
            raise MindError("the chat server's answer is too large")
    return bytes(read)
