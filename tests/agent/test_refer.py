"""Which piece, which bars, which option: what people say, in two languages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.agent import places, refer
from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.values import Asker, Option, Question, Session, Version
from bot.agent.when import when_of
from bot.i18n import translate
from models.errors import Refusal
from storage import pieces
from storage.db import DbThread
from storage.pieces import Piece

#: A Monday, half past ten in the morning (UTC).
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC).timestamp()
ANN, BOB, EVE = 1, 2, 3
NOTHING_DONE = ("", {})


def at_day(month, day, hour=12):
    return datetime(2026, month, day, hour, tzinfo=UTC).timestamp()


def piece(id, title, style="pop", *, owner=ANN, guild=10, channel=5, mood="", bpm=100, seconds=60.0,
          created=NOW - 60, parent=None, parts=("grand_piano",), purpose="song"):  # fmt: skip
    plan = {"bpm": bpm, "purpose": purpose,
            "parts": [{"instrument": name, "role": "melody"} for name in parts]}  # fmt: skip
    return Piece(id, owner, guild, channel, None, title, style, mood, "C major", seconds, "{}",
                 json.dumps(plan), id, parent, None, created)  # fmt: skip


#: Made in this session: a pop song, slower, then as a waltz; beside it a tango.
MADE = (
    piece("aaaaaa01", "Morning Rain", "pop", bpm=120, mood="happy", created=NOW - 500),
    piece("aaaaaa02", "Morning Rain", "pop", bpm=90, mood="happy", parent="aaaaaa01",
          created=NOW - 400),
    piece("aaaaaa03", "Morning Rain", "waltz", bpm=140, mood="sad", seconds=95.0, parent="aaaaaa02",
          created=NOW - 300, parts=("flute", "cello")),
    piece("aaaaaa04", "Red Shoes", "tango", bpm=110, seconds=130.0, created=NOW - 200,
          parts=("accordion", "violin")),
)  # fmt: skip
#: Four takes that were offered.
TAKES = tuple(
    piece(f"bbbbbb0{n}", f"Blue {name}", "bossa_nova", bpm=100 + 10 * n, seconds=40.0 + n,
          created=NOW - 100 + n)
    for n, name in enumerate(("Door", "Lamp", "Road", "Sail"), 1)
)  # fmt: skip
#: Made before.
LIBRARY = (
    piece("cccccc01", "Sunday Waltz", "waltz", created=at_day(11, 22)),
    piece("cccccc02", "Tuesday March", "march", bpm=116, created=at_day(11, 17)),
    piece("cccccc03", "Lullaby for Tim", "folk", bpm=60, created=at_day(11, 16, 9),
          purpose="lullaby"),
    piece("cccccc04", "Late Reel", "celtic_reel", created=at_day(11, 16, 22)),
    piece("cccccc05", "夏天的海", "ambient", bpm=70, created=at_day(11, 5)),
    piece("cccccc06", "Old Salsa", "salsa", bpm=180, created=at_day(9, 30)),
)  # fmt: skip
OTHERS = (
    piece("dddddd01", "Bob's Reggae", "reggae", owner=BOB, created=at_day(11, 20)),
    piece("eeeeee01", "Secret Polka", "polka", owner=EVE, guild=99, channel=99,
          created=at_day(11, 21)),
)  # fmt: skip


def version(one):
    return Version(one.id, one.parent, one.title, NOTHING_DONE, one.created)


#: On the table lies the tango; before it the three of the rain.
SESSION = Session(
    1, ANN, versions=tuple(map(version, MADE)), table="aaaaaa04",
    past=("aaaaaa01", "aaaaaa02", "aaaaaa03"),
)  # fmt: skip
OFFERED = sessions.offer(SESSION, [take.id for take in TAKES])
WALTZ = replace(SESSION, table="aaaaaa03", past=("aaaaaa01", "aaaaaa02"))
EMPTY = Session(1, ANN)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return tmp_path_factory.mktemp("refer") / "segno.db"


@pytest.fixture
async def look(shelf):
    """Resolve words in a session; `asker` by user id in server 10."""
    async with DbThread(shelf) as db:
        for one in (*MADE, *TAKES, *LIBRARY, *OTHERS):
            await db.run(pieces.save, one)

        async def resolve(which, session=SESSION, asker=ANN, made=None, guild=10, channel=5):
            at = At(
                Asker(asker, guild, channel, "en"), session, db, SimpleNamespace(),
                SimpleNamespace(), NOW, which, made or {},
            )  # fmt: skip
            return await refer.resolve(at, which)

        yield resolve


@pytest.mark.parametrize("which", [
    "it", "It", "this", "that one", "the song", "this piece", "the whole thing", "everything", "",
    "the one we just made", "the piece on the table", "that version", "my track",
    "the current one", "它", "这首", "那首歌", "这个曲子", "整首", "全曲", "刚才那首",
    "刚刚那首曲子", "现在这首", "這首", "刚才的", "这一版", "把它", "全部", "this one!",
    "the last one", "the latest version", "最后一个", "最新的", "the newest one", "the tango",
    "that tango", "探戈那首", "the one with accordion", "手风琴那首", "red shoes",
    "the one called Red Shoes", "“Red Shoes”", "《Red Shoes》", "叫Red Shoes的", "the shoes song",
    "aaaaaa04", "piece aaaaaa04", "`aaaaaa04`", "the longest one", "最长的那首",
    "the fourth version", "version 4", "#4", "第四版", "number four", "4号", "what we made",
    "我们做的那首", "red shoos", "our tango from today",
])  # fmt: skip
async def test_the_tango_on_the_table(look, which):
    assert await look(which) == "aaaaaa04"


@pytest.mark.parametrize(("which", "id"), [
    ("the previous version", "aaaaaa03"), ("the one before", "aaaaaa03"), ("上一版", "aaaaaa03"),
    ("like before", "aaaaaa03"), ("as it was before", "aaaaaa03"), ("和之前一样", "aaaaaa03"),
    ("上一首", "aaaaaa03"), ("the earlier one", "aaaaaa03"), ("之前那版", "aaaaaa03"),
    ("the waltz", "aaaaaa03"), ("that sad one", "aaaaaa03"), ("圆舞曲那首", "aaaaaa03"),
    ("the one with flute", "aaaaaa03"), ("悲伤的那首", "aaaaaa03"), ("the sad waltz", "aaaaaa03"),
    ("the cello piece", "aaaaaa03"), ("the fast one", "aaaaaa03"), ("the fastest", "aaaaaa03"),
    ("最快的那个", "aaaaaa03"), ("快一点的那首", "aaaaaa03"), ("the third version", "aaaaaa03"),
    ("the slower one", "aaaaaa02"), ("the slow one", "aaaaaa02"), ("慢的那首", "aaaaaa02"),
    ("the slowest version", "aaaaaa02"), ("较慢的那个", "aaaaaa02"), ("version 2", "aaaaaa02"),
    ("the slow pop one", "aaaaaa02"), ("第二版", "aaaaaa02"), ("the second one", "aaaaaa02"),
    ("the first version", "aaaaaa01"), ("the first one", "aaaaaa01"), ("第一个", "aaaaaa01"),
    ("最早的那版", "aaaaaa01"), ("the very first version", "aaaaaa01"), ("第一首", "aaaaaa01"),
    ("the second to last one", "aaaaaa03"), ("倒数第二个", "aaaaaa03"),
    ("the 3rd take", "aaaaaa03"), ("the happy one", "aaaaaa02"), ("the fast pop song", "aaaaaa01"),
])  # fmt: skip
async def test_versions_of_a_session(look, which, id):
    assert await look(which) == id


@pytest.mark.parametrize(("which", "id"), [
    ("the original", "aaaaaa01"), ("原版", "aaaaaa01"), ("where we started", "aaaaaa01"),
    ("morning rain", "aaaaaa03"), ("the rain song", "aaaaaa03"),
    ("the version before", "aaaaaa02"), ("that waltz", "aaaaaa03"),
    ("the pop version", "aaaaaa02"), ("最初的版本", "aaaaaa01"),
])  # fmt: skip
async def test_versions_of_one_piece_are_one_family(look, which, id):
    assert await look(which, WALTZ) == id


@pytest.mark.parametrize(("which", "id"), [
    ("the second one", "bbbbbb02"), ("第二首", "bbbbbb02"), ("take two", "bbbbbb02"),
    ("2", "bbbbbb02"), ("2号", "bbbbbb02"), ("number 2", "bbbbbb02"), ("the 2nd", "bbbbbb02"),
    ("第二个", "bbbbbb02"), ("the second version", "bbbbbb02"), ("第2版", "bbbbbb02"),
    ("option 2", "bbbbbb02"), ("no. 3", "bbbbbb03"), ("three", "bbbbbb03"), ("三", "bbbbbb03"),
    ("the last one", "bbbbbb04"), ("the last take", "bbbbbb04"), ("最后一首", "bbbbbb04"),
    ("the first version", "bbbbbb01"), ("the slowest", "bbbbbb01"), ("the fast one", "bbbbbb04"),
    ("the longest take", "bbbbbb04"), ("倒数第一个", "bbbbbb04"), ("the original", "aaaaaa01"),
    ("it", "aaaaaa04"), ("the lamp one", "bbbbbb02"), ("blue road", "bbbbbb03"),
    ("the second version!", "bbbbbb02"), ("the third bossa nova", "bbbbbb03"),
    ("the tango", "aaaaaa04"),
])  # fmt: skip
async def test_what_was_offered_comes_first(look, which, id):
    assert await look(which, OFFERED) == id


@pytest.mark.parametrize(("which", "id"), [
    ("the first version", "aaaaaa01"), ("第一版", "aaaaaa01"), ("the second version", "aaaaaa02"),
    ("the second one", "bbbbbb02"), ("the third take", "bbbbbb03"), ("第三个", "bbbbbb03"),
    ("the next one", "bbbbbb03"), ("下一个", "bbbbbb03"), ("the one before", "aaaaaa04"),
])  # fmt: skip
async def test_after_a_choice_versions_are_those_of_the_session(look, which, id):
    assert await look(which, sessions.choose(OFFERED, 2)) == id


async def test_the_other_of_two(look):
    two = sessions.choose(sessions.offer(EMPTY, ["bbbbbb01", "bbbbbb02"]), 1)
    for which in ("the other one", "另一个", "the other version", "另外那首"):
        assert await look(which, two) == "bbbbbb02"
    assert await look("it", sessions.offer(EMPTY, ["bbbbbb01"])) == "bbbbbb01"


@pytest.mark.parametrize(("which", "id"), [
    ("what we made on Tuesday", "cccccc02"), ("last Tuesday's march", "cccccc02"),
    ("上周二做的那首", "cccccc02"), ("the one from Tuesday", "cccccc02"),
    ("周二的进行曲", "cccccc02"), ("yesterday's waltz", "cccccc01"),
    ("what we made yesterday", "cccccc01"), ("昨天的", "cccccc01"), ("昨天那首圆舞曲", "cccccc01"),
    ("the waltz from yesterday", "cccccc01"), ("the first one from last monday", "cccccc03"),
    ("last Monday morning", "cccccc03"), ("the second one on Monday", "cccccc04"),
    ("last Monday night", "cccccc04"), ("the reel from last Monday", "cccccc04"),
    ("the slower one from Monday", "cccccc03"), ("上周一晚上的", "cccccc04"),
    ("11月5日做的", "cccccc05"), ("what I wrote on November 5th", "cccccc05"),
    ("两个月前的那首", "cccccc06"), ("the one from September 30", "cccccc06"),
    ("a week ago, the lullaby", "cccccc03"), ("today's waltz", "aaaaaa03"),
    ("last time", "cccccc01"), ("夏天的海", "cccccc05"), ("海那首", "cccccc05"),
    ("the lullaby", "cccccc03"), ("old salsa", "cccccc06"), ("tuesday march", "cccccc02"),
    ("the march", "cccccc02"), ("Sunday Waltz", "cccccc01"), ("Bob's Reggae", "dddddd01"),
    ("the reggae one", "dddddd01"), ("the sunday waltz", "cccccc01"),
])  # fmt: skip
async def test_the_library_by_time_and_name(look, which, id):
    assert await look(which) == id


@pytest.mark.parametrize(("which", "id"), [
    ("the first thing I ever made", "cccccc06"), ("v2", "aaaaaa02"), ("the older one", "aaaaaa01"),
    ("the old one", "aaaaaa01"), ("原本的", "aaaaaa01"), ("the take before the drums", "aaaaaa03"),
    ("没加鼓之前", "aaaaaa03"), ("改动前的", "aaaaaa03"), ("everything with a cello", "aaaaaa03"),
    ("my own march", "cccccc02"), ("last time's lullaby", "cccccc03"),
    ("what you changed", "aaaaaa04"),
    ("the salsa from September", "cccccc06"), ("九月的那首", "cccccc06"), ("我们的歌", "aaaaaa04"),
    ("the salsa we made this summer", None), ("the waltz in c major", "aaaaaa03"),
    ("the waltz in f# minor", None), ("C大调的圆舞曲", "aaaaaa03"), ("降B大调的圆舞曲", None),
])  # fmt: skip
async def test_further_words(look, which, id):
    if id is not None:
        assert await look(which) == id
        return
    with pytest.raises(Refusal):
        await look(which)


@pytest.mark.parametrize(("which", "template"), [
    ("the polka", refer.UNKNOWN), ("Secret Polka", refer.UNKNOWN), ("eeeeee01", refer.UNKNOWN),
    ("“Secret Polka”", refer.UNKNOWN), ("波尔卡那首", refer.UNKNOWN), ("deadbeef", refer.UNKNOWN),
    ("the one called Nothing", refer.UNKNOWN), ("the ninth one", refer.NO_NUMBER),
    ("第九首", refer.NO_NUMBER), ("what we made on Saturday", refer.THEN_NONE),
    ("the polka from Saturday", refer.THEN_NONE), ("$1", refer.NOT_MADE), ("0", refer.NO_NUMBER),
    ("what we made last Monday", refer.SEVERAL), ("the dubstep from yesterday", refer.THEN_NONE),
    ("qwertyuiop", refer.UNKNOWN),
])  # fmt: skip
async def test_refusals(look, which, template):
    with pytest.raises(Refusal) as refused:
        await look(which)
    assert refused.value.template == template
    assert translate(template, "zh", **refused.value.values) != str(refused.value)


async def test_nothing_on_the_table(look):
    for which in ("it", "这首", "the song", "the second one", "the original"):
        with pytest.raises(Refusal) as refused:
            await look(which, EMPTY)
        assert refused.value.template == refer.NOTHING
    listed = sessions.listed(EMPTY, "list", ["Bill Evans", "Chet Baker"])
    with pytest.raises(Refusal) as refused:
        await look("the second one", listed)
    assert refused.value.template == refer.SUGGESTED
    assert await look("the second one", replace(listed, versions=SESSION.versions)) == "aaaaaa02"
    with pytest.raises(Refusal) as refused:  # two in the library
        await look("the waltz", EMPTY)
    assert refused.value.template == refer.SEVERAL


async def test_several_are_named_and_at_most_three(look):
    with pytest.raises(Refusal) as refused:
        await look("the blue one", OFFERED)
    said = str(refused.value)
    assert said.count("bbbbbb0") == 3
    assert "Blue Sail" in said


async def test_what_does_not_differ_cannot_be_compared(look):
    alike = sessions.offer(EMPTY, ["cccccc01", "dddddd01"])  # both at 100 beats per minute
    with pytest.raises(Refusal) as refused:
        await look("the slower one", alike)
    assert refused.value.template == refer.ALIKE


async def test_step_numbers(look):
    assert await look("$2", made={2: "cccccc01"}) == "cccccc01"


async def test_nobody_sees_more_through_words_than_through_commands(look):
    """A stranger in another server, with somebody's session in hand, gets none of it."""
    asked = ("it", "the second one", "the tango", "aaaaaa01", "the original", "the slower one",
             "the one before", "what we made today", "morning rain", "the last one")  # fmt: skip
    for which in asked:
        for session in (SESSION, OFFERED):
            with pytest.raises(Refusal) as refused:
                await look(which, session, EVE, guild=99, channel=98)
            assert "Rain" not in str(refused.value.values).replace("morning rain", "")
    assert await look("secret polka", EMPTY, EVE, guild=None, channel=98) == "eeeeee01"
    # In the channel where it was made, and in its server, others may see it.
    assert await look("it", SESSION, BOB, guild=10, channel=6) == "aaaaaa04"
    assert await look("it", SESSION, BOB, guild=None, channel=5) == "aaaaaa04"


