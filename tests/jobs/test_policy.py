"""Limits as arithmetic, and admission as one transaction."""

import threading
import time

import pytest

from bot.jobs.admission import admit
from bot.policy import Limits, decide
from bot.settings import Settings
from storage import jobs
from storage.db import open_database
from storage.jobs import Usage

LIMITS = Limits(max_seconds=300, user_running=1, user_queued=3, guild_per_hour=20)
FREE = Usage(running=0, queued=0, lane_last_hour=0, hour_frees_at=0.0)


def said(usage: Usage, **more) -> str:
    verdict = decide(usage, LIMITS, **({"now": 1000.0} | more))
    assert verdict.allowed == (verdict.template == "")
    return verdict.template.format(**verdict.values)


def test_limits_are_the_settings():
    settings = Settings(_env_file=None, max_seconds=9, user_running=2, user_queued=0)
    assert Limits.of(settings) == Limits(9.0, 2, 0, settings.guild_per_hour)


@pytest.mark.parametrize(
    "usage", [FREE, Usage(1, 2, 19, 0.0), Usage(0, 3, 0, 0.0), Usage(1, 0, 19, 5000.0)]
)
def test_allowed_up_to_the_limit(usage):
    assert said(usage) == ""


def test_a_person_has_one_running_and_three_waiting():
    assert "4 requests" in said(Usage(1, 3, 0, 0.0))
    assert "4 requests" in said(Usage(0, 4, 0, 0.0))


def test_a_full_hour_says_when_it_frees():
    assert "20 pieces" in said(Usage(0, 0, 20, 1000.0 + 61))
    assert said(Usage(0, 0, 20, 1000.0 + 61)).endswith("again in 2 min.")
    assert said(Usage(0, 0, 20, 1000.0)).endswith("again in 1 min.")


def test_length():
    assert said(FREE, seconds=300.0) == ""
    sentence = said(FREE, seconds=10800.0)
    assert "10800 seconds of music" in sentence
    assert "300 seconds or fewer" in sentence


def ask(user=1, interaction=1, guild=10):
    return {
        "request": "{}", "user_id": user, "guild_id": guild, "channel_id": 1,
        "interaction_id": interaction, "token": None, "application_id": 1, "locale": "en",
        "kind": "compose", "seed": 1,
    }  # fmt: skip


def test_admission_counts_and_stores(tmp_path):
    with open_database(tmp_path / "a.db") as db:
        for n in range(4):
            assert admit(db, LIMITS, now=0.0, **ask(interaction=n)).created
        refused = admit(db, LIMITS, now=0.0, **ask(interaction=9))
        assert refused.job is None
        assert "4 requests" in refused.verdict.template.format(**refused.verdict.values)
        again = admit(db, LIMITS, now=0.0, **ask(interaction=2))  # a replay is never refused
        assert (again.job.interaction_id, again.created) == (2, False)
        assert admit(db, LIMITS, now=0.0, seconds=999.0, **ask(user=2, interaction=20)).job is None
        assert jobs.usage(db, 1, 10, 0.0).queued == 4


def test_the_hour_is_the_servers(tmp_path):
    limits = Limits(guild_per_hour=2)
    with open_database(tmp_path / "a.db") as db:
        for n in range(2):
            assert admit(db, limits, now=float(n), **ask(user=n, interaction=n)).created
        full = admit(db, limits, now=600.0, **ask(user=5, interaction=5))
        assert full.verdict.values == {"count": 2, "minutes": 50}
        assert admit(db, limits, now=600.0, **ask(user=5, interaction=6, guild=11)).created
        assert admit(db, limits, now=3601.0, **ask(user=5, interaction=7)).created


def test_commands_sent_at_once_cannot_share_the_last_place(tmp_path, monkeypatch):
    open_database(tmp_path / "a.db").close()
    created = []
    count = jobs.usage

    def dawdle(*args):
        usage = count(*args)
        time.sleep(0.02)  # long enough for another command to count the same place as free
        return usage

    monkeypatch.setattr("bot.jobs.admission.jobs.usage", dawdle)

    def send(n: int) -> None:
        with open_database(tmp_path / "a.db") as db:
            created.append(admit(db, LIMITS, now=0.0, **ask(interaction=n)).created)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sum(created) == 4
