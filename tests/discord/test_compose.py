"""`/compose` from the words to the sound, in a server, in a direct message, in both languages."""

from __future__ import annotations

import asyncio
import json
import time

import discord
import pytest
from discord_world import TinyStudio, open_world


async def test_words_become_a_piece_with_files_recipe_and_buttons(both):
    asked = await both.ann.slash(both.channel, "compose", text="a calm waltz in D minor")
    waiting = asked.response
    assert (
        waiting.content
        == {
            "en-US": "🎼 Got it. You are next.",
            "zh-CN": "🎼 收到，马上开始。",
        }[both.locale]
    )
    assert both.custom_id(waiting, "cancel") == "segno:cancel:1"

    await both.work()
    answer = asked.response
    assert answer.id == waiting.id  # one message, edited in place
    kinds = [a.filename.rsplit(".")[-1] for a in answer.attachments]
    assert kinds == ["mp3", "png", "mid"]
    assert await answer.attachments[0].read() == _first_file(both, "mp3")
    assert {"en-US": "Waltz", "zh-CN": "圆舞曲"}[both.locale] in answer.content
    assert {"en-US": "D minor", "zh-CN": "D小调"}[both.locale] in answer.content
    assert "♩ = 96 · 3/4" in answer.content
    assert "1:00" in answer.content
    assert {"en-US": "seed", "zh-CN": "种子"}[both.locale] in answer.content
    assert {"en-US": "13 of 14", "zh-CN": "14 项检查中 13 项"}[both.locale] in answer.content
    assert "tempo: asked 96, found 97" in answer.content  # a failed check is said, not hidden
    labels = {c["label"] for row in answer.components for c in row["components"] if c["type"] == 2}
    assert (
        labels
        == {
            "en-US": {
                "Four variations",
                "Extend",
                "Again with changes",
                "Write words …",
                "MIDI",
                "MusicXML",
                "Delete",
            },
            "zh-CN": {"四个变奏", "延长", "修改后重做", "写词……", "MIDI", "MusicXML", "删除"},
        }[both.locale]
    )


def _first_file(world, kind):
    return next(world.app.settings.pieces_dir.glob(f"*/piece.{kind}")).read_bytes()


async def test_options_override_the_words(world):
    await world.compose(
        text="a calm waltz in D minor", style="tango", key="F# minor", tempo=140, meter="2/4",
        length="32 bars", instruments="flute, nylon_guitar", seed=7,
    )  # fmt: skip
    request = world.studio.requests[0]
    brief = request["brief"]
    assert (brief["style"], brief["key"], brief["tempo"]) == ("tango", "F# minor", 140)
    assert (brief["meter"], brief["bars"], brief["seconds"]) == ("2/4", 32, None)
    assert brief["instruments"] == ["flute", "nylon_guitar"]
    assert brief["moods"] == ["calm"]  # what no option names stays as it was said
    assert request["text"] == "a calm waltz in D minor"
    assert await world.rows("SELECT seed FROM jobs") == [(7,)]


@pytest.mark.parametrize(
    ("length", "seconds", "bars"),
    [("90", 90, None), ("1:30", 90, None), ("2 min", 120, None), ("45秒", 45, None),
     ("16 bars", None, 16), ("十六小节", None, 16)],
)  # fmt: skip
async def test_lengths_people_write(world, length, seconds, bars):
    await world.ann.slash(world.channel, "compose", style="waltz", length=length)
    (request,) = [json.loads(r[0]) for r in await world.rows("SELECT request FROM jobs")]
    assert (request["brief"]["seconds"], request["brief"]["bars"]) == (seconds, bars)


async def test_in_a_direct_message(both):
    ann = both.ann.user
    asked = await ann.slash("compose", text="a calm waltz")
    await both.work()
    assert len(asked.response.attachments) == 3
    assert await both.rows("SELECT guild_id, lane FROM jobs") == [(None, f"user:{ann.id}")]


