"""What comes into a conversation and what goes out, whatever the front (Discord, a terminal).

In: nothing. Out: a `Message` that was addressed to us, a `Page` to show for it, and the two roles
that the engine needs filled: a `Front` that shows pages and a `Mind` that understands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.agent.values import Asker, Plan, Session, Show


@dataclass(frozen=True, slots=True)
class Message:
    """Something said to us; `message_id` makes a repeated delivery of it the same turn.

    `shared` says that everybody here has one session (a thread). `file` is the key of a music file
    that came with it ("OWNER/FILE:title"), `reply_to` the pieces of the message it answers.
    """

    asker: Asker
    text: str
    message_id: int | None = None
    shared: bool = False
    file: str | None = None
    reply_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The one message of a turn as it should look now; `text` is in the person's language.

    While `state` is "working" it can be cancelled; while "asking", `show.options` are its buttons.
    """

    turn_id: int
    text: str
    state: Literal["working", "asking", "done"]
    show: Show = field(default_factory=Show)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the message of a turn stands: `reply_id` once there is one, `message_id` asked."""

    asker: Asker
    message_id: int | None
    reply_id: int | None


class Front(Protocol):
    """Whoever shows pages to people."""

    async def show(self, place: Place, page: Page) -> int | None:
        """Create or edit the message of a turn; returns its id where it has one."""


class Mind(Protocol):
    """Whoever turns words into a plan."""

    async def plan(self, text: str, session: Session, asker: Asker, recalled: str | None) -> Plan:
        """What to do; `recalled` is the intent this person once chose for the same words.

        Raises
        ------
        Refusal
            When the text is beyond what can be read.
        MindError
            When this mind cannot answer now, and another one should.
        """


class MindError(Exception):
    """A mind is missing, too slow, or talks nonsense; the next one takes over."""
