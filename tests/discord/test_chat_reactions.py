"""Reactions on messages of a talk are commands: stop, delete, take, mail, answer."""

from __future__ import annotations

import discord
import pytest
from chat_world import FOUR, SLOWER, WALTZ, met, talk
from simcord.results import ResponseMessage

from bot.app import build
from storage import pieces


async def takes(world, place):
    await talk(world, "a waltz please", world.ann, place, WALTZ)
    return await talk(world, "four versions", world.ann, place, FOUR)


async def made(world):
    return [row[0] for row in await world.rows("SELECT id FROM pieces ORDER BY number")]


def again(world, message, place):
    """A message as it is now, or None where it was deleted."""
    stored = world.env.backend.messages[place.id].get(message.id)
    return None if stored is None else ResponseMessage(world.env, stored)


async def test_a_cross_by_the_asker_stops_what_is_being_made(world):
    world.studio.hold.clear()
    waiting = await talk(world, "a waltz please", world.ann, world.channel, WALTZ, work=False)
    await world.bob.react(waiting, "❌")  # of others it means nothing
    assert await world.rows("SELECT state FROM conversation_turns") == [("running",)]
    await world.ann.react(waiting, "❌")
    assert again(world, waiting, world.channel).content == "Stopped, as you asked."
    world.studio.hold.set()
    await world.work()
    assert await made(world) == []


async def test_a_cross_stops_what_a_command_began(world):
    world.studio.hold.clear()
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    await world.bob.react(asked.response, "❌")
    assert await world.rows("SELECT state FROM jobs") == [("queued",)]
    await world.ann.react(asked.response, "❌")
    world.studio.hold.set()
    await world.work()
    assert await world.rows("SELECT state FROM jobs") == [("cancelled",)]
    assert "Stopped" in asked.response.content


async def test_a_cross_on_a_finished_answer_deletes_the_askers_piece(world):
    answer = await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    await world.bob.react(answer, "❌")
    assert len(await made(world)) == 1
    await world.ann.react(answer, "❌")
    assert again(world, answer, world.channel) is None
    assert await world.rows("SELECT id FROM pieces WHERE deleted IS NULL") == []
    # It is not on the table any more either.
    told = await talk(world, "slower please", world.ann, world.channel, SLOWER)
    assert not told.attachments


async def test_a_cross_on_words_takes_them_down_for_who_asked(world):
    world.ear.hears("hello", ("chat", {}))
    answer = await talk(world, "hello", world.ann, world.channel)
    await world.bob.react(answer, "❌")
    assert again(world, answer, world.channel) is not None
    await world.ann.react(answer, "❌")
    assert again(world, answer, world.channel) is None


async def test_numbers_are_offered_and_pick_a_take(world):
    answer = await takes(world, world.channel)
    offered = world.channel.last_message.reactions
    assert [str(r.emoji) for r in offered] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣"]
    await world.ann.react(answer, "3️⃣")
    await world.work()
    chosen = world.newest()
    third = (await made(world))[3]
    assert third in chosen.attachments[0].filename
    await talk(world, "slower please", world.ann, world.channel, SLOWER)
    assert world.studio.requests[-1]["edit"]["source"] == third


async def test_another_person_picks_for_their_own_table(world):
    answer = await takes(world, world.channel)
    await world.bob.react(answer, "2️⃣")
    await world.work()
    await talk(world, "slower please", world.bob, world.channel, SLOWER)
    assert world.studio.requests[-1]["edit"]["source"] == (await made(world))[2]
    await talk(world, "slower please", world.ann, world.channel)
    assert world.studio.requests[-1]["edit"]["source"] == (await made(world))[0]


async def test_numbers_stay_what_they_were_when_a_take_is_deleted(world):
    answer = await takes(world, world.channel)
    ids = await made(world)
    await world.db.run(pieces.delete, ids[1], world.ann.id, 0.0)
    await world.ann.react(answer, "1️⃣")
    await world.work()
    assert world.channel.last_message.id == answer.id
    await world.ann.react(answer, "2️⃣")
    await world.work()
    assert ids[2] in world.newest().attachments[0].filename


async def test_takes_of_a_command_can_be_picked_too_even_after_a_restart(world):
    asked = await world.compose()
    varied = await world.press(world.ann, asked.response, "vary")
    await world.work()
    reborn = build(world.app.settings, world.db, world.studio, world.ear, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    await world.ann.react(varied.response, "4️⃣")
    await world.work()
    assert (await made(world))[4] in world.newest().attachments[0].filename
    before = len(world.channel.history())
    await world.ann.react(varied.response, "7️⃣")  # there is none
    assert len(world.channel.history()) == before


async def test_no_numbers_where_we_may_not_react(world):
    taken = discord.PermissionOverwrite(add_reactions=False)
    place = world.guild.create_text_channel("quiet", overwrites={world.app.client.user: taken})
    await takes(world, place)
    assert place.last_message.reactions == []
    assert not any("/reactions/" in r.path for r in world.env.http_requests)


async def test_an_envelope_on_takes_sends_all_of_them(world):
    answer = await takes(world, world.channel)
    await world.bob.react(answer, "✉️")
    mail = world.newest(world.bob.user.dm_channel)
    assert [a.filename[:2] for a in mail.attachments] == ["1-", "2-", "3-", "4-"]
    assert mail.content.startswith("1. Evening \\*")


async def test_an_envelope_finds_the_piece_of_an_earlier_message_too(world):
    first = await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    await world.ann.slash(world.channel, "piece show", id=(await made(world))[0])
    await world.bob.react(first, "✉️")
    mail = world.newest(world.bob.user.dm_channel)
    assert (await made(world))[0] in mail.attachments[0].filename


async def test_a_number_answers_a_question(world):
    await met(world)
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    world.ear.hears("something with flutes", ("edit", {"instrument": "flutes"}), second="compose")
    asked = await talk(world, "something with flutes", world.ann, world.channel)
    await world.bob.react(asked, "1️⃣")
    await world.ann.react(asked, "9️⃣")
    assert await world.rows("SELECT count(*) FROM jobs") == [(1,)]
    await world.ann.react(asked, "1️⃣")
    await world.work()
    assert world.studio.requests[-1]["kind"] == "edit"


@pytest.mark.parametrize("emoji", ["🐌", "0️⃣", "🔟"])
async def test_other_reactions_do_nothing(world, emoji):
    answer = await takes(world, world.channel)
    before = len(world.env.http_requests)
    await world.ann.react(answer, emoji)
    await world.work()
    assert len(world.env.http_requests) == before
