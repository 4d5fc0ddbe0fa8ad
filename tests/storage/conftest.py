"""A database in memory, and a job nobody had to describe in full."""

import itertools

import pytest

from storage import jobs
from storage.db import open_database


@pytest.fixture
def db():
    with open_database(":memory:") as database:
        yield database


@pytest.fixture
def ask(db):
    ids = itertools.count(900)

    def enqueue(user=1, guild=10, now=0.0, **more):
        values = {
            "request": "{}", "user_id": user, "guild_id": guild, "channel_id": 5,
            "interaction_id": next(ids), "token": "secret", "application_id": 77,
            "locale": "en", "kind": "compose", "seed": 1, "now": now,
        } | more  # fmt: skip
        job, created = jobs.enqueue(db, **values)
        assert created or "interaction_id" in more or "source_message_id" in more
        return job

    return enqueue
