"""Rows of taste: what is read back, by whom, and what is told of a server."""

import pytest

from storage import consent, deeds, impressions, items, listens, pieces, retention, servers
from storage import taste_models as models
from storage.deeds import Signal
from tests.storage.taste_rows import (
    ANN,
    BOB,
    CAT,
    HERE,
    HIT,
    HUMS,
    NOW,
    SONG,
    SWING,
    THERE,
    TODAY,
    agree,
    count,
    item,
    shown,
)  # fmt: skip
from tests.storage.test_pieces import piece

DAY = 86400
BLUE = "track:the hums / blue"


def listen(db, person, named=SONG, plays=1, day=TODAY, guild=HERE, source="spotify"):
    return listens.add(db, person, guild, source, [(item(db, named), day, plays)], NOW)


def test_two_exports_of_one_history_count_once(db):
    agree(db, ANN)
    rows = [(item(db), TODAY, 3), (item(db), TODAY - 1, 2), (item(db, HIT), TODAY, 1)]
    assert listens.add(db, ANN, HERE, "spotify", rows, NOW) == 3
    assert listens.add(db, ANN, HERE, "spotify", rows, NOW) == 0
    assert listens.add(db, ANN, HERE, "lastfm", [(item(db), TODAY, 5)], NOW) == 1
    agree(db, ANN, guild=0)  # the same export once more, now for everywhere
    assert listens.add(db, ANN, HERE, "spotify", rows, NOW) == 3
    assert sorted(deeds.of(db, ANN, HERE)) == [
        Signal("track:stars / hit", "listen", 1.0, TODAY * DAY),
        # One month, one signal: two plays yesterday and five today.
        Signal(BLUE, "listen", 7.0, (TODAY - 2 / 7) * DAY),
    ]
    assert listens.counts(db, ANN)[0, "spotify"] == (3, 6.0)


def test_listens_are_plausible_and_of_things_that_exist(db):
    agree(db, ANN)
    rows = [(item(db), TODAY + 1, 1), (item(db), TODAY, 0), (999, TODAY, 1), (item(db), 0, 2)]
    assert listens.add(db, ANN, HERE, "hand", rows, NOW) == 1
    with pytest.raises(ValueError, match="telepathy"):
        listens.add(db, ANN, HERE, "telepathy", rows, NOW)


def test_single_plays_count_once_and_become_days(db):
    agree(db, ANN, guild=0)
    start = NOW - 31 * DAY
    assert listens.heard(db, ANN, HERE, item(db), start, 180.0)
    assert not listens.heard(db, ANN, THERE, item(db), start, 180.0)  # told by another server
    assert listens.heard(db, ANN, HERE, item(db), start + 300, 180.0)
    assert listens.heard(db, ANN, HERE, item(db), NOW, 180.0)
    assert not listens.heard(db, ANN, HERE, 999, NOW, 180.0)
    before = sorted(deeds.of(db, ANN, HERE))
    assert [(s.value, s.ts < NOW - 30 * DAY) for s in before] == [(1.0, False), (2.0, True)]
    assert retention.sweep(db, NOW) == {"presence": 2}
    assert retention.sweep(db, NOW) == {}
    assert count(db, "presence", "listens") == (1, 1)
    assert sorted(deeds.of(db, ANN, HERE)) == before
    assert retention.sweep(db, NOW + 2 * DAY, presence_days=1) == {"presence": 1}


def test_what_one_sees_where(db):
    agree(db, ANN, guild=HERE)
    agree(db, ANN, guild=THERE)
    listen(db, ANN, guild=HERE)
    deeds.record(db, ANN, THERE, item(db), "like", 1, "reactions", NOW)
    agree(db, ANN, guild=0)
    deeds.record(db, ANN, THERE, item(db, SWING), "declared", 1, "reactions", NOW)

    def seen(guild):
        return sorted(signal.type for signal in deeds.of(db, ANN, guild))

    assert seen(HERE) == ["declared", "listen"]
    assert seen(THERE) == ["declared", "like"]
    assert seen(None) == seen(0) == ["declared"]


def test_the_last_word_counts_and_repetition_is_kept(db):
    agree(db, ANN)
    id = item(db)
    for now, type, value in (
        (1, "like", 1), (2, "never", 1), (3, "rated", 2), (4, "rated", 5), (5, "used", 1),
        (6, "used", 1), (7, "like", 1),
    ):  # fmt: skip
        assert deeds.record(db, ANN, HERE, id, type, value, "reactions", now)
        assert deeds.blocked(db, ANN) == ({BLUE} if 2 <= now < 7 else set())
    assert deeds.recent(db, ANN, HERE) == [
        Signal(BLUE, "like", 1.0, 7.0), Signal(BLUE, "used", 1.0, 6.0),
        Signal(BLUE, "used", 1.0, 5.0), Signal(BLUE, "rated", 5.0, 4.0),
    ]  # fmt: skip
    assert not deeds.record(db, ANN, HERE, 999, "like", 1, "reactions", NOW)
    assert deeds.take_back(db, ANN, HERE, id, "like")
    assert not deeds.take_back(db, ANN, HERE, id, "like")
    assert deeds.clear(db, ANN, HERE, "used") == 2
    assert deeds.blocked(db, BOB) == set()


