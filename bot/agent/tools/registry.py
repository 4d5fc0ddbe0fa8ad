"""A tool is a typed async function; its schema is its signature.

In: functions whose first argument is `At` and whose others are JSON values with defaults; the first
paragraph of the docstring says what the tool does, and a line "name: ..." what an argument means.
Out: `Tool`s, JSON schemas for chat models, and the guard that every step passes before it is run.
The idea is that of simonw's llm (llm.datasette.io/en/stable/tools.html), where any function with
hints and a docstring is a tool.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from bot.agent.values import Done, Make, Step
from bot.wording import quoted
from models.errors import Refusal

#: A tool's function: `At`, then keyword arguments of its model.
Run = Callable[..., Awaitable[Done | Make]]
_ARGUMENT = re.compile(r"^(\w+): (.+(?:\n[ ]{2,}.+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """What the agent can do: a name, the function, and what its docstring says."""

    name: str
    run: Run
    doc: str

    @classmethod
    def of(cls, run: Run) -> Tool:
        """A tool of a function; a trailing underscore (`open_`) is not part of its name."""
        doc = (inspect.getdoc(run) or "").partition("\n\n")[0]
        return cls(run.__name__.rstrip("_"), run, " ".join(doc.split()))

    @cached_property
    def model(self) -> type[BaseModel]:
        """The pydantic model of its arguments, made from the signature; others are forbidden."""
        hints = get_type_hints(self.run, include_extras=True)
        told = dict(_ARGUMENT.findall(inspect.getdoc(self.run) or ""))
        fields: dict[str, Any] = {}
        for name, parameter in list(inspect.signature(self.run).parameters.items())[1:]:
            needed = parameter.default is inspect.Parameter.empty
            about = " ".join(told.get(name, "").split()) or None
            default = ... if needed else parameter.default
            # A name that pydantic has for itself ("register") is only an alias of its field.
            own = f"{name}_" if hasattr(BaseModel, name) else name
            fields[own] = (hints[name], Field(default, description=about, alias=name))
        config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
        return create_model(self.name, __config__=config, **fields)


def schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, as chat models take it."""
    found = tool.model.model_json_schema()
    found.pop("title", None)
    for field in found.get("properties", {}).values():
        field.pop("title", None)
    return found


def check(step: Step, tools: Mapping[str, Tool]) -> Step:
    """The step with its arguments as its tool takes them.

    Whatever wrote the step (a planner, a chat model, a stored row) is not to be trusted: unknown
    tools, unknown arguments, wrong types and over-long texts are refused. A null stands for an
    argument that was left out, as small models write it.

    Raises
    ------
    Refusal
        Which says what does not fit.
    """
    tool = tools.get(step.tool)
    if tool is None:
        raise Refusal(
            "I have no tool called “{tool}”; say what you would like in your own words.",
            tool=quoted(str(step.tool), 40),
        )
    try:
        given = {name: value for name, value in dict(step.args).items() if value is not None}
        read = tool.model.model_validate(given)
    except (ValidationError, TypeError, ValueError) as error:
        raise _refused(tool, error) from None
    given = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return replace(step, args=given)


def _refused(tool: Tool, error: Exception) -> Refusal:
    """What is wrong with the arguments, as one sentence about the first of them."""
    first = error.errors()[0] if isinstance(error, ValidationError) else None
    if first is None or not first["loc"]:
        return Refusal("“{tool}” takes arguments by name.", tool=tool.name)
    name = quoted(str(first["loc"][0]), 40)
    if first["type"] == "extra_forbidden":
        known = ", ".join(schema(tool)["properties"]) or "–"
        return Refusal(
            "“{tool}” has no “{name}”; it takes: {names}.", tool=tool.name, name=name, names=known
        )
    if first["type"] == "missing":
        return Refusal("“{tool}” needs “{name}”.", tool=tool.name, name=name)
    if first["type"] in ("string_too_long", "too_long"):
        most = first.get("ctx", {}).get("max_length")
        return Refusal(
            "“{name}” is longer than I read; the most is {most}. Please say it shorter.",
            name=name,
            most=most,
        )
    return Refusal(
        "I cannot use “{value}” as “{name}” of “{tool}”.",
        value=quoted(str(first.get("input", "")), 40),
        name=name,
        tool=tool.name,
    )
