"""Worlds that tests of the agent share."""

import pytest


@pytest.fixture
async def tools(tmp_path):
    """Ann in a direct message: an empty table, nothing kept, no holdout."""
    from tool_world import opened

    async with opened(tmp_path) as world:
        yield world
