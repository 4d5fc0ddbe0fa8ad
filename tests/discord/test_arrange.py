"""Players: bands for files, hums and pieces, and changes to who plays what."""

from __future__ import annotations

import pytest
from discord_world import TinyStudio, open_world, tiny_audio
from test_rework import MIDI, SCORE, mxl, options_of, uploads

from bot.app import build
from bot.i18n import translate
from bot.intake import MOST_AUDIO
from bot.ui import BANDS, PLAYERS, STYLES
from models import vocabulary

POINT = "Arrange this"
HUM = tiny_audio("wav")
ENSEMBLES = [f"for:{e.id}" for e in vocabulary.load().ensembles]
DRUMS = "Room drum kit"


def asked(world):
    return world.studio.requests[-1]["arrangement"]


async def heard(world, **options):
    """What is shown of a hum, after it was listened to."""
    shown = await world.ann.slash(world.channel, "arrange", file=("My hum.wav", HUM), **options)
    await world.work()
    assert world.studio.requests[-1]["kind"] == "hear"
    return shown


async def test_the_command_takes_a_file_and_every_setting(world):
    await world.compose()
    other = await world.piece_id()
    await world.ann.slash(
        world.channel, "arrange", file=("tune.mid", MIDI), style="bossa nova",
        instruments="flute, cello", keep="rhythm", like=other, seed=7,
    )  # fmt: skip
    await world.work()
    request = world.studio.requests[-1]
    assert (request["kind"], request["parent"], request["brief"]["seed"]) == ("arrange", None, 7)
    told = request["arrangement"]
    assert told["act"] == "arrange"
    assert told["source"].startswith(f"uploads/{world.ann.id}/")
    assert (told["title"], told["style"]) == ("tune", "bossa_nova")
    assert told["instruments"] == ["flute", "cello"]
    assert told["keep"] == ["melody", "drums", "bass"]
    assert told["like"] == other
    assert told["longest"] == 300
    assert "“tune” arranged as Bossa nova." in world.newest().content
    assert "Kept note for note: the melody. New: Fingered bass, Piano." in world.newest().content


@pytest.mark.parametrize(
    ("name", "data", "suffix"),
    [
        ("a.mid", MIDI, ".mid"),
        ("a.musicxml", SCORE, ".musicxml"),
        ("a.mxl", mxl(), ".mxl"),
        ("a.abc", b"X:1\nT:a\nK:C\nCDEF|\n", ".abc"),
    ],
)
async def test_every_kind_of_notes_is_taken(world, name, data, suffix):
    await world.ann.slash(world.channel, "arrange", file=(name, data), ensemble="string quartet")
    await world.work()
    assert asked(world)["source"].endswith(suffix)
    assert asked(world)["ensemble"] == "string_quartet"


