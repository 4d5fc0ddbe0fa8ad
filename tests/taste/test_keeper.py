"""The background: fits when due, weekly letters, members who left."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import discord
import pytest
from taste_groups import ALL, DAY, GUILD, NOW, artist

from bot.taste import digest
from bot.taste.keeper import LOOKED_UP, TasteKeeper
from storage import consent, taste_models
from storage.consent import TasteSettings

_GONE = SimpleNamespace(status=404, reason="Not Found")
_CLOSED = SimpleNamespace(status=403, reason="Forbidden")


class Person:
    """Somebody who takes direct messages, or does not."""

    def __init__(self, takes=True):
        self.takes, self.got = takes, []

    async def send(self, text, **_):
        if not self.takes:
            raise discord.Forbidden(_CLOSED, "Cannot send messages to this user")
        self.got.append(text)


class Client:
    """What of discord.py's client the keeper uses."""

    def __init__(self, members=(), guild=GUILD):
        self.members, self.guild = set(members), guild
        self.people = {}
        self.asked = []

    def is_ready(self):
        return True

    def get_guild(self, id):
        return SimpleNamespace(fetch_member=self.fetch_member) if id == self.guild else None

    async def fetch_member(self, id):
        self.asked.append(id)
        if id not in self.members:
            raise discord.NotFound(_GONE, "Unknown Member")

    async def fetch_user(self, id):
        return self.people.setdefault(id, Person())


async def wants_letters(taste, user):
    await taste.db.run(consent.save_settings, TasteSettings(user, digest=True))


async def test_a_letter_a_week_only_for_those_who_asked(crowd):
    client = Client()
    await wants_letters(crowd, 1)
    assert await digest.send_due(client, crowd, crowd.now()) == 1
    assert await digest.send_due(client, crowd, crowd.now()) == 0
    (text,) = client.people[1].got
    assert text.count("\n- **") == 5
    assert "Techno Artist" in text
    assert "/taste digest" in text
    assert set(client.people) == {1}
    crowd.now.time += 7 * DAY
    assert await digest.send_due(client, crowd, crowd.now()) == 1
    assert client.people[1].got[0] != client.people[1].got[1]


async def test_who_cannot_be_written_to_is_left_alone_from_then_on(crowd, caplog):
    client = Client()
    client.people[1] = Person(takes=False)
    await wants_letters(crowd, 1)
    assert await digest.send_due(client, crowd, crowd.now()) == 0
    settings = await crowd.db.run(consent.settings, 1)
    assert not settings.digest
    client.people[1].takes = True
    crowd.now.time += 8 * DAY
    assert await digest.send_due(client, crowd, crowd.now()) == 0


async def test_nobody_gets_a_letter_about_nothing(taste):
    client = Client()
    await wants_letters(taste, 5)
    assert await digest.send_due(client, taste, taste.now()) == 0
    assert client.people == {}


async def test_rows_of_people_who_left_a_server_go(crowd):
    client = Client(members=range(2, 10))
    for user in range(1, 10):
        await crowd.db.run(consent.grant, user, ALL, GUILD, NOW)
    await crowd.deed(1, GUILD, "artist", artist("jazz", 0), "X", "like")
    keeper = TasteKeeper(crowd, client)
    for _ in range(3):
        await keeper.round()
    assert sorted(client.asked) == list(range(1, 10))  # in turns, a few a round
    left = await crowd.db.run(consent.members)
    assert [user for user, _ in left] == list(range(2, 10))
    assert [c.guild_id for c in await crowd.db.run(consent.of, 1)] == [0, 0, 0]


async def test_a_server_the_bot_is_not_in_says_nothing_about_its_members(crowd):
    client = Client(members=(), guild=GUILD + 1)
    await crowd.db.run(consent.grant, 1, ALL, GUILD, NOW)
    await TasteKeeper(crowd, client).round()
    assert client.asked == []
    assert await crowd.db.run(consent.members) == [(1, GUILD)]
    assert LOOKED_UP <= 5


async def test_forgetting_wakes_the_keeper(crowd):
    async with TasteKeeper(crowd, Client(), every=3600.0):
        await asyncio.sleep(0.2)
        before = (await crowd.db.run(taste_models.latest, 0)).version

        def make_stale(db):
            from storage import removal
            from storage.db import write

            with write(db):
                removal.mark_stale(db)

        await crowd.db.run(make_stale)
        await crowd.forget(1)
        for _ in range(200):
            await asyncio.sleep(0.02)
            if (await crowd.db.run(taste_models.latest, 0)).version != before:
                break
        assert (await crowd.db.run(taste_models.latest, 0)).version != before


async def test_one_duty_that_fails_does_not_stop_the_others(crowd, monkeypatch, caplog):
    client = Client()
    await wants_letters(crowd, 1)

    async def broken():
        raise OSError("no space")

    monkeypatch.setattr(crowd, "refit_if_due", broken)
    await TasteKeeper(crowd, client).round()
    assert client.people[1].got
    assert "refit failed" in caplog.text


@pytest.mark.parametrize("locale", ["en", "zh"])
async def test_letters_are_in_the_persons_language(crowd, locale):
    text = await digest.letter(crowd, 1, locale, 3)
    assert ("应你的要求" in text) == (locale == "zh")