async def test_a_deleted_piece_on_the_table(look, shelf):
    async with DbThread(shelf) as db:
        await db.run(pieces.save, piece("ffffff01", "Gone Soon", "ska"))
        await db.run(pieces.delete, "ffffff01", ANN, NOW)
    session = sessions.put(SESSION, "ffffff01", None, "Gone Soon", NOTHING_DONE, NOW)
    with pytest.raises(Refusal) as refused:
        await look("it", session)
    assert refused.value.template == refer.GONE
    with pytest.raises(Refusal) as refused:
        await look("the first one", sessions.offer(session, ["ffffff01", "bbbbbb01"]))
    assert refused.value.template == refer.GONE
    assert await look("the one before", session) == "aaaaaa04"


@pytest.mark.parametrize("which", [
    "a" * 3000, "第" * 500, "the " * 800, "$99999999999999999999", "9" * 400, "“”", "()[]{}*",
    "' OR 1=1 --", "%", "\x00", "NEAR(x y)", '"*"', "🎹", "the 999999999999th one",
    "99999999999 years ago", "第一百万首",
])  # fmt: skip
async def test_anything_may_be_said(look, which):
    try:
        assert await look(which) in {one.id for one in MADE}
    except Refusal as refused:
        assert len(str(refused)) < 300


