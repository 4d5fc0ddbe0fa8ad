"""Working on music that exists: the menu under a result, any message with a file, two commands."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from discord_world import TinyStudio, open_world

from bot.app import build
from bot.i18n import translate
from bot.intake import KEEP
from bot.jobs.housekeeping import tidy
from bot.ui import REWORKS

MIDI = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"
SCORE = b"<?xml version='1.0'?><score-partwise version='4.0'/>"
POINT = "Work on this music"


def mxl():
    """Compressed MusicXML, as far as its list of files tells."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("tune.xml", SCORE)
    return data.getvalue()


def uploads(world):
    return sorted((world.app.settings.data_dir / "uploads").glob("*/*"))


def options_of(message, action):
    return next(
        c["options"]
        for row in message.components
        for c in row["components"]
        if c["custom_id"].split(":")[1] == action
    )


DIRECT = [
    ("continue", {"use": "continue"}),
    ("near", {"use": "vary", "count": 4, "distance": 0.3}),
    ("far", {"use": "vary", "count": 4, "distance": 0.8}),
    ("melody", {"use": "remelodise"}),
    ("chords", {"use": "harmonise"}),
    ("busier", {"use": "restyle", "intensity": 85, "mood": None}),
    ("calmer", {"use": "restyle", "intensity": 15, "mood": "calm"}),
    ("happier", {"use": "restyle", "mood": "happy"}),
    ("sadder", {"use": "restyle", "mood": "sad"}),
    ("higher", {"use": "restyle", "register": 85}),
    ("lower", {"use": "restyle", "register": 15}),
    ("fuller", {"use": "restyle", "polyphony": 85}),
]


async def test_each_choice_under_a_result_is_one_use_of_the_composer(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, guild_per_hour=100) as world:
        asked = await world.compose()
        parent = await world.piece_id()
        offered = [option["value"] for option in options_of(asked.response, "rework")]
        assert offered == list(REWORKS)
        for choice, expected in DIRECT:
            made = await world.press(world.bob, asked.response, "rework", [choice])
            await world.work()
            request = world.studio.requests[-1]
            assert (request["kind"], request["parent"]) == ("rework", parent), choice
            assert request["bars"] == (8 if choice == "continue" else 0)
            assert request["rework"] | expected == request["rework"], choice
            assert request["rework"]["source"] == parent
            assert request["rework"]["longest"] == 300
            files = 4 if expected.get("count") == 4 else 3
            assert len(made.response.attachments) == files, choice
            assert "Evening" in made.response.content, choice
        assert {c for c, _ in DIRECT} | {"bars", "style", "blend", "manner"} == set(offered)


async def test_what_was_done_is_said_in_both_languages(both):
    asked = await both.compose()
    made = await both.press(both.ann, asked.response, "rework", ["sadder"])
    await both.work()
    said = {"en-US": "“Evening” changed: Sad.", "zh-CN": "“Evening”，改变了：悲伤。"}
    assert said[both.locale] in made.response.content
    labels = [o["label"] for o in options_of(made.response, "rework")]
    locale = both.locale[:2]
    assert labels == [translate(label, locale) for label in REWORKS.values()]


async def test_bars_are_asked_for_in_a_form(both):
    asked = await both.compose()
    shown = await both.press(both.ann, asked.response, "rework", ["bars"])
    assert [c["component"]["custom_id"] for c in shown.modal["components"]] == ["bars"]
    await both.ann.submit_modal(shown, {"bars": "5 - 8"})
    await both.work()
    assert both.studio.requests[-1]["rework"]["bars"] == [5, 8]
    assert {"en-US": "bars 5 to 8 rewritten", "zh-CN": "第 5 到 8 小节"}[both.locale] in (
        both.newest().content
    )
    again = await both.press(both.ann, asked.response, "rework", ["bars"])
    refused = await both.ann.submit_modal(again, {"bars": "8-5"})
    assert refused.ephemeral
    assert "8-5" in refused.response.content
    assert len(both.studio.requests) == 2


async def test_another_style_is_asked_for_in_a_form(world):
    asked = await world.compose()
    shown = await world.press(world.ann, asked.response, "rework", ["style"])
    made = await world.ann.submit_modal(shown, {"style": "Tango", "mood": "wistful"})
    await world.work()
    rework = world.studio.requests[-1]["rework"]
    assert (rework["use"], rework["style"], rework["mood"]) == ("restyle", "tango", "wistful")
    assert "changed: Tango, Wistful." in made.response.content
    for fields, words in (
        ({"style": "", "mood": ""}, "Say what should change"),
        ({"style": "tangoo music", "mood": ""}, "I don't know the style"),
    ):
        shown = await world.press(world.ann, asked.response, "rework", ["style"])
        refused = await world.ann.submit_modal(shown, fields)
        assert words in refused.response.content
        assert refused.ephemeral