def test_taking_back_the_only_deed_takes_the_name_once_no_list_shows_it(db):
    agree(db, ANN)
    impressions.log(db, ANN, HERE, "list", shown(db, HIT), NOW - 401 * DAY)
    for named in (SONG, HIT):
        deeds.record(db, ANN, HERE, item(db, named), "like", 1, "reactions", NOW)
        assert deeds.take_back(db, ANN, HERE, item(db, named), "like")
    assert [row["title"] for row in db["items"].rows] == ["Hit"]
    assert retention.sweep(db, NOW) == {"impressions": 1}
    assert count(db, "items") == (0,)


def test_a_stamp_changes_with_the_rows(db):
    agree(db, ANN, BOB)
    stamps = [deeds.stamp(db, ANN)]
    for change in (
        lambda: listen(db, ANN), lambda: listen(db, ANN, plays=2),
        lambda: listens.heard(db, ANN, HERE, item(db), NOW, 1.0),
        lambda: deeds.record(db, ANN, HERE, item(db), "rated", 4, "reactions", NOW),
        lambda: deeds.record(db, ANN, HERE, item(db), "rated", 5, "reactions", NOW),
        lambda: items.tag(db, item(db), {"blue": 1.0}, ANN, HERE),
        lambda: deeds.take_back(db, ANN, HERE, item(db), "rated"),
    ):  # fmt: skip
        change()
        stamps.append(deeds.stamp(db, ANN))
    assert len(set(stamps)) == len(stamps)
    listen(db, BOB)
    assert deeds.stamp(db, ANN) == stamps[-1]


def test_tags_of_few_are_their_own(db):
    agree(db, ANN, BOB, CAT)
    id = item(db)
    items.tag(db, id, {"jazz": 0.5})
    items.tag(db, id, {"mine": 1.0, "jazz": 0.9}, ANN, HERE)
    for person in (ANN, BOB):
        items.tag(db, id, {"two": 1.0}, person, HERE)

    def seen(person=0, guild=HERE):
        return dict(items.get(db, [id], person, guild)[id].tags)

    assert seen() == {"jazz": 0.5}
    assert seen(ANN) == {"jazz": 0.9, "mine": 1.0, "two": 1.0}
    assert seen(ANN, THERE) == {"jazz": 0.5}
    assert list(models.tag_rows(db, HERE)) == [("track", "the hums / blue", "jazz", 0.5)]
    items.tag(db, id, {"two": 0.4}, CAT, HERE)
    assert seen() == {"jazz": 0.5, "two": pytest.approx(0.8)}
    assert sorted(row[2:] for row in models.tag_rows(db, HERE)) == [
        ("jazz", 0.5), ("two", pytest.approx(2.4)),
    ]  # fmt: skip
    assert [row[2] for row in models.tag_rows(db, 0)] == ["jazz"]


def test_autocomplete_gives_nobody_away(db):
    agree(db, ANN, BOB, CAT)
    listen(db, ANN)
    for person in (ANN, BOB, CAT):
        listen(db, person, HIT)
    item(db, SWING)

    def found(typed, person, kind="track", guild=HERE):
        return [row.title for row in items.find(db, kind, typed, user_id=person, guild_id=guild)]

    assert found("blu", ANN) == ["Blue"]
    assert found("blu", BOB) == []
    assert found("HIT", 999) == found("stars", 999) == ["Hit"]
    assert found("hit", 999, guild=THERE) == []
    assert found("s%", ANN) == found("_", ANN) == []
    assert found("", ANN) == ["Hit", "Blue"]
    assert found("sw", 999, "style") == ["Swing"]


def test_items_keep_their_first_name_and_take_features(db):
    first, again = items.ensure(db, [SONG, (*SONG[:2], "BLUE (live)", "Hums")])
    assert first == again == items.number(db, BLUE)
    items.set_features(db, first, (0.5, 1.0))
    [row] = items.of_kinds(db, ["track"]).values()
    assert (row.item, row.title, row.artist, row.features) == (BLUE, "Blue", "The Hums", (0.5, 1.0))
    assert items.numbers(db, [BLUE, "track:none"]) == {BLUE: first}
    assert items.get(db, [first, 999]).keys() == {first}


