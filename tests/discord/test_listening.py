"""`/listening`: exports, names by hand, consent by source and scope, pause, forget; presence."""

from __future__ import annotations

import json
import time

import pytest
from discord_world import open_world

from bot.jobs.housekeeping import tidy
from models.listening.values import Love, Play
from models.recommender.names import track_key
from storage import consent
from tests.recommender.export_files import (
    MARKS,
    history,
    podcast_entry,
    write_lastfm_csv,
    write_listenbrainz,
    write_spotify_extended,
)


def recent(count=120, seed=1):
    """A made-up listener's plays of last spring."""
    year = time.gmtime().tm_year - 1
    return history(count, seed, first=year)


def attached(path):
    return path.name, path.read_bytes()


async def send(world, path, scope="server", who=None):
    asked = await (who or world.ann).slash(
        world.channel, "listening import", file=attached(path), scope=scope
    )
    await world.work()
    return asked


async def plays(world, who=None):
    who = who or world.ann
    return await world.rows(
        "SELECT guild_id, source, sum(plays) FROM listens WHERE user_id = ? GROUP BY 1, 2", who.id
    )


def files(world):
    return sorted(f.name for f in (world.app.settings.data_dir / "uploads").glob("*/*"))


async def test_an_export_is_counted_kept_by_day_and_deleted(both, tmp_path):
    heard = recent()
    entries = [podcast_entry(heard[0].ts)]
    asked = await send(
        both, write_spotify_extended(tmp_path / "my.zip", heard + heard[:3], entries)
    )
    assert asked.ephemeral
    said, year = asked.response.content, time.gmtime(heard[0].ts).tm_year
    if both.locale == "zh-CN":
        assert f"{year} 至 {year} 年间 12 位艺人的" in said
        assert "共 **120 次播放**，已计入本服务器内" in said
        assert "没有计入：3 次重复、1 个播客、有声书或视频。" in said
    else:
        assert "**120 plays** of " in said
        assert f"tracks by 12 artists, {year} to {year}, now count in this server." in said
        assert "Left out: 3 that were there twice, 1 podcasts, books or videos." in said
    assert asked.response.components == []
    assert await plays(both) == [(both.guild.id, "spotify", 120.0)]
    assert files(both) == []
    rows = await both.rows("SELECT kind, count(*) FROM items GROUP BY 1 ORDER BY 1")
    songs = {(p.artist, p.title) for p in heard}
    assert rows == [("artist", 12), ("track", len(songs))]


async def test_nothing_that_tells_who_somebody_is_is_stored(world, tmp_path):
    await send(world, write_spotify_extended(tmp_path / "e.zip", recent(), [podcast_entry(1.7e9)]))
    await send(world, write_listenbrainz(tmp_path / "l.zip", recent(seed=2)))
    everything = "\n".join(await world.db.run(lambda db: list(db.conn.iterdump())))
    assert "Artist 1" in everything
    assert [mark for mark in MARKS if mark in everything] == []


async def test_the_same_export_twice_counts_once_and_a_longer_one_adds(world, tmp_path):
    heard = recent()
    await send(world, write_lastfm_csv(tmp_path / "a.csv", heard[:80]))
    await send(world, write_lastfm_csv(tmp_path / "b.csv", heard[:80]))
    assert await plays(world) == [(world.guild.id, "lastfm", 80.0)]
    await send(world, write_lastfm_csv(tmp_path / "c.csv", heard))
    assert await plays(world) == [(world.guild.id, "lastfm", 120.0)]


async def test_ratings_become_likes_and_genres_the_persons_own_tags(world, tmp_path):
    heard = [Play("A", "loved", "", p.ts, tags=("Dream Pop", "my secret tag")) for p in recent(3)]
    loves = [Love("A", "loved", 1, heard[0].ts)]
    asked = await send(world, write_listenbrainz(tmp_path / "l.zip", heard, loves), "everywhere")
    assert "1 of them came with a rating of yours." in asked.response.content
    assert "now count everywhere" in asked.response.content
    assert await plays(world) == [(0, "listenbrainz", 3.0)]
    assert await world.rows("SELECT type, source, guild_id FROM deeds") == [
        ("like", "listening", 0)
    ]
    assert await world.rows("SELECT tag, user_id FROM item_tags") == [("dream pop", world.ann.id)]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("cat.png", b"x", "“cat.png” is no export"),
        ("x.zip", b"PK\x03\x04 broken", "is damaged and cannot be unpacked"),
        ("x.csv", b"a,b\n1,2\n", "is no listening history that I know"),
        ("x.json", b"", "is empty"),
    ],
)
async def test_files_that_are_none_are_refused_and_gone(world, tmp_path, name, data, sentence):
    (tmp_path / name).write_bytes(data)
    asked = await send(world, tmp_path / name)
    assert asked.ephemeral
    assert sentence in asked.response.content
    assert files(world) == []
    assert await plays(world) == []


