"""Starting and stopping: one command, one page, a clean end on SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path

import discord
import pytest
from discord_world import TinyStudio

from bot import app as app_module
from bot.client import Segno
from bot.settings import Settings
from models.errors import Refusal


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, data_dir=tmp_path, discord_token="not-a-token")


@pytest.fixture(autouse=True)
def no_workers(monkeypatch):
    monkeypatch.setattr(app_module, "workers", lambda settings: TinyStudio())


async def test_a_token_discord_does_not_take_is_said_clearly(settings, monkeypatch):
    async def refuse(self, token):
        raise discord.LoginFailure("Improper token has been passed.")

    monkeypatch.setattr(discord.http.HTTPClient, "static_login", refuse)
    with pytest.raises(Refusal, match="DISCORD_TOKEN"):
        await app_module.run(settings)


async def test_a_network_without_discord_is_said_clearly(settings, monkeypatch):
    async def unreachable(self, token):
        raise OSError("Name or service not known")

    monkeypatch.setattr(discord.http.HTTPClient, "static_login", unreachable)
    with pytest.raises(Refusal, match="cannot reach Discord"):
        await app_module.run(settings)


async def test_losing_discord_for_good_stops_the_bot_and_says_why(settings, monkeypatch):
    async def welcome(self, token):
        assert token == "not-a-token"
        await self._async_setup_hook()  # what the real one begins with

    async def drop(self, *, reconnect=True):
        raise discord.ConnectionClosed(_Socket(), shard_id=None, code=4004)

    monkeypatch.setattr(Segno, "login", welcome)
    monkeypatch.setattr(Segno, "connect", drop)
    async with asyncio.timeout(10):
        with pytest.raises(discord.ConnectionClosed):
            await app_module.run(settings, announce=lambda _: None)


class _Socket:
    close_code = 4004


async def test_the_bot_process_serves_the_page_and_stops_cleanly(tmp_path):
    environment = os.environ | {
        "DATA_DIR": str(tmp_path), "DEMO_PORT": "0", "DISCORD_TOKEN": "", "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("Segno plays on http://127.0.0.1:")
        url = line.split()[3]
        page = await asyncio.to_thread(urllib.request.urlopen, url)
        with page:
            assert b"<title>Segno</title>" in page.read()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(40):
            _, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    assert b"Traceback" not in complaints


def test_the_discord_process_has_no_torch():
    code = (
        "import sys, bot.app, bot.demo, bot.client, importlib;"
        "[importlib.import_module(name) for name in bot.client.COGS];"
        "print([m for m in ('torch', 'transformers', 'music21') if m in sys.modules])"
    )
    import subprocess

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_permissions_of_the_invite_link_are_the_ones_the_page_explains():
    page = (Path(__file__).parents[2] / "docs" / "discord-setup.md").read_text()
    number = int(re.search(r"permissions=(\d+)", page)[1])
    wanted = discord.Permissions(
        view_channel=True, send_messages=True, send_messages_in_threads=True, attach_files=True,
        send_voice_messages=True, create_public_threads=True, add_reactions=True,
        read_message_history=True,
    )  # fmt: skip
    assert discord.Permissions(number) == wanted


def test_the_log_has_no_reply_tokens_and_no_messages(settings, caplog):
    caplog.set_level("DEBUG")  # as LOG_LEVEL=DEBUG does where pytest has not set up logging first
    library, filters = logging.getLogger("discord"), list(caplog.handler.filters)
    try:
        app_module.set_up_logging(settings)
        log = logging.getLogger("discord.http")
        log.warning("429. %s %s", "PATCH", "https://d/webhooks/1/tOk-en/messages/@original")
        log.debug("POST has received %s", "private words")
    finally:
        library.setLevel(logging.NOTSET)
        caplog.handler.filters[:] = filters
    assert "/webhooks/1/…/messages/@original" in caplog.text
    assert "tOk-en" not in caplog.text
    assert "private words" not in caplog.text
