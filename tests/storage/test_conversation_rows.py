"""Sessions, turns, readings and servers' settings as rows; how long they are kept."""

import json

import pytest

from storage import guild_settings, privacy, readings, retention, sessions, turns
from storage.guild_settings import GuildSettings

DAY = retention.DAY


def turn(db, session_id, message_id=None, user=1, now=0.0, text="a waltz"):
    return turns.add(db, session_id=session_id, user_id=user, guild_id=10, channel_id=5,
                     locale="en", message_id=message_id, text=text, now=now)  # fmt: skip


@pytest.fixture
def session(db):
    return sessions.open_(db, 1, 10, 5, False, 0.0)


def test_the_same_message_is_the_same_turn(db, session):
    first, fresh = turn(db, session.id, 77)
    again, stale = turn(db, session.id, 77, text="other")
    assert (fresh, stale) == (True, False)
    assert again == first
    assert first.state == "running"
    assert first.plan == ""
    assert turn(db, session.id)[1]  # the terminal's messages have no number
    assert turn(db, session.id)[1]


def test_a_turn_is_found_by_its_job_and_its_message(db, session):
    made, _ = turn(db, session.id, 1)
    assert turns.update(db, made.id, plan="{}", at=2, job_id=9, reply_id=70, made='{"1": "a"}')
    found = turns.get(db, made.id)
    assert (found.plan, found.at, found.job_id, found.made) == ("{}", 2, 9, '{"1": "a"}')
    assert turns.by_job(db, 9) == turns.by_reply(db, 70) == found
    assert turns.by_job(db, 10) is None
    assert turns.job_of(db, session.id) == 9
    assert "waltz" not in repr(found)  # words stay out of logs
    assert not turns.update(db, 999, at=1)
    for wrong in ({"user_id": 2}, {"session_id": 3}, {"id = 1 --": 3}, {}):
        with pytest.raises(ValueError, match="cannot change"):
            turns.update(db, made.id, **wrong)


def test_turns_wait_for_earlier_ones(db, session):
    first, second, third = (turn(db, session.id, number)[0] for number in (1, 2, 3))
    turns.update(db, first.id, plan="{}", job_id=4)
    assert [t.id for t in turns.running(db, session.id)] == [first.id, second.id, third.id]
    assert turns.running(db, session.id, before=first.id) == []
    assert [t.id for t in turns.running(db, session.id, before=second.id)] == [first.id]
    assert turns.waiting(db, session.id).id == second.id
    turns.update(db, second.id, plan="{}", state="asking")
    assert turns.asking(db, session.id).id == second.id
    assert turns.waiting(db, session.id).id == third.id
    turns.update(db, first.id, state="done", job_id=None)
    assert [t.id for t in turns.unfinished(db)] == [second.id, third.id]
    assert turns.job_of(db, session.id) is None
    other = sessions.open_(db, 2, 10, 5, False, 0.0)
    assert turns.unfinished(db, other.id) == []


def test_opening_twice_is_once_and_counts_as_use(db, session):
    again = sessions.open_(db, 1, 10, 5, False, 50.0)
    assert (again.id, again.created, again.used) == (session.id, 0.0, 50.0)
    assert sessions.open_(db, 1, 10, 5, False, 20.0).used == 50.0  # a clock that was set back
    assert sessions.find(db, 2, 5, shared=False) is None
    assert sessions.find(db, 1, 5, shared=True) is None
    assert not sessions.save(db, 999, "{}", 1.0)


def test_sessions_of_a_person_are_those_they_spoke_in(db, session):
    thread = sessions.open_(db, 2, 10, 6, True, 5.0)
    sessions.open_(db, 2, 10, 5, False, 1.0)
    turn(db, thread.id, user=1)
    assert [row.id for row in sessions.of_user(db, 1)] == [thread.id, session.id]


def test_a_number_never_comes_again(db, session):
    turn(db, session.id)
    assert sessions.delete(db, session.id)  # a turn is at work: it is emptied
    renewed = sessions.find(db, 1, 5, shared=False)
    turns.update(db, 1, state="done")
    sessions.delete(db, renewed.id)
    assert sessions.find(db, 1, 5, shared=False) is None
    assert not sessions.delete(db, renewed.id)
    assert sessions.open_(db, 1, 10, 5, False, 0.0).id > renewed.id > session.id


