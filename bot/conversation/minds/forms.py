"""The JSON schema of a whole answer: some calls, each of a tool that exists, or one question.

In: the tools. Out: a schema for constrained writing. It is tighter than what the guard takes -
short strings, few list entries - so that a small model that rambles still comes to an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.agent.tools import REGISTRY, Tool
from bot.agent.values import MOST_STEPS
from bot.conversation.minds import prompt

#: Entries of a list.
_MOST = 6


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls an answer may have, and how many characters a string."""

    calls: int = MOST_STEPS
    letters: int = 300


def room(parameters: int) -> Room:
    """The room of a model of so many parameters.

    A small one fills whatever it is given: SmolLM2-135M wrote one call eight times over, and digits
    to the end of a string, until its time was over.
    """
    return Room(2, 60) if parameters < 10**9 else Room()


def answer(within: Room) -> dict[str, Any]:
    """The schema of `{"calls": [...]}`, at least one."""
    calls = [_call(tool, within.letters) for tool in REGISTRY.values()]
    items = {"anyOf": calls}
    return _closed(
        {"calls": {"type": "array", "items": items, "minItems": 1, "maxItems": within.calls}}
    )


def _call(tool: Tool, letters: int) -> dict[str, Any]:
    told = prompt.arguments(tool)
    fields = {name: _bounded(field, letters) for name, field in told["properties"].items()}
    args = _closed(fields, tuple(told.get("required", ())))
    return _closed({"name": {"const": tool.name}, "arguments": args})


def _bounded(field: dict[str, Any], letters: int) -> dict[str, Any]:
    plain = {name: value for name, value in field.items() if name != "description"}
    words = {"type": "string", "minLength": 1, "maxLength": letters}
    if plain.get("type") == "string" and "enum" not in plain:
        plain |= words
    elif plain.get("type") == "array":
        plain |= {"items": words, "minItems": 1, "maxItems": _MOST}
    elif plain.get("type") == "number":
        plain |= {"minimum": -1000, "maximum": 1000}
    elif plain.get("type") == "integer":
        plain.setdefault("minimum", -100)
        plain.setdefault("maximum", 100)
    return plain


def _closed(fields: dict[str, Any], needed: tuple[str, ...] | None = None) -> dict[str, Any]:
    wanted = tuple(fields) if needed is None else needed
    return {
        "type": "object",
        "properties": fields,
        "required": list(wanted),
        "additionalProperties": False,
    }
