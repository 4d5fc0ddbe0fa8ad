"""Tools that make and change music: the requests they make are those of the slash commands."""

import dataclasses
import re

import pytest
from tool_world import ANN, BOB, request

from bot.agent.values import Make
from bot.asking import understand
from bot.domain import FAR, NEAR
from models.errors import Refusal
from storage import consent, deeds, styles


async def test_words_and_details_are_read_as_compose_reads_them(tools):
    words = "a wistful waltz with flute, no drums"
    made = await tools.call("compose", words=words, key="G minor", length="two minutes")
    asked = understand(words, {"key": "G minor", "length": "120 seconds"}, "en").request
    assert request(made) == asked
    assert made.seconds == 120


@pytest.mark.parametrize(
    ("args", "field", "value"),
    [
        ({"style": "bosa nova"}, "style", "bossa_nova"),
        ({"style": "波萨诺瓦"}, "style", "bossa_nova"),
        ({"mood": "calm -> tense"}, "moods", ("calm", "tense")),
        ({"tempo": "90 bpm"}, "tempo", 90.0),
        ({"tempo": 90}, "tempo", 90.0),
        ({"length": "16 bars"}, "bars", 16),
        ({"length": "short"}, "seconds", 20.0),
        ({"instruments": "flute, cello"}, "instruments", ("flute", "cello")),
        ({"instruments": ["string quartet"]}, "ensemble", "string_quartet"),
        ({"without": ["drums"], "style": "rock"}, "style", "rock"),
        ({"title": "Rain *"}, "title", "Rain *"),
    ],
)
async def test_details_alone_are_enough(tools, args, field, value):
    made = await tools.call("compose", **args)
    assert getattr(request(made).brief, field) == value


async def test_everything_may_be_left_open(tools):
    made = await tools.call("compose")
    assert request(made).kind == "compose"
    assert "my choice" in made.notes[0][0]


async def test_what_was_not_understood_is_noted(tools):
    made = await tools.call("compose", words="a waltz with zibbledorf")
    assert any(values.get("words") == "zibbledorf" for _, values in made.notes)


async def test_an_unknown_style_is_refused_with_what_is_near(tools):
    with pytest.raises(Refusal, match="polkaaa"):
        await tools.call("compose", style="polkaaa of doom")


async def test_the_style_that_a_person_learned_is_worn(tools):
    style = await tools.db.run(
        styles.save, owner_id=ANN, name="mine", pieces=3, kind="vector", folder=f"{ANN}/x",
        report="{}", now=1.0,
    )  # fmt: skip
    await tools.db.run(styles.choose, ANN, style.id)
    assert request(await tools.call("compose", style="waltz")).style == f"{ANN}/x"
    await tools.lay()
    assert request(await tools.call("extend")).style == f"{ANN}/x"
    assert request(await tools.call("vary")).style == f"{ANN}/x"
    assert request(await tools.call("arrange", style="tango")).style is None


async def test_a_song_says_what_its_words_are_about(tools):
    made = await tools.call(
        "song", words="a country song", theme="the last train home", scheme="abab",
        first_line="I left the light on", language="en", mood="hopeful",
    )  # fmt: skip
    asked = request(made)
    assert asked.kind == "song"
    assert asked.brief.style == "country"
    assert asked.writing.themes == ("last train home",)
    assert (asked.writing.scheme, asked.writing.first_line) == ("ABAB", "I left the light on")
    assert asked.writing.mood == "hopeful"
    assert asked.writing.longest == tools.settings.max_seconds


async def test_the_theme_of_a_song_is_found_in_its_words(tools):
    asked = request(await tools.call("song", words="a folk song about the sea"))
    assert asked.writing.themes == ("sea",)


async def test_taste_that_nobody_knows_is_said(tools):
    made = await tools.call("compose", style="waltz", taste="mine")
    assert request(made).brief.style == "waltz"
    assert made.notes
    with pytest.raises(Refusal, match="in a server"):
        await tools.call("compose", taste="ours")