def test_sessions_expire_but_not_under_a_turn_at_work(db, session):
    idle = sessions.open_(db, 2, 10, 5, False, 0.0)
    turn(db, idle.id, now=0.0, user=2)
    turn(db, session.id, now=13 * DAY)
    assert retention.sweep(db, 14 * DAY + 1) == {"sessions": 1}  # its dead turn went along
    assert sessions.get(db, idle.id) is None
    assert turns.get(db, 1) is None
    assert sessions.get(db, session.id) is not None
    turns.update(db, 2, state="done")
    assert retention.sweep(db, 14 * DAY + 1) == {"sessions": 1}
    assert db["conversation_turns"].count == 0


def test_old_turns_go_but_those_whose_words_the_session_still_has(db, session):
    for number in range(turns.KEPT + 5):
        made, _ = turn(db, session.id, number + 1, now=float(number))
        turns.update(db, made.id, state="done")
    sessions.save(db, session.id, "{}", 20 * DAY)
    assert retention.sweep(db, 20 * DAY) == {"conversation_turns": 5}
    assert db["conversation_turns"].count == turns.KEPT
    assert turns.get(db, 5) is None
    assert turns.get(db, 6) is not None
    assert retention.sweep(db, 20 * DAY) == {}
    assert retention.sweep(db, 20 * DAY, session_days=50) == {}


def test_readings_are_ones_own_and_bounded(db):
    readings.remember(db, 1, "Make it  POP!", "edit")
    readings.remember(db, 1, "make it pop", "compose")  # changed their mind
    assert readings.recall(db, 1, "ｍake it pop.") == "compose"
    assert readings.recall(db, 2, "make it pop") is None
    for words in ("", " !? ", "x" * 301):
        readings.remember(db, 1, words, "edit")
        assert readings.recall(db, 1, words) is None
    for number in range(readings.MOST + 5):
        readings.remember(db, 1, f"phrase {number}", "edit")
    readings.remember(db, 2, "phrase", "vary")
    assert privacy.counts(db, 1)["readings"] == readings.MOST
    assert readings.recall(db, 1, "phrase 4") is None
    assert readings.recall(db, 1, "phrase 204") == "edit"
    assert readings.recall(db, 2, "Phrase") == "vary"


def test_a_servers_settings(db):
    assert guild_settings.get(db, 10) == GuildSettings(10)
    chosen = GuildSettings(10, (5, 6), "zh", 3, voice=False, threads=False)
    guild_settings.save(db, chosen)
    assert guild_settings.get(db, 10) == chosen
    assert chosen.answers_in(5)
    assert chosen.answers_in(99, 6)  # a thread of an allowed channel
    assert not chosen.answers_in(7, None)
    assert GuildSettings(10).answers_in(7)
    assert guild_settings.delete(db, 10) == 1
    assert guild_settings.get(db, 10) == GuildSettings(10)


def test_forgetting_one_of_two_in_a_thread_keeps_the_others_work(db):
    thread = sessions.open_(db, 1, 10, 6, True, 0.0)
    version = {"parent": None, "done": ["", {}], "created": 1.0}
    state = {
        "versions": [{**version, "piece_id": "mine", "title": "Mine"}],
        "table": "mine", "said": [["person", "hello"]], "file": "1/a.mid:Mine",
    }  # fmt: skip
    sessions.save(db, thread.id, json.dumps(state), 1.0)
    turn(db, thread.id, 1, user=1)
    turn(db, thread.id, 2, user=2)
    assert privacy.forget(db, 2).rows == {"conversation_turns": 1}
    kept = sessions.find(db, 1, 6, shared=True)
    assert kept.id != thread.id
    state = json.loads(kept.state)
    assert (state["table"], state["file"]) == ("mine", "1/a.mid:Mine")
    assert "said" not in state
    assert [t.user_id for t in turns.unfinished(db, kept.id)] == [1]
    assert privacy.forget(db, 1).rows == {"conversation_turns": 1, "sessions": 1}
