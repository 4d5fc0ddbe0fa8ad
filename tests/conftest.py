"""Options shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data", type=Path, default=None, help="folder of the training data")


@pytest.fixture(scope="session")
def data_dir(request: pytest.FixtureRequest) -> Path:
    """The training data, or a skip that says why."""
    folder = request.config.getoption("--data")
    if folder is None:
        pytest.skip("needs the training data: pytest --data DIR")
    return Path(folder)
