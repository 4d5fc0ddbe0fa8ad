"""Where talks may be: channels a server wants, threads, places that take no files or no words."""

from __future__ import annotations

from types import SimpleNamespace

import discord
import pytest
from chat_world import SLOWER, WALTZ, met, talk, texts
from discord_world import TinyStudio, open_world
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.app import build
from bot.conversation.discord_front import DiscordFront
from storage import guild_settings
from storage.guild_settings import GuildSettings

VOICE = 1 << 13


def me(world):
    return world.app.client.user


def place_without(world, **permissions):
    """A channel whose managers took something from the bot."""
    taken = discord.PermissionOverwrite(**dict.fromkeys(permissions, False))
    return world.guild.create_text_channel("other", overwrites={me(world): taken})


async def wants(world, **settings):
    await world.db.run(guild_settings.save, GuildSettings(world.guild.id, **settings))


async def test_a_channel_the_server_does_not_want_is_told_once_where_to_go(world):
    lounge = world.guild.create_text_channel("lounge")
    await wants(world, channels=(world.channel.id,))
    told = await talk(world, "a waltz please", world.ann, lounge, WALTZ)
    assert told.content == f"Here I stay quiet; this server wants me in <#{world.channel.id}>."
    assert world.ear.heard == []
    assert len(lounge.history()) == 2
    assert (await talk(world, "a waltz please", world.ann, world.channel)).attachments


async def test_a_server_in_chinese_is_answered_in_chinese_but_those_who_chose(world):
    await wants(world, locale="zh")
    answer = await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    assert "种子" in answer.content
    await world.ann.slash(world.channel, "settings", language="en")
    assert "seed" in (await talk(world, "a waltz please", world.ann, world.channel)).content


async def test_the_hourly_quota_counts_talks_as_well(world):
    await wants(world, per_hour=1)
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    refused = await talk(world, "a waltz please", world.bob, world.channel)
    assert "has asked for 1 pieces in the last hour" in refused.content
    asked = await world.ann.slash(world.channel, "compose", text="a tango")
    assert "has asked for 1 pieces" in asked.response.content


async def test_voice_messages_come_where_a_server_does_not_mind(world):
    await world.ann.slash(world.channel, "settings", voice=True)
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    assert [bool(m.flags.value & VOICE) for m in world.channel.history()][-2:] == [False, True]
    await wants(world, voice=False)
    await talk(world, "a waltz please", world.ann, world.channel)
    assert not world.channel.last_message.flags.value & VOICE


async def test_a_piece_asked_for_as_a_voice_message_plays_or_is_a_file(world):
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    wish = ("show", {"item": "voice message"})
    await talk(world, "as a voice message", world.ann, world.channel, wish)
    assert [m.flags.value & VOICE for m in world.channel.history()].count(VOICE) == 1
    await wants(world, voice=False)
    answer = await talk(world, "as a voice message", world.ann, world.channel)
    assert [a.filename[-4:] for a in answer.attachments] == [".ogg"]


async def test_where_no_files_may_be_attached_it_says_so_before_the_work(world):
    place = place_without(world, attach_files=None)
    answer = await talk(world, "a waltz please", world.ann, place, WALTZ)
    assert "I may not attach files in this channel" in answer.content
    assert world.studio.requests == []
    world.ear.hears("hello", ("chat", {}))
    assert (await talk(world, "hello", world.ann, place)).content  # words are fine


async def test_files_that_are_not_taken_after_all_are_told_how_to_get(world):
    world.studio.hold.clear()
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ, work=False)
    # The permission is taken away while the piece is being made.
    taken = discord.PermissionOverwrite(attach_files=False).pair()
    overwrite = Overwrite(me(world).id, OverwriteType.MEMBER, taken[0].value, taken[1].value)
    world.env.backend.set_overwrite(world.channel.id, overwrite)
    world.studio.hold.set()
    await world.work()
    answer = world.newest()
    assert answer.attachments == []
    assert "/piece show" in answer.content
    assert len(await world.rows("SELECT * FROM pieces")) == 1


async def test_nothing_is_said_where_we_may_not_write(world):
    place = place_without(world, send_messages=None)
    before = len(world.env.http_requests)
    await talk(world, "a waltz please", world.ann, place, WALTZ)
    assert len(world.env.http_requests) == before
    assert world.ear.heard == []


async def test_a_message_that_was_deleted_is_not_written_anew_before_the_end(world):
    await met(world)
    world.studio.hold.clear()
    waiting = await talk(world, "a waltz please", world.ann, None, WALTZ, work=False)
    dm = world.ann.user.dm_channel
    world.env.backend.delete_message(dm.id, waiting.id)
    world.studio.hold.set()
    await world.work()
    answer = world.newest(dm)
    assert answer.id != waiting.id
    assert len(answer.attachments) == 3
    assert len(texts(dm)) == 2
    nonces = [r.json["nonce"] for r in world.env.http_requests if r.json and "nonce" in r.json]
    assert len(set(nonces)) == 2  # not taken for the deleted one


