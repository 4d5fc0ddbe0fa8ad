"""`/server`: what managers decide, and that commands keep to it."""

from __future__ import annotations

import discord
import pytest
from discord_world import open_world

VOICE = 1 << 13


@pytest.fixture
def boss(world):
    """Somebody who may manage the server."""
    role = world.guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("eve"), roles=[role])


async def test_managers_see_and_change_how_things_are(world, boss):
    shown = await boss.slash(world.channel, "server show")
    assert shown.ephemeral
    assert "Channels where I answer: all" in shown.response.content
    assert "Requests an hour: 20 (at most 20)" in shown.response.content
    changed = await boss.slash(
        world.channel, "server set", language="zh", per_hour=2, voice=False, threads=False
    )
    assert changed.ephemeral
    for line in ("语言：中文", "2（最多 20）", "语音消息：关", "子区：关"):
        assert line in changed.response.content
    again = await boss.slash(world.channel, "server show")
    assert again.response.content == changed.response.content
    back = await boss.slash(world.channel, "server set", language="auto", per_hour=0)
    assert "Requests an hour: 20" in back.response.content


async def test_more_than_the_owner_allows_is_refused(world, boss):
    refused = await boss.slash(world.channel, "server set", per_hour=21)
    assert refused.ephemeral
    assert "allows 20 requests an hour" in refused.response.content


async def test_others_cannot_even_if_discord_shows_them_the_command(world):
    (command,) = [c for c in await world.app.client.tree.fetch_commands() if c.name == "server"]
    world.guild.set_command_permissions(command, {world.ann: True})
    refused = await world.ann.slash(world.channel, "server set", per_hour=1)
    assert "Only somebody who may manage" in refused.response.content
    assert await world.rows("SELECT * FROM guild_settings") == []


async def test_the_hourly_quota_of_a_server_holds_there_and_only_there(world, boss):
    await boss.slash(world.channel, "server set", per_hour=1)
    await world.compose()
    refused = await world.bob.slash(world.channel, "compose", text="a tango")
    assert "has asked for 1 pieces in the last hour" in refused.response.content
    elsewhere = await world.bob.user.slash("compose", text="a tango")
    assert "You are next" in elsewhere.response.content


async def test_the_servers_language_is_used_where_a_person_chose_none(world, boss):
    await boss.slash(world.channel, "server set", language="zh")
    asked = await world.compose()
    assert "种子" in asked.response.content
    await world.ann.slash(world.channel, "settings", language="en")
    assert "seed" in (await world.compose()).response.content
    in_person = await world.bob.user.slash("compose", text="a tango")
    assert "You are next" in in_person.response.content


async def test_a_server_without_voice_messages_gets_none(world, boss):
    await world.ann.slash(world.channel, "settings", voice=True)
    await boss.slash(world.channel, "server set", voice=False)
    asked = await world.compose()
    assert world.newest().id == asked.response.id  # nothing after it
    assert not any(m.flags.value & VOICE for m in world.channel.history())
    taken = await world.press(world.ann, asked.response, "more", ["voice"])
    await world.work()
    # Who asks for the file gets it as a file.
    assert [a.filename[-4:] for a in taken.response.attachments] == [".ogg"]
    assert not any(m.flags.value & VOICE for m in world.channel.history())


async def test_commands_in_other_channels_are_told_where_to_go(world, boss):
    lounge = world.guild.create_text_channel("lounge")
    await boss.slash(lounge, "server channels allow", channel=world.channel)
    refused = await world.ann.slash(lounge, "compose", text="a calm waltz")
    assert refused.ephemeral
    assert refused.response.content == (
        f"Here I stay quiet; this server wants me in <#{world.channel.id}>."
    )
    assert (await world.compose()).response.attachments
    assert (await world.ann.slash(lounge, "help")).ephemeral  # disturbs nobody
    everywhere = await boss.slash(lounge, "server channels all")
    assert "answer: all" in everywhere.response.content
    assert (await world.compose(place=lounge)).response.attachments


async def test_the_last_channel_cannot_be_taken_away(world, boss):
    unknown = await boss.slash(world.channel, "server channels remove", channel=world.channel)
    assert "not on the list" in unknown.response.content
    await boss.slash(world.channel, "server channels allow", channel=world.channel)
    refused = await boss.slash(world.channel, "server channels remove", channel=world.channel)
    assert "the only channel" in refused.response.content
    lounge = world.guild.create_text_channel("lounge")
    await boss.slash(world.channel, "server channels allow", channel=lounge)
    done = await boss.slash(world.channel, "server channels remove", channel=world.channel)
    assert f"answer: <#{lounge.id}>" in done.response.content


async def test_leaving_a_server_forgets_its_settings(tmp_path):
    async with open_world(tmp_path) as world:
        owner = world.env.create_user("owner")
        club = world.env.create_guild("Other", owner=owner)
        place = club.create_text_channel("music")
        host = club.add_member(owner)
        await host.slash(place, "server set", per_hour=3)
        assert len(await world.rows("SELECT * FROM guild_settings")) == 1
        world.env.backend.emit("GUILD_DELETE", {"id": str(club.id)})
        await world.env.settle()
        assert await world.rows("SELECT * FROM guild_settings") == []
