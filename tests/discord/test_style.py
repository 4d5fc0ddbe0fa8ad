"""`/style`: learned from one's own files, used, shared in a server, forgotten."""

from __future__ import annotations

import json
import os
from functools import partial

import pytest
from discord_world import copy_of, open_world

from bot.app import build
from bot.jobs.executor import InlineExecutor, JobTimeout
from bot.jobs.housekeeping import tidy
from models import midi
from models.arranger.plain import arrange
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note
from storage import styles


def tune(folder, number=0, bars=8, key="D minor"):
    """A little melody with its band, as the bytes of a MIDI file."""
    plan = make_plan(Brief(style="waltz", key=key, bars=bars, tempo=120), number)
    low = plan.part("melody").low + 5
    melody = tuple(Note(n / 2, low + (n * (number + 2)) % 7, 0.5) for n in range(6 * bars))
    midi.write(arrange(plan, melody), folder / "tune.mid")
    return (folder / "tune.mid").read_bytes()


def sent(folder, count, first=0):
    return {
        f"file{n + 1}": (f"tune {first + n}.mid", tune(folder, first + n)) for n in range(count)
    }


def folders(world):
    return sorted(world.app.settings.styles_dir.glob("*/*"))


async def learn(world, folder, name="my waltzes", count=3, who=None, first=0):
    who = who or world.ann
    asked = await who.slash(world.channel, "style learn", name=name, **sent(folder, count, first))
    await world.work()
    return asked


async def test_files_become_a_style_and_the_reply_says_what_was_learned(both, tmp_path):
    asked = await learn(both, tmp_path)
    said = asked.response.content
    chinese = both.locale == "zh-CN"
    assert ("风格“my waltzes”学好了。" if chinese else "The style “my waltzes” is learned.") in said
    assert ("学了 3 首曲子" if chinese else "Learned from 3 pieces") in said
    assert ("多为小调" if chinese else "mostly minor") in said
    # Nothing is trained on what came through Discord, and the reply says why.
    assert ("Discord 的规则禁止" if chinese else "Discord's rules forbid training") in said
    assert both.studio.requests[-1]["lesson"]["train"] is False
    assert asked.response.components == []
    (folder,) = folders(both)
    assert folder.parent.name == str(both.ann.id)
    assert (folder / "style.safetensors").stat().st_size < 300_000
    kept = json.loads((folder / "learned.json").read_text())
    assert [sheet["minor"] for sheet in kept["sheets"]] == [True] * 3
    rows = await both.rows("SELECT owner_id, name, pieces, kind FROM styles")
    assert rows == [(both.ann.id, "my waltzes", 3, "vector")]


async def test_pieces_are_added_up_to_twenty_and_the_same_file_counts_once(world, tmp_path):
    await learn(world, tmp_path, count=10)
    more = await learn(world, tmp_path, "My Waltzes", 10, first=5)
    assert "Learned from 15 pieces" in more.response.content
    refused = await learn(world, tmp_path, count=6, first=20)
    assert refused.ephemeral
    assert "at most 20 pieces; this would make 21" in refused.response.content
    assert await world.rows("SELECT name, pieces FROM styles") == [("my waltzes", 15)]
    # The folder of the smaller style is kept for jobs that wait, and then goes.
    old, new = sorted(folders(world), key=lambda f: (f / "learned.json").stat().st_size)
    assert world.studio.requests[-1]["lesson"]["earlier"] == f"{world.ann.id}/{old.name}"
    long_ago = 1e9
    for folder in (old, new):
        os.utime(folder, (long_ago, long_ago))
    await tidy(world.db, world.app.settings, long_ago + 7200)
    assert folders(world) == [new]


async def test_bad_files_are_named_and_the_rest_is_learned(world, tmp_path):
    short = tune(tmp_path, bars=3)
    asked = await world.ann.slash(
        world.channel, "style learn", name="mixed",
        file1=("cat.png", b"x"), file2=("good.mid", tune(tmp_path)), file3=("short.mid", short),
        file4=("noise.mid", b"ID3 is not MIDI"),
        file5=("broken.mid", tune(tmp_path)[:60]),
    )  # fmt: skip
    await world.work()
    said = asked.response.content
    assert "Learned from one piece" in said
    for name in ("cat.png", "short", "noise.mid", "broken"):
        assert f"“{name}”" in said, name
    assert "4 bars and 12 notes" in said
    assert "“good”" not in said


