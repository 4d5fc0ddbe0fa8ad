"""Bad input: one clear sentence to the asker alone, in their language, and no job."""

from __future__ import annotations

import discord
import pytest
from discord_world import Refusal, TinyStudio, open_world

CASES = {
    "nothing": ({}, "Tell me what to compose", "请告诉我要写什么"),
    "blanks": ({"text": "   "}, "Tell me what to compose", "请告诉我要写什么"),
    "an essay": ({"text": "calm " * 800}, "I read at most 2000", "我最多读 2000 个"),
    "a style nobody plays": ({"style": "polkka-step"}, "did you mean", "你是想说"),
    "an impossible tempo": ({"text": "waltz", "tempo": 5000}, "5000 bpm", "5000 bpm"),
    "three hours": ({"text": "waltz", "length": "3 hours"}, "10800 seconds", "10800 秒"),
    "a length in words": ({"text": "waltz", "length": "ages"}, "“ages”", "“ages”"),
    "no such key": ({"text": "waltz", "key": "H sharp"}, "“H sharp”", "“H sharp”"),
    "a seed below zero": ({"text": "waltz", "seed": -1}, "whole number", "整数"),
    "too many bars for this bot": (
        {"text": "waltz", "length": "250 bars", "tempo": 100, "meter": "3/4"},
        "450 seconds",
        "450 秒",
    ),
    "too long for this bot": ({"text": "waltz", "length": "500"}, "500 seconds", "500 秒"),
}


@pytest.mark.parametrize("case", CASES)
async def test_bad_input_gets_one_clear_sentence(both, case):
    options, english, chinese = CASES[case]
    answer = await both.ann.slash(both.channel, "compose", **options)
    assert answer.ephemeral
    assert {"en-US": english, "zh-CN": chinese}[both.locale] in answer.response.content
    assert len(answer.response.content) < 400
    assert await both.rows("SELECT count(*) FROM jobs") == [(0,)]


async def test_the_nearest_style_is_offered_in_the_persons_language(both):
    answer = await both.ann.slash(both.channel, "compose", style="bossa nowa nova")
    offered = {"en-US": "“Bossa nova”", "zh-CN": "“波萨诺瓦”"}[both.locale]
    assert offered in answer.response.content


async def test_contradictory_key_and_chords(both):
    text = "key: C major\nchords: F# | C# | G# | D#"
    asked = await both.compose(text="a calm waltz")
    shown = await both.press(both.ann, asked.response, "again")
    form = {"text": "a calm waltz", "settings": text, "seed": ""}
    answer = await both.ann.submit_modal(shown, form)
    assert answer.ephemeral
    said = {"en-US": "are not in C major", "zh-CN": "不属于"}[both.locale]
    assert said in answer.response.content


async def test_no_permission_to_attach_files_is_said_before_the_work(both):
    mute = discord.PermissionOverwrite(attach_files=False)
    channel = both.guild.create_text_channel("no-files", overwrites={both.guild.default_role: mute})
    answer = await both.ann.slash(channel, "compose", text="a calm waltz")
    assert answer.ephemeral
    said = {"en-US": "Attach Files", "zh-CN": "附加文件"}[both.locale]
    assert said in answer.response.content
    assert await both.rows("SELECT count(*) FROM jobs") == [(0,)]


async def test_too_many_requests_say_when_to_come_back(tmp_path):
    async with open_world(tmp_path, user_queued=1) as world:
        for _ in range(2):
            await world.ann.slash(world.channel, "compose", text="a calm waltz")
        third = await world.ann.slash(world.channel, "compose", text="a calm waltz")
        assert third.ephemeral
        assert "already have 2 requests" in third.response.content
        assert await world.rows("SELECT count(*) FROM jobs") == [(2,)]


async def test_a_refusal_of_the_worker_becomes_the_answer(both):
    both.studio.error = Refusal("There is no instrument left to play; leave at least one in.")
    asked = await both.compose()
    said = {"en-US": "no instrument left", "zh-CN": "没有剩下能演奏的乐器"}[both.locale]
    assert said in asked.response.content
    assert asked.response.components == []


async def test_a_surprise_shows_a_number_and_no_trace(tmp_path):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio, expect=["error "]) as world:

        async def broken(*_):
            raise ZeroDivisionError("secret detail")

        world.app.client.actions["extend"] = broken
        asked = await world.compose()
        answer = await world.press(world.ann, asked.response, "extend")
        assert answer.ephemeral
        assert "Something went wrong on my side" in answer.response.content
        assert "secret" not in answer.response.content
        assert "Zero" not in answer.response.content


async def test_a_piece_of_another_server_cannot_be_taken(world):
    await world.compose()
    piece = await world.piece_id()
    elsewhere = world.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("general")
    eve = elsewhere.add_member(world.env.create_user("eve"))
    answer = await eve.slash(channel, "piece show", id=piece)
    assert answer.ephemeral
    assert "I know no piece" in answer.response.content
