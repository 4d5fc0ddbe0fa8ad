"""Where a tool stands when it is called: the person, the session, and the rooms it may use.

In: what the engine knows of a turn. Out: one frozen value that every tool takes first. It holds no
Discord client, so that the same tools serve Discord, the terminal and the benches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.agent.values import Asker, Session
from bot.settings import Settings
from storage.db import DbThread

if TYPE_CHECKING:
    from bot.taste.engine import Taste


@dataclass(frozen=True)
class At:
    """A tool call's surroundings; `made` maps the numbers of earlier steps to their piece ids.

    `text` is what the person wrote in this turn, `now` is in UTC epoch seconds. `job_id` is the job
    that this turn has running, where there is one.
    """

    asker: Asker
    session: Session
    db: DbThread
    settings: Settings
    taste: Taste
    now: float
    text: str = ""
    made: Mapping[int, str] = field(default_factory=dict)
    job_id: int | None = None