async def test_too_large_a_file_is_not_even_fetched(tmp_path):
    async with open_world(tmp_path, max_export_mb=1) as world:
        (tmp_path / "x.csv").write_bytes(b"x" * (2 << 20))
        asked = await send(world, tmp_path / "x.csv")
        assert "larger than the 1 MB I take" in asked.response.content
        assert files(world) == []
        assert await world.rows("SELECT * FROM consents") == []


async def test_a_full_queue_leaves_neither_file_nor_consent(tmp_path):
    async with open_world(tmp_path, user_queued=0, guild_per_hour=1) as world:
        await world.compose()
        asked = await send(world, write_lastfm_csv(tmp_path / "x.csv", recent(5)))
        assert asked.ephemeral
        assert files(world) == []
        assert await world.rows("SELECT * FROM consents") == []


async def test_cancelled_imports_leave_nothing(world, tmp_path):
    world.studio.hold.clear()
    asked = await world.ann.slash(
        world.channel, "listening import", scope="server",
        file=attached(write_lastfm_csv(tmp_path / "x.csv", recent(5))),
    )  # fmt: skip
    assert len(files(world)) == 1
    await world.app.runner.step()
    await world.press(world.ann, asked.response, "cancel")
    await world.work()
    assert asked.response.content == "Stopped, as you asked. Nothing was kept."
    assert files(world) == []
    assert await plays(world) == []


async def test_consent_taken_back_while_it_was_counted_is_respected(world, tmp_path):
    world.studio.hold.clear()
    asked = await world.ann.slash(
        world.channel, "listening import", scope="server",
        file=attached(write_lastfm_csv(tmp_path / "x.csv", recent(5))),
    )  # fmt: skip
    await world.db.run(consent.withdraw, world.ann.id, ("listening",), world.guild.id)
    world.studio.hold.set()
    await world.work()
    assert "I kept nothing of this file" in asked.response.content
    assert await plays(world) == []
    assert files(world) == []


async def test_a_death_between_storing_and_telling_counts_nothing_twice(world, tmp_path):
    original, tries = world.app.runner._deliver._edit, []

    async def dies_once(job, answer):
        if job.state == "done" and not tries:
            tries.append(job.id)
            raise ConnectionResetError
        return await original(job, answer)

    world.app.runner._deliver._edit = dies_once
    asked = await world.ann.slash(
        world.channel, "listening import", scope="server",
        file=attached(write_lastfm_csv(tmp_path / "x.csv", recent())),
    )  # fmt: skip
    await world.work()
    assert await plays(world) == [(world.guild.id, "lastfm", 120.0)]
    await world.db.run(lambda db: db.execute("UPDATE jobs SET deliver_after = 0"))
    await world.work()
    assert "**120 plays**" in asked.response.content
    assert await plays(world) == [(world.guild.id, "lastfm", 120.0)]


async def test_an_answer_without_a_token_is_not_said_in_public(world, tmp_path):
    world.studio.hold.clear()
    await world.ann.slash(
        world.channel, "listening import", scope="server",
        file=attached(write_lastfm_csv(tmp_path / "x.csv", recent())),
    )  # fmt: skip
    before = len(world.env.backend.messages[world.channel.id])
    await world.db.run(lambda db: db.execute("UPDATE jobs SET token = NULL"))
    world.studio.hold.set()
    await world.work()
    assert len(world.env.backend.messages[world.channel.id]) == before
    assert await world.rows("SELECT state, delivery FROM jobs") == [("done", "abandoned")]
    assert await plays(world) == [(world.guild.id, "lastfm", 120.0)]


