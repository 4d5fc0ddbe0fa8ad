"""What a chat model answered, as calls: of its tools, or JSON that it wrote as text.

In: the body of a chat completion, or a text. Out: `Call`s, not yet checked against any tool
(`bot.conversation.minds.guard` does that). Forms read: OpenAI's `tool_calls`
(platform.openai.com/docs/guides/function-calling), the `<tool_call>` marks that Hermes and Qwen
write, a fenced block, a bare object or list. Nothing here trusts a size, a depth or a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bot.agent.values import MOST_STEPS

#: Bytes of an answer that are read; a plan of eight calls is a few kilobytes.
MOST_BYTES = 256 * 1024
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_MARKED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_BEGINS = re.compile(r"[{\[]")


class Mistaken(Exception):
    """An answer that cannot be used; the text says what is wrong, for the model to hear."""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool by name with its arguments, as the model wrote them."""

    name: str
    args: Mapping[str, Any]


def of_body(body: bytes) -> tuple[Call, ...]:
    """The calls of a chat completion.

    Raises
    ------
    Mistaken
        When it is no chat completion, says nothing, or its calls cannot be read.
    """
    try:
        message = loads(body.decode("utf-8"))["choices"][0]["message"]
        calls, text = message.get("tool_calls"), message.get("content")
    except (UnicodeDecodeError, KeyError, IndexError, TypeError, AttributeError):
        raise Mistaken("This is not a chat completion.") from None
    if calls:
        return _listed(calls)
    if isinstance(text, list):  # content in parts, as some servers write it
        text = "".join(str(p.get("text", "")) for p in text if isinstance(p, Mapping))
    return of_text(text if isinstance(text, str) else "")


def of_text(text: str) -> tuple[Call, ...]:
    """The calls that a text holds as JSON.

    Raises
    ------
    Mistaken
        When there is no JSON, or not in a form that means calls.
    """
    text = _THOUGHT.sub("", text)
    if marked := _MARKED.findall(text):
        return _listed([loads(part) for part in marked[: MOST_STEPS + 1]])
    begin = _BEGINS.search(text)
    if begin is None:
        raise Mistaken("The answer must be calls of tools, not prose.")
    value = loads(text[begin.start() :], alone=False)
    if isinstance(value, Mapping):
        for name in ("calls", "tool_calls"):
            if isinstance(value.get(name), list):
                return _listed(value[name])
        if isinstance(value.get("ask"), Mapping):
            return (Call("ask", value["ask"]),)
        value = [value]
    return _listed(value)


def loads(text: str, *, alone: bool = True) -> Any:
    """JSON, and only JSON: no NaN, no depth that breaks the reader; more may follow unless `alone`.

    Raises
    ------
    Mistaken
        When it is none.
    """
    try:
        decoder = json.JSONDecoder(parse_constant=_no_number)
        value, end = decoder.raw_decode(text.strip())
        if alone and text.strip()[end:].strip():
            raise Mistaken("After the JSON there must be nothing else.")
    except (ValueError, RecursionError):  # a number of 5000 digits is a ValueError as well
        raise Mistaken("The JSON cannot be read; perhaps it was cut off.") from None
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _listed(calls: Any) -> tuple[Call, ...]:
    if not isinstance(calls, list) or not calls:
        raise Mistaken("There must be at least one call.")
    if len(calls) > MOST_STEPS:
        raise Mistaken(f"At most {MOST_STEPS} calls.")
    return tuple(_call(call) for call in calls)


def _call(value: Any) -> Call:
    """One call, in OpenAI's form or a plain one."""
    if isinstance(value, Mapping) and isinstance(value.get("function"), Mapping):
        value = value["function"]
    if not isinstance(value, Mapping):
        raise Mistaken('A call is {"name": ..., "arguments": {...}}.')
    name = value.get("name", value.get("tool"))
    args = value.get("arguments", value.get("parameters", value.get("args", {})))
    if isinstance(args, str):
        args = loads(args) if args.strip() else {}
    if not isinstance(name, str) or not isinstance(args, Mapping):
        raise Mistaken('A call is {"name": ..., "arguments": {...}}.')
    return Call(name, args)
