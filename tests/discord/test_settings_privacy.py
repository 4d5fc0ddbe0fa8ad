"""`/settings` and `/privacy`."""

from __future__ import annotations

import json
import time

from discord_world import copy_of, tiny_audio

from bot.delivery import voice_message
from storage import consent, items, listens

VOICE = 1 << 13


async def test_settings_change_the_language_of_replies(both):
    other = {"en-US": "zh", "zh-CN": "en"}[both.locale]
    changed = await both.ann.slash(both.channel, "settings", language=other)
    assert changed.ephemeral
    assert {"zh": "语言：中文", "en": "Language: English"}[other] in changed.response.content
    asked = await both.compose()
    assert {"zh": "种子", "en": "seed"}[other] in asked.response.content
    # "auto" follows Discord again.
    back = await both.ann.slash(both.channel, "settings", language="auto")
    assert {"en-US": "Language:", "zh-CN": "语言："}[both.locale] in back.response.content


async def test_settings_without_options_say_how_things_are(both):
    shown = await both.ann.slash(both.channel, "settings")
    assert {"en-US": ": off", "zh-CN": "：关"}[both.locale] in shown.response.content
    assert await both.rows("SELECT count(*) FROM preferences") == [(0,)]


async def test_a_voice_message_comes_beside_the_mp3(world):
    await world.ann.slash(world.channel, "settings", voice=True)
    asked = await world.compose()
    assert [a.filename[-4:] for a in asked.response.attachments] == [".mp3", ".png", ".mid"]
    voice = world.newest()
    assert voice.flags.value & VOICE
    assert voice.content == ""
    (file,) = voice.attachments
    assert file.filename == "voice-message.ogg"
    (sent,) = [r.json for r in world.env.http_requests if r.json and _is_voice(r.json)]
    (described,) = sent["attachments"]
    assert described["duration_secs"] == 60.04
    assert len(described["waveform"]) == 344  # 256 bytes in base64
    assert sent["nonce"] == "segno-1-v"


def test_the_file_of_a_voice_message_is_sent_as_audio(tmp_path):
    path = tmp_path / "voice.ogg"
    path.write_bytes(tiny_audio("ogg"))
    clip = {"files": {"voice": str(path)}, "facts": {"seconds": 0.1}, "waveform": ""}
    with voice_message(clip, "n") as body:
        assert body.multipart[1]["content_type"] == "audio/ogg"  # Discord refuses anything else
        sent = json.loads(body.multipart[0]["value"])
    assert sent["flags"] == VOICE
    assert len(sent["attachments"][0]["waveform"]) == 344  # silence rather than nothing


def _is_voice(body):
    return isinstance(body, dict) and body.get("flags", 0) & VOICE


async def test_a_voice_message_on_request_replaces_the_file_where_it_is_taken(world):
    asked = await world.compose()
    more = await world.press(world.ann, asked.response, "more", ["voice"])
    await world.work()
    assert more.response.attachments == []
    assert world.newest().flags.value & VOICE


async def test_where_voice_messages_are_refused_the_file_comes_plainly(world):
    asked = await world.compose()
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50173)
    more = await world.press(world.ann, asked.response, "more", ["voice"])
    await world.work()
    (file,) = more.response.attachments
    assert file.filename.endswith(".ogg")


async def agree(world, *sources, everywhere=False):
    place = 0 if everywhere else world.guild.id
    await world.db.run(consent.grant, world.ann.id, sources, place, world.app.client.now())


async def love(world, *styles):
    taste = world.app.client.taste
    return await taste.declare(world.ann.id, world.guild.id, styles=styles)


