"""`/settings` and `/privacy`."""

from __future__ import annotations

import json

from discord_world import tiny_audio

from bot.delivery import voice_message

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


async def test_privacy_shows_exports_and_forgets(both):
    asked = await both.compose()
    await both.ann.react(asked.response, "👍")
    folder = both.app.settings.pieces_dir / await both.piece_id()

    shown = await both.ann.slash(both.channel, "privacy show")
    assert shown.ephemeral
    assert "(1)" in shown.response.content or "（1）" in shown.response.content
    kept = {"en-US": "within 7 days", "zh-CN": "7 天内"}  # as long as housekeeping keeps copies
    assert kept[both.locale] in shown.response.content

    copy = await both.ann.slash(both.channel, "privacy export")
    assert copy.ephemeral
    rows = json.loads(await copy.response.attachments[0].read())
    assert len(rows["pieces"]) == len(rows["jobs"]) == len(rows["ratings"]) == 1
    assert "token" not in rows["jobs"][0]

    asked_twice = await both.ann.slash(both.channel, "privacy forget")
    assert folder.is_dir()  # nothing happens before the second yes
    done = await both.press(both.ann, asked_twice.response, "forget")
    assert done.acknowledged
    assert {"en-US": "Done", "zh-CN": "完成"}[both.locale] in asked_twice.response.content
    assert not folder.exists()
    for rows in ("SELECT id FROM jobs", "SELECT id FROM pieces", "SELECT value FROM ratings"):
        assert await both.rows(rows) == []


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