def test_suggestions_have_numbers_too():
    session = sessions.listed(EMPTY, "list", ["Bill Evans", "Chet Baker", "Sun Ra"])
    for which in ("the second one", "第二个", "Chet Baker", "chet", "#2", "number two"):
        assert refer.suggestion_of(session, which) == "Chet Baker"
    assert refer.suggestion_of(session, "the last one") == "Sun Ra"
    assert refer.suggestion_of(session, "the ninth") is None
    assert refer.suggestion_of(session, "") is None


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "since", "until", "rest"), [
    ("today", "11-23 00", "11-24 00", ""), ("今天", "11-23 00", "11-24 00", ""),
    ("yesterday", "11-22 00", "11-23 00", ""), ("昨天", "11-22 00", "11-23 00", ""),
    ("last night's tango", "11-22 18", "11-23 06", "tango"), ("昨晚", "11-22 18", "11-23 06", ""),
    ("this morning's tango", "11-23 05", "11-23 12", "tango"),
    ("今早", "11-23 05", "11-23 12", ""), ("yesterday afternoon", "11-22 12", "11-22 18", ""),
    ("昨天下午", "11-22 12", "11-22 18", ""), ("tonight", "11-22 18", "11-23 06", ""),
    ("前天晚上", "11-21 18", "11-22 06", ""),
    ("the day before yesterday", "11-21 00", "11-22 00", ""),
    ("大前天", "11-20 00", "11-21 00", ""), ("on tuesday", "11-17 00", "11-18 00", ""),
    ("last tuesday", "11-17 00", "11-18 00", ""), ("on monday", "11-16 00", "11-17 00", ""),
    ("this monday", "11-23 00", "11-24 00", ""), ("friday's reel", "11-20 00", "11-21 00", "reel"),
    ("周五", "11-20 00", "11-21 00", ""), ("上周五", "11-20 00", "11-21 00", ""),
    ("上上周五", "11-13 00", "11-14 00", ""), ("礼拜天", "11-22 00", "11-23 00", ""),
    ("这周一", "11-23 00", "11-24 00", ""), ("星期三晚上", "11-18 18", "11-19 06", ""),
    ("at the weekend", "11-21 00", "11-23 00", ""), ("last week", "11-16 00", "11-23 00", ""),
    ("上周", "11-16 00", "11-23 00", ""), ("this week", "11-23 00", "11-30 00", ""),
    ("last month", "10-01 00", "11-01 00", ""), ("上个月", "10-01 00", "11-01 00", ""),
    ("this month", "11-01 00", "12-01 00", ""), ("two days ago", "11-21 00", "11-22 00", ""),
    ("三天前", "11-20 00", "11-21 00", ""), ("a week ago", "11-13 00", "11-20 00", ""),
    ("an hour ago", "11-23 09", "11-23 10", ""), ("the other day", "11-16 00", "11-23 00", ""),
    ("前几天", "11-16 00", "11-23 00", ""), ("nov 5", "11-05 00", "11-06 00", ""),
    ("the 5th of november", "11-05 00", "11-06 00", ""), ("last march", "03-01 00", "04-01 00", ""),
    ("in spring", "03-01 00", "06-01 00", ""), ("去年冬天", "12-01 00", "03-01 00", ""),
    ("三月份", "03-01 00", "04-01 00", ""),
    ("2026-11-05", "11-05 00", "11-06 00", ""), ("十一月五号", "11-05 00", "11-06 00", ""),
    ("on the 5th", "11-05 00", "11-06 00", ""), ("15号", "11-15 00", "11-16 00", ""),
])  # fmt: skip
def test_times_people_say(words, since, until, rest):
    found = when_of(words, NOW)
    assert found is not None
    told = [datetime.fromtimestamp(t, UTC).strftime("%m-%d %H") for t in (found.since, found.until)]
    assert (*told, found.rest) == (since, until, rest)