async def test_privacy_shows_exports_and_forgets(both):
    await agree(both, "reactions", "pieces")
    asked = await both.compose()
    await both.ann.react(asked.response, "👍")
    folder = both.app.settings.pieces_dir / await both.piece_id()

    shown = await both.ann.slash(both.channel, "privacy show")
    assert shown.ephemeral
    assert "(1)" in shown.response.content or "（1）" in shown.response.content
    kept = {"en-US": "within 7 days", "zh-CN": "7 天内"}  # as long as housekeeping keeps copies
    assert kept[both.locale] in shown.response.content
    assert "Club" in shown.response.content

    copy = await both.ann.slash(both.channel, "privacy export")
    assert copy.ephemeral
    files = await copy_of(copy)
    rows = json.loads(files["data.json"])
    assert len(rows["pieces"]) == len(rows["jobs"]) == 1
    assert {deed["type"] for deed in rows["deeds"]} == {"like", "made"}
    assert [one["source"] for one in rows["consents"]] == ["pieces", "reactions"]
    assert "token" not in rows["jobs"][0]
    assert files[f"pieces/{folder.name}/piece.mid"] == (folder / "piece.mid").read_bytes()
    assert "missing.txt" not in files

    asked_twice = await both.ann.slash(both.channel, "privacy forget")
    assert folder.is_dir()  # nothing happens before the second yes
    done = await both.press(both.ann, asked_twice.response, "forget")
    assert done.acknowledged
    assert {"en-US": "Done", "zh-CN": "完成"}[both.locale] in asked_twice.response.content
    assert not folder.exists()
    for table in ("jobs", "pieces", "deeds", "consents", "impressions"):
        assert await both.rows(f"SELECT * FROM {table}") == []  # noqa: S608
    assert both.app.client.taste.people._held == {}
    assert (both.app.settings.data_dir / "forgotten.jsonl").read_text().count("\n") == 1