async def test_a_model_may_be_a_file_and_the_music_the_latest_piece(both):
    nothing = await both.ann.slash(both.channel, "arrange", style="tango")
    assert {"en-US": "Tell me which music", "zh-CN": "要处理哪段音乐"}[both.locale] in (
        nothing.response.content
    )
    await both.compose()
    latest = await both.piece_id()
    await both.compose(both.bob)
    await both.ann.slash(
        both.channel, "arrange", ensemble="big_band", like_file=("Other song.mid", MIDI)
    )
    await both.work()
    assert both.studio.requests[-1]["parent"] == latest
    assert asked(both)["source"] == latest
    assert asked(both)["like"].startswith(f"uploads/{both.ann.id}/")
    assert asked(both)["like_title"] == "Other song"
    said = {"en-US": "arranged for Big band.", "zh-CN": "编给了大乐队。"}[both.locale]
    assert said in both.newest().content


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [
        ({"style": "tangoo music"}, "I don't know the style", "不认识风格"),
        ({"ensemble": "zzz"}, "I don't know the ensemble", "不认识乐团编制"),
        ({"instruments": "flute, zzzzzz"}, "I don't know the instrument", "不认识乐器"),
        (
            {"ensemble": "orchestra", "instruments": "flute"},
            "An ensemble has its own players",
            "编制有自己的乐手",
        ),
        ({"keep": "drums"}, "What is kept is chosen for files", "“保留”只用于文件"),
        ({"piece": "nonesuch"}, "I know no piece “nonesuch”", "nonesuch"),
        ({"file": ("a.exe", b"MZ")}, "is not music I can read", "不是我能读的音乐"),
        ({"file": ("a.wav", b"RIFF, but no sound")}, "is not music I can read", "不是我能读的音乐"),
        ({"file": ("a.mid", b"")}, "is empty", "是空的"),
        ({"file": ("a.mid", MIDI + bytes(5 * 2**20))}, "larger than the 4096 kB", "4096 kB"),
        ({"file": ("a.wav", HUM + bytes(MOST_AUDIO))}, "larger than the 10240 kB", "10240 kB"),
    ],
)
async def test_what_cannot_be_arranged_is_refused_in_a_sentence(both, options, english, chinese):
    await both.compose()
    before = len(both.studio.requests)
    refused = await both.ann.slash(both.channel, "arrange", **options)
    await both.work()
    said = [m.content for m in (refused.response, *refused.followups) if m is not None]
    assert any((english if both.locale == "en-US" else chinese) in text for text in said)
    assert len(both.studio.requests) == before
    assert uploads(both) == []


async def test_names_are_offered_while_typing(both):
    where = both.channel
    offers = await both.ann.autocomplete(where, "arrange", "ensemble", "quart")
    assert offers[0]["value"] == "string_quartet"
    offers = await both.ann.autocomplete(where, "arrange", "instruments", "flute, cel")
    assert "flute, cello" in {o["value"] for o in offers}
    assert await both.ann.autocomplete(where, "edit", "part", "") == []
    await both.compose()
    piece = await both.piece_id()
    parts = await both.ann.autocomplete(where, "edit", "part", "")
    assert [o["value"] for o in parts][-1] == DRUMS
    kit = {"en-US": DRUMS, "zh-CN": "房间鼓组"}[both.locale]
    assert parts[-1]["name"] == vocabulary.load().kits["room"].name(both.locale[:2]) or kit
    places = await both.ann.autocomplete(where, "edit", "where", "2", piece=piece)
    names = {
        "en-US": ("verse 2 (19-24)", "chorus 2 (25-32)"),
        "zh-CN": ("主歌 2 (19-24)", "副歌 2 (25-32)"),
    }
    assert set(names[both.locale]) <= {o["name"] for o in places}
    assert "19-24" in {o["value"] for o in places}
    found = await both.ann.autocomplete(where, "edit", "piece", "Evening")
    assert piece in {o["value"] for o in found}
    found = await both.ann.autocomplete(where, "edit", "instrument", "tuba")
    assert found[0]["value"] == "tuba"


