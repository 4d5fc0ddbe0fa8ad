"""A club of thirty over eight weeks, through the real client: what learning from presses is worth.

`pytest tests/discord/test_taste_season.py -s` prints the table of like rates by week; SEASON_SEED
chooses another club.
"""

from __future__ import annotations

import os

import pytest
from taste_season import Season, season, table


def rate(found: Season, weeks: slice) -> float:
    chosen = found.weeks[weeks]
    return sum(week.likes for week in chosen) / sum(week.shown for week in chosen)


@pytest.mark.timeout(1500)
async def test_a_season_of_a_club(tmp_path, capsys):
    seed = int(os.environ.get("SEASON_SEED", "7"))
    found = {
        policy: await season(tmp_path / policy, policy, seed=seed)
        for policy in ("personal", "popular", "frozen")
    }
    with capsys.disabled():
        print("\n" + table(found))
    personal, popular, frozen = found.values()
    every = slice(None)
    assert rate(personal, every) > 1.5 * rate(popular, every)
    # Frozen lists leave out what was judged too, so learning is worth little in so small a club
    # (docs/lab.md); it must not cost anything beyond chance (a standard error is 0.013).
    assert rate(personal, every) > rate(frozen, every) - 0.04
    assert personal.welcome >= 0.8 * personal.pieces
    for arm in found.values():
        assert arm.rows_of_the_forgotten == 0
        assert not arm.listed_the_forgotten
