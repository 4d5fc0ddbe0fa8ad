"""Compose from taste: whose tastes a request is filled from, before it is placed.

In: a brief, whether one's own taste or everybody's is asked for ("something I would like",
`taste: mine`), and where. Out: the brief with its open fields filled, and notes that say which
tastes were used.
"""

from __future__ import annotations

from typing import Literal

from bot.client import Segno
from bot.taste.values import Note
from bot.ui import Interaction
from models.errors import Refusal
from models.planner.brief import Brief
from storage import consent

Whose = Literal["mine", "ours"]
#: How many people's tastes are put together, the asker's among them.
MOST_PEOPLE = 8


async def members_here(client: Segno, guild_id: int, user_id: int) -> tuple[int, ...]:
    """The asker and those who agreed to be put together here, the most lately active first."""
    others = await client.db.run(consent.together, guild_id)
    return tuple(dict.fromkeys((user_id, *others)))[:MOST_PEOPLE]


async def filled(
    client: Segno, interaction: Interaction, brief: Brief, whose: Whose
) -> tuple[Brief, tuple[Note, ...]]:
    """The brief with what its words leave open taken from taste, and what was taken from whom.

    Raises
    ------
    Refusal
        When nothing is known of these tastes, or "ours" is asked for outside a server.
    """
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    people: tuple[int, ...] = (user_id,)
    if whose == "ours":
        if interaction.guild_id is None:
            raise Refusal("Tastes are put together in a server; ask me there.")
        people = await members_here(client, guild_id, user_id)
        if len(people) < 2:
            raise Refusal(
                "Nobody else here has agreed yet to have their taste put together with yours; "
                "/recommend for-us lets people join."
            )
    return await client.taste.brief_for(people, guild_id, brief)
