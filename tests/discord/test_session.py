"""`/session`: what is on the table, whose it is, and clearing it."""

from __future__ import annotations

import json
import time

import pytest

from bot.agent import memory
from bot.agent import session as sessions
from bot.agent.values import Asker, Option, Question
from storage import sessions as rows
from storage import turns
from storage.db import write

HOW = ("“{title}” is on the table.", {"title": "x"})


async def seated(world, who, *piece_ids, shared=False, channel=None):
    """A session with these pieces on its table, one made from the other."""
    place = channel or world.channel
    asker = Asker(who.id, world.guild.id, place.id, "en")
    session = await memory.load(world.db, asker, shared, time.time())
    for above, id in zip((None, *piece_ids), piece_ids, strict=False):
        session = sessions.put(session, id, above, "", HOW, time.time())
    session = sessions.said(session, "person", "a calm waltz")
    return await memory.save(world.db, session, time.time())


def _moved_away(db, piece_id):
    with write(db):
        db.conn.execute(
            "UPDATE pieces SET guild_id = 1, channel_id = 1, owner_id = 99 WHERE id = ?", [piece_id]
        )


def _given_away(db, session_id):
    with write(db):
        db.conn.execute("UPDATE sessions SET owner_id = 99 WHERE id = ?", [session_id])


async def two_pieces(world):
    ids = []
    for seed in (1, 2):
        await world.compose(text="a calm waltz", seed=seed)
        ids.append(await world.piece_id())
    return ids


async def test_before_the_first_word_there_is_nothing(both):
    for command in ("session show", "session clear"):
        answer = await both.ann.slash(both.channel, command)
        assert answer.ephemeral
        assert {"en-US": "no session here yet", "zh-CN": "还没有会话"}[both.locale] in (
            answer.response.content
        )
        assert not answer.response.components


async def test_the_table_its_versions_and_the_question_are_shown(both):
    first, second = await two_pieces(both)
    session = await seated(both, both.ann, first, second)
    question = Question(
        ("Which rhyme scheme?", {}), (Option(("Cancel", {}), ()), Option(("Delete", {}), ()))
    )
    session = sessions.ask(sessions.offer(session, [first, second]), question)
    session = sessions.listed(session, "l", ["*Bach* @everyone"])
    await memory.save(both.db, sessions.offer(session, [first, second]), time.time())
    answer = await both.ann.slash(both.channel, "session show")
    text = answer.response.content
    assert answer.ephemeral
    assert {"en-US": "**On the table:**", "zh-CN": "**桌上：**"}[both.locale] in text
    lines = text.split("\n")
    assert second in lines[0]
    (parent,) = [line for line in lines if line.startswith("• ")]
    (child,) = [line for line in lines if line.startswith("\u2003▸ ")]
    assert first in parent
    assert second in child
    assert {"en-US": "Steps back: 1", "zh-CN": "可撤销 1 步"}[both.locale] in text
    assert {"en-US": "Cancel / Delete", "zh-CN": "取消 / 删除"}[both.locale] in text
    assert "\\*Bach\\*" in text
    assert "1. “" in text
    assert {"en-US": "the last 1 things", "zh-CN": "最近说过的 1 句话"}[both.locale] in text
    assert "<t:" in text


async def test_clearing_by_command_and_by_button(both):
    first, _ = await two_pieces(both)
    await seated(both, both.ann, first)
    cleared = await both.ann.slash(both.channel, "session clear")
    assert cleared.ephemeral
    assert {"en-US": "Cleared", "zh-CN": "已清空"}[both.locale] in cleared.response.content
    assert await both.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert await both.rows("SELECT count(*) FROM pieces WHERE deleted IS NULL") == [(2,)]

    await seated(both, both.ann, first)
    shown = await both.ann.slash(both.channel, "session show")
    await both.press(both.ann, shown.response, "tableclear")
    assert await both.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert {"en-US": "Cleared", "zh-CN": "已清空"}[both.locale] in shown.response.content


async def test_each_person_has_their_own_and_a_button_is_ones_own(world):
    first, _ = await two_pieces(world)
    session = await seated(world, world.ann, first)
    assert "no session" in (await world.bob.slash(world.channel, "session show")).response.content
    shown = await world.ann.slash(world.channel, "session show")
    await world.db.run(_given_away, session.id)
    refused = await world.press(world.ann, shown.response, "tableclear")
    assert "Only somebody who has talked" in refused.response.content
    assert await world.db.run(rows.get, session.id) is not None
    await world.db.run(rows.delete, session.id)
    gone = await world.press(world.ann, shown.response, "tableclear")
    assert "cleared already" in gone.response.content


async def test_a_version_that_one_may_not_see_is_not_named(world):
    first, second = await two_pieces(world)
    title = (await world.rows("SELECT title FROM pieces WHERE id = ?", first))[0][0]
    await seated(world, world.bob, first, second)
    await world.db.run(_moved_away, first)
    text = (await world.bob.slash(world.channel, "session show")).response.content
    assert first not in text
    assert title.strip("*") not in text
    assert "you may not see here" in text
    assert second in text


async def test_in_a_direct_message(world):
    ann = world.ann.user
    await ann.slash("compose", text="a calm waltz")
    await world.work()
    dm = (await world.rows("SELECT channel_id FROM pieces"))[0][0]
    asker = Asker(ann.id, None, dm, "en")
    session = await memory.load(world.db, asker, False, time.time())
    session = sessions.put(session, await world.piece_id(), None, "", HOW, time.time())
    await memory.save(world.db, session, time.time())
    assert await world.piece_id() in (await ann.slash("session show")).response.content
    await ann.slash("session clear")
    assert await world.rows("SELECT count(*) FROM sessions") == [(0,)]


async def test_what_is_being_made_outlives_the_clearing(world):
    session = await seated(world, world.ann)
    turn, _ = await world.db.run(
        turns.add, session_id=session.id, user_id=world.ann.id, guild_id=world.guild.id,
        channel_id=world.channel.id, locale="en", message_id=1, text="a waltz", now=time.time(),
    )  # fmt: skip
    await world.ann.slash(world.channel, "session clear")
    kept = await world.db.run(turns.get, turn.id)
    assert kept.session_id != session.id
    assert (await world.db.run(rows.get, kept.session_id)).state == "{}"


async def test_privacy_tells_exports_and_forgets_what_was_said(both):
    first, _ = await two_pieces(both)
    session = await seated(both, both.ann, first)
    await both.db.run(
        turns.add, session_id=session.id, user_id=both.ann.id, guild_id=both.guild.id,
        channel_id=both.channel.id, locale="en", message_id=1, text="a waltz", now=time.time(),
    )  # fmt: skip
    told = (await both.ann.slash(both.channel, "privacy show")).response.content
    assert {"en-US": "messages to me (1)", "zh-CN": "对我说的话（1）"}[both.locale] in told
    asked = await both.ann.slash(both.channel, "privacy forget")
    await both.press(both.ann, asked.response, "forget")
    assert await both.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert await both.rows("SELECT count(*) FROM conversation_turns") == [(0,)]


@pytest.mark.parametrize("state", ['{"versions": 3}', "{}", json.dumps({"table": "gone"})])
async def test_a_table_that_cannot_be_read_is_empty(world, state):
    session = await seated(world, world.ann)
    await world.db.run(rows.save, session.id, state, time.time())
    text = (await world.ann.slash(world.channel, "session show")).response.content
    assert "table" in text
