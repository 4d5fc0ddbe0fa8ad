"""Tools about taste: lists with reasons, opinions, styles, and what only a command does."""

import dataclasses
import json

import pytest
from tool_world import ANN, BOB, NOW, said

from bot.agent.tools.keeping import PRIVACY_CHOICES
from bot.agent.values import Asker, Done
from models.errors import Refusal
from storage import consent, deeds, impressions, styles


@pytest.fixture
async def agreed(tools):
    """Ann agreed to reactions everywhere."""
    await tools.db.run(consent.grant, ANN, ["reactions"], None, NOW)
    return tools


async def rows(tools):
    return sorted((s.item, s.type, s.value) for s in await tools.db.run(deeds.recent, ANN, None))


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "zh"])
async def test_a_list_is_numbered_has_reasons_and_is_remembered(tools, locale):
    tools.asker = Asker(ANN, None, 5, locale)
    answer = await tools.call("recommend", what="styles" if locale == "en" else "风格")
    lines = answer.text.splitlines()
    assert [line[:2] for line in lines[1:11:2]] == ["1.", "2.", "3.", "4.", "5."]
    assert all(line.startswith("-# ") and len(line) > 8 for line in lines[2:11:2])
    assert len(tools.session.suggested) == 5
    assert tools.session.suggested[0] in lines[1]
    assert len(answer.text) < 1900


async def test_nothing_is_kept_of_who_agreed_to_nothing(tools):
    answer = await tools.call("recommend", what="style")
    assert "/recommend asks" in answer.text
    assert (answer.show.listing, answer.show.command) == (None, "recommend")
    count = await tools.db.run(
        lambda db: db.conn.execute("SELECT count(*) FROM impressions").fetchone()[0]
    )
    assert count == 0


async def test_a_list_that_is_kept_is_named_with_its_buttons(agreed):
    answer = await agreed.call("recommend", what="moods", count=3)
    assert answer.show.command == ""
    kept = await agreed.db.run(impressions.list_, answer.show.listing)
    assert [row.title for row in kept] == list(agreed.session.suggested)
    assert len(kept) == 3


async def test_where_nothing_is_named_something_is_found(tools):
    assert "1." in (await tools.call("recommend")).text  # no tracks, no artists: styles
    instead = await tools.call("recommend", what="artists")
    assert "I know no artists to suggest yet" in instead.text
    assert "Styles for you" in instead.text


async def test_a_list_may_be_near_to_a_style_or_to_a_piece(tools):
    near = await tools.call("recommend", what="styles", style="bossa nova")
    assert "Bossa nova" in near.text
    assert "Bossa nova" not in tools.session.suggested
    await tools.lay(title="Snow", style="tango")
    near = await tools.call("recommend", what="chord progressions", like="it")
    assert "It is close to “Snow”." in near.text
    near = await tools.call("recommend", what="styles", artist="bossa nova")  # as it was heard
    assert "“Bossa nova”" in near.text
    assert "“Flute”" in (await tools.call("recommend", what="instruments", like="flute")).text


async def test_a_list_may_be_near_to_one_of_the_last_list(agreed):
    await agreed.call("recommend", what="styles")
    first = agreed.session.suggested[0]
    near = await agreed.call("recommend", what="styles", like="the first one")
    assert f"“{first}”" in near.text


async def test_an_artist_that_nobody_knows_is_said(tools):
    await tools.lay()
    answer = await tools.call("recommend", what="styles", artist="Nobody *Known*")
    assert "I do not know “Nobody \\*Known\\*” yet" in answer.text


async def test_one_suggests_for_nobody_else(tools):
    with pytest.raises(Refusal, match="ask that person"):
        await tools.call("recommend", person="Bob")
    with pytest.raises(Refusal, match="in a server"):
        await tools.call("recommend", person="us")


