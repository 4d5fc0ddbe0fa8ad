"""What the runner asks of whoever reaches people (bot/delivery.py for Discord, doubles in tests).

In: a job with its progress or its end. Out: the id of the message that carries it. Every call may
be repeated after a crash, so each must be repeatable: edit the same message, or send a new one
under `storage.deliveries.nonce(job)`, which Discord accepts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bot.domain import Progress
from storage.jobs import Job

DELIVERY_TIMEOUT = 120.0  # seconds for one try: ten megabytes over a slow line


class TokenExpired(Exception):
    """Discord no longer accepts the interaction's token: called again at once with `token=None`."""


class Undeliverable(Exception):
    """No further try can succeed: the place is gone, or we may not write there."""


class Deliver(Protocol):
    """How progress and answers reach a person.

    `job.token` is set only while it is young enough to be used; without it, edit `job.reply_id` in
    `job.channel_id` when there is one, else send a message there with the nonce. A value above 1
    in `job.delivery_tries` says that an earlier try may have arrived. Any exception but the two
    above means: try again later.
    """

    async def progress(self, job: Job, progress: Progress) -> None:
        """Show how far the job is; failures are logged and forgotten."""

    async def result(self, job: Job, result: dict[str, Any]) -> int | None:
        """Send the finished result (the task's JSON); return the message's id when known."""

    async def failure(self, job: Job, template: str, values: Mapping[str, Any]) -> int | None:
        """Send why there is no result: a gettext message id and its values."""
