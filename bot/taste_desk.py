"""Compose from taste, for the desk: whose tastes a request is filled from (`bot.taste.whose`)."""

from __future__ import annotations

from bot.client import Segno
from bot.taste import whose as tastes
from bot.taste.values import Note
from bot.taste.whose import Whose
from bot.ui import Interaction
from models.planner.brief import Brief

__all__ = ["Whose", "filled", "members_here"]


async def members_here(client: Segno, guild_id: int, user_id: int) -> tuple[int, ...]:
    """As `bot.taste.whose.members_here`."""
    return await tastes.members_here(client.taste, guild_id, user_id)


async def filled(
    client: Segno, interaction: Interaction, brief: Brief, whose: Whose
) -> tuple[Brief, tuple[Note, ...]]:
    """As `bot.taste.whose.filled`, for who asks and where they do.

    Raises
    ------
    Refusal
        When "ours" is asked for outside a server, or fewer than two can be counted.
    """
    locale = await client.language(interaction)
    return await tastes.filled(
        client.taste, interaction.user.id, interaction.guild_id, brief, whose, locale
    )
