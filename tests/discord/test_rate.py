"""`/rate`: stars and comments, with consent; what is made, saved and taken."""

from __future__ import annotations

import pytest

from bot.app import build
from storage import consent, deeds

LIKED = {
    "en-US": "I love the warm piano, but the drums are too loud",
    "zh-CN": "我很喜欢温暖的钢琴，就是鼓太吵了",
}


async def agree(world, who, *sources):
    sources = sources or ("reactions", "pieces")
    await world.db.run(consent.grant, who.id, sources, world.guild.id, world.app.client.now())


async def stored(world, columns="d.type, d.value"):
    return await world.rows(
        f"SELECT {columns} FROM deeds d JOIN items i ON i.id = d.item_id ORDER BY d.id"  # noqa: S608
    )


def answers(message):
    return {
        c["custom_id"].split(":", 2)[2][0]: c["custom_id"]
        for row in message.components
        for c in row["components"]
    }


async def rate(world, who, **options):
    return await who.slash(world.channel, "rate", piece=await world.piece_id(), **options)


async def test_stars_are_kept_and_the_last_ones_count(both):
    await both.compose()
    await agree(both, both.bob)
    asked = await rate(both, both.bob, stars=4)
    assert asked.ephemeral
    assert "★★★★☆" in asked.response.content
    await rate(both, both.bob, stars=2)
    piece = await both.piece_id()
    assert await stored(both, "i.kind, i.key, d.user_id, d.type, d.value") == [
        ("piece", piece, both.bob.id, "rated", 2.0)
    ]


async def test_a_rated_piece_knows_what_it_is_like(world):
    await world.compose(style="waltz", mood="calm")
    await agree(world, world.bob)
    await rate(world, world.bob, stars=5)
    tags = {tag for (tag,) in await world.rows("SELECT tag FROM item_tags WHERE user_id = 0")}
    assert {"waltz", "calm"} <= tags
    ((features,),) = await world.rows("SELECT features FROM items WHERE kind = 'piece'")
    assert features.count(",") > 20
    profile = await world.app.client.taste.profile(world.bob.id, world.guild.id)
    assert "waltz" in profile.vector.styles
    assert "calm" in profile.vector.moods


async def test_a_comment_becomes_tags_and_its_text_is_not_kept(both):
    await both.compose()
    await agree(both, both.bob)
    words = LIKED[both.locale]
    asked = await rate(both, both.bob, stars=4, comment=words)
    said = asked.response.content
    assert ("你喜欢它" if both.locale == "zh-CN" else "you like it") in said
    assert ("没有保存" if both.locale == "zh-CN" else "not kept") in said
    ((_, rated), (kind, valence)) = await stored(both)
    assert (rated, kind) == (4.0, "comment")
    assert 0 < valence <= 1
    own = "SELECT tag FROM item_tags WHERE user_id = ?"
    assert ("piano",) in await both.rows(own, both.bob.id)
    assert await both.rows("SELECT * FROM comments") == []
    dump = "\n".join(await both.db.run(lambda db: list(db.conn.iterdump())))
    assert words not in dump


async def test_a_comments_text_is_kept_when_asked_for(both):
    await both.compose()
    await agree(both, both.bob)
    words = LIKED[both.locale]
    await rate(both, both.bob, stars=4, comment=words, keep_text=True)
    assert await both.rows("SELECT user_id, text FROM comments") == [(both.bob.id, words)]


async def test_without_consent_the_stars_wait_and_the_comment_is_gone(both):
    await both.compose()
    asked = await rate(both, both.bob, stars=3, comment=LIKED[both.locale])
    form = asked.response
    assert asked.ephemeral
    assert ("你的评论没有保存" if both.locale == "zh-CN" else "comment is not kept") in form.content
    assert await stored(both) == []
    assert set(answers(form)) == {"h", "e", "n"}
    await both.bob.click(form, custom_id=answers(form)["h"])
    assert "★★★☆☆" in form.content
    assert form.components == []
    assert await stored(both) == [("rated", 3.0)]


async def test_the_question_survives_a_restart(world):
    await world.compose()
    asked = await rate(world, world.bob, stars=3)
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    await world.bob.click(asked.response, custom_id=answers(asked.response)["e"])
    assert await stored(world) == [("rated", 3.0)]
    assert await world.rows("SELECT DISTINCT guild_id FROM consents") == [(0,)]


async def test_no_means_nothing_is_kept(both):
    await both.compose()
    asked = await rate(both, both.bob, stars=3)
    await both.bob.click(asked.response, custom_id=answers(asked.response)["n"])
    assert ("什么都没有保存" if both.locale == "zh-CN" else "Nothing was kept") in (
        asked.response.content
    )
    for table in ("consents", "deeds", "items"):
        assert await both.rows(f"SELECT * FROM {table}") == []  # noqa: S608


async def test_somebody_who_paused_is_told_so(world):
    await world.compose()
    await agree(world, world.bob)
    paused = consent.TasteSettings(world.bob.id, paused=True)
    await world.db.run(consent.save_settings, paused)
    asked = await rate(world, world.bob, stars=3)
    assert "paused" in asked.response.content
    assert await stored(world) == []


async def test_a_piece_from_elsewhere_cannot_be_rated(world):
    await agree(world, world.bob)
    asked = await world.bob.slash(world.channel, "rate", piece="nothere1", stars=5)
    assert "no piece" in asked.response.content
    offered = await world.bob.autocomplete(world.channel, "rate", "piece", "waltz")
    assert list(offered) == []


async def test_what_is_made_counts_for_those_who_agreed_only(world):
    await agree(world, world.ann, "pieces")
    await world.compose()
    await world.compose(who=world.bob)
    assert await stored(world, "d.user_id, d.type") == [(world.ann.id, "made")]
    assert await world.rows("SELECT count(*) FROM items WHERE kind = 'piece'") == [(1,)]


@pytest.mark.parametrize("action", ["midi", "musicxml", "extend", "vary"])
async def test_what_is_taken_or_made_from_a_piece_counts_as_used(world, action):
    asked = await world.compose()
    await world.press(world.bob, asked.response, action)
    await world.work()
    assert await stored(world) == []
    await agree(world, world.bob, "pieces")
    await world.press(world.bob, asked.response, action)
    await world.work()
    types = [type for (type, _) in await stored(world)]
    assert types.count("used") == 1


async def test_a_deleted_piece_takes_what_was_said_of_it_along(world):
    asked = await world.compose()
    await agree(world, world.bob)
    await rate(world, world.bob, stars=5)
    await world.ann.react(asked.response, "❌")
    assert await stored(world) == []
    assert await world.db.run(deeds.of, world.bob.id, world.guild.id) == []