@pytest.mark.parametrize("choice", ["blend", "manner"])
async def test_the_other_piece_comes_from_the_persons_own(tmp_path, spec, choice):
    async with open_world(tmp_path, spec=spec) as world:
        first = await world.compose()
        source = await world.piece_id()
        alone = await world.press(world.ann, first.response, "rework", [choice])
        assert alone.ephemeral
        assert "You have no other piece yet" in alone.response.content

        await world.compose(world.bob)
        await world.compose()
        other = await world.piece_id()
        shown = await world.press(world.ann, first.response, "rework", [choice])
        assert shown.ephemeral
        assert [o["value"] for o in options_of(shown.response, "other")] == [other]  # not bob's
        made = await world.press(world.ann, shown.response, "other", [other])
        await world.work()
        rework = world.studio.requests[-1]["rework"]
        assert (rework["use"], rework["source"], rework["reference"]) == (choice, source, other)
        assert "Morning" in made.response.content


async def test_any_message_with_a_file_can_be_worked_on_by_anyone_who_sees_it(both):
    for name, data, suffix in (
        ("My *tune*.mid", MIDI, ".mid"),
        ("score.XML", SCORE, ".musicxml"),
        ("score.mxl", mxl(), ".mxl"),
    ):
        sent = await both.bob.send(both.channel, attachments=[("cat.png", b"x"), (name, data)])
        shown = await both.ann.context_menu(both.channel, POINT, sent)
        assert shown.ephemeral
        assert (name.split(".")[0].replace("*", r"\*")) in shown.response.content
        made = await both.press(both.ann, shown.response, "rework", ["near"])
        await both.work()
        request = both.studio.requests[-1]
        source = request["rework"]["source"]
        assert source.startswith(f"uploads/{both.ann.id}/")
        assert source.endswith(suffix)
        assert request["parent"] is None
        assert request["rework"]["title"] == name.rpartition(".")[0]
        assert (both.app.settings.data_dir / source).read_bytes() == data
        assert len(made.response.attachments) == 4
    assert len(uploads(both)) == 3
    await both.ann.context_menu(both.channel, POINT, sent)
    assert len(uploads(both)) == 3  # the same file is kept once


async def test_a_message_with_two_files_says_which_one_is_taken(both):
    files = [("cat.png", b"x"), ("one.mid", MIDI), ("two.mid", MIDI), ("three.xml", SCORE)]
    sent = await both.bob.send(both.channel, attachments=files)
    shown = await both.ann.context_menu(both.channel, POINT, sent)
    assert "one.mid" in shown.response.content
    more = {"en-US": "it carries 2 more", "zh-CN": "还有 2 个"}[both.locale]
    assert more in shown.response.content
    alone = await both.bob.send(both.channel, attachments=files[:2])
    shown = await both.ann.context_menu(both.channel, POINT, alone)
    assert more[:8] not in shown.response.content


async def test_a_blend_of_a_file_keeps_its_title_and_fits_discords_limits(world):
    await world.compose()
    other = await world.piece_id()
    name = "A very long name for a tune, " * 3 + ".musicxml"
    sent = await world.bob.send(world.channel, attachments=[(name, SCORE)])
    shown = await world.ann.context_menu(world.channel, POINT, sent)
    menu = await world.press(world.ann, shown.response, "rework", ["manner"])
    await world.press(world.ann, menu.response, "other", [other])
    await world.work()
    rework = world.studio.requests[-1]["rework"]
    assert rework["source"].endswith(".musicxml")
    assert name.startswith(rework["title"])
    assert len(rework["title"]) >= 10
    assert rework["reference"] == other


async def test_a_result_of_ours_is_worked_on_as_the_piece_it_is(world):
    asked = await world.compose()
    piece = await world.piece_id()
    shown = await world.ann.context_menu(world.channel, POINT, asked.response)
    await world.press(world.ann, shown.response, "rework", ["chords"])
    await world.work()
    request = world.studio.requests[-1]
    assert (request["parent"], request["rework"]["source"]) == (piece, piece)
    assert uploads(world) == []

    takes = await world.press(world.ann, asked.response, "vary")
    await world.work()
    refused = await world.ann.context_menu(world.channel, POINT, takes.response)
    assert "press the take you mean" in refused.response.content


