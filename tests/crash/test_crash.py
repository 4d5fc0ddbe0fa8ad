"""kill -9 at each named point once and at three random places: nothing lost, nothing doubled."""

import pytest

from bot.bench.crash import RANDOM_KILLS, bench_crash
from bot.jobs.faults import POINTS, faults
from tests.crash.harness import MUST_BE_ZERO


@pytest.mark.crash
def test_ten_kills():
    found = bench_crash(kills=10, seed=3)
    assert {name: found[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert found["kills"] >= 10
    assert set(found["kills_by_place"]) <= {*POINTS, *RANDOM_KILLS}
    assert len(found["kills_by_place"]) >= 8
    assert found["acknowledged"] == found["requests"] >= 40


def test_faults_do_nothing_unless_asked():
    for point in POINTS:
        faults("")(point)


def test_an_unknown_point_is_refused():
    with pytest.raises(ValueError, match="after_lunch"):
        faults("after_claim:1,after_lunch:2")
