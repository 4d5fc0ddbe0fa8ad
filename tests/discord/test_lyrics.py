"""Words in Discord: the command, the buttons under words, the form that checks every line."""

from __future__ import annotations

import pytest
from lyrics_world import Scribe, open_songs, tune_file
from test_rework import options_of, uploads

from bot.app import build
from models import midi
from models.score import Meter, Note, Score, Tempo, Track
from models.singing import espeak
from models.theory import Key

POINT = "Write words"
DRUMS = Score(
    "Beat", Key("C"), Meter(), (Tempo(0.0, 120.0),), 2,
    (Track("Kit", "drums", 0, tuple(Note(k, 36, 0.5) for k in range(8)), is_drum=True),),
)  # fmt: skip


@pytest.fixture
async def songs(tmp_path, spec):
    async with open_songs(tmp_path, spec=spec, guild_per_hour=100) as opened:
        yield opened


@pytest.fixture(params=["en-US", "zh-CN"])
async def both_songs(request, tmp_path, spec):
    async with open_songs(tmp_path, spec=spec, locale=request.param, guild_per_hour=100) as opened:
        yield opened


def asked(world):
    return world.studio.requests[-1]["writing"]


def tell(world, english, chinese):
    return {"en-US": english, "zh-CN": chinese}[world.locale]


async def lyrics(world, who=None, place=None, **options):
    """A finished answer to /lyrics; a song of its own where nothing is on the table."""
    shown = await (who or world.ann).slash(place or world.channel, "lyrics", **options)
    await world.work()
    return shown


async def form_of(world, shown, who=None):
    """The form under words, and its text."""
    form = await world.press(who or world.ann, shown.response, "pen")
    return form, fields_of(form)["text"]["value"]


def fields_of(form):
    return {c["component"]["custom_id"]: c["component"] for c in form.modal["components"]}


def actions(message):
    return {c["custom_id"].split(":")[1] for row in message.components for c in row["components"]}


async def test_the_command_says_what_the_words_shall_be(songs):
    await songs.compose()
    piece = await songs.piece_id()
    shown = await lyrics(
        songs, theme="the sea, going home", mood="wistful", scheme="aabb", explicit=True,
        first_line="sea light home road", words="bread, stone", language="en", seed=7,
    )  # fmt: skip
    request = songs.studio.requests[-1]
    assert (request["kind"], request["parent"], request["brief"]["seed"]) == ("lyrics", piece, 7)
    told = asked(songs)
    assert (told["act"], told["source"], told["mood"]) == ("write", piece, "wistful")
    assert (told["scheme"], told["clean"]) == ("AABB", False)
    assert (told["first_line"], told["required"]) == ("sea light home road", ["bread", "stone"])
    assert any("sea" in theme for theme in told["themes"])
    assert songs.studio.writer.asks[-1].stanzas[0].lines[0].given == "sea light home road"
    assert "sea light home road" in shown.response.content


async def test_an_answer_has_words_sheet_files_and_buttons(both_songs):
    shown = await lyrics(both_songs, theme="the sea", language="en")
    text = shown.response.content
    for head in tell(both_songs, ("**Verse 1**", "**Chorus**", "**Verse 2**"),
                     ("**主歌 1**", "**副歌**", "**主歌 2**")):  # fmt: skip
        assert head in text
    assert tell(both_songs, "**Chorus**, as before", "**副歌**，同前") in text
    names = [a.filename.split("-", 2)[-1] for a in shown.response.attachments]
    assert [n.rsplit(".", 1)[-1] for n in names] == ["mp3", "png", "mid", "txt", "lrc", "pdf"]
    whole = (await shown.response.attachments[3].read()).decode()
    assert all(line in text for line in whole.splitlines()[2:] if "[" not in line)
    assert options_of(shown.response, "more")[-1]["value"] == "kar"
    wanted = {"anew", "pen", "keep", "midi", "musicxml", "music", "delete", "line", "more"}
    assert actions(shown.response) - {"sing"} == wanted
    assert ("sing" in actions(shown.response)) == espeak.available()