@pytest.mark.parametrize(
    ("name", "data", "english", "chinese"),
    [
        ("song.mp3", MIDI, "I see no MIDI or MusicXML file", "没有 MIDI 或 MusicXML 文件"),
        ("song.mid", b"ID3 is not MIDI", "is not music I can read", "不是我能读的音乐"),
        ("page.xml", b"<html></html>", "is not music I can read", "不是我能读的音乐"),
        ("zip.mxl", b"PK\3\4 nothing", "is not music I can read", "不是我能读的音乐"),
        ("song.mid", b"", "is empty", "是空的"),
        ("song.mid", MIDI + bytes(5 * 2**20), "larger than the 4096 kB", "超过了我接受的 4096 kB"),
    ],
)
async def test_what_is_no_music_is_refused_in_a_sentence(both, name, data, english, chinese):
    sent = await both.bob.send(both.channel, attachments=[(name, data)])
    refused = await both.ann.context_menu(both.channel, POINT, sent)
    assert refused.ephemeral
    assert (english if both.locale == "en-US" else chinese) in refused.response.content
    assert refused.response.components == []
    assert uploads(both) == []


async def test_a_file_that_does_not_arrive_in_time_is_said(world, monkeypatch):
    monkeypatch.setattr("bot.intake.FETCH_SECONDS", 0.0)
    sent = await world.bob.send(world.channel, attachments=[("tune.mid", MIDI)])
    refused = await world.ann.context_menu(world.channel, POINT, sent)
    assert "did not hand me “tune.mid” in time" in refused.response.content


async def test_the_command_takes_a_file_and_every_setting(world):
    await world.ann.slash(
        world.channel, "rework", what="restyle", file=("tune.mid", MIDI), style="bossa nova",
        mood="calm", intensity=80, polyphony=40, register=10, motion=0, seed=7,
    )  # fmt: skip
    await world.work()
    request = world.studio.requests[-1]
    rework = request["rework"]
    assert request["brief"]["seed"] == 7
    assert await world.rows("SELECT seed FROM jobs") == [(7,)]
    assert (rework["style"], rework["mood"]) == ("bossa_nova", "calm")
    sliders = [rework[name] for name in ("intensity", "polyphony", "register", "motion")]
    assert sliders == [80, 40, 10, 0]
    assert rework["title"] == "tune"
    said = "Bossa nova, Calm, rhythm 80/100, fullness 40/100, register 10/100, motion 0/100"
    assert said in world.newest().content


async def test_the_command_without_music_means_the_latest_piece(both):
    nothing = await both.ann.slash(both.channel, "rework", what="vary")
    assert {"en-US": "Tell me which music", "zh-CN": "要处理哪段音乐"}[both.locale] in (
        nothing.response.content
    )
    await both.compose()
    latest = await both.piece_id()
    await both.compose(both.bob)
    await both.ann.slash(both.channel, "rework", what="vary", distance="far")
    await both.work()
    rework = both.studio.requests[-1]["rework"]
    assert (rework["source"], rework["distance"], rework["count"]) == (latest, 0.8, 4)


@pytest.mark.parametrize(
    ("what", "option", "english", "chinese"),
    [
        ("continue", {"style": "tango"}, "A style, a mood and the sliders belong to", "风格、情绪"),
        ("vary", {"bars": "8"}, "Bars belong to “continue it”", "小节只用于"),
        ("manner", {"motion": 0}, "sliders belong to", "滑块只用于"),
        ("harmonise", {"distance": "far"}, "A distance belongs to “vary it”", "远近只用于"),
        ("restyle", {"share": 0, "mood": "sad"}, "A share belongs to", "比例只用于"),
        ("vary", {"other_file": ("b.mid", MIDI)}, "Another piece belongs to", "另一首作品只用于"),
    ],
)
async def test_an_option_that_would_be_ignored_is_refused(both, what, option, english, chinese):
    await both.compose()
    before = len(both.studio.requests)
    refused = await both.ann.slash(both.channel, "rework", what=what, **option)
    await both.work()
    assert (english if both.locale == "en-US" else chinese) in refused.response.content
    assert len(both.studio.requests) == before


