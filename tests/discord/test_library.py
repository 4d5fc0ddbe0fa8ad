"""Finding pieces again: `/library` with search and pages, `/piece show`."""

from __future__ import annotations


async def test_show_brings_a_piece_back_with_files_and_buttons(both):
    await both.compose()
    piece = await both.piece_id()
    shown = await both.bob.slash(both.channel, "piece show", id=piece)  # same server: may see it
    assert not shown.ephemeral
    assert [a.filename[-4:] for a in shown.response.attachments] == [".mp3", ".png", ".mid"]
    assert piece in shown.response.content
    await both.press(both.bob, shown.response, "vary")
    await both.work()
    assert both.studio.requests[-1]["rework"]["use"] == "vary"


async def test_a_piece_can_be_shown_in_the_owners_direct_messages(world):
    await world.compose()
    piece = await world.piece_id()
    shown = await world.ann.user.slash("piece show", id=f"`{piece}`")
    assert len(shown.response.attachments) == 3


async def test_an_unknown_piece_says_where_to_look(both):
    answer = await both.ann.slash(both.channel, "piece show", id="nothing1")
    assert answer.ephemeral
    assert "/library" in answer.response.content


async def test_the_library_lists_searches_and_shows(both):
    await both.compose(text="a calm waltz")
    await both.compose(text="an angry tango")
    listed = await both.ann.slash(both.channel, "library")
    assert listed.ephemeral
    assert {"en-US": "Pieces: 2", "zh-CN": "作品数：2"}[both.locale] in listed.response.content

    query = {"en-US": "tango", "zh-CN": "探戈"}[both.locale]
    found = await both.ann.slash(both.channel, "library", search=query)
    assert {"en-US": "Pieces: 1", "zh-CN": "作品数：1"}[both.locale] in found.response.content
    (option,) = found.response.components[0]["components"][0]["options"]
    shown = await both.press(both.ann, found.response, "show", [option["value"]])
    assert len(shown.response.attachments) == 3


async def test_the_library_turns_pages(world):
    for number in range(10):
        await world.compose(text="a calm waltz", seed=number)
    first = await world.ann.slash(world.channel, "library")
    back, forth = first.response.components[1]["components"]
    assert back["disabled"]
    assert not forth["disabled"]
    before = first.response.content
    await world.ann.click(first.response, custom_id=forth["custom_id"])
    after = first.response.content
    assert before.count("\n") == 8
    assert after.count("\n") == 2
    assert first.response.components[1]["components"][1]["disabled"]


async def test_an_empty_library_and_an_empty_search(both):
    nothing = await both.ann.slash(both.channel, "library")
    assert "/compose" in nothing.response.content
    await both.compose()
    none = await both.ann.slash(both.channel, "library", search="polka")
    assert "polka" in none.response.content
    assert none.response.components == []


async def test_other_servers_pieces_are_not_listed(world):
    await world.compose()
    elsewhere = world.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("general")
    eve = elsewhere.add_member(world.env.create_user("eve"))
    nothing = await eve.slash(channel, "library")
    assert "Nothing here yet" in nothing.response.content


async def test_help_is_short_and_has_examples(both):
    shown = await both.ann.slash(both.channel, "help")
    (commands,) = shown.followups
    assert shown.ephemeral
    assert commands.ephemeral
    assert {"en-US": "waltz", "zh-CN": "圆舞曲"}[both.locale] in shown.response.content
    assert "❌" in shown.response.content
    assert "/session show" in shown.response.content
    assert commands.content.count("/compose") >= 3
    assert all(len(text) <= 2000 for text in (shown.response.content, commands.content))