async def test_without_music_the_words_come_first(both_songs):
    await lyrics(both_songs, theme="winter")
    assert asked(both_songs)["source"] is None
    assert both_songs.studio.requests[-1]["parent"] is None
    piece = await both_songs.piece_id()
    await lyrics(both_songs, theme="winter")  # now there is a piece on the table
    assert asked(both_songs)["source"] == piece
    await lyrics(both_songs, theme="winter", words_first=True)
    assert asked(both_songs)["source"] is None


async def test_a_piece_by_name_and_offers_while_typing(both_songs):
    await both_songs.compose()
    piece = await both_songs.piece_id()
    await both_songs.compose()
    where, ann = both_songs.channel, both_songs.ann
    found = await ann.autocomplete(where, "lyrics", "piece", "Evening")
    assert piece in {o["value"] for o in found}
    found = await ann.autocomplete(where, "lyrics", "mood", tell(both_songs, "wist", "惆"))
    assert found[0]["value"] == "wistful"
    found = await ann.autocomplete(where, "lyrics", "scheme", "aa")
    assert {o["value"] for o in found} == {"AABB", "AABA", "AAAA"}
    await lyrics(both_songs, both_songs.bob, piece=piece)
    assert asked(both_songs)["source"] == piece  # the same server: bob may write for it


async def test_a_file_with_a_tune_gets_words(both_songs):
    shown = await lyrics(both_songs, file=("My *song*.mid", tune_file()), language="en")
    assert asked(both_songs)["source"].startswith(f"uploads/{both_songs.ann.id}/")
    assert asked(both_songs)["title"] == "My *song*"
    assert tell(both_songs, "**Verse 1**", "**主歌 1**") in shown.response.content


async def test_a_file_without_a_melody_is_said(both_songs, tmp_path):
    midi.write(DRUMS, tmp_path / "beat.mid")
    data = (tmp_path / "beat.mid").read_bytes()
    shown = await lyrics(both_songs, file=("beat.mid", data))
    assert tell(both_songs, "There is no melody", "旋律") in shown.response.content
    assert shown.response.components == []
    assert await both_songs.rows("SELECT count(*) FROM pieces") == [(0,)]


REFUSED = [
    ({"mood": "zzz"}, "I don't know the mood", "不认识情绪"),
    ({"scheme": "A1"}, "is not a rhyme scheme", "押韵格式"),
    ({"first_line": "la " * 60}, "at most 120 characters", "最多 120 个字符"),
    ({"piece": "nonesuch"}, "I know no piece “nonesuch”", "nonesuch"),
    ({"file": ("a.exe", b"MZ")}, "is not music I can read", "不是我能读的音乐"),
    ({"piece": "x", "words_first": True}, "Words first means", "先写词就会另写旋律"),
]


async def test_what_cannot_be_is_refused_in_a_sentence(both_songs):
    for options, english, chinese in REFUSED:
        refused = await both_songs.ann.slash(both_songs.channel, "lyrics", **options)
        assert refused.ephemeral
        assert tell(both_songs, english, chinese) in refused.response.content
    assert both_songs.studio.requests == []
    assert uploads(both_songs) == []


async def test_in_a_direct_message(songs):
    shown = await songs.ann.user.slash("lyrics", theme="rain")
    await songs.work()
    assert "**Verse 1**" in shown.response.content
    again = await songs.ann.user.click(
        shown.response, custom_id=songs.custom_id(shown.response, "anew")
    )
    await songs.work()
    assert asked(songs)["act"] == "rewrite"
    assert len(again.response.attachments) == 6


async def test_long_words_go_on_in_embeds_and_the_form_takes_them(tmp_path, spec):
    studio = Scribe(form=("verse", "bridge") * 8, bars=128)
    async with open_songs(tmp_path, studio=studio, spec=spec) as world:
        shown = await lyrics(world)
        text, embeds = shown.response.content, shown.response.embeds
        assert len(text) <= 2000
        assert embeds
        form, typed = await form_of(world, shown)
        lines = [row for row in typed.splitlines() if row and "[" not in row]
        everything = "\n".join([text, *(embed.description for embed in embeds)])
        assert len(lines) == 64
        assert [line for line in lines if line not in everything] == []
        heads = [f"**{kind} {n}**" for kind in ("Verse", "Bridge") for n in range(1, 9)]
        assert [head for head in heads if everything.count(head) != 1] == []
        sent = await world.ann.submit_modal(form, {"name": "Long", "text": typed})
        await world.work()
        assert "**Long**" in sent.response.content
        following = await world.press(world.ann, sent.response, "line", ["from:24"])
        assert options_of(following.response, "line")[-1]["value"] == "from:48"