async def test_two_pieces_by_name_and_by_file(world):
    await world.compose()
    piece = await world.piece_id()
    missing = await world.ann.slash(world.channel, "rework", what="blend", piece=piece)
    assert "That takes two pieces" in missing.response.content
    await world.ann.slash(
        world.channel, "rework", what="blend", piece=piece, other_file=("b.mid", MIDI), share=25
    )
    await world.work()
    rework = world.studio.requests[-1]["rework"]
    assert rework["source"] == piece
    assert rework["reference"].startswith(f"uploads/{world.ann.id}/")
    assert rework["share"] == 0.25
    assert "25 % of the latter" in world.newest().content

    offers = await world.ann.autocomplete(world.channel, "rework", "piece", "Evening")
    assert {o["value"] for o in offers} >= {piece}
    await world.ann.slash(world.channel, "rework", what="vary", piece=f" `{piece.upper()}` ")
    await world.work()
    assert world.studio.requests[-1]["rework"]["source"] == piece
    stranger = await world.bob.slash(world.channel, "rework", what="vary", piece="nonesuch")
    assert "I know no piece “nonesuch”" in stranger.response.content


async def test_a_continuation_stays_within_the_owners_limit(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, max_seconds=80) as world:
        await world.compose()  # 32 bars, 60 seconds
        refused = await world.ann.slash(world.channel, "rework", what="continue", bars="16")
        assert "the longest piece I make here is 80 seconds" in refused.response.content
        await world.ann.slash(world.channel, "rework", what="continue", bars="8 bars")
        await world.work()
        assert world.studio.requests[-1]["bars"] == 8
        bad = await world.ann.slash(world.channel, "rework", what="continue", bars="lots")
        assert "I continue by 1 to 64 bars" in bad.response.content
        bad = await world.ann.slash(world.channel, "rework", what="infill")
        assert "Say which bars to rewrite" in bad.response.content


async def test_a_typed_hook_and_a_hook_as_a_file(both):
    await both.ann.slash(both.channel, "motif", notes="E4 G4 A4 G4 | E4 D4 C4")
    await both.work()
    request = both.studio.requests[-1]
    assert (request["kind"], request["rework"]["use"]) == ("rework", "develop")
    assert request["rework"]["motif"] == "E4 G4 A4 G4 | E4 D4 C4"
    await both.ann.slash(
        both.channel, "motif", file=("hook.mid", MIDI), text="a happy pop song", key="G major"
    )
    await both.work()
    request = both.studio.requests[-1]
    assert request["rework"]["source"].startswith("uploads/")
    assert (request["brief"]["style"], request["brief"]["key"]) == ("pop", "G major")
    assert request["text"] == "a happy pop song"

    for options, english, chinese in (
        ({}, "Write a hook as notes", "请用音名写动机"),
        ({"notes": "E4 H9 x"}, "I cannot read “H9” in your hook", "读不懂动机里的“H9”"),
        ({"notes": "1 2", "style": "nonsense"}, "I don't know the style", "不认识"),
    ):
        refused = await both.ann.slash(both.channel, "motif", **options)
        assert refused.ephemeral
        expected = english if both.locale == "en-US" else chinese
        assert expected in refused.response.content
    assert len(both.studio.requests) == 2


async def test_uploads_go_after_a_day_without_use_and_with_their_owner(world):
    sent = await world.bob.send(world.channel, attachments=[("tune.mid", MIDI)])
    shown = await world.ann.context_menu(world.channel, POINT, sent)
    (file,) = uploads(world)
    now = 2e9
    os.utime(file, (now - KEEP + 60, now - KEEP + 60))
    await tidy(world.db, world.app.settings, now)
    assert uploads(world) == [file]
    os.utime(file, (now - KEEP - 60, now - KEEP - 60))
    await tidy(world.db, world.app.settings, now)
    assert uploads(world) == []
    late = await world.press(world.ann, shown.response, "rework", ["near"])
    assert "I do not have that file any more" in late.response.content

    await world.ann.context_menu(world.channel, POINT, sent)
    await world.bob.context_menu(world.channel, POINT, sent)
    assert len(uploads(world)) == 2
    told = await world.ann.slash(world.channel, "privacy show")
    assert "music files you sent me (1," in told.response.content
    sure = await world.ann.slash(world.channel, "privacy forget")
    await world.press(world.ann, sure.response, "forget")
    (left,) = uploads(world)
    assert left.parent.name == str(world.bob.id)


async def test_menus_work_after_a_restart(tmp_path, spec):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio, spec=spec) as world:
        asked = await world.compose()
        reborn = build(world.app.settings, world.db, studio, shard_count=1)
        await world.env.restart_bot(reborn.client)
        world.app = reborn
        made = await world.press(world.ann, asked.response, "rework", ["lower"])
        await world.work()
        assert len(made.response.attachments) == 3
