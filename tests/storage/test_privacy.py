"""Forgetting is complete: no table, and no byte of the file, keeps the person."""

import json
from datetime import date

import pytest

from storage import (
    consent,
    deeds,
    deliveries,
    guild_settings,
    jobs,
    listens,
    pieces,
    preferences,
    privacy,
    readings,
    sessions,
    styles,
    turns,
)  # fmt: skip
from storage import impressions as lists
from storage import taste_models as models
from storage.db import open_database
from tests.storage.taste_rows import (
    HERE,
    HIT,
    NOW,
    THERE,
    TODAY,
    agree,
    count,
    everything,
    item,
    shown,
)  # fmt: skip
from tests.storage.test_pieces import piece

PERSON, FRIEND = 414141414141414141, 525252525252525252
RARE = ("track", "xylophonia / own", "Own", "Xylophonia")
TASTE = {
    "consents": 5, "taste_settings": 1, "item_tags": 1, "listens": 1, "presence": 1, "deeds": 4,
    "comments": 1, "impressions": 1, "impression_people": 1,
}  # fmt: skip
TALK = {"sessions": 1, "conversation_turns": 2, "readings": 1}


def cells(db, needle: int) -> list[tuple[str, str]]:
    """Every table and column that holds the id, as a value or inside a text."""
    hits = []
    for table in db.table_names():
        for row in db[table].rows:
            hits += [(table, c) for c, v in row.items() if str(needle) in str(v)]
    return hits


def talk(db, opener: int, guest: int) -> None:
    """Everybody in a channel of the server, and then the guest in the opener's thread."""
    said = [["person", "a Xylophonic waltz"]]
    made = {"piece_id": "piece 1", "parent": None, "title": "Xylophonia", "done": ["", {}]}
    own = {"table": "piece 1", "versions": [made], "said": said}
    thread = sessions.open_(db, opener, 10, 78, True, NOW)
    for who in (opener, guest):
        row = sessions.open_(db, who, 10, 77, False, NOW)
        sessions.save(db, row.id, json.dumps(own), NOW)
        for number, session_id in enumerate((row.id, thread.id)):
            turns.add(db, session_id=session_id, user_id=who, guild_id=10, channel_id=77,
                      locale="en", message_id=who + number, text="a Xylophonic waltz", now=NOW,
                      )  # fmt: skip
        readings.remember(db, who, "Xylophonic", "compose")
    sent = {"file": f"{guest}/1.mid:Xylophonia", "question": {"said": "Xylophonic"}}
    sessions.save(db, thread.id, json.dumps({**own, **sent, "choices": ["piece 1"]}), NOW)


def live_through_everything(db, person: int, friend: int) -> None:
    for interaction, (who, guild) in enumerate(
        [(person, 10), (person, None), (friend, 10), (friend, None)]
    ):
        wish = json.dumps({"text": "Xylophonia for me", "people": [person, friend]})
        job, _ = jobs.enqueue(
            db, request=wish, user_id=who, guild_id=guild, channel_id=2,
            interaction_id=interaction, token="tok", application_id=4, locale="en",
            kind="compose", seed=5, now=0.0,
        )  # fmt: skip
        assert jobs.claim(db, "w", 30, 0.0, per_user=9).id == job.id
        id = f"piece {job.id}"
        pieces.save(db, piece(id, owner=who, guild=guild, title="Xylophonia", job_id=job.id))
        jobs.finish(db, job.id, "w", "{}", 1.0)
        deliveries.mark_delivered(db, job.id, 1000 + job.id)
    agree(db, person, friend)
    for who in (person, friend):
        preferences.save(db, preferences.Preferences(who, "zh", True, ("wav",)))
        style = styles.save(db, owner_id=who, name="Xylophonic", pieces=3, kind="vector",
                            folder=f"{who}/1", report="{}", now=3.0)  # fmt: skip
        styles.share(db, style.id, 10)
        styles.choose(db, who, style.id)
        everything(db, who, named=RARE if who == person else HIT)
        for made in ("piece 1", "piece 3"):  # one of each
            id = item(db, ("piece", made, "Xylophonia", ""))
            deeds.record(db, who, HERE, id, "like", 1, "reactions", NOW)
    lists.log(db, friend, HERE, "for us", shown(db, HIT), NOW, [person])
    talk(db, friend, person)


