"""`/recommend`: the first-time form, lists with reasons, what their buttons do, and restarts."""

from __future__ import annotations

import discord
import pytest

from bot.app import build
from bot.recommend_ui import Asked, Line, said, unkept_view
from models import vocabulary
from models.recommender.values import Reason
from storage import consent, deeds, impressions, items


def lines(text):
    return [line for line in text.splitlines() if line[:1].isdigit()]


def menu_of(message, action):
    return next(
        c
        for row in message.components
        for c in row["components"]
        if c["custom_id"].startswith(f"segno-menu:{action}:")
    )


def actions(message):
    return [c["custom_id"].split(":")[1] for row in message.components for c in row["components"]]


def choice(message, letter):
    """The custom id of the form's answer."""
    return next(
        c["custom_id"]
        for row in message.components
        for c in row["components"]
        if c["custom_id"].startswith(f"segno:agree:{letter}|")
    )


async def agree(world, who, *styles, guild=True, sources=("reactions", "pieces")):
    """Somebody who has agreed, and declared some styles."""
    place = world.guild.id if guild else 0
    await world.db.run(consent.grant, who.id, sources, place, world.app.client.now())
    if styles:
        await world.app.client.taste.declare(who.id, world.guild.id, styles=styles)


async def tables(world):
    names = ("consents", "deeds", "impressions", "listens", "item_tags", "comments", "items")
    found = {}
    for name in names:
        found[name] = (await world.rows(f"SELECT count(*) FROM {name}"))[0][0]  # noqa: S608
    return found


async def first_styles(world, *styles, what="styles", letter="h"):
    """Go through the first-time form."""
    asked = await world.ann.slash(world.channel, f"recommend {what}")
    form = asked.response
    await world.press(world.ann, form, "likes", list(styles))
    return form, await world.ann.click(form, custom_id=choice(form, letter))


async def test_a_stranger_is_asked_first_and_nothing_is_stored(both):
    asked = await both.ann.slash(both.channel, "recommend styles")
    assert asked.ephemeral
    chinese = both.locale == "zh-CN"
    assert ("你喜欢什么？" if chinese else "What do you like?") in asked.response.content
    options = menu_of(asked.response, "likes")["options"]
    assert len(options) == 25
    assert menu_of(asked.response, "likes")["max_values"] == 3
    await both.press(both.ann, asked.response, "likes", ["lofi", "swing"])
    assert set((await tables(both)).values()) == {0}
    chosen = [o["value"] for o in menu_of(asked.response, "likes")["options"] if o.get("default")]
    assert chosen == ["lofi", "swing"]


async def test_three_styles_kept_here_give_a_list_with_reasons(both):
    form, _ = await first_styles(both, "lofi", "boom_bap", "ambient")
    text = form.content
    assert len(lines(text)) == 5
    assert text.count("\n-# ") >= 5  # a reason under each
    assert text.count("🃏") == 1
    assert lines(text)[-1].startswith("5.")
    assert "🃏" in text.rsplit("\n5.", 1)[1]
    scopes = await both.rows("SELECT DISTINCT guild_id FROM consents")
    assert scopes == [(both.guild.id,)]
    declared = await both.rows(
        "SELECT i.key FROM deeds d JOIN items i ON i.id = d.item_id WHERE d.type = 'declared'"
    )
    assert {key for (key,) in declared} == {"lofi", "boom_bap", "ambient"}
    assert len(await both.rows("SELECT 1 FROM impressions")) == 5
    if both.locale == "zh-CN":
        assert "给你的风格" in text


async def test_everywhere_is_the_scope_zero(world):
    await first_styles(world, "lofi", letter="e")
    assert await world.rows("SELECT DISTINCT guild_id FROM consents") == [(0,)]