async def test_other_words_and_undo(both_songs):
    shown = await lyrics(both_songs, theme="the sea", language="en")
    parent = await both_songs.piece_id()
    other = await both_songs.press(both_songs.ann, shown.response, "anew")
    await both_songs.work()
    assert (asked(both_songs)["act"], asked(both_songs)["source"]) == ("rewrite", parent)
    before = shown.response.content.split("**\n", 2)[-1]
    assert other.response.content.split("**\n", 2)[-1] != before
    assert set(both_songs.studio.writer.asks[-1].avoid)  # the words that were refused
    assert shown.response.attachments  # nothing is thrown away
    back = await both_songs.press(both_songs.ann, other.response, "undo")
    assert parent in back.response.content
    assert tell(both_songs, "**Verse 1**", "**主歌 1**") in back.response.content
    assert "pen" in actions(back.response)


async def test_one_line_again_is_the_line_that_was_chosen(both_songs):
    shown = await lyrics(both_songs, language="en")
    options = options_of(shown.response, "line")
    assert [o["value"] for o in options] == [str(n) for n in range(1, len(options) + 1)]
    chosen = options[4]
    text = chosen["label"].split(". ", 1)[1]
    again = await both_songs.press(both_songs.ann, shown.response, "line", ["5"])
    await both_songs.work()
    assert (asked(both_songs)["act"], asked(both_songs)["line"]) == ("reline", 5)
    now = [o["label"].split(". ", 1)[1] for o in options_of(again.response, "line")]
    was = [o["label"].split(". ", 1)[1] for o in options]
    assert now[4] != text
    assert now[:4] + now[5:] == was[:4] + was[5:]


async def test_many_lines_are_offered_by_pages(songs, monkeypatch):
    monkeypatch.setattr("bot.lyrics_ui._LINES", 5)
    monkeypatch.setattr("bot.ui.MOST_OPTIONS", 6)
    shown = await lyrics(songs)
    options = options_of(shown.response, "line")
    assert [o["value"] for o in options] == ["1", "2", "3", "4", "5", "from:5"]
    following = await songs.press(songs.ann, shown.response, "line", ["from:5"])
    assert following.ephemeral
    values = [o["value"] for o in options_of(following.response, "line")]
    assert values[0] == "6"
    await songs.press(songs.ann, following.response, "line", ["6"])
    await songs.work()
    assert asked(songs)["line"] == 6


async def test_words_that_fit_become_the_words(both_songs):
    shown = await lyrics(both_songs, language="en")
    parent = await both_songs.piece_id()
    form, text = await form_of(both_songs, shown)
    assert tell(both_songs, "[Verse 1]", "[主歌 1]") in text
    first = next(row for row in text.splitlines() if row and "[" not in row)
    changed = text.replace(first, "**bold** `old` @here ||sea||")
    sent = await both_songs.ann.submit_modal(form, {"name": "My `song`", "text": changed})
    await both_songs.work()
    assert (asked(both_songs)["act"], asked(both_songs)["name"]) == ("own", "My `song`")
    assert r"\*\*bold\*\* \`old\` \@here \|\|sea\|\|" in sent.response.content
    assert r"My \`song\`" in sent.response.content
    rows = await both_songs.rows("SELECT parent FROM pieces ORDER BY number DESC LIMIT 1")
    assert rows == [(parent,)]