@pytest.mark.parametrize(
    ("options", "expected", "english", "chinese"),
    [
        (
            {"what": "reroll", "part": "drums", "where": "verse 2"},
            {"act": "reroll", "part": DRUMS, "bars": [19, 24]},
            "written again in bars 19 to 24.",
            "在第 19 到 24 小节重写了。",
        ),
        (
            {"what": "reroll", "part": "贝斯吉他", "where": "第二段副歌"},
            {"act": "reroll", "part": "Fingered bass", "bars": [25, 32]},
            "written again in bars 25 to 32.",
            "在第 25 到 32 小节重写了。",
        ),
        (
            {"what": "add", "instrument": "cello"},
            {"act": "add", "part": "", "instrument": "cello", "bars": None},
            "with a new part: ",
            "加入了新声部：",
        ),
        (
            {"what": "replace", "part": "Acoustic guitar", "instrument": "strings"},
            {"act": "replace", "part": "Acoustic guitar", "instrument": "strings"},
            " in place of Acoustic guitar.",
            "代替了",
        ),
        (
            {"what": "mute", "part": "Choir"},
            {"act": "mute", "part": "Choir", "bars": None},
            " without Choir.",
            "去掉了",
        ),
        (
            {"what": "mute", "part": "Choir", "where": "5-8"},
            {"act": "mute", "part": "Choir", "bars": [5, 8]},
            "rests in bars 5 to 8.",
            "小节休止。",
        ),
    ],
)
async def test_every_edit_is_a_new_version_of_the_piece(both, options, expected, english, chinese):
    part = options.get("part")
    if part == "贝斯吉他":
        bass = vocabulary.load().instruments["bass_guitar"].name("zh")
        options = options | {"part": bass}
    await both.compose()
    parent = await both.piece_id()
    await both.ann.slash(both.channel, "edit", **options)
    await both.work()
    request = both.studio.requests[-1]
    assert (request["kind"], request["parent"]) == ("arrange", parent)
    assert asked(both) | expected == asked(both)
    assert asked(both)["source"] == parent
    assert (english if both.locale == "en-US" else chinese) in both.newest().content
    kept = {"en-US": "All other parts are kept note for note.", "zh-CN": "其他声部都逐音保留"}
    assert kept[both.locale] in both.newest().content


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [
        ({"what": "add"}, "Say which instrument.", "请说明哪件乐器"),
        ({"what": "mute"}, "Say which part; this piece has Saw lead", "请说明哪个声部"),
        ({"what": "mute", "part": "oboe"}, "There is no part “oboe”", "没有声部“oboe”"),
        ({"what": "add", "instrument": "cello", "part": "Choir"}, "leave “part” out", "不要填"),
        (
            {"what": "mute", "part": "Choir", "instrument": "oboe"},
            "An instrument belongs",
            "乐器只用于",
        ),
        ({"what": "add", "instrument": "cello", "where": "5"}, "A place belongs", "位置只用于"),
        (
            {"what": "reroll", "part": "Choir", "where": "chorus"},
            "say which: chorus 1 (11-18), chorus 2 (25-32).",
            "副歌 1 (11-18)、副歌 2 (25-32)",
        ),
        (
            {"what": "reroll", "part": "Choir", "where": "bridge"},
            "one of: intro (1-4)",
            "前奏 (1-4)",
        ),
        ({"what": "reroll", "part": "Choir", "where": "30-40"}, "has 32 bars", "32 小节"),
        ({"what": "mute", "part": "Choir", "piece": "nonesuch"}, "I know no piece", "nonesuch"),
    ],
)
async def test_an_edit_that_cannot_be_is_refused_at_once(both, options, english, chinese):
    await both.compose()
    before = len(both.studio.requests)
    refused = await both.ann.slash(both.channel, "edit", **options)
    await both.work()
    assert refused.ephemeral
    assert (english if both.locale == "en-US" else chinese) in refused.response.content
    assert len(both.studio.requests) == before


async def test_a_piece_of_another_server_cannot_be_edited(world):
    await world.compose()
    piece = await world.piece_id()
    elsewhere = world.env.create_guild("Elsewhere")
    room = elsewhere.create_text_channel("room")
    eve = elsewhere.add_member(world.env.create_user("eve"))
    refused = await eve.slash(room, "edit", what="mute", part="Choir", piece=piece)
    assert f"I know no piece “{piece}” here" in refused.response.content
    refused = await eve.slash(room, "arrange", piece=piece)
    assert f"I know no piece “{piece}” here" in refused.response.content


DIRECT = [
    ("drums", {"act": "reroll", "part": DRUMS, "bars": None}),
    ("bass", {"act": "reroll", "part": "Fingered bass"}),
    ("chords", {"act": "reroll", "part": "Acoustic guitar"}),
    ("nodrums", {"act": "mute", "part": DRUMS}),
    *((e, {"act": "arrange", "ensemble": e.removeprefix("for:")}) for e in ENSEMBLES),
]


