"""Nothing is kept of anyone who did not agree, per source and scope; withdrawing deletes it."""

import sqlite3
from dataclasses import replace

import pytest

from storage import consent, deeds, impressions, items, listens, taste_models
from tests.storage.taste_rows import (
    ANN,
    BOB,
    HERE,
    HIT,
    HUMS,
    NOW,
    SONG,
    THERE,
    TODAY,
    agree,
    count,
    everything,
    item,
    shown,
)  # fmt: skip

TABLES = ("listens", "presence", "deeds", "comments", "item_tags", "impressions")


def test_scope(db):
    assert consent.scope(db, ANN, "reactions", HERE) is None
    agree(db, ANN, sources=["reactions"], guild=HERE)
    assert consent.scope(db, ANN, "reactions", HERE) == HERE
    assert consent.scope(db, ANN, "reactions", THERE) is None
    assert consent.scope(db, ANN, "reactions", None) is None  # a server's yes is none for DMs
    assert consent.scope(db, ANN, "listening", HERE) is None
    assert consent.scope(db, BOB, "reactions", HERE) is None
    agree(db, ANN, sources=["reactions"], guild=None)
    for guild in (HERE, THERE, None, 0):
        assert consent.scope(db, ANN, "reactions", guild) == 0


def test_the_first_date_stays_and_sources_are_known(db):
    consent.grant(db, ANN, ["pieces"], HERE, 1.0)
    consent.grant(db, ANN, ["pieces", "together"], HERE, 2.0)
    assert consent.of(db, ANN) == (
        consent.Consent("pieces", HERE, 1.0), consent.Consent("together", HERE, 2.0),
    )  # fmt: skip
    with pytest.raises(sqlite3.IntegrityError):
        consent.grant(db, ANN, ["telepathy"], HERE, 3.0)
    assert consent.members(db) == [(ANN, HERE)]
    assert (consent.together(db, HERE), consent.together(db, THERE)) == ((ANN,), ())


def try_everything(db, person, guild):
    id = item(db)
    return [
        listens.add(db, person, guild, "hand", [(id, TODAY, 1)], NOW),
        listens.add(db, person, guild, "presence", [(id, TODAY, 1)], NOW),
        listens.heard(db, person, guild, id, NOW, 200.0),
        deeds.record(db, person, guild, id, "like", 1, "reactions", NOW),
        deeds.record(db, person, guild, id, "made", 1, "pieces", NOW),
        deeds.keep_comment(db, person, guild, id, "blue", NOW),
        items.tag(db, id, {"smoky": 1.0}, person, guild),
        impressions.log(db, person, guild, "list", shown(db, SONG), NOW),
    ]


def test_without_consent_nothing_is_stored(db):
    agree(db, BOB)
    agree(db, ANN, guild=THERE)
    assert not any(try_everything(db, ANN, HERE))
    assert not any(try_everything(db, ANN, None))
    assert count(db, *TABLES) == (0,) * 6


def test_a_pause_stores_nothing_and_keeps_what_there_is(db):
    agree(db, ANN)
    everything(db, ANN)
    before = count(db, *TABLES, person=ANN)
    settings = consent.settings(db, ANN)
    consent.save_settings(db, replace(settings, paused=True))
    assert not any(try_everything(db, ANN, HERE))
    assert count(db, *TABLES, person=ANN) == before
    consent.save_settings(db, replace(settings, listening_paused=True))
    assert not any(try_everything(db, ANN, HERE)[:3])
    assert consent.scope(db, ANN, "reactions", HERE) == HERE
    consent.save_settings(db, settings)
    assert consent.scope(db, ANN, "listening", HERE) == HERE


@pytest.mark.parametrize(
    ("source", "left"),
    # listens (one imported, one seen), presence, deeds (like, used), comments, tags, lists
    [
        ("listening", (1, 1, 2, 1, 1, 1)),
        ("presence", (1, 0, 2, 1, 1, 1)),
        ("reactions", (2, 1, 1, 0, 0, 0)),
        ("pieces", (2, 1, 1, 1, 1, 1)),
        ("together", (2, 1, 2, 1, 1, 1)),
    ],
)
def test_withdrawing_deletes_what_the_source_stored_there(db, source, left):
    agree(db, ANN, BOB)
    for person in (ANN, BOB):
        everything(db, person)
        listens.add(db, person, HERE, "presence", [(item(db), TODAY - 50, 1)], NOW)
    others = count(db, *TABLES, person=BOB)
    gone = consent.withdraw(db, ANN, [source], HERE)
    assert count(db, *TABLES, person=ANN) == left
    assert count(db, *TABLES, person=BOB) == others
    assert sum(gone.rows.values()) == sum((2, 1, 2, 1, 1, 1)) - sum(left)
    assert gone.refit == (source != "together")
    assert (gone.items, gone.models) == ((), ())  # BOB's rows still hold the song
    assert consent.scope(db, ANN, source, HERE) is None
    assert len(consent.of(db, ANN)) == 4