async def test_without_a_good_file_nothing_is_learned(both, tmp_path):
    asked = await both.ann.slash(
        both.channel, "style learn", name="bad", file1=("a.mid", b"no"), file2=("b.txt", b"no")
    )
    assert asked.ephemeral
    assert all(f"“{name}”" in asked.response.content for name in ("a.mid", "b.txt"))
    assert both.studio.requests == []
    late = await both.ann.slash(
        both.channel, "style learn", name="bad", file1=("a.mid", tune(tmp_path, bars=3))
    )
    await both.work()
    said = {"en-US": "nothing to learn from", "zh-CN": "没有可学的"}[both.locale]
    assert said in late.response.content
    assert await both.rows("SELECT * FROM styles") == []
    assert folders(both) == []


@pytest.mark.parametrize("name", ["", "none", "无", "**bold**", "<@1>", "x" * 33, "a\nb `c`"])
async def test_names_are_plain_words(world, tmp_path, name):
    refused = await learn(world, tmp_path, name, 1)
    assert refused.ephemeral
    assert "Call the style by 1 to 32 letters" in refused.response.content
    assert world.studio.requests == []


async def test_after_use_everything_is_made_in_the_style(both, tmp_path):
    await learn(both, tmp_path)
    (folder,) = folders(both)
    place = f"{both.ann.id}/{folder.name}"
    before = await both.compose()
    assert "my waltzes" not in before.response.content

    await both.ann.slash(both.channel, "style use", name="MY waltzes")
    said = {"en-US": "in the style “my waltzes”", "zh-CN": "按“my waltzes”的风格"}[both.locale]
    made = await both.compose()
    assert said in made.response.content
    for press in (("rework", ["sadder"]), ("extend",), ("vary",)):
        again = await both.press(both.ann, made.response, *press)
        await both.work()
        assert said in again.response.content, press
        assert both.studio.requests[-1]["style"] == place
    await both.press(both.ann, made.response, "more", ["wav"])
    await both.work()
    assert both.studio.requests[-1]["style"] is None  # a file of what there is
    others = await both.compose(both.bob)
    assert said not in others.response.content

    await both.ann.slash(both.channel, "style use", name="none")
    plain = await both.compose()
    assert said not in plain.response.content
    unknown = await both.ann.slash(both.channel, "style use", name="nonesuch")
    assert unknown.ephemeral
    assert "“nonesuch”" in unknown.response.content


async def test_another_member_uses_it_where_it_is_shared_and_only_there(world, tmp_path):
    await learn(world, tmp_path)
    for command in ("use", "share", "forget"):
        refused = await world.bob.slash(world.channel, f"style {command}", name="my waltzes")
        assert "I know no style “my waltzes”" in refused.response.content
    shared = await world.ann.slash(world.channel, "style share", name="my waltzes")
    assert "Everybody in this server" in shared.response.content
    offered = await world.bob.autocomplete(world.channel, "style use", "name", "walt")
    value = offered[0]["value"]
    assert [o["name"] for o in offered] == ["my waltzes", "no learned style"]
    listed = await world.bob.slash(world.channel, "style list")
    assert "Shared in this server:\n• **my waltzes** · pieces: 3" in listed.response.content
    await world.bob.slash(world.channel, "style use", name=value)
    made = await world.compose(world.bob)
    assert "in the style “my waltzes”" in made.response.content
    # He may use it, not give it on or delete it; and his own of the same name comes first.
    for command in ("share", "forget"):
        refused = await world.bob.slash(world.channel, f"style {command}", name="my waltzes")
        assert "of yours" in refused.response.content

    direct = await world.bob.user.slash("compose", text="a calm waltz")
    await world.work()
    assert "in the style" not in direct.response.content.replace("The style", "")
    assert "is shared in another server only" in direct.response.content
    ended = await world.ann.slash(world.channel, "style share", name="my waltzes")
    assert "yours alone again" in ended.response.content
    plain = await world.compose(world.bob)
    assert "style" not in plain.response.content


async def test_the_list_marks_what_is_in_use_and_shared(both, tmp_path):
    empty = await both.ann.slash(both.channel, "style list")
    assert empty.ephemeral
    assert "/style learn" in empty.response.content
    await learn(both, tmp_path, "one", 1)
    await learn(both, tmp_path, "two", 2)
    await both.ann.slash(both.channel, "style use", name="two")
    await both.ann.slash(both.channel, "style share", name="one")
    shown = await both.ann.slash(both.channel, "style list")
    _, one, two = shown.response.content.split("\n")
    assert "**one**" in one
    assert {"en-US": "shared here", "zh-CN": "在这里共享"}[both.locale] in one
    in_use = {"en-US": "in use", "zh-CN": "使用中"}[both.locale]
    assert in_use in two
    assert in_use not in one
    own = await both.ann.autocomplete(both.channel, "style forget", "name", "")
    assert [o["value"] for o in own] == ["one", "two"]


