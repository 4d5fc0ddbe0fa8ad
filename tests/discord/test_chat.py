"""What is said to the bot: what it takes up, and the one message that answers and grows."""

from __future__ import annotations

import asyncio
import json

from chat_world import FOUR, SECOND, SLOWER, WALTZ, met, sent_file, talk, texts, typings
from discord_world import TinyStudio, open_world

from bot.agent.values import Asker
from bot.app import build
from bot.conversation.values import Page, Place
from bot.onboarding import REACT, SAY, WHO

TUNE = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"


async def test_a_direct_message_becomes_one_message_that_grows(world):
    await met(world)
    world.studio.hold.clear()
    before = len(world.env.http_requests)
    waiting = await talk(world, "a waltz please", world.ann, None, WALTZ, work=False)
    assert waiting.content == "🎼 Got it. You are next."
    assert "Cancel" in str(waiting.components)
    world.studio.hold.set()
    await world.work()
    answer = world.newest(world.ann.user.dm_channel)
    assert answer.id == waiting.id
    assert answer.content.startswith(r"“Evening \*")
    assert [a.filename[-4:] for a in answer.attachments] == [".mp3", ".png", ".mid"]
    # Typing was shown before anything else.
    assert world.env.http_requests[before].path.endswith("/typing")


async def test_what_is_not_addressed_is_not_answered(world):
    asked = await world.compose()
    before = len(world.env.http_requests)
    await world.ann.send(world.channel, "lovely, isn't it?")
    await world.ann.send(world.channel, "@everyone listen")
    await world.bob.send(world.channel, f"{world.ann.mention} what do you say?")
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, f"{world.me} a waltz")
    assert len(world.env.http_requests) == before
    assert world.ear.heard == []
    assert asked.response is not None


async def test_a_mention_is_answered_in_the_channel_and_heard_without_the_mention(world):
    world.ear.hears("a waltz please", WALTZ)
    asked = await world.ann.send(world.channel, f"{world.me}, a waltz please")
    await world.work()
    assert world.ear.heard == ["a waltz please"]
    assert len(world.newest().attachments) == 3
    (sent,) = [r.json for r in world.env.http_requests if r.json and "message_reference" in r.json]
    assert int(sent["message_reference"]["message_id"]) == asked.id
    assert (sent["nonce"], sent["enforce_nonce"]) == ("turn-1", True)
    assert typings(world) == 1


async def test_an_answer_to_our_message_is_about_its_piece(world):
    first = await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    await talk(world, "a waltz please", world.ann, world.channel)
    world.ear.hears("slower please", SLOWER)
    await world.ann.send(world.channel, "slower please", reply_to=first)
    await world.work()
    (edit,) = [r["edit"] for r in world.studio.requests if r["kind"] == "edit"]
    assert first.attachments[0].filename.split("-")[1] == edit["source"]


async def test_an_answer_to_a_slash_command_without_a_mention_is_told_why_it_is_not_read(world):
    asked = await world.compose()
    await world.ann.send(world.channel, "make it slower", reply_to=asked.response)
    assert "only when it mentions me" in world.newest().content
    assert world.ear.heard == []
    world.ear.hears("slower", SLOWER)
    await world.ann.send(world.channel, f"{world.me} slower", reply_to=asked.response)
    await world.work()
    assert world.studio.requests[-1]["edit"]["source"] == await _first(world)


async def _first(world):
    return (await world.rows("SELECT id FROM pieces ORDER BY number"))[0][0]


async def test_a_mention_alone_is_a_greeting(world):
    world.ear.hears("Hello!", ("chat", {}))
    await world.ann.send(world.channel, world.me)
    await world.work()
    assert world.ear.heard == ["Hello!"]
    assert world.channel.last_message.author.bot


async def test_a_message_that_comes_twice_is_one_turn(world):
    world.ear.hears("a waltz please", WALTZ)
    said = await world.ann.send(world.channel, f"{world.me} a waltz please")
    await world.app.client.cogs["Chat"].on_message(said)
    await world.work()
    assert await world.rows("SELECT count(*) FROM conversation_turns") == [(1,)]
    assert len(world.studio.requests) == 1
    assert sum(len(m.attachments) for m in world.channel.history()) == 3


