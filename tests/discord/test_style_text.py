"""`/style` from a person's own words: learned, listed, used for words, forgotten."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from discord_world import copy_of, open_world
from typer.testing import CliRunner

from bot import __main__ as cli
from bot import style_voice, style_words
from bot.domain import Lesson, Request
from bot.jobs.tasks import open_studio
from bot.styles import Fitting, learn
from models.errors import Refusal
from models.lyricist import generate, voice_training
from models.lyricist.voice import LEAST_TRAINED, Report, Voice
from storage import styles

VERSES = """The harbour sleeps beneath the moon,
The sailors drink their ale,
A ship will leave the harbour soon
And lift her silver sail.

O harbour, harbour, hold me tight,
The anchor is my own,
I hear the harbour bell at night,
I sail the sea alone.
"""
OTHER = """The meadow wakes before the day,
The farmer starts his plough,
And all the clover and the hay
Are in the meadow now.

The horses walk along the lane,
The barn is full of corn,
The farmer asks the sky for rain
On every summer morn.
"""


@pytest.fixture(autouse=True)
def writer(monkeypatch):
    """The lyricist with a random model of two layers; everything around it is the real one."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "lyricist")
    from small_writer import small_lyricist

    monkeypatch.setattr(generate, "load_lyricist", small_lyricist)


def folders(world):
    return sorted(world.app.settings.styles_dir.glob("*/*"))


def uploads(world):
    return list((world.app.settings.data_dir / "uploads").glob("*/*"))


async def teach(world, name="my songs", text=VERSES, file="songs.txt", who=None):
    sent = (file, text if isinstance(text, bytes) else text.encode())
    asked = await (who or world.ann).slash(world.channel, "style learn", name=name, file1=sent)
    await world.work()
    return asked


async def test_words_become_a_style_and_the_text_is_not_kept(both):
    said = (await teach(both)).response.content
    chinese = both.locale == "zh-CN"
    assert ("学了 8 行词" if chinese else "Learned from 8 lines of words") in said
    assert "8, 6, 8, 6" in said
    assert "ABAB" in said
    # The same policy as for music: nothing is trained on what came through Discord.
    assert ("没有用你的词训练" if chinese else "Nothing was trained on your words") in said
    assert both.studio.requests[-1]["lesson"]["train"] is False
    (folder,) = folders(both)
    assert folder.parent.name == str(both.ann.id)
    assert sorted(p.name for p in folder.iterdir()) == ["learned.json", "voice.safetensors"]
    assert all(b"drink their ale" not in path.read_bytes() for path in folder.iterdir())
    assert uploads(both) == []
    rows = await both.rows("SELECT owner_id, name, pieces, kind FROM styles")
    assert rows == [(both.ann.id, "my songs", 1, "vector")]
    listed = await both.ann.slash(both.channel, "style list")
    assert ("文本：1" if chinese else "texts: 1") in listed.response.content
    assert "8, 6, 8, 6" in listed.response.content


async def test_new_texts_take_the_place_of_the_old_and_other_files_are_named(world):
    await teach(world)
    refused = await teach(world, text=b"\x89PNG\0\0", file="cat.txt")
    assert refused.ephemeral
    assert "“cat.txt” is not a text I can read" in refused.response.content
    asked = await world.ann.slash(
        world.channel, "style learn", name="my songs",
        file1=("two.md", OTHER.encode()), file2=("de.txt", b"Der Mond ist aufgegangen\n" * 9),
        file3=("few.lrc", b"[00:01.00]la\n"),
    )  # fmt: skip
    await world.work()
    assert "“de.txt” is not in English" in asked.response.content
    assert "“few.lrc” has no lines of words" in asked.response.content
    found = [Voice.load(folder / "voice.safetensors") for folder in folders(world)]
    assert sorted("meadow" in voice.words for voice in found) == [False, True]
    assert await world.rows("SELECT name, pieces FROM styles") == [("my songs", 1)]


async def test_a_text_too_short_teaches_nothing(world):
    said = (await teach(world, text="The harbour sleeps\nThe sailors wake\n")).response.content
    assert "I found 2 lines of words" in said
    assert "nothing to learn from" in said
    assert await world.rows("SELECT * FROM styles") == []
    assert folders(world) == []


async def test_forgetting_and_privacy_take_the_voice_and_waiting_texts(world):
    await teach(world)
    sure = await world.ann.slash(world.channel, "style forget", name="my songs")
    await world.press(world.ann, sure.response, "unlearn")
    assert folders(world) == []
    await teach(world)
    await world.ann.slash(world.channel, "style learn", name="b", file1=("o.txt", OTHER.encode()))
    assert len(uploads(world)) == 1
    copy = await world.ann.slash(world.channel, "privacy export")
    kept = json.loads((await copy_of(copy))["data.json"])
    assert [f["name"].rpartition("/")[2] for f in kept["style_files"]] == [
        "learned.json", "voice.safetensors",
    ]  # fmt: skip
    sure = await world.ann.slash(world.channel, "privacy forget")
    await world.press(world.ann, sure.response, "forget")
    await world.work()
    assert folders(world) == uploads(world) == []