async def test_only_now_gives_a_list_and_stores_nothing(both):
    form, _ = await first_styles(both, "lofi", "boom_bap", "ambient", letter="n")
    first = lines(form.content)
    assert len(first) == 5
    assert set((await tables(both)).values()) == {0}
    assert "like" not in actions(form)
    # Composing, another place and another list work without anything being kept.
    values = [o["value"] for o in menu_of(form, "choose")["options"]]
    await both.press(both.ann, form, "choose", [values[2]])
    assert both.custom_id(form, "likethis") == f"segno:likethis:{values[2]}"
    await both.press(both.ann, form, "another")
    assert len(lines(form.content)) == 5
    assert set((await tables(both)).values()) == {0}
    await both.press(both.ann, form, "likethis")
    assert set((await tables(both)).values()) == {0}
    await both.work()
    kind, _, key = menu_of(form, "choose")["options"][0]["value"].partition(":")
    assert kind == "style"
    assert both.studio.requests[-1]["brief"]["style"] == key


async def test_only_now_without_styles_says_what_to_do(world):
    asked = await world.ann.slash(world.channel, "recommend moods")
    refused = await world.ann.click(asked.response, custom_id=choice(asked.response, "n"))
    assert "Choose up to three styles" in refused.response.content


async def test_a_list_that_is_not_kept_can_be_kept_after_all(world):
    form, _ = await first_styles(world, "lofi", letter="n")
    asked = await world.press(world.ann, form, "mayi")
    assert "May I remember it?" in asked.response.content
    await world.ann.click(asked.response, custom_id=choice(asked.response, "h"))
    assert "like" in actions(asked.response)


async def test_like_and_not_this_mark_the_line_and_are_stored(both):
    await agree(both, both.ann, "lofi")
    asked = await both.ann.slash(both.channel, "recommend styles")
    message = asked.response
    await both.press(both.ann, message, "place", ["2"])
    await both.press(both.ann, message, "like")
    assert lines(message.content)[2].endswith("👍")
    sql = "SELECT type FROM deeds WHERE type != 'declared'"
    assert await both.rows(sql) == [("like",)]
    # A change of mind: the last word counts.
    await both.press(both.ann, message, "dislike")
    assert lines(message.content)[2].endswith("👎")
    assert await both.rows(sql) == [("dislike",)]
    assert await both.rows("SELECT place, outcome FROM impressions WHERE outcome IS NOT NULL") == [
        (2, "dislike")
    ]


async def test_never_again_is_confirmed_and_can_be_undone(both):
    await agree(both, both.ann, "lofi")
    asked = await both.ann.slash(both.channel, "recommend styles")
    message = asked.response
    pressed = await both.press(both.ann, message, "never")
    assert lines(message.content)[0].endswith("🚫")
    told = pressed.followups[0]
    assert ("再也不会" if both.locale == "zh-CN" else "never suggest") in told.content
    assert len(await both.db.run(deeds.blocked, both.ann.id)) == 1
    await both.press(both.ann, told, "unnever")
    assert await both.db.run(deeds.blocked, both.ann.id) == set()
    assert told.components == []
    await both.press(both.ann, message, "place", ["1"])
    assert "🚫" not in message.content


async def test_why_tells_all_reasons_and_how_they_were_weighed(both):
    await agree(both, both.ann, "lofi", "ambient")
    asked = await both.ann.slash(both.channel, "recommend instruments")
    told = await both.press(both.ann, asked.response, "why")
    assert told.ephemeral
    said = told.response.content.splitlines()
    assert said[0] in lines(asked.response.content)[0]
    assert ("是这样衡量的：" if both.locale == "zh-CN" else "How it was weighed:") in said
    assert sum(line.startswith("- ") for line in said) >= 2


async def test_another_is_a_fresh_list_in_place(world):
    await agree(world, world.ann, "lofi")
    asked = await world.ann.slash(world.channel, "recommend styles")
    before = lines(asked.response.content)
    await world.press(world.ann, asked.response, "another")
    after = lines(asked.response.content)
    names = [{line.split("**")[1] for line in found} for found in (before, after)]
    assert names[0].isdisjoint(names[1])  # what was shown stays away for a while
    assert len(await world.rows("SELECT DISTINCT list_id FROM impressions")) == 2