async def test_each_choice_of_the_players_menu_is_one_act(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, guild_per_hour=100) as world:
        made = await world.compose()
        parent = await world.piece_id()
        offered = [option["value"] for option in options_of(made.response, "players")]
        assert offered == [*PLAYERS, *ENSEMBLES]
        for choice, expected in DIRECT:
            again = await world.press(world.bob, made.response, "players", [choice])
            await world.work()
            assert world.studio.requests[-1]["parent"] == parent, choice
            assert asked(world) | expected == asked(world), choice
            assert len(again.response.attachments) == 3, choice


FORMS = [
    ("part", {"part": DRUMS, "where": "chorus 2"}, {"act": "reroll", "bars": [25, 32]}),
    ("part", {"part": "Choir", "where": ""}, {"act": "reroll", "bars": None, "part": "Choir"}),
    ("add", {"instrument": "cello"}, {"act": "add", "instrument": "cello"}),
    ("replace", {"part": "Choir", "instrument": "oboe"}, {"act": "replace", "instrument": "oboe"}),
    ("mute", {"part": "Choir", "where": "5-8"}, {"act": "mute", "bars": [5, 8]}),
    ("style", {"style": "tango"}, {"act": "arrange", "style": "tango", "ensemble": None}),
]


async def test_what_a_choice_leaves_open_is_asked_in_a_form(both):
    made = await both.compose()
    labels = [o["label"] for o in options_of(made.response, "players")]
    locale = both.locale[:2]
    assert labels[: len(PLAYERS)] == [translate(label, locale) for label in PLAYERS.values()]
    for choice, told, expected in FORMS[:3]:
        shown = await both.press(both.ann, made.response, "players", [choice])
        fields = {c["component"]["custom_id"]: c["component"] for c in shown.modal["components"]}
        assert set(fields) == set(told)
        if "part" in fields:
            assert [o["value"] for o in fields["part"]["options"]][-1] == DRUMS
        await both.ann.submit_modal(shown, as_filled(told))
        await both.work()
        assert asked(both) | expected == asked(both), choice
    shown = await both.press(both.ann, made.response, "players", ["add"])
    refused = await both.ann.submit_modal(shown, {"instrument": "zzzz"})
    assert refused.ephemeral
    assert "zzzz" in refused.response.content


async def test_the_other_forms(tmp_path, spec):
    async with open_world(tmp_path, spec=spec, guild_per_hour=100) as world:
        made = await world.compose()
        for choice, told, expected in FORMS[3:]:
            shown = await world.press(world.ann, made.response, "players", [choice])
            await world.ann.submit_modal(shown, as_filled(told))
            await world.work()
            assert asked(world) | expected == asked(world), choice


def as_filled(told):
    """Fields of a form as SimCord takes them: what is chosen from a menu is a list."""
    return {name: [value] if name == "part" else value for name, value in told.items()}


async def test_undo_brings_the_piece_before_back(both):
    first = await both.compose()
    parent = await both.piece_id()
    actions = {
        c["custom_id"].split(":")[1] for r in first.response.components for c in r["components"]
    }
    assert "undo" not in actions
    made = await both.press(both.ann, first.response, "players", ["nodrums"])
    await both.work()
    child = await both.piece_id()
    assert await both.rows("SELECT parent FROM pieces WHERE id = ?", child) == [(parent,)]
    back = await both.press(both.bob, made.response, "undo")
    assert parent in back.response.content
    assert len(back.response.attachments) == 3
    assert await both.rows("SELECT count(*) FROM pieces") == [(2,)]  # nothing is thrown away

    shown = await both.ann.slash(both.channel, "piece show", id=child)
    gone = await both.press(both.ann, first.response, "delete")
    assert gone is not None
    refused = await both.press(both.ann, shown.response, "undo")
    assert refused.ephemeral
    assert parent in refused.response.content