async def test_forgetting_asks_once_more_and_takes_the_files(both, tmp_path):
    await learn(both, tmp_path)
    await both.ann.slash(both.channel, "style use", name="my waltzes")
    sure = await both.ann.slash(both.channel, "style forget", name="my waltzes")
    assert sure.ephemeral
    assert len(folders(both)) == 1
    await both.press(both.ann, sure.response, "unlearn")
    assert folders(both) == []
    assert await both.rows("SELECT * FROM active_styles") == []
    plain = await both.compose()
    assert "my waltzes" not in plain.response.content


async def test_privacy_shows_exports_and_deletes_styles(both, tmp_path):
    await learn(both, tmp_path)
    await learn(both, tmp_path, "his", 1, both.bob)
    await both.ann.slash(both.channel, "style use", name="my waltzes")
    copy = await both.ann.slash(both.channel, "privacy export")
    rows = json.loads((await copy_of(copy))["data.json"])
    assert [style["name"] for style in rows["styles"]] == ["my waltzes"]
    assert len(rows["style_files"]) == 2
    sure = await both.ann.slash(both.channel, "privacy forget")
    await both.press(both.ann, sure.response, "forget")
    (left,) = folders(both)
    assert left.parent.name == str(both.bob.id)
    assert await both.rows("SELECT name FROM styles") == [("his",)]
    assert await both.rows("SELECT * FROM active_styles") == []


async def test_a_person_forgotten_while_learning_leaves_no_files(world, tmp_path):
    world.studio.hold.clear()
    await world.ann.slash(world.channel, "style learn", name="gone", **sent(tmp_path, 1))
    await world.app.runner.step()
    sure = await world.ann.slash(world.channel, "privacy forget")
    await world.press(world.ann, sure.response, "forget")
    world.studio.hold.set()
    await world.work()
    assert folders(world) == []
    assert await world.rows("SELECT * FROM styles") == []


async def test_the_owner_may_allow_training_and_a_trained_style_is_not_lost(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, train_on_discord_files=True) as world:
        world.studio.error = JobTimeout(5)  # what it would train is another test's business
        asked = await learn(world, tmp_path, count=1)
        assert world.studio.requests[-1]["lesson"]["train"] is True
        assert "Learning took longer than 420 seconds" in asked.response.content
    async with open_world(tmp_path, spec=spec) as world:
        report = json.dumps({"traits": [], "minor": 0.5})
        row = {"name": "mine", "pieces": 3, "kind": "adapter", "folder": "x/y", "now": 0.0}
        await world.db.run(partial(styles.save, owner_id=world.ann.id, report=report, **row))
        refused = await learn(world, tmp_path, "mine", 1)
        assert "was trained from files on this bot's own machine" in refused.response.content


async def test_a_style_outlives_a_restart(world, tmp_path):
    await learn(world, tmp_path)
    await world.ann.slash(world.channel, "style use", name="my waltzes")
    reborn = build(world.app.settings, world.db, world.studio, shard_count=1)
    await world.env.restart_bot(reborn.client)
    world.app = reborn
    made = await world.compose()
    assert "in the style “my waltzes”" in made.response.content


async def test_a_style_that_went_while_the_job_waited_is_said(tmp_path, spec):
    executor = InlineExecutor("bot.jobs.tasks:execute")
    async with open_world(tmp_path, studio=executor, spec=spec) as world:
        await learn(world, tmp_path, count=1)
        await world.ann.slash(world.channel, "style use", name="my waltzes")
        asked = await world.ann.slash(world.channel, "compose", text="a waltz, 4 seconds", seed=1)
        (folder,) = folders(world)
        (folder / "learned.json").unlink()
        await world.work()
        assert "That learned style is not here any more" in asked.response.content


async def test_a_learned_style_changes_what_is_composed_and_repeats(tmp_path, spec):
    executor = InlineExecutor("bot.jobs.tasks:execute")
    async with open_world(tmp_path, studio=executor, spec=spec) as world:
        await learn(world, tmp_path)

        async def notes():
            made = await world.compose(text="a waltz in D minor, 6 seconds", seed=4)
            path = tmp_path / "made.mid"
            path.write_bytes(await made.response.attachments[2].read())
            return made.response.content, midi.read(path).track("melody").notes

        plain, without = await notes()
        await world.ann.slash(world.channel, "style use", name="my waltzes")
        said, within = await notes()
        _, again = await notes()
        assert "in the style “my waltzes”" in said
        assert "my waltzes" not in plain
        assert within != without
        assert within == again