async def test_a_list_works_after_a_restart(world):
    await agree(world, world.ann, "lofi")
    asked = await world.ann.slash(world.channel, "recommend styles")
    before = lines(asked.response.content)
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    await world.press(world.ann, asked.response, "place", ["3"])
    await world.press(world.ann, asked.response, "like")
    assert lines(asked.response.content)[3] == before[3] + " 👍"
    assert lines(asked.response.content)[:3] == before[:3]
    told = await world.press(world.ann, asked.response, "why")
    assert told.response.content.startswith("**")


@pytest.mark.parametrize("what", ["styles", "moods", "instruments", "progressions", "loops"])
async def test_one_press_opens_the_composer(world, what):
    await agree(world, world.ann, "lofi", "swing")
    asked = await world.ann.slash(world.channel, f"recommend {what}")
    (kind, key) = (await world.rows(
        "SELECT i.kind, i.key FROM impressions m JOIN items i ON i.id = m.item_id"
        " WHERE m.place = 0"
    ))[0]  # fmt: skip
    made = await world.press(world.ann, asked.response, "likethis")
    await world.work()
    brief = world.studio.requests[-1]["brief"]
    if kind == "style":
        assert brief["style"] == key
    elif kind == "mood":
        assert brief["moods"] == [key]
    elif kind == "instrument":
        assert brief["instruments"] == [key]
    elif kind == "progression":
        assert brief["chords"]
    assert any(a.filename.endswith(".mp3") for a in made.response.attachments)
    used = await world.rows("SELECT type FROM deeds WHERE type = 'used'")
    assert used == [("used",)]


async def test_a_piece_is_made_again_with_a_new_seed(world):
    await agree(world, world.ann, "waltz")
    await world.compose(who=world.bob, text="a calm waltz in D minor", seed=7)
    first = world.studio.requests[-1]
    await world.bob.react(world.newest(), "👍")
    piece = await world.piece_id()
    await agree(world, world.bob)
    await world.bob.react(world.newest(), "❤️")
    asked = await world.ann.slash(world.channel, "recommend pieces")
    assert await world.rows("SELECT key FROM items WHERE kind = 'piece'") == [(piece,)]
    await world.press(world.ann, asked.response, "likethis")
    await world.work()
    again = world.studio.requests[-1]
    assert {**again["brief"], "seed": None, "title": None} == {
        **first["brief"],
        "seed": None,
        "title": None,
    }
    assert len(await world.rows("SELECT DISTINCT seed FROM jobs")) == 2


async def test_an_artist_is_composed_like_by_the_style_of_its_tags(both):
    await agree(both, both.ann, "lofi")
    known, _ = await both.db.run(
        items.ensure, [("artist", "a", "Blue Trio", ""), ("artist", "b", "Nobody", "")]
    )
    await both.db.run(items.tag, known, {"bebop": 1.0, "piano": 0.5})
    form = await press_like(both, "a")
    await both.work()
    assert both.studio.requests[-1]["brief"]["style"] == "bebop"
    name = vocabulary.load().styles["bebop"].name("zh" if both.locale == "zh-CN" else "en")
    assert "Blue Trio" in form.response.content
    assert name in form.response.content
    refused = await press_like(both, "b")
    assert "Nobody" in refused.response.content
    assert "/compose" in refused.response.content


async def press_like(world, key):
    """Press “compose like this” for an artist of a list that is not kept."""
    line = Line("artist", key, key, "", Reason("popular", ""), wildcard=False, place=0)
    shown = unkept_view(Asked("artist"), [line], "", "en")
    place = world.app.client.get_partial_messageable(world.channel.id)
    await place.send("x", view=shown, allowed_mentions=discord.AllowedMentions.none())
    return await world.press(world.ann, world.newest(), "likethis")