async def test_commands_are_offered_to_servers_users_and_direct_messages(world):
    (sync,) = [r for r in world.env.http_requests if r.path.endswith("/commands")]
    by_name = {command["name"]: command for command in sync.json}
    server = by_name.pop("server")  # for those who manage one, and nowhere else
    assert (server["integration_types"], server["contexts"]) == ([0], [0])
    assert int(server["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
    assert set(by_name) == {
        "compose", "rework", "motif", "Work on this music", "piece", "library", "help", "settings",
        "privacy", "style", "arrange", "edit", "Arrange this", "lyrics", "song", "Write words",
        "recommend", "rate", "taste", "listening", "session",
    }  # fmt: skip
    for command in by_name.values():
        assert set(command["integration_types"]) == {0, 1}  # server install, user install
        assert set(command["contexts"]) == {0, 1, 2}  # server, bot's DM, other DMs and groups
    names = {"compose": "作曲", "lyrics": "写词", "song": "写歌"}
    for name, chinese in names.items():
        assert by_name[name]["name_localizations"]["zh-CN"] == chinese
        assert by_name[name]["description_localizations"]["zh-CN"]
        for option in by_name[name]["options"]:
            assert option["name_localizations"]["zh-CN"] != option["name"]
            assert option["description_localizations"]["zh-CN"]


@pytest.mark.parametrize(
    ("locale", "option", "typed", "value", "label"),
    [
        ("en-US", "style", "wal", "waltz", "Waltz"),
        ("en-US", "style", "bosa nva", "bossa_nova", "Bossa nova"),
        ("zh-CN", "style", "爵士", "swing", "摇摆爵士"),
        ("en-US", "mood", "wistful, cal", "wistful, calm", "Wistful, Calm"),
        ("en-US", "key", "d min", "D minor", "D minor"),
        ("zh-CN", "key", "D小", "D minor", "D小调"),
        ("en-US", "instruments", "piano, flu", "piano, flute", "Piano, Flute"),
        ("zh-CN", "instruments", "小提", "violin", "小提琴"),
    ],
)
async def test_autocomplete_finds_words_in_the_persons_language(
    world, locale, option, typed, value, label
):
    world.locale = locale
    offers = await world.ann.autocomplete(world.channel, "compose", option, typed)
    assert 1 <= len(offers) <= 25
    assert value in [o["value"] for o in offers][:3]
    names = {o["value"]: o["name"] for o in offers}
    assert names[value].casefold() == label.casefold()


async def test_autocomplete_offers_something_before_a_letter_is_typed(both):
    for option in ("style", "mood", "key", "purpose", "instruments"):
        offers = await both.ann.autocomplete(both.channel, "compose", option, "")
        assert 5 <= len(offers) <= 25


async def test_a_repeated_interaction_is_one_job_and_one_answer(world):
    await world.ann.slash(world.channel, "compose", text="a calm waltz")
    replay = next(p for k, n, p in world.env.backend.transcript if n == "INTERACTION_CREATE")
    world.env.backend.emit("INTERACTION_CREATE", replay)
    await world.env.settle()
    await world.work()
    assert await world.rows("SELECT count(*) FROM jobs") == [(1,)]
    assert len(world.studio.requests) == 1
    assert len(world.env.backend.messages[world.channel.id]) == 1


async def test_acknowledged_within_a_second_while_the_worker_is_saturated(tmp_path):
    studio = TinyStudio()
    studio.hold.clear()
    async with open_world(tmp_path, studio=studio, user_queued=50, guild_per_hour=99) as world:
        await world.ann.slash(world.channel, "compose", text="a calm waltz")
        await world.app.runner.step()
        slowest = 0.0
        for _ in range(20):
            start = time.perf_counter()
            asked = await world.bob.slash(world.channel, "compose", text="a wistful tango")
            slowest = max(slowest, time.perf_counter() - start)
            assert asked.acknowledged
        assert slowest < 1.0
        assert "Queued, 20th in line" in asked.response.content
        studio.hold.set()
        await world.work()
        assert await world.rows("SELECT DISTINCT state FROM jobs") == [("done",)]


async def test_progress_edits_the_one_message(both):
    both.studio.hold.clear()
    asked = await both.ann.slash(both.channel, "compose", text="a calm waltz")
    await both.app.runner.step()
    seen = set()
    for _ in range(200):
        await asyncio.sleep(0.005)
        seen.add(asked.response.content)
        if any("4/4" in text for text in seen):
            break
    last = next(text for text in seen if "4/4" in text)
    assert {"en-US": "recording", "zh-CN": "录音"}[both.locale] in last
    assert both.custom_id(asked.response, "cancel")
    both.studio.hold.set()
    await both.work()
    assert asked.response.attachments


async def test_cancel_stops_a_running_and_a_waiting_job(both):
    both.studio.hold.clear()
    first = await both.ann.slash(both.channel, "compose", text="a calm waltz")
    second = await both.ann.slash(both.channel, "compose", text="a calm tango")
    await both.app.runner.step()

    refused = await both.press(both.bob, first.response, "cancel")
    assert refused.ephemeral  # only the asker may

    await both.press(both.ann, first.response, "cancel")
    await both.press(both.ann, second.response, "cancel")
    await both.work()
    stopped = {"en-US": "Stopped, as you asked", "zh-CN": "已按你的要求停止"}[both.locale]
    for asked in (first, second):
        assert stopped in asked.response.content
        assert asked.response.components == []
    assert await both.rows("SELECT state FROM jobs") == [("cancelled",), ("cancelled",)]


async def test_as_a_user_installed_app_in_a_group_of_friends(world):
    ann = world.ann.user
    world.extra = {"context": 2, "authorizing_integration_owners": {"1": str(ann.id)}}
    asked = await ann.slash("compose", text="a calm waltz")
    await world.work()
    assert len(asked.response.attachments) == 3
    assert (await ann.click(asked.response, label="MIDI")).ephemeral


async def test_an_acknowledgement_that_came_too_late_loses_no_request(world):
    callback = "/interactions/*/callback"
    world.env.inject_error("POST", callback, status=404, code=10062)
    asked = await world.ann.slash(world.channel, "compose", text="a calm waltz")
    assert asked.response is None
    await world.work()
    assert len(world.newest().attachments) == 3  # as a message of its own
    assert await world.rows("SELECT delivery FROM jobs") == [("delivered",)]
