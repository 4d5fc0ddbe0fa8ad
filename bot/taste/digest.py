"""The weekly letter: five things in a direct message, for those who asked for it.

In: people whose letter is due. Out: one message each, at most weekly. Somebody who cannot be
written to has it switched off: Discord flags bots that keep trying.
"""

from __future__ import annotations

import logging

import discord

from bot import i18n
from bot.i18n import translate
from bot.taste.engine import Taste
from bot.taste.values import Listing, Wish
from bot.wording import quoted
from models.recommender.values import Kind
from storage import consent, preferences

log = logging.getLogger(__name__)

WEEK = 7 * 24 * 3600.0
#: What a letter is about, in turn: artists first, styles where no artists are known.
_ABOUT: tuple[Kind, ...] = ("artist", "style")
HEADING = "Your week in music, as you asked."
ARTISTS = "Five artists to try:"
STYLES = "Five styles to try:"
STOP = "You get this once a week. `/taste digest` switches it off."


async def send_due(client: discord.Client, taste: Taste, now: float, most: int = 20) -> int:
    """Send the letters that are due, at most `most` a round; returns how many arrived."""
    sent = 0
    for user_id in (await taste.db.run(consent.digests_due, now - WEEK))[:most]:
        sent += await _send(client, taste, user_id, now)
    return sent


async def _send(client: discord.Client, taste: Taste, user_id: int, now: float) -> bool:
    chosen = await taste.db.run(preferences.get, user_id)
    locale = i18n.language("", chosen.locale or "auto")
    text = await letter(taste, user_id, locale, int(now // WEEK))
    # Marked before it is sent: after a crash in between one letter is missed, none is doubled.
    await taste.db.run(consent.digest_sent, user_id, now)
    if text is None:
        return False
    try:
        user = await client.fetch_user(user_id)
        await user.send(text, allowed_mentions=discord.AllowedMentions.none())
    except (discord.Forbidden, discord.NotFound) as error:
        await taste.db.run(consent.digest_off, user_id)
        log.info("a letter could not be delivered, so there will be no more: %s", error)
        return False
    except discord.HTTPException as error:
        log.info("a letter was lost: %s", error)
        return False
    return True


async def letter(taste: Taste, user_id: int, locale: str, week: int) -> str | None:
    """The text of one letter; None when there is nothing to say."""
    for kind in _ABOUT:
        listing = await taste.recommend(Wish(user_id, 0, kind, seed=week, locale=locale))
        if listing.suggestions and listing.evidence:
            return text_of(listing, ARTISTS if kind == "artist" else STYLES, locale)
    return None


def text_of(listing: Listing, about: str, locale: str) -> str:
    """A heading, a line with its reason for each suggestion, and how to stop."""
    lines = [translate(HEADING, locale), translate(about, locale)]
    for suggestion in listing.suggestions:
        reason = translate(suggestion.reason.template, locale, **suggestion.reason.values)
        lines.append(f"- **{quoted(suggestion.item.title)}** · {reason}")
    return "\n".join([*lines, "", translate(STOP, locale)])[:2000]