async def test_for_us_is_public_and_says_whose_tastes(both):
    for who, styles in ((both.ann, ("lofi", "ambient")), (both.bob, ("swing", "ambient"))):
        await agree(both, who, *styles, sources=("reactions", "together"))
    asked = await both.ann.slash(both.channel, "recommend for-us", member1=both.bob)
    assert not asked.ephemeral
    text = asked.response.content
    assert f"<@{both.ann.id}>" in text
    assert f"<@{both.bob.id}>" in text
    assert 1 <= len(lines(text)) <= 5
    card = await both.press(both.bob, asked.response, "card", ["0"])
    assert card.ephemeral
    await both.press(both.bob, card.response, "like")
    assert card.response.content.endswith("👍")
    assert asked.response.content == text  # what others press is theirs
    sql = "SELECT user_id FROM deeds WHERE type = 'like'"
    assert await both.rows(sql) == [(both.bob.id,)]


async def test_too_few_for_us_can_be_counted_in_with_one_press(both):
    await agree(both, both.ann, "lofi", sources=("reactions", "together"))
    asked = await both.ann.slash(both.channel, "recommend for-us")
    assert lines(asked.response.content) == []
    await both.press(both.bob, asked.response, "countin")
    sql = "SELECT guild_id FROM consents WHERE user_id = ? AND source = 'together'"
    assert await both.rows(sql, both.bob.id) == [(both.guild.id,)]
    await agree(both, both.bob, "swing")
    await both.press(both.ann, asked.response, "another")
    assert f"<@{both.bob.id}>" in asked.response.content


async def test_only_those_a_list_is_for_can_have_another(world):
    carl = world.guild.add_member(world.env.create_user("carl"))
    for who in (world.ann, world.bob):
        await agree(world, who, "lofi", sources=("reactions", "together"))
    asked = await world.ann.slash(world.channel, "recommend for-us", member1=world.bob)
    refused = await world.press(carl, asked.response, "another")
    assert "Only those this list is for" in refused.response.content


async def test_a_card_pressed_by_a_stranger_asks_for_consent_first(world):
    carl = world.guild.add_member(world.env.create_user("carl"))
    for who in (world.ann, world.bob):
        await agree(world, who, "lofi", sources=("reactions", "together"))
    asked = await world.ann.slash(world.channel, "recommend for-us", member1=world.bob)
    card = await world.press(carl, asked.response, "card", ["0"])
    form = await world.press(carl, card.response, "like")
    assert "May I remember it?" in form.response.content
    assert await world.rows("SELECT 1 FROM deeds WHERE type = 'like'") == []
    await carl.click(form.response, custom_id=choice(form.response, "h"))
    assert form.response.content.endswith("👍")
    assert await world.rows("SELECT user_id FROM deeds WHERE type = 'like'") == [(carl.id,)]


async def test_nothing_to_suggest_says_what_to_do(both):
    await agree(both, both.ann)
    for what, command in (("artists", "/listening"), ("tracks", "/listening"), ("pieces", "/comp")):
        asked = await both.ann.slash(both.channel, f"recommend {what}")
        assert asked.ephemeral
        assert command in asked.response.content


async def test_a_list_that_is_gone_says_so(world):
    await agree(world, world.ann, "lofi")
    asked = await world.ann.slash(world.channel, "recommend styles")
    await world.db.run(impressions.drop, world.app.client.now() + 1)
    refused = await world.press(world.ann, asked.response, "like")
    assert "do not keep that list" in refused.response.content


async def test_compose_with_ones_taste_says_what_it_used(both):
    await agree(both, both.ann, "bossa_nova")
    asked = await both.compose(text="one minute", taste="mine")
    brief = both.studio.requests[-1]["brief"]
    assert brief["style"] == "bossa_nova"
    assert brief["seconds"] == 60
    name = vocabulary.load().styles["bossa_nova"].name("zh" if both.locale == "zh-CN" else "en")
    assert name in asked.response.content