async def test_for_all_of_us_takes_those_who_agreed(tools):
    tools.asker = Asker(ANN, 9, 5, "en")
    with pytest.raises(Refusal, match="Fewer than two"):
        await tools.call("recommend", person="us")
    for user in (ANN, BOB):
        await tools.db.run(consent.grant, user, ["together", "reactions"], 9, NOW)
        await tools.taste.deed(user, 9, "style", "tango", "Tango", "like")
    answer = await tools.call("recommend", person="us")
    assert "For all of you" in answer.text
    assert "1." in answer.text


async def test_where_others_read_along_reasons_are_not_personal(agreed):
    for style in ("tango", "bossa_nova", "salsa"):
        await agreed.taste.deed(ANN, 0, "style", style, style, "like")
    private = await agreed.call("recommend", what="styles")
    agreed.asker = Asker(ANN, 9, 5, "en")
    public = await agreed.call("recommend", what="styles")
    assert "goes with" in private.text or "You lean" in private.text
    assert "goes with" not in public.text
    assert "You lean" not in public.text
    assert "stay with /recommend" in public.text


# --- opinions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "stars"),
    [
        ({"stars": 4}, 4.0), ({"stars": 9}, 5.0), ({"opinion": "4 stars"}, 4.0),
        ({"opinion": "I love it"}, 4.5), ({"opinion": "一般般"}, 3.0),
    ],
)  # fmt: skip
async def test_an_opinion_is_a_deed_of_who_agreed(agreed, args, stars):
    await agreed.lay(title="Rain *")
    answer = await agreed.call("rate", **args)
    assert said(answer).startswith("Rated: “Rain \\*” ★")
    assert ("piece:waltz111", "rated", stars) in await rows(agreed)


async def test_what_an_opinion_says_is_kept_and_its_words_are_not(agreed):
    await agreed.lay()
    answer = await agreed.call("rate", opinion="I love the gentle piano")
    assert "you like it" in said(answer)
    assert {type for _, type, _ in await rows(agreed)} == {"rated", "comment"}
    count = await agreed.db.run(
        lambda db: db.conn.execute("SELECT count(*) FROM comments").fetchone()[0]
    )
    assert count == 0


async def test_an_opinion_without_consent_names_how_to_agree(tools):
    await tools.lay()
    answer = await tools.call("rate", stars=4)
    assert answer.show.command == "rate"
    assert "/rate" in said(answer)
    assert await rows(tools) == []
    with pytest.raises(Refusal, match="4 stars"):
        await tools.call("rate", opinion="the table is green")


async def test_who_paused_is_told_so(agreed):
    settings = await agreed.db.run(consent.settings, ANN)
    await agreed.db.run(consent.save_settings, dataclasses.replace(settings, paused=True))
    await agreed.lay()
    with pytest.raises(Refusal, match="paused"):
        await agreed.call("rate", stars=4)
    with pytest.raises(Refusal, match="paused"):
        await agreed.call("taste", act="declare", likes=["tango"])


REPORT = json.dumps({"traits": ["busy"], "outcome": None, "minor": 0.9})


# --- styles, taste, privacy -----------------------------------------------------------------------


async def learned(tools, name="waltzes", owner=ANN, shared=None):
    style = await tools.db.run(
        styles.save, owner_id=owner, name=name, pieces=3, kind="vector", folder=f"{owner}/{name}",
        report=REPORT, now=NOW,
    )  # fmt: skip
    if shared:
        await tools.db.run(styles.share, style.id, shared)
    return style


async def test_styles_are_listed_used_and_left(tools):
    assert "no styles yet" in said(await tools.call("style", act="list"))
    style = await learned(tools)
    assert "waltzes" in said(await tools.call("style", act="use", name="Waltzes"))
    assert (await tools.db.run(styles.active, ANN)).id == style.id
    assert "**in use**" in said(await tools.call("style", act="list"))
    await tools.call("style", act="stop")
    assert await tools.db.run(styles.active, ANN) is None
    await tools.call("style", act="use", name="waltzes")
    await tools.call("style", act="use", name="none")
    assert await tools.db.run(styles.active, ANN) is None