async def test_any_message_with_notes_can_be_arranged(both):
    sent = await both.bob.send(
        both.channel,
        attachments=[("cat.png", b"x"), ("My *tune*.mid", MIDI), ("b.abc", b"X:1\nK:C\n")],
    )
    shown = await both.ann.context_menu(both.channel, POINT, sent)
    assert shown.ephemeral
    assert r"My \*tune\*.mid" in shown.response.content
    assert {"en-US": "it carries 1 more", "zh-CN": "还有 1 段"}[
        both.locale
    ] in shown.response.content
    offered = [option["value"] for option in options_of(shown.response, "band")]
    assert offered == [*BANDS, *(f"as:{s}" for s in STYLES), *ENSEMBLES]
    for choice, expected in (
        ("tune", {"keep": ["melody"]}),
        ("rhythm", {"keep": ["melody", "drums", "bass"]}),
        ("as:swing", {"style": "swing"}),
    ):
        await both.press(both.ann, shown.response, "band", [choice])
        await both.work()
        assert asked(both) | expected == asked(both), choice
        assert asked(both)["source"].startswith(f"uploads/{both.ann.id}/")
    form = await both.press(both.ann, shown.response, "band", ["style"])
    await both.ann.submit_modal(form, {"style": "探戈"})
    await both.work()
    assert asked(both)["style"] == "tango"
    assert asked(both)["title"] == "My *tune*"


async def test_pointing_at_a_piece_at_nothing_and_at_several(world):
    made = await world.compose()
    piece = await world.piece_id()
    shown = await world.ann.context_menu(world.channel, POINT, made.response)
    await world.press(world.ann, shown.response, "players", ["for:orchestra"])
    await world.work()
    assert (asked(world)["source"], asked(world)["ensemble"]) == (piece, "orchestra")
    takes = await world.press(world.ann, made.response, "vary")
    await world.work()
    refused = await world.ann.context_menu(world.channel, POINT, takes.response)
    assert "press the take you mean" in refused.response.content
    sent = await world.bob.send(world.channel, attachments=[("cat.png", b"x")])
    refused = await world.ann.context_menu(world.channel, POINT, sent)
    assert "I see neither notes nor sound" in refused.response.content


async def test_a_recording_is_shown_as_it_was_heard_and_then_arranged(both):
    shown = await heard(both, style="waltz", keep="tune", seed=5)
    text = shown.response.content
    assert "**My hum**" in text
    english = ("I heard 4 notes: D minor · ♩ = 96 · 3/4", "How sure I am: 72 %.")
    chinese = ("我听到 4 个音：D小调 · ♩ = 96 · 3/4", "我的把握：72 %。")
    for sentence in english if both.locale == "en-US" else chinese:
        assert sentence in text
    assert [a.filename for a in shown.response.attachments] == ["my-hum-heard.png"]
    assert await both.rows("SELECT count(*) FROM pieces") == [(0,)]
    made = await both.press(both.ann, shown.response, "heard")
    await both.work()
    assert both.studio.requests[-1]["kind"] == "arrange"
    assert (asked(both)["style"], asked(both)["title"]) == ("waltz", "My hum")
    assert asked(both)["source"].endswith(".wav")
    assert len(made.response.attachments) == 3


async def test_what_was_heard_is_corrected_in_a_form(both):
    shown = await heard(both)
    form = await both.press(both.ann, shown.response, "correct")
    fields = {c["component"]["custom_id"]: c["component"] for c in form.modal["components"]}
    assert {n: f.get("value") for n, f in fields.items()} == {
        "key": "D minor", "tempo": "96", "meter": "3/4", "notes": "D4:1 F4:1 A4:1 | D5:3",
        "style": None,
    }  # fmt: skip
    as_it_was = {n: f.get("value") or "" for n, f in fields.items()}
    told = as_it_was | {
        "key": "F大调",
        "tempo": "120",
        "notes": "D4:1 F4:1 A4:1 | C5:3",
        "style": "tango",
    }
    await both.ann.submit_modal(form, told)
    await both.work()
    request = both.studio.requests[-1]
    assert request["kind"] == "arrange"
    changed = {"key": "F major", "tempo": 120, "notes": "D4:1 F4:1 A4:1 | C5:3", "style": "tango"}
    assert asked(both) | changed == asked(both)
    assert asked(both)["meter"] is None  # as heard

    for wrong, english, chinese in (
        ({"key": "H"}, "is not a key I know", "我不认识调性"),
        ({"tempo": "fast as hell"}, "is not a tempo I know", "我不认识速度"),
        ({"meter": "7"}, "I cannot write in 7", "4/4, 3/4"),
        ({"notes": "D4 X9"}, "I cannot read “X9”", "X9"),
        ({"notes": "D4:4"}, "Bar 1 has 4 beats", "4"),
        ({"style": "tangooo music"}, "I don't know the style", "不认识风格"),
    ):
        form = await both.press(both.ann, shown.response, "correct")
        refused = await both.ann.submit_modal(form, as_it_was | wrong)
        assert refused.ephemeral
        assert (english if both.locale == "en-US" else chinese) in refused.response.content, wrong
    form = await both.press(both.ann, shown.response, "correct")
    await both.ann.submit_modal(form, as_it_was)
    await both.work()
    assert {asked(both)[n] for n in ("key", "tempo", "meter", "style")} == {None}
    assert asked(both)["notes"] == ""