async def test_words_that_do_not_fit_are_told_line_by_line_and_kept(both_songs):
    shown = await lyrics(both_songs, language="en")
    before = len(both_songs.studio.requests)
    form, text = await form_of(both_songs, shown)
    lines = [row for row in text.splitlines() if row and "[" not in row]
    wrong = text.replace(lines[2], lines[2] + " winter").replace(lines[0], "7 " + lines[0], 1)
    told = await both_songs.ann.submit_modal(form, {"name": "Mine", "text": wrong})
    assert told.ephemeral
    notes = len(lines[2].split())
    assert tell(both_songs, f"Line 3 has {notes + 2} syllables for {notes} notes.",
                f"第 3 句有 {notes + 2} 个音节") in told.response.content  # fmt: skip
    assert tell(both_songs, "Line 1 has figures", "第 1 句里有数字") in told.response.content
    assert len(both_songs.studio.requests) == before  # nothing was queued

    again = await both_songs.press(both_songs.ann, told.response, "redo")
    assert fields_of(again)["text"]["value"] == wrong
    assert fields_of(again)["name"]["value"] == "Mine"
    sent = await both_songs.ann.submit_modal(again, {"name": "Mine", "text": text})
    await both_songs.work()
    assert "**Mine**" in sent.response.content


async def test_chinese_words_are_counted_by_characters(both_songs):
    shown = await lyrics(both_songs, theme="思乡", language="zh")
    assert "sing" not in actions(shown.response)  # the robot's voice knows English only
    form, text = await form_of(both_songs, shown)
    first = next(row for row in text.splitlines() if row and "[" not in row)
    assert len(first) == 4
    told = await both_songs.ann.submit_modal(
        form, {"name": "", "text": text.replace(first, first + "人")}
    )
    assert tell(both_songs, "Line 1 has 5 syllables for 4 notes.", "第 1 句有 5 个音节") in (
        told.response.content
    )
    again = await both_songs.press(both_songs.ann, told.response, "redo")
    sent = await both_songs.ann.submit_modal(
        again, {"name": "秋思", "text": text.replace(first, "床前明月", 1)}
    )
    await both_songs.work()
    assert asked(both_songs)["language"] == "zh"
    assert "床前明月" in sent.response.content
    assert "**秋思**" in sent.response.content


async def test_too_few_and_too_many_lines(songs):
    shown = await lyrics(songs)
    form, text = await form_of(songs, shown)
    count = len([row for row in text.splitlines() if row and "[" not in row])
    for wrong, sentence in (
        ("only one line", f"There are 1 lines of words for {count} lines of melody"),
        (text + "\nsea light home sea", f"There are {count + 1} lines of words for {count}"),
    ):
        told = await songs.ann.submit_modal(form, {"name": "", "text": wrong})
        assert sentence in told.response.content
        form = await songs.press(songs.ann, told.response, "redo")
    nothing = await songs.ann.submit_modal(form, {"name": "", "text": "   \n "})
    assert "There are no words to check" in nothing.response.content


async def test_typed_words_outlive_a_restart_and_are_their_writers_alone(tmp_path, spec):
    studio = Scribe()
    async with open_songs(tmp_path, studio=studio, spec=spec) as world:
        shown = await lyrics(world)
        form, text = await form_of(world, shown)
        told = await world.ann.submit_modal(form, {"name": "", "text": text + "\none more"})
        reborn = build(world.app.settings, world.db, studio, shard_count=1)
        await world.env.restart_bot(reborn.client)
        world.app = reborn
        again = await world.press(world.ann, told.response, "redo")
        assert fields_of(again)["text"]["value"] == text + "\none more"
        other = await world.press(world.ann, shown.response, "anew")
        await world.work()
        assert len(other.response.attachments) == 6
        line = await world.press(world.ann, shown.response, "line", ["2"])
        await world.work()
        assert len(line.response.attachments) == 6

        assert len(uploads(world)) == 1
        for file in uploads(world):
            file.unlink()
        gone = await world.press(world.ann, told.response, "redo")
        assert "I do not have that file any more" in gone.response.content


