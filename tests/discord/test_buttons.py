"""What the buttons under a piece do, also after a restart, and who may press them."""

from __future__ import annotations

import json

from discord_world import TinyStudio, open_world

from bot.app import build
from storage import jobs


async def test_four_variations_in_one_message_to_pick_from(both):
    asked = await both.compose()
    parent = await both.piece_id()
    varied = await both.press(both.bob, asked.response, "vary")  # anyone may ask for more
    await both.work()

    takes = varied.response
    assert [a.filename[:2] for a in takes.attachments] == ["1-", "2-", "3-", "4-"]
    assert all(a.filename.endswith(".mp3") for a in takes.attachments)
    request = both.studio.requests[-1]
    assert (request["kind"], request["parent"]) == ("rework", parent)
    rework = request["rework"]
    assert (rework["use"], rework["source"], rework["count"]) == ("vary", parent, 4)
    said = {"en-US": "52 of 56 checks hold", "zh-CN": "56 项检查中 52 项符合"}[both.locale]
    assert said in takes.content  # all four together, the failures named
    labels = [c["label"] for c in takes.components[0]["components"]]
    assert (
        labels
        == {
            "en-US": ["Take 1", "Take 2", "Take 3", "Take 4"],
            "zh-CN": ["第 1 版", "第 2 版", "第 3 版", "第 4 版"],
        }[both.locale]
    )

    third = takes.components[0]["components"][2]["custom_id"]
    picked = await both.bob.click(takes, custom_id=third)
    assert [a.filename[-4:] for a in picked.response.attachments] == [".mp3", ".png", ".mid"]
    assert third.split(":")[2] in picked.response.content
    rows = await both.rows("SELECT owner_id, parent FROM pieces WHERE id = ?", third.split(":")[2])
    assert rows == [(both.bob.id, parent)]


async def test_extend_stays_within_the_owners_limit(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, max_seconds=80) as world:
        asked = await world.compose()  # 32 bars, 60 seconds; half as much again is 90
        answer = await world.press(world.ann, asked.response, "extend")
        assert "the longest piece I make here is 80 seconds" in answer.response.content
        assert len(world.studio.requests) == 1


async def test_extend_makes_a_longer_piece_of_its_own(world):
    asked = await world.compose()
    parent = await world.piece_id()
    longer = await world.press(world.ann, asked.response, "extend")
    await world.work()
    request = world.studio.requests[-1]
    assert (request["kind"], request["parent"], request["bars"]) == ("extend", parent, 16)
    assert "48 bars" in longer.response.content
    assert longer.response.id != asked.response.id


async def test_again_with_changes_holds_the_request_in_a_form(both):
    asked = await both.compose(text="a calm waltz in D minor", tempo=90, seed=11)
    shown = await both.press(both.ann, asked.response, "again")
    fields = {c["component"]["custom_id"]: c["component"] for c in shown.modal["components"]}
    assert fields["text"]["value"] == "a calm waltz in D minor"
    assert fields["settings"]["value"] == "tempo: 90"
    assert fields["seed"]["value"] == "11"

    changed = {"text": "a calm tango", "settings": "tempo: 120\nkey: G minor", "seed": "12"}
    sent = await both.ann.submit_modal(shown, changed)
    await both.work()
    assert len(sent.response.attachments) == 3
    brief = both.studio.requests[-1]["brief"]
    assert (brief["style"], brief["tempo"], brief["key"]) == ("tango", 120, "G minor")
    assert await both.rows("SELECT seed FROM jobs ORDER BY id") == [(11,), (12,)]


async def test_an_empty_seed_in_the_form_is_a_new_seed(world):
    asked = await world.compose(text="a calm waltz", seed=11)
    shown = await world.press(world.ann, asked.response, "again")
    await world.ann.submit_modal(shown, {"text": "a calm waltz", "settings": "", "seed": ""})
    await world.work()
    (first,), (second,) = await world.rows("SELECT seed FROM jobs ORDER BY id")
    assert first == 11 != second


async def test_a_form_that_cannot_be_read_says_which_line(both):
    asked = await both.compose()
    shown = await both.press(both.ann, asked.response, "again")
    bad = {"text": "a waltz", "settings": "tempo 120", "seed": ""}
    answer = await both.ann.submit_modal(shown, bad)
    assert answer.ephemeral
    assert "tempo 120" in answer.response.content
    assert await both.rows("SELECT count(*) FROM jobs") == [(1,)]


