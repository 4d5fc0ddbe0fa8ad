"""Whose tastes fill what a wish leaves open: one's own, or those of everybody who agreed to it.

In: a brief, the asker and where they ask. Out: the brief with its open fields filled, and notes
that say which tastes were used. No Discord: the desk and the agent's tools both ask here.
"""

from __future__ import annotations

from typing import Literal

from bot.i18n import translate
from bot.taste.engine import Taste
from bot.taste.values import Note
from models.errors import Refusal
from models.planner.brief import Brief
from storage import servers

Whose = Literal["mine", "ours"]
#: How many people's tastes are put together, the asker's among them.
MOST_PEOPLE = 8
TOGETHER = "Made from the tastes of {people}."


async def members_here(taste: Taste, guild_id: int, user_id: int) -> tuple[int, ...]:
    """The asker and those who agreed to be put together here, the most lately active first."""
    others = await taste.db.run(servers.lately, guild_id, MOST_PEOPLE)
    return tuple(dict.fromkeys((user_id, *others)))[:MOST_PEOPLE]


async def filled(
    taste: Taste, user_id: int, guild_id: int | None, brief: Brief, whose: Whose, locale: str
) -> tuple[Brief, tuple[Note, ...]]:
    """The brief with what its words leave open taken from taste, and what was taken from whom.

    Raises
    ------
    Refusal
        When "ours" is asked for outside a server, or fewer than two can be counted.
    """
    if whose == "mine":
        return await taste.brief_for((user_id,), guild_id or 0, brief, locale=locale)
    if guild_id is None:
        raise Refusal("Tastes are put together in a server; ask me there.")
    people = await _known(taste, guild_id)
    if len(people) < 2:
        raise Refusal(
            "I know the taste of fewer than two people here who agreed to be put together; "
            "/recommend for-us lets people join."
        )
    brief, notes = await taste.brief_for(people, guild_id, brief, locale=locale)
    names = translate(", ", locale).join(f"<@{person}>" for person in people)
    return brief, ((TOGETHER, {"people": names}), *notes)


async def _known(taste: Taste, guild_id: int) -> tuple[int, ...]:
    """Those who agreed to be put together here and of whose taste something is known."""
    agreed = await taste.db.run(servers.lately, guild_id, MOST_PEOPLE)
    known = [(await taste.people.get(person, guild_id)).vector for person in agreed]
    return tuple(p for p, vector in zip(agreed, known, strict=True) if vector.evidence)