async def test_forgetting_takes_the_models_that_knew_them(world):
    await agree(world, "listening", "reactions", everywhere=True)
    now = world.app.client.now()

    def hear(db):
        (rare,) = items.ensure(db, [("artist", "only ann knows", "Only Ann Knows", "")])
        listens.add(db, world.ann.id, 0, "spotify", [(rare, int(now // 86400), 9.0)], now)

    await world.db.run(hear)
    await love(world, "rock")
    taste = world.app.client.taste
    assert await taste.refit_if_due()
    fitted = list(world.app.settings.taste_dir.glob("*.npz"))
    assert fitted
    sure = await world.ann.slash(world.channel, "privacy forget")
    started = time.monotonic()
    await world.press(world.ann, sure.response, "forget")
    assert time.monotonic() - started < 1.0
    assert not any(path.exists() for path in fitted)
    assert await world.rows("SELECT * FROM items WHERE kind = 'artist'") == []
    assert await world.rows("SELECT * FROM taste_models") == []


async def test_a_copy_names_what_has_no_room(both):
    await both.compose()
    limit = 90_000
    piece = await both.piece_id()
    folder = both.app.settings.pieces_dir / piece
    (folder / "piece.wav").write_bytes(bytes(2 * limit))
    both.extra = {"attachment_size_limit": limit}
    copy = await both.ann.slash(both.channel, "privacy export")
    files = await copy_of(copy)
    assert json.loads(files["data.json"])["pieces"]
    assert f"pieces/{piece}/piece.wav" not in files
    assert f"pieces/{piece}/piece.mid" in files
    assert files["missing.txt"].decode() == f"pieces/{piece}/piece.wav"
    assert "missing.txt" in copy.response.content


async def test_an_agreement_is_taken_back_with_what_it_had_stored(both):
    await agree(both, "reactions", "together")
    assert await love(both, "rock", "swing")
    shown = await both.ann.slash(both.channel, "privacy show")
    await both.press(both.ann, shown.response, "takeback", [f"reactions@{both.guild.id}"])
    assert await both.rows("SELECT * FROM deeds") == []
    assert await both.rows("SELECT source FROM consents") == [("together",)]
    assert {"en-US": "2 entries", "zh-CN": "2 条"}[both.locale] in shown.response.content
    await both.press(both.ann, shown.response, "takeback", [f"together@{both.guild.id}"])
    assert await both.rows("SELECT * FROM consents") == []
    nothing = {"en-US": "agreed to nothing", "zh-CN": "没有同意任何事"}[both.locale]
    assert nothing in shown.response.content
    assert shown.response.components == []


async def test_a_pause_keeps_nothing_and_ends(both):
    await agree(both, "reactions", "pieces")
    await both.ann.slash(both.channel, "privacy pause")
    assert not await love(both, "rock")
    await both.compose()
    assert await both.rows("SELECT * FROM deeds") == []
    shown = await both.ann.slash(both.channel, "privacy show")
    assert {"en-US": "**Paused:**", "zh-CN": "**已暂停：**"}[both.locale] in shown.response.content
    await both.ann.slash(both.channel, "privacy pause")
    assert await love(both, "rock")


async def test_what_was_kept_for_a_server_goes_when_the_bot_leaves_it(world):
    await agree(world, "reactions")
    await love(world, "rock")
    await agree(world, "pieces", everywhere=True)
    world.app.client._connection.parse_guild_delete({"id": str(world.guild.id)})
    await world.env.settle()
    assert await world.rows("SELECT * FROM deeds") == []
    assert await world.rows("SELECT source, guild_id FROM consents") == [("pieces", 0)]


async def test_an_outage_is_no_leaving(world):
    await agree(world, "reactions")
    await love(world, "rock")
    client = world.app.client
    client._connection.parse_guild_delete({"id": str(world.guild.id), "unavailable": True})
    await world.env.settle()
    assert len(await world.rows("SELECT * FROM deeds")) == 1


async def test_what_was_kept_of_somebody_for_a_server_goes_when_they_leave_it(world):
    await agree(world, "reactions")
    await love(world, "rock")
    await world.db.run(consent.grant, world.bob.id, ("reactions",), world.guild.id, 1.0)
    left = {"guild_id": str(world.guild.id), "user": {
        "id": str(world.ann.id), "username": "ann", "discriminator": "0", "avatar": None,
    }}  # fmt: skip
    world.app.client._connection.parse_guild_member_remove(left)
    await world.env.settle()
    assert await world.rows("SELECT * FROM deeds") == []
    assert await world.rows("SELECT user_id FROM consents") == [(world.bob.id,)]


async def test_servers_left_while_the_bot_was_off_are_noticed(world):
    gone = 4242424242424242
    now = world.app.client.now()
    await agree(world, "reactions")
    await world.db.run(consent.grant, world.ann.id, ("reactions",), gone, now)
    client = world.app.client
    await client.taste.declare(world.ann.id, gone, styles=("rock",))
    await client.get_cog("Guilds").on_ready()
    assert await world.rows("SELECT guild_id FROM consents") == [(world.guild.id,)]
    assert await world.rows("SELECT * FROM deeds") == []


async def test_forgetting_ends_the_messages_of_what_is_under_way(both):
    both.studio.hold.clear()
    running = await both.ann.slash(both.channel, "compose", text="a calm waltz")
    await both.app.runner.step()
    waiting = await both.ann.slash(both.channel, "compose", text="a calm tango")
    others = await both.bob.slash(both.channel, "compose", text="a calm march")
    before = others.response.content
    sure = await both.ann.slash(both.channel, "privacy forget")
    await both.press(both.ann, sure.response, "forget")
    assert {"en-US": "Done", "zh-CN": "完成"}[both.locale] in sure.response.content
    stopped = {"en-US": "Stopped, as you asked", "zh-CN": "已按你的要求停止"}[both.locale]
    for asked in (running, waiting):
        assert stopped in asked.response.content
        assert asked.response.components == []
    assert others.response.content == before
    both.studio.hold.set()
    await both.work()
    assert stopped in running.response.content
    assert others.response.attachments