# --- changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "field", "value"),
    [
        ({"pace": 2.0}, "pace", 2.0),
        ({"faster": -10}, "faster", -10.0),
        ({"tempo": 96}, "tempo", 96.0),
        ({"semitones": 3}, "semitones", 3),
        ({"key": "minor"}, "key", "minor"),
        ({"key": "g"}, "key", "G"),
        ({"key": "g minor"}, "key", "G minor"),
        ({"meter": "4/4"}, "meter", "4/4"),
        ({"style": "Tango"}, "style", "tango"),
        ({"mood": "sadd"}, "mood", "sad"),
        ({"avoid": ["happy"]}, "avoid", ("happy",)),
        ({"intensity": -1}, "intensity", -1),
        ({"add": ["flute"]}, "add", ("flute",)),
        ({"remove": ["bass"]}, "remove", ("Contrabass",)),
        ({"reroll": "chords"}, "reroll", ("Strings",)),
        ({"swap_out": "violin", "swap_in": "flute"}, "swap", (("Violin", "flute"),)),
        ({"title": "  Rain  "}, "title", "Rain"),
        ({"length": "2 minutes"}, "seconds", 120.0),
        ({"length": "+8 bars"}, "length_bars", 32),
        ({"length": "x2"}, "length_bars", 48),
        ({"cut": ["theme"]}, "cut", ("theme",)),
    ],
)  # fmt: skip
async def test_a_change_names_what_becomes_different(tools, args, field, value):
    piece = await tools.lay()
    asked = request(await tools.call("edit", **args))
    assert (asked.kind, asked.parent, asked.edit.source) == ("edit", piece.id, piece.id)
    given = {k: v for k, v in dataclasses.asdict(asked.edit.change).items() if v not in (None, ())}
    assert given == {field: value}
    assert asked.edit.longest == tools.settings.max_seconds


