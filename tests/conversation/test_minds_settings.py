"""CHAT_MODEL and its neighbours: what they choose, what they refuse, what the doctor says."""

from __future__ import annotations

import asyncio

import pytest

from bot import doctor
from bot.bench.minds_script import serving
from bot.conversation.minds import backend, chosen
from bot.conversation.minds.endpoint import Address, Endpoint, address
from bot.conversation.minds.local import Local
from bot.settings import Settings
from models.errors import Refusal


def settings(**more):
    return Settings(_env_file=None, **more)


@pytest.mark.parametrize(
    ("setting", "url", "model"),
    [
        ("http://127.0.0.1:11434/v1#qwen3:8b", "http://127.0.0.1:11434/v1", "qwen3:8b"),
        ("https://host.example/v1/#Qwen/Qwen3-8B", "https://host.example/v1", "Qwen/Qwen3-8B"),
    ],
)
def test_an_address_names_a_server_and_a_model(setting, url, model):
    assert address(setting) == Address(url, model)
    assert isinstance(backend(settings(), setting), Endpoint)


@pytest.mark.parametrize(
    "setting",
    [
        "http://127.0.0.1/v1",
        "http://127.0.0.1/v1#",
        "http://me:secret@127.0.0.1/v1#m",
        "http://127.0.0.1/v1?key=secret#m",
        "http://#m",
        "http://127.0.0.1:99999/v1#m",
        "http://[::1/v1#m",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_without_its_secret(setting):
    with pytest.raises(Refusal) as refusal:
        chosen(settings(chat_model=setting), None)
    assert "secret" not in str(refusal.value)


def test_without_a_model_there_is_no_mind_and_a_folder_is_a_local_one():
    assert chosen(settings(), None) == ()
    assert len(chosen(settings(chat_model="some/model"), None)) == 1
    assert isinstance(backend(settings(), "some/model"), Local)


def test_the_key_is_told_to_nobody():
    kept = settings(chat_key="sk-secret")
    assert "sk-secret" not in f"{kept} {kept!r} {kept.model_dump_json()}"


async def found(**more):
    return await asyncio.to_thread(lambda: list(doctor._chat(settings(**more))))


async def test_the_doctor_asks_the_server():
    async with serving(()) as server:
        (well,) = await found(chat_model=server.address(0))
        (other,) = await found(chat_model=f"{server.url}/0/v1#llama")
        (elsewhere,) = await found(chat_model=f"{server.url}/0/v2#scripted", chat_key="sk-secret")
    (gone,) = await found(chat_model=server.address(0))
    assert (well.ok, well.detail) == (True, "scripted answers")
    assert not other.ok
    assert "llama" in other.detail
    assert not elsewhere.ok
    assert not gone.ok
    assert not any(finding.needed for finding in (well, other, elsewhere, gone))
    assert "secret" not in str((well, other, elsewhere, gone))
    assert await found() == []


async def test_the_doctor_looks_at_a_folder(tmp_path):
    pytest.importorskip("llguidance")
    (empty,) = await found(chat_model=str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (full,) = await found(chat_model=str(tmp_path))
    (wrong,) = await found(chat_model="http://127.0.0.1/v1")
    assert not empty.ok
    assert full.ok
    assert "CHAT_MODEL must look like" in wrong.detail
