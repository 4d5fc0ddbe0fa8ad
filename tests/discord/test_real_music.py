"""The whole way with nothing but Discord replaced: real plan, melody, band, sound, picture."""

from __future__ import annotations

import io

import pytest
import soundfile
from discord_world import open_world
from PIL import Image

from bot.jobs.executor import InlineExecutor
from models import midi

TASK = "bot.jobs.tasks:execute"


@pytest.fixture
async def studio_world(tmp_path, spec):
    async with open_world(tmp_path, studio=InlineExecutor(TASK), spec=spec) as opened:
        yield opened


async def test_a_sentence_becomes_music_one_can_play(studio_world, tmp_path):
    world = studio_world
    await world.ann.slash(world.channel, "settings", voice=True)
    asked = await world.compose(text="a calm waltz in D minor, 5 seconds")
    assert "Waltz · Calm · D minor" in asked.response.content
    assert "0:05" in asked.response.content
    sound, picture, score = asked.response.attachments

    info = soundfile.info(io.BytesIO(await sound.read()))
    assert info.duration == pytest.approx(5.0, abs=0.2)  # MP3 pads its ends
    Image.open(io.BytesIO(await picture.read())).verify()
    path = tmp_path / "piece.mid"
    path.write_bytes(await score.read())
    written = midi.read(path)
    assert str(written.key) == "D minor"
    assert str(written.meter) == "3/4"

    voice = world.newest()
    assert voice.flags.value & (1 << 13)
    spoken = soundfile.info(io.BytesIO(await voice.attachments[0].read()))
    assert (spoken.channels, spoken.samplerate, spoken.format) == (1, 48000, "OGG")

    varied = await world.press(world.ann, asked.response, "vary")
    await world.work()
    takes = [await a.read() for a in varied.response.attachments]
    assert len(takes) == len(set(takes)) == 4  # four different melodies
    states = await world.rows("SELECT DISTINCT state, delivery FROM jobs")
    assert states == [("done", "delivered")]


async def test_a_strangers_file_becomes_another_piece_from_the_message_it_is_in(
    studio_world, tmp_path
):
    world = studio_world
    asked = await world.compose(text="a calm waltz in D minor, 5 seconds")
    theirs = await asked.response.attachments[2].read()
    post = await world.bob.send(world.channel, attachments=[("my tune.mid", theirs)])
    shown = await world.ann.context_menu(world.channel, "Work on this music", post)
    made = await world.press(world.ann, shown.response, "rework", ["busier"])
    await world.work()
    assert "“my tune” changed: rhythm 85/100." in made.response.content
    notes = []
    for name, data in (("before", theirs), ("after", await made.response.attachments[2].read())):
        path = tmp_path / f"{name}.mid"
        path.write_bytes(data)
        notes.append(len(midi.read(path).track("melody").notes))
    assert notes[1] > 1.3 * notes[0]

    hooked = await world.ann.slash(
        world.channel, "motif", notes="E4 G4 A4 G4 | E4 D4 C4", length="8 bars", style="pop"
    )
    await world.work()
    assert "Made from your hook, which returns." in hooked.response.content
    assert "C major" in hooked.response.content
    path.write_bytes(await hooked.response.attachments[2].read())
    sung = [n.pitch % 12 for n in midi.read(path).track("melody").notes]
    hook = [4, 7, 9, 7, 4, 2, 0]
    assert any(sung[at : at + len(hook)] == hook for at in range(len(sung)))


async def test_what_cannot_be_planned_is_said_in_chinese(studio_world):
    studio_world.locale = "zh-CN"
    asked = await studio_world.compose(text="a 2 bar waltz, form AABA")
    assert "2 小节放不下 4 个段落" in asked.response.content
    assert asked.response.components == []
    assert await studio_world.rows("SELECT state FROM jobs") == [("failed",)]