async def test_words_come_before_taste(world):
    await agree(world, world.ann, "bossa_nova")
    await world.compose(text="a waltz I would like")
    assert world.studio.requests[-1]["brief"]["style"] == "waltz"


async def test_taste_alone_is_enough_to_compose(world):
    await agree(world, world.ann, "bossa_nova")
    await world.compose(taste="mine")
    assert world.studio.requests[-1]["brief"]["style"] == "bossa_nova"


async def test_something_we_would_all_like(both):
    for who in (both.ann, both.bob):
        await agree(both, who, "bossa_nova", sources=("reactions", "together"))
    chinese = both.locale == "zh-CN"
    text = "来一首我们都会喜欢的曲子" if chinese else "compose something we'd all like"
    asked = await both.compose(text=text)
    assert both.studio.requests[-1]["brief"]["style"]
    assert f"<@{both.bob.id}>" in asked.response.content


async def test_ours_alone_says_how_others_join(world):
    await agree(world, world.ann, "bossa_nova", sources=("reactions", "together"))
    asked = await world.ann.slash(world.channel, "compose", text="calm", taste="ours")
    assert asked.ephemeral
    assert "/recommend for-us" in asked.response.content


def test_what_a_list_was_asked_for_fits_into_a_button():
    ids = tuple(2**63 + n for n in range(6))
    asked = Asked("for-us", "average", ids)
    assert len(asked.key) <= 80
    assert Asked.of(asked.key) == asked
    longest = sorted((s.id for s in vocabulary.load().styles), key=len)[-3:]
    alone = Asked("progression", declared=tuple(longest))
    assert len(alone.key) <= 80
    assert Asked.of(alone.key) == alone


async def test_in_a_direct_message_everywhere_is_the_only_scope(world):
    asked = await world.ann.user.slash("recommend moods")
    form = asked.response
    answers = [a for a in actions(form) if a == "agree"]
    assert len(answers) == 2  # keep it, or do not
    await world.ann.user.click(form, custom_id=choice(form, "e"))
    assert await world.rows("SELECT DISTINCT guild_id FROM consents") == [(0,)]
    assert len(lines(form.content)) == 5


async def test_a_song_asks_taste_too(world):
    await agree(world, world.ann, "bossa_nova")
    await world.ann.slash(world.channel, "song", text="a song I would like, about the sea")
    await world.work()
    request = world.studio.requests[-1]
    assert (request["kind"], request["brief"]["style"]) == ("song", "bossa_nova")


async def test_the_form_keeps_nothing_of_somebody_who_paused(world):
    await world.db.run(consent.save_settings, consent.TasteSettings(world.ann.id, paused=True))
    asked = await world.ann.slash(world.channel, "recommend styles")
    assert "paused" in asked.response.content
    assert asked.response.components == []


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_longest_list_fits_into_a_message(locale):
    title = "*" * 300
    reason = Reason(
        "because", "Because of {names}, which you listen to or liked.", {"names": title}
    )
    found = [
        Line("track", f"{title}{n}", title, title, reason, wildcard=n == 4, place=n, mark="like")
        for n in range(5)
    ]
    text = said(Asked("track"), found, locale, [(reason.template, reason.values)] * 3, title)
    assert len(text) <= 2000
    assert all(f"\n{n}. " in text for n in range(1, 6))
    shown = unkept_view(Asked("track"), found, found[3].value, locale)
    menu = next(item.item for item in shown.children if hasattr(item.item, "options"))
    assert len({option.value for option in menu.options}) == 5
    assert [o.default for o in menu.options] == [False, False, False, True, False]
    assert all(len(o.label) <= 100 for o in menu.options)
