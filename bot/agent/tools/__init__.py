"""Everything the agent can do, by name: `REGISTRY`; `schema` for chat models, `validate` as guard.

In: a `Step`. Out: its tool's `Done` or `Make`. What is destructive, or touches other people,
permissions or settings, no tool does: those answer with the slash command that does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.agent.tools import changing, keeping, looking, making, suggesting, table, talking, words
from bot.agent.tools.registry import Tool, check, schema
from bot.agent.values import Step

__all__ = ["REGISTRY", "Tool", "schema", "validate"]

#: Every tool by its name, in the order in which they are told to chat models.
REGISTRY: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            Tool.of(making.compose),
            Tool.of(making.song),
            Tool.of(changing.arrange),
            Tool.of(changing.edit),
            Tool.of(changing.vary),
            Tool.of(changing.extend),
            Tool.of(words.lyrics),
            Tool.of(suggesting.recommend),
            Tool.of(suggesting.rate),
            Tool.of(looking.explain),
            Tool.of(looking.show),
            Tool.of(looking.library),
            Tool.of(looking.open_),
            Tool.of(keeping.style),
            Tool.of(keeping.taste),
            Tool.of(keeping.privacy),
            Tool.of(talking.help_),
            Tool.of(table.session),
            Tool.of(table.cancel),
            Tool.of(table.undo),
            Tool.of(table.redo),
            Tool.of(talking.chat),
            Tool.of(talking.other),
        )
    }
)


def validate(step: Step) -> Step:
    """The step with its arguments as its tool takes them; see `registry.check`.

    Raises
    ------
    Refusal
        When there is no such tool, or an argument is unknown, of the wrong type or too long.
    """
    return check(step, REGISTRY)
