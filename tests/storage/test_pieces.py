"""Pieces and their search, settings."""

from dataclasses import replace

import pytest

from storage import consent, deeds, deliveries, items, jobs, pieces, preferences
from storage.pieces import Piece


def piece(id, owner=1, guild=10, title="Rain at Night", created=0.0, **more):
    values = {
        "id": id, "owner_id": owner, "guild_id": guild, "channel_id": 5, "message_id": None,
        "title": title, "style": "bossa_nova", "mood": "wistful", "key": "D minor",
        "seconds": 61.5, "brief": "{}", "plan": "{}", "folder": f"/pieces/{id}", "parent": None,
        "job_id": None, "created": created,
    } | more  # fmt: skip
    return Piece(**values)


def found(db, query="", user=1, guild=10, **more):
    return [
        p.id for p in pieces.search(db, user_id=user, guild_id=guild, query=query, **more).pieces
    ]


def test_save_is_idempotent(db):
    first = piece("a")
    assert pieces.save(db, first)
    assert not pieces.save(db, replace(first, title="Other"))
    assert pieces.get(db, "a") == first
    assert pieces.get(db, "b") is None


@pytest.mark.parametrize(
    "query",
    [
        "rain",
        "RAIN night",
        "nig",
        "bossa",
        "bossa_nova",
        "Nova wistful",
        "钢琴",
        "钢琴曲",
        "夜",
        "雨夜 rain",
        "雨夜的",
        "ｒａｉｎ",
    ],
)
def test_search_finds(db, query):
    pieces.save(db, piece("hit"), words="雨夜的钢琴曲")
    pieces.save(db, piece("miss", title="Sun", style="polka", mood="merry"), words="阳光进行曲")
    assert found(db, query) == ["hit"]


@pytest.mark.parametrize(
    "query", ["琴钢", "钢雨", "rain polka", "ain", '"', "* -", "NEAR(", "a OR b", "钢琴协奏曲"]
)
def test_search_does_not_find(db, query):
    pieces.save(db, piece("hit"), words="雨夜的钢琴曲")
    assert found(db, query) == []


def test_who_sees_what(db):
    pieces.save(db, piece("mine here", owner=1, guild=10, created=1))
    pieces.save(db, piece("mine there", owner=1, guild=20, created=2))
    pieces.save(db, piece("mine alone", owner=1, guild=None, created=3))
    pieces.save(db, piece("theirs here", owner=2, guild=10, created=4))
    pieces.save(db, piece("theirs there", owner=2, guild=20, created=5))
    pieces.save(db, piece("theirs alone", owner=2, guild=None, created=6))
    assert found(db) == ["theirs here", "mine alone", "mine there", "mine here"]
    assert found(db, guild=None) == ["mine alone", "mine there", "mine here"]
    assert found(db, "rain", user=2, guild=None) == ["theirs alone", "theirs there", "theirs here"]


def test_pages(db):
    for n in range(25):
        pieces.save(db, piece(f"{n:02}", created=n))
    page = pieces.search(db, user_id=1, guild_id=None, limit=10, offset=20)
    assert ([p.id for p in page.pieces], page.total) == (["04", "03", "02", "01", "00"], 25)
    assert pieces.search(db, user_id=2, guild_id=None).total == 0
    results = pieces.search(db, user_id=3, guild_id=10, query="rain", limit=4, offset=24)
    assert (len(results.pieces), results.total) == (1, 25)


def test_delete_is_the_owners_and_leaves_only_lineage(db):
    pieces.save(db, piece("a"), words="钢琴")
    pieces.save(db, piece("child", parent="a", created=1))
    consent.grant(db, 2, ["reactions"], 0, 0.0)
    [item] = items.ensure(db, [("piece", "a", "Rain at Night", "")])
    assert deeds.record(db, 2, 0, item, "like", 1, "reactions", 0.0)
    assert pieces.delete(db, "a", 2, 9.0) is None
    assert pieces.delete(db, "a", 1, 9.0).folder == "/pieces/a"
    assert pieces.delete(db, "a", 1, 9.0) is None
    assert pieces.get(db, "a") is None
    assert found(db) == ["child"]
    assert found(db, "钢琴") == []
    assert (db["items"].count, db["deeds"].count) == (0, 0)
    row = db["pieces"].get(1)
    assert (row["title"], row["brief"], row["folder"], row["deleted"]) == ("", "{}", "", 9.0)


def test_the_answer_links_its_pieces(db, ask):
    job = ask().id
    jobs.claim(db, "w", 30, 0.0)
    for id in ("take 2", "take 1"):
        pieces.save(db, piece(id, job_id=job))
    jobs.finish(db, job, "w", "{}", 0.0)
    assert pieces.by_message(db, 4242) == ()
    deliveries.mark_delivered(db, job, 4242)
    assert [p.id for p in pieces.by_message(db, 4242)] == ["take 2", "take 1"]


def test_preferences(db):
    assert preferences.get(db, 5) == preferences.Preferences(5)
    chosen = preferences.Preferences(5, "zh", True, ("wav", "stems"))
    preferences.save(db, replace(chosen, locale="en"))
    preferences.save(db, chosen)
    assert preferences.get(db, 5) == chosen
