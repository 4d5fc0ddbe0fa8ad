"""The job table: leases, turns, guards, cancelling, answers."""

import pytest

from storage import deliveries, jobs
from storage.db import open_database


def claimed(db, worker="w", now=0.0, lease=30.0, per_user=9):
    job = jobs.claim(db, worker, lease, now, per_user=per_user)
    return job.id if job else None


def test_the_same_interaction_makes_one_job(db, ask):
    first = ask(interaction_id=4)
    again = ask(interaction_id=4, seed=99)
    assert again == first
    assert db["jobs"].count == 1


def test_a_replayed_message_makes_one_job_but_its_buttons_make_many(db, ask):
    first = ask(interaction_id=None, source_message_id=8)
    assert ask(interaction_id=None, source_message_id=8) == first
    buttons = {ask(interaction_id=n, source_message_id=8).id for n in (20, 21, 21)}
    assert len(buttons) == 2
    assert first.id not in buttons


def test_two_asks_without_any_id_are_two(db, ask):
    assert ask(interaction_id=None).id != ask(interaction_id=None).id


def test_values_come_back(db, ask):
    job = ask(user=2**62, guild=None, request='{"text": "雨"}', locale="zh", seed=2**53)
    assert jobs.get(db, job.id) == job
    assert (job.user_id, job.lane, job.state, job.delivery) == (
        2**62,
        f"user:{2**62}",
        "queued",
        "waiting",
    )
    assert "secret" not in repr(job)
    assert "雨" not in repr(job)


def test_servers_take_turns(db, ask):
    flood = [ask(user=n, guild=1).id for n in range(100)]
    small = [ask(user=200 + n, guild=2 + n % 5).id for n in range(20)]
    order = []
    while (job := jobs.claim(db, "w", 30, 0.0)) is not None:
        jobs.finish(db, job.id, "w", "{}", 0.0)
        order.append(job.id)
    assert sorted(order) == sorted(flood + small)
    # 6 lanes, 4 jobs in each small one: nobody small waits longer than 4 rounds.
    assert max(order.index(n) for n in small) < 4 * 6
    assert [n for n in order if n in flood] == flood  # first come, first served inside a lane


def test_a_late_lane_is_not_owed_its_past(db, ask):
    for n in range(10):
        ask(user=n, guild=1)
        jobs.finish(db, claimed(db), "w", "{}", 0.0)
    old = [ask(user=n, guild=1).id for n in range(3)]
    new = [ask(user=50 + n, guild=2).id for n in range(3)]
    order = [claimed(db) for _ in range(6)]
    assert order == [new[0], old[0], new[1], old[1], new[2], old[2]]


def test_position_is_the_order_of_claims(db, ask):
    ids = [ask(user=n, guild=guild).id for n, guild in enumerate([1, 1, 1, 2, 3, 3, None, 1])]
    ask(user=99, guild=4)
    claimed(db)
    jobs.request_cancel(db, 9, 99)
    promised = {n: jobs.position(db, n) for n in ids if jobs.get(db, n).state == "queued"}
    order = [claimed(db) for _ in promised]
    assert promised == {n: order.index(n) for n in promised}


def test_one_running_job_per_person(db, ask):
    first, second = ask().id, ask().id
    other = ask(user=2).id
    assert claimed(db, per_user=1) == first
    assert claimed(db, per_user=1) == other
    assert claimed(db, per_user=1) is None
    jobs.finish(db, first, "w", "{}", 1.0)
    assert claimed(db, per_user=1) == second


def test_a_lease_that_runs_out_gives_the_job_back(db, ask):
    job = ask().id
    assert claimed(db, "a", now=0) == job
    assert claimed(db, "b", now=30) is None  # the last instant is still a's
    assert jobs.heartbeat(db, job, "a", 30, 20)
    assert claimed(db, "b", now=49) is None
    assert claimed(db, "b", now=51) == job
    assert not jobs.heartbeat(db, job, "a", 30, 52)
    assert not jobs.set_progress(db, job, "a", 1, 2, "late")
    assert not jobs.finish(db, job, "a", '{"stale": 1}', 53)
    assert not jobs.fail(db, job, "a", "stale", {}, 53)
    assert not jobs.release(db, job, "a")
    assert jobs.finish(db, job, "b", '{"fresh": 1}', 54)
    assert not jobs.finish(db, job, "b", '{"twice": 1}', 55)
    assert jobs.get(db, job).result == '{"fresh": 1}'
    assert jobs.get(db, job).attempts == 2


def test_three_broken_attempts_end_with_a_sentence(db, ask):
    poison, fine = ask().id, ask(user=2).id
    for _ in range(3):
        assert claimed(db) == poison
        assert jobs.release(db, poison, "w", refund=False)
    assert claimed(db) == fine
    job = jobs.get(db, poison)
    assert (job.state, job.delivery) == ("failed", "pending")
    assert "3 times" in job.error.format(**job.error_values)
    assert jobs.get(db, fine).state == "running"


def test_a_refunded_release_costs_nothing(db, ask):
    job = ask().id
    for _ in range(10):
        assert claimed(db) == job
        assert jobs.release(db, job, "w")
    assert jobs.get(db, job).attempts == 0