async def test_a_channel_that_shut_meanwhile_is_told_in_person(world):
    world.studio.hold.clear()
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ, work=False)
    for verb in ("PATCH", "POST"):
        path = f"/channels/{world.channel.id}/messages*"
        world.env.inject_error(verb, path, status=403, code=50001, times=None)
    world.studio.hold.set()
    await world.work()
    told = world.newest(world.ann.user.dm_channel).content
    assert told.startswith(f"I may not write in <#{world.channel.id}> any more")
    assert "/piece show" in told
    found = await world.ann.user.slash("library")
    assert "Pieces: 1" in found.response.content


async def test_a_limit_lower_than_discord_says_leaves_the_large_file_out(tmp_path, monkeypatch):
    studio, original, sizes = TinyStudio(), DiscordFront._request, []
    studio.audio_bytes = 6 * 2**20

    async def picky(self, route, body):
        sizes.append([file.fp.getbuffer().nbytes for file in body.files or ()])
        if any(size > 5 * 2**20 for size in sizes[-1]):
            answer = SimpleNamespace(status=413, reason="Payload Too Large")
            raise discord.HTTPException(answer, {"code": 40005, "message": "too large"})
        return await original(self, route, body)

    monkeypatch.setattr(DiscordFront, "_request", picky)
    async with open_world(tmp_path, studio=studio) as world:
        await met(world)
        answer = await talk(world, "a waltz please", world.ann, None, WALTZ)
        assert [a.filename[-4:] for a in answer.attachments] == [".png", ".mid"]
        assert "MP3" in answer.content  # what is missing, and why
        assert [len(each) for each in sizes[-2:]] == [3, 2]


@pytest.fixture
async def threaded(world):
    """A thread that the bot opened after ann's third turn."""
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    second = await talk(world, "slower please", world.ann, world.channel, SLOWER)
    assert ":thread:" not in str(second.components)
    third = await talk(world, "slower please", world.ann, world.channel)
    await world.press(world.ann, third, "thread")
    (thread,) = world.channel.threads
    return thread


async def test_a_long_talk_is_offered_a_thread_that_takes_the_table_along(world, threaded):
    assert threaded.name.startswith("Evening *")
    hello = texts(threaded)[0]
    assert r"“Evening \*" in hello
    assert "only messages that mention me" in hello
    newest = (await world.rows("SELECT id FROM pieces ORDER BY number DESC"))[0][0]
    await talk(world, "slower please", world.ann, threaded)
    assert world.studio.requests[-1]["edit"]["source"] == newest
    # Undo reaches back to what was made in the channel.
    world.ear.hears("undo", ("undo", {}))
    undone = await talk(world, "undo", world.ann, threaded)
    assert newest in undone.attachments[0].filename


async def test_two_people_in_a_thread_share_its_table(world, threaded):
    await talk(world, "slower please", world.ann, threaded)
    made = (await world.rows("SELECT id FROM pieces ORDER BY number DESC"))[0][0]
    answer = await talk(world, "slower please", world.bob, threaded)
    assert world.studio.requests[-1]["edit"]["source"] == made
    # Either may take it back.
    await world.press(world.ann, answer, "back")
    await world.work()
    assert made in world.newest(threaded).attachments[0].filename
    assert await world.rows("SELECT count(*) FROM sessions WHERE shared") == [(1,)]
    # In the channel bob has a table of his own, which is empty.
    alone = await talk(world, "slower please", world.bob, world.channel)
    assert "table" in alone.content
    assert not alone.attachments


async def test_what_is_not_said_to_us_in_our_thread_is_not_answered(world, threaded):
    heard, seen = list(world.ear.heard), len(texts(threaded))
    await world.bob.send(threaded, "nice, but slower")
    await world.work()
    assert (world.ear.heard, len(texts(threaded))) == (heard, seen + 1)


async def test_a_thread_goes_on_after_a_restart(world, threaded):
    reborn = build(world.app.settings, world.db, world.studio, world.ear, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    newest = (await world.rows("SELECT id FROM pieces ORDER BY number DESC"))[0][0]
    await talk(world, "slower please", world.bob, threaded)
    assert world.studio.requests[-1]["edit"]["source"] == newest


async def _third(world, place):
    world.ear.hears("hello", ("chat", {}))
    for _ in range(3):
        answer = await talk(world, "hello", world.ann, place)
    return answer


async def test_no_thread_is_offered_where_the_server_or_its_permissions_do_not_want_it(world):
    await wants(world, threads=False)
    assert "thread" not in str((await _third(world, world.channel)).components)
    await wants(world)
    place = place_without(world, create_public_threads=None)
    assert "thread" not in str((await _third(world, place)).components)


async def test_only_who_talked_may_open_the_thread_and_once(world):
    third = await _third(world, world.channel)
    refused = await world.press(world.bob, third, "thread")
    assert refused.ephemeral
    assert world.channel.threads == []
    await world.press(world.ann, third, "thread")
    world.env.inject_error("POST", "/channels/*/threads", status=400, code=160004)
    again = await world.press(world.ann, third, "thread")
    assert "There is a thread under that message already" in again.followups[0].content
    assert len(world.channel.threads) == 1
