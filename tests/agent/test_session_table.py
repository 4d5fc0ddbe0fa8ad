"""The table of a conversation: undo, redo, branches, choices, and what is kept of it."""

import asyncio
import json
import logging
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.agent import memory
from bot.agent import session as sessions
from bot.agent.values import Asker, Option, Question, Session, Step
from storage import pieces, turns
from storage import sessions as rows
from storage.db import DbThread
from storage.pieces import Piece

HOW = ("“{title}” is on the table.", {"title": "x"})
ANN, BOB = Asker(1, 10, 5, "en"), Asker(2, 10, 5, "zh")
EMPTY = Session(1, 1)


def put(session, id, parent=None, title=None, now=0.0):
    return sessions.put(session, id, parent, title or id.upper(), HOW, now)


def laid(*ids):
    session = EMPTY
    for above, id in zip((None, *ids), ids, strict=False):
        session = put(session, id, above)
    return session


def drawn(session):
    return [("  " * depth + v.piece_id, on_table) for depth, v, on_table in sessions.tree(session)]


def test_undo_and_redo_walk_what_lay_on_the_table():
    session = laid("a", "b", "c")
    back = sessions.undo(session)
    assert (back.table, back.past, back.future) == ("b", ("a",), ("c",))
    first = sessions.undo(back)
    assert (first.table, first.past, first.future) == ("a", (), ("b", "c"))
    assert sessions.undo(first) is None  # the root
    assert sessions.undo(EMPTY) is None
    assert sessions.redo(first).table == "b"
    assert sessions.redo(first, 2) == session
    assert sessions.redo(first, 99) == session
    assert sessions.undo(session, 2) == first
    assert sessions.undo(session, 99) == first  # as far as there is
    assert sessions.redo(session) is None
    assert back.versions == session.versions  # nothing is lost


def test_a_piece_made_after_undo_is_a_branch_and_ends_redo():
    session = put(sessions.undo(laid("a", "b", "c"), 2), "d", "a")
    assert sessions.redo(session) is None
    assert drawn(session) == [("a", False), ("  b", False), ("    c", False), ("  d", True)]
    assert sessions.undo(session).table == "a"


def test_the_same_piece_again_moves_the_table_but_not_the_tree():
    session = put(laid("a", "b"), "a", "b", "Renamed")
    assert (session.table, session.past) == ("a", ("a", "b"))
    assert [v.title for v in session.versions] == ["Renamed", "B"]
    assert drawn(session) == [("a", True), ("  b", False)]
    assert put(session, "a") == replace(session, versions=put(session, "a").versions)


def test_a_tree_with_odd_parents_shows_every_version_once():
    session = put(put(put(EMPTY, "a", "elsewhere"), "b", "b"), "c", "a")
    assert drawn(session) == [("a", False), ("  c", True), ("b", False)]


def test_choosing():
    offered = sessions.offer(laid("a"), ["w", "x", "y", "z"])
    chosen = sessions.choose(offered, 2)
    assert (chosen.table, chosen.past) == ("x", ("a",))
    assert sessions.choose(chosen, 3).table == "y"  # one may change one's mind
    for number in (0, -1, 5, 9):
        assert sessions.choose(offered, number) is None
    assert sessions.choose(EMPTY, 1) is None
    assert sessions.choose(sessions.offer(EMPTY, ["", "b"]), 1) is None  # deleted meanwhile
    assert put(chosen, "x2", "x").choices == offered.choices
    assert put(chosen, "new").choices == ()  # something else began


def test_suggestions_take_the_numbers_over():
    session = sessions.listed(sessions.offer(laid("a"), ["w"]), "list", ["Bach", "Ravel"])
    assert (session.choices, session.suggested, session.listing) == ((), ("Bach", "Ravel"), "list")


def test_questions_and_words():
    question = Question(("Which?", {}), (Option(("This", {}), ()),), "that")
    assert sessions.ask(EMPTY, question).question == question
    assert sessions.answered(sessions.ask(EMPTY, question)) == EMPTY
    session = EMPTY
    for number in range(50):
        session = sessions.said(session, "person", f"{number}" * 2000)
    assert len(session.said) == sessions.MOST_SAID
    assert {len(text) for _, text in session.said} == {sessions.LONGEST_SAID}


