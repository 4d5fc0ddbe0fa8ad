"""The JSON schema of a whole answer: some calls, each of a tool that exists, or one question.

In: the tools. Out: a schema for constrained writing. It is tighter than what the guard takes -
short strings, few list entries - so that a small model that rambles still comes to an end.
"""

from __future__ import annotations

from typing import Any

from bot.agent.tools import REGISTRY, Tool
from bot.agent.values import MOST_STEPS
from bot.conversation.minds import prompt

#: Characters of a string and entries of a list.
_LONGEST, _MOST = 120, 6
#: Parameters below which a model gets fewer calls: it fills whatever it is given
#: (SmolLM2-135M wrote the same call eight times, until its time was over).
_SMALL, _FEW = 10**9, 2


def most_calls(parameters: int) -> int:
    """How many calls a model of so many parameters may write."""
    return _FEW if parameters < _SMALL else MOST_STEPS


def answer(most: int) -> dict[str, Any]:
    """The schema of `{"calls": [...]}` with 1 to `most` calls."""
    calls = [_call(tool) for tool in REGISTRY.values()]
    listed = {"type": "array", "items": {"anyOf": calls}, "minItems": 1, "maxItems": most}
    return _closed({"calls": listed})


def _call(tool: Tool) -> dict[str, Any]:
    told = prompt.arguments(tool)
    fields = {name: _bounded(field) for name, field in told["properties"].items()}
    args = _closed(fields, tuple(told.get("required", ())))
    return _closed({"name": {"const": tool.name}, "arguments": args})


def _bounded(field: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in field.items() if name != "description"}
    if plain.get("type") == "string" and "enum" not in plain:
        plain |= {"minLength": 1, "maxLength": _LONGEST}
    elif plain.get("type") == "array":
        words = {"type": "string", "minLength": 1, "maxLength": _LONGEST // 2}
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
