"""What is recommended, to whom, and what is never."""

from __future__ import annotations

import asyncio
import time

import pytest
from pydantic import TypeAdapter
from taste_groups import (
    ALL,
    DAY,
    GROUPS,
    GUILD,
    NOW,
    artist,
    group_of,
    is_of,
    key,
    plant,
)

from bot.taste import policies
from bot.taste.values import Wish
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.recommender.content import features_of_plan
from storage import consent, items, listens, pieces, privacy
from storage.db import write
from storage.pieces import Piece


async def ids(taste, user, what="artist", guild=0, **more):
    listing = await taste.recommend(Wish(user, guild, what, **more))
    return [s.item.id for s in listing.suggestions]


async def rows(taste, sql, *values):
    return await taste.db.run(lambda db: db.conn.execute(sql, values).fetchall())


async def agree(taste, user, sources=ALL, guild=0):
    await taste.db.run(consent.grant, user, sources, guild, NOW)


def hits(listed, group):
    return sum(is_of(item, group) for item in listed)


async def test_lists_come_from_ones_own_group_far_above_popularity(crowd):
    own = popular = shown = 0
    for user in range(1, 31):
        personal = await ids(crowd, user)
        own += hits(personal[:4], group_of(user))  # the fifth is the wildcard
        chart = await ids(crowd, user, policy="popular", count=4)
        popular += hits(chart, group_of(user))
        shown += 4
    assert own / shown > 0.85
    assert own > 1.8 * popular


async def test_every_place_has_a_reason_and_one_in_five_is_a_labelled_wildcard(crowd):
    listing = await crowd.recommend(Wish(1, 0, "artist"))
    assert [s.wildcard for s in listing.suggestions] == [False] * 4 + [True]
    assert listing.suggestions[-1].reason.kind == "wildcard"
    assert 0 < listing.suggestions[-1].propensity < 0.05
    for suggestion in listing.suggestions:
        assert suggestion.reason.template.format(**suggestion.reason.values)
    because = [s.reason for s in listing.suggestions if s.reason.kind == "because"]
    titles = {row[0] for row in await rows(
        crowd, "SELECT title FROM listens JOIN items ON items.id = item_id WHERE user_id = 1"
    )}  # fmt: skip
    assert because
    assert all(set(r.values["names"].split(", ")) <= titles for r in because)
    assert await crowd.why(1, 0, listing.list_id, 4) != ()


async def test_known_and_blocked_and_disliked_are_left_out(crowd):
    heard = {row[0] for row in await rows(
        crowd, "SELECT kind || ':' || key FROM listens JOIN items ON items.id = item_id"
        " WHERE user_id = 1"
    )}  # fmt: skip
    first = await crowd.recommend(Wish(1, 0, "artist"))
    shown = [s.item.id for s in first.suggestions]
    assert not heard & set(shown)
    assert await crowd.react(1, 0, first.list_id, 0, "never")
    assert await crowd.react(1, 0, first.list_id, 1, "dislike")
    crowd.now.time += 15 * DAY  # past the cooldown
    seen = []
    for seed in range(8):
        seen += await ids(crowd, 1, seed=seed, count=10)
        crowd.now.time += 15 * DAY
    assert shown[0] not in seen
    assert shown[1] not in seen
    assert shown[2] in seen
    assert heard & set(await ids(crowd, 1, known=True, count=10))


async def test_pieces_are_others_here_and_sound_like_what_one_liked(taste):
    for user in (1, 2):
        await agree(taste, user, ALL, GUILD)

    def make(db):
        for n, (owner, guild, style, gone) in enumerate(
            [(2, GUILD, "swing", None), (2, GUILD, "techno", None), (2, GUILD, "swing", NOW),
             (2, GUILD + 1, "swing", None), (1, GUILD, "swing", None), (2, GUILD, "swing", None)]
        ):  # fmt: skip
            plan = TypeAdapter(Plan).dump_json(make_plan(Brief(style=style, bars=8), n)).decode()
            pieces.save(db, Piece(
                f"p{n}", owner, guild, 5, None, f"Piece {n}", style, "calm", "C major", 20.0, "{}",
                plan, f"p{n}", None, None, NOW + n, gone,
            ))  # fmt: skip

    await taste.db.run(make)
    assert set(await ids(taste, 1, "piece", GUILD)) == {"piece:p0", "piece:p1", "piece:p5"}
    taste.now.time += 15 * DAY
    await taste.deed(1, GUILD, "piece", "p0", "Piece 0", "like", source="reactions",
                     features=features_of_plan(_plan("swing", 0), {}))  # fmt: skip
    listing = await taste.recommend(Wish(1, GUILD, "piece"))
    assert [s.item.key for s in listing.suggestions] == ["p5", "p1"]
    assert await ids(taste, 1, "piece", GUILD + 5) == []  # one's own is no suggestion


