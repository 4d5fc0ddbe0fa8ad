"""A recommender over a database of its own."""

import pytest
from taste_groups import NOW, plant

from bot.taste.engine import Taste
from storage.db import DbThread


class Clock:
    """A clock that tests move by hand."""

    def __init__(self):
        self.time = NOW

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def taste(tmp_path, clock):
    """Nobody is there yet; no holdout, fits on a thread."""
    async with DbThread(tmp_path / "segno.db") as db:
        yield Taste(db, tmp_path / "taste", clock, holdout=0.0)


@pytest.fixture
async def crowd(taste):
    """Three planted groups of twenty, fitted."""
    await taste.db.run(plant)
    assert await taste.refit_if_due()
    return taste