def test_forget_leaves_nothing_in_any_table(tmp_path):
    path = tmp_path / "a.db"
    with open_database(path) as db:
        live_through_everything(db, PERSON, FRIEND)
        assert {table for table, _ in cells(db, PERSON)} == {*privacy.OWNED, "turns"}
        assert b"Xylophonia" in path.read_bytes() + path.with_name("a.db-wal").read_bytes()
        friends = privacy.export(db, FRIEND)

        gone = privacy.forget(db, PERSON)

        assert cells(db, PERSON) == []
        # Their own piece's like went with the piece, the tag and the lists are theirs.
        assert gone.rows == {
            "jobs": 2, "pieces": 2, "preferences": 1, "active_styles": 1, "styles": 1,
            **TASTE, "deeds": 3, "impression_people": 1, **TALK,
        }  # fmt: skip
        assert gone.folders == ("/pieces/piece 1", "/pieces/piece 2")
        assert gone.people == (PERSON,)
        assert gone.items == ("track:xylophonia / own",)
        after = privacy.export(db, FRIEND)
        assert after["pieces"] == friends["pieces"]
        assert [job["id"] for job in after["jobs"]] == [job["id"] for job in friends["jobs"]]
        # What the friend said of the person's piece went too, and the list for both.
        assert [row["key"] for row in after["deeds"]] == ["stars / hit", "stars / hit", "piece 3"]
        assert [row["list_id"] for row in after["impressions"]] == [f"list {FRIEND}"]
        # The thread is the friend's; what was said there is not told apart.
        [thread] = [json.loads(row["state"]) for row in after["sessions"] if row["shared"]]
        assert thread == {
            "table": None, "versions": [], "past": [], "future": [], "choices": [""],
        }  # fmt: skip
        before = friends["conversation_turns"]
        assert [row["text"] for row in after["conversation_turns"]] == [t["text"] for t in before]
        privacy.forget(db, FRIEND)
        bytes_left = path.read_bytes() + path.with_name("a.db-wal").read_bytes()
    assert b"ylophonia" not in bytes_left.lower()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert str(PERSON).encode() not in left


def test_no_table_of_somebodys_own_is_overlooked(db):
    owners = {"user_id", "owner_id"}
    found = {t.name for t in db.tables if owners & t.columns_dict.keys()}
    assert found == set(privacy.OWNED)


def test_forget_says_which_models_go(db):
    live_through_everything(db, PERSON, FRIEND)
    agree(db, FRIEND + 1)
    models.add(db, 0, "taste-0.npz", {}, {}, 3, NOW)
    assert not privacy.forget(db, 999).refit
    assert not models.latest(db, 0).stale
    deeds.record(db, FRIEND + 1, HERE, item(db, HIT), "like", 1, "reactions", NOW)
    gone = privacy.forget(db, FRIEND + 1)
    assert (gone.items, gone.models, gone.refit) == ((), (), True)
    assert models.latest(db, 0).stale
    gone = privacy.forget(db, PERSON)
    assert (gone.models, gone.refit) == (("taste-0.npz",), True)
    assert models.latest(db, 0) is None


def test_forget_takes_a_running_job_from_its_worker(db, ask):
    job = ask(user=PERSON).id
    jobs.claim(db, "w", 30, 0.0)
    privacy.forget(db, PERSON)
    assert not jobs.heartbeat(db, job, "w", 30, 1.0)
    assert not jobs.finish(db, job, "w", "{}", 1.0)
    assert cells(db, PERSON) == []


