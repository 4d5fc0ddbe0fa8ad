"""From taste to a brief: one person's, or what several share.

In: taste vectors and a brief whose given fields stay. Out: the brief filled, and notes that say
what was taken from how many people (see `models.recommender.taste`).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.taste.values import Mode, Note
from models.planner.brief import Brief
from models.recommender import taste
from models.recommender.values import TasteVector


def brief_for(
    vectors: Sequence[TasteVector], brief: Brief, mode: Mode, seed: int, locale: str = "en"
) -> tuple[Brief, tuple[Note, ...]]:
    """Fill a brief from tastes; people of whom nothing is known do not count."""
    known = [v for v in vectors if v.evidence]
    joined = taste.group(known, mode) if len(known) > 1 else (*known, TasteVector())[0]
    filled, notes = taste.brief_from(joined, brief, seed, people=len(known), locale=locale)
    return filled, tuple(notes)