def test_cancel(db, ask):
    waiting, running, done = ask(user=1).id, ask(user=2, guild=1).id, ask(user=3, guild=2).id
    assert claimed(db) == waiting
    jobs.release(db, waiting, "w")
    assert claimed(db) == running
    assert claimed(db) == done
    jobs.finish(db, done, "w", "{}", 1.0)
    assert jobs.request_cancel(db, waiting, 2) == "not_yours"
    assert jobs.request_cancel(db, waiting, 1) == "cancelled"
    assert jobs.request_cancel(db, waiting, 1) == "finished"
    assert jobs.request_cancel(db, running, 2) == "stopping"
    assert jobs.request_cancel(db, done, 3) == "finished"
    assert jobs.request_cancel(db, 999, 1) == "unknown"
    assert jobs.to_cancel(db, "w") == [running]
    assert jobs.to_cancel(db, "other") == []
    assert claimed(db, "b", now=31) is None  # its worker died: cancelled rather than run again
    assert jobs.get(db, running).state == "cancelled"


def test_recover_takes_from_the_dead_only(db, ask):
    a, b, c = ask(user=1).id, ask(user=2).id, ask(user=3).id
    claimed(db, "dead")
    claimed(db, "alive")
    claimed(db, "dead")
    jobs.finish(db, c, "dead", "{}", 0.0)
    deliveries.begin_delivery(db, c, "dead", 60, 0.0)
    assert jobs.owners(db) == ["alive", "dead"]
    assert jobs.recover(db, ["dead"]) == 2
    assert [jobs.get(db, n).state for n in (a, b, c)] == ["queued", "running", "done"]
    assert [j.id for j in deliveries.pending_delivery(db, 0.0)] == [c]
    assert (jobs.get(db, a).attempts, jobs.get(db, a).revivals) == (0, 1)


def test_a_job_that_is_there_at_every_death_ends(db, ask):
    job = ask().id
    for _ in range(jobs.MAX_REVIVALS):
        assert claimed(db, "dead") == job
        jobs.recover(db, ["dead"])
    assert claimed(db) is None
    assert "10 times" in jobs.get(db, job).error.format(**jobs.get(db, job).error_values)


def test_usage_counts_what_policy_weighs(db, ask):
    for n in range(3):
        ask(user=1, guild=10, now=100.0 + n)
    ask(user=2, guild=10, now=200.0)
    ask(user=1, guild=None, now=300.0)
    claimed(db, now=300)
    assert jobs.usage(db, 1, 10, 300.0) == jobs.Usage(1, 3, 4, 3700.0)
    assert jobs.usage(db, 1, None, 300.0) == jobs.Usage(1, 3, 1, 3900.0)
    assert jobs.usage(db, 2, 10, 3701.5).lane_last_hour == 2
    assert jobs.usage(db, 5, 11, 300.0) == jobs.Usage(0, 0, 0, 300.0)


def test_an_answer_is_taken_once_and_marked_once(db, ask):
    job = ask().id
    claimed(db)
    assert deliveries.pending_delivery(db) == []
    jobs.finish(db, job, "w", "{}", 1.0)
    assert deliveries.begin_delivery(db, job, "a", 60, 2.0).token == "secret"
    assert deliveries.begin_delivery(db, job, "b", 60, 3.0) is None
    assert deliveries.begin_delivery(db, job, "b", 60, 62.0).delivery_tries == 2
    assert deliveries.mark_delivered(db, job, 4242)
    assert not deliveries.mark_delivered(db, job, 4343)
    done = jobs.get(db, job)
    assert (done.delivery, done.reply_id, done.token) == ("delivered", 4242, None)
    assert deliveries.begin_delivery(db, job, "b", 60, 999.0) is None


@pytest.mark.parametrize(("age", "token"), [(899.0, "secret"), (900.0, None)])
def test_a_token_lives_fifteen_minutes(db, ask, age, token):
    job = ask(now=100.0).id
    claimed(db, now=100.0)
    assert deliveries.with_live_token(db, job, 100.0 + age).token == token
    jobs.finish(db, job, "w", "{}", 100.0)
    assert deliveries.begin_delivery(db, job, "w", 60, 100.0 + age).token == token


def test_postponed_and_abandoned_answers(db, ask):
    one, two = ask(user=1).id, ask(user=2).id
    for job in (one, two):
        claimed(db)
        jobs.finish(db, job, "w", "{}", 1.0)
        deliveries.begin_delivery(db, job, "w", 60, 1.0)
    deliveries.postpone_delivery(db, one, 10.0, drop_token=True)
    deliveries.abandon_delivery(db, two)
    assert deliveries.pending_delivery(db, 9.0) == []
    assert [(j.id, j.token) for j in deliveries.pending_delivery(db, 10.0)] == [(one, None)]
    assert jobs.get(db, two).delivery == "abandoned"


def test_purge_keeps_what_still_owes_an_answer(db, ask):
    owed, told = ask(user=1).id, ask(user=2).id
    for job in (owed, told):
        claimed(db)
        jobs.finish(db, job, "w", "{}", 1.0)
    deliveries.mark_delivered(db, told, 1)
    late = ask(user=3, now=500.0).id
    assert jobs.purge(db, 100.0) == 1
    assert jobs.get(db, told) is None
    assert jobs.get(db, owed) is not None
    assert jobs.get(db, late) is not None
    assert deliveries.drop_stale_tokens(db, 1000.0) == 1
    assert jobs.get(db, late).token == "secret"


def test_jobs_survive_the_process(tmp_path):
    with open_database(tmp_path / "a.db") as db:
        jobs.enqueue(
            db, request="{}", user_id=1, guild_id=None, channel_id=2, interaction_id=3, token="t",
            application_id=4, locale="en", kind="compose", seed=5, now=6.0,
        )  # fmt: skip
    with open_database(tmp_path / "a.db") as db:
        assert jobs.claim(db, "w", 30, 7.0).seed == 5