async def test_scopes(world, tmp_path):
    path = write_lastfm_csv(tmp_path / "x.csv", recent(5))
    ann = world.ann.user
    asked = await ann.slash("listening import", file=attached(path), scope="server")
    assert "In a direct message there is no server" in asked.response.content
    asked = await ann.slash("listening import", file=attached(path), scope="everywhere")
    await world.work()
    assert "now count everywhere" in asked.response.content
    asked = await send(world, path)
    assert "it would count there too" in asked.response.content
    assert await plays(world) == [(0, "lastfm", 5.0)]


async def test_adding_by_hand_asks_first_and_then_keeps(both):
    asked = await both.ann.slash(both.channel, "listening add", artist="Slowdive")
    chinese = both.locale == "zh-CN"
    assert asked.ephemeral
    assert (
        "我可以记住你听什么吗" if chinese else "May I remember what you"
    ) in asked.response.content
    assert await both.rows("SELECT * FROM items") == []
    pressed = await both.ann.click(asked.response, custom_id="segno:hears:listening|h|on")
    assert ("我没有保存" if chinese else "I keep nothing of what you") in pressed.response.content
    asked = await both.ann.slash(
        both.channel, "listening add", artist="Slowdive", title="Alison", genre="Shoegaze"
    )
    kept = "已保存：Slowdive – Alison。" if chinese else "Kept: Slowdive – Alison."
    assert asked.response.content == kept
    await both.ann.slash(both.channel, "listening add", artist="Slowdive")
    assert await plays(both) == [(both.guild.id, "hand", 8.0)]
    assert await both.rows("SELECT kind, key FROM items ORDER BY 1") == [
        ("artist", "slowdive"), ("track", track_key("Slowdive", "Alison")),
    ]  # fmt: skip
    assert await both.rows("SELECT tag FROM item_tags") == [("shoegaze",)]
    wrong = await both.ann.slash(both.channel, "listening add", artist="A", genre="no such thing")
    assert ("我不认识流派" if chinese else "I know no genre") in wrong.response.content


async def test_names_are_offered_while_one_types(world, tmp_path):
    await send(world, write_lastfm_csv(tmp_path / "x.csv", recent()), "everywhere")
    offered = await world.ann.autocomplete(world.channel, "listening add", "artist", "artist 1")
    assert {c["value"] for c in offered} == {"Artist 1", "Artist 10", "Artist 11"}
    offered = await world.ann.autocomplete(
        world.channel, "listening add", "title", "song", artist="ARTIST 1"
    )
    assert {c["value"] for c in offered} <= {f"Song {n}" for n in (1, 13, 25, 37)} != set()
    offered = await world.ann.autocomplete(world.channel, "listening add", "genre", "dream p")
    assert [c["value"] for c in offered][:1] == ["dream pop"]
    # What one person listens to is offered to nobody else.
    assert await world.bob.autocomplete(world.channel, "listening add", "artist", "artist") == []


async def test_status_and_its_switches(both, tmp_path):
    chinese = both.locale == "zh-CN"
    await send(both, write_lastfm_csv(tmp_path / "x.csv", recent()))
    shown = await both.ann.slash(both.channel, "listening status")
    said = shown.response.content
    assert ("Last.fm 历史，本服务器内：播放 120 次" if chinese else
            "Last.fm history, in this server: 120 plays") in said  # fmt: skip
    ids = [c["custom_id"] for row in shown.response.components for c in row["components"]]
    assert ids == ["segno:hears:listening|h|off", "segno:hears:listening|e|on"]
    sure = await both.ann.click(shown.response, custom_id=ids[0])
    assert ("无法撤销" if chinese else "It cannot be undone") in sure.response.content
    assert len(await plays(both)) == 1
    gone = await both.press(both.ann, sure.response, "hearsoff")
    assert ("我没有保存" if chinese else "I keep nothing") in gone.response.content
    assert await plays(both) == []
    assert await both.rows("SELECT * FROM items") == []
    assert await both.rows("SELECT * FROM consents") == []