@pytest.mark.parametrize("words", [
    "the second one", "第二首", "2号", "the sun song", "the last one", "最后一个", "it",
    "the march", "on the table", "2026", "99", "february 31", "13月45日", "上一首",
])  # fmt: skip
def test_what_is_no_time(words):
    assert when_of(words, NOW) is None


def test_a_date_that_has_not_come_is_last_years():
    found = when_of("december 24", NOW)
    assert datetime.fromtimestamp(found.since, UTC).year == 2025


# --- which bars ----------------------------------------------------------------------------------

FORM = [("intro", "I", 4), ("verse", "A", 8), ("chorus", "B", 8), ("verse", "A", 8),
        ("chorus", "B", 8), ("bridge", "C", 4), ("chorus", "B", 8), ("outro", "O", 2)]  # fmt: skip
AABA = [("A", "A", 8), ("A", "A", 8), ("B", "B", 8), ("A", "A", 8)]


def facts(form):
    return {"form": [{"name": name, "label": label, "bars": bars} for name, label, bars in form]}


@pytest.mark.parametrize(("words", "bars"), [
    ("intro", (1, 4)), ("the intro", (1, 4)), ("前奏", (1, 4)), ("the introduction", (1, 4)),
    ("the beginning", (1, 4)), ("开头", (1, 4)), ("the opening", (1, 4)), ("verse", (5, 12)),
    ("the first verse", (5, 12)), ("verse 1", (5, 12)), ("verse one", (5, 12)), ("主歌", (5, 12)),
    ("second verse", (21, 28)), ("the 2nd verse", (21, 28)), ("verse 2", (21, 28)),
    ("verse two", (21, 28)), ("the last verse", (21, 28)), ("第二段主歌", (21, 28)),
    ("主歌2", (21, 28)), ("第二个主歌", (21, 28)), ("that chorus", (13, 20)), ("副歌", (13, 20)),
    ("那段副歌", (13, 20)), ("the refrain", (13, 20)), ("the second chorus", (29, 36)),
    ("the last chorus", (41, 48)), ("final chorus", (41, 48)), ("最后的副歌", (41, 48)),
    ("最后一个副歌", (41, 48)), ("chorus 3", (41, 48)), ("the third chorus", (41, 48)),
    ("倒数第二个副歌", (29, 36)), ("the second to last chorus", (29, 36)),
    ("the bridge", (37, 40)), ("桥段", (37, 40)), ("middle eight", (37, 40)),
    ("the middle", (37, 40)), ("the hook", (13, 20)), ("outro", (49, 50)),
    ("the ending", (49, 50)), ("the end", (49, 50)), ("结尾", (49, 50)), ("尾奏", (49, 50)),
    ("the coda", (49, 50)), ("the last part", (49, 50)), ("高潮", (13, 20)),
    ("the second section", (5, 12)), ("第二段", (5, 12)), ("the last section", (49, 50)),
    ("bars 5 to 8", (5, 8)), ("bars 5-8", (5, 8)), ("5-8", (5, 8)), ("bar 12", (12, 12)),
    ("measures 3 through 6", (3, 6)), ("第5到8小节", (5, 8)), ("第五到第八小节", (5, 8)),
    ("5到8小节", (5, 8)), ("第十二小节", (12, 12)), ("12", (12, 12)),
    ("bars five to eight", (5, 8)), ("the last 8 bars", (43, 50)), ("last eight bars", (43, 50)),
    ("最后8小节", (43, 50)), ("最后八个小节", (43, 50)), ("the first four bars", (1, 4)),
    ("前四小节", (1, 4)), ("开头的8小节", (1, 8)), ("the last bar", (50, 50)),
    ("the third bar", (3, 3)), ("from bar 40 on", (40, 50)), ("第40小节以后", (40, 50)),
    ("the last two bars of the chorus", (19, 20)), ("副歌的最后两小节", (19, 20)),
    ("the first 2 bars of verse 2", (21, 22)), ("the first half", (1, 25)), ("后半段", (26, 50)),
    ("the whole thing", (1, 50)), ("整首", (1, 50)), ("everywhere", (1, 50)), ("", (1, 50)),
    ("the part before the bridge", (29, 36)), ("right after the bridge", (41, 48)),
    ("桥段之后", (41, 48)), ("the choruses", (13, 20)), ("section B", (13, 20)),
    ("the A part", (5, 12)), ("in the second verse", (21, 28)), ("the last 500 bars", (1, 50)),
    ("the 3rd chorus", (41, 48)), ("verse #2", (21, 28)), ("9 to 11", (9, 11)),
    ("bar thirty one", (31, 31)), ("chrous", (13, 20)), ("secnd verse", (21, 28)),
    ("the first eight", (1, 8)), ("第五小节到结尾", (5, 50)), ("from bar 5 to the end", (5, 50)),
    ("第2、4小节", (2, 4)), ("the openings", (1, 4)),
])  # fmt: skip
def test_places_of_a_song(words, bars):
    assert refer.bars_of(facts(FORM), words) == bars