async def test_the_style_of_somebody_else_is_none(tools):
    await learned(tools, "theirs", BOB)
    with pytest.raises(Refusal, match="know no style"):
        await tools.call("style", act="use", name="theirs")
    with pytest.raises(Refusal, match="no styles yet"):
        await tools.call("style", act="use")
    await learned(tools, "waltzes")
    assert "waltzes" in said(await tools.call("style", act="use"))
    await learned(tools, "reels")
    with pytest.raises(Refusal, match=r"which of your styles: \w+, \w+"):
        await tools.call("style", act="use")


@pytest.mark.parametrize("act", ["learn", "share", "forget"])
async def test_what_touches_others_or_deletes_is_only_named(tools, act):
    style = await learned(tools)
    answer = await tools.call("style", act=act, name="waltzes")
    assert answer.show.command == f"style {act}"
    assert f"/style {act}" in said(answer)
    assert await tools.db.run(styles.of, ANN) == [style]


@pytest.mark.parametrize("act", PRIVACY_CHOICES)
async def test_privacy_is_only_named(agreed, act):
    await agreed.lay()
    before = await agreed.db.run(consent.of, ANN)
    answer = await agreed.call("privacy", act=act)
    assert answer.show.command.startswith("privacy ")
    assert f"/{answer.show.command}" in said(answer)
    assert said(answer, "zh") != said(answer)
    assert await agreed.db.run(consent.of, ANN) == before
    assert not (await agreed.db.run(consent.settings, ANN)).paused


async def test_what_somebody_likes_is_added_to_what_they_said(agreed):
    await agreed.call("taste", act="declare", likes=["tango", "piano"])
    answer = await agreed.call("taste", act="declare", likes=["wistfull"], dislikes=["metal"])
    assert "you like: Wistful" in said(answer)
    assert "喜欢：忧郁" in said(answer, "zh") or "喜欢" in said(answer, "zh")
    kept = {(item, type) for item, type, _ in await rows(agreed)}
    assert ("style:tango", "declared") in kept
    assert ("mood:wistful", "declared") in kept
    assert ("style:metal", "dislike") in kept
    answer = await agreed.call("taste", act="declare", likes=["zibbledorf", "salsa"])
    assert "you like: Salsa" in said(answer)
    assert "called so: zibbledorf" in said(answer)
    answer = await agreed.call("taste", act="declare", likes=["*Chopin*"])
    assert answer.show.command == "listening add"
    assert "\\*Chopin\\*" in said(answer)


async def test_a_declaration_without_consent_names_how_to_agree(tools):
    answer = await tools.call("taste", act="declare", likes=["tango"])
    assert answer.show.command == "taste declare"
    assert await rows(tools) == []
    with pytest.raises(Refusal, match="Name some"):
        await tools.call("taste", act="declare")


async def test_taste_is_told_to_oneself_only(agreed):
    with pytest.raises(Refusal, match="nothing of your taste"):
        await agreed.call("taste", act="show")
    await agreed.call("taste", act="declare", likes=["tango", "salsa"])
    shown = await agreed.call("taste", act="show")
    assert "Tango" in shown.text
    agreed.asker = Asker(ANN, 9, 5, "en")
    public = await agreed.call("taste", act="show")
    assert "Tango" not in said(public)
    assert public.show.command == "taste me"


async def test_other_people_are_left_to_commands(agreed):
    answer = await agreed.call("taste", act="compare", person="Bob")
    assert isinstance(answer, Done)
    assert answer.show.command == "taste compare"
    with pytest.raises(Refusal, match="in that server"):
        await agreed.call("taste", act="server")
    agreed.asker = Asker(ANN, 9, 5, "en")
    with pytest.raises(Refusal, match="Fewer than 5"):
        await agreed.call("taste", act="server")
