"""The values of a conversation: who speaks where, what is to be done, what came of it.

In: nothing. Out: frozen values that understanding, planning, tools, engine and fronts share. All of
them survive JSON, because a conversation survives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain import Request

#: (English template, values): a gettext message id as in `Refusal`, said in the person's language.
Sentence = tuple[str, Mapping[str, Any]]
StepState = Literal["waiting", "running", "done", "failed", "skipped", "cancelled"]
#: Most steps of one plan.
MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class Asker:
    """Who speaks, where, and in which language they are answered ("en" or "zh").

    `guild_id` is None in a direct message and in the terminal. `manager` may change the server's
    settings. What a person may do never comes from a text: only from here.
    """

    user_id: int
    guild_id: int | None
    channel_id: int
    locale: str
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a tool (`bot.agent.tools`): its name and JSON arguments.

    `after` are the numbers (from 1) of the steps that must be done first. The argument "$2" stands
    for the piece that step 2 makes.
    """

    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way to go on that a question offers; `intent` is what is remembered for the person."""

    label: Sentence
    steps: tuple[Step, ...]
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask before anything is done; `said` are the words that it is about."""

    text: Sentence
    options: tuple[Option, ...]
    said: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order (at most `MOST_STEPS`), what was assumed, or a question instead."""

    steps: tuple[Step, ...] = ()
    notes: tuple[Sentence, ...] = ()
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A piece that a session has made or opened; `parent` is the version that it was made from.

    `done` says how it came about, for the tree that `/session` shows.
    """

    piece_id: str
    parent: str | None
    title: str
    done: Sentence
    created: float


@dataclass(frozen=True, slots=True)
class Session:
    """What lies on the table of one direct message, thread, or person in a channel.

    `table` is the piece (id) that "it" means, `file` a sent file's key ("OWNER/FILE:title") that
    has not become a piece yet. `versions` are a tree, in the order they came; `past` are the pieces
    that were on the table before (undo goes there), `future` those that undo left (redo).
    `choices` are the pieces offered last, by number; `listing` is the last list of suggestions with
    its `suggested` names. `question` waits for an answer. `said` are the last turns as (who, text),
    who is "person" or "segno".
    """

    id: int
    owner_id: int
    versions: tuple[Version, ...] = ()
    table: str | None = None
    file: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    listing: str | None = None
    suggested: tuple[str, ...] = ()
    question: Question | None = None
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    """What stands beside the words of an answer; a front knows how.

    `pieces` are finished pieces to carry (`kinds` of their files, empty: the usual ones), `listing`
    a list of suggestions with its buttons, `options` buttons of a question, `command` a slash
    command whose form must be used (consent, uploads, forgetting), which the words name.
    """

    pieces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    listing: str | None = None
    options: tuple[Sentence, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class Make:
    """What a tool returns that needs a worker: a request to place, and what was assumed.

    `seconds` is how much music it means, for policy (None: left to us); `options` are kept with the
    job as `bot.desk.Ask.desk` keeps them.
    """

    request: Request
    seconds: float | None = None
    notes: tuple[Sentence, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What a tool returns that is finished: sentences that state it, and the session after it.

    `session` None leaves it as it was. `text` is further text that is in the person's language
    already (an analysis, a list).
    """

    said: tuple[Sentence, ...] = ()
    text: str = ""
    show: Show = Show()
    session: Session | None = None
