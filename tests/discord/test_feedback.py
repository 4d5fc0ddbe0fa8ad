"""Reactions on a result: ratings, mail, deletion."""

from __future__ import annotations

import pytest

from bot.app import build


@pytest.mark.parametrize(
    ("emoji", "value"), [("👍", 1), ("❤️", 1), ("🔥", 1), ("⭐", 1), ("👎", -1)]
)
async def test_reactions_are_stored_and_taken_back(world, emoji, value):
    asked = await world.compose()
    await world.bob.react(asked.response, emoji)
    rows = "SELECT user_id, piece_id, value FROM ratings"
    assert await world.rows(rows) == [(world.bob.id, await world.piece_id(), value)]
    await world.bob.unreact(asked.response, emoji)
    assert await world.rows(rows) == []


async def test_other_reactions_and_other_messages_store_nothing(world):
    asked = await world.compose()
    await world.bob.react(asked.response, "🐌")
    talk = await world.bob.send(world.channel, "hello")
    await world.ann.react(talk, "👍")
    assert await world.rows("SELECT count(*) FROM ratings") == [(0,)]


async def test_a_reaction_to_four_takes_rates_none_of_them(world):
    asked = await world.compose()
    varied = await world.press(world.ann, asked.response, "vary")
    await world.work()
    await world.bob.react(varied.response, "👍")
    assert await world.rows("SELECT count(*) FROM ratings") == [(0,)]


async def test_a_revived_message_takes_reactions_too(world):
    await world.compose()
    shown = await world.bob.slash(world.channel, "piece show", id=await world.piece_id())
    await world.bob.react(shown.response, "👍")
    assert await world.rows("SELECT count(*) FROM ratings") == [(1,)]


async def test_ratings_survive_a_restart_of_the_bot(world):
    asked = await world.compose()
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    await world.bob.react(asked.response, "🔥")
    assert await world.rows("SELECT value FROM ratings") == [(1,)]


async def test_an_envelope_sends_the_files_by_direct_message(world):
    asked = await world.compose()
    await world.bob.react(asked.response, "✉️")
    mail = world.newest(world.bob.user.dm_channel)
    kinds = [a.filename.rsplit(".")[-1] for a in mail.attachments]
    assert kinds == ["mp3", "png", "mid", "musicxml"]


async def test_an_envelope_to_closed_direct_messages_is_no_error(world):
    asked = await world.compose()
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    await world.bob.react(asked.response, "✉️")  # the world fails if an error was logged


async def test_a_cross_by_the_asker_deletes_and_by_others_does_nothing(world):
    asked = await world.compose()
    folder = world.app.settings.pieces_dir / await world.piece_id()
    await world.bob.react(asked.response, "❌")
    assert asked.response is not None
    assert folder.is_dir()
    await world.ann.react(asked.response, "❌")
    assert asked.response is None
    assert not folder.exists()
