"""Scenarios run in both languages, each in a world of its own."""

from __future__ import annotations

import json

import pytest
from discord_world import open_world
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_SNOWFLAKE = {"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}]}


class Spec:
    """Discord's OpenAPI document as a validator."""

    def __init__(self, path):
        self.document = json.loads(path.read_text())
        # The docs allow a snowflake as a number and discord.py sends one; the document does not.
        self.document["components"]["schemas"]["SnowflakeType"] = _SNOWFLAKE
        resource = Resource(self.document, DRAFT202012)
        self.registry = Registry().with_resource("urn:discord", resource)

    def errors(self, reference, body):
        schema = {"$ref": f"urn:discord{reference}"}
        validator = Draft202012Validator(schema, registry=self.registry)
        body = {k: v for k, v in body.items() if k != "tts"} if isinstance(body, dict) else body
        return [e.message[:200] for e in validator.iter_errors(body)]


@pytest.fixture(scope="session")
def spec(request):
    """Discord's document where --data names the folder of data sets; None elsewhere."""
    folder = request.config.getoption("--data")
    path = folder / "discord" / "openapi.json" if folder else None
    return Spec(path) if path and path.is_file() else None


@pytest.fixture
async def world(tmp_path, spec):
    async with open_world(tmp_path, spec=spec) as opened:
        yield opened


@pytest.fixture(params=["en-US", "zh-CN"])
async def both(request, tmp_path, spec):
    """A world in each language."""
    async with open_world(tmp_path, locale=request.param, spec=spec) as opened:
        yield opened