async def test_a_voice_trained_by_the_owner_is_not_thrown_away_from_discord(tmp_path, spec):
    async with open_world(tmp_path, spec=spec) as world:
        row = {"name": "mine", "pieces": 1, "kind": "adapter", "folder": "x/y", "now": 0.0}
        await world.db.run(partial(styles.save, owner_id=world.ann.id, report="{}", **row))
        refused = await teach(world, "mine")
        assert "was trained from files on this bot's own machine" in refused.response.content


async def test_the_owner_may_allow_training_on_words(tmp_path, spec, monkeypatch):
    calls = []

    def train(voice, stanzas, *rest):
        calls.append(len(stanzas))
        return voice

    monkeypatch.setattr(voice_training, "train_voice", train)
    async with open_world(tmp_path, spec=spec, train_on_discord_files=True) as world:
        said = (await teach(world)).response.content
        assert calls == [2]
        assert "training needs 60 lines of words or more" in said


def lesson(tmp_path, *texts, earlier=None, folder="0/one"):
    files = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.txt"
        path.write_text(text)
        files.append(str(path))
    return Request("learn", lesson=Lesson("mine", folder, tuple(files), tuple(files), earlier))


def quiet(_):
    pass


def test_a_learned_voice_is_worn_for_words_and_leaves_the_music_alone(tmp_path):
    request = lesson(tmp_path, VERSES)
    first = learn(request, tmp_path, None, quiet)
    assert learn(request, tmp_path, None, quiet) == first  # a job that runs again after a crash
    assert all((tmp_path / name).is_file() for name in request.lesson.files)  # not ours to delete
    fitting, plain, folder = Fitting(), object(), tmp_path / "styles" / "0" / "one"
    assert fitting.wear(plain, folder) == ("mine", plain)
    assert fitting.voice(folder).scheme == "ABAB"
    assert fitting.voice(folder) is fitting.voice(folder)
    with pytest.raises(Refusal, match="not here any more"):
        fitting.wear(plain, tmp_path / "gone")
    studio = open_studio()
    assert studio.in_style(folder).told == {}
    worded = studio.in_style(folder, worded=True)
    assert worded.told == {"learned_style": "mine"}
    assert worded.writers.voice.lines == 8
    assert worded.composer is studio.composer
    assert studio.writers.voice is None


def test_what_training_found_is_said_in_figures():
    base = {"name": "mine", "outcome": None, "traits": [], "skipped": [], "train": True}

    def said(report):
        shown = style_voice.report(replace_report(report), 1)
        return style_words.learned({**base, "kind": "vector", "voice": shown}, {})

    kept = said(Report("accepted", before=3.0, after=2.85, sure=0.021, held=24))
    assert "24 lines of yours that it had not seen are 5.0 % better" in kept
    assert "at least 2.1 %" in kept
    thrown = said(Report("no gain", before=3.0, after=3.03, sure=-0.02, held=24))
    assert "thrown away" in thrown
    assert "changed by -1.0 %" in thrown
    assert style_words.LEAST_LINES == LEAST_TRAINED
    assert style_words.LEAST_GAIN == 100 * voice_training.GAIN


def replace_report(report):
    import numpy as np

    empty = np.zeros(0, np.uint32)
    return Voice({}, (8, 6), "AA", {}, np.zeros(96, np.float32), 80, empty, report)


def test_the_terminal_learns_lists_and_forgets_words(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "songs.txt").write_text(VERSES)
    (tmp_path / "blank.txt").write_text("\n")

    def run(*arguments):
        return CliRunner().invoke(cli.app, ["style", *map(str, arguments)])

    done = run("learn", tmp_path / "songs.txt", tmp_path / "blank.txt", "--name", "Mine",
               "--vector-only")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Learned from 8 lines of words" in done.stdout
    assert "nothing was trained on your words, as you asked" in done.stdout
    assert "“blank.txt” is empty" in done.stdout
    assert (tmp_path / "songs.txt").read_text() == VERSES
    assert "Mine · texts: 1 · measured features · verses of 8, 6, 8, 6" in run("list").stdout
    assert run("forget", "Mine").exit_code == 0
    assert list((tmp_path / "data" / "styles").glob("*/*")) == []


def test_words_first_follow_the_usual_stanza_of_the_voice(tmp_path):
    from bot.words_first import open_stanzas
    from models.planner.brief import Brief

    learn(
        lesson(tmp_path, VERSES.replace("O harbour, harbour", "O harbour")), tmp_path, None, quiet
    )
    voice = style_voice.voice_in(tmp_path / "styles" / "0" / "one")
    plain = [open_stanzas(Brief(), "en", seed)[0] for seed in range(4)]
    spoken = [open_stanzas(Brief(), "en", seed, voice=voice)[0] for seed in range(4)]
    assert {s.scheme for s in spoken} == {voice.scheme}
    assert len({tuple(len(x.weights) for x in s.scanned) for s in spoken}) == 1
    assert len({s.scheme for s in plain}) > 1
    asked = open_stanzas(Brief(), "en", 0, "AABB", voice=voice)[0]
    assert asked.scheme == "AABB"