async def test_a_line_of_ones_own_that_does_not_fit_comes_back_in_its_form(both_songs):
    told = await lyrics(
        both_songs, theme="the sea", first_line="far too many words for the melody", mood="sad",
        language="en",
    )  # fmt: skip
    assert tell(both_songs, "Nothing you typed is lost", "你写的都还在") in told.response.content
    assert tell(both_songs, "Line 1 has 10 syllables for 4", "第 1 句有 10 个音节") in (
        told.response.content
    )
    assert await both_songs.rows("SELECT count(*) FROM pieces") == [(0,)]
    refused = await both_songs.press(both_songs.bob, told.response, "redo")
    assert refused.ephemeral
    assert refused.modal is None
    form = await both_songs.press(both_songs.ann, told.response, "redo")
    fields = fields_of(form)
    assert fields["first_line"]["value"] == "far too many words for the melody"
    assert fields["about"]["value"] == "the sea"
    filled = {name: fields[name].get("value") or "" for name in ("about", "required", "scheme")}
    sent = await both_songs.ann.submit_modal(form, {**filled, "first_line": "", "language": ["en"]})
    await both_songs.work()
    assert (asked(both_songs)["mood"], asked(both_songs)["first_line"]) == ("sad", "")
    assert len(sent.response.attachments) == 6


async def test_only_who_asked_for_words_changes_them(both_songs):
    shown = await lyrics(both_songs)
    before = len(both_songs.studio.requests)
    for action, values in (("anew", None), ("line", ["1"]), ("pen", None)):
        refused = await both_songs.press(both_songs.bob, shown.response, action, values)
        assert refused.ephemeral, action
        said_so = tell(
            both_songs, "Only the person who asked for these words", "只有要这些歌词的人"
        )
        assert said_so in refused.response.content
    assert len(both_songs.studio.requests) == before
    for action in ("keep", "music"):  # these change nothing of hers
        assert (await both_songs.press(both_songs.bob, shown.response, action)).ephemeral


async def test_saving_is_a_star(both_songs):
    shown = await lyrics(both_songs)
    piece = await both_songs.piece_id()
    saved = "SELECT d.user_id, i.key, d.type FROM deeds d JOIN items i ON i.id = d.item_id"
    asked = await both_songs.press(both_songs.ann, shown.response, "keep")
    assert await both_songs.rows(saved) == []  # nothing without consent
    form = asked.response
    yes = both_songs.custom_id(form, "agree")
    await both_songs.ann.click(form, custom_id=yes)
    assert piece in form.content
    for _ in range(2):
        kept = await both_songs.press(both_songs.ann, shown.response, "keep")
        assert kept.ephemeral
        assert piece in kept.response.content
    assert await both_songs.rows(saved) == [(both_songs.ann.id, piece, "save")]


async def test_the_music_under_words_can_be_worked_on(songs):
    shown = await lyrics(songs)
    menus = await songs.press(songs.ann, shown.response, "music")
    assert actions(menus.response) == {"rework", "players"}
    gone = await songs.press(songs.ann, shown.response, "delete")
    assert gone is not None
    assert await songs.rows("SELECT count(*) FROM pieces WHERE deleted IS NULL") == [(0,)]


@pytest.mark.skipif(not espeak.available(), reason="needs the extra [sing]")
async def test_a_robot_sings_english_words_when_its_voice_is_installed(both_songs):
    shown = await lyrics(both_songs, language="en")
    heard = await both_songs.press(both_songs.ann, shown.response, "sing")
    await both_songs.work()
    request = both_songs.studio.requests[-1]
    assert (request["kind"], request["formats"]) == ("export", ["sung"])
    (file,) = heard.response.attachments
    assert "robot-demo" in file.filename
    again = await both_songs.bob.slash(
        both_songs.channel, "piece show", id=await both_songs.piece_id()
    )
    assert "robot-demo" in again.response.attachments[0].filename
    assert "sing" not in actions(again.response)  # it is there


async def test_without_the_voice_no_song_is_offered(songs, monkeypatch):
    monkeypatch.setattr(espeak, "available", lambda: False)
    shown = await lyrics(songs, language="en")
    assert "sing" not in actions(shown.response)