def test_export_is_everything_and_no_secret(db):
    live_through_everything(db, PERSON, FRIEND)
    copy = privacy.export(db, PERSON)
    for table, _ in cells(db, PERSON):
        assert len(copy[table]) >= 1, table
    assert {table: len(copy[table]) for table in TASTE} == TASTE
    assert {table: len(copy[table]) for table in TALK} == TALK
    assert copy["sessions"][0]["used_utc"].startswith("2026-")
    assert copy["pieces"][0]["title"] == "Xylophonia"
    assert "Xylophonia for me" in copy["jobs"][0]["request"]
    assert copy["folders"] == ["/pieces/piece 1", "/pieces/piece 2"]
    assert copy["style_folders"] == [f"{PERSON}/1"]
    [heard] = copy["listens"]
    assert (heard["title"], heard["artist"], heard["plays"]) == ("Own", "Xylophonia", 3.0)
    assert date.fromisoformat(heard["date"]).toordinal() == date(1970, 1, 1).toordinal() + TODAY
    assert "item_id" not in heard
    assert copy["comments"][0]["text"] == "so very blue"
    assert copy["consents"][0]["since_utc"].startswith("2026-")
    assert str(FRIEND) not in str({**copy, "jobs": []})  # their words named a friend
    assert "tok" not in copy["jobs"][0]
    assert json.loads(json.dumps(copy)) == copy


def test_forgetting_a_stranger_is_harmless(db):
    live_through_everything(db, PERSON, FRIEND)
    assert privacy.forget(db, 999).folders == ()
    assert len(privacy.export(db, PERSON)["jobs"]) == 2


def test_the_terminal_forgets_itself_but_not_our_tags(db):
    id = item(db, HIT)
    deeds_of_somebody = FRIEND
    agree(db, deeds_of_somebody)
    deeds.record(db, FRIEND, HERE, id, "like", 1, "reactions", NOW)
    db["item_tags"].insert({"item_id": id, "tag": "pop", "user_id": 0, "guild_id": 0,
                            "weight": 1.0, "source": "reactions"})  # fmt: skip
    privacy.forget(db, 0)
    assert count(db, "item_tags") == (1,)


@pytest.mark.parametrize("all_of_them", [False, True])
def test_leaving_a_server_deletes_what_is_scoped_to_it(db, all_of_them):
    agree(db, PERSON, FRIEND, guild=THERE)
    everything(db, PERSON, THERE, HIT)
    live_through_everything(db, PERSON, FRIEND)
    styles.choose(db, FRIEND, styles.own(db, PERSON, "Xylophonic").id)
    models.add(db, HERE, "taste-10.npz", {}, {}, 3, NOW)
    guild_settings.save(db, guild_settings.GuildSettings(HERE, (77,)))
    taste = [table for table in TASTE if table not in ("taste_settings", "impression_people")]
    before = count(db, *taste, person=FRIEND)
    gone = privacy.leave_guild(db, HERE) if all_of_them else privacy.leave_member(db, PERSON, HERE)
    assert consent.scope(db, PERSON, "listening", HERE) is None
    assert consent.scope(db, PERSON, "listening", THERE) == THERE
    assert deeds.of(db, PERSON, HERE) == []
    assert listens.counts(db, PERSON)[THERE, "spotify"] == (1, 3.0)
    assert "track:xylophonia / own" in gone.items
    assert "taste-10.npz" in gone.models
    assert styles.own(db, PERSON, "Xylophonic").shared_guild is None
    assert styles.active(db, PERSON) is not None
    assert styles.active(db, FRIEND) is None
    left = count(db, *taste, person=FRIEND)
    assert left == ((5, 0, 0, 0, 0, 0, 0) if all_of_them else before)
    assert (styles.own(db, FRIEND, "Xylophonic").shared_guild is None) == all_of_them
    assert (guild_settings.get(db, HERE).channels == ()) == all_of_them
    assert not sessions.find(db, PERSON, 77, shared=False)
    thread = sessions.find(db, FRIEND, 78, shared=True)
    assert (thread is None) == all_of_them
    if thread is not None:
        assert "said" not in json.loads(thread.state)
        assert [turn.user_id for turn in turns.running(db, thread.id)] == [FRIEND]