def test_lists_their_outcomes_and_rates(db):
    agree(db, ANN)
    impressions.log(db, ANN, HERE, "old", shown(db, SONG), NOW - 30 * DAY)
    impressions.log(db, ANN, HERE, "new", shown(db, SONG, HIT), NOW)
    impressions.log(db, ANN, HERE, "plain", shown(db, HIT, policy="popular"), NOW + 1)
    first, second = impressions.list_(db, "new")
    assert (first.item, first.title, first.place, first.parts) == (BLUE, "Blue", 0, {"cf": 1.5})
    assert (second.artist, second.wildcard, second.outcome) == ("Stars", False, None)
    assert impressions.outcome(db, first.id, "save")
    assert impressions.outcome(db, second.id, "never")
    assert not impressions.outcome(db, 999, "like")
    assert impressions.shown_since(db, ANN, NOW - 14 * DAY) == {
        BLUE: NOW, "track:stars / hit": NOW + 1,
    }  # fmt: skip
    assert impressions.shown_since(db, BOB, 0) == {}
    assert impressions.like_rates(db, NOW - DAY) == {
        "personal": impressions.Rate(2, 1, 1), "popular": impressions.Rate(1, 0, 0),
    }  # fmt: skip
    assert impressions.drop(db, NOW) == 1
    assert impressions.list_(db, "old") == []


def test_models_learn_from_their_scope(db):
    agree(db, ANN, guild=0)
    agree(db, ANN, sources=["together"])  # counts as being of this server
    agree(db, BOB, guild=HERE)
    agree(db, CAT, guild=0)
    for person in (ANN, BOB, CAT):
        listen(db, person)
        deeds.record(db, person, HERE, item(db), "like", 1, "reactions", NOW)

    def people(guild):
        rows = list(models.training_rows(db, guild))
        assert len(rows) == models.signals(db, guild)
        return {(row[0], row[3]) for row in rows}

    both = ("listen", "like")
    assert people(0) == {(person, type) for person in (ANN, CAT) for type in both}
    assert people(HERE) == {(person, type) for person in (ANN, BOB) for type in both}
    assert people(THERE) == set()


def test_the_newest_three_models_are_kept(db):
    for n in range(5):
        models.add(db, 0, f"{n}.npz", {"factors": 64}, {"people": n}, n, NOW + n)
    models.add(db, HERE, "here.npz", {}, {}, 1, NOW)
    assert models.prune(db, 0) == ["1.npz", "0.npz"]
    newest = models.latest(db, 0)
    assert (newest.path, newest.params, newest.signals) == ("4.npz", {"factors": 64}, 4)
    assert [model.path for model in models.all_(db)] == ["2.npz", "3.npz", "4.npz", "here.npz"]
    assert models.drop(db, HERE) == ["here.npz"]
    assert models.latest(db, HERE) is None


def test_a_fit_that_began_before_something_was_deleted_is_not_stored(db):
    agree(db, ANN, BOB)
    for person in (ANN, BOB):
        listen(db, person)
    began = models.erased(db)
    listen(db, BOB, HIT)
    consent.withdraw(db, BOB, ["together"], HERE)  # deletes nothing
    assert models.add(db, 0, "a.npz", {}, {}, 2, NOW, began) == 1
    consent.withdraw(db, ANN, ["listening"], HERE)
    assert models.add(db, 0, "b.npz", {}, {}, 2, NOW, began) is None
    assert [model.path for model in models.all_(db)] == ["a.npz"]
    assert models.add(db, 0, "c.npz", {}, {}, 1, NOW, models.erased(db)) == 2


def test_a_server_tells_nothing_of_few(db):
    crowd = range(900, 905)
    for person in crowd:
        assert servers.server_top(db, HERE, "track") is servers.server_months(db, HERE) is None
        agree(db, person, guild=0)
        agree(db, person, sources=["together"])
        listen(db, person, HIT, plays=person - 899)
    agree(db, 999, sources=["listening"])  # did not agree to be counted
    listen(db, 999, SONG)
    for person in (900, 901):
        listen(db, person, SONG)
    assert servers.server_top(db, HERE, "track") == [("Hit", "Stars", 15.0, 5)]
    deeds.record(db, 902, HERE, item(db, HUMS), "like", 1, "reactions", NOW)
    assert servers.server_top(db, HERE, "artist") == [
        ("Stars", "", 15.0, 5), ("The Hums", "", 3.0, 3),
    ]  # fmt: skip
    assert servers.server_top(db, HERE, "artist", limit=1) == [("Stars", "", 15.0, 5)]
    assert servers.server_months(db, HERE) == [("2026-09", 17.0)]
    consent.withdraw(db, 900, ["together"], HERE)
    assert servers.server_top(db, HERE, "track") is None


def test_a_deleted_piece_takes_what_was_done_with_it(db):
    agree(db, ANN)
    pieces.save(db, piece("a"))
    id = item(db, ("piece", "a", "Rain at Night", ""))
    deeds.record(db, ANN, HERE, id, "save", 1, "pieces", NOW)
    impressions.log(db, ANN, HERE, "list", shown(db, ("piece", "a", "Rain at Night", "")), NOW)
    pieces.delete(db, "a", 1, NOW)
    assert count(db, "items", "deeds", "impressions") == (0, 0, 0)