async def test_a_recording_can_be_given_to_an_ensemble_from_its_menu(world):
    shown = await heard(world, instruments="flute")
    for choice, expected in (
        ("as:reggae", {"style": "reggae", "instruments": ["flute"]}),
        ("for:satb", {"ensemble": "satb", "instruments": []}),
        ("drums", {"keep": ["melody", "drums"], "ensemble": None}),
    ):
        await world.press(world.ann, shown.response, "band", [choice])
        await world.work()
        assert world.studio.requests[-1]["kind"] == "arrange"
        assert asked(world) | expected == asked(world)


async def test_a_recording_may_be_arranged_at_once(world):
    await world.ann.slash(
        world.channel, "arrange", file=("hum.ogg", tiny_audio("ogg")), as_heard=True
    )
    await world.work()
    assert [r["kind"] for r in world.studio.requests] == ["arrange"]


async def test_a_recording_in_any_message_is_listened_to(world):
    sent = await world.bob.send(world.channel, attachments=[("hum.wav", HUM)])
    shown = await world.ann.context_menu(world.channel, POINT, sent)
    await world.work()
    assert world.studio.requests[-1]["kind"] == "hear"
    refused = await world.press(world.bob, shown.response, "heard")
    assert "Only the person who sent this recording" in refused.response.content
    await world.press(world.ann, shown.response, "heard")
    await world.work()
    assert world.studio.requests[-1]["kind"] == "arrange"


async def test_a_recording_that_is_gone_is_said(world):
    shown = await heard(world)
    for file in uploads(world):
        file.unlink()
    for action in ("heard", "correct"):
        refused = await world.press(world.ann, shown.response, action)
        assert refused.ephemeral
        assert "I do not have that file any more" in refused.response.content


async def test_what_was_heard_is_arranged_after_a_restart(tmp_path, spec):
    studio = TinyStudio()
    async with open_world(tmp_path, studio=studio, spec=spec) as world:
        shown = await heard(world, ensemble="solo piano")
        reborn = build(world.app.settings, world.db, studio, shard_count=1)
        await world.env.restart_bot(reborn.client)
        world.app = reborn
        form = await world.press(world.ann, shown.response, "correct")
        assert len(form.modal["components"]) == 5
        made = await world.press(world.ann, shown.response, "heard")
        await world.work()
        assert asked(world)["ensemble"] == "solo_piano"
        assert len(made.response.attachments) == 3
        again = await world.press(world.ann, made.response, "players", ["bass"])
        await world.work()
        await world.press(world.ann, again.response, "undo")


async def test_a_forgotten_persons_recording_goes_with_what_was_heard(world):
    await heard(world)
    assert len(uploads(world)) == 2  # the recording and our picture of it
    shown = await world.ann.slash(world.channel, "privacy export")
    assert shown is not None
    from bot import intake

    kept = intake.kept(world.app.settings.data_dir, world.ann.id)
    assert [entry["name"].endswith(".wav") for entry in kept] == [True]
    assert intake.forget(world.app.settings.data_dir, world.ann.id) == 1
    assert uploads(world) == []
