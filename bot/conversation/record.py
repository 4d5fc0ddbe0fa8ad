"""A turn as it is kept: its plan, how far each step is, and what each one said.

In: a stored turn. Out: a `Record` and back to JSON. It is all that is needed to go on with a turn
after a restart, and all that its page is drawn from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from bot.agent.values import Plan, Sentence, Show, Step, StepState

_STEP = re.compile(r"\$(\d)")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one step: `said` states it, `text` is in the person's language already."""

    state: StepState = "waiting"
    said: tuple[Sentence, ...] = ()
    text: str = ""
    show: Show = field(default_factory=Show)


@dataclass(frozen=True, slots=True)
class Record:
    """The plan of a turn with a line for each of its steps, and the pieces made by step number."""

    plan: Plan
    lines: tuple[Line, ...]
    made: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Record:
        """A plan of which nothing is done yet."""
        return cls(plan, tuple(Line() for _ in plan.steps))

    @property
    def at(self) -> int | None:
        """The number (from 1) of the step whose turn it is, or None when all are over."""
        over = ("waiting", "running")
        return next((n for n, line in enumerate(self.lines, 1) if line.state in over), None)

    def step(self, number: int) -> Step:
        """A step by its number, with the pieces of earlier steps in its arguments."""
        step = self.plan.steps[number - 1]
        return replace(step, args={k: self._filled(v) for k, v in step.args.items()})

    def blocked(self, number: int) -> bool:
        """Whether something that a step needs was not done."""
        needed = self.plan.steps[number - 1].after
        return any(self.lines[n - 1].state != "done" for n in needed if 1 <= n < number)

    def with_line(self, number: int, line: Line, piece_id: str | None = None) -> Record:
        """The record after something happened to a step."""
        lines = tuple(line if n == number else old for n, old in enumerate(self.lines, 1))
        made = {**self.made, number: piece_id} if piece_id else self.made
        return replace(self, lines=lines, made=made)

    def _filled(self, value: Any) -> Any:
        if not isinstance(value, str) or not (match := _STEP.fullmatch(value)):
            return value
        return self.made.get(int(match[1]), value)


_RECORD = TypeAdapter(Record)


def to_json(record: Record) -> str:
    """A record as the turn keeps it."""
    return _RECORD.dump_json(record).decode()


def from_json(text: str) -> Record:
    """The inverse of `to_json`."""
    return _RECORD.validate_json(text)