def test_withdrawing_in_one_scope_leaves_the_other(db):
    agree(db, ANN, guild=HERE)
    everything(db, ANN, HERE)
    agree(db, ANN, guild=0)
    assert listens.add(db, ANN, HERE, "lastfm", [(item(db, HIT), TODAY, 1)], NOW) == 1
    consent.withdraw(db, ANN, consent.SOURCES, 0)
    assert count(db, "listens", "deeds") == (1, 2)
    assert consent.scope(db, ANN, "listening", HERE) == HERE
    assert consent.scope(db, ANN, "listening", None) is None


def test_loves_of_an_export_go_with_the_listening(db):
    agree(db, ANN)
    deeds.record(db, ANN, HERE, item(db), "like", 1, "listening", NOW)
    consent.withdraw(db, ANN, ["reactions"], HERE)
    assert count(db, "deeds") == (1,)
    consent.withdraw(db, ANN, ["listening"], HERE)
    assert count(db, "deeds") == (0,)


def test_a_name_that_only_they_brought_in_goes_with_its_models(db):
    agree(db, ANN, BOB)
    for named in (SONG, HIT):
        listens.add(db, ANN, HERE, "apple", [(item(db, named), TODAY, 1)], NOW)
    listens.add(db, BOB, HERE, "apple", [(item(db, HIT), TODAY, 1)], NOW)
    artist = item(db, HUMS)
    items.tag(db, artist, {"blues": 1.0})  # ours: does not hold it
    impressions.log(db, BOB, HERE, "list", shown(db, SONG, HIT), NOW)  # nor does having seen it
    taste_models.add(db, 0, "taste-0.npz", {}, {}, 3, NOW)
    gone = consent.withdraw(db, ANN, ["listening"], HERE)
    assert gone.items == ("track:the hums / blue", "artist:the hums")
    assert gone.models == ("taste-0.npz",)
    assert taste_models.latest(db, 0) is None
    assert [row["title"] for row in db["items"].rows] == ["Hit"]
    assert [row.title for row in impressions.list_(db, "list")] == ["Hit"]


def test_models_fitted_on_deleted_rows_are_stale(db):
    agree(db, ANN, BOB)
    for person in (ANN, BOB):
        everything(db, person)
    taste_models.add(db, 0, "taste-0.npz", {}, {}, 3, NOW)
    consent.withdraw(db, ANN, ["together"], HERE)
    assert not taste_models.latest(db, 0).stale
    consent.withdraw(db, ANN, ["reactions"], HERE)
    assert taste_models.latest(db, 0).stale


def test_settings_and_letters(db):
    assert consent.settings(db, ANN) == consent.TasteSettings(ANN)
    for person, last in ((ANN, None), (BOB, 100.0)):
        consent.save_settings(db, consent.TasteSettings(person, digest=True, digest_sent=last))
    assert consent.digests_due(db, 99.0) == [ANN]
    assert consent.digests_due(db, 100.0) == [ANN, BOB]
    consent.digest_sent(db, ANN, 200.0)
    consent.digest_off(db, BOB)
    assert consent.digests_due(db, 150.0) == []
    assert consent.digests_due(db, 300.0) == [ANN]
    consent.save_settings(db, replace(consent.settings(db, ANN), paused=True))
    assert consent.digests_due(db, 300.0) == []


def test_texts_of_comments_go_when_they_are_no_longer_wanted(db):
    agree(db, ANN)
    everything(db, ANN)
    settings = consent.settings(db, ANN)
    consent.save_settings(db, replace(settings, digest=False))
    assert deeds.comment(db, ANN, HERE, item(db)) == "so very blue"
    consent.save_settings(db, replace(settings, keep_comments=False))
    assert deeds.comment(db, ANN, HERE, item(db)) is None