async def test_pause_and_resume(world, tmp_path):
    await send(world, write_lastfm_csv(tmp_path / "x.csv", recent(5)))
    await world.ann.slash(world.channel, "listening pause")
    path = write_lastfm_csv(tmp_path / "y.csv", recent(9, seed=2))
    for asked in (
        await send(world, path),
        await world.ann.slash(world.channel, "listening add", artist="A"),
    ):
        assert "You have paused your listening" in asked.response.content
    assert await plays(world) == [(world.guild.id, "lastfm", 5.0)]
    await world.ann.slash(world.channel, "listening resume")
    await send(world, path)
    assert (await plays(world))[0][2] > 5


async def test_forgetting_one_source_or_all_of_it(world, tmp_path):
    heard = recent()
    loves = [Love(heard[0].artist, heard[0].title, 1, heard[0].ts)]
    await send(world, write_listenbrainz(tmp_path / "l.zip", heard, loves))
    await send(world, write_lastfm_csv(tmp_path / "x.csv", heard), "everywhere")
    await send(world, write_lastfm_csv(tmp_path / "y.csv", heard), who=world.bob)
    asked = await world.ann.slash(world.channel, "listening forget", source="lastfm")
    assert "(Last.fm history)" in asked.response.content
    await world.press(world.ann, asked.response, "unhear")
    assert await plays(world) == [(world.guild.id, "listenbrainz", 120.0)]
    assert len(await world.rows("SELECT * FROM deeds")) == 1
    asked = await world.ann.slash(world.channel, "listening forget")
    done = await world.press(world.ann, asked.response, "unhear")
    assert done.response.content.startswith("Done: ")
    assert await plays(world) == []
    assert await world.rows("SELECT * FROM deeds") == []
    assert (await plays(world, world.bob))[0][2] == 120


async def test_forgetting_what_was_named_leaves_no_name(world, tmp_path):
    await world.db.run(consent.grant, world.ann.id, ("listening",), 0, 1.0)
    add = ("listening add", {"artist": "Slowdive", "title": "Alison", "genre": "shoegaze"})
    await world.ann.slash(world.channel, add[0], **add[1])
    await world.ann.slash(world.channel, "listening add", artist="Ride", genre="shoegaze")
    asked = await world.ann.slash(world.channel, "listening forget", source="hand")
    await world.press(world.ann, asked.response, "unhear")
    for table in ("listens", "item_tags", "items"):
        assert await world.rows(f"SELECT * FROM {table}") == [], table  # noqa: S608


async def test_an_upload_that_was_never_read_goes_after_a_day(world, tmp_path):
    world.studio.hold.clear()
    await world.ann.slash(
        world.channel, "listening import", scope="server",
        file=attached(write_lastfm_csv(tmp_path / "x.csv", recent(5))),
    )  # fmt: skip
    await tidy(world.db, world.app.settings, time.time() + 2 * 86400)
    assert files(world) == []
    world.studio.hold.set()
    await world.work()


# --- presence ------------------------------------------------------------------------------------


def shown(who, guild, song=None, start=0.0, length=200.0):
    """A PRESENCE_UPDATE as the gateway sends it."""
    spotify = {
        "type": 2, "name": "Spotify", "id": "spotify:1", "created_at": 1, "flags": 48,
        "session_id": "5e55", "sync_id": f"id of {song}", "details": song,
        "state": "Ride; Slowdive",
        "assets": {"large_text": "An album", "large_image": "spotify:ab"},
        "party": {"id": "spotify:9"},
        "timestamps": {"start": int(1000 * start), "end": int(1000 * (start + length))},
    }  # fmt: skip
    game = {"type": 0, "name": "Chess", "id": "x", "created_at": 1}
    return {
        "user": {"id": str(who.id)}, "guild_id": str(guild.id), "status": "online",
        "activities": [game, *([spotify] if song else [])],
        "client_status": {"desktop": "online"},
    }  # fmt: skip


class Clock:
    def __init__(self):
        self.at = 1_780_000_000.0

    def __call__(self):
        return self.at


async def see(world, clock, payload, seconds=0.0):
    clock.at += seconds
    world.app.client._connection.parse_presence_update(json.loads(json.dumps(payload)))
    await world.env.settle()
    await world.rows("SELECT 1")  # the database has done what was asked before


async def agree(world, who, guild_id):
    await world.db.run(consent.grant, who.id, ("presence",), guild_id, 1.0)
    await world.app.client.get_cog("Presence").refresh()