@pytest.mark.parametrize(("words", "bars"), [
    ("section B", (17, 24)), ("the second A", (9, 16)), ("第二个A段", (9, 16)), ("A", (1, 8)),
    ("B段", (17, 24)), ("the last A section", (25, 32)), ("the ending", (25, 32)),
    ("the outro", (25, 32)), ("the beginning", (1, 8)), ("third section", (17, 24)),
    ("第三段", (17, 24)), ("the middle", (9, 16)), ("A2", (9, 16)),
])  # fmt: skip
def test_places_of_lettered_forms(words, bars):
    assert refer.bars_of(facts(AABA), words) == bars


@pytest.mark.parametrize("words", [
    "the chorus", "verse 3", "the solo", "bar 99", "bars 30 to 40", "the ninth section", "banana",
    "the lullaby section", "bar 0", "after the last section", "间奏",
])  # fmt: skip
def test_places_that_are_not_there(words):
    with pytest.raises(Refusal) as refused:
        refer.bars_of(facts(AABA), words)
    assert refused.value.template in (places.NO_SUCH, places.NO_BARS)
    assert translate(refused.value.template, "zh", **refused.value.values) != str(refused.value)


def test_a_stored_plan_serves_as_well():
    sections = [{"section": {"name": n, "label": x, "start_bar": 0, "bars": b}} for n, x, b in FORM]
    assert refer.bars_of({"sections": sections}, "verse 2") == (21, 28)