def _plan(style, seed):
    return TypeAdapter(Plan).dump_python(make_plan(Brief(style=style, bars=8), seed), mode="json")


async def test_never_again_bars_an_artists_tracks_too(taste):
    await taste.db.run(plant)

    def tracks(db):
        with write(db):
            named = [("track", f"{artist('techno', 0)} / song {n}", f"Song {n}", "X")
                     for n in range(8)]  # fmt: skip
            for user in range(1, 40, 3):
                for number in items.ensure(db, named):
                    listens.add(db, user, 0, "lastfm", [(number, int(NOW // DAY) - 2, 3.0)], NOW)

    await taste.db.run(tracks)
    await taste.refit_if_due()
    await agree(taste, 200)
    await taste.declare(200, 0, styles=["techno"])
    assert await ids(taste, 200, "track")
    await taste.deed(200, 0, "artist", artist("techno", 0), "X", "never")
    assert await ids(taste, 200, "track") == []


async def test_what_was_shown_stays_away_for_a_fortnight(crowd):
    first = set(await ids(crowd, 1))
    assert not first & set(await ids(crowd, 1))
    crowd.now.time += 13 * DAY
    assert not first & set(await ids(crowd, 1))
    crowd.now.time += 15 * DAY
    assert first & set(await ids(crowd, 1))


async def test_a_like_changes_the_next_list(crowd):
    await agree(crowd, 300)
    for n in range(3):
        title = artist("jazz", n)
        assert await crowd.deed(300, 0, "artist", title, title.title(), "like")
    jazz = hits((await ids(crowd, 300, count=4)), "jazz")
    for n in range(6):
        title = artist("black metal", n)
        await crowd.deed(300, 0, "artist", title, title.title(), "save")
    for n in range(3):
        await crowd.deed(300, 0, "artist", artist("jazz", n), "Jazz", "dislike")
    crowd.now.time += 15 * DAY
    after = await ids(crowd, 300, count=4)
    assert jazz >= 3
    assert hits(after, "black metal") >= 3
    assert hits(after, "jazz") == 0


async def test_without_consent_nothing_is_stored_and_nothing_is_kept(crowd):
    before = await rows(crowd, "SELECT count(*) FROM impressions")
    listing = await crowd.recommend(Wish(900, 0, "artist"))
    assert len(listing.suggestions) == 5
    assert not listing.logged
    assert listing.item_ids == (0,) * 5
    assert listing.evidence == 0
    assert not await crowd.react(900, 0, listing.list_id, 0, "like")
    assert not await crowd.declare(900, 0, styles=["jazz"])
    assert not await crowd.deed(900, 0, "style", "swing", "Swing", "like")
    assert await rows(crowd, "SELECT count(*) FROM impressions") == before
    for table in ("deeds", "listens", "impressions", "item_tags", "consents"):
        assert not await rows(crowd, f"SELECT 1 FROM {table} WHERE user_id = 900")  # noqa: S608
    assert await crowd.why(900, 0, listing.list_id, 0)
    again = await crowd.recommend(Wish(900, 0, "artist"))
    assert {s.item.id for s in listing.suggestions}.isdisjoint(s.item.id for s in again.suggestions)


async def test_impressions_are_kept_with_policy_and_propensity_and_outcome(crowd):
    listing = await crowd.recommend(Wish(1, 0, "artist"))
    stored = await rows(
        crowd, "SELECT policy, propensity, wildcard, outcome FROM impressions WHERE list_id = ?"
        " ORDER BY place", listing.list_id,
    )  # fmt: skip
    assert [row[0] for row in stored] == ["personal"] * 5
    assert [row[1] for row in stored[:4]] == [1.0] * 4
    assert 0 < stored[4][1] < 1
    await crowd.react(1, 0, listing.list_id, 2, "like")
    await crowd.react(2, 0, listing.list_id, 3, "dislike")  # somebody else's press
    outcomes = await rows(
        crowd, "SELECT outcome FROM impressions WHERE list_id = ? ORDER BY place", listing.list_id
    )
    assert [row[0] for row in outcomes] == [None, None, "like", None, None]
    deeds = await rows(crowd, "SELECT user_id, type FROM deeds ORDER BY id")
    assert deeds == [(1, "like"), (2, "dislike")]
    liked = listing.suggestions[2].item
    assert await crowd.undo(1, 0, liked.kind, liked.key, "like")
    assert not await crowd.undo(1, 0, liked.kind, liked.key, "like")
    assert not await rows(crowd, "SELECT 1 FROM impressions WHERE outcome IS NOT NULL")


@pytest.mark.parametrize("what", ["style", "mood", "instrument", "progression", "loop"])
async def test_three_declared_styles_are_enough_on_day_one(taste, what):
    kept = Wish(5, 0, what, declared=("swing", "bossa_nova", "soul"))
    listing = await taste.recommend(kept)
    other = await taste.recommend(Wish(6, 0, what, declared=("metal", "punk", "techno")))
    assert len(listing.suggestions) == 5
    assert listing.suggestions[0].reason.kind in ("tags", "declared")
    best = {s.item.id for s in listing.suggestions if not s.wildcard}
    assert len(best & {s.item.id for s in other.suggestions if not s.wildcard}) <= 1
    assert not await rows(taste, "SELECT 1 FROM items")


async def test_titles_come_in_the_persons_language(taste):
    listing = await taste.recommend(Wish(5, 0, "mood", declared=("swing",), locale="zh"))
    assert all(not s.item.title.isascii() for s in listing.suggestions)


async def test_frozen_lists_do_not_learn_and_popular_ones_are_nobodys_own(crowd):
    await agree(crowd, 300)
    await crowd.declare(300, 0, styles=["techno"])
    before = await ids(crowd, 300, policy="frozen", count=4)
    for n in range(8):
        await crowd.deed(300, 0, "artist", artist("jazz", n), "Jazz", "save")
    crowd.now.time += 15 * DAY
    assert await ids(crowd, 300, policy="frozen", count=4) == before
    assert await ids(crowd, 300, count=4) != before
    crowd.now.time += 15 * DAY
    chart = await ids(crowd, 300, policy="popular", count=4)
    crowd.now.time += 15 * DAY
    assert await ids(crowd, 901, policy="popular", count=4) == chart


def test_a_tenth_of_people_and_weeks_is_held_out():
    drawn = [policies.policy_of(user, NOW, 0.1) for user in range(4000)]
    assert 0.08 < drawn.count("popular") / 4000 < 0.12
    later = [policies.policy_of(user, NOW + 7 * DAY, 0.1) for user in range(4000)]
    assert later != drawn
    assert policies.policy_of(5, NOW, 0.1) == policies.policy_of(5, NOW + 60, 0.1)


async def test_a_group_gets_what_suits_all_who_agreed(crowd):
    for user in (3, 6, 1):  # two of jazz, one of techno
        await agree(crowd, user, ALL, GUILD)
    for user in (3, 6):
        await agree(crowd, user, ("together",), GUILD)
    wish = Wish(3, GUILD, "for-us", member_ids=(3, 6, 1))
    listing = await crowd.recommend(wish)
    assert listing.people == (3, 6)
    assert [values for _, values in listing.notes] == [{"count": 1}]
    assert {s.item.kind for s in listing.suggestions} == {"artist", "style"}
    picked = [s.item.id for s in listing.suggestions if s.item.kind == "artist" and not s.wildcard]
    assert len(picked) >= 2
    assert hits(picked, "techno") == hits(picked, "black metal") == 0
    with pytest.raises(Refusal, match="Fewer than two"):
        await crowd.recommend(Wish(3, GUILD, "for-us", member_ids=(3, 1)))
    with pytest.raises(Refusal, match="Fewer than two"):
        await crowd.recommend(Wish(3, GUILD + 1, "for-us", member_ids=(3, 6)))


async def test_the_modes_of_a_group_differ_and_nobodys_never_is_shown(crowd):
    people = (3, 1)  # jazz and techno
    for user in people:
        await agree(crowd, user, ("together", *ALL), GUILD)
    lists = {
        mode: await ids(crowd, 3, "artist", GUILD, member_ids=people, mode=mode, count=4)
        for mode in ("least_misery", "average")
    }
    assert lists["least_misery"] != lists["average"]
    barred = lists["average"][0]
    await crowd.deed(1, GUILD, "artist", barred.partition(":")[2], "X", "never")
    crowd.now.time += 15 * DAY
    again = await ids(crowd, 3, "artist", GUILD, member_ids=people, mode="average", count=4)
    assert barred not in again


async def test_server_only_rows_stay_in_their_server(taste):
    await taste.db.run(plant, 30, GUILD)
    await taste.refit_if_due()
    inside = await ids(taste, 1, guild=GUILD)
    assert hits(inside[:4], "techno") >= 3
    await agree(taste, 700, ALL, 0)
    await taste.declare(700, 0, styles=["techno"])
    for guild in (0, GUILD + 1):
        assert await ids(taste, 700, guild=guild) == []


async def test_reasons_about_people_need_five_of_them(taste):
    await taste.db.run(plant, 30, GUILD)
    await taste.refit_if_due()

    async def told():
        listing = await taste.recommend(Wish(1, GUILD, "artist", count=10))
        every = [await taste.why(1, GUILD, listing.list_id, n) for n in range(10)]
        return {reason.values["count"] for r in every for reason in r if reason.kind == "people"}

    for user in (4, 7, 10, 13):
        await agree(taste, user, ("together",), GUILD)
    assert await told() == set()
    for user in range(16, 31):
        await agree(taste, user, ("together",), GUILD)
    counts = await told()
    assert counts
    assert min(counts) >= 3


async def test_profile_comparison_and_server(crowd):
    for user in range(1, 8):
        await agree(crowd, user, ALL, GUILD)
    with pytest.raises(Refusal, match="both agreed"):
        await crowd.compare(1, 4, GUILD)
    with pytest.raises(Refusal, match="Fewer than 5"):
        await crowd.server(GUILD)
    for user in range(1, 8):
        await agree(crowd, user, ("together",), GUILD)
    alike, unlike = await crowd.compare(1, 4, GUILD), await crowd.compare(1, 3, GUILD)
    assert alike.score > unlike.score + 20
    assert unlike.only_a
    profile = await crowd.profile(1, GUILD)
    assert profile.artists
    assert profile.styles[0][0] == "techno"
    assert len(profile.trend) <= 12
    assert profile.counts["listen"] > 5
    server = await crowd.server(GUILD)
    assert server.people == 7
    assert server.artists  # only what three of them listen to
    assert {name.title.split()[0] for name in server.artists} >= {"Famous"}


async def test_taste_fills_a_brief_and_words_come_first(crowd):
    brief, notes = await crowd.brief_for([1], 0, Brief(style="waltz"), seed=3)
    assert brief.style == "waltz"
    brief, notes = await crowd.brief_for([1], 0, Brief(), seed=3)
    assert brief.style is not None
    assert notes
    with pytest.raises(Refusal, match="Fewer than two"):
        await crowd.brief_for([1, 2], GUILD, Brief(), seed=3)
    for user in (1, 2):
        await agree(crowd, user, ("together",), GUILD)
    _, notes = await crowd.brief_for([1, 2, 3], GUILD, Brief(), seed=3)
    assert {values["count"] for _, values in notes if "count" in values} == {1, 2}


async def test_forgetting_leaves_nothing_in_memory(crowd):
    listing = await crowd.recommend(Wish(1, 0, "artist"))
    await crowd.db.run(privacy.forget, 1)
    await crowd.forget(1)
    assert crowd.due.is_set()
    assert await crowd.why(1, 0, listing.list_id, 0) == ()
    assert (await crowd.profile(1, 0)).counts == {}
    assert await crowd.refit_if_due()
    model = (await crowd.fitting.models(0, {0: await crowd.db.run(_newest)}))[0]
    assert model.people == 59


def _newest(db):
    from storage import taste_models

    return list(reversed(taste_models.all_(db)))


async def test_the_event_loop_is_never_held(crowd):
    worst, stop = 0.0, asyncio.Event()

    async def watch():
        nonlocal worst
        while not stop.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - began - 0.001)

    watching = asyncio.create_task(watch())
    for user in range(1, 13):
        listing = await crowd.recommend(Wish(user, 0, "artist"))
        await crowd.react(user, 0, listing.list_id, 0, "like")
    await crowd.refit_if_due()
    stop.set()
    await watching
    assert worst < 0.2  # 0.05 is promised; this machine may be busy with other things


def test_groups_are_what_the_tests_take_them_for():
    assert {group_of(user) for user in range(1, 4)} == set(GROUPS)
    assert is_of(key(artist("jazz", 3)), "jazz")