def test_versions_are_bounded_and_the_table_stays():
    session = put(EMPTY, "first")
    for number in range(300):
        session = put(session, f"v{number}", "first")
    oldest = session.versions[0].piece_id
    session = replace(session, table=oldest)
    theirs = replace(session, versions=tuple(
        replace(version, piece_id=f"w{version.piece_id}") for version in session.versions
    ))  # fmt: skip
    session = sessions.merge(theirs, session)  # twice as many
    assert len(session.versions) == sessions.MOST_VERSIONS
    ids = {version.piece_id for version in session.versions}
    assert session.table == oldest
    assert oldest in ids
    assert {*session.past, *session.future} <= ids
    assert len(session.past) <= sessions.MOST_VERSIONS
    assert len(sessions.tree(session)) == len(session.versions)


_DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30))),
        st.tuples(st.sampled_from(["undo", "redo", "choose"]), st.integers(1, 4)),
        st.tuples(st.just("offer"), st.lists(st.integers(0, 30), max_size=4)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(_DEEDS)
def test_whatever_happens_the_table_is_known_and_undo_is_undone_by_redo(deeds):
    session = EMPTY
    for number, (deed, *more) in enumerate(deeds):
        if deed == "put":
            parent = None if more[1] is None else f"p{more[1]}"
            session = put(session, f"p{more[0]}", parent, now=float(number))
        elif deed == "offer":
            session = sessions.offer(session, [f"p{each}" for each in more[0]])
        else:
            after = getattr(sessions, deed)(session, more[0])
            if after is not None and deed == "undo":
                assert sessions.redo(after, len(session.past) - len(after.past)) == session
            session = after or session
        ids = [version.piece_id for version in session.versions]
        assert len(ids) == len(set(ids))
        assert session.table is None or session.table in ids
        assert {*session.past, *session.future} <= set(ids)
        assert len(sessions.tree(session)) == len(ids) or _has_circle(session)
        row = rows.Row(1, 1, None, 5, False, memory.to_json(session), 0.0, 0.0)
        assert memory.from_row(row) == session


def _has_circle(session):
    above = {version.piece_id: version.parent for version in session.versions}
    for id in above:
        seen, at = set(), id
        while at in above and at not in seen:
            seen.add(at)
            at = above[at]
        if at in seen:
            return True
    return False


# --- kept ----------------------------------------------------------------------------------------


@pytest.fixture
async def db(tmp_path):
    async with DbThread(tmp_path / "segno.db") as database:
        yield database


def shelved(id, title="Rain", parent=None, owner=1):
    return Piece(id, owner, 10, 5, None, title, "pop", "", "C major", 60.0, "{}", "{}", id, parent,
                 None, 3.0)  # fmt: skip


FULL = replace(
    laid("a", "b"),
    file="1/x.mid:My song",
    choices=("b", "c"),
    listing="list",
    suggested=("Bach", "拉威尔"),
    future=("c",),
    question=Question(
        ("Which of “{a}”?", {"a": 1, "b": [1.5, None]}),
        (Option(("That", {}), (Step("edit", {"pace": 2.0, "add": ["flute"]}, (1,)),), "edit"),),
        "make it so",
    ),
    said=(("person", "一首圆舞曲"), ("segno", "Here it is.")),
)


async def test_a_session_survives_a_restart(db, tmp_path):
    opened = await memory.load(db, ANN, False, 100.0)
    full = replace(FULL, id=opened.id)
    await memory.save(db, full, 101.0)
    await db.close()
    async with DbThread(tmp_path / "segno.db") as again:
        assert await memory.load(again, ANN, False, 102.0) == full
        assert await memory.load_id(again, opened.id, 102.0) == full


async def test_who_has_which_session(db):
    mine = await memory.load(db, ANN, False, 1.0)
    theirs = await memory.load(db, BOB, False, 1.0)
    elsewhere = await memory.load(db, replace(ANN, channel_id=6), False, 1.0)
    thread = await memory.load(db, replace(ANN, channel_id=7), True, 1.0)
    same = await memory.load(db, replace(BOB, channel_id=7), True, 2.0)
    assert len({mine.id, theirs.id, elsewhere.id, thread.id}) == 4
    assert same == thread
    assert thread.owner_id == ANN.user_id


@pytest.mark.parametrize(("state", "table"), [
    ('{"table": "a", "colour": "red", "versions": [{"piece_id": "a", "parent": null, "title": "A",'
     ' "done": ["", {}], "created": 1.0, "stars": 5}]}', "a"),
    ("{}", None), ("not json", None), ("[]", None), ("null", None), ('{"versions": 7}', None),
    ('{"versions": [{"id": 3}]}', None), ('{"question": {"ask": "?"}}', None),
])  # fmt: skip
async def test_states_of_other_versions_of_the_code(db, caplog, state, table):
    opened = await memory.load(db, ANN, False, 1.0)
    await db.run(rows.save, opened.id, state, 1.0)
    with caplog.at_level(logging.WARNING):
        session = await memory.load(db, ANN, False, 2.0)
    assert (session.id, session.owner_id, session.table) == (opened.id, 1, table)
    assert "stars" not in caplog.text  # a state is never logged
    await memory.save(db, put(session, "b"), 3.0)
    assert (await memory.load(db, ANN, False, 4.0)).table == "b"


async def test_two_turns_at_once_lose_nothing(db):
    thread = await memory.load(db, ANN, True, 1.0)
    start = await memory.save(db, sessions.said(put(thread, "a", now=1), "person", "hi"), 1.0)
    ann = sessions.said(put(start, "b", "a", now=2), "person", "slower")
    bob = sessions.said(put(start, "c", "a", now=3), "person", "一首探戈")
    await asyncio.gather(memory.save(db, bob, 4.0), memory.save(db, ann, 4.0))
    kept = await memory.load(db, ANN, True, 5.0)
    assert [version.piece_id for version in kept.versions] == ["a", "b", "c"]
    assert [text for _, text in kept.said] == ["hi", "一首探戈", "slower"]
    assert kept.table == "b"  # the last to save is right
    again = sessions.said(await memory.save(db, kept, 6.0), "segno", "done")
    assert (await memory.save(db, again, 7.0)).said == (*kept.said, ("segno", "done"))


def test_what_was_said_is_united_however_long_it_grew():
    lines = tuple(("person", str(number)) for number in range(sessions.MOST_SAID))
    stored = replace(EMPTY, said=lines)
    ours = sessions.said(stored, "segno", "last")
    assert sessions.merge(stored, ours).said == ours.said
    assert sessions.merge(ours, ours).said == ours.said
    twice = sessions.said(sessions.said(EMPTY, "person", "yes"), "person", "yes")
    assert sessions.merge(twice, twice).said == twice.said


async def test_saving_what_was_cleared_meanwhile_brings_nothing_back(db):
    session = await memory.load(db, ANN, False, 1.0)
    running, _ = await db.run(
        turns.add, session_id=session.id, user_id=1, guild_id=10, channel_id=5, locale="en",
        message_id=9, text="a waltz", now=1.0,
    )  # fmt: skip
    held = await memory.save(db, put(session, "a"), 1.0)
    await db.run(rows.delete, session.id)
    await memory.save(db, sessions.said(held, "person", "secret"), 2.0)
    fresh = await memory.load(db, ANN, False, 3.0)
    assert fresh == Session(fresh.id, 1)
    assert fresh.id != session.id
    # What was being made goes on, and lands on the new table.
    turn = await db.run(turns.get, running.id)
    assert (turn.session_id, turn.state) == (fresh.id, "running")
    gone = await memory.load_id(db, session.id, 3.0)
    assert gone == Session(session.id, 0)
    await memory.save(db, put(gone, "z"), 3.0)
    assert await db.run(rows.get, session.id) is None


async def test_the_library_completes_what_a_session_does_not_know(db):
    for piece in (
        shelved("a", "Rain"),
        shelved("b", "Rain, slower", "a"),
        shelved("c", "Sun", "q"),
    ):
        await db.run(pieces.save, piece)
    session = put(await memory.load(db, ANN, False, 1.0), "a")
    session = sessions.choose(sessions.offer(session, ["b", "c"]), 1)
    kept = await memory.save(db, sessions.choose(session, 2), 2.0)
    told = [(v.piece_id, v.title, v.parent) for v in kept.versions]
    assert told == [("a", "A", None), ("b", "Rain, slower", "a"), ("c", "Sun", None)]


async def test_a_deleted_piece_leaves_every_session(db):
    for piece in (shelved("a"), shelved("b", parent="a"), shelved("c", parent="b")):
        await db.run(pieces.save, piece)
    session = put(put(put(await memory.load(db, ANN, False, 1.0), "a"), "b", "a"), "c", "b")
    session = sessions.undo(sessions.offer(session, ["c", "b", "a"]))
    held = await memory.save(db, session, 2.0)
    assert await db.run(pieces.delete, "b", 1, 3.0)
    kept = await memory.load(db, ANN, False, 4.0)
    assert drawn(kept) == [("a", False), ("  c", False)]
    assert (kept.table, kept.past, kept.future) == (None, ("a",), ("c",))
    assert kept.choices == ("c", "", "a")  # the third is still the third
    assert sessions.undo(kept).table == "a"
    assert sessions.redo(kept).table == "c"
    # Neither does a turn bring it back that was at work then.
    assert "B" not in json.dumps([v.title for v in (await memory.save(db, held, 5.0)).versions])
    assert (await memory.load(db, ANN, False, 6.0)).table is None
