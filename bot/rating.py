"""Opinions about pieces: stars as a deed, a comment as what it says.

In: a piece and a person's stars or words. Out: deeds, only where they agreed to "reactions", and
what was taken from their words. No Discord: `/rate` and the agent's tool both come here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot import piece_deeds
from bot.i18n import translate
from bot.piece_deeds import Rooms
from bot.taste.catalogue import shown
from models.recommender import comments
from storage.pieces import Piece

#: Characters of a comment that are read.
LONGEST = 1000
_MOST_TAGS = 6
PAUSED = "You have paused your taste, so I keep nothing; /privacy pause ends the pause."


async def stars(
    rooms: Rooms, user_id: int, guild_id: int | None, piece: Piece, count: float
) -> bool:
    """Keep a rating of 0.5 to 5 stars; False where the person did not agree to that."""
    return await piece_deeds.record(rooms, user_id, guild_id, piece, "rated", float(count))


async def commented(
    rooms: Rooms, user_id: int, guild_id: int | None, piece: Piece, comment: str, locale: str
) -> str:
    """Reduce a comment, keep what it says (not its text), and say what was taken from it."""
    opinion = await asyncio.to_thread(comments.reduce, comment[:LONGEST], locale)
    await piece_deeds.record(
        rooms, user_id, guild_id, piece, "comment", opinion.valence, tags=opinion.tags
    )
    return understood(opinion.valence, opinion.tags, locale)


def drawn(count: float) -> str:
    """Stars as they are drawn: 3.5 -> "★★★½☆"."""
    whole, half = int(count), count % 1 >= 0.5
    return "★" * whole + "½" * half + "☆" * (5 - whole - half)


def understood(valence: float, tags: Mapping[str, float], locale: str) -> str:
    """What a comment was reduced to."""
    if valence > 0.15:
        opinion = translate("you like it", locale)
    elif valence < -0.15:
        opinion = translate("you do not like it", locale)
    else:
        opinion = translate("no opinion either way", locale)
    names = [shown(tag, locale) for tag in sorted(tags, key=lambda t: -tags[t])[:_MOST_TAGS]]
    if not names:
        return translate("From your comment I take: {opinion}.", locale, opinion=opinion)
    return translate(
        "From your comment I take: {opinion}; it is about {tags}.",
        locale,
        opinion=opinion,
        tags=translate(", ", locale).join(names),
    )
