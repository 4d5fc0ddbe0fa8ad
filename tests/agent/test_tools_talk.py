"""Tools that tell and fetch: talk, help, the table, the library, files."""

import dataclasses
import json
import shutil

import pytest
from tool_world import ANN, BOB, NOW, request, said

from bot.agent import session as sessions
from bot.agent import wording
from bot.agent.tools.talking import HELP_CHOICES
from bot.agent.values import Asker, Done, Make
from models.errors import Refusal
from storage import jobs


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("hi!", "hello"), ("Good morning", "hello"), ("你好", "hello"), ("在吗", "hello"),
        ("thanks a lot", "thanks"), ("谢谢你", "thanks"),
        ("how are you?", "how"), ("最近怎么样", "how"),
        ("who are you", "who"), ("are you a real person?", "who"), ("你是谁", "who"),
        ("wow, that's amazing", "praise"), ("太棒了", "praise"),
        ("that's not good", "blame"), ("难听", "blame"),
        ("sorry!", "sorry"), ("tell me a joke", "joke"), ("haha", "joke"),
        ("bye", "bye"), ("晚安", "bye"), ("hmm", "any"), ("嗯", "any"),
    ],
)  # fmt: skip
def test_small_talk_is_told_apart(words, kind):
    assert wording.kind_of(words) == kind


async def test_small_talk_ends_with_something_to_do(tools):
    answer = said(await tools.call("chat", words="hello"))
    assert any(each in answer for each in wording.TALK_CHOICES["hello"])
    assert any(each in answer for each in wording.START_CHOICES)
    assert await tools.call("chat", words="hello") == await tools.call("chat", words="hello")
    piece = await tools.lay()
    assert piece.title in said(await tools.call("chat", words="hello"))
    tools.session = sessions.offer(tools.session, ["a", "b", "c"])
    assert "3 versions" in said(await tools.call("chat", words="thanks"))


async def test_small_talk_varies_with_words_and_turns(tools):
    heard = set()
    for turn in range(12):
        tools.session = dataclasses.replace(tools.session, said=tuple([("person", "hi")] * turn))
        heard.add((await tools.call("chat", words="hi")).said[0][0])
    assert heard == set(wording.TALK_CHOICES["hello"])


async def test_small_talk_and_help_are_chinese_to_the_chinese(tools):
    for kind, choices in wording.TALK_CHOICES.items():
        for template in choices:
            assert said(Done(((template, {}),)), "zh") != template, kind
    for topic, template in HELP_CHOICES.items():
        assert said(Done(((template, {}),)), "zh") != template, topic


async def test_what_is_not_for_us_is_said_in_one_sentence(tools):
    answer = await tools.call("other", words="what's the weather in Paris")
    assert len(answer.said) == 1
    assert "music" in said(answer)


@pytest.mark.parametrize(
    ("about", "topic"),
    [
        ("", "all"), ("lyrics", "lyrics"), ("歌词", "lyrics"), ("changing things", "edit"),
        ("songs", "song"), ("uploading a midi", "arrange"), ("my privacy", "privacy"),
        ("推荐", "recommend"), ("和弦", "explain"), ("undo", "undo"), ("zibbledorf", "all"),
    ],
)  # fmt: skip
async def test_help_is_told_by_topic(tools, about, topic):
    assert (await tools.call("help", about=about)).said == ((HELP_CHOICES[topic], {}),)


# --- the table ------------------------------------------------------------------------------------


async def test_undo_and_redo_walk_the_table(tools):
    await tools.lay("aaaaaaa1", title="One")
    await tools.lay("aaaaaaa2", title="Two", parent="aaaaaaa1")
    back = await tools.call("undo")
    assert "“One” is on the table again" in said(back)
    assert back.show.pieces == ("aaaaaaa1",)
    assert tools.session.table == "aaaaaaa1"
    with pytest.raises(Refusal, match="nothing to undo"):
        await tools.call("undo")
    assert "Redone: “Two”" in said(await tools.call("redo"))
    with pytest.raises(Refusal, match="nothing to redo"):
        await tools.call("redo")


async def test_where_we_are_shows_the_tree(tools):
    assert "empty" in said(await tools.call("session"))
    await tools.lay("aaaaaaa1", title="One *star*")
    assert "One version" in said(await tools.call("session"))
    await tools.lay("aaaaaaa2", title="Two", parent="aaaaaaa1")
    shown = await tools.call("session")
    assert "2 versions" in said(shown)
    lines = shown.text.splitlines()
    assert lines[0] == "- “One \\*star\\*”"
    assert lines[1] == "  - “Two” (on the table)"