# --- which answer --------------------------------------------------------------------------------

ASKED = Question(
    ("Which one?", {}),
    (
        Option(("Suggest music like that", {}), ()),
        Option(("Make a piece called “{title}”", {"title": "Blue Rain"}), ()),
        Option(("Waltz", {}), ()),
    ),
)
TWO = replace(ASKED, options=ASKED.options[:2])


@pytest.mark.parametrize(("text", "place"), [
    ("1", 0), ("2", 1), ("2.", 1), ("3!", 2), ("the first", 0), ("the second one", 1), ("2nd", 1),
    ("first one please", 0), ("option 2", 1), ("number two", 1), ("no. 2", 1), ("#3", 2), ("b", 1),
    ("(c)", 2), ("2️⃣", 1), ("yes", 0), ("Yeah!", 0), ("ok", 0), ("对", 0), ("是的", 0),
    ("好的", 0), ("第一个", 0), ("第二个吧", 1), ("选第二个", 1), ("二", 1), ("2号", 1),
    ("我要第三个", 2), ("第2个", 1), ("最后一个", 2), ("the last one", 2), ("the former", 0),
    ("前者", 0), ("waltz", 2), ("a waltz", 2), ("suggest music", 0), ("make a piece", 1),
    ("piece", 1), ("make a piece called blue rain", 1), ("sugest music like that", 0),
    ("I meant the second", 1), ("um, the second one", 1), ("blue rain", 1),
])  # fmt: skip
def test_answers(text, place):
    assert refer.answer_of(text, ASKED) == place


@pytest.mark.parametrize(("text", "place"), [("the latter", 1), ("后者", 1), ("the other one", 1)])
def test_answers_to_one_of_two(text, place):
    assert refer.answer_of(text, TWO) == place


@pytest.mark.parametrize("text", [
    "", "no", "neither", "都不是", "9", "the ninth", "0", "make a second verse", "a polka in 3/4",
    "yes but slower", "2 minutes of jazz", "写一首歌", "第二段主歌改一下", "🎹", "…",
    "what can you do?", "first make a tango, then words", "the latter",
])  # fmt: skip
def test_what_is_no_answer(text):
    assert refer.answer_of(text, ASKED) is None
