"""storage.jobs against a model of plain dictionaries, in orders nobody would think of."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from storage import deliveries, jobs, privacy
from storage.db import integrity_check, open_database

LEASE = 30.0
WORKERS = ("a", "b")
PEOPLE = (1, 2, 3)
GUILDS = (10, 20, None)


class Jobs(RuleBasedStateMachine):
    """The model holds what each job is; every call must change both alike."""

    def __init__(self):
        super().__init__()
        self.db = open_database(":memory:")
        self.now = 0.0
        self.model = {}  # id -> dict
        self.by_interaction = {}
        self.turns = {}
        self.clock = 0
        self.answers = {}  # id -> times marked
        self.next_id_floor = 0

    def teardown(self):
        assert integrity_check(self.db) == []
        self.db.close()

    # what a person does

    @rule(
        user=st.sampled_from(PEOPLE), guild=st.sampled_from(GUILDS), interaction=st.integers(0, 60)
    )
    def enqueue(self, user, guild, interaction):
        job, created = jobs.enqueue(
            self.db, request="{}", user_id=user, guild_id=guild, channel_id=1,
            interaction_id=interaction, token="t", application_id=1, locale="en", kind="compose",
            seed=0, now=self.now,
        )  # fmt: skip
        assert created == (interaction not in self.by_interaction)
        if created:
            assert job.id > self.next_id_floor  # ids are never given twice
            self.next_id_floor = job.id
            self.by_interaction[interaction] = job.id
            self.model[job.id] = {
                "user": user, "lane": jobs.lane_of(user, guild), "state": "queued",
                "worker": None, "until": 0.0, "attempts": 0, "revivals": 0, "cancel": False,
                "delivery": "waiting", "created": self.now,
            }  # fmt: skip
        else:
            assert job.id == self.by_interaction[interaction]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), user=st.sampled_from(PEOPLE))
    def cancel(self, data, user):
        id = data.draw(st.sampled_from(sorted(self.model)))
        row = self.model[id]
        outcome = jobs.request_cancel(self.db, id, user)
        if row["user"] != user:
            assert outcome == "not_yours"
        elif row["state"] == "queued":
            assert outcome == "cancelled"
            row |= {"state": "cancelled", "delivery": "pending"}
        elif row["state"] == "running":
            assert outcome == "stopping"
            row["cancel"] = True
        else:
            assert outcome == "finished"

    @rule(user=st.sampled_from(PEOPLE))
    def forget(self, user):
        privacy.forget(self.db, user)
        gone = {id for id, row in self.model.items() if row["user"] == user}
        self.model = {id: row for id, row in self.model.items() if id not in gone}
        self.by_interaction = {k: v for k, v in self.by_interaction.items() if v not in gone}
        self.turns.pop(jobs.lane_of(user, None), None)

    # what workers do

    @rule(worker=st.sampled_from(WORKERS), per_user=st.integers(1, 2))
    def claim(self, worker, per_user):
        expected = self.expected_claim(per_user)
        job = jobs.claim(self.db, worker, LEASE, self.now, per_user=per_user)
        assert (job.id if job else None) == expected
        if expected is not None:
            row = self.model[expected]
            row |= {"state": "running", "worker": worker, "until": self.now + LEASE}
            row["attempts"] += 1
            # the counter follows the largest turn still in the table
            self.turns[row["lane"]] = 1 + max(self.turns.values(), default=0)

    def expected_claim(self, per_user):
        while True:
            free = []
            for id, row in self.model.items():
                running = sum(
                    other["user"] == row["user"]
                    and other["state"] == "running"
                    and other["until"] >= self.now
                    for other in self.model.values()
                )
                expired = row["state"] == "running" and row["until"] < self.now
                if (row["state"] == "queued" or expired) and running < per_user:
                    free.append((self.turns.get(row["lane"], 0), id))
            if not free:
                return None
            id = min(free)[1]
            row = self.model[id]
            if row["cancel"]:
                row |= {"state": "cancelled", "delivery": "pending"}
            elif row["attempts"] >= jobs.MAX_ATTEMPTS or row["revivals"] >= jobs.MAX_REVIVALS:
                row |= {"state": "failed", "delivery": "pending"}
            else:
                return id

    @precondition(lambda self: self.model)
    @rule(
        data=st.data(),
        worker=st.sampled_from(WORKERS),
        what=st.sampled_from(("finish", "fail", "release", "crash", "heartbeat", "progress")),
    )
    def work(self, data, worker, what):
        id = data.draw(st.sampled_from(sorted(self.model)))
        row = self.model[id]
        mine = row["state"] == "running" and row["worker"] == worker
        calls = {
            "finish": lambda: jobs.finish(self.db, id, worker, "{}", self.now),
            "fail": lambda: jobs.fail(self.db, id, worker, "{a}", {"a": 1}, self.now),
            "release": lambda: jobs.release(self.db, id, worker),
            "crash": lambda: jobs.release(self.db, id, worker, refund=False),
            "heartbeat": lambda: jobs.heartbeat(self.db, id, worker, LEASE, self.now),
            "progress": lambda: jobs.set_progress(self.db, id, worker, 1, 2, "x"),
        }
        assert calls[what]() == mine
        if mine:
            changes = {
                "finish": {"state": "done", "delivery": "pending"},
                "fail": {"state": "failed", "delivery": "pending"},
                "release": {"state": "queued", "worker": None, "attempts": row["attempts"] - 1},
                "crash": {"state": "queued", "worker": None},
                "heartbeat": {"until": self.now + LEASE},
                "progress": {},
            }
            row |= changes[what]

    @rule(worker=st.sampled_from(WORKERS))
    def die(self, worker):
        jobs.recover(self.db, [worker])
        for row in self.model.values():
            if row["worker"] == worker and row["state"] == "running":
                row |= {"state": "queued", "worker": None, "until": 0.0}
                row["attempts"] -= 1
                row["revivals"] += 1

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def deliver(self, data):
        id = data.draw(st.sampled_from(sorted(self.model)))
        pending = self.model[id]["delivery"] == "pending"
        assert deliveries.mark_delivered(self.db, id, 7) == pending
        if pending:
            self.model[id]["delivery"] = "delivered"
            self.answers[id] = self.answers.get(id, 0) + 1

    @rule(seconds=st.sampled_from((0.5, 10.0, 31.0)))
    def wait(self, seconds):
        self.now += seconds

    @invariant()
    def table_is_the_model(self):
        rows = {
            row["id"]: (row["state"], row["attempts"], row["delivery"])
            for row in self.db["jobs"].rows
        }
        assert rows == {
            id: (row["state"], row["attempts"], row["delivery"]) for id, row in self.model.items()
        }

    @invariant()
    def every_end_owes_exactly_one_answer(self):
        assert all(times == 1 for times in self.answers.values())
        for row in self.model.values():
            over = row["state"] in ("done", "failed", "cancelled")
            assert over == (row["delivery"] != "waiting")


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
