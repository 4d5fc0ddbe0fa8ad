"""`/taste`: pictures of one's own taste, of two people, of a server; and saying it oneself."""

from __future__ import annotations

import io

import discord
import pytest
from PIL import Image

from bot.app import build
from models.recommender import names
from storage import consent, items, listens

DAY = 86400


def english(world):
    return world.locale == "en-US"


async def agree(world, who, *sources, everywhere=False):
    place = 0 if everywhere else world.guild.id
    sources = sources or ("reactions", "pieces", "listening")
    await world.db.run(consent.grant, who.id, sources, place, world.app.client.now())


async def hear(world, who, plays):
    """Store plays of artists, the last a month apart each."""
    now = world.app.client.now()

    def add(db):
        rows = [("artist", names.artist_key(name), name, "") for name in plays]
        ids = items.ensure(db, rows)
        listened = [
            (id, int(now // DAY) - 30 * at, count)
            for at, (id, count) in enumerate(zip(ids, plays.values(), strict=True))
        ]
        listens.add(db, who.id, world.guild.id, "spotify", listened, now)

    await world.db.run(add)


async def likes(world, who, *styles, moods=()):
    await agree(world, who)
    await world.app.client.taste.declare(who.id, world.guild.id, styles=styles, moods=moods)


async def picture_of(message):
    (file,) = message.attachments
    image = Image.open(io.BytesIO(await file.read()))
    assert image.format == "PNG"
    assert image.width == 1280
    return file, image


async def test_who_agreed_to_nothing_is_asked_first_and_then_shown(both):
    asked = await both.ann.slash(both.channel, "taste me")
    assert asked.ephemeral
    assert asked.response.attachments == []
    assert await both.rows("SELECT * FROM consents") == []
    await both.press(both.ann, asked.response, "likes", ["rock", "swing", "ambient"])
    await both.press(both.ann, asked.response, "agree")
    file, image = await picture_of(asked.response)
    assert image.height < 700  # three names: no shape, no empty panels
    described = file.description
    assert ("Swing jazz" in described) == english(both)
    assert ("摇摆爵士" in described) != english(both)


async def test_who_wants_nothing_kept_gets_no_picture(world):
    asked = await world.ann.slash(world.channel, "taste me")
    await world.press(world.ann, asked.response, "likes", ["rock"])
    no = asked.response.components[1]["components"][-1]["custom_id"]
    await world.ann.click(asked.response, custom_id=no)
    assert "nothing to draw" in asked.response.content
    assert await world.rows("SELECT * FROM deeds") == []


async def test_the_picture_is_the_askers_until_they_share_it(both):
    await likes(both, both.ann, "rock", "swing", "ambient", "folk", "house", moods=("dreamy",))
    await hear(both, both.ann, {"きのこ帝国": 40, "万能青年旅店": 30, "Slowdive": 20})
    asked = await both.ann.slash(both.channel, "taste me")
    assert asked.ephemeral
    file, image = await picture_of(asked.response)
    assert image.height > 700
    for told in (
        "きのこ帝国",
        "万能青年旅店",
        "Slowdive",
        {"en-US": "Dreamy", "zh-CN": "梦幻"}[both.locale],
    ):
        assert told in file.description
    shared = await both.press(both.ann, asked.response, "share")
    assert not shared.ephemeral
    again, _ = await picture_of(shared.response)
    assert again.description == file.description
    assert "ann" in shared.response.content


async def test_sharing_works_after_a_restart(world):
    await likes(world, world.ann, "rock", "swing")
    asked = await world.ann.slash(world.channel, "taste me")
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    shared = await world.press(world.ann, asked.response, "share")
    assert not shared.ephemeral
    await picture_of(shared.response)


async def test_nothing_known_says_what_to_do(both):
    await agree(both, both.ann)
    asked = await both.ann.slash(both.channel, "taste me")
    assert "/taste declare" in asked.response.content
    assert asked.response.attachments == []


@pytest.mark.parametrize("agreed", [(), ("ann",), ("bob",)])
async def test_two_are_compared_only_when_both_agreed(both, agreed):
    for who in (both.ann, both.bob):
        await likes(both, who, "rock", "swing")
    for name in agreed:
        await agree(both, getattr(both, name), "together")
    asked = await both.ann.slash(both.channel, "taste compare", user=both.bob)
    # The same words whoever is missing, and a way to agree.
    assert {"en-US": "I never say who has", "zh-CN": "从不透露"}[
        both.locale
    ] in asked.response.content
    assert "bob" not in asked.response.content
    assert asked.response.attachments == []
    await both.press(both.ann, asked.response, "countin")
    assert (await both.rows("SELECT count(*) FROM consents WHERE source = 'together'"))[0][0] == (
        1 + ("bob" in agreed)
    )


async def test_two_who_agreed_see_what_they_share(both):
    await likes(both, both.ann, "rock", "swing", "ambient", "folk")
    await likes(both, both.bob, "rock", "swing", "bossa_nova", "funk")
    await hear(both, both.ann, {"Slowdive": 40, "Low": 10})
    await hear(both, both.bob, {"Slowdive": 4, "Can": 12})
    for who in (both.ann, both.bob):
        await agree(both, who, "together")
    asked = await both.ann.slash(both.channel, "taste compare", user=both.bob)
    assert asked.ephemeral
    file, _ = await picture_of(asked.response)
    shared_artists = file.description.split("\n")[2]
    assert "Slowdive" in shared_artists
    assert "Low" not in file.description
    assert "Can" not in file.description
    shared = await both.press(both.ann, asked.response, "share")
    assert not shared.ephemeral
    await picture_of(shared.response)
    # Bob takes his agreement back: the old button shows nothing any more.
    await both.db.run(consent.withdraw, both.bob.id, ["together"], both.guild.id)
    refused = await both.press(both.ann, asked.response, "share")
    assert refused.ephemeral
    assert refused.response.attachments == []


async def test_nobody_is_compared_with_themselves(world):
    asked = await world.ann.slash(world.channel, "taste compare", user=world.ann)
    assert "another person" in asked.response.content


async def crowd(world, count):
    people = [world.ann, world.bob]
    people += [world.guild.add_member(world.env.create_user(f"p{n}")) for n in range(count - 2)]
    for person in people:
        await likes(world, person, "rock", "swing", "ambient", "folk")
        await agree(world, person, "together")
    return people


async def test_a_server_is_told_from_five_people_on(both):
    people = await crowd(both, 4)
    asked = await both.ann.slash(both.channel, "taste server")
    assert "5" in asked.response.content
    assert asked.response.attachments == []
    fifth = both.guild.add_member(both.env.create_user("fifth"))
    await likes(both, fifth, "rock", "swing", "ambient", "folk", "polka")
    await agree(both, fifth, "together")
    for person in people[:3]:
        await hear(both, person, {"Slowdive": 5})
    for person in people[:2]:
        await hear(both, person, {"A Secret": 500})
    asked = await both.ann.slash(both.channel, "taste server")
    file, _ = await picture_of(asked.response)
    assert "Slowdive" in file.description
    assert "A Secret" not in file.description  # two listeners are too few
    assert "Polka" not in file.description
    assert "波尔卡" not in file.description


async def test_declaring_asks_for_consent_and_keeps_what_was_typed(both):
    asked = await both.ann.slash(
        both.channel, "taste declare", styles="bossa nova, 摇滚", moods="dreamy"
    )
    assert asked.ephemeral
    assert await both.rows("SELECT * FROM deeds") == []
    await both.press(both.ann, asked.response, "agree")
    for name in {"en-US": ("Bossa nova", "Rock", "Dreamy"), "zh-CN": ("波萨诺瓦", "摇滚", "梦幻")}[
        both.locale
    ]:
        assert name in asked.response.content
    kept = "SELECT key FROM deeds JOIN items ON items.id = item_id ORDER BY key"
    assert await both.rows(kept) == [("bossa_nova",), ("dreamy",), ("rock",)]
    # A kind that is not named stays; "none" takes one back.
    await both.ann.slash(both.channel, "taste declare", styles="house")
    assert await both.rows(kept) == [("dreamy",), ("house",)]
    gone = await both.ann.slash(both.channel, "taste declare", styles="none", moods="无")
    assert await both.rows(kept) == []
    assert gone.ephemeral


async def test_declaring_what_nobody_knows(world):
    await agree(world, world.ann)
    asked = await world.ann.slash(world.channel, "taste declare", styles="rock, zzxqy")
    assert "zzxqy" in asked.response.content
    assert await world.rows("SELECT * FROM deeds") == []
    nothing = await world.ann.slash(world.channel, "taste declare")
    assert "commas" in nothing.response.content
    offers = await world.ann.autocomplete(world.channel, "taste declare", "styles", "rock, bos")
    assert "rock, bossa_nova" in [offer["value"] for offer in offers]


async def test_letters_only_for_who_asks(both):
    wanted = "SELECT user_id, digest FROM taste_settings"
    await both.ann.slash(both.channel, "taste digest", weekly="on")
    assert await both.rows(wanted) == [(both.ann.id, 1)]
    off = await both.ann.slash(both.channel, "taste digest", weekly="off")
    assert off.ephemeral
    assert await both.rows(wanted) == [(both.ann.id, 0)]


async def test_where_files_may_not_be_attached(world):
    await likes(world, world.ann, "rock")
    mute = discord.PermissionOverwrite(attach_files=False)
    quiet = world.guild.create_text_channel("quiet", overwrites={world.guild.default_role: mute})
    asked = await world.ann.slash(quiet, "taste me")
    assert "Attach Files" in asked.response.content