async def test_cancel_stops_the_job_of_its_asker_only(tools):
    assert "Nothing of yours" in said(await tools.call("cancel"))
    job, _ = await tools.db.run(
        jobs.enqueue, kind="compose", request="{}", user_id=ANN, guild_id=None, channel_id=5,
        interaction_id=None, token=None, application_id=0, locale="en", seed=1, now=NOW,
    )  # fmt: skip
    at = dataclasses.replace(tools.at, job_id=job.id)
    from bot.agent.tools import REGISTRY

    theirs = dataclasses.replace(at, asker=Asker(BOB, None, 5, "en"))
    assert "before I could" in said(await REGISTRY["cancel"].run(theirs))
    assert (await tools.db.run(jobs.get, job.id)).state == "queued"
    assert "stopping" in said(await REGISTRY["cancel"].run(at))
    assert (await tools.db.run(jobs.get, job.id)).state == "cancelled"


# --- pieces and files -----------------------------------------------------------------------------


async def test_the_library_is_numbered_and_the_numbers_mean_something(tools):
    await tools.lay("aaaaaaa1", title="Rain *", table=False, created=NOW - 2 * 86400)
    await tools.lay("aaaaaaa2", title="Snow", style="tango", table=False, created=NOW - 60)
    found = await tools.call("library")
    lines = found.text.splitlines()
    assert lines[0].startswith("1. **Snow** · Tango · D minor · 0:")
    assert lines[1].startswith("2. **Rain \\*** · Waltz")
    opened = await tools.call("open", which="the second one")
    assert tools.session.table == "aaaaaaa1"
    assert opened.show.pieces == ("aaaaaaa1",)
    assert "2. " not in (await tools.call("library", style="tango")).text
    assert "Rain" in (await tools.call("library", when="2 days ago")).text
    with pytest.raises(Refusal, match="cannot read"):
        await tools.call("library", when="whenever")
    with pytest.raises(Refusal, match="no piece like that"):
        await tools.call("library", query="zibbledorf")


async def test_in_a_server_the_library_tells_only_what_was_made_there(tools):
    await tools.lay("aaaaaaa1", title="Private", table=False)
    await tools.lay("aaaaaaa2", title="Shared", guild=9, table=False)
    tools.asker = Asker(ANN, 9, 5, "en")
    assert "Private" not in (await tools.call("library")).text
    tools.asker = Asker(BOB, None, 5, "en")
    with pytest.raises(Refusal, match="no piece yet"):
        await tools.call("library")


async def test_a_piece_is_shown_and_lies_on_the_table_then(tools):
    await tools.lay("aaaaaaa1", title="Rain")
    await tools.lay("aaaaaaa2", title="Snow")
    shown = await tools.call("show", which="Rain")
    assert shown.show.pieces == ("aaaaaaa1",)
    assert tools.session.table == "aaaaaaa1"


async def test_what_was_offered_stays_on_offer_while_one_looks(tools):
    await tools.lay("aaaaaaa1", title="One", table=False)
    await tools.lay("aaaaaaa2", title="Two", table=False)
    await tools.call("library")
    await tools.call("show", which="the first one")
    await tools.call("show", which="the second one")
    assert tools.session.table == "aaaaaaa1"


@pytest.mark.parametrize(
    ("items", "kinds"),
    [(["midi"], ("mid",)), (["MIDI", "recipe"], ("mid", "json")), ("mid", ("mid",))],
)
async def test_files_that_exist_come_at_once(tools, items, kinds):
    await tools.lay()
    shown = await tools.call("show", items=items)
    assert shown.show.kinds == kinds


@pytest.mark.parametrize(
    ("items", "formats"),
    [
        (["sheet music"], ("score",)), (["stems", "wav"], ("stems", "wav")),
        (["乐谱"], ("score",)), (["midi", "wav"], ("mid", "wav")), (["lead_png"], ("lead",)),
    ],
)  # fmt: skip
async def test_files_that_were_never_rendered_are_made(tools, items, formats):
    piece = await tools.lay()
    asked = request(await tools.call("show", items=items))
    assert (asked.kind, asked.parent, asked.formats) == ("export", piece.id, formats)


async def test_words_are_read_out_and_missing_ones_are_refused(tools):
    await tools.lay("aaaaaaa1")
    with pytest.raises(Refusal, match="no words yet"):
        await tools.call("show", items=["lyrics"])
    with pytest.raises(Refusal, match="not a loop"):
        await tools.call("show", items=["loop"])
    with pytest.raises(Refusal, match="hologram"):
        await tools.call("show", items=["hologram"])
    await tools.lay("aaaaaaa2", words=True)
    assert isinstance(await tools.call("show", items=["lyrics"]), Make)
    folder = tools.settings.pieces_dir / "aaaaaaa2"
    (folder / "lyrics.txt").write_text("words")
    shown = await tools.call("show", items=["lyrics"])
    assert shown.show.kinds == ("lyrics",)
    assert "the000" not in shown.text
    assert "the00 the01 the02 the03" in shown.text


async def test_a_piece_whose_files_are_gone_is_refused_in_words(tools):
    await tools.lay()
    shutil.rmtree(tools.settings.pieces_dir / "waltz111")
    for tool, args in (("explain", {}), ("lyrics", {"again": True})):
        with pytest.raises(Refusal, match="not here any more"):
            await tools.call(tool, **args)
    assert json.dumps((await tools.call("show")).show.pieces)
