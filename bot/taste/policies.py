"""Which policy chooses a person's lists this week: the holdout, and what each policy may look at.

In: a user id and a time. Out: "personal" or "popular". A tenth of all (person, week) pairs gets the
popular list, so that the like rates of both can be compared on the same people (Kohavi et al. 2009,
controlled experiments on the web; the offline logs: Li et al. 2011). The draw is a hash: nothing
has to be stored, and a restart changes nobody's week.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from bot.taste.values import Policy
from models.recommender.values import EventType

#: What the policy "frozen" looks at: what was there before any list was shown.
INITIAL: frozenset[EventType] = frozenset({"listen", "declared"})


def policy_of(user_id: int, now: float, holdout: float) -> Policy:
    """The policy of this person in this ISO week (UTC); `holdout` is the popular share, 0..1."""
    year, week, _ = datetime.fromtimestamp(now, UTC).isocalendar()
    digest = hashlib.blake2b(f"{user_id}:{year}:{week}".encode(), digest_size=8).digest()
    drawn = int.from_bytes(digest, "big") / 2**64
    return "popular" if drawn < holdout else "personal"
