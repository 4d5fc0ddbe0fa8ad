"""Forgetting is complete: no table, and no byte of the file, keeps the person."""

from storage import deliveries, feedback, jobs, pieces, preferences, privacy, styles
from storage.db import open_database
from tests.storage.test_pieces import VALUES, piece

PERSON, FRIEND = 414141414141414141, 525252525252525252


def cells(db, needle: int) -> list[tuple[str, str]]:
    """Every table and column that holds the id, as a value or inside a text."""
    hits = []
    for table in db.table_names():
        for row in db[table].rows:
            hits += [(table, c) for c, v in row.items() if str(needle) in str(v)]
    return hits


def live_through_everything(db, person: int, friend: int) -> None:
    for interaction, (who, guild) in enumerate(
        [(person, 10), (person, None), (friend, 10), (friend, None)]
    ):
        job, _ = jobs.enqueue(
            db, request='{"text": "Xylophonia for me"}', user_id=who, guild_id=guild, channel_id=2,
            interaction_id=interaction, token="tok", application_id=4, locale="en",
            kind="compose", seed=5, now=0.0,
        )  # fmt: skip
        assert jobs.claim(db, "w", 30, 0.0, per_user=9).id == job.id
        id = f"piece {job.id}"
        pieces.save(db, piece(id, owner=who, guild=guild, title="Xylophonia", job_id=job.id))
        jobs.finish(db, job.id, "w", "{}", 1.0)
        deliveries.mark_delivered(db, job.id, 1000 + job.id)
        for rater in (person, friend):
            feedback.add(db, rater, id, "👍", VALUES, 2.0)
    for who in (person, friend):
        preferences.save(db, preferences.Preferences(who, "zh", True, ("wav",)))
        style = styles.save(db, owner_id=who, name="Xylophonic", pieces=3, kind="vector",
                            folder=f"{who}/1", report="{}", now=3.0)  # fmt: skip
        styles.share(db, style.id, 10)
        styles.choose(db, who, style.id)


def test_forget_leaves_nothing_in_any_table(tmp_path):
    path = tmp_path / "a.db"
    with open_database(path) as db:
        live_through_everything(db, PERSON, FRIEND)
        tables_before = {table for table, _ in cells(db, PERSON)}
        assert tables_before == {
            "jobs", "turns", "pieces", "ratings", "preferences", "styles", "active_styles",
        }  # fmt: skip
        assert b"Xylophonia" in path.read_bytes() + path.with_name("a.db-wal").read_bytes()
        friends = privacy.export(db, FRIEND)

        gone = privacy.forget(db, PERSON)

        assert cells(db, PERSON) == []
        assert gone.rows == {
            "jobs": 2, "pieces": 2, "ratings": 2, "preferences": 1, "active_styles": 1, "styles": 1,
        }  # fmt: skip
        assert gone.folders == ("/pieces/piece 1", "/pieces/piece 2")
        after = privacy.export(db, FRIEND)
        assert after["pieces"] == friends["pieces"]
        assert after["jobs"] == friends["jobs"]
        assert len(after["ratings"]) == 2  # what the friend said of the person's pieces went too
        privacy.forget(db, FRIEND)
        bytes_left = path.read_bytes() + path.with_name("a.db-wal").read_bytes()
    assert b"ylophonia" not in bytes_left.lower()


def test_forget_takes_a_running_job_from_its_worker(db, ask):
    job = ask(user=PERSON).id
    jobs.claim(db, "w", 30, 0.0)
    privacy.forget(db, PERSON)
    assert not jobs.heartbeat(db, job, "w", 30, 1.0)
    assert not jobs.finish(db, job, "w", "{}", 1.0)
    assert cells(db, PERSON) == []


def test_export_is_the_persons_own_and_no_secret(db):
    live_through_everything(db, PERSON, FRIEND)
    copy = privacy.export(db, PERSON)
    assert [len(copy[t]) for t in ("jobs", "pieces", "ratings", "preferences")] == [2, 2, 4, 1]
    assert [style["name"] for style in copy["styles"]] == ["Xylophonic"]
    assert len(copy["active_styles"]) == 1
    assert copy["pieces"][0]["title"] == "Xylophonia"
    assert "Xylophonia for me" in copy["jobs"][0]["request"]
    assert str(FRIEND) not in str(copy)
    assert "tok" not in copy["jobs"][0]


def test_forgetting_a_stranger_is_harmless(db):
    live_through_everything(db, PERSON, FRIEND)
    assert privacy.forget(db, 999).folders == ()
    assert len(privacy.export(db, PERSON)["jobs"]) == 2