async def test_a_message_longer_than_i_read_is_refused_politely(world):
    await met(world)
    world.ear.hears("hello", ("chat", {}))
    said = await world.ann.send_dm("hello")
    said.content, said.id = (
        "la " * 1300,
        said.id + 1,
    )  # as some may who pay; SimCord's people do not
    await world.app.client.cogs["Chat"].on_message(said)
    await world.work()
    assert "at most 2000 in one message" in world.newest(world.ann.user.dm_channel).content
    assert world.ear.heard == ["hello"]


async def test_strangers_get_three_messages_once_and_only_in_person(world):
    world.ear.hears("hello", ("chat", {}))
    await talk(world, "hello", world.bob, world.channel)
    assert WHO not in texts(world.channel)
    await talk(world, "hello", world.bob)
    assert texts(world.bob.user.dm_channel)[1:4] == [WHO, SAY, REACT]
    await talk(world, "hello", world.bob)
    assert texts(world.bob.user.dm_channel).count(WHO) == 1
    reborn = build(world.app.settings, world.db, world.studio, world.ear, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    await talk(world, "hello", world.bob)
    assert texts(world.bob.user.dm_channel).count(WHO) == 1
    assert all(len(text) < 500 for text in (WHO, SAY, REACT))


async def test_chinese_is_answered_in_chinese(world):
    await talk(world, "来一首圆舞曲", world.ann, None, ("compose", {"style": "圆舞曲"}))
    seen = texts(world.ann.user.dm_channel)
    assert seen[1].startswith("你好，我是 **Segno**")
    assert "种子" in seen[-1]


async def test_a_file_is_laid_on_the_table_and_then_arranged(world):
    await met(world)
    title = "@everyone **run**.mid"
    answer = await sent_file(world, world.ann, title, TUNE)
    assert answer.content.startswith(r"“\@everyone \*\*run\*\*” is on the table.")
    assert world.ear.heard == []  # a file's name is nothing that was said
    await talk(world, "make it a bossa", world.ann, None, ("arrange", {"style": "bossa"}))
    (asked,) = [r["arrangement"] for r in world.studio.requests]
    assert asked["style"] == "bossa_nova"
    assert (world.app.settings.data_dir / asked["source"]).read_bytes() == TUNE


async def test_a_file_that_is_no_music_is_refused_by_name(world):
    await met(world)
    answer = await sent_file(world, world.ann, "tax.pdf", b"%PDF-1.4")
    assert r"“tax.pdf” is not music I can read" in answer.content


async def test_one_of_several_takes_by_word(world):
    await met(world)
    await talk(world, "a waltz please", world.ann, None, WALTZ)
    takes = await talk(world, "four versions", world.ann, None, FOUR)
    assert [a.filename[:2] for a in takes.attachments] == ["1-", "2-", "3-", "4-"]
    chosen = await talk(world, "the second one", world.ann, None, SECOND)
    second = (await world.rows("SELECT id FROM pieces ORDER BY number"))[2][0]
    assert second in chosen.attachments[0].filename
    await talk(world, "slower please", world.ann, None, SLOWER)
    assert world.studio.requests[-1]["edit"]["source"] == second


async def test_one_of_several_takes_by_button_is_on_the_table(world):
    await met(world)
    await talk(world, "a waltz please", world.ann, None, WALTZ)
    takes = await talk(world, "four versions", world.ann, None, FOUR)
    assert takes.content.count("/piece show") == 4
    buttons = [c["custom_id"] for row in takes.components for c in row["components"]]
    await world.ann.user.click(takes, custom_id=buttons[2])
    await world.work()
    third = (await world.rows("SELECT id FROM pieces ORDER BY number"))[3][0]
    assert third in world.newest(world.ann.user.dm_channel).attachments[0].filename
    await talk(world, "slower please", world.ann, None, SLOWER)
    assert world.studio.requests[-1]["edit"]["source"] == third


async def test_what_a_command_made_is_on_the_table_of_who_talks_here(world):
    await met(world)
    await world.ann.user.slash("compose", text="a tango")
    await world.work()
    assert await world.rows("SELECT * FROM sessions") == []  # nobody talked yet
    await talk(world, "a waltz please", world.ann, None, WALTZ)
    await world.ann.user.slash("compose", text="a tango")
    await world.work()
    tango = (await world.rows("SELECT id FROM pieces ORDER BY number DESC"))[0][0]
    await talk(world, "slower please", world.ann, None, SLOWER)
    assert world.studio.requests[-1]["edit"]["source"] == tango


async def test_undo_and_redo_are_buttons_that_outlive_a_restart(world):
    await met(world)
    first = await talk(world, "a waltz please", world.ann, None, WALTZ)
    assert ":back:" not in str(first.components)
    slower = await talk(world, "slower please", world.ann, None, SLOWER)
    reborn = build(world.app.settings, world.db, world.studio, world.ear, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    await world.press(world.ann.user, slower, "back")
    await world.work()
    undone = world.newest(world.ann.user.dm_channel)
    assert undone.content.startswith("Undone: ")
    assert undone.attachments[0].filename == first.attachments[0].filename
    await world.press(world.ann.user, undone, "forth")
    await world.work()
    redone = world.newest(world.ann.user.dm_channel)
    assert redone.attachments[0].filename == slower.attachments[0].filename


async def test_only_who_asked_may_undo_in_a_channel(world):
    await talk(world, "a waltz please", world.ann, world.channel, WALTZ)
    slower = await talk(world, "slower please", world.ann, world.channel, SLOWER)
    refused = await world.press(world.bob, slower, "back")
    assert refused.ephemeral
    assert "Only the person who asked" in refused.response.content


async def test_cancel_in_the_middle_stops_at_once(world):
    await met(world)
    world.studio.hold.clear()
    waiting = await talk(world, "a waltz please", world.ann, None, WALTZ, work=False)
    serving = world.env.settle()
    await world.press(world.ann.user, waiting, "stop")
    await serving
    world.studio.hold.set()
    await world.work()
    stopped = world.newest(world.ann.user.dm_channel)
    assert stopped.id == waiting.id
    assert stopped.content == "Stopped, as you asked."
    assert stopped.components == []
    assert await world.rows("SELECT state FROM conversation_turns") == [("cancelled",)]
    assert await world.rows("SELECT * FROM pieces") == []


async def test_only_the_asker_may_press_cancel(world):
    world.studio.hold.clear()
    waiting = await talk(world, "a waltz please", world.ann, world.channel, WALTZ, work=False)
    refused = await world.press(world.bob, waiting, "stop")
    assert refused.followups[0].ephemeral
    assert "Only the person who asked" in refused.followups[0].content
    world.studio.hold.set()
    await world.work()
    assert len(world.env.backend.get_message(world.channel.id, waiting.id).attachments) == 3


async def test_a_doubt_is_asked_with_buttons_that_outlive_a_restart(world):
    await met(world)
    await talk(world, "a waltz please", world.ann, None, WALTZ)
    world.ear.hears("something with flutes", ("edit", {"instrument": "flutes"}), second="compose")
    asked = await talk(world, "something with flutes")
    assert "I am not sure" in asked.content
    buttons = [c for row in asked.components for c in row["components"]]
    assert len(buttons) == 2
    reborn = build(world.app.settings, world.db, world.studio, world.ear, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    await world.ann.user.click(asked, custom_id=buttons[0]["custom_id"])
    await world.work()
    answer = world.newest(world.ann.user.dm_channel)
    assert answer.id == asked.id
    assert len(answer.attachments) == 3
    assert ":option:" not in str(answer.components)


async def test_a_restart_in_the_middle_of_a_turn_goes_on_in_the_same_message(tmp_path):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio) as world:
        await met(world)
        waiting = await talk(world, "a waltz please", world.ann, None, WALTZ, work=False)
        # The first process is gone before its runner began; a second one opens the same database.
        reborn = build(world.app.settings, world.db, studio, world.ear, shard_count=1)
        await world.env.restart_bot(reborn.client)
        world.app = reborn
        await reborn.client.conversation.resume()
        await world.work()
        answer = world.newest(world.ann.user.dm_channel)
        assert answer.id == waiting.id
        assert len(answer.attachments) == 3
        assert len(studio.requests) == 1


async def test_markup_and_mentions_never_come_through_raw(world):
    await met(world)
    world.ear.hears(
        "**bold** <@1> @everyone `x`", ("show", {"which": "**bold** <@1> @everyone `x`"})
    )
    await talk(world, "**bold** <@1> @everyone `x`")
    seen = texts(world.ann.user.dm_channel)[-1]
    for raw in ("**bold**", "<@1>", " @everyone"):
        assert raw not in seen
    sent = [r.json for r in world.env.http_requests if isinstance(r.json, dict)]
    allowed = [body["allowed_mentions"] for body in sent if body.get("content")]
    assert allowed
    assert all(not a["parse"] and not a.get("replied_user") for a in allowed)


async def test_a_mind_that_breaks_blocks_nothing(tmp_path):
    async with open_world(tmp_path, expect=("a mind broke",)) as world:
        await met(world)
        listen = world.ear.listen

        async def fail(_):
            raise RuntimeError("no")

        world.ear.listen = fail
        answer = await talk(world, "a waltz please", world.ann, None, WALTZ)
        assert "could not make sense" in answer.content
        world.ear.listen = listen
        assert (await talk(world, "a waltz please")).attachments


async def test_a_fault_is_told_with_a_number_and_no_details(tmp_path):
    async with open_world(tmp_path, expect=("error ", "not this")) as world:
        await met(world)

        async def fail(*_):
            raise RuntimeError("not this")

        world.app.client.conversation.hear = fail
        answer = await talk(world, "a waltz please")
        assert "the number" in answer.content
        assert "not this" not in answer.content


async def test_cancel_between_two_steps_keeps_what_was_finished(world):
    await met(world)
    text = "a waltz, then slower"
    world.ear.hears(text, WALTZ, SLOWER)
    waiting = await talk(world, text, work=False)
    assert "1. compose" in waiting.content
    assert "2. change it" in waiting.content
    serving = asyncio.create_task(world.app.runner.drain())
    original, begun = world.studio.submit, asyncio.Event()

    async def holding(spec, on_progress):
        if json.loads(spec.request)["kind"] == "edit":
            world.studio.hold.clear()
            begun.set()
        return await original(spec, on_progress)

    world.studio.submit = holding
    await begun.wait()
    await world.app.client.conversation.cancel(1, world.ann.id)
    world.studio.hold.set()
    await serving
    await world.work()
    stopped = world.newest(world.ann.user.dm_channel)
    assert stopped.id == waiting.id
    assert "Stopped, as you asked." in stopped.content
    assert await world.rows("SELECT count(*) FROM pieces") == [(1,)]


async def test_what_is_said_meanwhile_is_done_afterwards(world):
    await met(world)
    world.studio.hold.clear()
    world.ear.hears("slower please", SLOWER)
    await talk(world, "a waltz please", world.ann, None, WALTZ, work=False)
    later = await talk(world, "slower please", work=False)
    assert later.content.startswith("Noted.")
    world.studio.hold.set()
    await world.work()
    answer = world.newest(world.ann.user.dm_channel)
    assert answer.id == later.id
    waltz, slower = [row[0] for row in await world.rows("SELECT id FROM pieces ORDER BY number")]
    assert world.studio.requests[-1]["edit"]["source"] == waltz
    assert slower in answer.attachments[0].filename


async def test_a_long_text_goes_on_in_further_messages(world):
    await met(world)
    world.ear.hears("hello", ("chat", {}))
    await talk(world, "hello")
    asker = Asker(world.ann.id, None, world.ann.user.dm_channel.id, "en")
    chords = "\n\n".join(f"Part {n}: " + "Dm A7 Bb F " * 30 for n in range(12))
    front = world.app.client.conversation.front
    sent = await front.show(Place(asker, None, None), Page(1, chords, "done"))
    await world.env.settle()
    parts = [m for m in world.ann.user.dm_channel.history() if m.id >= sent]
    assert len(parts) == 3
    assert " ".join(m.content for m in parts).split() == chords.split()
