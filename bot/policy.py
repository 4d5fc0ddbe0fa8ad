"""Who may ask for how much: one pure function over counted usage.

In: `storage.jobs.Usage` and the owner's `Limits`. Out: a `Verdict`, with a polite sentence that
says when to try again. Nothing here reads a clock or a table, so every rule is plain arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.settings import Settings
from storage.jobs import Usage

TOO_LONG = (
    "That is {asked} seconds of music; the longest piece I make here is {most} seconds. "
    "Please ask for {most} seconds or fewer."
)
YOURS_ARE_WAITING = (
    "You already have {active} requests in the works, which is the most I take from one person "
    "at a time. Please wait for one to finish, or cancel one."
)
HOUR_IS_FULL = (
    "This place has asked for {count} pieces in the last hour, which is the most I make for one. "
    "Please try again in {minutes} min."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The owner's limits, see `Settings`."""

    max_seconds: float = 300.0
    user_running: int = 1
    user_queued: int = 3
    guild_per_hour: int = 20

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Take the limits out of the settings."""
        return cls(
            max_seconds=settings.max_seconds,
            user_running=settings.user_running,
            user_queued=settings.user_queued,
            guild_per_hour=settings.guild_per_hour,
        )

    def within(self, per_hour: int | None) -> Limits:
        """These limits where a server's managers allow `per_hour` (None: no wish of their own).

        They share out what the owner's machine gives their server; they cannot ask for more of it.
        """
        if per_hour is None:
            return self
        return replace(self, guild_per_hour=min(per_hour, self.guild_per_hour))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, or a template (gettext message id) with its values."""

    allowed: bool
    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def decide(usage: Usage, limits: Limits, *, now: float, seconds: float | None = None) -> Verdict:
    """Judge one more request of `seconds` of music (None: a length we choose ourselves).

    A person may have `user_running` + `user_queued` jobs alive in all: which of them runs is the
    queue's business, so an idle bot and a busy one refuse at the same count.
    """
    if seconds is not None and seconds > limits.max_seconds:
        return Verdict(
            False, TOO_LONG, {"asked": f"{seconds:g}", "most": f"{limits.max_seconds:g}"}
        )
    active = usage.running + usage.queued
    if active >= limits.user_running + limits.user_queued:
        return Verdict(False, YOURS_ARE_WAITING, {"active": active})
    if usage.lane_last_hour >= limits.guild_per_hour:
        minutes = max(1, math.ceil((usage.hour_frees_at - now) / 60))
        return Verdict(False, HOUR_IS_FULL, {"count": usage.lane_last_hour, "minutes": minutes})
    return Verdict(True)