async def test_a_finished_piece_and_any_message_can_get_words(both_songs):
    made = await both_songs.compose()
    piece = await both_songs.piece_id()
    sent = await both_songs.bob.send(
        both_songs.channel, attachments=[("cat.png", b"x"), ("My tune.mid", tune_file())]
    )
    forms = [
        (await both_songs.press(both_songs.ann, made.response, "words"), piece),
        (await both_songs.ann.context_menu(both_songs.channel, POINT, made.response), piece),
        (await both_songs.ann.context_menu(both_songs.channel, POINT, sent), "uploads/"),
    ]
    default = tell(both_songs, "en", "zh")
    for form, source in forms:
        options = fields_of(form)["language"]["options"]
        assert [o["value"] for o in options if o.get("default")] == [default]
        filled = {
            "about": "rain, sad", "first_line": "", "required": "", "scheme": "abab",
            "language": ["en"],
        }  # fmt: skip
        shown = await both_songs.ann.submit_modal(form, filled)
        await both_songs.work()
        told = asked(both_songs)
        assert told["source"].startswith(source)
        assert (told["mood"], told["scheme"], told["language"]) == ("sad", "ABAB", "en")
        assert len(shown.response.attachments) == 6
    empty = await both_songs.bob.send(both_songs.channel, attachments=[("cat.png", b"x")])
    refused = await both_songs.ann.context_menu(both_songs.channel, POINT, empty)
    assert tell(both_songs, "I see no notes", "没有音符") in refused.response.content


async def test_the_form_refuses_what_the_command_refuses(songs):
    made = await songs.compose()
    form = await songs.press(songs.ann, made.response, "words")
    bad = {"about": "", "first_line": "", "required": "", "scheme": "1", "language": ["en"]}
    refused = await songs.ann.submit_modal(form, bad)
    assert refused.ephemeral
    assert "is not a rhyme scheme" in refused.response.content


async def test_a_repeated_interaction_is_one_job(songs):
    first = await songs.ann.slash(songs.channel, "lyrics", theme="rain")
    ((number, interaction),) = await songs.rows("SELECT id, interaction_id FROM jobs")
    songs.extra = {"id": str(interaction)}
    await songs.ann.slash(songs.channel, "lyrics", theme="rain")
    songs.extra = {}
    assert await songs.rows("SELECT id FROM jobs") == [(number,)]
    await songs.work()
    assert len(first.response.attachments) == 6


async def test_writing_is_cancelled_by_its_asker(both_songs):
    both_songs.studio.hold.clear()
    waiting = await both_songs.ann.slash(both_songs.channel, "lyrics", theme="rain")
    await both_songs.app.runner.step()
    await both_songs.env.settle()
    await both_songs.press(both_songs.ann, waiting.response, "cancel")
    await both_songs.work()
    assert await both_songs.rows("SELECT state FROM jobs") == [("cancelled",)]
    both_songs.studio.hold.set()
    assert waiting.response.components == []


async def test_limits_hold_for_words(tmp_path, spec):
    async with open_songs(tmp_path, spec=spec, user_queued=0) as world:
        world.studio.hold.clear()
        await world.ann.slash(world.channel, "lyrics", theme="rain")
        refused = await world.ann.slash(world.channel, "lyrics", theme="snow")
        assert "You already have 1 requests in the works" in refused.response.content
        world.studio.hold.set()
        await world.work()


async def test_words_that_fit_but_come_too_soon_are_kept(tmp_path, spec):
    async with open_songs(tmp_path, spec=spec, guild_per_hour=1) as world:
        shown = await lyrics(world)
        form, text = await form_of(world, shown)
        told = await world.ann.submit_modal(form, {"name": "Mine", "text": text})
        assert told.ephemeral
        assert "Please try again in" in told.response.content
        again = await world.press(world.ann, told.response, "redo")
        assert fields_of(again)["text"]["value"] == text


async def test_words_are_shown_again_by_name_and_by_mail(both_songs):
    shown = await lyrics(both_songs, language="en")
    piece = await both_songs.piece_id()
    line = options_of(shown.response, "line")[0]["label"].split(". ", 1)[1]
    again = await both_songs.bob.slash(both_songs.channel, "piece show", id=piece)
    assert line in again.response.content
    assert "pen" in actions(again.response)
    await both_songs.ann.react(again.response, "✉️")
    mailed = both_songs.newest(both_songs.ann.user.dm_channel)
    assert line in mailed.content
    assert len(mailed.attachments) == 7