async def test_a_seed_that_is_no_number_is_refused_in_words(world):
    asked = await world.compose()
    shown = await world.press(world.ann, asked.response, "again")
    bad = {"text": "a waltz", "settings": "", "seed": "1²"}
    answer = await world.ann.submit_modal(shown, bad)
    assert "A seed is a whole number; I cannot read “1²”." in answer.response.content


async def test_again_still_works_when_the_job_was_tidied_away(world):
    asked = await world.compose(text="a calm waltz", key="G minor")
    await world.db.run(jobs.purge, 2e10)
    shown = await world.press(world.ann, asked.response, "again")
    fields = {c["component"]["custom_id"]: c["component"] for c in shown.modal["components"]}
    assert "key: G minor" in fields["settings"]["value"]
    assert "style: waltz" in fields["settings"]["value"]


async def test_midi_and_musicxml_go_to_the_one_who_pressed(both):
    asked = await both.compose()
    for action, suffix, head in (("midi", ".mid", b"MThd"), ("musicxml", ".musicxml", b"<score")):
        given = await both.press(both.bob, asked.response, action)
        assert given.ephemeral
        (file,) = given.response.attachments
        assert file.filename.endswith(suffix)
        assert (await file.read()).startswith(head)


async def test_more_files_are_rendered_on_request(world):
    asked = await world.compose()
    for value, suffix in (("wav", ".wav"), ("stems", ".zip")):
        more = await world.press(world.ann, asked.response, "more", [value])
        await world.work()
        (file,) = more.response.attachments
        assert file.filename.endswith(suffix)
        assert world.studio.requests[-1]["formats"] == [value]
    assert await world.rows("SELECT count(*) FROM pieces") == [(1,)]  # an export is no new piece


async def test_paper_comes_with_its_picture_and_a_name_that_says_what_it_is(both):
    asked = await both.compose()
    wanted = {
        "score": ["score.pdf", "score.png"],
        "parts": ["parts.zip"],
        "lead": ["lead-sheet.pdf", "lead-sheet.png", "lead-sheet.musicxml"],
    }
    for value, names in wanted.items():
        more = await both.press(both.ann, asked.response, "more", [value])
        await both.work()
        files = more.response.attachments
        assert len(files) == len(names)
        assert all(f.filename.endswith(f"-{name}") for f, name in zip(files, names, strict=True))


async def test_only_the_asker_deletes_and_then_nothing_is_left(both):
    asked = await both.compose()
    piece = await both.piece_id()
    folder = both.app.settings.pieces_dir / piece
    assert folder.is_dir()

    refused = await both.press(both.bob, asked.response, "delete")
    assert refused.ephemeral
    assert asked.response is not None
    said = {"en-US": "Only the person who asked", "zh-CN": "只有要这首作品的人"}[both.locale]
    assert said in refused.response.content

    await both.press(both.ann, asked.response, "delete")
    assert asked.response is None
    assert not folder.exists()
    again = await both.ann.slash(both.channel, "piece show", id=piece)
    assert again.ephemeral


async def test_buttons_work_after_a_restart(tmp_path, spec):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio, spec=spec) as world:
        asked = await world.compose()
        waiting = await world.bob.slash(world.channel, "compose", text="a calm tango")

        reborn = build(world.app.settings, world.db, studio, shard_count=1)
        await world.env.restart_bot(reborn.client)
        world.app = reborn

        longer = await world.press(world.ann, asked.response, "extend")
        shown = await world.press(world.ann, asked.response, "again")
        assert shown.modal is not None
        await world.press(world.ann, asked.response, "more", ["wav"])
        await world.work()
        assert len(longer.response.attachments) == 3
        # The request accepted before the restart was answered after it, in its own message.
        assert len(waiting.response.attachments) == 3
        states = await world.rows("SELECT DISTINCT state, delivery FROM jobs")
        assert states == [("done", "delivered")]


async def test_what_was_asked_travels_with_the_job(world):
    await world.ann.slash(world.channel, "compose", text="a calm waltz blorp", tempo=90)
    ((request,),) = await world.rows("SELECT request FROM jobs")
    desk = json.loads(request)["desk"]
    assert desk["options"] == {"tempo": 90}
    assert desk["limit"] == 26214400  # what Discord said this place takes
    await world.work()
    assert "I did not understand: blorp" in world.newest().content