async def test_a_change_may_hold_in_one_place_only(tools):
    await tools.lay(bars=None, form="verse chorus verse chorus", style="pop", key="C major")
    asked = request(await tools.call("edit", section="second verse", part="bass", intensity=2))
    change = asked.edit.change
    whole = await tools.call("session")  # the table is as it was
    assert whole.session is None
    assert change.intensity == 2
    assert change.part
    first, last = change.bars
    assert 1 < first < last


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({}, "what should change"),
        ({"remove": ["tuba"]}, "no part"),
        ({"add": ["zibbledorf"]}, "zibbledorf"),
        ({"section": "chorus", "intensity": 1}, "chorus"),
        ({"bars": "90-99", "intensity": 1}, "24 bars"),
        ({"key": "H flat"}, "not a key"),
        ({"pace": 99}, "four times"),
        ({"semitones": 99}, "36"),
        ({"tempo": 9000}, "9,?000"),
        ({"swap_out": "violin"}, "by which"),
        ({"length": "ages"}, "ages"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_at_once(tools, args, why):
    await tools.lay()
    with pytest.raises(Refusal) as refused:
        await tools.call("edit", **args)
    assert re.search(why, str(refused.value)), str(refused.value)


async def test_nothing_on_the_table_is_said(tools):
    for tool in ("edit", "vary", "extend", "explain", "show", "rate"):
        with pytest.raises(Refusal, match=r"nothing on the table|Say what"):
            await tools.call(tool)


async def test_nobody_works_on_what_they_may_not_see(tools):
    await tools.lay("secret11", owner=BOB, guild=99, channel=77, table=False)
    for tool in ("edit", "vary", "show", "open", "explain", "rate", "lyrics", "arrange"):
        with pytest.raises(Refusal, match=r"secret11|no piece"):
            await tools.call(tool, which="secret11", **({"pace": 2.0} if tool == "edit" else {}))


async def test_variations_go_as_far_and_as_many_as_asked(tools):
    piece = await tools.lay()
    asked = request(await tools.call("vary", takes=2, distance="near"))
    assert (asked.kind, asked.parent, asked.rework.use) == ("rework", piece.id, "vary")
    assert (asked.rework.count, asked.rework.distance) == (2, NEAR)
    assert request(await tools.call("vary", distance="far")).rework.distance == FAR
    assert request(await tools.call("vary", takes=99)).rework.count == 8


async def test_a_place_or_a_part_alone_is_written_again(tools):
    await tools.lay()
    asked = request(await tools.call("vary", section="bars 5 to 8", takes=2))
    assert (asked.rework.use, asked.rework.bars, asked.rework.count) == ("infill", (5, 8), 2)
    made = await tools.call("vary", part="strings", takes=3)
    asked = request(made).arrangement
    assert (asked.act, asked.part) == ("reroll", "Strings")
    assert "one version" in made.notes[0][0]


@pytest.mark.parametrize(
    ("length", "bars"),
    [("", 16), ("+8 bars", 8), ("8 bars", 8), ("32 bars", 8), ("x2", 24), ("+15 seconds", 8)],
)
async def test_a_piece_is_extended_by_as_much_as_asked(tools, length, bars):
    piece = await tools.lay(tempo=96)  # 24 bars of 3/4: 45 seconds
    made = await tools.call("extend", length=length)
    asked = request(made)
    assert (asked.kind, asked.bars) == ("extend", bars)
    assert made.seconds == round(piece.seconds * (24 + bars) / 24)


async def test_one_section_may_come_once_more(tools):
    await tools.lay()
    asked = request(await tools.call("extend", section="theme"))
    assert asked.edit.change.repeat == ("theme",)


async def test_a_piece_is_arranged_for_others(tools):
    piece = await tools.lay()
    asked = request(await tools.call("arrange", style="bossa nova")).arrangement
    assert (asked.act, asked.source, asked.style) == ("arrange", piece.folder, "bossa_nova")
    asked = request(await tools.call("arrange", instruments=["string quartet"])).arrangement
    assert asked.ensemble == "string_quartet"
    with pytest.raises(Refusal, match="chosen for files"):
        await tools.call("arrange", keep="drums")


@pytest.fixture
def upload(tools):
    """A file that Ann sent, on the table."""
    key = f"{ANN}/{'a' * 24}.mid"
    path = tools.settings.data_dir / "uploads" / key
    path.parent.mkdir(parents=True)
    path.write_bytes(b"MThd")
    tools.session = dataclasses.replace(tools.session, file=f"{key}:my *tune*")
    return f"uploads/{key}"


async def test_a_file_on_the_table_is_music_too(tools, upload):
    asked = request(await tools.call("arrange", keep="rhythm", style="rock")).arrangement
    assert (asked.source, asked.title) == (upload, "my *tune*")
    assert asked.keep == ("melody", "drums", "bass")
    asked = request(await tools.call("vary")).rework
    assert (asked.source, asked.title) == (upload, "my *tune*")
    asked = request(await tools.call("extend", length="8 bars"))
    assert (asked.rework.use, asked.bars) == ("continue", 8)
    assert request(await tools.call("lyrics", theme="sea")).writing.source == upload
    with pytest.raises(Refusal, match="arrange it first"):
        await tools.call("edit", pace=2.0)


async def test_a_file_of_somebody_else_is_none(tools, upload):
    theirs = tools.session.file.replace(str(ANN), str(BOB), 1)
    tools.session = dataclasses.replace(tools.session, file=theirs)
    with pytest.raises(Refusal, match="do not have that file"):
        await tools.call("arrange")


async def test_what_is_made_from_a_piece_counts_where_that_is_agreed_to(tools):
    await tools.lay()
    await tools.call("extend")
    assert await tools.db.run(deeds.recent, ANN, None) == []
    await tools.db.run(consent.grant, ANN, ["pieces"], None, 1.0)
    await tools.call("extend")
    (deed,) = await tools.db.run(deeds.recent, ANN, None)
    assert (deed.item, deed.type) == ("piece:waltz111", "used")


# --- words ----------------------------------------------------------------------------------------


async def test_words_for_a_piece_and_words_first(tools):
    piece = await tools.lay()
    asked = request(await tools.call("lyrics", theme="the sea", required=["salt", "wind"]))
    assert (asked.kind, asked.writing.source) == ("lyrics", piece.folder)
    assert (asked.writing.themes, asked.writing.required) == (("sea",), ("salt", "wind"))
    asked = request(await tools.call("lyrics", which="none", theme="autumn", mood="sad"))
    assert (asked.writing.source, asked.brief.moods) == (None, ("sad",))


async def test_words_again_one_line_or_one_section(tools):
    brief = {"bars": None, "form": "verse chorus verse chorus", "style": "pop", "key": "C major"}
    await tools.lay(words=True, **brief)
    assert request(await tools.call("lyrics", again=True)).writing.act == "rewrite"
    asked = request(await tools.call("lyrics", line=3)).writing
    assert (asked.act, asked.line) == ("reline", 3)
    last = request(await tools.call("lyrics", line=-1)).writing.line
    with pytest.raises(Refusal, match=f"has {last} lines"):
        await tools.call("lyrics", line=last + 1)
    asked = request(await tools.call("lyrics", section="chorus")).writing
    # The verse returns with its own words and is held; the chorus is free, as often as it comes.
    assert asked.act == "rewrite"
    assert asked.lines
    assert all(text.startswith("ver") for text in asked.lines.values())
    with pytest.raises(Refusal, match="lines of words"):
        await tools.call("lyrics", line=99)


async def test_words_that_are_not_there_cannot_be_written_again(tools):
    await tools.lay()
    for args in ({"again": True}, {"line": 1}):
        with pytest.raises(Refusal, match="no words yet"):
            await tools.call("lyrics", **args)
    made = await tools.call("lyrics", section="theme", theme="spring")
    assert request(made).writing.act == "write"
    assert "for all of it" in made.notes[0][0]


async def test_every_maker_returns_what_the_job_table_takes(tools):
    await tools.lay()
    calls = {
        "compose": {"style": "waltz"}, "song": {"theme": "sea"}, "edit": {"pace": 1.2}, "vary": {},
        "extend": {}, "arrange": {}, "lyrics": {},
    }  # fmt: skip
    for tool, args in calls.items():
        made = await tools.call(tool, **args)
        assert isinstance(made, Make)
        assert request(made).locale == "en"
