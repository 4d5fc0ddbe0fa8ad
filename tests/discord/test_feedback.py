"""Reactions on a result: deeds of those who agreed, mail, deletion."""

from __future__ import annotations

import pytest

from bot.app import build
from storage import consent

DEEDS = (
    "SELECT d.user_id, i.key, d.type FROM deeds d JOIN items i ON i.id = d.item_id ORDER BY d.id"
)


async def agree(world, who, guild=None):
    scope = world.guild.id if guild is None else guild
    await world.db.run(consent.grant, who.id, ("reactions",), scope, world.app.client.now())


@pytest.mark.parametrize(
    ("emoji", "deed"),
    [("👍", "like"), ("❤️", "like"), ("🔥", "like"), ("⭐", "save"), ("👎", "dislike")],
)
async def test_reactions_are_stored_and_taken_back(world, emoji, deed):
    asked = await world.compose()
    await agree(world, world.bob)
    await world.bob.react(asked.response, emoji)
    assert await world.rows(DEEDS) == [(world.bob.id, await world.piece_id(), deed)]
    await world.bob.unreact(asked.response, emoji)
    assert await world.rows(DEEDS) == []


async def test_without_consent_nothing_is_stored(world):
    asked = await world.compose()
    await world.bob.react(asked.response, "👍")
    assert await world.rows(DEEDS) == []
    assert await world.rows("SELECT * FROM items") == []
    await agree(world, world.bob, guild=4711)  # elsewhere is not here
    await world.bob.react(asked.response, "🔥")
    assert await world.rows(DEEDS) == []


async def test_one_like_of_two_stays_when_the_other_is_taken_back(world):
    asked = await world.compose()
    await agree(world, world.bob)
    await world.bob.react(asked.response, "👍")
    await world.ann.react(asked.response, "❤️")
    await world.bob.react(asked.response, "❤️")
    await world.bob.unreact(asked.response, "👍")
    assert await world.rows(DEEDS) == [(world.bob.id, await world.piece_id(), "like")]
    await world.bob.unreact(asked.response, "❤️")
    assert await world.rows(DEEDS) == []


async def test_what_is_said_last_counts(world):
    asked = await world.compose()
    await agree(world, world.bob)
    await world.bob.react(asked.response, "👎")
    await world.bob.react(asked.response, "👍")
    assert [row[2] for row in await world.rows(DEEDS)] == ["like"]


async def test_other_reactions_and_other_messages_store_nothing(world):
    asked = await world.compose()
    for who in (world.ann, world.bob):
        await agree(world, who)
    await world.bob.react(asked.response, "🐌")
    talk = await world.bob.send(world.channel, "hello")
    await world.ann.react(talk, "👍")
    assert await world.rows(DEEDS) == []


async def test_a_reaction_to_four_takes_rates_none_of_them(world):
    asked = await world.compose()
    await agree(world, world.bob)
    varied = await world.press(world.ann, asked.response, "vary")
    await world.work()
    await world.bob.react(varied.response, "👍")
    assert await world.rows(DEEDS) == []


async def test_a_revived_message_takes_reactions_too(world):
    await world.compose()
    await agree(world, world.bob)
    shown = await world.bob.slash(world.channel, "piece show", id=await world.piece_id())
    await world.bob.react(shown.response, "👍")
    assert len(await world.rows(DEEDS)) == 1


async def test_reactions_count_after_a_restart_of_the_bot(world):
    asked = await world.compose()
    await agree(world, world.bob)
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    await world.bob.react(asked.response, "🔥")
    assert [row[2] for row in await world.rows(DEEDS)] == ["like"]


async def test_a_like_carries_to_the_pieces_style(world):
    asked = await world.compose(style="waltz")
    await agree(world, world.bob)
    await world.bob.react(asked.response, "❤️")
    profile = await world.app.client.taste.profile(world.bob.id, world.guild.id)
    assert "waltz" in profile.vector.styles


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