@pytest.fixture
async def watching(tmp_path):
    clock = Clock()
    async with open_world(tmp_path, spotify_presence=True, clock=clock) as world:
        world.clock = clock
        world.other = world.env.create_guild("Other club")
        yield world


async def single(world):
    return await world.rows(
        "SELECT user_id, p.guild_id, title, artist, seconds FROM presence AS p"
        " JOIN items AS i ON i.id = p.item_id ORDER BY started"
    )


async def test_plays_are_kept_of_those_who_agreed_and_counted_once(watching):
    world, clock = watching, watching.clock
    await agree(world, world.ann, 0)
    began = clock.at
    for who in (world.ann, world.bob):
        for guild in (world.guild, world.other):
            await see(world, clock, shown(who, guild, "Vapour Trail", began))
    clock.at += 190
    for who in (world.ann, world.bob):
        for guild in (world.guild, world.other):
            await see(world, clock, shown(who, guild, "Alison", began + 190))
    clock.at += 10
    await see(world, clock, shown(world.ann, world.guild, "Third", clock.at))
    await see(world, clock, shown(world.ann, world.other, "Third", clock.at))
    await see(world, clock, shown(world.ann, world.guild))
    assert await single(world) == [(world.ann.id, 0, "Vapour Trail", "Ride", 190.0)]
    assert await world.rows("SELECT type, source, user_id FROM deeds") == [
        ("skip", "presence", world.ann.id)
    ]
    assert await world.rows("SELECT key FROM items WHERE kind = 'artist'") == [("ride",)]


async def test_presence_counts_only_where_it_was_agreed_to(watching):
    world, clock = watching, watching.clock
    await agree(world, world.ann, world.guild.id)
    for guild in (world.other, world.guild):
        await see(world, clock, shown(world.ann, guild, "Alison", clock.at))
    await see(world, clock, shown(world.ann, world.other), 150)
    assert await single(world) == []
    await see(world, clock, shown(world.ann, world.guild))
    assert [row[1] for row in await single(world)] == [world.guild.id]


async def test_a_pause_and_consent_taken_back_end_it_at_once(watching):
    world, clock = watching, watching.clock
    await agree(world, world.ann, 0)
    await see(world, clock, shown(world.ann, world.guild, "Alison", clock.at))
    await world.ann.slash(world.channel, "listening pause")
    await see(world, clock, shown(world.ann, world.guild), 150)
    assert await single(world) == []
    await world.app.client.get_cog("Presence").refresh()
    await world.ann.slash(world.channel, "listening resume")
    await see(world, clock, shown(world.ann, world.guild, "Alison", clock.at))
    await see(world, clock, shown(world.ann, world.guild), 150)
    assert await single(world) == []  # nobody is watched before the next look
    await world.app.client.get_cog("Presence").refresh()
    await see(world, clock, shown(world.ann, world.guild, "Alison", clock.at))
    await see(world, clock, shown(world.ann, world.guild), 150)
    assert len(await single(world)) == 1
    status = await world.ann.slash(world.channel, "listening status")
    assert "what Discord showed you playing, everywhere: 1 plays" in status.response.content
    sure = await world.ann.click(status.response, custom_id="segno:hears:presence|e|off")
    await world.press(world.ann, sure.response, "hearsoff")
    assert await single(world) == []


async def test_odd_presences_are_none(watching):
    world, clock = watching, watching.clock
    await agree(world, world.ann, 0)
    whole = shown(world.ann, world.guild, "Alison", clock.at)
    for change in (
        {"timestamps": {}}, {"timestamps": None}, {"sync_id": None}, {"details": ""}, {"state": ""},
        {"timestamps": {"start": 5, "end": 1}}, {"timestamps": {"start": 1, "end": 10**30}},
    ):  # fmt: skip
        odd = json.loads(json.dumps(whole))
        odd["activities"][1] |= change
        await see(world, clock, odd, 100)
    await see(world, clock, shown(world.ann, world.guild), 500)
    assert await single(world) == []


async def test_without_the_setting_nothing_privileged_is_asked_for(world):
    assert not world.app.client.intents.presences
    assert world.app.client.get_cog("Presence") is None
    status = await world.ann.slash(world.channel, "listening status")
    ids = [c["custom_id"] for row in status.response.components for c in row["components"]]
    assert not any("presence" in one for one in ids)
